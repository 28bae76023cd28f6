"""HepMC3 files as HepMC3's own reader takes them, and NuHepMC 1.0's list of what a file must hold."""

import gzip
import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nusim.errors import DataFileError
from nusim.events.sample import FINAL, INCOMING, EventSample
from nusim.io.inspect import info
from nusim.io.write import open_writer, write
from nusim.units import mm, ns, second

from .chains import TREES, breadth_first, chain_sample
from .reading_back import difference, read_back
from .samples import CHANNELS, ORIGIN, ROTATION, ROUTES, STATES, events_of, metadata, mixed_sample

pyhepmc = pytest.importorskip("pyhepmc")


def read(path: Path) -> list[Any]:
    with pyhepmc.open(path) as file:
        return list(file)


def vector(p: Any) -> np.ndarray:
    k = p.momentum
    return np.array([k.e, k.px, k.py, k.pz])


def in_detector(vectors: Any, origin: Any = (0.0, 0.0, 0.0)) -> np.ndarray:
    return (np.asarray(vectors) - origin) @ np.array(ROTATION).T


def shuffled(n: int = 60) -> EventSample:
    return breadth_first(chain_sample(("star",), n))


@pytest.mark.parametrize("layout", ["chain", "nuhepmc"])
@pytest.mark.parametrize("sample", [mixed_sample(80), *(breadth_first(chain_sample((kind,), 12)) for kind in TREES)], ids=["mixed", *TREES])
def test_every_particle_and_vertex_is_that_of_the_sample(tmp_path: Path, layout: str, sample: EventSample) -> None:
    write(tmp_path / "a.hepmc3", sample, layout=layout)
    events = read(tmp_path / "a.hepmc3")
    assert [event.event_number for event in events] == list(range(len(sample)))
    for i, event in enumerate(events):
        rows = slice(sample.offsets[i], sample.offsets[i + 1])
        assert (event.momentum_unit, event.length_unit) == (pyhepmc.Units.GEV, pyhepmc.Units.MM)
        particles = [p for p in event.particles if p.status != 20]
        assert len(particles) == len(event.particles) - (layout == "nuhepmc")
        assert [p.pid for p in particles] == sample.pdg[rows].tolist()
        assert [p.status for p in particles] == [{INCOMING: 4, FINAL: 1}.get(status, 2) for status in sample.status[rows].tolist()]
        assert np.allclose([vector(p)[0] for p in particles], sample.momentum[rows, 0], rtol=2e-14)
        scale = np.abs(sample.momentum[rows]).max()
        assert np.allclose([vector(p)[1:] for p in particles], in_detector(sample.momentum[rows, 1:]), rtol=0, atol=2e-14 * scale)
        assert np.allclose([p.generated_mass for p in particles], sample.mass[rows], rtol=2e-14)
        for place, p in enumerate(particles[1:], 1):
            x = p.production_vertex.position
            t, *point = sample.vertex[rows][place]
            assert x.t * mm == pytest.approx(t, rel=1e-14)
            assert np.allclose(np.array([x.x, x.y, x.z]) * mm, in_detector(point, ORIGIN), rtol=0, atol=1e-12)
            mother = next(q for q in p.production_vertex.particles_in if q.status != 20)
            assert mother.id == particles[sample.mother[rows][place]].id
        for vertex in event.vertices:
            before, after = sum(map(vector, vertex.particles_in)), sum(map(vector, vertex.particles_out))
            assert np.abs(before - after).max() < 1e-13 * before[0]
        seen = [v for v in event.vertices if v.status == 1]
        assert len(seen) == 1
        assert event.attributes["nusim.heavy"].astype(int) == seen[0].particles_in[0].id
        assert particles[sample.seen[i]].id == seen[0].particles_in[0].id
        t, *point = sample.decay_vertex[i]
        lab = np.array(event.attributes["lab_pos"].astype(list[float]))
        assert np.allclose(lab[:3] * mm, in_detector(point, ORIGIN), rtol=0, atol=1e-12)
        assert lab[3] * second == pytest.approx(t, rel=1e-14)
        assert event.attributes["nusim.delay_ns"].astype(float) * ns == pytest.approx(sample.delay[i], rel=1e-14)


def test_written_digits_are_on_shell(tmp_path: Path) -> None:
    write(tmp_path / "a.hepmc3.gz", mixed_sample(300))
    for event in read(tmp_path / "a.hepmc3.gz"):
        largest = max(p.momentum.e for p in event.particles)
        for p in event.particles:
            e, *k = vector(p)
            assert abs(e * e - np.dot(k, k) - p.generated_mass**2) < 1e-13 * e * largest


def test_nuhepmc_requires(tmp_path: Path) -> None:
    """NuHepMC 1.0.0, arXiv:2310.13211: G.R.1 to G.R.11, E.R.2 to E.R.7, V.R.1, P.R.1."""
    write(tmp_path / "a.hepmc3", mixed_sample(60), layout="nuhepmc", pdg_scheme="darknews")
    events = read(tmp_path / "a.hepmc3")
    run = events[0].run_info
    about = {name: str(value) for name, value in run.attributes.items()}
    assert [about[f"NuHepMC.Version.{part}"] for part in ("Major", "Minor", "Patch")] == ["1", "0", "0"]  # G.R.2
    assert [bool(tool.name and tool.version) for tool in run.tools] == [True]  # G.R.3
    conventions = about["NuHepMC.Conventions"].split()  # G.R.4
    assert all(re.fullmatch(r"[GEVP]\.[CS]\.\d+", one) for one in conventions)
    assert "G.C.2" in conventions  # G.R.5
    assert float(about["NuHepMC.FluxAveragedTotalCrossSection"]) == 0
    assert about["NuHepMC.Units.CrossSection.Unit"] == "pb"  # G.R.6
    assert about["NuHepMC.Units.CrossSection.TargetScale"] in ("PerAtom", "PerNucleon")
    assert run.weight_names[0] == "CV"  # G.R.7
    for kind, plural in (("Process", "ProcessIDs"), ("VertexStatus", "VertexStatusIDs"), ("ParticleStatus", "ParticleStatusIDs")):
        numbers = about[f"NuHepMC.{plural}"].split()  # G.R.8 to G.R.10
        assert all(about[f"NuHepMC.{kind}Info[{n}].{what}"] for n in numbers for what in ("Name", "Description"))
    extra = about["NuHepMC.AdditionalParticleNumbers"].split()  # G.R.11
    assert {"5914", "5915", "81"} <= set(extra)
    assert len({about[f"NuHepMC.AdditionalParticleNumber[{code}].Name"] for code in extra}) == len(extra)
    assert float(about["NuHepMC.Exposure.POT"]) == 6.6e20  # G.C.1
    assert about["NuHepMC.Provenance.Seed"] == "7"  # G.S.1
    processes = set(map(int, about["NuHepMC.ProcessIDs"].split()))
    vertex_status = set(map(int, about["NuHepMC.VertexStatusIDs"].split()))
    particle_status = set(map(int, about["NuHepMC.ParticleStatusIDs"].split()))
    assert min(processes) >= 700
    assert len({event.event_number for event in events}) == len(events)  # E.R.2
    for event in events:
        assert event.attributes["signal_process_id"].astype(int) in processes  # E.R.3
        assert len(event.attributes["lab_pos"].astype(list[float])) == 4  # E.R.5, E.C.5
        statuses = [v.status for v in event.vertices]
        assert statuses.count(1) == 1  # E.R.6
        assert set(statuses) <= vertex_status  # V.R.1
        assert [p.status for p in event.particles].count(4) == [p.status for p in event.particles].count(20) == 1  # E.R.7
        assert {p.status for p in event.particles} <= particle_status  # P.R.1


def test_the_other_layouts_claim_nothing_of_nuhepmc(tmp_path: Path) -> None:
    write(tmp_path / "a.hepmc3", mixed_sample(5))
    assert "NuHepMC.Version" not in (tmp_path / "a.hepmc3").read_text()


def test_one_blank_between_words(tmp_path: Path) -> None:
    write(tmp_path / "a.hepmc3", mixed_sample(40), layout="nuhepmc")
    lines = (tmp_path / "a.hepmc3").read_text().split("\n")
    body = lines[next(i for i, line in enumerate(lines) if line.startswith("E ")) :]
    assert not any("  " in line or line != line.strip() for line in body)
    assert {line[:2] for line in body if line} == {"E ", "U ", "W ", "A ", "P ", "V ", "He"}


@pytest.mark.parametrize("weighted", [False, True])
def test_weights_by_name(tmp_path: Path, weighted: bool) -> None:
    sample = mixed_sample(50, weighted)
    sample = replace(sample, named_weights={"flux K+ up": 1.1 * sample.weight, "b": np.sqrt(sample.weight)})
    write(tmp_path / "a.hepmc3", sample)
    events = read(tmp_path / "a.hepmc3")
    assert events[0].run_info.weight_names == ["CV", "events", "flux_K+_up", "b"]
    found = np.array([event.weights for event in events])
    assert np.allclose(found[:, 0], sample.weight * (1 if weighted else 50 / 42.5), rtol=1e-13)
    assert np.allclose(found[:, 1:].T, [sample.weight, *sample.named_weights.values()], rtol=1e-14)
    again = read_back(tmp_path / "a.hepmc3")
    assert list(again.named_weights) == ["flux K+ up", "b"]
    assert np.allclose(again.named_weights["b"], sample.named_weights["b"], rtol=1e-14)


def test_the_decay_alone(tmp_path: Path) -> None:
    sample = mixed_sample(60)
    write(tmp_path / "a.hepmc3", sample, layout="decay")
    for i, event in enumerate(read(tmp_path / "a.hepmc3")):
        first = event.particles[0]
        assert (first.status, first.pid) == (4, sample.pdg[sample.offsets[i] + sample.seen[i]])
        assert [v.status for v in event.vertices] == [1]
    assert info(tmp_path / "a.hepmc3")["problems"] == []


@pytest.mark.parametrize("layout", ["chain", "nuhepmc"])
@pytest.mark.parametrize("scheme", ["default", "darknews", "genie"])
def test_it_is_read_back(tmp_path: Path, layout: str, scheme: str) -> None:
    for sample in (mixed_sample(90), shuffled(), mixed_sample(40, weighted=True)):
        write(tmp_path / "a.hepmc3.gz", sample, layout=layout, pdg_scheme=scheme)
        again = read_back(tmp_path / "a.hepmc3.gz")
        assert difference(again, sample) < 1e-14
        assert (again.states, again.routes, again.channels) == (sample.states, sample.routes, sample.channels)


def test_pieces_and_compression_do_not_change_the_content(tmp_path: Path) -> None:
    sample = mixed_sample(120)
    digest = write(tmp_path / "a.hepmc3", sample)
    content = (tmp_path / "a.hepmc3").read_bytes()
    assert hashlib.sha256(content).hexdigest() == digest == write(tmp_path / "a.hepmc3.gz", sample)
    assert gzip.decompress((tmp_path / "a.hepmc3.gz").read_bytes()) == content
    run = {"channels": CHANNELS, "states": STATES, "routes": ROUTES, "weighted": False}
    with open_writer(tmp_path / "b.hepmc3", metadata(120), **run) as writer:
        for first in range(0, 120, 37):
            writer.write(events_of(sample, slice(first, min(first + 37, 120))))
    assert (tmp_path / "b.hepmc3").read_bytes() == content


def test_no_events(tmp_path: Path) -> None:
    write(tmp_path / "a.hepmc3", mixed_sample(0), layout="nuhepmc")
    assert read(tmp_path / "a.hepmc3") == []
    assert (info(tmp_path / "a.hepmc3")["n"], info(tmp_path / "a.hepmc3")["problems"]) == (0, [])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[: len(text) // 2], "is cut off: it ends without HepMC::Asciiv3-END_EVENT_LISTING; "),
        (lambda text: text[:400], "is cut off within its header"),
        (lambda text: text.replace("Asciiv3", "IO_GenEvent"), "is not of HepMC3's format Asciiv3"),
        (lambda text: text.replace("A nusim.run", "A other.run"), "is not nusim's: it has no attribute nusim.run"),
        (lambda text: text.replace("HepMC::V", "V"), "is no event file"),
    ],
)
def test_broken_files_are_one_line(tmp_path: Path, change: Any, message: str) -> None:
    write(tmp_path / "a.hepmc3", mixed_sample(30))
    (tmp_path / "a.hepmc3").write_text(change((tmp_path / "a.hepmc3").read_text()))
    with pytest.raises(DataFileError) as caught:
        info(tmp_path / "a.hepmc3")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (r"\nP 5 -2 (\S+) \S+", r"\nP 5 -2 \1 +1.0e+00", "it is not on its mass shell in the written digits"),
        (
            r"\nP 4 -2 (\S+) (\S+) (\S+) (\S+) \S+ \S+",
            r"\nP 4 -2 \1 \2 \3 \4 +9.0e+01 +8.9e+01",
            "four-momentum is not conserved in its decay",
        ),
        (r"\nV -2 1 (\S+) @ \S+", r"\nV -2 1 \1 @ +1.0e+00", "its path and time of flight do not fit its lifetime and speed"),
        (r"nusim.delay_ns \S+", r"nusim.delay_ns +7.0e+05", "its delay does not fit its vertices"),
        (r"\nA 3 ctau_mm \S+", r"\nA 77 ctau_mm 1", "an attribute is of a particle that is not there"),
        (r"U GEV MM", r"U MEV MM", "its units are not GEV and MM"),
        (r"nusim.route nu4", r"nusim.route nu77", "cannot be read"),
        (r"\nP 5 -2", r"\nP 5 -7", "a particle comes from a vertex that is not there"),
    ],
)
def test_what_is_wrong_in_an_event_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    write(tmp_path / "a.hepmc3", mixed_sample(30, kinds=(0,)))
    text = (tmp_path / "a.hepmc3").read_text()
    start = text.index("\nE +000000000011" if "\nE +000000000011" in text else "\nE 000000000011")
    (tmp_path / "a.hepmc3").write_text(text[:start] + re.sub(old, new, text[start:], count=1))
    found = info(tmp_path / "a.hepmc3")
    assert found["n"] == 30
    assert any("event 11: " in line and problem in line for line in found["problems"]), found["problems"]

"""LHE files read back with pylhe: digits, mass shells, four-momenta, mothers, header."""

import gzip
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pylhe
import pytest

from nusim import pdg
from nusim.errors import DataFileError
from nusim.events.sample import EventSample
from nusim.io.header import json_text
from nusim.io.pdg_scheme import SCHEMES, translate
from nusim.io.record import DetectorFrame
from nusim.io.write import estimate_size, open_writer, write
from nusim.units import mm, ns

from .samples import CHANNELS, ORIGIN, ROTATION, ROUTES, STATES, events_of, metadata, mixed_sample

LAYOUTS = ("chain", "two-beam", "decay")


def read(path: Path) -> tuple[Any, list[Any]]:
    file = pylhe.LHEFile.fromfile(path)
    return file, list(file.events)


def element(file: Any, name: str) -> Any:
    texts = [item.text for item in file.header.extra_elements if item.tag == f"nusim_{name}"]
    assert len(texts) == 1
    return texts[0] if name == "notes" else json.loads(texts[0])


def vector(particle: Any) -> np.ndarray:
    return np.array([particle.e, particle.px, particle.py, particle.pz])


def comments(event: Any, kind: str) -> dict[int, np.ndarray]:
    """line -> (x, y, z, detector x, y, z, t) of the comment lines of a kind."""
    found = {}
    for line in event.optional:
        tokens = line.split()
        if tokens[1] == kind:
            assert tokens[3] == "beam_m"
            assert tokens[7] == "detector_m"
            assert tokens[11] == "t_ns"
            found[int(tokens[2])] = np.array([*tokens[4:7], *tokens[8:11], tokens[12]], float)
    return found


def close(a: Any, b: Any) -> bool:
    return np.allclose(a, b, rtol=1.1e-14, atol=0)


def test_chain_holds_the_sample_to_its_digits(tmp_path: Path) -> None:
    sample = mixed_sample(150)
    write(tmp_path / "a.lhe", sample)
    _, events = read(tmp_path / "a.lhe")
    assert len(events) == 150
    for i, event in enumerate(events):
        rows = slice(sample.offsets[i], sample.offsets[i + 1])
        particles = event.particles
        assert event.eventinfo.nparticles == len(particles) == rows.stop - rows.start
        assert event.eventinfo.pid == sample.channel[i] + 1
        assert [p.id for p in particles] == sample.pdg[rows].tolist()
        assert [p.status for p in particles] == sample.status[rows].tolist()
        assert [p.mother1 - 1 for p in particles] == sample.mother[rows].tolist()
        assert [p.mother2 for p in particles] == [0] * len(particles)
        assert close([vector(p) for p in particles], sample.momentum[rows])
        assert close([p.m for p in particles], sample.mass[rows])
        assert close([p.lifetime for p in particles], sample.proper_time[rows] / mm)
        assert close([p.spin for p in particles], sample.spin[rows])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_written_digits_are_on_shell_and_conserve_momentum_at_every_vertex(tmp_path: Path, layout: str) -> None:
    write(tmp_path / "a.lhe", mixed_sample(150), layout=layout)
    for event in read(tmp_path / "a.lhe")[1]:
        largest = max(p.e for p in event.particles)
        for p in event.particles:
            e, x, y, z = vector(p)
            assert abs(e * e - x * x - y * y - z * z - p.m**2) < 5e-14 * e * e + 1e-30
        for line, mother in enumerate(event.particles, 1):
            daughters = [vector(p) for p in event.particles if line in (p.mother1, p.mother2)]
            assert bool(daughters) == (mother.status != 1)
            if daughters and mother.e > 0:
                assert np.abs(sum(daughters) - vector(mother)).max() < 2e-14 * largest


def test_the_electron_mass_survives_the_digits(tmp_path: Path) -> None:
    sample = mixed_sample(400, kinds=(0,))
    fast = replace(sample, momentum=sample.momentum.copy())
    electrons = np.abs(sample.pdg) == 11
    fast.momentum[electrons, 1:] *= 20
    fast.momentum[electrons, 0] = np.sqrt((fast.momentum[electrons, 1:] ** 2).sum(axis=1) + pdg.mass(11) ** 2)
    write(tmp_path / "a.lhe", fast)
    p = np.array([vector(p) for event in read(tmp_path / "a.lhe")[1] for p in event.particles if abs(p.id) == 11 and p.e > 5])
    assert len(p) > 200
    ratio = (p[:, 0] ** 2 - (p[:, 1:] ** 2).sum(axis=1)) / pdg.mass(11) ** 2 - 1
    assert np.sqrt(np.mean(ratio**2)) < 2e-5 * (p[:, 0].max() / 50) ** 2 + 1e-5


@pytest.mark.parametrize("layout", LAYOUTS)
def test_comment_lines_give_vertices_in_both_frames(tmp_path: Path, layout: str) -> None:
    sample = mixed_sample(80)
    write(tmp_path / "a.lhe", sample, layout=layout)
    for i, event in enumerate(read(tmp_path / "a.lhe")[1]):
        production, vertices = comments(event, "production"), comments(event, "vertex")
        assert list(production) == [1]
        decaying = [line for line, p in enumerate(event.particles, 1) if any(line in (q.mother1,) for q in event.particles)]
        assert sorted(vertices) == decaying
        for point in (*production.values(), *vertices.values()):
            assert np.allclose((point[:3] - ORIGIN) @ np.array(ROTATION).T, point[3:6], rtol=0, atol=1e-11)
        tokens = next(line.split() for line in event.optional if line.startswith("# event"))
        heavy = int(tokens[6])
        assert event.particles[heavy - 1].id in (9900012, -9900012, 9900014)
        assert close(vertices[heavy][[6, 0, 1, 2]] * [ns, 1, 1, 1], sample.decay_vertex[i])
        first = sample.offsets[i]
        assert tokens[:4] == ["#", "event", str(i), "parent"]
        assert int(tokens[4]) == sample.pdg[first]
        assert close([float(tokens[8]) * ns, float(tokens[10])], [sample.delay[i], sample.polarisation[i]])
        assert close(float(tokens[12]), sample.weight[i])
        # every flight, from the vertices alone, has the lifetime and momentum of its particle
        for line, end in vertices.items():
            particle = event.particles[line - 1]
            start = production[1] if line == 1 else vertices[particle.mother1]
            flown = (end - start)[[6, 0, 1, 2]] * [ns, 1, 1, 1]
            assert np.allclose(flown, vector(particle) / particle.m * particle.lifetime * mm, rtol=0, atol=1e-10)


def test_two_beam_has_the_form_that_hepmc3_reads(tmp_path: Path) -> None:
    # HepMC3's ReaderLHEF: lines 1 and 2 are the beams, and a vertex takes in the lines mother1 ... mother2
    sample = mixed_sample(60)
    write(tmp_path / "a.lhe", sample, layout="two-beam")
    for i, event in enumerate(read(tmp_path / "a.lhe")[1]):
        assert [p.status for p in event.particles[:2]] == [-1, -1]
        assert vector(event.particles[1]).tolist() == [0, 0, 0, 0]
        rows = slice(sample.offsets[i] + 1, sample.offsets[i + 1])
        assert [p.id for p in event.particles[2:]] == sample.pdg[rows].tolist()
        for p, mother in zip(event.particles[2:], sample.mother[rows], strict=True):
            assert (p.mother1, p.mother2) == ((1, 2) if mother == 0 else (mother + 2, mother + 2))


def test_decay_holds_the_seen_heavy_state_and_its_products(tmp_path: Path) -> None:
    sample = mixed_sample(60)
    write(tmp_path / "a.lhe", sample, layout="decay")
    for i, event in enumerate(read(tmp_path / "a.lhe")[1]):
        assert event.particles[0].status == -1
        assert abs(event.particles[0].id) == 9900012
        assert all((p.status, p.mother1, p.mother2) == (1, 1, 0) for p in event.particles[1:])
        assert len(event.particles) == {0: 4, 1: 3, 2: 3}[int(sample.channel[i])]
        parent = next(line.split() for line in event.optional if line.startswith("# parent_momentum_GeV"))
        assert close([float(x) for x in parent[2:]], sample.momentum[sample.offsets[i], [1, 2, 3, 0]])


def test_the_seen_state_is_found_by_its_decay_vertex(tmp_path: Path) -> None:
    """Of two nu4 in one event, the second is the one that decays in the detector."""
    sample = mixed_sample(1, kinds=(2,))
    # nu5 -> nu4 nu nu, its heavy state renamed: the event then has a nu4 that decays before the one that is seen
    sample = replace(sample, pdg=np.where(sample.pdg == 9900014, 9900012, sample.pdg))
    write(tmp_path / "a.lhe", sample)
    event = read(tmp_path / "a.lhe")[1][0]
    assert next(line.split() for line in event.optional if line.startswith("# event"))[6] == "4"


def test_init_and_header_of_an_unweighted_file(tmp_path: Path) -> None:
    sample = mixed_sample(200)
    write(tmp_path / "a.lhe", sample)
    file, events = read(tmp_path / "a.lhe")
    assert file.version == "3.0"
    init = file.init.initInfo
    assert (init.weightingStrategy, init.numProcesses) == (3, 3)
    assert [p.procId for p in file.init.procInfo] == [1, 2, 3]
    assert [p.xSection for p in file.init.procInfo] == [20.0, 15.5, 7.0]
    assert sum(p.error for p in file.init.procInfo) == pytest.approx(0.3)
    assert [(g.name, g.version) for g in file.init.generators] == [("nusim", "0.1.0")]
    run = element(file, "run")
    for key in ("version", "kernel", "seed", "n", "protons", "expected_events", "stat_error", "effective_parents", "warnings", "frames"):
        assert run[key] == sample.metadata[key]
    assert run["states"]["nu5"] == {"mass": 0.45, "ctau": None, "width": 0.0, "pdg": 9900014}
    assert run["expected_events_per_proton"] == 42.5 / 6.6e20
    assert [p["products"] for p in run["processes"]] == list(CHANNELS)
    assert element(file, "model") == sample.metadata["model"]
    assert element(file, "experiment") == sample.metadata["experiment"]
    assert "NOT a cross section" in element(file, "notes")
    weights = np.array([event.eventinfo.weight for event in events])
    assert run["events_per_weight"] == 42.5 / 200
    assert np.all(np.delete(weights, 100) == 1.0)
    assert weights[100] == 2.5
    assert run["events_per_weight"] * weights.sum() == pytest.approx(sample.weight.sum(), rel=1e-13)


def test_a_final_state_of_two_heavy_states_is_one_process(tmp_path: Path) -> None:
    sample = mixed_sample(60)
    channels = ("nu e- e+", "mu- pi+", "nu e- e+")
    write(tmp_path / "a.lhe", replace(sample, channels=channels))
    file, events = read(tmp_path / "a.lhe")
    assert [(p.procId, p.xSection) for p in file.init.procInfo] == [(1, 20.0), (2, 15.5)]
    assert [event.eventinfo.pid for event in events] == [(1, 2, 1)[channel] for channel in sample.channel]


def test_a_weighted_file_names_its_weights(tmp_path: Path) -> None:
    sample = mixed_sample(100, weighted=True)
    write(tmp_path / "a.lhe", sample)
    file, events = read(tmp_path / "a.lhe")
    assert file.init.initInfo.weightingStrategy == -4
    assert [w.id for w in file.header.initrwgt.iter_weights()] == ["events"]
    assert close([event.eventinfo.weight for event in events], sample.weight)
    assert close([event.weights["events"] for event in events], sample.weight)
    assert element(file, "run")["events_per_weight"] == 1.0


@pytest.mark.parametrize("weighted", [False, True])
def test_chunks_give_the_bytes_of_one_shot(tmp_path: Path, weighted: bool) -> None:
    sample = mixed_sample(157, weighted)
    digest = write(tmp_path / "whole.lhe", sample)
    parts = [slice(0, 1), slice(1, 1), slice(1, 90), slice(90, 157)]
    with open_writer(tmp_path / "parts.lhe", sample.metadata, channels=CHANNELS, states=STATES, routes=ROUTES, weighted=weighted) as writer:
        for part in parts:
            if part.start != part.stop:
                writer.write(events_of(sample, part))
    assert writer.sha256 == digest
    whole = (tmp_path / "whole.lhe").read_bytes()
    assert (tmp_path / "parts.lhe").read_bytes() == whole
    assert hashlib.sha256(whole).hexdigest() == digest
    assert not list(tmp_path.glob("*.part"))


def test_pieces_of_a_long_sample_keep_the_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = mixed_sample(300)
    digest = write(tmp_path / "a.lhe", sample)
    monkeypatch.setattr("nusim.io.writer._PIECE", 7)
    monkeypatch.setattr("nusim.io.text._BLOCK", 3)
    assert write(tmp_path / "b.lhe", sample) == digest


def test_gzip_holds_the_same_content_and_no_time(tmp_path: Path) -> None:
    sample = mixed_sample(50)
    digest = write(tmp_path / "a.lhe", sample)
    assert write(tmp_path / "a.lhe.gz", sample) == digest
    compressed = (tmp_path / "a.lhe.gz").read_bytes()
    assert gzip.decompress(compressed) == (tmp_path / "a.lhe").read_bytes()
    assert compressed[3] == 0, "no name, no comment"
    assert compressed[4:8] == bytes(4), "no time"
    assert len(read(tmp_path / "a.lhe.gz")[1]) == 50


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_empty_file_is_valid(tmp_path: Path, layout: str) -> None:
    write(tmp_path / "a.lhe", mixed_sample(0), layout=layout)
    file, events = read(tmp_path / "a.lhe")
    assert events == []
    assert element(file, "run")["events_in_file"] == 0
    assert pylhe.LHEFile.count_events(tmp_path / "a.lhe") == 0


@pytest.mark.parametrize(("scheme", "code"), [("default", 9900012), ("darknews", 5914), ("genie", 2000020000)])
def test_pdg_schemes(tmp_path: Path, scheme: str, code: int) -> None:
    write(tmp_path / "a.lhe", mixed_sample(40, kinds=(1, 3)), pdg_scheme=scheme)
    file, events = read(tmp_path / "a.lhe")
    assert {event.particles[2].id for event in events} == {code, -code}
    assert element(file, "run")["pdg_codes"]["nu4"] == code


def test_schemes_change_heavy_states_only() -> None:
    for scheme, table in SCHEMES.items():
        codes = np.array([11, -13, 321, -9900012, 9900014, 32, 22])
        assert translate(codes, scheme).tolist() == [11, -13, 321, -table["nu4"], table["nu5"], table["zprime"], 22]
        assert len(set(table.values())) == len(table)


def test_size_is_estimated_to_ten_percent(tmp_path: Path) -> None:
    sample = mixed_sample(2000, kinds=(0,))
    for name in ("a.lhe", "a.lhe.gz", "a.hepevt"):
        write(tmp_path / name, sample)
        size = (tmp_path / name).stat().st_size
        assert 0.9 * size < estimate_size(2000, tmp_path / name) < 1.4 * size


def test_header_json_is_plain_and_sorted() -> None:
    text = json_text({"b": np.float64(1.5), "a": "<&>]]>é", "c": np.arange(2), "d": float("inf"), "e": (1, None, True)})
    assert json.loads(text) == {"a": "<&>]]>é", "b": 1.5, "c": [0, 1], "d": None, "e": [1, None, True]}
    assert text.isascii()
    assert not set(text) & set("<>&")
    with pytest.raises(DataFileError, match="object cannot be written as JSON"):
        json_text({"a": object()})


def broken(sample: EventSample, **changes: Any) -> EventSample:
    return replace(sample, **changes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metadata": {"n": 5}}, "metadata lack version, kernel, seed, protons, expected_events, stat_error, frames"),
        ({"metadata": metadata(5, frames={"beam": ""})}, "frames.detector needs local_origin"),
        (
            {"metadata": metadata(5, frames={"detector": {"local_origin": [0, 0], "rotation": np.eye(3)}})},
            "frames.detector needs local_origin",
        ),
        ({"metadata": metadata(5, expected_events=0.0)}, "expected_events = 0.0: events need a positive rate"),
        ({"weight": np.array([1, 1, np.nan, 1, 1.0])}, "a.lhe: a number to be written is not finite"),
        ({"states": ("nu5", "nu4")}, "event 0 has no nu5 that decays in the detector"),
    ],
)
def test_samples_that_cannot_be_written_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(DataFileError, match=message):
        write(tmp_path / "a.lhe", broken(mixed_sample(5, kinds=(0,)), **change))
    assert list(tmp_path.iterdir()) == []


def test_a_final_particle_with_a_lifetime_is_refused(tmp_path: Path) -> None:
    sample = mixed_sample(5, kinds=(0,))
    time = sample.proper_time.copy()
    time[6 * 3 + 4] = 1.0
    with pytest.raises(DataFileError, match="event 3: a particle that leaves the event has a proper time"):
        write(tmp_path / "a.lhe", replace(sample, proper_time=time))


def test_a_writer_refuses_another_run_and_a_wrong_count(tmp_path: Path) -> None:
    sample = mixed_sample(5)
    arguments: dict[str, Any] = {"channels": CHANNELS, "states": STATES, "routes": ROUTES, "weighted": False}
    with (
        pytest.raises(DataFileError, match="5 events were written, 6 announced"),
        open_writer(tmp_path / "a.lhe", metadata(6), **arguments) as w,
    ):
        w.write(sample)
    with pytest.raises(DataFileError, match="of another run"), open_writer(tmp_path / "a.lhe", metadata(5), **arguments) as w:
        w.write(mixed_sample(5, weighted=True))
    assert list(tmp_path.iterdir()) == []


def test_the_detector_frame_does_not_depend_on_the_number_of_rows() -> None:
    frame = DetectorFrame.of(metadata(1))
    points = np.random.default_rng(2).normal(0, 100, (1000, 3)).T
    whole = np.array(frame.points(*points))
    single = np.hstack([np.array(frame.points(*points[:, i : i + 1])) for i in range(1000)])
    assert np.array_equal(whole, single)

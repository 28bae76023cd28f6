"""HEPEVT as LArSoft's TextFileGen reads it: a line 'event particles', then 15 numbers a particle, cm and ns, detector frame."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from nusim.io.write import open_writer, write
from nusim.units import cm, ns

from .samples import CHANNELS, ORIGIN, ROTATION, ROUTES, STATES, events_of, mixed_sample


@dataclass
class Line:
    status: int
    pdg: int
    mothers: tuple[int, int]
    daughters: tuple[int, int]
    momentum: np.ndarray
    """px py pz E."""
    mass: float
    position: np.ndarray
    """x y z t."""


def read(path: Path) -> list[tuple[int, list[Line]]]:
    """As TextFileGen does: getline, then the tokens in their order."""
    lines = iter(path.read_text().splitlines())
    events = []
    for header in lines:
        event, count = map(int, header.split())
        particles = []
        for _ in range(count):
            tokens = next(lines).split()
            assert len(tokens) == 15
            i, x = list(map(int, tokens[:6])), np.array(tokens[6:], float)
            particles.append(Line(i[0], i[1], (i[2], i[3]), (i[4], i[5]), x[:4], x[4], x[5:]))
        events.append((event, particles))
    return events


@pytest.mark.parametrize("layout", ["chain", "decay"])
def test_tracked_particles_are_those_of_the_decay_in_the_detector(tmp_path: Path, layout: str) -> None:
    sample = mixed_sample(150)
    write(tmp_path / "a.hepevt", sample, layout=layout)
    rotation = np.array(ROTATION)
    events = read(tmp_path / "a.hepevt")
    assert [number for number, _ in events] == list(range(150))
    for i, (_, particles) in enumerate(events):
        tracked = [p for p in particles if p.status == 1]
        code = {0: [14, 11, -11], 2: [-14, 22]}.get(int(sample.channel[i]))
        if code is not None:
            assert [p.pdg for p in tracked] == code
        else:
            assert [abs(p.pdg) for p in tracked] == [13, 211]
        t, *x = sample.decay_vertex[i]
        for p in tracked:
            assert np.allclose(p.position[:3] * cm, rotation @ (np.array(x) - ORIGIN), rtol=0, atol=1e-11)
            assert p.position[3] * ns == pytest.approx(t, rel=1e-14)
            assert p.daughters == (0, 0)
        rows = slice(sample.offsets[i], sample.offsets[i + 1])
        here = (sample.status[rows] == 1) & (np.abs(sample.vertex[rows] - sample.decay_vertex[i]).max(axis=1) < 1e-9)
        momenta = sample.momentum[rows][here][:, [1, 2, 3, 0]]
        momenta[:, :3] = momenta[:, :3] @ rotation.T
        assert np.allclose([p.momentum for p in tracked], momenta, rtol=0, atol=1e-13 * momenta[:, 3].max())


@pytest.mark.parametrize("layout", ["chain", "decay"])
def test_mothers_and_daughters_count_from_one_and_agree(tmp_path: Path, layout: str) -> None:
    write(tmp_path / "a.hepevt", mixed_sample(100), layout=layout)
    for _, particles in read(tmp_path / "a.hepevt"):
        assert particles[0].mothers == (0, 0)
        for line, p in enumerate(particles, 1):
            daughters = [k for k, q in enumerate(particles, 1) if q.mothers[0] == line]
            assert p.daughters == ((daughters[0], daughters[-1]) if daughters else (0, 0))
            assert daughters == list(range(p.daughters[0], p.daughters[1] + 1) if daughters else [])
            if daughters:
                total = sum(particles[k - 1].momentum for k in daughters)
                assert np.abs(total - p.momentum).max() < 1e-13 * particles[0].momentum[3]
            assert abs(p.momentum[3] ** 2 - (p.momentum[:3] ** 2).sum() - p.mass**2) < 1e-13 * p.momentum[3] ** 2
        assert (particles[0].status == 3) == (layout == "chain")


@pytest.mark.parametrize("weighted", [False, True])
def test_the_json_file_holds_what_hepevt_cannot(tmp_path: Path, weighted: bool) -> None:
    sample = mixed_sample(100, weighted)
    digest = write(tmp_path / "a.hepevt", sample)
    text = (tmp_path / "a.hepevt").read_bytes()
    assert hashlib.sha256(text).hexdigest() == digest
    run = json.loads((tmp_path / "a.hepevt.json").read_text())
    assert run["sha256"] == digest
    assert run["units"]["length"] == "cm"
    assert run["frame"] == "detector"
    assert run["frames"]["detector"] == {"local_origin": list(ORIGIN), "rotation": [list(row) for row in ROTATION]}
    for key in ("protons", "expected_events", "stat_error", "seed", "kernel", "model", "experiment"):
        assert run[key] == sample.metadata[key]
    if weighted:
        assert np.allclose(run["weights"], sample.weight, rtol=1e-15)
    else:
        assert run["other_weights"] == {"50": 2.5}
        assert run["events_per_weight"] * (99 + 2.5) == pytest.approx(sample.weight.sum())


def test_chunks_give_the_bytes_of_one_shot(tmp_path: Path) -> None:
    sample = mixed_sample(101, weighted=True)
    write(tmp_path / "whole.hepevt", sample)
    with open_writer(tmp_path / "parts.hepevt", sample.metadata, channels=CHANNELS, states=STATES, routes=ROUTES, weighted=True) as writer:
        for part in (slice(0, 40), slice(40, 101)):
            writer.write(events_of(sample, part))
    assert (tmp_path / "parts.hepevt").read_bytes() == (tmp_path / "whole.hepevt").read_bytes()
    sidecars = [json.loads((tmp_path / f"{name}.hepevt.json").read_text()) | {"file": ""} for name in ("whole", "parts")]
    assert sidecars[0] == sidecars[1]


def test_an_empty_file(tmp_path: Path) -> None:
    write(tmp_path / "a.hepevt", mixed_sample(0))
    assert (tmp_path / "a.hepevt").read_bytes() == b""
    assert json.loads((tmp_path / "a.hepevt.json").read_text())["events_in_file"] == 0

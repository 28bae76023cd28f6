"""Chains as the generator makes them, with invented decays, through every format and back."""

from pathlib import Path

import numpy as np
import pytest

from nusim.events.generate import generate
from nusim.io.inspect import info
from nusim.io.write import write, write_events
from nusim.model.spectrum import Spectrum

from ..closure.test_chains_in_events import DETECTOR, spectrum, toy_world
from .test_hepevt import read as read_hepevt

__all__ = ["spectrum"]

FILES = [("a.lhe", layout) for layout in ("chain", "two-beam", "decay")]
FILES += [("a.lhe.gz", "chain")] + [("a.hepevt", layout) for layout in ("chain", "decay", "joint")]


@pytest.mark.parametrize(("ctau5", "ctau4"), [(1e-9, 3.0), (2.0, 1.5), (1e5, 1e4)])
def test_generated_chains_are_consistent_in_every_file(
    tmp_path: Path, spectrum: Spectrum, monkeypatch: pytest.MonkeyPatch, ctau5: float, ctau4: float
) -> None:
    toy_world(monkeypatch, ctau5, ctau4)
    sample = generate(spectrum, DETECTOR, 400, 3)
    for name, layout in FILES:
        write(tmp_path / name, sample, layout=layout)
        found = info(tmp_path / name)
        assert found["problems"] == []
        assert found["n"] == 400
        assert found["sum_of_weights"] == pytest.approx(sample.weight.sum())
        assert set(found["routes"]) == {"nu4", "nu5", "nu4 from nu5"}
        assert sum(route["events"] for route in found["routes"].values()) == 400
        assert sum(route["expected_events"] for route in found["routes"].values()) == pytest.approx(found["expected_events"])


def test_two_decays_of_one_event_in_the_detector_are_two_records(
    tmp_path: Path, spectrum: Spectrum, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy_world(monkeypatch, 1e-9, 1.5)
    sample = generate(spectrum, DETECTOR, 1000, 4)
    write(tmp_path / "a.hepevt", sample, layout="decay")
    numbers = np.array([number for number, _ in read_hepevt(tmp_path / "a.hepevt")])
    event = np.repeat(np.arange(1000), np.diff(sample.offsets))
    inside = np.any([volume.contains(sample.vertex[:, 1:]) for volume in DETECTOR.detectors], axis=0)
    photons = np.bincount(event[(sample.pdg == 22) & inside], minlength=1000)
    assert np.sum(photons == 2) > 20
    # the toy nu4 decays into a photon and into neutrinos that nobody sees
    assert np.array_equal(np.bincount(numbers, minlength=1000), photons)


def test_chunks_of_chains_make_the_same_file(tmp_path: Path, spectrum: Spectrum, monkeypatch: pytest.MonkeyPatch) -> None:
    toy_world(monkeypatch, 2.0, 1.5)
    summaries = [write_events(tmp_path / f"{chunk}.lhe", spectrum, DETECTOR, 300, 3, chunk=chunk) for chunk in (300, 77)]
    assert summaries[0]["sha256"] == summaries[1]["sha256"]

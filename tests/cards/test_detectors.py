"""Shipped detectors hold the liquid argon their sources say, stand where they should, and add up."""

import numpy as np
import pytest

from nusim.cards.read import read_experiment

LIQUID_ARGON = 1.396
"""t/m^3 at the boiling point; PDG."""


@pytest.mark.parametrize(
    ("name", "volumes", "tonnes"),
    [("sbnd", 1, 112.0), ("icarus", 2, 476.0), ("dune-nd", 1, 50.0)],
)
def test_active_masses(name: str, volumes: int, tonnes: float) -> None:
    """SBN proposal, arXiv:1503.01520: 112 and 476 t; arXiv:1905.00284: 50 t."""
    detectors = read_experiment(name).detectors[:volumes]
    assert sum(volume.volume for volume in detectors) * LIQUID_ARGON == pytest.approx(tonnes, rel=0.01)


@pytest.mark.parametrize("name", ["icarus", "dune-nd", "dune-nd-tdr"])
def test_two_volumes_do_not_overlap(name: str) -> None:
    """Uniform points of either lie outside the other: along x for ICARUS, along z for DUNE."""
    one, two = read_experiment(name).detectors
    u = np.random.default_rng(1).random((2000, 3))
    axis = 0 if name == "icarus" else 2
    first, second = one.sample(u)[:, axis], two.sample(u)[:, axis]
    assert first.max() <= second.min() or second.max() <= first.min()


def test_places_and_protons() -> None:
    icarus, dune, later = read_experiment("icarus"), read_experiment("dune-nd"), read_experiment("dune-nd-tdr")
    middle = np.mean([volume.sample(np.full((1, 3), 0.5))[0] for volume in icarus.detectors], axis=0)
    assert middle == pytest.approx([0.0, -0.202, 600.0])
    assert dune.protons == pytest.approx(2.205e14 * 1e7 * 6, rel=3e-3)
    assert later.protons == pytest.approx(5 * 1.1e21)
    assert dune.detectors[0].sample(np.array([[0.5, 0.5, 0.0]]))[0] == pytest.approx([0.0, 0.0, 574.0])
    assert dune.beam is not None
    assert dune.beam.name == "lbnf"


def test_sbn_is_its_three_detectors() -> None:
    sbn = read_experiment("sbn")
    assert [member.name for member in sbn.members] == ["sbnd", "microboone", "icarus"]
    assert [member.protons for member in sbn.members] == [6.6e20, 13.2e20, 6.6e20]

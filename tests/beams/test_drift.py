"""Straight flight between horns, gases along the tunnel, and the choice of what is tracked."""

from dataclasses import replace

import numpy as np
import pytest

from nusim import pdg
from nusim.beams.beam import Beam
from nusim.beams.build import decays_in_flight, thinned
from nusim.beams.decay_region import Section
from nusim.beams.drift import drift
from nusim.beams.horns import StepSegments
from nusim.beams.materials import Material
from nusim.beams.mesons import Mesons
from nusim.cards.read import read_beam

TUNNEL = (Section(-1.0, 20.0, 1.0, 1.0), Section(20.0, 100.0, 2.0, 2.0))
GAS = Material(1.0e-2, 14.0, 1.8, {"pi+": (200.0,), "p": (250.0,)})


@pytest.fixture(scope="module")
def lbnf() -> Beam:
    return read_beam("lbnf")


def _mesons(code: int, momentum: list[list[float]], z: float = 0.0) -> Mesons:
    n = len(momentum)
    return Mesons(np.full(n, code), np.tile([0.0, 0.0, z], (n, 1)), np.array(momentum), np.full(n, z), np.ones(n))


def test_decays_losses_and_time_on_the_way_to_a_plane() -> None:
    """One pion of 2 GeV/c at 0.05 rad: exp(-s (1/l + a)) is left at the plane, the decays are their share of the rest."""
    p, angle = 2.0, 0.05
    mesons = _mesons(211, [[p * np.sin(angle), 0.0, p * np.cos(angle)]])
    segments = StepSegments.empty(1)
    out = drift(mesons, 10.0, TUNNEL, GAS, segments, np.random.default_rng(1))
    s = 10.0 / np.cos(angle)
    decay = pdg.mass(211) / (p * pdg.ctau(211))
    loss = 200.0 * 6.02214076e-4 * 1.0e-2 / 14.0 * 100
    assert out.position[0] == pytest.approx([10.0 * np.tan(angle), 0.0, 10.0])
    assert out.weight[0] == pytest.approx(np.exp(-s * (decay + loss)), rel=1e-12)
    assert segments.weight[0] == pytest.approx((1 - out.weight[0]) * decay / (decay + loss), rel=1e-12)
    assert segments.path[0] == pytest.approx(s)
    assert out.time[0] == pytest.approx(s * np.hypot(p, pdg.mass(211)) / p)


def test_walls_stop_and_what_is_beyond_or_backward_stays() -> None:
    steep, backward = [2.0, 0.0, 2.0], [0.0, 0.0, -1.0]
    segments = StepSegments.empty(2)
    out = drift(_mesons(211, [steep, backward]), 10.0, TUNNEL, None, segments, np.random.default_rng(1))
    assert out.weight.tolist() == [0.0, 1.0]
    assert segments.path[0] == pytest.approx(np.sqrt(2.0))
    beyond = _mesons(211, [[0.0, 0.0, 2.0]], z=11.0)
    assert np.array_equal(drift(beyond, 10.0, TUNNEL, None, StepSegments.empty(1), np.random.default_rng(1)).position, beyond.position)


@pytest.mark.parametrize("gas", [GAS, None])
def test_protons_fly_without_decaying(gas: Material | None) -> None:
    segments = StepSegments.empty(1)
    out = drift(_mesons(2212, [[0.0, 0.0, 5.0]]), 10.0, TUNNEL, gas, segments, np.random.default_rng(1))
    assert segments.weight[0] < 1e-13
    assert out.weight[0] == pytest.approx(1.0 if gas is None else np.exp(-10 * 250.0 * 6.02214076e-4 * 1e-2 / 14 * 100), rel=1e-12)


def test_straight_kaons_decay_as_often_in_three_horns_two_gases_and_the_gaps_as_along_one_line(lbnf: Beam) -> None:
    """K_L on the axis from the target's end: chase and pipe with their own gas, in closed form."""
    n, z, p = 3000, 2.21, 3.0
    mesons = Mesons(np.full(n, 130), np.tile([0.0, 0.0, z], (n, 1)), np.tile([0.0, 0.0, p], (n, 1)), np.full(n, z), np.full(n, 1 / n))
    parents = decays_in_flight(lbnf, "fhc", mesons, np.random.Generator(np.random.Philox(2)))
    decay = pdg.mass(130) / (p * pdg.ctau(130))
    expected, alive = 0.0, 1.0
    for gas, length in (("nitrogen", 22.24 - z), ("helium", 223.94 - 22.24)):
        total = decay + lbnf.materials[gas].absorption(130, np.array([p]))[0]
        expected += alive * decay / total * -np.expm1(-total * length)
        alive *= np.exp(-total * length)
    assert parents.weight.sum() == pytest.approx(expected, rel=1e-5)
    end = parents.start[:, 2] + parents.path
    assert np.all(end <= 223.94 + 1e-6)


def test_a_magnetised_gap_would_be_seen(lbnf: Beam) -> None:
    """Positive pions at 20 mrad leave three horns closer to the axis in fhc than in rhc, and no horn at all lies in between."""
    n = 400
    p = np.linspace(2.0, 8.0, n)
    mesons = Mesons(
        np.full(n, 211), np.tile([0.0, 0.0, 1.0], (n, 1)), p[:, None] * np.array([[0.06, 0.0, 1.0]]), np.full(n, 1.0), np.full(n, 1.0)
    )

    def forward(beam: Beam, polarity: str) -> float:
        parents = decays_in_flight(beam, polarity, mesons, np.random.Generator(np.random.Philox(3)))  # type: ignore[arg-type]
        late = parents.start[:, 2] > 22.0
        sine = np.hypot(parents.momentum[late, 0], parents.momentum[late, 1]) / np.linalg.norm(parents.momentum[late], axis=1)
        return float(np.sum(parents.weight[late] * (sine < 0.01)))

    assert forward(lbnf, "fhc") > 20 * forward(lbnf, "rhc")
    assert forward(replace(lbnf, horns=()), "fhc") == 0.0


def test_thinning_keeps_sums_and_every_kaon() -> None:
    rng = np.random.default_rng(9)
    n = 40_000
    momentum = np.column_stack([rng.normal(0, 0.3, n), rng.normal(0, 0.3, n), rng.exponential(4.0, n)])
    mesons = Mesons(rng.choice([211, -211, 2212, 321], n), np.zeros((n, 3)), momentum, np.zeros(n), rng.uniform(0.5, 1.5, n))
    fewer = thinned(mesons, 8000, np.random.default_rng(10))
    assert np.sum(fewer.pdg == 321) == np.sum(mesons.pdg == 321)
    assert np.sum(fewer.pdg != 321) == pytest.approx(8000, rel=0.05)
    for function in (lambda m: np.ones(len(m)), lambda m: m.momentum[:, 2], lambda m: 1.0 * (m.momentum[:, 2] < 1.0)):
        estimate = fewer.weight * function(fewer)
        assert estimate.sum() == pytest.approx(np.sum(mesons.weight * function(mesons)), abs=5 * np.sqrt(np.sum(estimate**2)))

"""The target cascade: generations, silence, determinism, refusals."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from nusim import pdg
from nusim.beams.beam import Beam
from nusim.beams.cascade import products_in_metal, proton_tracks, tertiary_mesons
from nusim.beams.mesons import Mesons
from nusim.errors import MissingExtraError, NusimError


def test_without_pythia_the_pip_line_is_given(bnb: Beam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pythia8mc", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'nusim\[beams\]'"):
        tertiary_mesons(bnb, 10, 1)


def test_a_start_that_fails_is_an_error_not_an_empty_cascade(bnb: Beam, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pythia returns False for a wrong path and then makes nothing, silently."""
    pytest.importorskip("pythia8mc")
    monkeypatch.setattr(sys, "prefix", "/nonexistent")
    with pytest.raises(NusimError, match="did not start"):
        tertiary_mesons(bnb, 10, 1)


def test_a_card_without_target_cannot_be_generated(bnb: Beam) -> None:
    with pytest.raises(NusimError, match="no target"):
        tertiary_mesons(replace(bnb, target=None), 10, 1)


def test_cascade_is_silent_reproducible_and_leaves_the_core_forward(bnb: Beam, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pythia8mc")
    one, two = tertiary_mesons(bnb, 600, 4), tertiary_mesons(bnb, 600, 4)
    assert capfd.readouterr().out == ""
    assert np.array_equal(one.momentum, two.momentum)
    assert np.all(one.weight == 1 / 600)
    assert np.all(one.momentum[:, 2] > 0)
    assert bnb.target is not None
    radius, z = np.hypot(one.position[:, 0], one.position[:, 1]), one.position[:, 2]
    at_side = np.isclose(radius, bnb.target.radius, atol=1e-7)
    # hyperons and K_S may decay outside
    beyond = (radius > bnb.target.radius) | (z > bnb.target.end - 1e-9)
    assert np.all(at_side | beyond)
    assert {211, -211, 2212, 2112} <= set(one.pdg.tolist())


def test_generation_one_pions_are_left_to_the_parametrisations(bnb: Beam) -> None:
    """A target too thin for second interactions gives pions from hyperons only, far below the 0.9 pi+ an interaction makes."""
    pytest.importorskip("pythia8mc")
    assert bnb.target is not None
    thin = replace(bnb, target=replace(bnb.target, end=bnb.target.begin + 0.002))
    protons = 12_000
    mesons = tertiary_mesons(thin, protons, 3)
    interactions = protons * -np.expm1(-0.002 / 0.4278)
    assert np.sum(mesons.pdg == 2212) > 0.5 * interactions
    assert np.sum(mesons.pdg == 211) < 0.1 * interactions
    assert np.sum(mesons.pdg == 321) == 0


def test_metal_products_conserve_energy_and_follow_the_hits(bnb: Beam) -> None:
    """5 GeV/c neutrons on aluminium: a pion or so each, together below the energy that came in; places and weights carried along."""
    pytest.importorskip("pythia8mc")
    n = 1500
    place = np.column_stack([np.linspace(0, 1, n), np.zeros(n), np.ones(n)])
    hits = Mesons(np.full(n, 2112), place, np.tile([0.0, 0.0, 5.0], (n, 1)), np.arange(n, dtype=float), np.full(n, 0.25))
    made = products_in_metal(hits, 13, 27, 2)
    assert np.all(made.weight == 0.25)
    assert 0.3 < np.sum(made.pdg == 211) / n < 1.2
    for i in range(0, n, 100):
        mine = made.time == float(i)
        energy = np.sqrt(np.sum(made.momentum[mine] ** 2, axis=1) + made.mass[mine] ** 2).sum()
        assert energy < np.hypot(5.0, pdg.mass(2112)) + pdg.mass(2112)
        assert np.all(made.position[mine, 0] == place[i, 0])


def test_proton_spot_converges(bnb: Beam) -> None:
    """1.51 x 0.75 mm at z = -1 cm with 0.66 and 0.40 mrad towards the axis: waists at 2.28 m and 1.87 m."""
    x, y, slope_x, slope_y = proton_tracks(bnb, np.random.default_rng(1), 200_000)
    for place, slope, sigma, waist in ((x, slope_x, 1.51e-3, 1.51 / 0.66), (y, slope_y, 0.75e-3, 0.75 / 0.40)):
        assert (place - 0.01 * slope).std() == pytest.approx(sigma, rel=0.01)
        assert (place + (waist - 0.01) * slope).std() == pytest.approx(0.0, abs=1e-12)

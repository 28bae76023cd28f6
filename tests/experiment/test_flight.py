"""Survival, decay and spin on the way to the detector; the survey's error against independent beams."""

import numpy as np
import pytest
from mpmath import mp, mpf

from nusim.decays.table import decay_table
from nusim.experiment.flight import HeavyFlux, decay_probability
from nusim.experiment.source import heavy_source, tables_of
from nusim.experiment.survey import expected_weights, survey
from nusim.kernels.random import uniforms
from nusim.model.model import DarkNeutrino, Mediator, Physical
from nusim.model.spectrum import solve

from ..closure import toy


@pytest.mark.parametrize("length", [0.01, 3.0, 1e4, 1e18])
def test_decay_probability_keeps_its_digits(length: float) -> None:
    mp.dps = 40
    exact = mp.exp(-mpf(110) / mpf(length)) - mp.exp(-mpf(115) / mpf(length))
    got = decay_probability(np.array([110.0]), np.array([115.0]), np.array([length]))[0]
    assert got == pytest.approx(float(exact), rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("length", [0.5, 5.0, 1e9])
def test_decay_points_are_exponential_inside_the_detector(length: float) -> None:
    n = 50_000
    one = np.ones(n)
    flux = HeavyFlux(*[np.zeros(n)] * 8, 110 * one, 115 * one, length * one, one, *[np.zeros(n)] * 5, ())  # type: ignore[arg-type]
    distance = flux.decay_distance(np.random.default_rng(1).random(n))
    assert distance.min() >= 110
    assert distance.max() <= 115
    x = np.sort(distance) - 110
    cdf = -np.expm1(-x / length) / -np.expm1(-5 / length)
    assert np.max(np.abs(cdf - (np.arange(n) + 0.5) / n)) < 2.6 / np.sqrt(n)  # Kolmogorov, p = 3e-6


def test_spin_has_the_polarisations_length_and_reverses_with_the_charge() -> None:
    spectrum = toy.hnl(0.3)
    parents = toy.parents()
    source = heavy_source(spectrum, toy.experiment(), parents, {"nu4": decay_table(spectrum, "nu4")}, seed=1)
    index = np.arange(len(source))
    flux = source.draw(index, uniforms(1, 9, index, source.draws))
    spin = flux.spin.real
    polarisation = source.of_mode("polarisation")[flux.route]
    assert np.allclose(np.linalg.norm(spin, axis=1), np.abs(polarisation), rtol=1e-10)
    by_parent = {route.mode.parent: route.mode.polarisation for route in source.routes}
    assert by_parent[321] == -by_parent[-321]
    # a fast heavy state emitted forward keeps its helicity from the parent's frame
    forward = flux.momentum[:, 0] > 0.95 * flux.momentum[:, 0].max()
    along = np.sum(spin * flux.direction, axis=1)
    assert np.all(np.sign(along[forward]) == np.sign(polarisation[forward]))


def test_the_proposal_follows_the_weights() -> None:
    spectrum = toy.hnl(0.3)
    source = heavy_source(spectrum, toy.experiment(), toy.parents(), {"nu4": decay_table(spectrum, "nu4")}, seed=1)
    found, guess = survey(source, 1).row_weight, expected_weights(source, np.arange(len(source)))
    assert np.all(found[guess == 0] == 0)
    assert 0.05 < found.sum() / guess.sum() < 3  # near the edge of the cone more is expected than the mean
    assert np.max(found / np.where(guess > 0, guess, np.inf)) < 12


def test_thinned_chains_keep_their_mean() -> None:
    """nu5 -> nu4 nu4 nu4: most are left out early, the others weigh more; states that come directly are not touched."""
    mass = Physical(0.3, mass_ratio=0.12, mixing2=1e-6)
    spectrum = solve(DarkNeutrino("toy", "invented", True, (0.0, 1.0, 0.0), mass, Mediator(1.0, 2.0, 1.0)))
    source = heavy_source(spectrum, toy.experiment(), toy.parents(), tables_of(spectrum), seed=1)
    chains = np.flatnonzero(source.of_route("name")[source.route] == "nu4 from nu5")
    rows, n = np.resize(chains, 200_000), 200_000
    u = uniforms(3, 9, np.arange(n), source.draws)
    plain, thinned = source.weights(rows, u), source.thinned_weights(rows, u, np.random.default_rng(5).random(n))
    alive = thinned > 0
    assert np.mean(alive) < 0.5 * np.mean(plain > 0)
    assert np.all(thinned[alive] >= plain[alive] * (1 - 1e-12))
    assert abs(np.sum(thinned - plain)) < 4.5 * np.sqrt(np.sum((thinned - plain) ** 2))
    assert np.std(thinned[alive]) / np.mean(thinned[alive]) < np.std(plain[plain > 0]) / np.mean(plain[plain > 0])
    direct, u = np.setdiff1d(np.arange(len(source)), chains)[:1000], u[:1000]
    np.testing.assert_array_equal(source.thinned_weights(direct, u, np.ones(1000)), source.weights(direct, u))


@pytest.mark.slow
def test_the_error_covers_the_scatter_of_independent_beams() -> None:
    spectrum = toy.hnl(0.3)
    table = decay_table(spectrum, "nu4")
    totals, errors = [], []
    for seed in range(30):
        found = survey(heavy_source(spectrum, toy.experiment(), toy.parents(seed), {"nu4": table}, seed=seed), seed)
        totals.append(found.total)
        errors.append(found.error(np.ones(len(found.source.routes))))
    spread, claimed = np.std(totals, ddof=1), np.mean(errors)
    # 29 degrees of freedom: an honest error lies in this range at p ~ 1e-5
    assert 0.5 < spread / claimed < 1.65

"""Chains of decays: the aimed estimate against brute force, from prompt to very long-lived; conservation at every vertex."""

from itertools import pairwise

import numpy as np
import pytest

from nusim.experiment.flight import HeavyFlux
from nusim.kernels.random import uniforms

from . import cascade, toy

N = 1_000_000


def aimed(source: object, n: int) -> HeavyFlux:
    """Decays of nu4 that came from nu5, n of them, every parent row the same number of times."""
    rows = np.flatnonzero(source.route == [route.name for route in source.routes].index("nu4 from nu5"))
    copies = -(-n // len(rows))
    rows = np.tile(rows, copies)
    flux = source.draw(rows, uniforms(3, 77, np.arange(len(rows)), source.draws))
    flux.weight[:] /= copies
    return flux


def spread(weight, value):
    """Weighted mean and its error."""
    mean = np.sum(weight * value) / weight.sum()
    return mean, np.sqrt(np.sum((weight * (value - mean)) ** 2)) / weight.sum()


LIFETIMES = (1e-6, 1.0, 1e3, 1e6)
STATES = ((0.3, 0.1, 1.0), (0.15, 0.018, 1e4), (0.3, 0.28, 1e4))
QUICK = {(0.3, 0.1): LIFETIMES, (0.15, 0.018): (1.0,), (0.3, 0.28): (1e3,)}
"""Each pair of masses once, one of them at every lifetime; all others are slow."""


@pytest.mark.parametrize(
    ("m5", "m4", "ctau4", "ctau5"),
    [
        pytest.param(m5, m4, ctau4, ctau5, marks=[] if ctau5 in QUICK[m5, m4] else [pytest.mark.slow])
        for m5, m4, ctau4 in STATES
        for ctau5 in LIFETIMES
    ],
)
def test_aimed_chains_agree_with_brute_force(m5: float, m4: float, ctau4: float, ctau5: float) -> None:
    parents, decays = toy.parents(), cascade.tables(m5, m4, ctau5, ctau4)
    flux = aimed(cascade.source(parents, cascade.WIDE, decays, m5), N)
    weight, nu4, cosine = cascade.brute(parents, cascade.WIDE, decays, m5, N, 5)
    rate, error = flux.weight.sum(), np.sqrt(np.sum(flux.weight**2))
    other, other_error = weight.mean(), weight.std() / np.sqrt(N)
    assert abs(rate - other) < 3 * np.hypot(error, other_error)
    assert np.hypot(error, other_error) < 0.04 * other
    # spectra: the energies of nu4 in eight bins, and the mean cosine between spin and momentum
    energy = flux.momentum[:, 0]
    hit = weight > 0
    order = np.argsort(nu4[hit, 0])
    steps = np.cumsum(weight[hit][order])
    edges = np.concatenate([[0.0], nu4[hit, 0][order][np.searchsorted(steps, steps[-1] * np.arange(1, 8) / 8)], [np.inf]])
    pulls = []
    for low, high in pairwise(edges):
        mine, theirs = (energy >= low) & (energy < high), (nu4[:, 0] >= low) & (nu4[:, 0] < high)
        a, b = spread(flux.weight, mine), spread(weight, theirs)
        pulls.append((a[0] - b[0]) / np.hypot(a[1], b[1]))
    assert np.sum(np.square(pulls)) < 38  # 7 degrees of freedom, p = 3e-6
    a, b = spread(flux.weight, np.sum(flux.spin.real * flux.direction, axis=1)), spread(weight, cosine)
    assert abs(a[0] - b[0]) < 5 * np.hypot(a[1], b[1])


def test_the_spin_of_an_intermediate_state_steers_its_daughter() -> None:
    """With the asymmetry of the nu5 decay switched off the rate changes: the closure above would see it."""
    parents = toy.parents()
    rates = []
    for asymmetry in (0.7, 0.0):
        source = cascade.source(parents, cascade.WIDE, cascade.tables(0.3, 0.1, 1.0, 1e4, asymmetry), 0.3)
        flux = aimed(source, 300_000)
        rates.append((flux.weight.sum(), np.sqrt(np.sum(flux.weight**2))))
    (polarised, error), (isotropic, other) = rates
    assert abs(polarised - isotropic) > 6 * np.hypot(error, other)

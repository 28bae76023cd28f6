"""Whole events, channel by channel, against |M|^2 on flat phase space, the spin of their production, and their lifetime.

What is compared is read from the events alone: products boosted to the rest frame of the state seen, its spin axis from the beam parent's
momentum there. 1e5 events a channel in the slow tests.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2, kstest

from nusim import pdg
from nusim.beams.parents import ParentFlux
from nusim.decays.channel import DecayTable, Term
from nusim.decays.table import decay_table
from nusim.events import generate as generate_module
from nusim.events.generate import generate
from nusim.events.sample import EventSample
from nusim.kernels.lorentz import unboost
from nusim.model.model import DarkNeutrino, Mediator, Physical, Portals
from nusim.model.spectrum import Spectrum, solve

from ..decays import phase_space
from . import toy

P = 1e-6
KAON, CHARM = 0.36, 1.5
QUICK, WHOLE = 8_000, 100_000
RHO = ("mu- rho+", "mu+ rho-", "nu rho0")
FROM_KAONS = ("nu e- e+", "nu mu- mu+", "nu e- mu+", "nu mu- e+", "nu gamma", "nu pi0", "mu- pi+", "mu+ pi-", "e- pi+")
FROM_CHARM = ("nu eta", "nu eta'", "nu omega", "nu phi_meson", "mu- K+", "mu- K*+", "mu+ K*-", *RHO)


def charmed(seed: int = 5) -> ParentFlux:
    """Ds made at the origin."""
    rng, n = np.random.default_rng(seed), 4000
    codes = np.repeat([431, -431], n // 2)
    momentum = np.column_stack([rng.normal(0, 0.3, n), rng.normal(0, 0.3, n), 5 + rng.exponential(10.0, n)])
    return ParentFlux(codes, momentum, np.zeros((n, 3)), np.zeros(n), np.full(n, 0.01), np.full(n, 1 / n), True, 1e4, "toy")


@pytest.fixture
def beam(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    def use(mass: float) -> None:
        monkeypatch.setattr(generate_module, "parents_of", lambda _: charmed() if mass > 0.4 else toy.parents())

    return use


def sample_of(final: str, n: int, mass: float, majorana: bool = True, seed: int = 17) -> EventSample:
    # a lifetime of the detector's distance: 1 GeV flies some 100 m
    return generate(spectrum(mass, majorana), toy.experiment(), n, seed=seed, final=final)


def spectrum(mass: float, majorana: bool) -> Spectrum:
    return toy.hnl(mass, majorana, (1e-4, 3e-4, 0.0) if mass > 0.4 else (1e-3, 3e-2, 0.0))


def check_shells_and_vertices(sample: EventSample) -> None:
    event = np.repeat(np.arange(len(sample)), np.diff(sample.offsets))
    p, size = sample.momentum, np.linalg.norm(sample.momentum[:, 1:], axis=1)
    shell = np.abs((p[:, 0] - size) * (p[:, 0] + size) - sample.mass**2)
    assert np.max(shell / p[:, 0] ** 2) < 1e-11
    has = sample.mother >= 0
    mother = (sample.offsets[event] + sample.mother)[has]
    sums = np.array([np.bincount(mother, p[has, k], len(p)) for k in range(4)]).T
    decayed = np.bincount(mother, minlength=len(p)) > 0
    assert np.max(np.abs(sums - p)[decayed].max(axis=1) / p[decayed, 0]) < 1e-9


def products_at_rest(sample: EventSample, rows: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes (m, k) and momenta (m, k, 4) of the decay seen in the rest frame of its state, and the spin vector (m, 3) there."""
    first = sample.offsets[rows] + sample.seen[rows]
    heavy, mass = sample.momentum[first], sample.mass[first]
    places = []
    for k in range(count):
        # products stand one after the other
        places.append(sample.offsets[rows + 1] - count + k)
        assert np.all(sample.mother[places[-1]] == sample.seen[rows])
    momenta = np.stack([unboost(sample.momentum[at], heavy, mass) for at in places], axis=1)
    parent = unboost(sample.momentum[sample.offsets[rows]], heavy, mass)[:, 1:]
    axis = -parent / np.linalg.norm(parent, axis=1)[:, None]
    return np.stack([sample.pdg[at] for at in places], axis=1), momenta, sample.polarisation[rows, None] * axis


def terms_by_codes(table: DecayTable, products: str, anti: bool) -> dict[tuple[int, ...], list[Term]]:
    found: dict[tuple[int, ...], list[Term]] = {}
    for term in table.channel(pdg.conjugate_products(products) if anti else products).terms:
        one = term.conjugate() if anti else term
        found.setdefault(one.pdg, []).append(one)
    return found


def chi_square(seen: np.ndarray, expected: np.ndarray, variance: np.ndarray) -> float:
    """Bins of few events, or few points of phase space, count as one."""
    used = (expected > 20) & (expected**2 > 25 * variance)
    parts = [np.append(one[used], one[~used].sum()) for one in (seen, expected, variance)]
    value = float(np.sum((parts[0] - parts[1]) ** 2 / np.maximum(parts[1] + parts[2], 1.0)))
    return float(chi2.sf(value, int(used.sum())))


def three_body_views(p: np.ndarray, spin: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    size = np.linalg.norm(spin, axis=1)
    axis = spin / np.where(size > 0, size, 1.0)[:, None]
    cosine = [np.sum(p[:, k, 1:] * axis, axis=1) / np.linalg.norm(p[:, k, 1:], axis=1) for k in range(3)]
    pair = p[:, 1] + p[:, 2]
    s = pair[:, 0] ** 2 - np.sum(pair[:, 1:] ** 2, axis=1)
    return [(p[:, 0, 0], p[:, 1, 0]), (s, cosine[0]), (p[:, 1, 0], cosine[1]), (p[:, 2, 0], cosine[2])]


def check_channel(sample: EventSample, table: DecayTable, products: str, majorana: bool) -> None:
    """Every term of the channel, in its share and with its |M|^2."""
    check_shells_and_vertices(sample)
    first = sample.offsets[:-1] + sample.seen
    kinds = [(False, terms_by_codes(table, products, False))]
    if not majorana:
        kinds = []
        for anti in (False, True):
            name = pdg.conjugate_products(products) if anti else products
            if any(channel.products == name and channel.width > 0 for channel in table):
                kinds.append((anti, terms_by_codes(table, products, anti)))
    for anti, terms in kinds:
        rows = np.arange(len(sample)) if majorana else np.flatnonzero((sample.pdg[first] < 0) == anti)
        if len(rows) < 500:
            continue
        count = len(next(iter(terms)))
        codes, momenta, spin = products_at_rest(sample, rows, count)
        total = sum(term.width for some in terms.values() for term in some)
        m = table.mass
        for own, some in terms.items():
            mine = np.all(codes == own, axis=1)
            share = sum(term.width for term in some) / total
            assert abs(mine.sum() - share * len(rows)) < 5.5 * np.sqrt(len(rows) * share * (1 - share)) + 1e-6
            p, polarised = momenta[mine], spin[mine]
            if len(p) < 300:
                continue
            if count == 2:
                check_two_body(p, polarised, some, m)
            else:
                check_three_body(p, polarised, some, m)


def check_two_body(p: np.ndarray, spin: np.ndarray, terms: list[Term], m: float) -> None:
    """The cosine is linear in |M|^2 of the term at two opposite points."""
    degree = np.linalg.norm(spin, axis=1)
    axis = spin / np.where(degree > 0, degree, 1.0)[:, None]
    cosine = np.sum(p[:, 0, 1:] * axis, axis=1) / np.linalg.norm(p[:, 0, 1:], axis=1)
    points = phase_space.two_body_points(m, terms[0].masses, 1, np.random.default_rng(1))
    direction = points[:, 0, 1:] / np.linalg.norm(points[:, 0, 1:])
    along, against = (sum(float(term.msq(points, sign * direction)[0]) for term in terms) for sign in (1.0, -1.0))
    slope = degree * (along - against) / (along + against)
    u = (cosine + 1) / 2 + slope * (cosine**2 - 1) / 4
    assert kstest(u, "uniform").pvalue > P
    energy = phase_space.momentum(m, *terms[0].masses)
    np.testing.assert_allclose(np.linalg.norm(p[:, 0, 1:], axis=1), energy, rtol=1e-6)


def check_three_body(p: np.ndarray, spin: np.ndarray, terms: list[Term], m: float) -> None:
    n = max(10 * len(p), 100_000)
    points, weight = phase_space.three_body_points(m, terms[0].masses, n, np.random.default_rng(2))
    repeated = np.resize(spin, (n, 3))
    weight = weight * sum(term.msq(points, repeated) for term in terms)
    weight *= len(p) / weight.sum()
    for (x, y), (x_flat, y_flat) in zip(three_body_views(p, spin), three_body_views(points, repeated), strict=True):
        edges = [np.quantile(v, np.linspace(0, 1, 9 if len(p) > 5000 else 5)) for v in (x, y)]
        for e in edges:
            e[0], e[-1] = -np.inf, np.inf
        seen = np.histogram2d(x, y, edges)[0]
        expected, variance = (np.histogram2d(x_flat, y_flat, edges, weights=w)[0] for w in (weight, weight**2))
        assert chi_square(seen, expected, variance) > P


def check_decay_places(sample: EventSample, ctau: float) -> None:
    """Exponential along each line inside the detector, the proper times those of the flights."""
    first = sample.offsets[:-1] + sample.seen
    p = sample.momentum[first, 1:]
    size = np.linalg.norm(p, axis=1)
    start = sample.vertex[first, 1:]
    direction = p / size[:, None]
    enter, leave = toy.BOX.crossing(start, direction)
    flown = np.linalg.norm(sample.decay_vertex[:, 1:] - start, axis=1)
    length = size / sample.mass[first] * ctau
    np.testing.assert_allclose(sample.proper_time[first], flown / size * sample.mass[first], rtol=1e-9)
    u = np.expm1(-(flown - enter) / length) / np.expm1(-(leave - enter) / length)
    assert kstest(u, "uniform").pvalue > P


def whole_channel(final: str, n: int, mass: float, majorana: bool) -> None:
    found = spectrum(mass, majorana)
    table = decay_table(found, "nu4")
    sample = sample_of(final, n, mass, majorana)
    check_channel(sample, table, final, majorana)
    check_decay_places(sample, table.ctau)


@pytest.mark.parametrize(("final", "majorana"), [("nu e- e+", True), ("mu- pi+", False)])
def test_some_channels(beam: Callable[[float], None], final: str, majorana: bool) -> None:
    beam(KAON)
    whole_channel(final, QUICK, KAON, majorana)


@pytest.mark.slow
@pytest.mark.parametrize("majorana", [True, False])
@pytest.mark.parametrize("final", FROM_KAONS)
def test_channels_of_kaons_neutrinos(beam: Callable[[float], None], final: str, majorana: bool) -> None:
    beam(KAON)
    whole_channel(final, WHOLE, KAON, majorana)


@pytest.mark.slow
@pytest.mark.parametrize("majorana", [True, False])
@pytest.mark.parametrize("final", FROM_CHARM)
def test_channels_of_charms_neutrinos(beam: Callable[[float], None], final: str, majorana: bool) -> None:
    beam(CHARM)
    whole_channel(final, WHOLE, CHARM, majorana)


@pytest.mark.slow
@pytest.mark.parametrize("final", ["nu4 e- e+", "nu e- e+", "nu4 mu- mu+", "mu- pi+"])
def test_channels_through_the_zprime(beam: Callable[[float], None], final: str) -> None:
    beam(KAON)
    mass = Physical(0.36, mass_ratio=0.3, mixing2=1e-3)
    found = solve(DarkNeutrino("toy", "invented", True, (0.0, 1.0, 0.0), mass, Mediator(1.0, 2.0, 0.01), Portals(epsilon=1e-3)))
    table = decay_table(found, "nu5")
    sample = generate(found, toy.experiment(), WHOLE, seed=3, final=final, state="nu5")
    only = np.array([len(pieces) for pieces in np.split(sample.pdg, sample.offsets[1:-1])])
    # events in which the nu4 left decays again have more products
    assert np.mean(only == only.min()) > 0.5
    check_shells_and_vertices(sample)
    rows = np.flatnonzero(only == only.min())
    codes, momenta, spin = products_at_rest(sample, rows, len(final.split()))
    for own, some in terms_by_codes(table, final, False).items():
        mine = np.all(codes == own, axis=1)
        if mine.sum() > 300:
            (check_two_body if len(own) == 2 else check_three_body)(momenta[mine], spin[mine], some, table.mass)


@pytest.mark.slow
def test_weighted_and_unweighted_events_have_the_same_distributions(beam: Callable[[float], None]) -> None:
    beam(KAON)
    found = spectrum(KAON, True)
    plain, heavy = (generate(found, toy.experiment(), WHOLE, seed=s, weighted=w) for s, w in ((5, False), (6, True)))
    assert plain.channels == heavy.channels
    for quantity in (
        lambda one: one.momentum[one.offsets[:-1] + one.seen, 0],
        lambda one: one.decay_vertex[:, 3],
        lambda one: one.delay,
        lambda one: one.polarisation,
        lambda one: one.channel.astype(float),
    ):
        x, y = quantity(plain), quantity(heavy)
        edges = np.unique(np.quantile(x, np.linspace(0, 1, 21)))
        if len(edges) < 4:
            continue
        edges[0], edges[-1] = min(x.min(), y.min()) - 1, max(x.max(), y.max()) + 1
        parts = [
            (np.histogram(v, edges, weights=one.weight)[0], np.histogram(v, edges, weights=one.weight**2)[0])
            for v, one in ((x, plain), (y, heavy))
        ]
        difference, variance = parts[0][0] - parts[1][0], parts[0][1] + parts[1][1]
        used = variance > 0
        assert chi2.sf(float(np.sum(difference[used] ** 2 / variance[used])), int(used.sum())) > P


def test_followed_states_have_their_lifetime() -> None:
    """Flights of heavy states besides the one seen: cut off at the sphere of the event, exponential within."""
    from nusim.events.follow import Waiting, follow
    from nusim.events.particles import Particles

    n, radius = 60_000, 40.0
    found = toy.hnl(0.3, True, (0.0, 0.9, 0.0))
    table = decay_table(found, "nu4")
    ctau = 20.0
    factor = table.ctau / ctau
    faster = []
    for channel in table:
        terms = tuple(replace(term, width=term.width * factor) for term in channel.terms)
        faster.append(replace(channel, width=channel.width * factor, terms=terms, errors={}))
    shorter = replace(table, channels=tuple(faster))
    index = np.arange(n)
    momentum = np.tile([np.hypot(0.3, 0.3), 0.0, 0.0, 0.3], (n, 1))
    particles = Particles(n)
    particles.add(index, pdg.HEAVY_STATE_CODES["nu4"], -1, momentum, 0.3, np.zeros((n, 4)))
    state = Waiting("nu4", 0, index, np.zeros(n, bool), momentum, np.zeros((n, 4)), np.zeros((n, 3), complex))
    follow(particles, [state], {"nu4": shorter}, radius, 3, index)
    columns = particles.columns()
    times = columns["proper_time"][columns["offsets"][:-1]]
    inside = columns["status"][columns["offsets"][:-1]] != 1
    limit = radius / 1.0  # beta gamma = 1
    expected = -np.expm1(-limit / ctau)
    assert abs(inside.mean() - expected) < 5 * np.sqrt(expected * (1 - expected) / n)
    assert kstest(np.expm1(-times[inside] / ctau) / np.expm1(-limit / ctau), "uniform").pvalue > P

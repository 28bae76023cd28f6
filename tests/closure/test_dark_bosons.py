"""Dark bosons on their way to a detector: aimed estimates against decays thrown without any aim, and events against both."""

from dataclasses import replace

import numpy as np
import pytest

import nusim
from nusim import pdg
from nusim.beams.parents import ParentFlux
from nusim.decays.boson_terms import BosonDecayTerm
from nusim.events.generate import prepare
from nusim.experiment import source as sources
from nusim.experiment.source import heavy_source, tables_of
from nusim.experiment.survey import survey
from nusim.kernels.lorentz import boost
from nusim.kernels.random import uniforms
from nusim.production import bremsstrahlung as brems
from nusim.production.boson_modes import boson_production_modes
from tests.closure import toy

ROWS = 3000
PROTONS = 120.0


def solved(**changes: object) -> nusim.Spectrum:
    return nusim.solve(nusim.read_model("circle", set={key.replace("__", "."): value for key, value in changes.items()}))


LIGHT = {"portals__epsilon": 1e-4, "mediator__m_zprime": 0.1, "mediator__m_phi": 0.2}
"""Z' -> nu4 nu at once."""


def hidden() -> nusim.Spectrum:
    """Z' too light for heavy neutrinos, which hardly mix: it decays to e+ e- alone, after metres."""
    return solved(
        portals__epsilon=2e-6,
        mediator__m_zprime=0.03,
        mediator__m_phi=0.5,
        physical__m5=0.4,
        physical__mass_ratio=0.5,
        physical__m3_ev=1e-9,
    )


def flux(code: int, seed: int = 3) -> ParentFlux:
    rng = np.random.default_rng(seed)
    momentum = np.column_stack([rng.normal(0, 0.08, ROWS), rng.normal(0, 0.08, ROWS), 0.4 + rng.exponential(2.0, ROWS)])
    start = np.column_stack([rng.normal(0, 0.05, ROWS), rng.normal(0, 0.05, ROWS), rng.uniform(0, 1, ROWS)])
    if code == pdg.PROTON_NUCLEON:
        momentum[:] = [0.0, 0.0, PROTONS]
    weight = np.full(ROWS, 1.0 / ROWS) if code == pdg.PROTON_NUCLEON else rng.exponential(1.0, ROWS) / ROWS
    return ParentFlux(np.full(ROWS, code), momentum, start, start[:, 2].copy(), np.zeros(ROWS), weight, False, 1e4, "toy")


def isotropic(rng: np.random.Generator, n: int) -> np.ndarray:
    way = rng.normal(size=(n, 3))
    return way / np.linalg.norm(way, axis=1)[:, None]


def thrown(mode, rng: np.random.Generator, parents: ParentFlux, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows of the parents, weights, laboratory momenta and spins (as seen from the parent) of the states a mode makes."""
    rows = rng.integers(0, ROWS, n)
    weight = parents.weight[rows] * (ROWS / n) * mode.branching_ratio
    if mode.parent == pdg.PROTON_NUCLEON:
        # straight from z and pT^2
        m = mode.m_heavy
        z, pt2 = rng.uniform(*brems.Z_RANGE, n), rng.uniform(0.0, 1.0, n) ** 3
        weight = weight * 0.8 * 3 * pt2 ** (2 / 3) * brems.splitting(z, pt2, m) * brems._fits(z, pt2, m, PROTONS)
        weight *= float(brems.proton_form_factor2(m**2)) / brems.number(m, PROTONS)
        azimuth, pt = rng.uniform(0, 2 * np.pi, n), np.sqrt(pt2)
        p = np.column_stack([pt * np.cos(azimuth), pt * np.sin(azimuth), z * PROTONS])
        lab = np.column_stack([np.sqrt(np.sum(p**2, axis=1) + m**2), p])
        return rows, weight, lab, np.zeros((n, 3), complex)
    p = parents.momentum[rows]
    frame = np.column_stack([np.sqrt(np.sum(p**2, axis=1) + mode.m_parent**2), p])
    momenta, scale = mode.term.sample(rng.random((n, mode.term.draws)))
    weight = weight * scale * mode.term.msq(momenta, np.zeros((n, 3)))
    spin = mode.term.polarisation(momenta, np.zeros((n, 3)), 0, rng.random((n, 2)))
    return rows, weight, np.stack([boost(momenta[:, 0], frame, mode.m_parent), momenta[:, 0], frame], axis=1), spin


def decays_in_box(start: np.ndarray, momentum: np.ndarray, mass: float, ctau: float) -> np.ndarray:
    q = np.linalg.norm(momentum[:, 1:], axis=1)
    enter, leave = toy.BOX.crossing(start, momentum[:, 1:] / q[:, None])
    length = q / mass * ctau
    return np.where(leave > enter, np.exp(-enter / length) * -np.expm1(-np.maximum(leave - enter, 0.0) / length), 0.0)


def brute(route, parents: ParentFlux, n: int, seed: int) -> tuple[float, float]:
    """Decays in the box and their error of a route with no or one prompt step, each stage boosted by itself."""
    rng = np.random.default_rng(seed)
    rows, weight, made, spin = thrown(route.mode, rng, parents, n)
    stepwise = made.ndim == 3
    first = made[:, 0] if stepwise else made
    if route.steps:
        (step,) = route.steps
        options = [(option.term, option.place) for option in step.options]
        chosen = rng.choice(len(options), n, p=step.shares / step.shares.sum())
        weight = weight * step.multiplicity
        last = np.empty((n, 4))
        for number, (term, place) in enumerate(options):
            mine = np.flatnonzero(chosen == number)
            momenta, scale = term.sample(rng.random((len(mine), term.draws)))
            own = spin[mine] if step.state == "zprime" else np.zeros((len(mine), 3))
            weight[mine] *= scale * term.msq(momenta, own)
            child = momenta[:, place]
            if stepwise:
                # up through the parent's rest frame: the spin was given there, no Wigner rotation
                child = boost(child, made[mine, 1], step.mass)
                child = boost(child, made[mine, 2], route.mode.m_parent)
            else:
                child = boost(child, made[mine], step.mass)
            last[mine] = child
    else:
        last = first
    value = weight * decays_in_box(parents.start[rows], last, route.mass, route.ctau)
    return float(value.sum()), float(np.sqrt(np.sum(value**2)))


CASES = [
    (LIGHT, 111),
    pytest.param(LIGHT, 221, marks=pytest.mark.slow),
    pytest.param(LIGHT, 223, marks=pytest.mark.slow),
    (LIGHT, 90),
    pytest.param(LIGHT, 321, marks=pytest.mark.slow),
    pytest.param(LIGHT, -321, marks=pytest.mark.slow),
    ({"portals__sin_alpha": 1e-3, "mediator__m_zprime": 0.4, "mediator__m_phi": 0.3}, 130),
    (None, 111),
    pytest.param(None, 90, marks=pytest.mark.slow),
    pytest.param(None, 321, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("changes", "code"), CASES)
def test_aimed_and_thrown_bosons_agree_route_by_route(changes: dict[str, float] | None, code: int) -> None:
    spectrum = hidden() if changes is None else solved(**changes)
    parents = flux(code)
    modes = boson_production_modes(spectrum, (code,), PROTONS)
    assert modes
    tables = tables_of(spectrum, bosons=True)
    source = heavy_source(spectrum, replace(toy.experiment(), beam=None), parents, tables, 1, bosons=modes)
    found = survey(source, 1)
    checked = 0
    total = found.by_route.sum()
    for number, route in enumerate(source.routes):
        has_waited = len(route.steps) > 1 or any(step.ctau > 1e-3 for step in route.steps)
        if route.mode not in modes or has_waited or found.by_route[number] < 1e-3 * total:
            continue
        error = found.error(np.arange(len(source.routes)) == number)
        expected, spread = brute(route, parents, 400_000, 7 + number)
        assert expected > 0
        assert abs(found.by_route[number] - expected) < 4 * np.hypot(error, spread), (route.name, found.by_route[number], expected)
        # subleading modes of kaons take a tenth of the rows
        assert np.hypot(error, spread) < (0.25 if abs(code) == 321 else 0.15) * expected
        checked += 1
    assert checked


def test_closed_portals_leave_parents_and_routes_as_they_were() -> None:
    experiment = nusim.read_experiment("sbnd")
    origins = sources.origins_of(solved(), experiment, sources.parents_of(experiment))
    assert origins.modes == ()
    assert len(origins.parents.pdg) == len(sources.parents_of(experiment).pdg)
    assert set(origins.tables) == {"nu4", "nu5"}
    opened = sources.origins_of(solved(portals__epsilon=1e-4), experiment, sources.parents_of(experiment))
    assert set(opened.parents.species) >= {111, 221, 223, 331, pdg.PROTON_NUCLEON}


@pytest.mark.parametrize("name", ["sbnd", pytest.param("ship-ecn3", marks=pytest.mark.slow)])
def test_events_hold_the_whole_chain_and_conserve_momentum(name: str) -> None:
    spectrum = solved(portals__epsilon=1e-4, mediator__m_zprime=0.4, mediator__m_phi=0.9)
    run = prepare(spectrum, nusim.read_experiment(name), 300, seed=4, state="nu5")
    events = run.events(0, 300)
    assert abs(events.weight.sum() / run.expected_events - 1) < 0.2
    from_boson = events.route == events.routes.index("nu5 from zprime")
    assert from_boson.any()
    for i in range(len(events)):
        rows = slice(events.offsets[i], events.offsets[i + 1])
        mother, momentum, codes = events.mother[rows], events.momentum[rows], events.pdg[rows]
        for place in set(mother.tolist()) - {-1}:
            left = momentum[place] - momentum[mother == place].sum(axis=0)
            assert np.all(np.abs(left) < 1e-7 * momentum[place, 0])
        mass2 = momentum[:, 0] ** 2 - np.sum(momentum[:, 1:] ** 2, axis=1)
        assert np.allclose(mass2, events.mass[rows] ** 2, atol=1e-5 * max(1.0, momentum[0, 0] ** 2 * 1e-3))
        if from_boson[i]:
            assert codes[0] in (111, 221, 223, 331, 90, 321, -321, 411, -411, 431, -431)
            heavy = [int(code) for code in codes if abs(code) in pdg.HEAVY_STATE_CODES.values()]
            assert heavy[0] == 32
            assert 9900014 in heavy


def test_the_decay_of_the_boson_made_by_pi0_follows_one_plus_cosine_squared() -> None:
    """In events: the neutrinos of Z' -> nu nu, massless, to the Z' flight in the pi0's rest frame."""
    source = boson_production_modes(solved(**LIGHT), (111,))[0].term
    n = 200_000
    rng = np.random.default_rng(2)
    momenta, _ = source.sample(rng.random((n, 2)))
    spin = source.polarisation(momenta, np.zeros((n, 3)), 0, rng.random((n, 2)))
    term = BosonDecayTerm((14, -14), source.masses[0], (0.0, 0.0), 1.0, 1.0, 0.0, True, ("Z'",))
    products, chance = term.propose(rng.random((n, 2)), spin)
    kept = rng.random(n) < chance
    way = products[kept, 0, 1:] / np.linalg.norm(products[kept, 0, 1:], axis=1)[:, None]
    flight = momenta[kept, 0, 1:] / np.linalg.norm(momenta[kept, 0, 1:], axis=1)[:, None]
    cosine2 = np.sum(way * flight, axis=1) ** 2
    # <cos^2> of 3/8 (1 + cos^2) is 2/5
    assert abs(cosine2.mean() - 0.4) < 5 * cosine2.std() / np.sqrt(kept.sum())


@pytest.mark.slow
def test_chains_with_decays_into_four_are_followed() -> None:
    """nu7 -> nu6 pi+ pi- pi0 through kinetic mixing, beside decays into two and three."""
    spectrum = nusim.solve(nusim.read_model("two-families", set={"portals.epsilon": 1e-4}))
    modes = boson_production_modes(spectrum, (90,), PROTONS)
    tables = tables_of(spectrum, bosons=True)
    source = heavy_source(spectrum, toy.experiment(), flux(90), tables, seed=1, bosons=modes)
    sizes = {len(option.term.masses) for route in source.routes for step in route.steps for option in step.options}
    assert 4 in sizes
    rows = np.arange(0, len(source), 50)
    drawn = source.draw(rows, uniforms(1, 9, rows, source.draws))
    for k, route in enumerate(source.routes):
        for leg, step in zip(drawn.legs, route.steps, strict=False):
            mine = (drawn.route == k) & (drawn.weight > 0)
            total = leg.products[mine].sum(axis=1)
            assert np.allclose(total, [step.mass, 0, 0, 0], atol=1e-9)

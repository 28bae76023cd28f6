"""Events with chains: conservation and flight at every vertex, siblings that decay, reproducibility, agreement with the rate."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

import nusim.events.generate as generate_module
import nusim.experiment.source as source_module
import nusim.rates.rate as rate_module
from nusim import pdg
from nusim.decays.channel import Channel, DecayTable
from nusim.decays.terms import TwoBodyTerm
from nusim.events.generate import generate, prepare
from nusim.events.sample import FINAL, INCOMING, INTERMEDIATE, EventSample
from nusim.kernels.lorentz import boost, dot
from nusim.model.model import DarkNeutrino, Mediator, Physical, Portals
from nusim.model.spectrum import Spectrum, solve
from nusim.pdg import HEAVY_STATE_CODES
from nusim.production.table import production_modes
from nusim.rates.rate import expected_events
from nusim.units import HBARC

from . import cascade, toy

NU4, NU5 = HEAVY_STATE_CODES["nu4"], HEAVY_STATE_CODES["nu5"]
M5, M4 = 0.3, 0.1
DETECTOR = replace(toy.experiment(), detectors=cascade.WIDE)


@dataclass(frozen=True)
class Pair(cascade.TwoBody):
    """nu5 -> nu4 nu4, both with a spin along their momentum."""

    pdg: tuple[int, int] = (NU4, NU4)


def tables(ctau5: float, ctau4: float) -> dict[str, DecayTable]:
    width5, width4 = float(HBARC) / ctau5, float(HBARC) / ctau4
    pair = Pair(M5, (M4, M4), 0.9 * width5, 0.4, -0.8)
    seen5 = TwoBodyTerm((14, 22), M5, (0.0, 0.0), 0.1 * width5, -0.5)
    down = Channel("nu5", "nu4 nu4", pair.width, ("Z'",), (pair,), "toy")
    bright = Channel("nu5", "nu gamma", seen5.width, ("loop",), (seen5,), "toy")
    seen4 = TwoBodyTerm((14, 22), M4, (0.0, 0.0), 0.6 * width4, 0.9)
    dark4 = TwoBodyTerm((14, 111), 1.0, (0.0, 0.5), 0.4 * width4, 0.0)
    flash = Channel("nu4", "nu gamma", seen4.width, ("loop",), (seen4,), "toy")
    silent = Channel("nu4", "nu nu", dark4.width, ("Z",), (TwoBodyTerm((14, -14), M4, (0.0, 0.0), dark4.width, 0.0),), "toy")
    return {"nu5": DecayTable("nu5", M5, (down, bright)), "nu4": DecayTable("nu4", M4, (flash, silent))}


@pytest.fixture
def spectrum() -> Spectrum:
    mass = Physical(M5, m4=M4, mixing2=1e-6)
    return solve(DarkNeutrino("toy", "invented", True, (0.0, 1.0, 0.0), mass, Mediator(1.0, 2.0, 1.0)))


def toy_world(monkeypatch: pytest.MonkeyPatch, ctau5: float, ctau4: float) -> None:
    for module in (generate_module, rate_module):
        monkeypatch.setattr(module, "parents_of", lambda _: toy.parents())
    monkeypatch.setattr(source_module, "tables_of", lambda *_: tables(ctau5, ctau4))


def check_vertices(sample: EventSample) -> None:
    """Mass shells, four-momentum, straight flights and proper times of all that decays."""
    event = np.repeat(np.arange(len(sample)), np.diff(sample.offsets))
    mother = np.where(sample.mother >= 0, sample.offsets[event] + sample.mother, -1)
    child = mother >= 0
    assert np.all(mother[child] < np.flatnonzero(child))
    scale = sample.momentum[:, 0].max() ** 2
    assert np.allclose(dot(sample.momentum, sample.momentum), sample.mass**2, atol=1e-12 * scale)
    sums = np.zeros_like(sample.momentum)
    np.add.at(sums, mother[child], sample.momentum[child])
    decayed = sample.status != FINAL
    assert np.array_equal(np.unique(mother[child]), np.flatnonzero(decayed))
    assert np.allclose(sums[decayed], sample.momentum[decayed], rtol=1e-11, atol=1e-12)
    flight = sample.vertex[child] - sample.vertex[mother[child]]
    momentum, mass = sample.momentum[mother[child]], sample.mass[mother[child]]
    assert np.allclose(flight, sample.proper_time[mother[child]][:, None] * momentum / mass[:, None], rtol=1e-9, atol=1e-9)
    assert np.all(sample.proper_time[~decayed] == 0)
    seen = sample.offsets[:-1] + sample.seen
    assert np.all(sample.status[seen] == INTERMEDIATE)
    end = sample.vertex[seen] + sample.proper_time[seen][:, None] * sample.momentum[seen] / sample.mass[seen][:, None]
    assert np.allclose(end, sample.decay_vertex, rtol=1e-9, atol=1e-9)
    assert np.all(sample.status[sample.offsets[:-1]] == INCOMING)


@pytest.mark.parametrize(("ctau5", "ctau4"), [(1e-6, 3.0), (2.0, 3.0), (1e5, 1e4)])
def test_every_vertex_conserves_and_every_flight_is_straight(
    spectrum: Spectrum, monkeypatch: pytest.MonkeyPatch, ctau5: float, ctau4: float
) -> None:
    toy_world(monkeypatch, ctau5, ctau4)
    sample = generate(spectrum, DETECTOR, 3000)
    check_vertices(sample)
    assert set(sample.routes) == {"nu4", "nu5", "nu4 from nu5"}
    for volume in DETECTOR.detectors:
        assert volume.contains(sample.decay_vertex[:, 1:]).all()
    rate = expected_events(spectrum, DETECTOR)
    for number, name in enumerate(sample.routes):
        expected = rate.by_contribution[name] / rate.events * len(sample)
        assert abs((sample.route == number).sum() - expected) < 5 * np.sqrt(expected + 1) + 0.02 * expected
    assert sample.weight.sum() == pytest.approx(rate.events, rel=2e-3)
    code = sample.pdg[sample.offsets[:-1] + sample.seen]
    assert np.array_equal(code == NU5, np.array(sample.states)[sample.state] == "nu5")


def test_any_split_gives_the_same_chains(spectrum: Spectrum, monkeypatch: pytest.MonkeyPatch) -> None:
    toy_world(monkeypatch, 1.0, 3.0)
    run = prepare(spectrum, DETECTOR, 400, seed=9)
    whole = run.events(0, 400)
    parts = [run.events(a, b) for a, b in ((0, 1), (1, 7), (7, 250), (250, 400))]
    for name in ("pdg", "status", "mother", "momentum", "vertex", "proper_time", "spin", "weight", "seen", "route", "channel", "delay"):
        assert np.array_equal(np.concatenate([getattr(part, name) for part in parts]), getattr(whole, name)), name


def test_siblings_decay_in_the_detector_as_often_as_brute_force_says(spectrum: Spectrum, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both nu4 of a prompt nu5 in the detector: the share of such events among those of nu4 from nu5."""
    ctau4 = 1.5
    toy_world(monkeypatch, 1e-9, ctau4)
    sample = generate(spectrum, DETECTOR, 30_000, seed=4)
    mine = sample.route == sample.routes.index("nu4 from nu5")
    event = np.repeat(np.arange(len(sample)), np.diff(sample.offsets))
    nu4 = (sample.pdg == NU4) & (sample.status == INTERMEDIATE)
    end = sample.vertex + sample.proper_time[:, None] * sample.momentum / np.where(sample.mass > 0, sample.mass, 1.0)[:, None]
    inside = nu4 & cascade.WIDE[0].contains(end[:, 1:])
    both = np.bincount(event[inside], minlength=len(sample)) == 2
    share = both[mine].mean()

    rng, parents = np.random.default_rng(2), toy.parents()
    first, second = 0.0, 0.0
    term = tables(1e-9, ctau4)["nu5"].channels[0].terms[0]
    for mode in production_modes(spectrum, "nu5", parents.species):
        rows = np.tile(np.flatnonzero(parents.pdg == mode.parent), 60)
        n = len(rows)
        p = np.linalg.norm(parents.momentum[rows], axis=1)
        meson = np.column_stack([np.hypot(p, mode.m_parent), parents.momentum[rows]])
        length = p / mode.m_parent * pdg.ctau(abs(mode.parent))
        s = -length * np.log1p(-rng.random(n) * -np.expm1(-parents.path[rows] / length))
        vertex = parents.start[rows] + (s / p)[:, None] * parents.momentum[rows]
        axis = rng.normal(size=(n, 3))
        axis /= np.linalg.norm(axis, axis=1)[:, None]
        star = np.column_stack([np.full(n, mode.energy), mode.momentum * axis])
        nu5 = boost(star, meson, mode.m_parent)
        momenta, _ = term.sample(rng.random((n, 2)))
        # helicity frame: the boost from the meson's frame leaves the spin along the axis
        keep = term.msq(momenta, mode.polarisation * axis)
        chances = []
        for place in (0, 1):
            lab = boost(boost(momenta[:, place], star, M5), meson, mode.m_parent)
            q = np.linalg.norm(lab[:, 1:], axis=1)
            enter, leave = cascade.WIDE[0].crossing(vertex, lab[:, 1:] / q[:, None])
            flight = q / M4 * ctau4
            chances.append(np.where(leave > enter, np.exp(-np.maximum(enter, 0) / flight) - np.exp(-np.maximum(leave, 0) / flight), 0.0))
        weight = parents.weight[rows] * mode.branching_ratio * keep
        first += np.sum(weight * (chances[0] + chances[1]))
        second += np.sum(weight * 2 * chances[0] * chances[1])
        assert nu5.shape == (n, 4)
    expected = second / first
    assert expected > 0.02
    assert abs(share - expected) < 5 * np.sqrt(expected / mine.sum()) + 0.03 * expected


def test_chains_that_end_in_a_short_lived_state_come_in_the_rates_proportions(monkeypatch: pytest.MonkeyPatch) -> None:
    """nu4 -> nu Z', Z' -> e- e+ with a Z' of micrometres and a nu4 of a kilometre: next to all events are that chain."""
    for module in (generate_module, rate_module):
        monkeypatch.setattr(module, "parents_of", lambda _: toy.parents())
    mass = Physical(0.15, mass_ratio=0.5, mixing2=1e-6)
    model = DarkNeutrino("toy", "invented", True, (0.0, 1.0, 0.0), mass, Mediator(0.05, 2.0, 1e-5), Portals(epsilon=1e-3))
    spectrum = solve(model)
    rate = expected_events(spectrum, DETECTOR)
    sample = generate(spectrum, DETECTOR, 400)
    assert rate.by_contribution["zprime from nu4"] > 0.1 * rate.events
    for number, name in enumerate(sample.routes):
        expected = rate.by_contribution[name] / rate.events * len(sample)
        error = rate.error_by_contribution[name] / rate.events * len(sample)
        found = sample.weight[sample.route == number].sum() / sample.weight.sum() * len(sample)
        assert abs(found - expected) < 5 * np.sqrt(expected + 1) + 5 * error
    check_vertices(sample)

"""Events, rates and brute force tell one story: the sum of the weights is the rate, the spectra agree, spin is carried."""

import numpy as np
import pytest

import nusim.events.generate as generate_module
import nusim.rates.rate as rate_module
from nusim import pdg
from nusim.decays.table import decay_table
from nusim.errors import ParameterError
from nusim.events.generate import generate, prepare
from nusim.events.sample import FINAL, EventSample
from nusim.kernels.lorentz import boost, dot, unboost
from nusim.model.spectrum import Spectrum
from nusim.production.table import production_modes
from nusim.rates.rate import expected_events

from . import toy

DETECTOR = toy.experiment()


@pytest.fixture(autouse=True)
def toy_beam(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (generate_module, rate_module):
        monkeypatch.setattr(module, "parents_of", lambda _: toy.parents())


def brute_force(spectrum: Spectrum, rounds: int, seed: int) -> dict[str, np.ndarray]:
    """Mesons decay isotropically in their rest frame, heavy states fly, some cross the box and may decay there.

    The heavy state has definite helicity in the meson's frame; the frame in which its decay is drawn is reached from
    there, along the heavy momentum, so no spin rotation appears. Each row is one heavy state with its weight.
    """
    rng = np.random.default_rng(seed)
    flux = toy.parents()
    table = decay_table(spectrum, "nu4")
    out: list[tuple[np.ndarray, ...]] = []
    for mode in production_modes(spectrum, "nu4", flux.species):
        rows = np.tile(np.flatnonzero(flux.pdg == mode.parent), rounds)
        n = len(rows)
        p = np.linalg.norm(flux.momentum[rows], axis=1)
        length = p / mode.m_parent * pdg.ctau(abs(mode.parent))
        s = -length * np.log(1 - rng.random(n) * (1 - np.exp(-flux.path[rows] / length)))
        vertex = flux.start[rows] + (s / p)[:, None] * flux.momentum[rows]
        parent = np.column_stack([np.hypot(p, mode.m_parent), flux.momentum[rows]])
        cosine, azimuth = rng.uniform(-1, 1, n), rng.uniform(0, 2 * np.pi, n)
        sine = np.sqrt(1 - cosine**2)
        axis = np.column_stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine])
        star = np.column_stack([np.full(n, mode.energy), mode.momentum * axis])
        share = 1.0
        if mode.term is not None:
            # proposals are kept by their chance: the rate is tested with them, not their spins
            momenta, chance = mode.term.propose(rng.random((n, mode.term.draws)), np.zeros((n, 3)))
            kept = rng.random(n) < chance
            star, axis, share = momenta[:, 0], momenta[:, 0, 1:], np.where(kept, kept.mean(), np.inf)
        heavy = boost(star, parent, mode.m_parent)
        q = np.linalg.norm(heavy[:, 1:], axis=1)
        enter, leave = toy.BOX.crossing(vertex, heavy[:, 1:] / q[:, None])
        hit = leave > enter
        decay_length = q / mode.m_heavy * table.ctau
        weight = np.where(hit, np.exp(-enter / decay_length) * -np.expm1(-(leave - enter) / decay_length), 0.0)
        weight *= flux.weight[rows] * mode.branching_ratio / rounds / share * DETECTOR.protons
        keep = weight > 0
        sign = -1.0 if mode.antiparticle else 1.0
        out.append(
            (
                weight[keep],
                heavy[keep],
                star[keep],
                parent[keep],
                axis[keep],
                np.full(keep.sum(), mode.polarisation),
                np.full(keep.sum(), sign),
            )
        )
    columns = [np.concatenate(c) for c in zip(*out, strict=True)]
    return dict(zip(("weight", "heavy", "star", "parent", "axis", "polarisation", "sign"), columns, strict=True))


@pytest.mark.parametrize("mass", [0.01, 0.15, 0.3, 0.38])
def test_rate_agrees_with_brute_force(mass: float) -> None:
    spectrum = toy.hnl(mass)
    rate = expected_events(spectrum, DETECTOR)
    weight = brute_force(spectrum, 40, 5)["weight"]
    # both use the same parents, so the finite list is in neither difference: only lines and decay points are
    lines = rate.decays * 4 / np.sqrt(300_000)
    assert abs(weight.sum() - rate.decays) < 5 * np.hypot(np.sqrt(np.sum(weight**2)), lines)
    assert 0 < rate.stat_error < 0.2 * rate.events


def momentum_of(sample: EventSample, code: int) -> np.ndarray:
    return sample.momentum[(np.abs(sample.pdg) == code) & (sample.status == FINAL)]


def test_weights_sum_to_the_rate_and_both_kinds_agree() -> None:
    spectrum = toy.hnl(0.3)
    rate = expected_events(spectrum, DETECTOR)
    plain = generate(spectrum, DETECTOR, 20_000)
    weighted = generate(spectrum, DETECTOR, 20_000, weighted=True)
    assert np.isclose(plain.weight.sum(), rate.events, rtol=2e-3)
    spread = weighted.weight.std() * np.sqrt(len(weighted))
    assert abs(weighted.weight.sum() - rate.events) < 5 * np.hypot(spread, rate.events * 0.01)
    energy_plain, energy_weighted = (s.momentum[s.offsets[:-1] + 2, 0] for s in (plain, weighted))
    edges = np.quantile(energy_plain, np.linspace(0, 1, 11))
    one, _ = np.histogram(energy_plain, edges)
    two, _ = np.histogram(energy_weighted, edges, weights=weighted.weight)
    square, _ = np.histogram(energy_weighted, edges, weights=weighted.weight**2)
    scale = weighted.weight.sum()
    pull = (one / len(plain) - two / scale) / np.sqrt(one / len(plain) ** 2 + square / scale**2)
    assert np.sum(pull**2) < 45  # chi^2 of 10 bins, p = 2e-6
    common = plain.weight.min()
    assert (plain.weight > common * (1 + 1e-9)).mean() < 3e-3
    assert plain.weight.sum() < common * len(plain) * (1 + 1e-3)


def test_final_states_and_parents_come_in_the_rates_proportions() -> None:
    spectrum = toy.hnl(0.3, mixing2=(1e-6, 2e-6, 0.0))
    rate = expected_events(spectrum, DETECTOR)
    sample = generate(spectrum, DETECTOR, 20_000, seed=3)
    for number, name in enumerate(sample.channels):
        expected = rate.by_final_state[name] / rate.events * len(sample)
        assert abs((sample.channel == number).sum() - expected) < 5 * np.sqrt(expected + 1)
    parent = sample.pdg[sample.offsets[:-1]]
    for name, number in rate.by_parent.items():
        expected = number / rate.events * len(sample)
        found = (parent == pdg.CODES[name]).sum()
        assert abs(found - expected) < 5 * np.sqrt(expected + 1) + 0.02 * expected


@pytest.mark.parametrize("weighted", [False, True])
def test_any_split_gives_the_same_events(weighted: bool) -> None:
    run = prepare(toy.hnl(0.25), DETECTOR, 700, seed=9, weighted=weighted)
    whole = run.events(0, 700)
    parts = [run.events(a, b) for a, b in ((0, 1), (1, 64), (64, 500), (500, 700))]
    for name in (
        "pdg",
        "status",
        "mother",
        "momentum",
        "mass",
        "vertex",
        "proper_time",
        "spin",
        "weight",
        "decay_vertex",
        "seen",
        "route",
        "delay",
        "channel",
    ):
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert np.array_equal(joined, getattr(whole, name)), name


@pytest.mark.parametrize("majorana", [True, False])
def test_momentum_is_conserved_and_everything_is_where_it_should_be(majorana: bool) -> None:
    spectrum = toy.hnl(0.3, majorana, (1e-6, 1e-6, 0.0))
    sample = generate(spectrum, DETECTOR, 3000)
    event = np.repeat(np.arange(len(sample)), np.diff(sample.offsets))
    place = np.arange(len(sample.pdg)) - sample.offsets[event]
    assert np.allclose(dot(sample.momentum, sample.momentum), sample.mass**2, atol=1e-13 * sample.momentum[:, 0].max() ** 2)
    for mother in (0, 2):
        daughters = np.zeros((len(sample), 4))
        np.add.at(daughters, event[(sample.mother == mother) & (place > 0)], sample.momentum[(sample.mother == mother) & (place > 0)])
        assert np.allclose(daughters, sample.momentum[sample.offsets[:-1] + mother], rtol=1e-11, atol=1e-12)
    heavy = sample.offsets[:-1] + 2
    assert toy.BOX.contains(sample.decay_vertex[:, 1:]).all()
    step = sample.decay_vertex - sample.vertex[heavy]
    assert np.allclose(np.cross(step[:, 1:], sample.momentum[heavy, 1:]), 0, atol=1e-9)
    path = np.linalg.norm(step[:, 1:], axis=1)
    speed = np.linalg.norm(sample.momentum[heavy, 1:], axis=1) / sample.momentum[heavy, 0]
    assert np.allclose(step[:, 0], path / speed, rtol=1e-12)
    assert np.allclose(sample.delay, step[:, 0] - path, atol=1e-10)
    assert np.allclose(sample.proper_time[heavy], step[:, 0] * sample.mass[heavy] / sample.momentum[heavy, 0], rtol=1e-12)
    charge = np.zeros(len(sample))
    np.add.at(
        charge,
        event[sample.status != 2],
        [pdg.charge(int(c)) for c in np.where(sample.status == -1, -sample.pdg, sample.pdg)[sample.status != 2]],
    )
    assert np.all(charge == 0)
    lepton, state = sample.pdg[sample.offsets[:-1] + 1], sample.pdg[heavy]
    assert np.all(state > 0) if majorana else np.array_equal(state > 0, lepton < 0)


def test_spin_reaches_the_products_without_a_wigner_rotation_lost() -> None:
    """Muon energies of nu4 -> mu pi in the laboratory, against helicity states decayed in the helicity frame."""
    spectrum = toy.hnl(0.3, majorana=False)
    sample = generate(spectrum, DETECTOR, 40_000, final="mu- pi+", seed=2)
    particle = sample.pdg[sample.offsets[:-1] + 2] > 0
    muon = sample.momentum[sample.offsets[:-1] + 3]
    energy = (muon[:, 0] / sample.momentum[sample.offsets[:-1] + 2, 0])[particle]
    world = brute_force(spectrum, 60, 8)
    mine = world["sign"] > 0
    rng = np.random.default_rng(3)
    m, m_mu, m_pi = 0.3, pdg.mass(13), pdg.mass(211)
    e = (m * m + m_mu**2 - m_pi**2) / (2 * m)
    q = np.sqrt(e * e - m_mu**2)
    x, y = m_mu / m, m_pi / m
    alpha = np.sqrt((1 - (x - y) ** 2) * (1 - (x + y) ** 2)) * (1 - x**2) / ((1 - x**2) ** 2 - y**2 * (1 + x**2))
    n = int(mine.sum())
    helicity = np.where(rng.random(n) < (1 + world["polarisation"][mine]) / 2, 1.0, -1.0)
    u, c = rng.random(n), rng.uniform(-1, 1, n)
    c = np.where(u < (1 - alpha * helicity * c) / 2, c, -c)  # density (1 - alpha h c) / 2
    axis = world["axis"][mine]
    side = np.cross(axis, rng.normal(size=(n, 3)))
    side /= np.linalg.norm(side, axis=1)[:, None]
    direction = c[:, None] * axis + np.sqrt(1 - c**2)[:, None] * side
    rest = np.column_stack([np.full(n, e), q * direction])
    lab = boost(
        boost(rest, world["star"][mine], m),
        world["parent"][mine],
        np.full(n, 1.0) * np.sqrt(dot(world["parent"][mine], world["parent"][mine])),
    )
    reference, weight = lab[:, 0] / world["heavy"][mine, 0], world["weight"][mine]
    edges = np.linspace(energy.min(), energy.max(), 9)
    one, _ = np.histogram(energy, edges)
    two, _ = np.histogram(reference, edges, weights=weight)
    square, _ = np.histogram(reference, edges, weights=weight**2)
    one_f, two_f = one / len(energy), two / weight.sum()
    pull = (one_f - two_f) / np.sqrt(one / len(energy) ** 2 + square / weight.sum() ** 2)
    assert np.sum(pull**2) < 40  # chi^2 of 8 bins, p = 3e-6
    # the test can see spin: an unpolarised decay is flat in this variable's rest-frame cosine and fails
    seen = unboost(muon[particle], sample.momentum[sample.offsets[:-1] + 2][particle], 0.3)
    toward = unboost(sample.momentum[sample.offsets[:-1]][particle], sample.momentum[sample.offsets[:-1] + 2][particle], 0.3)[:, 1:]
    cosine = -np.sum(seen[:, 1:] * toward, axis=1) / (q * np.linalg.norm(toward, axis=1))
    expected = -alpha * sample.polarisation[particle].mean() / 3
    assert abs(cosine.mean() - expected) < 5 / np.sqrt(3 * particle.sum())
    assert abs(expected) > 10 / np.sqrt(3 * particle.sum())


def test_what_cannot_be_made_is_refused_with_the_reason() -> None:
    with pytest.raises(ParameterError, match="no open production mode"):
        prepare(toy.hnl(0.6), DETECTOR, 10)
    with pytest.raises(ParameterError, match="closed for nu4"):
        prepare(toy.hnl(0.1), DETECTOR, 10, final="mu- pi+")
    with pytest.raises(ParameterError, match="nothing in it can be seen"):
        prepare(toy.hnl(0.1), DETECTOR, 10, final="nu nu nu")
    with pytest.raises(ParameterError, match="unknown particle"):
        prepare(toy.hnl(0.1), DETECTOR, 10, final="nu e e")
    with pytest.raises(ParameterError, match="known: nu4"):
        prepare(toy.hnl(0.1), DETECTOR, 10, state="nu5")
    with pytest.raises(ParameterError, match="must not be negative"):
        prepare(toy.hnl(0.1), DETECTOR, -1)
    rate = expected_events(toy.hnl(0.6), DETECTOR)
    assert rate.events == 0
    assert "no open production mode" in rate.warnings[0]
    assert "none mixes with a light one" in expected_events(toy.hnl(0.2, mixing2=(0.0, 0.0, 0.0)), DETECTOR).warnings[0]


def test_no_events_make_an_empty_sample() -> None:
    sample = generate(toy.hnl(0.2), DETECTOR, 0)
    assert len(sample) == 0
    assert sample.offsets.tolist() == [0]


def test_a_channel_at_its_threshold_does_not_stop_the_others() -> None:
    mass = 2 * pdg.mass(13) * (1 + 1e-10)
    rate = expected_events(toy.hnl(mass), DETECTOR)
    assert 0 < rate.by_final_state["nu mu- mu+"] < 1e-15 * rate.events
    assert 0 < rate.selected_events < rate.events
    assert len(generate(toy.hnl(mass), DETECTOR, 100)) == 100


def test_what_is_selected_is_part_of_what_is_seen() -> None:
    for seed in (1, 2, 3):
        rate = expected_events(toy.hnl(0.3), DETECTOR, seed)
        assert 0 < rate.selected_events <= rate.events
        assert rate.selected_stat_error < 0.1 * rate.selected_events

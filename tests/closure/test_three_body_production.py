"""Heavy states from three-body decays of K, D, tau and mu: the aimed estimate against isotropic decays, and the events it makes."""

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest

from nusim import pdg
from nusim.beams.parents import ParentFlux
from nusim.decays.table import decay_table
from nusim.events.generate import prepare
from nusim.experiment.source import heavy_source
from nusim.experiment.survey import expected_weights, survey
from nusim.kernels.lorentz import boost
from nusim.kernels.random import uniforms
from nusim.production.modes import modes

from . import toy

ROWS = 3000
SPECIES = (321, -321, 130, 411, -421, 15, -13)


def parents(seed: int = 4) -> ParentFlux:
    rng = np.random.default_rng(seed)
    codes = np.repeat(SPECIES, ROWS)
    n = len(codes)
    momentum = np.column_stack([rng.normal(0, 0.08, n), rng.normal(0, 0.08, n), 0.4 + rng.exponential(2.0, n)])
    start = np.column_stack([rng.normal(0, 0.05, n), rng.normal(0, 0.05, n), rng.uniform(0, 1, n)])
    return ParentFlux(codes, momentum, start, start[:, 2].copy(), np.zeros(n), rng.exponential(1.0, n) / n, False, 1e4, "toy")


def isotropic(spectrum, flux, mode, rows, scale, rounds, seed):
    """Weights, laboratory momenta, rest-frame momenta of one mode's heavy states that cross the box: proposals kept by their chance."""
    rng = np.random.default_rng(seed)
    rounds *= -(-ROWS // len(rows))
    rows = np.tile(rows, rounds)
    u = rng.random((len(rows), mode.term.draws + 1))
    momenta, chance = mode.term.propose(u[:, :-1], np.zeros((len(rows), 3)))
    kept = u[:, -1] < chance
    share = kept.mean()
    rows, momenta = rows[kept], momenta[kept]
    m_parent = pdg.mass(abs(mode.parent))
    p = flux.momentum[rows]
    parent = np.column_stack([np.sqrt(np.sum(p**2, axis=1) + m_parent**2), p])
    heavy = boost(momenta[:, 0], parent, m_parent)
    q = np.linalg.norm(heavy[:, 1:], axis=1)
    enter, leave = toy.BOX.crossing(flux.start[rows], heavy[:, 1:] / q[:, None])
    length = q / spectrum.m4 * decay_table(spectrum, "nu4").ctau
    weight = np.where(leave > enter, np.exp(-enter / length) * -np.expm1(-(leave - enter) / length), 0.0)
    weight *= flux.weight[rows] * mode.branching_ratio * scale / rounds / share
    hit = weight > 0
    return weight[hit], heavy[hit], momenta[hit]


@pytest.mark.parametrize("mass", [0.05, 0.2])
def test_aimed_and_isotropic_decays_agree_mode_by_mode(mass: float) -> None:
    """Decays in the box, their mean energy, and the mean energy in the parent's frame, for every three-body mode."""
    spectrum, flux = toy.hnl(mass, mixing2=(2e-6, 1e-6, 3e-6)), parents()
    tables = {"nu4": decay_table(spectrum, "nu4")}
    source = heavy_source(spectrum, replace(toy.experiment(), beam=None), flux, tables, seed=1)
    found = survey(source, 1)
    index = np.arange(len(source))
    drawn = source.draw(index, uniforms(2, 9, index, source.draws))
    own = modes(spectrum, "nu4", flux.species)
    assert [route.mode.branching_ratio for route in source.routes] == [mode.branching_ratio for mode in own]
    checked = set()
    for number, mode in enumerate(own):
        if len(mode.term.masses) != 3:
            continue
        mine = source.route == number
        rows = np.unique(source.row[mine])
        scale = flux.weight[flux.pdg == mode.parent].sum() / flux.weight[rows].sum()
        assert source.base[mine].sum() == pytest.approx(scale * flux.weight[rows].sum() * mode.branching_ratio)
        weight, heavy, rest = isotropic(spectrum, flux, mode, rows, scale, 40, 100 + number)
        if len(weight) < 100:
            continue
        spread = np.hypot(np.sqrt(np.sum(weight**2)), found.by_route[number] * 4 / np.sqrt(mine.sum()))
        assert abs(weight.sum() - found.by_route[number]) < 5 * spread, mode.products
        aimed = drawn.weight[mine]
        star = drawn.siblings[mine, 0, 0]
        for ours, theirs in ((drawn.momentum[mine, 0], heavy[:, 0]), (star, rest[:, 0, 0])):
            mean, other = np.average(ours, weights=aimed), np.average(theirs, weights=weight)
            # effective numbers of draws
            few = min(aimed.sum() ** 2 / np.sum(aimed**2), weight.sum() ** 2 / np.sum(weight**2))
            assert abs(mean - other) < 7 * theirs.std() / np.sqrt(few), mode.products
        checked.add(mode.parent)
    assert checked >= ({321, 130, 411, 15} if mass > 0.1 else set(SPECIES))


def test_spins_and_siblings_belong_to_the_decay() -> None:
    """On shell, momentum conserved in the parent's frame, spins no longer than 1 and opposite for opposite charges on average."""
    spectrum, flux = toy.hnl(0.2), parents()
    source = heavy_source(spectrum, toy.experiment(), flux, {"nu4": decay_table(spectrum, "nu4")}, seed=1)
    index = np.arange(len(source))
    drawn = source.draw(index, uniforms(3, 9, index, source.draws))
    helicity = {}
    for number, route in enumerate(source.routes):
        mine = (source.route == number) & (drawn.weight > 0)
        if route.mode.term is None:
            assert not drawn.siblings[mine].any()
            continue
        products = drawn.siblings[mine]
        total = products.sum(axis=1)
        assert np.allclose(total[:, 0], route.mode.m_parent, rtol=1e-9)
        assert np.abs(total[:, 1:]).max() < 1e-9
        m2 = products[..., 0] ** 2 - np.sum(products[..., 1:] ** 2, axis=2)
        assert np.allclose(m2, np.square(route.mode.term.masses), atol=1e-8)
        # the product in the laboratory is the one drawn
        lab = boost(products[:, 0], drawn.parent_momentum[mine], route.mode.m_parent)
        assert np.allclose(lab, drawn.momentum[mine], rtol=1e-6, atol=1e-7)
        length = np.linalg.norm(drawn.spin[mine].real, axis=1)
        assert length.max() < 1 + 1e-9
        assert np.all(np.abs(drawn.polarisation[mine]) <= length + 1e-9)
        helicity[route.mode.parent, route.mode.term.pdg[1:]] = np.average(drawn.polarisation[mine], weights=drawn.weight[mine])
    plus, minus = helicity[321, (-13, 111)], helicity[-321, (13, 111)]
    assert plus * minus < 0
    assert plus == pytest.approx(-minus, rel=0.2)


def test_events_hold_all_products_and_their_weights_sum_to_the_rate() -> None:
    spectrum, flux = toy.hnl(0.2), parents()
    detector = toy.experiment()
    with patch("nusim.events.generate.parents_of", return_value=flux):
        run = prepare(spectrum, detector, 3000, seed=2)
        sample = run.events(0, 3000)
        weighted = prepare(spectrum, detector, 3000, seed=2, weighted=True).events(0, 3000)
    assert sample.weight.sum() == pytest.approx(run.expected_events, rel=5e-3)
    assert weighted.weight.sum() == pytest.approx(
        run.expected_events, rel=5 * weighted.weight.std() / weighted.weight.mean() / np.sqrt(3000)
    )
    parent = sample.pdg[sample.offsets[:-1]]
    assert {321, -321, 411} <= set(parent.tolist())
    third = 0
    for event in range(3000):
        rows = slice(sample.offsets[event], sample.offsets[event + 1])
        daughters = np.flatnonzero(sample.mother[rows] == 0)
        momentum = sample.momentum[rows]
        third += len(daughters) == 3
        assert np.allclose(momentum[daughters].sum(axis=0), momentum[0], rtol=1e-6, atol=1e-6)
        assert sum(pdg.charge(int(code)) for code in sample.pdg[rows][daughters]) == pdg.charge(int(parent[event]))
    assert third > 30


def test_the_proposal_covers_what_is_found() -> None:
    spectrum = toy.hnl(0.2)
    source = heavy_source(spectrum, toy.experiment(), parents(), {"nu4": decay_table(spectrum, "nu4")}, seed=1)
    found, guess = survey(source, 1).row_weight, expected_weights(source, np.arange(len(source)))
    direct = ~source.is_spread
    assert np.all(found[(guess == 0) & direct] == 0)
    assert 0.05 < found.sum() / guess.sum() < 20

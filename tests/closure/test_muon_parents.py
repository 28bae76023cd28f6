"""Heavy neutrinos of the muons that pions and kaons leave: against isotropic decays, against light neutrinos, and in rates and events."""

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest

from nusim import pdg
from nusim.beams.decay_region import Section
from nusim.beams.neutrino_flux import neutrino_flux
from nusim.beams.parents import ParentFlux
from nusim.decays.table import decay_table
from nusim.events.generate import prepare
from nusim.experiment.experiment import Experiment
from nusim.experiment.source import heavy_source
from nusim.experiment.survey import survey
from nusim.kernels.lorentz import boost
from nusim.kernels.random import uniforms
from nusim.model.spectrum import Spectrum
from nusim.production.modes import modes
from nusim.rates.rate import Rate, expected_events

from . import toy

TUNNEL = (Section(-1.0, 40.0, 2.0, 2.0),)
M_MU = pdg.mass(13)


def experiment(**changes):
    """The toy's beam with walls."""
    plain = toy.experiment()
    return replace(plain, beam=replace(plain.beam, tunnel=TUNNEL), **changes)


def polarised_muons(code: int, degree: float, n: int = 20_000) -> ParentFlux:
    """Muons near 1 GeV whose spins lean across their flight."""
    rng = np.random.default_rng(12)
    momentum = np.column_stack([rng.normal(0, 0.02, n), rng.normal(0, 0.02, n), rng.uniform(0.2, 1.0, n)])
    spin = np.tile(degree * np.array([0.6, 0.0, 0.8]), (n, 1))
    start = np.tile([0.0, 0.0, 1.0], (n, 1))
    return ParentFlux(np.full(n, code), momentum, start, np.ones(n), np.zeros(n), np.full(n, 1.0 / n), False, 1.0, "toy", spin=spin)


def brute_force(flux: ParentFlux, mode, ctau: float, mass: float, n: int, seed: int):
    """Decays in the box, mean and error, and the mean helicity of those states, from decays drawn about the muon's spin."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, len(flux.pdg), n)
    assert flux.spin is not None
    momenta, chance = mode.term.propose(rng.random((n, mode.term.draws)), flux.spin[rows])
    kept = rng.random(n) < chance
    rows, momenta, share = rows[kept], momenta[kept], kept.mean()
    parent = np.column_stack([np.sqrt(np.sum(flux.momentum[rows] ** 2, axis=1) + M_MU**2), flux.momentum[rows]])
    heavy = boost(momenta[:, 0], parent, M_MU)
    q = np.linalg.norm(heavy[:, 1:], axis=1)
    enter, leave = toy.BOX.crossing(flux.start[rows], heavy[:, 1:] / q[:, None])
    length = q / mass * ctau
    weight = np.where(leave > enter, np.exp(-enter / length) * -np.expm1(-(leave - enter) / length), 0.0) * mode.branching_ratio
    own = mode.term.polarisation(momenta, flux.spin[rows], 0, np.zeros((len(rows), 0)))
    helicity = np.sum(own * momenta[:, 0, 1:], axis=1) / np.linalg.norm(momenta[:, 0, 1:], axis=1)
    # as many proposals as were made
    mean = weight.sum() / n / share
    return mean, weight.std() / share / np.sqrt(n) * np.sqrt(share), np.average(helicity, weights=weight), np.count_nonzero(weight)


@pytest.mark.parametrize(("code", "degree"), [(-13, 1.0), (13, -0.8)])
def test_polarised_muons_aimed_and_isotropic_agree(code: int, degree: float) -> None:
    """Both modes (through U_mu and U_e), spins either way: decays in the box and the helicity of what decays there."""
    mass = 0.05
    spectrum = toy.hnl(mass, mixing2=(2e-6, 1e-6, 0.0))
    flux, ctau = polarised_muons(code, degree), decay_table(spectrum, "nu4").ctau
    source = heavy_source(spectrum, toy.experiment(), flux, {"nu4": decay_table(spectrum, "nu4")}, seed=1)
    found = survey(source, 1)
    index = np.arange(len(source))
    drawn = source.draw(index, uniforms(1, 1, index, source.draws))
    # the quick weights are those of what is drawn
    np.testing.assert_allclose(drawn.weight, found.row_weight, rtol=1e-12)
    for number, mode in enumerate(modes(spectrum, "nu4", flux.species)):
        mine = source.route == number
        mean, error, helicity, hits = brute_force(flux, mode, ctau, mass, 400_000, 20 + number)
        ours = found.by_route[number]
        own = np.sqrt(np.sum(found.row_weight[mine] ** 2))
        assert hits > 100
        assert abs(ours - mean) < 4.5 * np.hypot(error, own), mode.products
        aimed = np.average(drawn.polarisation[mine], weights=drawn.weight[mine])
        assert aimed == pytest.approx(helicity, abs=5 / np.sqrt(hits)), mode.products


@pytest.mark.parametrize(("code", "muon"), [(-211, "mu-"), (211, "mu+"), (130, "mu+")])
def test_a_light_state_has_the_flux_of_light_neutrinos(code: int, muon: str) -> None:
    """1 MeV: decays in the box are those of neutrinos with the closed-form spectra of muon decay, m / (E c tau) each metre.

    Without polarisation the first, all in flight, would be off by 12%; decays of mu+ at rest near the box make the others less precise.
    """
    rng, n, mass = np.random.default_rng(21), 50_000, 1e-3
    momentum = np.column_stack([rng.normal(0, 0.08, n), rng.normal(0, 0.08, n), 0.4 + rng.exponential(1.5, n)])
    start = np.column_stack([np.zeros((n, 2)), rng.uniform(0, 1, n)])
    weight = rng.exponential(1.0, n) / n
    parents = ParentFlux(np.full(n, code), momentum, start, start[:, 2].copy(), np.full(n, 20.0), weight, True, 1.0, "toy")
    spectrum = toy.hnl(mass, mixing2=(1e-6, 1e-6, 0.0))
    table = decay_table(spectrum, "nu4")
    found = survey(heavy_source(spectrum, experiment(), parents, {"nu4": table}, seed=1), 1)
    sign = 1 if muon == "mu+" else -1
    edges = np.geomspace(2e-3, 8.0, 400)
    flux = neutrino_flux(parents, [toy.BOX], edges, tunnel=TUNNEL, copies=12)
    for flavour, replaced in (("nue", 0), ("numubar", 1)) if sign > 0 else (("nuebar", 0), ("numu", 1)):
        mine = [
            route.mode.parent == -13 * sign and (route.mode.antiparticle == (replaced == 1)) == (sign > 0) for route in found.source.routes
        ]
        assert sum(mine) == 1
        of_muons = flux.by_parent[flavour][muon]
        expected = 1e4 * toy.BOX.volume * 1e-6 * mass / table.ctau * np.sum(of_muons / np.sqrt(edges[1:] * edges[:-1]))
        error = found.error(np.array(mine, float))
        assert error < (0.02 if sign < 0 else 0.08) * expected
        assert found.by_route[mine].sum() == pytest.approx(expected, abs=4.5 * error + 0.01 * expected), flavour


def rate_of(spectrum: Spectrum, experiment: Experiment) -> Rate:
    """Without more lines where a normalisation makes them needed: the same numbers for all."""
    return expected_events(spectrum, experiment, precision=None)


def test_rates_count_muons_with_their_mothers() -> None:
    """Factors and normalisation errors of pions and kaons hold for their muons; beyond the reach of muons nothing changes."""
    spectrum = toy.hnl(0.06)
    with patch("nusim.rates.rate.parents_of", lambda _: toy.parents()):
        rate = rate_of(spectrum, experiment())
        assert rate.by_parent["mu+"] > 10 * rate.error_by_parent["mu+"] > 0
        doubled = rate_of(spectrum, experiment(normalisation={"pi+": 2.0}))
        of_pions = doubled.by_parent["mu+"] - rate.by_parent["mu+"]
        assert 0.5 * rate.by_parent["mu+"] < of_pions < rate.by_parent["mu+"]
        assert doubled.by_parent["K+"] == pytest.approx(rate.by_parent["K+"], rel=1e-12)
        kaon = experiment(normalisation={"K+": 2.0, "K-": 2.0})
        moved = rate_of(spectrum, kaon).events - rate.events
        plus = rate_of(spectrum, experiment(normalisation={"K+": 2.0})).events - rate.events
        assert rate.norm_error == pytest.approx(np.hypot(0.1 * plus, 0.2 * (moved - plus)), rel=1e-6)
        heavy = toy.hnl(0.3)
        assert expected_events(heavy, experiment()) == expected_events(heavy, toy.experiment())


def test_events_of_muons() -> None:
    """Weights sum to the rate; mu+ -> N e+ nu stands in the record on shell, born where the muon decays."""
    spectrum = toy.hnl(0.06)
    with patch("nusim.events.generate.parents_of", lambda _: toy.parents()):
        run = prepare(spectrum, experiment(), 2000, seed=3)
        sample = run.events(0, 2000)
    assert sample.weight.sum() == pytest.approx(run.expected_events, rel=0.01)
    first = sample.offsets[:-1]
    muons = np.flatnonzero(np.abs(sample.pdg[first]) == 13)
    assert len(muons) > 200
    for event in muons[:50]:
        rows = slice(sample.offsets[event], sample.offsets[event + 1])
        daughters = np.flatnonzero(sample.mother[rows] == 0)
        codes = sorted(np.abs(sample.pdg[rows][daughters]).tolist())
        assert len(daughters) == 3
        assert codes[0] == 11
        momentum = sample.momentum[rows]
        np.testing.assert_allclose(momentum[daughters].sum(axis=0), momentum[0], atol=1e-9)

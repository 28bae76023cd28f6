"""Muons that pions and kaons leave: kinematics and spins by explicit spinors and invariants, ends of their flight, rows kept."""

import numpy as np
import pytest

from nusim import pdg
from nusim.beams.decay_region import Section
from nusim.beams.meson_decays import LAMBDA_PLUS, LAMBDA_ZERO, LEPTONIC, SEMILEPTONIC, draw_semileptonic, lepton_energies, lepton_response
from nusim.beams.muons import BIRTH_DRAWS, END_DRAWS, born, ends, lists_muons, with_muons
from nusim.beams.parents import REST_MOMENTUM, ParentFlux
from nusim.kernels.lorentz import boost, dot, unboost
from tests.production.dirac import meson_decay, scalar_currents

M_PI, M_PI0, M_K, M_MU = pdg.mass(211), pdg.mass(111), pdg.mass(321), pdg.mass(13)
TUNNEL = (Section(-1.0, 60.0, 1.0, 1.0),)


def beam(code: int, n: int, seed: int = 3, path: float = 30.0) -> ParentFlux:
    rng = np.random.default_rng(seed)
    momentum = np.column_stack([rng.normal(0, 0.1, n), rng.normal(0, 0.1, n), 0.3 + rng.exponential(1.5, n)])
    start = np.column_stack([rng.normal(0, 0.02, n), rng.normal(0, 0.02, n), rng.uniform(0, 1, n)])
    return ParentFlux(
        np.full(n, code), momentum, start, start[:, 2].copy(), np.full(n, path), rng.exponential(1.0, n) / n, True, 1.0, "toy"
    )


@pytest.mark.parametrize("code", [211, -211, 321, -321])
def test_muons_of_two_body_decays(code: int) -> None:
    """On shell, isotropic where the parent rests, and polarised fully: there s = -+(p*, E n) / m, so s.P = -+M p* / m in any frame."""
    rng, n = np.random.default_rng(1), 20_000
    momentum, mass = rng.normal(0, 1.0, (n, 3)) + np.array([0.0, 0.0, 5.0]), pdg.mass(abs(code))
    muons = next(born(code, momentum, rng.random((n, BIRTH_DRAWS))))
    assert muons.charge == np.sign(code)
    assert np.all(muons.number == LEPTONIC[abs(code), 13])
    np.testing.assert_allclose(np.linalg.norm(muons.spin, axis=1), 1.0, rtol=1e-9)
    parent = np.column_stack([np.sqrt(np.sum(momentum**2, axis=1) + mass**2), momentum])
    star = (mass**2 - M_MU**2) / (2 * mass)
    rest = unboost(muons.momentum, parent, mass)
    np.testing.assert_allclose(rest[:, 0], mass - star, rtol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(rest[:, 1:], axis=1), star, rtol=1e-8)
    assert np.abs(rest[:, 1:].mean(axis=0)).max() < 5 * star / np.sqrt(3 * n)
    spin = boost(np.column_stack([np.zeros(n), muons.spin]), muons.momentum, M_MU)
    np.testing.assert_allclose(dot(spin, parent), -muons.charge * mass * star / M_MU, rtol=1e-7)


def test_the_polarisation_of_semileptonic_muons_against_dirac_spinors() -> None:
    """K- -> pi0 mu- nubar over its Dalitz plot: rate and polarisation from spinors; those of mu+ are opposite."""
    rng = np.random.default_rng(2)
    e_nu, e_mu, weight = lepton_energies(M_K, M_PI0, M_MU, rng.random((40, 2)))
    scale = []
    for k, e, w in zip(e_nu, e_mu, weight, strict=True):
        p, p_pi2 = np.sqrt(e**2 - M_MU**2), (M_K - k - e) ** 2 - M_PI0**2
        c = (p_pi2 - k**2 - p**2) / (2 * k * p)
        muon, neutrino = np.array([e, 0, 0, p]), k * np.array([1, np.sqrt(max(1 - c * c, 0)), 0, c])
        kaon = np.array([M_K, 0, 0, 0])
        pion = kaon - muon - neutrino
        q2 = M_K**2 + M_PI0**2 - 2 * M_K * pion[0]
        f_plus, f_zero = 1 + LAMBDA_PLUS * q2 / M_PI**2, 1 + LAMBDA_ZERO * q2 / M_PI**2
        currents = scalar_currents(kaon, pion, f_plus, f_zero)
        msq, polarisation = meson_decay(np.array([muon, neutrino]), (M_MU, 0.0), currents, True)
        response = lepton_response(*(np.array([one]) for one in (kaon, pion, neutrino)))
        seen = unboost(response, muon[None], M_MU)[0]
        np.testing.assert_allclose(seen[1:] / seen[0], polarisation, atol=1e-9)
        conjugate = meson_decay(np.array([muon, neutrino]), (M_MU, 0.0), currents, False)[1]
        np.testing.assert_allclose(-seen[1:] / seen[0], conjugate, atol=1e-9)
        # the weight is |M|^2 over a flat density in e_nu and, at fixed e_nu, e_mu
        s = M_K**2 - 2 * M_K * k
        scale.append(w / (msq * k / s * np.sqrt((s - (M_PI0 + M_MU) ** 2) * (s - (M_PI0 - M_MU) ** 2))))
    np.testing.assert_allclose(scale, scale[0], rtol=1e-8)


def test_semileptonic_energies_have_weights_of_mean_one() -> None:
    rng, n = np.random.default_rng(4), 200_000
    e_nu, _, weight = lepton_energies(M_K, M_PI0, M_MU, rng.random((n, 2)))
    assert weight.mean() == pytest.approx(1.0, abs=5 * weight.std() / np.sqrt(n))
    assert np.mean(weight * e_nu) == pytest.approx(draw_semileptonic(M_K, M_PI0, M_MU, rng.random(n)).mean(), rel=5e-3)


@pytest.mark.parametrize("code", [321, -321, 130])
def test_semileptonic_muons_of_kaons(code: int) -> None:
    """Mean numbers are the branching ratios, both charges of K_L alike; mu+ are right-handed on average, mu- left-handed."""
    n = 50_000
    channels = list(born(code, np.tile([0, 0, 1e-3], (n, 1)), np.random.default_rng(5).random((n, BIRTH_DRAWS))))
    three = channels if code == 130 else channels[1:]
    assert [one.charge for one in three] == ([1, -1] if code == 130 else [np.sign(code)])
    assert sum(one.number.mean() for one in three) == pytest.approx(SEMILEPTONIC[abs(code), 13], rel=0.01)
    for one in three:
        helicity = np.sum(one.spin * one.momentum[:, 1:], axis=1) / np.linalg.norm(one.momentum[:, 1:], axis=1)
        assert np.linalg.norm(one.spin, axis=1).max() < 1 + 1e-9
        assert one.charge * np.average(helicity, weights=one.number) > 0.2


def test_muons_end_in_flight_or_in_the_ground() -> None:
    """Straight to the wall: exp(-path / decay length) reach it; a mu+ goes on by its range, from a direct integration of dE/dx."""
    rng, n = np.random.default_rng(6), 2000
    parents = beam(211, n)
    muons = next(born(211, parents.momentum, rng.random((n, BIRTH_DRAWS))))
    flight, rest = ends(muons, parents.start, TUNNEL, rng.random((n, END_DRAWS)))
    np.testing.assert_allclose(flight.number + rest.number, 1.0, rtol=1e-12)
    p = np.linalg.norm(muons.momentum[:, 1:], axis=1)
    np.testing.assert_allclose(rest.number, np.exp(-flight.path * M_MU / (p * pdg.ctau(13))), rtol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(rest.momentum, axis=1), REST_MOMENTUM, rtol=1e-9)
    assert np.all(rest.path == 0)
    assert np.all(rest.spin == 0)
    gone = np.linalg.norm(rest.start - parents.start, axis=1) - flight.path
    for k in range(5):
        energy = np.linspace(M_MU, muons.momentum[k, 0], 20_001)
        assert gone[k] == pytest.approx(np.trapezoid(1 / (0.46 + 8e-4 * (energy - M_MU)), energy), rel=1e-6)
    # on average they wait a lifetime, the time of flight apart
    late = rest.late - np.linalg.norm(rest.start - parents.start, axis=1) * muons.momentum[:, 0] / p
    assert late.mean() == pytest.approx(pdg.ctau(13), rel=5 / np.sqrt(n))
    negative = next(born(-211, parents.momentum, rng.random((n, BIRTH_DRAWS))))
    assert len(list(ends(negative, parents.start, TUNNEL, rng.random((n, END_DRAWS))))) == 1


def test_rows_of_muons_keep_their_number() -> None:
    """Every muon of pi+ decays once, in flight or at rest, whichever rows are kept; rows know the pion they come from."""
    parents = beam(211, 150_000)
    whole = with_muons(parents, TUNNEL, seed=1, angle=0.1)
    made = whole.pdg == -13
    assert 40_000 < np.count_nonzero(made) < 80_000
    np.testing.assert_array_equal(whole.pdg[~made], parents.pdg)
    expected = LEPTONIC[211, 13] * parents.weight.sum()
    error = np.sqrt(np.sum(whole.weight[made] ** 2))
    assert abs(whole.weight[made].sum() - expected) < 5 * error
    assert np.all(whole.roots[made] < len(parents.pdg))
    np.testing.assert_array_equal(whole.roots[~made], np.arange(len(parents.pdg)))
    assert np.all(whole.time[made] >= parents.time[whole.roots[made]])
    assert whole.spin is not None
    flying = made & ~whole.at_rest
    np.testing.assert_allclose(np.linalg.norm(whole.spin[flying], axis=1), 1.0, rtol=1e-9)
    assert not whole.spin[~flying].any()


def test_lists_that_hold_muons_are_left_as_they_are() -> None:
    pions, muons = beam(211, 10), beam(-13, 10)
    assert with_muons(pions, (), seed=1) is pions
    assert lists_muons(muons)
    assert with_muons(muons, TUNNEL, seed=1) is muons
    # at rest: muons of what is at rest stand in the list, those of what flies do not
    resting = ParentFlux(
        np.array([-13, 211, 211]),
        np.array([[0.0, 0.0, REST_MOMENTUM], [0.0, 0.0, REST_MOMENTUM], [0.0, 0.0, 2.0]]),
        np.zeros((3, 3)), np.zeros(3), np.zeros(3), np.ones(3), True, 1.0, "",
    )  # fmt: skip
    whole = with_muons(resting, TUNNEL, seed=1)
    assert not lists_muons(resting)
    assert set(whole.roots[3:].tolist()) == {2}
    assert whole.weight[3:].sum() == pytest.approx(LEPTONIC[211, 13])

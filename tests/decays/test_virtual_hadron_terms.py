"""Events of nu5 -> nu4 and hadrons through a virtual Z': |M|^2 and spins against Dirac spinors, widths, drawn momenta."""

from functools import cache
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from nusim import pdg
from nusim.decays.channel import CascadeTerm
from nusim.decays.couplings import couplings
from nusim.decays.dark_widths import boson_width
from nusim.decays.form_factors import M_PION, pion_form_factor_squared
from nusim.decays.table import decay_table
from nusim.decays.virtual_hadron_terms import VirtualHadronTerm
from nusim.kernels.lorentz import dot
from nusim.model.model import DarkNeutrino, Mediator, Physical, Portals
from nusim.model.spectrum import Spectrum, solve

from . import phase_space
from . import spinors as sp

SPIN = np.array([0.3, -0.5, 0.6])
M4, M5, M_V = 0.2, 1.28, 1.5


@cache
def spectrum(majorana: bool = True, m4: float = M4, m5: float = M5, sin_alpha: float = 0.0) -> Spectrum:
    mass, mediator = Physical(m5, m4=m4, mixing2=1e-6), Mediator(M_V, 5.0, 0.3)
    return solve(
        DarkNeutrino("test", "made for a test", majorana, (0.0, 1.0, 0.0), mass, mediator, Portals(epsilon=1e-3, sin_alpha=sin_alpha))
    )


def terms(majorana: bool = True) -> dict[str, VirtualHadronTerm]:
    listed = decay_table(spectrum(majorana), "nu5").channel("nu4 hadrons").terms
    assert all(isinstance(term, VirtualHadronTerm) and isinstance(term, CascadeTerm) for term in listed)
    return {term.hadrons: term for term in listed}


def points(term: VirtualHadronTerm, n: int) -> np.ndarray:
    momenta, _ = term.sample(np.random.default_rng(9).random((n, term.draws)))
    return momenta


def amplitude(term: VirtualHadronTerm, momenta: np.ndarray, current: np.ndarray):
    """Of (parent's rest spinor, nu4's spin): current contracted with the neutrinos' line."""

    def value(parent, spin):
        bra, ket = sp.u_spinor(momenta[0], term.masses[0], spin), sp.u_spinor(np.array([term.m_parent, 0, 0, 0]), term.m_parent, parent)
        return sp.contract(sp.current(bra, term.left * sp.LEFT + term.right * sp.RIGHT, ket), current)

    return value


EPSILON = np.zeros((4, 4, 4, 4))
for order in permutations(range(4)):
    EPSILON[order] = np.linalg.det(np.eye(4)[list(order)])


def hadron_currents(term: VirtualHadronTerm, momenta: np.ndarray) -> list[tuple[float, np.ndarray]]:
    """Up to a factor, with the sign each counts with: polarisations of a vector are summed with the metric."""
    lower = [sp.METRIC @ p for p in momenta]
    if len(term.pdg) == 4:
        return [(1.0, np.einsum("mabc,a,b,c->m", EPSILON, *lower[1:]))]
    if 111 in term.pdg or 221 in term.pdg:
        return [(-sp.METRIC[k, k], np.einsum("mabc,a,b,c->m", EPSILON, np.eye(4)[k], *lower[1:])) for k in range(4)]
    return [(1.0, momenta[1] - momenta[2])]


def squares(term: VirtualHadronTerm, momenta: np.ndarray, spin: np.ndarray) -> float:
    """|M|^2 up to the hadrons' form factor, for a parent of polarisation `spin`."""
    total = 0.0
    for sign, current in hadron_currents(term, momenta):
        one = amplitude(term, momenta, current)
        total += sign * sp.msq(lambda parent, k, one=one: one(parent, sp.SPINS[k]), (2,), spin)
    return total


def test_every_final_state_is_there() -> None:
    own = terms()
    assert set(own) == {"pi+ pi-", "K+ K-", "KL KS", "pi0 pi+ pi-", "pi0 gamma", "eta gamma", "pi0 omega"}
    table = decay_table(spectrum(), "nu5")
    assert sum(term.width for term in own.values()) == pytest.approx(table.width("nu4 hadrons"), rel=1e-12)
    assert all(term.pdg[0] == pdg.HEAVY_STATE_CODES["nu4"] for term in own.values())
    # with more than the exclusive states, or the scalar's, there is a width alone
    for more in (spectrum(m5=1.4), spectrum(sin_alpha=1e-4)):
        channel = decay_table(more, "nu5").channel("nu4 hadrons")
        assert channel.width > 0
        assert channel.terms == ()


@pytest.mark.parametrize("majorana", [True, False])
def test_two_pions_are_the_amplitude_of_scalars(majorana: bool) -> None:
    """Absolutely: electric coupling, form factor and propagator by hand."""
    term = terms(majorana)["pi+ pi-"]
    c = couplings(spectrum(majorana))
    width = boson_width(c, "zprime")
    for momenta in points(term, 6):
        s = float(dot(momenta[1] + momenta[2], momenta[1] + momenta[2]))
        form = c.electric**2 * float(pion_form_factor_squared(s, True)) / ((s - M_V**2) ** 2 + (M_V * width) ** 2)
        for spin in (SPIN, 0 * SPIN):
            expected = form * squares(term, momenta, spin)
            assert term.msq(momenta[None], spin[None])[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", ["pi+ pi-", "K+ K-", "pi0 pi+ pi-", "pi0 gamma", "pi0 omega"])
@pytest.mark.parametrize("majorana", [True, False])
def test_spin_dependence_is_dirac_algebra(name: str, majorana: bool) -> None:
    term = terms(majorana)[name]
    for momenta in points(term, 5):
        polarised, average = (squares(term, momenta, spin) for spin in (SPIN, 0 * SPIN))
        found = term.msq(np.array([momenta] * 2), np.array([SPIN, 0 * SPIN]))
        assert found[0] / found[1] == pytest.approx(polarised / average, rel=1e-8)


@pytest.mark.parametrize("majorana", [True, False])
def test_spin_of_nu4_with_two_pions(majorana: bool) -> None:
    term = terms(majorana)["pi+ pi-"]
    for momenta in points(term, 4):
        one = amplitude(term, momenta, momenta[1] - momenta[2])
        degree = np.linalg.norm(SPIN)
        rho = np.zeros((2, 2), complex)
        for sign in (1, -1):
            parent = sp.along(sign * SPIN / degree)
            vector = np.array([one(parent, sp.UP), one(parent, sp.DOWN)])
            rho += (1 + sign * degree) / 2 * np.outer(vector, vector.conj())
        expected = [np.trace(rho @ s).real / np.trace(rho).real for s in sp.SIGMA]
        np.testing.assert_allclose(term.polarisation(momenta[None], SPIN[None], 0, np.zeros((1, 2)))[0], expected, atol=1e-9)
        assert np.all(term.polarisation(momenta[None], SPIN[None], 1, np.zeros((1, 2))) == 0)


@pytest.mark.parametrize("name", ["pi+ pi-", "K+ K-", "KL KS", "pi0 pi+ pi-", "pi0 gamma", "eta gamma", "pi0 omega"])
def test_samples_have_weights_of_mean_one(name: str) -> None:
    """Which is the width as an integral of |M|^2 over phase space; isotropic, conserved and on the shells."""
    term, n = terms()[name], 30_000
    rng = np.random.default_rng(10)
    momenta, factor = term.sample(rng.random((n, term.draws)))
    np.testing.assert_allclose(momenta.sum(axis=1), np.tile([M5, 0, 0, 0], (n, 1)), atol=1e-13)
    for place, mass in enumerate(term.masses):
        np.testing.assert_allclose(dot(momenta[:, place], momenta[:, place]), mass**2, atol=1e-13)
    for spin in (0 * SPIN, SPIN):
        weight = factor * term.msq(momenta, np.tile(spin, (n, 1)))
        assert abs(weight.mean() - 1) < 5 * weight.std() / np.sqrt(n) + 2e-3
        assert weight.max() < term._bound * (0.5 + np.linalg.norm(spin) / 2)
    _, acceptance = term.propose(rng.random((n, term.draws)), np.tile(SPIN, (n, 1)))
    assert acceptance.max() < 1
    assert acceptance.mean() > 0.01


def test_drawn_pions_follow_flat_phase_space_with_weights() -> None:
    term, n, rng = terms(False)["pi+ pi-"], 25_000, np.random.default_rng(11)
    spin = np.array([0.0, 0.0, 0.9])
    momenta, acceptance = term.propose(rng.random((n, term.draws)), np.tile(spin, (n, 1)))
    drawn = momenta[rng.random(n) < acceptance]
    flat, weight = phase_space.three_body_points(M5, (M4, M_PION, M_PION), 8 * n, rng)
    weight = weight * term.msq(flat, np.tile(spin, (len(flat), 1)))
    kept = flat[rng.random(len(flat)) < weight / weight.max()]
    for look in (lambda p: p[:, 0, 0], lambda p: p[:, 1, 0], lambda p: p[:, 0, 3], lambda p: p[:, 1, 3], lambda p: p[:, 2, 1]):
        assert ks_2samp(look(drawn), look(kept)).pvalue > 1e-6


def test_conjugate_of_a_dirac_decay() -> None:
    term = terms(False)["pi+ pi-"]
    other = term.conjugate()
    assert other.pdg == (-term.pdg[0], -211, 211)
    momenta = points(term, 3)
    mirrored = momenta * np.array([1, -1, -1, -1])
    spin = np.tile(SPIN, (3, 1))
    np.testing.assert_allclose(other.msq(mirrored, spin), term.msq(momenta, spin), rtol=1e-10)
    assert other.conjugate() == term

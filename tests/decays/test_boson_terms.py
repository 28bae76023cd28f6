"""Events of two-body decays with a Z' or dark scalar: |M|^2, directions and spins against explicit Dirac spinors, and a whole chain."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from nusim import pdg
from nusim.decays.boson_terms import BosonDecayTerm, EmissionTerm, VectorPairTerm, boson_decay_terms, emission_terms
from nusim.decays.channel import CascadeTerm, Term
from nusim.decays.dark_widths import (
    boson_channels,
    boson_mass,
    emission_partial_widths,
    width_scalar_emission,
    width_scalar_to_fermions,
    width_scalar_to_vectors,
    width_vector_emission,
    width_vector_to_fermions,
)
from nusim.kernels.lorentz import boost, dot

from . import spinors as sp
from .dark_models import EYE, back_to_back, boosted, coupling, direction, emission, found, pair, total

ZPRIME, PHI, NU4 = 32, 9900025, 9900012
SPIN = np.array([0.3, -0.5, 0.6])
U = np.column_stack([(np.arange(40_000) + 0.5) / 40_000, np.random.default_rng(0).permutation((np.arange(40_000) + 0.5) / 40_000)])


def emitted(m: float, m_nu: float, m_boson: float, left: complex, right: complex, vector: bool = True) -> EmissionTerm:
    """A term with heavy codes, or light ones for a massless daughter (then in the other order)."""
    width = float((width_vector_emission if vector else width_scalar_emission)(m, m_nu, m_boson, left, right))
    code = ZPRIME if vector else PHI
    if m_nu == 0:
        return EmissionTerm((code, 14), m, (m_boson, m_nu), width, left, right, ("Z'",))
    return EmissionTerm((NU4, code), m, (m_nu, m_boson), width, left, right, ("Z'",))


def decaying(m: float, m_1: float, m_2: float, left: complex, right: complex, vector: bool = True) -> BosonDecayTerm:
    width = float((width_vector_to_fermions if vector else width_scalar_to_fermions)(m, m_1, m_2, left, right))
    return BosonDecayTerm((NU4, -NU4), m, (m_1, m_2), width, left, right, vector, ("Z'",))


def at(term: Term, first: np.ndarray) -> np.ndarray:
    """Momenta (1, 2, 4) with the first product along a direction."""
    return np.array([back_to_back(term.m_parent, *term.masses, first)])


def rest_amplitude(term: EmissionTerm, momenta: np.ndarray, vector: bool, particle: bool = True, couplings: tuple | None = None):
    """Amplitude of an EmissionTerm and the number of its boson's states, by Dirac algebra."""
    where = 0 if term.pdg[0] in (ZPRIME, PHI) else 1
    fermion, boson = momenta[0, 1 - where], momenta[0, where]
    left, right = couplings or (term.left, term.right)
    m_nu, m_boson = term.masses[1 - where], term.masses[where]
    amplitude = emission(fermion, m_nu, boson, m_boson, term.m_parent, left, right, vector, particle)
    return (amplitude if vector else lambda a, b, k: amplitude(a, b)), 3 if vector else 1


CASES = [(1.0, 0.3, 0.2), (1.0, 0.0, 0.4), (0.15, 0.07, 0.01), (1.0, 0.05, 0.9)]


@pytest.mark.parametrize(("m", "m_nu", "m_boson"), CASES)
@pytest.mark.parametrize("vector", [True, False])
@pytest.mark.parametrize("degree", [1.0, 0.4, 0.0])
def test_polarised_emission_is_dirac_algebra(m: float, m_nu: float, m_boson: float, vector: bool, degree: float) -> None:
    rng = np.random.default_rng(5)
    term = emitted(m, m_nu, m_boson, coupling(rng), coupling(rng), vector)
    spin = degree * SPIN / np.linalg.norm(SPIN)
    for _ in range(4):
        momenta = at(term, direction(rng))
        amplitude, states = rest_amplitude(term, momenta, vector)
        expected = sp.msq(lambda parent, a, k, amplitude=amplitude: amplitude(parent, sp.SPINS[a], k), (2, states), spin)
        np.testing.assert_allclose(term.msq(momenta, spin[None]), expected, rtol=1e-9)


@pytest.mark.parametrize(("m", "m_nu", "m_boson"), [case for case in CASES if case[1] > 0])
@pytest.mark.parametrize("vector", [True, False])
def test_spin_of_the_daughter_is_dirac_algebra(m: float, m_nu: float, m_boson: float, vector: bool) -> None:
    rng = np.random.default_rng(6)
    term = emitted(m, m_nu, m_boson, coupling(rng), coupling(rng), vector)
    for _ in range(3):
        momenta = at(term, direction(rng))
        amplitude, states = rest_amplitude(term, momenta, vector)
        axes = []
        for axis in EYE:
            up, down = (
                sp.msq(lambda parent, k, way=way, amplitude=amplitude: amplitude(parent, sp.along(way), k), (states,), SPIN)
                for way in (axis, -axis)
            )
            axes.append((up - down) / (up + down))
        np.testing.assert_allclose(term.polarisation(momenta, SPIN[None], 0, U[:1])[0], axes, atol=1e-9)


@pytest.mark.parametrize(("m", "m_nu", "m_boson"), CASES)
@pytest.mark.parametrize("degree", [1.0, 0.5, 0.0])
def test_drawn_states_of_the_vector_average_to_its_density_matrix(m: float, m_nu: float, m_boson: float, degree: float) -> None:
    rng = np.random.default_rng(7)
    term = emitted(m, m_nu, m_boson, coupling(rng), coupling(rng))
    momenta = at(term, direction(rng))
    amplitude, _ = rest_amplitude(term, momenta, True)
    spin = degree * SPIN / np.linalg.norm(SPIN)
    axis = SPIN / np.linalg.norm(SPIN)
    rho = np.zeros((3, 3), complex)
    for weight, way in (((1 + degree) / 2, axis), ((1 - degree) / 2, -axis)):
        for s in sp.SPINS:
            state = np.array([amplitude(sp.along(way), s, k) for k in range(3)])
            rho += weight * np.outer(state, state.conj())
    place = term.pdg.index(ZPRIME)
    n = len(U)
    states = term.polarisation(np.repeat(momenta, n, axis=0), np.tile(spin, (n, 1)), place, U)
    assert states.dtype == complex
    np.testing.assert_allclose(np.sum(np.abs(states) ** 2, axis=1), 1, rtol=1e-13)
    # u runs over a regular grid: each state is drawn to 1 in 40 000
    np.testing.assert_allclose(np.einsum("nk,nl->kl", states, states.conj()) / n, rho / np.trace(rho), atol=3e-4)


def test_scalar_has_no_spin() -> None:
    term = emitted(1.0, 0.3, 0.2, 1.0, 0.3, vector=False)
    assert np.all(term.polarisation(at(term, EYE[2]), SPIN[None], 1, U[:1]) == 0)
    light = emitted(1.0, 0.0, 0.2, 1.0, 0.0)
    assert np.all(light.polarisation(at(light, EYE[2]), SPIN[None], 1, U[:1]) == 0)


def states_of(rng) -> list[np.ndarray]:
    """Pure states of a vector: linear, circular, any."""
    some = rng.normal(size=3) + 1j * rng.normal(size=3)
    return [EYE[0].astype(complex), np.array([0, 1, 1j]) / np.sqrt(2), np.array([0, 1, -1j]) / np.sqrt(2), some / np.linalg.norm(some)]


PAIRS = [(1.0, 0.3, 0.2), (1.0, 0.4, 0.0), (1.0, 0.0, 0.0), (0.5, 0.2499, 0.2499)]


@pytest.mark.parametrize(("m", "m_1", "m_2"), PAIRS)
@pytest.mark.parametrize("vector", [True, False])
def test_decay_of_a_pure_state_is_dirac_algebra(m: float, m_1: float, m_2: float, vector: bool) -> None:
    rng = np.random.default_rng(8)
    term = decaying(m, m_1, m_2, coupling(rng), coupling(rng), vector)
    for state in states_of(rng):
        momenta = at(term, direction(rng))
        amplitude = pair(momenta[0, 0], m_1, momenta[0, 1], m_2, term.left, term.right, vector)
        np.testing.assert_allclose(term.msq(momenta, state[None]), total(amplitude, [state], sp.SPINS, sp.SPINS), rtol=1e-10)
        for place in (0, 1):
            if term.masses[place] == 0:
                assert np.all(term.polarisation(momenta, state[None], place, U[:1]) == 0)
                continue
            axes = []
            for axis in EYE:
                ways = [[sp.along(axis)], [sp.along(-axis)]]
                up, down = (total(amplitude, [state], *((w, sp.SPINS) if place == 0 else (sp.SPINS, w))) for w in ways)
                axes.append((up - down) / (up + down))
            np.testing.assert_allclose(term.polarisation(momenta, state[None], place, U[:1])[0], axes, atol=1e-10)


@pytest.mark.parametrize(("m", "m_1", "m_2"), PAIRS)
def test_zero_spin_is_the_average_over_the_three_states(m: float, m_1: float, m_2: float) -> None:
    rng = np.random.default_rng(9)
    term = decaying(m, m_1, m_2, coupling(rng), coupling(rng))
    momenta, nothing = at(term, direction(rng)), np.zeros((1, 3), complex)
    each = [float(term.msq(momenta, state[None].astype(complex))[0]) for state in EYE]
    np.testing.assert_allclose(term.msq(momenta, nothing)[0], np.mean(each), rtol=1e-12)
    if m_1 > 0:
        spins = [term.polarisation(momenta, state[None].astype(complex), 0, U[:1])[0] for state in EYE]
        expected = np.average(spins, axis=0, weights=each)
        np.testing.assert_allclose(term.polarisation(momenta, nothing, 0, U[:1])[0], expected, atol=1e-12)


@pytest.mark.parametrize("m", [0.41, 0.7, 4.0])
def test_vectors_of_a_scalar_have_the_density_of_one_of_them(m: float) -> None:
    term = VectorPairTerm(m, (0.2, 0.2), float(width_scalar_to_vectors(m, 0.2, 1.0)))
    momenta = at(term, direction(np.random.default_rng(10)))
    for place in (0, 1):
        one, two = momenta[0, place], momenta[0, 1 - place]
        amplitude = np.array([[sp.contract(boosted(a, one, 0.2), boosted(b, two, 0.2)) for b in EYE] for a in EYE])
        rho = amplitude @ amplitude.T
        n = len(U)
        states = term.polarisation(np.repeat(momenta, n, axis=0), np.zeros((n, 3)), place, U)
        np.testing.assert_allclose(np.einsum("nk,nl->kl", states, states.conj()) / n, rho / np.trace(rho), atol=0.02)
        # exact in the share along the flight, where u is a regular grid
        flight = one[1:] / np.linalg.norm(one[1:])
        share = np.mean(np.abs(states @ flight) ** 2)
        assert share == pytest.approx(flight @ rho @ flight / np.trace(rho), abs=1e-4)


def all_terms() -> dict[str, tuple[Term, list[np.ndarray]]]:
    rng = np.random.default_rng(11)
    out: dict[str, tuple[Term, list[np.ndarray]]] = {}
    for name, vector in (("Z'", True), ("phi'", False)):
        for masses in CASES:
            out[f"{name} {masses}"] = emitted(*masses, coupling(rng), coupling(rng), vector), [SPIN, 0 * SPIN]
        for masses in PAIRS:
            out[f"{name} -> {masses}"] = decaying(*masses, coupling(rng), coupling(rng), vector), [*states_of(rng), np.zeros(3, complex)]
    out["left only"] = decaying(1.0, 0.0, 0.0, 1.0, 0.0), states_of(rng)
    out["emitted, one helicity"] = emitted(1.0, 0.0, 0.1, 1.0, 0.0), [SPIN, SPIN / np.linalg.norm(SPIN)]
    out["two vectors"] = VectorPairTerm(1.0, (0.2, 0.2), 1e-3), [np.zeros(3)]
    return out


TERMS = all_terms()


@pytest.mark.parametrize("name", TERMS)
def test_proposals_follow_msq(name: str) -> None:
    """Chi-square of directions in 12 x 8 cells; momenta conserved and on their shells; the width is the integral of |M|^2."""
    from scipy.stats import chi2

    term, spins = TERMS[name]
    rng, n = np.random.default_rng(12), 100_000
    cos, weights = np.polynomial.legendre.leggauss(6)
    edges, azimuths = np.linspace(-1, 1, 13), np.linspace(-np.pi, np.pi, 9)
    for spin in spins:
        many = np.tile(spin, (n, 1))
        momenta, acceptance = term.propose(rng.random((n, term.draws)), many)
        assert np.all(acceptance >= 0)
        assert np.all(acceptance <= 1 + 1e-12)
        assert np.mean(acceptance) > 1 / 3 - 0.01
        np.testing.assert_allclose(momenta.sum(axis=1), np.tile([term.m_parent, 0, 0, 0], (n, 1)), atol=1e-15 * term.m_parent * 4)
        for place, m in enumerate(term.masses):
            np.testing.assert_allclose(dot(momenta[:, place], momenta[:, place]), m**2, atol=1e-14 * term.m_parent**2)
        # a polynomial of second order in the direction: the quadrature is exact
        cells, mean = np.empty((12, 8)), 0.0
        for a, b in product(range(12), range(8)):
            c = (edges[a] + edges[a + 1]) / 2 + cos * (edges[1] - edges[0]) / 2
            f = (azimuths[b] + azimuths[b + 1]) / 2 + cos * (azimuths[1] - azimuths[0]) / 2
            cc, ff = (g.ravel() for g in np.meshgrid(c, f, indexing="ij"))
            w = np.outer(weights, weights).ravel() / 4
            s = np.sqrt(1 - cc**2)
            ways = np.column_stack([s * np.cos(ff), s * np.sin(ff), cc])
            grid = np.array([back_to_back(term.m_parent, *term.masses, way) for way in ways])
            cells[a, b] = np.sum(w * term.msq(grid, np.tile(spin, (len(grid), 1)))) / 96
        mean = cells.sum()
        q = np.linalg.norm(momenta[0, 0, 1:])
        assert q / (8 * np.pi * term.m_parent**2) * mean == pytest.approx(term.width, rel=1e-9)
        drawn = momenta[rng.random(n) < acceptance][:, 0, 1:] / q
        seen = np.histogram2d(drawn[:, 2], np.arctan2(drawn[:, 1], drawn[:, 0]), [edges, azimuths])[0]
        expected = len(drawn) * cells / mean
        used = expected > 5
        statistic = np.sum((seen - expected)[used] ** 2 / expected[used])
        assert chi2.sf(statistic, int(np.sum(used)) - 1) > 1e-6
        assert np.sum(seen[~used]) <= np.sum(expected[~used]) + 5 * np.sqrt(np.sum(expected[~used])) + 5


@pytest.mark.parametrize("name", TERMS)
def test_samples_are_isotropic_with_weights_of_mean_one(name: str) -> None:
    term, spins = TERMS[name]
    assert isinstance(term, CascadeTerm)
    rng, n = np.random.default_rng(13), 100_000
    momenta, factor = term.sample(rng.random((n, term.draws)))
    q = np.linalg.norm(momenta[:, 0, 1:], axis=1)
    ways = momenta[:, 0, 1:] / q[:, None]
    np.testing.assert_allclose(ways.mean(axis=0), 0, atol=5 / np.sqrt(3 * n))
    np.testing.assert_allclose(ways.T @ ways / n, np.eye(3) / 3, atol=5 * np.sqrt(4 / 45 / n))
    for spin in spins:
        weight = term.msq(momenta, np.tile(spin, (n, 1))) * factor
        assert abs(np.mean(weight) - 1) < 5 * np.std(weight) / np.sqrt(n) + 1e-12


def label(code: int) -> str:
    if abs(code) in pdg.NEUTRINO_OF_FLAVOUR:
        return "nu"
    return pdg.NAMES.get(code) or pdg.NAMES[abs(code)]


@pytest.mark.parametrize("majorana", [True, False])
@pytest.mark.parametrize(("m_zprime", "m_phi"), [(0.1, 0.25), (0.05, 0.65), (1.7, 2.3), (0.25, 0.5), (1.9, 3.9)])
def test_widths_of_terms_sum_to_the_formulas(majorana: bool, m_zprime: float, m_phi: float) -> None:
    c = found(m_zprime=m_zprime, m_phi=m_phi, majorana=majorana, epsilon=1e-3, sin_alpha=1e-2, mixing2=0.1)
    for boson in ("zprime", "phi"):
        terms, channels = boson_decay_terms(c, boson), dict(boson_channels(c, boson))
        assert set(terms) <= set(channels)
        for name, width in channels.items():
            if name == "hadrons" and boson_mass(c, boson) > 1:
                assert name not in terms
                continue
            assert sum(term.width for term in terms.get(name, [])) == pytest.approx(width, rel=1e-12)
            assert bool(terms.get(name)) == (width > 0)
    for state in ("nu4", "nu5"):
        terms, widths = emission_terms(c, state), emission_partial_widths([c], state, (np.zeros(1), np.zeros(1)))
        for name, width in widths.items():
            assert sum(term.width for term in terms.get(name, [])) == pytest.approx(width[0], rel=1e-12)
        assert set(terms) <= set(widths)
    for name, some in [*boson_decay_terms(c, "zprime").items(), *boson_decay_terms(c, "phi").items(), *emission_terms(c, "nu5").items()]:
        assert name == pdg.canonical_products(name)
        for term in some:
            assert isinstance(term, CascadeTerm)
            labels = [
                "nu" if abs(code) in pdg.NEUTRINO_OF_FLAVOUR else pdg.NAMES[code if abs(code) < 9e6 else abs(code)] for code in term.pdg
            ]
            assert name == "hadrons" or " ".join(labels) == name
            assert term.via in (("Z'",), ("phi'",))
            assert term.conjugate().width == term.width
            assert term.conjugate().conjugate() == term


def test_closed_decays_have_no_terms() -> None:
    c = found(m4=0.3, m_zprime=1.0, m_phi=2.0)
    assert emission_terms(c, "nu5") == {}
    assert "zprime zprime" not in boson_decay_terms(c, "phi")


def helicity(p: np.ndarray, sign: int) -> np.ndarray:
    """Rest spinor of a massless particle with helicity sign/2."""
    return sp.along(sign * p[1:] / np.linalg.norm(p[1:]))


@pytest.mark.parametrize("boson", ["zprime", "phi"])
def test_codes_of_light_neutrinos_tell_their_helicity(boson: str) -> None:
    """Majorana: positive for helicity -1/2. The term of each is what the full vertex gives that helicity."""
    c, vector = found(m_zprime=0.4, m_phi=0.4, mixing2=0.1), boson == "zprime"
    terms = emission_terms(c, "nu5")[pdg.canonical_products(f"nu {boson}")]
    assert sorted(np.sign(term.pdg[1]) for term in terms) == [-1, 1]
    left, right = (c.zprime.neutrino[2, 4], -np.conj(c.zprime.neutrino[2, 4])) if vector else (c.scalar_left[2, 4], c.scalar_right[2, 4])
    for term in terms:
        momenta = at(term, direction(np.random.default_rng(14)))
        amplitude, states = rest_amplitude(term, momenta, vector, couplings=(left, right))
        own = helicity(momenta[0, 1], -np.sign(term.pdg[1]))
        expected = sp.msq(lambda parent, k, amplitude=amplitude, own=own: amplitude(parent, own, k), (states,), SPIN)
        np.testing.assert_allclose(term.msq(momenta, SPIN[None]), expected, rtol=1e-9)
    momenta = at(terms[0], EYE[0])
    both = sum(term.msq(momenta, SPIN[None])[0] for term in terms)
    assert both == pytest.approx(sum(term.msq(momenta, -SPIN[None])[0] for term in terms), rel=1e-12)


@pytest.mark.parametrize("boson", ["zprime", "phi"])
def test_helicities_of_light_neutrinos_in_decays_of_bosons(boson: str) -> None:
    c, vector = found(m_zprime=0.4, m_phi=0.4, mixing2=0.1), boson == "zprime"
    state = states_of(np.random.default_rng(15))[3]
    n = c.zprime.neutrino[3, 2]
    left, right = (n, -np.conj(n)) if vector else (c.scalar_left[3, 2], c.scalar_right[3, 2])
    terms = boson_decay_terms(c, boson)["nu4 nu"]
    assert sorted(np.sign(term.pdg[1]) for term in terms) == [-1, 1]
    for term in terms:
        momenta = at(term, direction(np.random.default_rng(16)))
        amplitude = pair(momenta[0, 0], c.masses[3], momenta[0, 1], 0.0, left, right, vector)
        expected = total(amplitude, [state], sp.SPINS, [helicity(momenta[0, 1], -np.sign(term.pdg[1]))])
        np.testing.assert_allclose(term.msq(momenta, state[None]), expected, rtol=1e-9)
    if vector:
        for term in boson_decay_terms(c, boson)["nu nu"]:
            assert term.pdg[0] == -term.pdg[1] > 0  # the one pair that couples is two nu3
            momenta, n = at(term, direction(np.random.default_rng(17))), c.zprime.neutrino[2, 2]
            amplitude = pair(momenta[0, 0], 0.0, momenta[0, 1], 0.0, n, -np.conj(n), True)
            spins = [[helicity(p, -np.sign(code))] for p, code in zip(momenta[0], term.pdg, strict=True)]
            np.testing.assert_allclose(term.msq(momenta, state[None]), total(amplitude, [state], *spins), rtol=1e-9)


def test_two_light_neutrinos_of_different_kinds() -> None:
    """Columns that mix, as more families have them: each helicity assignment is one term, with what the full vertex gives it."""
    c = found(m_zprime=0.4)
    rng = np.random.default_rng(22)
    some = rng.normal(size=(5, 5)) + 1j * rng.normal(size=(5, 5))
    c = replace(c, zprime=replace(c.zprime, neutrino=(some + some.conj().T) / 2))
    names = {pdg.NEUTRINO_OF_FLAVOUR[c.flavour(k)]: k for k in range(3)}
    assert len(names) == 3
    terms, state = boson_decay_terms(c, "zprime")["nu nu"], states_of(rng)[3]
    assert len({frozenset(term.pdg) for term in terms}) == len(terms) == 9
    for term in terms:
        i, j = (names[abs(code)] for code in term.pdg)
        momenta, n = at(term, direction(rng)), c.zprime.neutrino[i, j]
        amplitude = pair(momenta[0, 0], 0.0, momenta[0, 1], 0.0, n, -np.conj(n), True)
        spins = [[helicity(p, -np.sign(code))] for p, code in zip(momenta[0], term.pdg, strict=True)]
        np.testing.assert_allclose(term.msq(momenta, state[None]), total(amplitude, [state], *spins), rtol=1e-9)
    assert sum(term.width for term in terms) == pytest.approx(dict(boson_channels(c, "zprime"))["nu nu"], rel=1e-12)


def test_dirac_codes_and_conjugates() -> None:
    """An antiparticle's emission and the second lepton number of a pair, from v spinors and the hermitian vertex."""
    c = found(m_zprime=0.2, m_phi=0.25, mixing2=0.1, majorana=False)
    rng = np.random.default_rng(18)
    for boson, vector in (("zprime", True), ("phi", False)):
        for daughter, products in ((3, f"nu4 {boson}"), (2, f"{boson} nu")):
            (term,) = emission_terms(c, "nu5")[products]
            assert max(term.pdg[0], term.pdg[1]) > 0 < min(term.pdg)
            other = term.conjugate()
            fermion = 0 if daughter == 3 else 1
            assert other.pdg[fermion] == -term.pdg[fermion]
            assert other.pdg[1 - fermion] == term.pdg[1 - fermion]
            left, right = (c.zprime.neutrino[4, daughter], 0.0) if vector else (c.scalar_left[4, daughter], c.scalar_right[4, daughter])
            momenta = at(other, direction(rng))
            amplitude, states = rest_amplitude(other, momenta, vector, False, (left, right))
            expected = sp.msq(lambda parent, a, k, amplitude=amplitude: amplitude(parent, sp.SPINS[a], k), (2, states), SPIN)
            np.testing.assert_allclose(other.msq(momenta, SPIN[None]), expected, rtol=1e-9)
            if daughter == 3:
                up, down = (
                    sp.msq(lambda parent, k, way=way, amplitude=amplitude: amplitude(parent, sp.along(way), k), (states,), SPIN)
                    for way in (EYE[0], -EYE[0])
                )
                assert other.polarisation(momenta, SPIN[None], 0, U[:1])[0, 0] == pytest.approx((up - down) / (up + down), abs=1e-9)
    c, state = found(m4=0.3, m_zprime=1.5, m_phi=2.0, mixing2=0.1, majorana=False), states_of(rng)[3]
    for boson, vector in (("zprime", True), ("phi", False)):
        terms = {term.pdg: term for term in boson_decay_terms(c, boson)["nu5 nu4"]}
        assert set(terms) == {(9900014, -NU4), (-9900014, NU4)}
        assert [term.pdg for term in boson_decay_terms(c, boson)["nu4 nu4"]] == [(NU4, -NU4)]
        for (code, _), term in terms.items():
            momenta = at(term, direction(rng))
            # the particle first, whichever stands first among the products
            i, j = (4, 3) if code > 0 else (3, 4)
            p, q = momenta[0] if code > 0 else momenta[0, ::-1]
            left, right = (c.zprime.neutrino[i, j], 0.0) if vector else (c.scalar_left[i, j], c.scalar_right[i, j])
            amplitude = pair(p, c.masses[i], q, c.masses[j], left, right, vector)
            np.testing.assert_allclose(term.msq(momenta, state[None]), total(amplitude, [state], sp.SPINS, sp.SPINS), rtol=1e-9)


def test_identical_neutrinos_share_their_phase_space() -> None:
    """Z' -> nu4 nu4: half of what |M|^2 alone would give, and alike for both directions."""
    c = found(m4=0.3, m5=0.9, m_zprime=0.8)
    (term,) = boson_decay_terms(c, "zprime")["nu4 nu4"]
    assert term.pdg == (NU4, NU4)
    n, state = c.zprime.neutrino[3, 3], states_of(np.random.default_rng(19))[3]
    way = direction(np.random.default_rng(20))
    momenta = at(term, way)
    amplitude = pair(momenta[0, 0], 0.3, momenta[0, 1], 0.3, n, -np.conj(n), True)
    np.testing.assert_allclose(term.msq(momenta, state[None]), total(amplitude, [state], sp.SPINS, sp.SPINS) / 2, rtol=1e-10)
    np.testing.assert_allclose(term.msq(momenta, state[None]), term.msq(at(term, -way), state[None]), rtol=1e-12)


def test_majorana_emission_is_isotropic() -> None:
    for m4 in (0.05, 0.3, 0.85):
        for terms in emission_terms(found(m4=m4), "nu5").values():
            assert sum(term.width * term.asymmetry for term in terms) == pytest.approx(0, abs=1e-12 * sum(term.width for term in terms))


def chain_density(a, b, c, spin, m, k):
    """Polarised |M|^2 of nu_i -> nu_a l(b) l(c) with K_YX = `k`, massless leptons, over any factor; the closed trace formula."""
    h, s = np.zeros_like(a), np.zeros_like(a)
    h[:, 0], s[:, 1:] = m, spin
    m_a = np.sqrt(np.maximum(dot(a, a)[0], 0))
    ll, lr, rl, rr = k
    odd = ll * np.conj(rl) - lr * np.conj(rr)
    square = (abs(ll) ** 2 + abs(rr) ** 2) * dot(h, c) * dot(a, b) + (abs(lr) ** 2 + abs(rl) ** 2) * dot(h, b) * dot(a, c)
    square -= m_a * m * dot(b, c) * (ll * np.conj(rl) + lr * np.conj(rr)).real
    square += m * ((abs(rr) ** 2 - abs(ll) ** 2) * dot(s, c) * dot(a, b) + (abs(rl) ** 2 - abs(lr) ** 2) * dot(s, b) * dot(a, c))
    epsilon = np.linalg.det(np.stack([h, s, b, c], axis=1))
    square += m_a * ((dot(h, b) * dot(s, c) - dot(h, c) * dot(s, b)) * odd.real - epsilon * odd.imag)
    return square


def moments(way, inner, n_spin):
    """Functions of the two directions, of every kind the spins can make."""
    cross = np.cross(way, inner)
    x, y = np.cross(n_spin, EYE[0]), np.cross(n_spin, EYE[1])
    return np.array([
        way @ n_spin, inner @ n_spin, np.sum(way * inner, axis=1), np.sum(way * inner, axis=1) ** 2, cross @ n_spin,
        (cross @ n_spin) * np.sum(way * inner, axis=1), (inner @ n_spin) * np.sum(way * inner, axis=1),
        (inner @ n_spin) * np.sum(way * inner, axis=1) ** 2, (way @ n_spin) * np.sum(way * inner, axis=1) ** 2,
        (way @ x) * (inner @ x), (way @ x) * (inner @ y), (inner @ n_spin) ** 2, (way @ n_spin) * (inner @ n_spin),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("left", "right"),
    [(0.6j, 0.6j), (0.7, -0.7), (1.0, 0.0), (0.8 + 0.3j, -0.2 + 0.5j)],
    ids=["Majorana vector", "Majorana axial", "Dirac", "any"],
)
@pytest.mark.parametrize(("lepton_left", "lepton_right"), [(1.0, 1.0), (0.9, -0.3)])
@pytest.mark.parametrize("m_a", [0.4, 0.0])
def test_a_chain_drawn_step_by_step_has_the_correlations_of_one_amplitude(
    left: complex, right: complex, lepton_left: float, lepton_right: float, m_a: float
) -> None:
    """nu5(spin) -> nu4 Z', Z' -> l- l+: each Z' handed on as a drawn pure state, against the three-body trace at q^2 = m_Z'^2."""
    m, m_v, n = 1.0, 0.25, 200_000
    rng = np.random.default_rng(21)
    spin = 0.9 * SPIN / np.linalg.norm(SPIN)
    n_spin = SPIN / np.linalg.norm(SPIN)
    first, second = emitted(m, m_a, m_v, left, right), decaying(m_v, 0.0, 0.0, lepton_left, lepton_right)
    place = first.pdg.index(ZPRIME)
    momenta, accepted = first.propose(rng.random((n, first.draws)), np.tile(spin, (n, 1)))
    assert np.all(accepted == 1)
    states = first.polarisation(momenta, np.tile(spin, (n, 1)), place, rng.random((n, 2)))
    inner, keep = second.propose(rng.random((n, second.draws)), states)
    kept = rng.random(n) < keep
    way, inner = momenta[kept, 1 - place, 1:], inner[kept, 0, 1:]
    seen = moments(way / np.linalg.norm(way, axis=1)[:, None], inner / np.linalg.norm(inner, axis=1)[:, None], n_spin)
    # the expectation: exact product quadrature over both directions
    cos, weights = np.polynomial.legendre.leggauss(6)
    turns = 2 * np.pi * (np.arange(10) + 0.5) / 10
    grid = np.array(list(product(range(6), range(10), range(6), range(10))))

    def ways(c, f):
        s = np.sqrt(1 - cos[c] ** 2)
        return np.column_stack([s * np.cos(turns[f]), s * np.sin(turns[f]), cos[c]])

    out, star = ways(grid[:, 0], grid[:, 1]), ways(grid[:, 2], grid[:, 3])
    q = np.sqrt((m - m_a - m_v) * (m + m_a + m_v) * (m - m_a + m_v) * (m + m_a - m_v)) / (2 * m)
    a = np.column_stack([np.full(len(out), np.hypot(q, m_a)), q * out])
    pair_momentum = np.column_stack([np.full(len(out), np.hypot(q, m_v)), -q * out])
    b, c = (boost(np.column_stack([np.full(len(out), m_v / 2), sign * m_v / 2 * star]), pair_momentum, m_v) for sign in (1, -1))
    k = left * lepton_left, left * lepton_right, right * lepton_left, right * lepton_right
    density = weights[grid[:, 0]] * weights[grid[:, 2]] * chain_density(a, b, c, spin, m, k)
    expected = moments(out, star, n_spin) @ density / np.sum(density)
    error = np.std(seen, axis=1) / np.sqrt(seen.shape[1])
    pull = (seen.mean(axis=1) - expected) / error
    assert np.all(np.abs(pull) < 4.5), pull

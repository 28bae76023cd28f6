"""Dark bosons from mesons and beam protons: limits of branching ratios, exact amplitudes, spectra, published numbers."""

from itertools import product

import numpy as np
import pytest
from scipy.integrate import dblquad

import nusim
from nusim import pdg
from nusim.constants import ALPHA, G_F
from nusim.decays.boson_terms import BosonDecayTerm
from nusim.decays.couplings import couplings
from nusim.kernels.lorentz import boost
from nusim.model.model import DarkNeutrino, Mediator, Physical, Portals
from nusim.production import bremsstrahlung as brems
from nusim.production.boson_emission import lines
from nusim.production.boson_modes import boson_production_modes
from nusim.production.boson_sources import TwoBodySource
from nusim.production.portal_widths import PENGUINS, photon_form_factor2, zprime_ratio
from tests.decays import spinors as sp
from tests.decays.phase_space import three_body_points
from tests.production.dirac import EPSILON

SPECIES = (211, -211, 321, -321, 130, 411, 431, 521, -521, 511, 111, 221, 223, 331, 90)


def solved(**changes: object) -> nusim.Spectrum:
    return nusim.solve(nusim.read_model("circle", set={key.replace("__", "."): value for key, value in changes.items()}))


def made_for_tests(majorana: bool) -> nusim.Spectrum:
    mass, mediator = Physical(0.11, m4=0.044, mixing2=1e-4), Mediator(0.07, 0.08, 0.6)
    return nusim.solve(DarkNeutrino("test", "made for a test", majorana, (0.0, 1.0, 0.0), mass, mediator, Portals(1e-4, 0.0, 1e-3)))


def test_branching_ratios_tend_to_those_with_a_photon_and_vanish_at_threshold() -> None:
    assert zprime_ratio(111, 1e-6) == pytest.approx(2 * 0.98823, rel=1e-9)
    assert zprime_ratio(221, 1e-6) == pytest.approx(2 * 0.3936, rel=1e-9)
    assert zprime_ratio(223, 1e-6) == pytest.approx(0.0835, rel=1e-9)
    for parent in (111, 221, 223, 331):
        end = pdg.mass(parent) - (pdg.mass(111) if parent == 223 else 0.0)
        assert zprime_ratio(parent, [end, end + 1e-9, 5.0]).tolist() == [0.0, 0.0, 0.0]
        assert 0 < zprime_ratio(parent, end * (1 - 1e-6)) < 1e-4
    # arXiv:0903.0363: 2 (1 - m^2/m_pi^2)^3 apart from the form factor
    m = 0.1
    assert zprime_ratio(111, m) == pytest.approx(2 * 0.98823 * (1 - (m / pdg.mass(111)) ** 2) ** 3 * photon_form_factor2(111, m**2))


def test_form_factor_of_pi0_has_the_measured_slope() -> None:
    """a_pi = 0.0335 +- 0.0031 (PDG 2022): |F|^2 = 1 + 2 a s / m_pi^2."""
    s = 1e-4
    slope = float(photon_form_factor2(111, s) - 1) / 2 * pdg.mass(111) ** 2 / s
    assert 0.0335 - 2 * 0.0031 < slope < 0.0335 + 2 * 0.0031


def squares_of_anomalous_decay(p_first: np.ndarray, p_boson: np.ndarray, m_first: float, boson: np.ndarray) -> float:
    """sum over the polarisations of the first of |epsilon(e, p, E, q)|^2, for a polarisation E of the boson."""
    low = [sp.METRIC @ x for x in (p_first, boson, p_boson)]
    curl = np.einsum("mnab,n,a,b->m", EPSILON, *low)
    return sum(abs(sp.contract(e, curl)) ** 2 for e in sp.polarisations(p_first, m_first))


def two(m: float, a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    q = np.sqrt((m - a - b) * (m + a + b) * (m - a + b) * (m + a - b)) / (2 * m)
    n = np.array([0.48, 0.64, 0.6])
    return np.array([np.hypot(q, a), *(q * n)]), np.array([np.hypot(q, b), *(-q * n)])


def test_omega_to_pi0_and_boson_goes_as_the_third_power_of_the_momentum_from_the_tensor() -> None:
    m, mass = 0.4, pdg.mass(223)
    total = {}
    for m_boson in (1e-4, m):
        boson, pion = two(mass, m_boson, pdg.mass(111))
        omega = boson + pion
        at_rest = [np.array([0, *axis]) for axis in np.eye(3)]
        square = 0.0
        for eps in sp.polarisations(boson, m_boson):
            low = [sp.METRIC @ x for x in (omega, eps, boson)]
            curl = np.einsum("mnab,n,a,b->m", EPSILON, *low)
            square += sum(abs(sp.contract(e, curl)) ** 2 for e in at_rest)
        total[m_boson] = square * np.linalg.norm(boson[1:])
    expected = float(zprime_ratio(223, m) / zprime_ratio(223, 1e-4)) / photon_form_factor2(223, m**2)
    assert total[m] / total[1e-4] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("masses", [(0.0, 0.0), (0.03, 0.0), (0.04, 0.02)])
@pytest.mark.parametrize("couplings_of", [(1.0, 0.0), (0.6j, 0.6j), (0.6, -0.6)])
def test_pi0_to_gamma_zprime_to_two_neutrinos_is_the_whole_amplitude(masses: tuple[float, float], couplings_of: tuple) -> None:
    """|epsilon(e, k, mu, q) [ubar gamma_mu (L P_L + R P_R) v]|^2 for directions of the neutrinos: spins drawn and decays after them."""
    m_boson, m_pi = 0.09, pdg.mass(111)
    boson, photon = two(m_pi, m_boson, 0.0)
    left, right = couplings_of
    source = TwoBodySource((32, 22), m_pi, (m_boson, 0.0), 1.0, True)
    decay = BosonDecayTerm((14, -14), m_boson, masses, 1.0, left, right, True, ("Z'",))
    rng = np.random.default_rng(1)
    star = np.sqrt((m_boson - sum(masses)) * (m_boson + sum(masses)) * (m_boson**2 - (masses[0] - masses[1]) ** 2)) / (2 * m_boson)
    n = rng.normal(size=(12, 3))
    n /= np.linalg.norm(n, axis=1)[:, None]
    exact, drawn = [], []
    azimuths = np.column_stack([np.zeros(64), (np.arange(64) + 0.5) / 64])
    spins = source.polarisation(np.tile([boson, photon], (64, 1, 1)), np.zeros((64, 3)), 0, azimuths)
    for way in n:
        rest = [np.array([np.hypot(star, m), *(sign * star * way)]) for sign, m in zip((1, -1), masses, strict=True)]
        first, second = (boost(p[None], boson[None], m_boson)[0] for p in rest)
        square = 0.0
        for a, b in product(sp.SPINS, sp.SPINS):
            j = left * sp.current(sp.u_spinor(first, masses[0], a), sp.LEFT, sp.v_spinor(second, masses[1], b))
            j = j + right * sp.current(sp.u_spinor(first, masses[0], a), sp.RIGHT, sp.v_spinor(second, masses[1], b))
            square += squares_of_anomalous_decay(photon, boson, 0.0, j)
        exact.append(square)
        drawn.append(decay.msq(np.tile(rest, (64, 1, 1)), spins).mean())
    ratio = np.array(exact) / np.array(drawn)
    assert np.allclose(ratio, ratio[0], rtol=1e-10)
    if masses == (0.0, 0.0):
        along = n @ boson[1:] / np.linalg.norm(boson[1:])
        assert np.allclose(np.array(exact) / (1 + along**2), exact[0] / (1 + along[0] ** 2), rtol=1e-10)


@pytest.mark.parametrize("majorana", [True, False])
@pytest.mark.parametrize("parent", [321, -321])
def test_emission_hands_on_the_spins_of_the_exact_amplitude(majorana: bool, parent: int) -> None:
    """|M|^2 and the density matrix of the Z', and the polarisation of a heavy neutrino beside it, by Dirac matrices."""
    spectrum = made_for_tests(majorana)
    found = couplings(spectrum)
    modes = [mode for mode in boson_production_modes(spectrum, (parent,)) if 32 in mode.term.pdg and 13 in map(abs, mode.term.pdg)]
    assert {mode.state for mode in modes} == {"zprime", "nu4", "nu5"}
    dark = spectrum.U[[k for k, row in enumerate(spectrum.rows) if row.startswith("D")]]
    hidden = spectrum.model.mediator.g_dark * (dark.conj().T @ dark)
    for mode in modes:
        term, order = mode.term, mode.term._order
        masses = tuple(term.masses[place] for place in order)
        points, _ = three_body_points(term.m_parent, masses, 3, np.random.default_rng(2))
        momenta = np.empty_like(points)
        momenta[:, list(order)] = points
        columns = found.light if masses[1] == 0 else (found.heavy(pdg.NAMES[abs(term.pdg[order[1]])]),)
        u = np.column_stack([(np.arange(4000) + 0.5) / 4000, np.zeros(4000)])
        for k, point in enumerate(points):
            # the negative meson's amplitude is that of the parity image; spins are axial
            image = point * np.array([1, -1, -1, -1]) if parent < 0 else point
            lepton, out, boson = image
            q, total = out + boson, lepton + out + boson
            vectors = sp.polarisations(boson, masses[2])
            density, by_spin = np.zeros((3, 3), complex), np.zeros((2, 2), complex)
            for column in columns:
                for b in sp.SPINS:
                    ket = sp.slash(total) @ sp.LEFT @ sp.v_spinor(lepton, masses[0], b)
                    amplitude = np.zeros((2, 3), complex)
                    for (x, a), (y, eps) in product(enumerate(sp.SPINS), enumerate(vectors)):
                        for i, m_i in enumerate(found.masses):
                            g = complex(hidden[column, i])
                            vertex = sp.slash(eps) @ (g * sp.LEFT - (g.conjugate() * sp.RIGHT if majorana else 0))
                            propagator = (sp.slash(q) + m_i * np.eye(4)) / (sp.contract(q, q) - m_i**2)
                            line = sp.bar(sp.u_spinor(out, masses[1], a)) @ vertex @ propagator @ ket
                            amplitude[x, y] += found.charged[1, i].conj() * line
                    # eps real: <eps|state> is the amplitude, the state sum_y amplitude_y eps_y
                    density += np.einsum("xy,xz->yz", amplitude, amplitude.conj())
                    by_spin += np.einsum("xy,wy->xw", amplitude, amplitude.conj())
            one = momenta[k : k + 1]
            exact = np.trace(density).real * 2 * G_F**2 * term.coupling**2 * term.scale
            assert term.msq(one, np.zeros((1, 3)))[0] == pytest.approx(exact, rel=1e-6)
            if mode.state == "zprime":
                drawn = term.polarisation(np.tile(one, (4000, 1, 1)), np.zeros((4000, 3)), 0, u)
                axes = np.array([vectors[0][1:], vectors[1][1:], boson[1:] / np.linalg.norm(boson[1:])])
                got = np.einsum("ny,nz->yz", drawn @ axes.T, (drawn @ axes.T).conj()) / 4000
                # amplitudes to emit eps: the state emitted is its conjugate's mixture
                assert np.allclose(got, density / np.trace(density), atol=2e-3)
            else:
                spin = np.real([np.trace(by_spin @ s) / np.trace(by_spin) for s in sp.SIGMA])
                assert np.allclose(term.polarisation(one, np.zeros((1, 3)), 0, u[:1])[0], spin, atol=1e-6)


def test_emission_has_weights_of_mean_one_and_the_width_of_its_table() -> None:
    spectrum = made_for_tests(True)
    rng = np.random.default_rng(5)
    for mode in boson_production_modes(spectrum, (321, 411)):
        if len(mode.term.masses) == 3:
            momenta, factor = mode.term.sample(rng.random((20_000, 5)))
            weight = factor * mode.term.msq(momenta, np.zeros((20_000, 3)))
            assert abs(weight.mean() - 1) < 5 * weight.std() / np.sqrt(len(weight)), mode
            assert np.allclose(momenta.sum(axis=1), [mode.m_parent, 0, 0, 0], atol=1e-9)
            assert np.allclose(momenta[:, :, 0] ** 2 - np.sum(momenta[:, :, 1:] ** 2, axis=2), np.square(mode.term.masses), atol=1e-9)


def test_states_that_can_be_on_their_shell_leave_emission_to_the_tables_of_heavy_neutrinos() -> None:
    spectrum = solved(mediator__m_zprime=0.1, mediator__m_phi=0.2)
    # nu5 of 150 MeV -> nu Z' is open
    assert all(line.m_out == 0 for line in lines(spectrum, "zprime", 1, "nu"))
    found = {(m.state, m.term.pdg[2]) for m in boson_production_modes(spectrum, (321,)) if 32 in m.term.pdg}
    assert found == {("zprime", pdg.HEAVY_STATE_CODES["nu4"]), ("nu4", 32)}


def test_closed_portals_make_no_boson_from_neutral_mesons_or_protons() -> None:
    assert boson_production_modes(solved(), SPECIES, 400.0) == ()
    both = boson_production_modes(solved(portals__epsilon=1e-4, mediator__m_zprime=0.3), SPECIES, 400.0)
    assert {mode.parent for mode in both} >= {221, 223, 331, 90}
    assert 111 not in {mode.parent for mode in both}
    half = boson_production_modes(solved(portals__epsilon=5e-5, mediator__m_zprime=0.3), SPECIES, 400.0)
    for one, other in zip(both, half, strict=True):
        scale = 1 if len(one.term.masses) == 3 else 4
        assert one.branching_ratio == pytest.approx(scale * other.branching_ratio)


def test_penguins_have_the_published_branching_ratios() -> None:
    """M. Winkler, arXiv:1809.01876, and J. Feng et al., arXiv:1710.09387, light scalar: K+ 2.0e-3 2p/m_K, K_L 7.0e-3 2p/m_K, in which
    CKM inputs and form factors leave 30%; B -> K 0.4 to 0.5 sin^2(alpha)."""
    found = {(p.parent, p.daughter): float(p.ratio(0.01)) for p in PENGUINS}
    assert found[321, 211] == pytest.approx(2.0e-3 * 2 * 0.227 / 0.494, rel=0.3)
    assert found[130, 111] == pytest.approx(7.0e-3 * 2 * 0.231 / 0.498, rel=0.3)
    assert 0.35 < found[521, 321] < 0.55
    for penguin in PENGUINS:
        end = pdg.mass(penguin.parent) - pdg.mass(penguin.daughter)
        assert penguin.ratio([end, end + 1e-6]).tolist() == [0.0, 0.0]
    # isospin, and the lifetimes
    assert found[511, 311] / found[521, 321] == pytest.approx(pdg.ctau(511) / pdg.ctau(521), rel=1e-2)


def test_bremsstrahlung_is_that_of_equivalent_photons_for_small_masses() -> None:
    z, pt2 = np.array([0.15, 0.5, 0.85]), 400.0
    photons = ALPHA / (2 * np.pi) * (1 + (1 - z) ** 2) / z / pt2
    assert np.allclose(brems.splitting(z, pt2, 1e-3), photons, rtol=1e-2)


@pytest.mark.parametrize("m", [0.05, 0.3, 1.2])
def test_number_of_bremsstrahlung_is_the_integral(m: float) -> None:
    direct, _ = dblquad(lambda pt2, z: float(brems.splitting(z, pt2, m)), 0.1, 0.9, 0.0, 1.0, epsrel=1e-7)
    assert brems.number(m, 400.0) == pytest.approx(direct * float(brems.proton_form_factor2(m**2)), rel=1e-5)


def test_proton_form_factor_is_normalised_and_peaks_at_the_omega() -> None:
    assert brems.proton_form_factor2(0.0) == pytest.approx(1.0)
    assert sum(weight for weight, _, _ in brems._RESONANCES) == pytest.approx(1.0, abs=2e-3)
    m = np.linspace(0.01, 2.0, 4000)
    assert m[np.argmax(brems.proton_form_factor2(m**2))] == pytest.approx(0.77, abs=2e-3)


@pytest.mark.parametrize(("m", "momentum"), [(0.05, 8.9), (0.5, 120.0), (1.2, 400.0)])
def test_bremsstrahlung_in_the_collision_frame_has_the_spectrum_of_the_formula(m: float, momentum: float) -> None:
    source = brems.bremsstrahlung_source(m, momentum, 32)
    n = 400_000
    star, factor = source.sample(np.random.default_rng(3).random((n, 3)))
    assert np.allclose(star.sum(axis=1), [source.m_parent, 0, 0, 0], atol=1e-9)
    weight = factor * source.turned(star[:, 0], np.tile([0.0, 0.0, 1.0], (n, 1)))
    frame = np.tile([np.hypot(momentum, source.m_parent), 0, 0, momentum], (n, 1))
    lab = boost(star[:, 0], frame, source.m_parent)
    z, pt2 = lab[:, 3] / momentum, lab[:, 1] ** 2 + lab[:, 2] ** 2
    zs, pt2s, weights = brems._grid(m, 200)
    parts = brems.splitting(zs, pt2s, m) * weights * brems._fits(zs, pt2s, m, momentum)
    for value, expected in ((np.ones(n), np.ones_like(zs)), (z, zs), (np.sqrt(pt2), np.sqrt(pt2s)), ((pt2 > 0.1) * 1.0, pt2s > 0.1)):
        mean = np.sum(parts * expected) / parts.sum()
        error = np.std(weight * value) / np.sqrt(n)
        assert abs(np.mean(weight * value) - mean) < 4.5 * error + 3e-3 * mean

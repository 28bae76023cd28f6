"""P -> l nu Z' and phi': spinors with every mass eigenstate in the propagator, known limits, and the pole of an on-shell state."""

from itertools import product

import numpy as np
import pytest
from scipy.integrate import quad

import nusim
from nusim import pdg
from nusim.constants import F_K, F_PI, G_F, V_UD, V_US
from nusim.decays.couplings import couplings
from nusim.errors import ParameterError
from nusim.model.model import DarkNeutrino, Mediator, Physical, Portals
from nusim.production import boson_emission as be
from nusim.production.boson_emission import Line, boson_emission, lines
from tests.decays import spinors as sp
from tests.decays.phase_space import three_body_points, three_body_width

M_K, FV = pdg.mass(321), float(F_K * V_US)
LIGHT = Line(True, 0.0, np.array([0.0]), np.array([1 + 0j]), np.array([0j]))
"""One massless neutrino with unit coupling to a Z': the model of arXiv:1304.3460 and arXiv:1702.04187."""


def solved(card: str = "circle", **changes: object) -> nusim.Spectrum:
    return nusim.solve(nusim.read_model(card, set={key.replace("__", "."): value for key, value in changes.items()}))


def by_spinors(spectrum, boson, flavour, column, momenta, m_parent, masses):
    """|M|^2 per 2 (G f V)^2 for one event (l, nu_j, boson): the matrix product along the neutrino line, all states summed as they are."""
    found = couplings(spectrum)
    lepton, out, other = momenta
    q, parent = out + other, lepton + out + other
    m_out = found.masses[column]
    vectors = sp.polarisations(other, masses[2]) if boson == "zprime" else [None]
    dark = spectrum.U[[k for k, row in enumerate(spectrum.rows) if row.startswith("D")]]
    total = 0.0
    for a, b, eps in product(sp.SPINS, sp.SPINS, vectors):
        amplitude = 0j
        ket = sp.slash(parent) @ sp.LEFT @ sp.v_spinor(lepton, masses[0], a)
        for i, m_i in enumerate(found.masses):
            if boson == "zprime":
                n = spectrum.model.mediator.g_dark * complex((dark.conj().T @ dark)[column, i])
                vertex = sp.slash(eps) @ (n * sp.LEFT - (n.conjugate() * sp.RIGHT if found.majorana else 0))
            else:
                vertex = found.scalar_left[column, i] * sp.LEFT + found.scalar_right[column, i] * sp.RIGHT
            propagator = (sp.slash(q) + m_i * np.eye(4)) / (sp.contract(q, q) - m_i**2)
            bra = sp.bar(sp.u_spinor(out, m_out, b))
            amplitude += found.charged[flavour, i].conj() * (bra @ vertex @ propagator @ ket)
        total += abs(amplitude) ** 2
    return total


@pytest.mark.parametrize("boson", ["zprime", "phi"])
@pytest.mark.parametrize("majorana", [True, False])
@pytest.mark.parametrize("state", ["nu", "nu4", "nu5"])
def test_msq_is_that_of_dirac_algebra_with_every_state_in_the_propagator(boson: str, majorana: bool, state: str) -> None:
    mass, mediator = Physical(0.11, m4=0.044, mixing2=1e-4), Mediator(0.05, 0.07, 0.6)
    spectrum = nusim.solve(DarkNeutrino("test", "made for a test", majorana, (0.2, 0.5, 0.3), mass, mediator, Portals()))
    found = couplings(spectrum)
    several = lines(spectrum, boson, 1, state)
    columns = found.light if state == "nu" else (found.heavy(state),)
    m_boson = found.zprime.mass if boson == "zprime" else found.m_phi
    for line, column in zip(several, columns, strict=True):
        masses = (pdg.mass(13), line.m_out, m_boson)
        points, _ = three_body_points(M_K, masses, 6, np.random.default_rng(1))
        values = be.msq(line, points, M_K, m_boson, FV)
        expected = [2 * (G_F * FV) ** 2 * by_spinors(spectrum, boson, 1, column, p, M_K, masses) for p in points]
        assert np.allclose(values, expected, rtol=1e-7, atol=1e-12 * max(expected, default=0.0) + 1e-40)


@pytest.mark.parametrize("vector", [True, False])
@pytest.mark.parametrize("m_out", [0.0, 0.04])
def test_width_is_the_integral_of_msq(vector: bool, m_out: float) -> None:
    line = Line(vector, m_out, np.array([0.0, 0.6]), np.array([0.3, 0.2 + 0.1j]), np.array([0.0, 0.4j - 0.1]))
    m_boson, m_lepton = 0.08, pdg.mass(13)
    expected = three_body_width(M_K, (m_lepton, m_out, m_boson), lambda p: be.msq(line, p, M_K, m_boson, FV), nodes=48)
    found = be.width(line, M_K, m_lepton, np.array([m_boson, 0.5]), FV)
    assert np.isclose(found[0], expected, rtol=1e-8)
    assert found[1] == 0.0
    low, high = m_out + m_boson, M_K - m_lepton

    def over(phi):
        q = low + (high - low) * np.sin(phi) ** 2
        return float(be.spectrum_q2(line, np.array(q * q), M_K, m_lepton, m_boson, FV)) * 2 * q * (high - low) * np.sin(2 * phi)

    assert np.isclose(quad(over, 0, np.pi / 2, epsabs=0, epsrel=1e-10)[0], found[0], rtol=1e-8)


def test_one_massless_neutrino_grows_as_the_inverse_square_of_the_boson_mass() -> None:
    """Gamma -> G^2 f^2 V^2 g^2 M^5 / (3072 pi^3 m_Z'^2) without lepton mass, not suppressed by the lepton's helicity."""
    masses = np.array([1e-3, 1e-4])
    found = be.width(LIGHT, M_K, 0.0, masses, FV)
    expected = G_F**2 * FV**2 * M_K**5 / (3072 * np.pi**3 * masses**2)
    assert np.allclose(found, expected, rtol=1e-4)
    electron = float(be.width(LIGHT, M_K, pdg.mass(11), np.array(0.01), FV))
    muon = float(be.width(LIGHT, M_K, pdg.mass(13), np.array(0.01), FV))
    assert 1 < electron / muon < 2
    # two bodies: (m_e/m_mu)^2
    assert pdg.mass(11) ** 2 / pdg.mass(13) ** 2 < 1e-4


@pytest.mark.parametrize(("card", "parent"), [("circle", 321), ("triangle", 321), ("triangle", 211)])
def test_a_longitudinal_zprime_is_emitted_as_the_goldstone_boson(card: str, parent: int) -> None:
    """At fixed v_Phi and m_Z' = m_phi -> 0 the rates of Z' and phi' become equal: the sum over mass eigenstates tames 1/m_Z'^2."""
    rates = []
    end = pdg.mass(parent) - pdg.mass(13)
    for mass in (0.02 * end, 0.002 * end):
        spectrum = solved(card, mediator__m_zprime=mass, mediator__m_phi=mass, mediator__g_dark=mass)
        rates.append([boson_emission(spectrum, boson, parent, 13).width for boson in ("zprime", "phi")])
    assert abs(rates[0][0] / rates[0][1] - 1) < 0.02
    assert abs(rates[1][0] / rates[1][1] - 1) < 5e-4


def test_heavy_states_decouple_to_one_massless_neutrino() -> None:
    """Far above the meson the heavy states leave V_33 U_l3 / Q^2 alone."""
    spectrum = solved("triangle", physical__m5=300.0, mediator__m_zprime=0.1)
    found = boson_emission(spectrum, "zprime", 211, 11)
    assert found.width == 0.0  # muon flavour alone mixes
    found = boson_emission(spectrum, "zprime", 321, 13)
    one = couplings(spectrum)
    column = max(one.light, key=lambda k: abs(one.zprime.neutrino[k, k]))
    weight = abs(one.charged[1, column] * one.zprime.neutrino[column, column]) ** 2
    alone = float(be.width(LIGHT, M_K, pdg.mass(13), np.array(0.1), FV)) * weight
    assert np.isclose(found.width, alone, rtol=1e-4)
    assert found.on_shell == ()


def test_an_on_shell_state_leaves_the_finite_part_of_its_pole() -> None:
    """Breit-Wigner of a narrow state minus its narrow-width value tends to what is given; any path gives the same."""
    pole, m_boson, m_lepton = 0.25, 0.03, pdg.mass(13)
    line = Line(True, 0.0, np.array([0.0, pole]), np.array([-1.0, 1.0 + 0j]), np.array([0.0, 0.3 + 0j]))
    found = float(be.width(line, M_K, m_lepton, np.array(m_boson), FV))
    depth = be._DEPTH
    try:
        be._DEPTH = 0.35
        assert np.isclose(float(be.width(line, M_K, m_lepton, np.array(m_boson), FV)), found, rtol=1e-8)
    finally:
        be._DEPTH = depth
    low, high = m_boson**2, (M_K - m_lepton) ** 2
    half = 1e-4 * pole**2  # m Gamma
    wide = BreitWigner(line, half)

    def density(x):
        square = np.array(pole**2 + x + 0j)
        return float(be._density(wide, square, M_K, m_lepton, np.array(m_boson)).real) * FV**2

    def over(angle):
        x = half * np.tan(angle)
        return density(x) * (x * x + half * half) / half

    ends = np.arctan((low - pole**2) / half), np.arctan((high - pole**2) / half)
    total = quad(over, *ends, epsabs=0, epsrel=1e-10, limit=1000)[0]
    narrow = np.pi * density(0.0) * half
    assert abs(found) < 1e-3 * total
    assert np.isclose(total - narrow, found, rtol=5e-3)


class BreitWigner:
    """A line whose last state has a width, m Gamma = `half`."""

    def __init__(self, line, half):
        self.line, self.half = line, half
        self.vector, self.m_out = line.vector, line.m_out

    def sums(self, square):
        shift = np.where(self.line.masses > 0, 1j * self.half, 0)
        poles = 1 / (square[..., None] - self.line.masses**2 + shift)
        a, b = poles @ self.line.left, (self.line.masses * poles) @ self.line.right
        return a, b, np.conj(a), np.conj(b)


def test_names_and_refusals() -> None:
    spectrum = solved("triangle", mediator__m_zprime=0.1)
    found = boson_emission(spectrum, "zprime", 411, 13)
    assert found.on_shell == ("nu4", "nu5")
    assert found.width != 0
    assert boson_emission(spectrum, "zprime", 321, 13, "nu4").width == 0.0  # closed
    assert boson_emission(spectrum, "phi", 321, 13).width == 0.0
    assert boson_emission(spectrum, "zprime", 431, 13, "nu4").width > 0
    with pytest.raises(ParameterError, match="known: phi zprime"):
        boson_emission(spectrum, "Z", 321, 13)
    with pytest.raises(ParameterError, match="parent 111"):
        boson_emission(spectrum, "zprime", 111, 13)
    with pytest.raises(ParameterError, match="has no zprime"):
        boson_emission(nusim.solve(nusim.read_model("hnl")), "zprime", 321, 13)
    assert np.isclose(float(F_PI * V_UD), 0.1268, rtol=1e-3)

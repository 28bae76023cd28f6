"""Widths of production against |M|^2 from Dirac algebra integrated over phase space, quadrature, and limits."""

import numpy as np
import pytest
from scipy.integrate import quad

from nusim import pdg
from nusim.constants import G_F
from nusim.kernels.kinematics import two_body_energy, two_body_momentum
from nusim.production import leptonic, semileptonic
from nusim.production.processes import Leptonic, Process, processes
from nusim.production.semileptonic import Transition
from nusim.production.transitions import transitions
from tests.decays.phase_space import three_body_width
from tests.production import dirac

NONE = np.zeros(3)


def by_dirac(transition: Transition, m_lepton: float, m_heavy: float) -> float:
    """Width from spinors, the meson alone against the pair (N, l)."""
    parent = np.array([transition.m_parent, 0, 0, 0])

    def msq(momenta):
        values = np.empty(len(momenta))
        for k, (meson, heavy, lepton) in enumerate(momenta):
            q2 = np.array(dirac.contract(parent - meson, parent - meson))
            if transition.scalar_form is not None:
                currents = dirac.scalar_currents(parent, meson, *transition.scalar_form(q2))
            else:
                currents = dirac.vector_currents(parent, meson, transition.m_daughter, transition.vector_form(q2), 1)
            values[k] = dirac.meson_decay([heavy, lepton], (m_heavy, m_lepton), currents, True)[0]
        return 2 * G_F**2 * transition.factor * transition.ckm**2 * values

    return three_body_width(transition.m_parent, (transition.m_daughter, m_heavy, m_lepton), msq, nodes=24)


SOME = [t for t in transitions() if (t.parent, t.daughter) in ((321, 111), (411, -313), (431, 221), (521, -423), (531, -321))]


@pytest.mark.parametrize("transition", SOME, ids=lambda t: f"{t.parent}{t.daughter}")
@pytest.mark.parametrize(("lepton", "share"), [(13, 0.3), (13, 0.95), (11, 0.5)])
def test_semileptonic_widths_are_integrals_of_spinors(transition: Transition, lepton: int, share: float) -> None:
    m_lepton = pdg.mass(lepton)
    m_heavy = share * (transition.m_parent - transition.m_daughter - m_lepton)
    assert np.isclose(semileptonic.width(transition, m_lepton, m_heavy), by_dirac(transition, m_lepton, m_heavy), rtol=1e-6)


@pytest.mark.parametrize("transition", transitions(), ids=lambda t: f"{t.parent}{t.daughter}")
@pytest.mark.parametrize("lepton", [11, 13])
def test_quadrature_of_both_spectra(transition: Transition, lepton: int) -> None:
    m_lepton = pdg.mass(lepton)
    end = transition.m_parent - transition.m_daughter
    for m_heavy in np.array([0.0, 0.02, 0.999]) * (end - m_lepton):
        width = float(semileptonic.width(transition, m_lepton, m_heavy))
        low = m_lepton + m_heavy

        def over_root(phi, low=low, m_heavy=m_heavy):
            root = low + (end - low) * np.sin(phi) ** 2
            density = semileptonic.spectrum_q2(transition, np.array(root**2), m_lepton, m_heavy)
            return float(density) * 2 * root * (end - low) * np.sin(2 * phi)

        assert np.isclose(width, quad(over_root, 0, np.pi / 2, epsabs=0, epsrel=1e-8, limit=400)[0], rtol=1e-6)
        x, w = np.polynomial.legendre.leggauss(120)
        top = (transition.m_parent**2 + m_heavy**2 - (m_lepton + transition.m_daughter) ** 2) / (2 * transition.m_parent)
        # sin^2 for the square-root ends
        phi = (x + 1) * np.pi / 4
        energy = m_heavy + (top - m_heavy) * np.sin(phi) ** 2
        measure = (top - m_heavy) * np.sin(2 * phi) * np.pi / 4 * w
        total = np.sum(measure * semileptonic.spectrum_energy(transition, energy, m_lepton, m_heavy))
        assert np.isclose(total, width, rtol=5e-6)


def test_the_known_form_of_a_pseudoscalar_width() -> None:
    """C^2 G^2 V^2 / (128 pi^3 M^3) int dq^2/q^4 sqrt(lam lam) {f+^2 lam_h (2 q^2 - S - d^2/q^2)/3 + f0^2 (M^2-m^2)^2 (S - d^2/q^2)}."""
    t = transitions()[0]
    m_lepton, m_heavy = pdg.mass(13), 0.1
    m, n = t.m_parent, t.m_daughter
    total, gap = m_lepton**2 + m_heavy**2, m_lepton**2 - m_heavy**2

    def kallen(a, b, c):
        return a * a + b * b + c * c - 2 * (a * b + b * c + c * a)

    def density(q2):
        plus, zero = t.scalar_form(np.array(q2))
        lam_h, lam_l = kallen(m**2, n**2, q2), kallen(q2, m_lepton**2, m_heavy**2)
        even = plus**2 * lam_h * (2 * q2 - total - gap**2 / q2) / 3 + zero**2 * (m**2 - n**2) ** 2 * (total - gap**2 / q2)
        return np.sqrt(max(lam_h * lam_l, 0)) / q2**2 * even

    low, high = (m_lepton + m_heavy) ** 2, (m - n) ** 2
    value = quad(density, low, high, epsabs=0, epsrel=1e-10, limit=400)[0]
    expected = t.factor * G_F**2 * t.ckm**2 / (128 * np.pi**3 * m**3) * value
    assert np.isclose(semileptonic.width(t, m_lepton, m_heavy), expected, rtol=1e-8)


@pytest.mark.parametrize("process", [p for p in processes() if isinstance(p, Leptonic)], ids=lambda p: f"{p.parent}{p.products}")
@pytest.mark.parametrize("share", [0.0, 0.2, 0.9])
def test_leptonic_widths_are_integrals_of_spinors_and_spectra(process: Leptonic, share: float) -> None:
    m, m_l = pdg.mass(process.parent), pdg.mass(process.lepton)
    m_n = share * (m - m_l)
    width = float(process.width(m_n))

    def msq(momenta):
        return np.array([8 * G_F**2 * dirac.lepton_decay(p[[1, 2, 0]], (m_n, m_l), m, NONE, process.from_parent, True)[0] for p in momenta])

    if m_n > 0:
        assert np.isclose(three_body_width(m, (0.0, m_n, m_l), msq, nodes=24), width, rtol=1e-6)
    top = (m * m + m_n * m_n - m_l * m_l) / (2 * m)

    def energy(phi):
        e = m_n + (top - m_n) * np.sin(phi) ** 2
        return float(leptonic.spectrum_energy(m, m_l, m_n, np.array(e), process.from_parent)) * (top - m_n) * np.sin(2 * phi)

    assert np.isclose(quad(energy, 0, np.pi / 2, epsabs=0, epsrel=1e-9)[0], width, rtol=1e-7)


@pytest.mark.parametrize("process", [p for p in processes() if len(p.products) == 1], ids=lambda p: f"{p.parent}{p.products}")
@pytest.mark.parametrize("share", [0.1, 0.7, 0.99])
def test_two_body_widths_are_those_of_spinors(process: Process, share: float) -> None:
    m, m_x = pdg.mass(process.parent), pdg.mass(abs(process.products[0]))
    m_n = share * (m - m_x)
    q, e = float(two_body_momentum(m, m_n, m_x)), float(two_body_energy(m, m_n, m_x))
    momenta = [np.array([e, 0, 0, q]), np.array([m - e, 0, 0, -q])]
    if process.parent == 15:
        value = dirac.tau_decay(momenta, (m_n, m_x), m, NONE, process.vector, True)[0] * process.coupling**2
    else:
        f, ckm = process._inputs
        value = dirac.meson_decay(momenta, (m_n, m_x), [np.array([m, 0, 0, 0])], True)[0] * float(f * ckm) ** 2
    assert np.isclose(process.width(m_n), 2 * G_F**2 * value * q / (8 * np.pi * m**2), rtol=1e-8)


@pytest.mark.parametrize("process", processes(), ids=lambda p: f"{p.parent}{p.products}{p.antineutrino}")
def test_every_width_ends_at_threshold(process: Process) -> None:
    end = pdg.mass(process.parent) - sum(pdg.mass(abs(code)) for code in process.products)
    widths = process.width(np.array([0.0, 0.5 * end, end * (1 - 1e-6), end * (1 + 1e-12), 2 * end, 100.0]))
    assert np.all(np.isfinite(widths))
    assert widths[0] > 0
    assert widths[1] > 0
    assert 0 < widths[2] < 0.02 * widths[1]
    assert not widths[3:].any()
    assert not np.signbit(widths).any()


def test_form_factors_obey_their_constraints_at_zero() -> None:
    zero = np.array(0.0)
    for t in transitions():
        if t.scalar_form is not None:
            plus, scalar = t.scalar_form(zero)
            assert np.isclose(plus, scalar, rtol=1e-3)
        else:
            _, a0, a1, a2 = t.vector_form(zero)
            a3 = ((t.m_parent + t.m_daughter) * a1 - (t.m_parent - t.m_daughter) * a2) / (2 * t.m_daughter)
            # quark-model numbers are printed with two digits
            assert np.isclose(a0, a3, rtol=0.07)


def test_widths_broadcast_and_know_no_order() -> None:
    t = transitions()[3]
    leptons, masses = np.array([[0.0005], [0.1057]]), np.linspace(0, 2, 7)
    together = semileptonic.width(t, leptons, masses)
    assert together.shape == (2, 7)
    for i in range(2):
        for k in range(7):
            assert np.isclose(together[i, k], semileptonic.width(t, leptons[i, 0], masses[k]), rtol=1e-13, atol=0)

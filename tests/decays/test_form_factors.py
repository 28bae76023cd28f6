"""The pion form factor against a second writing of it, sum rules, and what is measured through it."""

import numpy as np
import pytest

from nusim.constants import ALPHA, V_UD
from nusim.decays import form_factors
from nusim.decays.form_factors import M_PION, pion_form_factor, pion_form_factor_squared

THRESHOLD = 4 * M_PION**2
HBARC2 = 0.1973269804**2
"""GeV^2 fm^2."""


def gounaris_sakurai(s: np.ndarray, m: float, gamma: float) -> np.ndarray:
    """One resonance as its paper writes it, with dh/ds by a finite difference."""

    def k(s: np.ndarray) -> np.ndarray:
        return np.sqrt(s - THRESHOLD) / 2

    def h(s: np.ndarray) -> np.ndarray:
        return 2 / np.pi * k(s) / np.sqrt(s) * np.log((np.sqrt(s) + 2 * k(s)) / (2 * M_PION))

    k0 = k(m * m)
    slope = (h(m * m * (1 + 1e-5)) - h(m * m * (1 - 1e-5))) / (2e-5 * m * m)
    d = 3 / np.pi * M_PION**2 / k0**2 * np.log((m + 2 * k0) / (2 * M_PION)) + m / (2 * np.pi * k0) - M_PION**2 * m / (np.pi * k0**3)
    f = gamma * m**2 / k0**3 * (k(s) ** 2 * (h(s) - h(m * m)) + (m * m - s) * k0**2 * slope)
    return m * m * (1 + d * gamma / m) / (m * m - s + f - 1j * m * gamma * (k(s) / k0) ** 3 * m / np.sqrt(s))


def test_sum_of_resonances_with_rho_omega_mixing() -> None:
    s = np.array([0.08, 0.1, 0.3, 0.55, 0.61, 1.0, 2.0, 4.0, 9.0])
    weights = np.array([1, 0.158 * np.exp(3.76j), 0.068 * np.exp(1.39j), 0.0051 * np.exp(0.70j)])
    rhos = [gounaris_sakurai(s, m, width) for m, width in ((0.77502, 0.14959), (1.493, 0.427), (1.861, 0.316), (2.254, 0.109))]
    mixing = 1.644e-3 * np.exp(-0.011j)
    with_omega = (1 + mixing * 0.78191**2 / (0.78191**2 - s - 1j * 0.78191 * 0.00813)) / (1 + mixing)
    for omega, first in ((False, 1.0), (True, with_omega)):
        expected = (weights[0] * rhos[0] * first + sum(c * rho for c, rho in zip(weights[1:], rhos[1:], strict=True))) / weights.sum()
        assert pion_form_factor(s, omega) == pytest.approx(expected, rel=1e-9)
        assert pion_form_factor_squared(s, omega) == pytest.approx(np.abs(expected) ** 2, rel=1e-9)


def test_peak_shape_and_threshold() -> None:
    s = np.linspace(0.5, 1.0, 20001) ** 2
    peak = pion_form_factor_squared(s, True)
    assert peak.max() == pytest.approx(45, rel=0.05)
    # the omega makes a cliff: down by a third within 10 MeV
    assert pion_form_factor_squared(0.788**2, True) < 0.75 * peak.max()
    assert pion_form_factor_squared(s, False).max() == pytest.approx(42, rel=0.03)
    closed = pion_form_factor_squared(np.array([[-1.0, 0.0], [THRESHOLD, 0.01]]), True)
    assert closed.shape == (2, 2)
    assert np.all(closed == 0.0)
    assert pion_form_factor_squared(THRESHOLD * (1 + 1e-12), False) > 1


def test_unit_charge_and_radius_by_dispersion() -> None:
    """F(0) = 1 and <r^2> = 0.43 fm^2 (PDG: 0.659 fm squared) from the imaginary part above threshold."""
    s = np.exp(np.linspace(np.log(THRESHOLD), np.log(400), 20001))
    imaginary = pion_form_factor(s, False).imag
    charge = np.trapezoid(imaginary, np.log(s)) / np.pi
    radius2 = 6 * HBARC2 * np.trapezoid(imaginary / s, np.log(s)) / np.pi
    assert charge == pytest.approx(1, abs=0.01)
    assert radius2 == pytest.approx(0.434, rel=0.02)


def test_muon_anomaly_of_pion_pairs() -> None:
    """a_mu(pi pi, below 1.8 GeV) = 514e-10 of BaBar, without final-state radiation and with vacuum polarisation: within 2%."""
    muon = 0.1056583745
    s = np.exp(np.linspace(np.log(THRESHOLD), np.log(1.8**2), 3001))
    x = (np.arange(2000) + 0.5) / 2000
    kernel = np.mean(x * x * (1 - x) / (x * x + (1 - x) * s[:, None] / muon**2), axis=1)
    ratio = (1 - THRESHOLD / s).clip(0) ** 1.5 * pion_form_factor_squared(s, True) / 4
    anomaly = (ALPHA / np.pi) ** 2 / 3 * np.trapezoid(kernel * ratio, np.log(s))
    assert anomaly == pytest.approx(514.1e-10, rel=0.02)


def test_tau_decay_into_two_pions() -> None:
    """BR(tau -> pi pi0 nu) = 25.49(9)% (PDG 2022) by CVC, BR(e) = 17.82%, S_EW = 1.0235: within 2%."""
    m2 = 1.77686**2
    s = np.linspace(THRESHOLD, m2, 20001)
    x = s / m2
    spectral = (1 - THRESHOLD / s) ** 1.5 * pion_form_factor_squared(s, False) / 12
    ratio = 6 * V_UD**2 * 1.0235 * np.trapezoid((1 - x) ** 2 * (1 + 2 * x) * spectral, x)
    assert 0.1782 * ratio == pytest.approx(0.2549, rel=0.02)


def test_pion_mass_is_the_particle_tables() -> None:
    from nusim import pdg

    assert pytest.approx(pdg.mass(211), rel=1e-6) == form_factors.M_PION

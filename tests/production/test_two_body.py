"""P -> l N: limits, and the polarisation from explicit spinors."""

import numpy as np
import pytest

from nusim import pdg
from nusim.constants import F_K, G_F, V_US
from nusim.kernels.kinematics import two_body_energy, two_body_momentum
from nusim.production.two_body import heavy_polarisation, production_ratio

MESONS = [(211, 11), (211, 13), (321, 11), (321, 13)]


def gammas() -> tuple[list[np.ndarray], np.ndarray]:
    """Dirac matrices gamma^mu and gamma^5 in the Weyl basis."""
    sigma = [np.eye(2), np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])]
    zero = np.zeros((2, 2))
    matrices = [np.block([[zero, s], [s if k == 0 else -s, zero]]) for k, s in enumerate(sigma)]
    return matrices, np.diag([-1, -1, 1, 1]).astype(complex)


def slash(p: np.ndarray) -> np.ndarray:
    matrices, _ = gammas()
    return sum(g * x for g, x in zip(matrices, p * np.array([1, -1, -1, -1]), strict=True))


def squared_amplitude(m_parent: float, m_lepton: float, m_heavy: float, helicity: int) -> float:
    """Sum over lepton spins of |u_N-bar pslash_P P_L v_l|^2 for N of one helicity along +z, from traces."""
    _, five = gammas()
    left, right = (np.eye(4) - five) / 2, (np.eye(4) + five) / 2
    q, e = float(two_body_momentum(m_parent, m_heavy, m_lepton)), float(two_body_energy(m_parent, m_heavy, m_lepton))
    heavy, lepton = np.array([e, 0, 0, q]), np.array([m_parent - e, 0, 0, -q])
    spin = helicity * np.array([q, 0, 0, e]) / m_heavy
    parent = slash(np.array([m_parent, 0, 0, 0]))
    projector = (slash(heavy) + m_heavy * np.eye(4)) @ (np.eye(4) + five @ slash(spin)) / 2
    antilepton = slash(lepton) - m_lepton * np.eye(4)
    return float(np.real(np.trace(projector @ parent @ left @ antilepton @ right @ parent)))


@pytest.mark.parametrize(("parent", "lepton"), MESONS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.97])
def test_polarisation_and_width_from_traces(parent: int, lepton: int, share: float) -> None:
    m_parent, m_lepton = pdg.mass(parent), pdg.mass(lepton)
    m_heavy = share * (m_parent - m_lepton)
    up, down = (squared_amplitude(m_parent, m_lepton, m_heavy, h) for h in (+1, -1))
    assert np.isclose((up - down) / (up + down), heavy_polarisation(m_parent, m_lepton, m_heavy), rtol=1e-9, atol=1e-12)
    # Gamma = (G_F f V)^2 / 2 * 2 ... : |M|^2 = 2 G_F^2 f^2 V^2 |...|^2 for f = 0.13 GeV, phase space q / (8 pi M^2)
    q = float(two_body_momentum(m_parent, m_heavy, m_lepton))
    width = 2 * G_F**2 * F_K**2 * V_US**2 * (up + down) * q / (8 * np.pi * m_parent**2)
    massless = G_F**2 * F_K**2 * V_US**2 * m_parent * m_lepton**2 / (8 * np.pi) * (1 - (m_lepton / m_parent) ** 2) ** 2
    assert np.isclose(width / massless, production_ratio(m_parent, m_lepton, m_heavy), rtol=1e-8)


@pytest.mark.parametrize(("parent", "lepton"), MESONS)
def test_limits(parent: int, lepton: int) -> None:
    m_parent, m_lepton = pdg.mass(parent), pdg.mass(lepton)
    assert np.isclose(production_ratio(m_parent, m_lepton, 0.0), 1.0, rtol=1e-12)
    just_open, just_closed = (production_ratio(m_parent, m_lepton, (m_parent - m_lepton) * (1 + s * 1e-9)) for s in (-1, 1))
    assert 0 < just_open < 1e-3 * production_ratio(m_parent, m_lepton, 0.9 * (m_parent - m_lepton))
    assert just_closed == 0.0
    assert production_ratio(m_parent, m_lepton, m_parent) == 0.0
    assert np.isclose(heavy_polarisation(m_parent, m_lepton, 1e-6 * m_lepton), -1.0, atol=1e-9)
    assert np.isclose(heavy_polarisation(m_parent, m_lepton, m_lepton), 0.0, atol=1e-12) or 2 * m_lepton > m_parent

"""Widths of a heavy neutrino into a lepton and one meson through W and Z, for unit mixing; masses in GeV.

Widths of a Dirac particle into one charge state. Sources: D. Gorbunov, M. Shaposhnikov, arXiv:0705.1729; K. Bondarenko et al.,
arXiv:1805.08567; re-derived by integration of |M|^2 in the tests. Vector mesons are taken as narrow.
"""

import numpy as np

from ..constants import F_K, F_K_STAR, F_OMEGA, F_PHI, F_PI, F_RHO, F_S, G_F, PHI_ETA, SIN2_THETA_W, V_UD, V_US
from ..kernels.arrays import Array, ArrayLike

CHARGED_PSEUDOSCALARS = {"pi+": float(F_PI * V_UD), "K+": float(F_K * V_US)}
"""f_P V_CKM of each meson, GeV."""

NEUTRAL_PSEUDOSCALARS = {
    "pi0": float(F_PI),
    "eta": float(F_S * np.sin(PHI_ETA) / np.sqrt(2)),
    "eta'": float(F_S * np.cos(PHI_ETA) / np.sqrt(2)),
}
"""Decay constant of each meson for the axial current u-bar u - d-bar d - s-bar s of the Z, GeV."""

CHARGED_VECTORS = {"rho+": float(F_RHO * V_UD), "K*+": float(F_K_STAR * V_US)}
"""f_V V_CKM of each meson, GeV."""

NEUTRAL_VECTORS = {
    "rho0": float(F_RHO * (1 - 2 * SIN2_THETA_W)),
    "omega": float(F_OMEGA * 2 * SIN2_THETA_W / 3),
    "phi_meson": float(F_PHI * np.sqrt(2) * (0.5 - 2 * SIN2_THETA_W / 3)),
}
"""f_V times the coupling of its vector current to the Z (modulus), GeV."""


def _sqrt_kallen(x: Array, y: Array) -> Array:
    product = (1 - x - y) * (1 + x + y) * (1 - x + y) * (1 + x - y)
    result: Array = np.sqrt(np.where(x + y < 1, np.maximum(product, 0.0), 0.0))
    return result


def width_lepton_pseudoscalar(mass: ArrayLike, m_lepton: float, m_meson: float, coupling: float) -> Array:
    """N -> l- P+; `coupling` = f_P V in GeV."""
    mass = np.asarray(mass, float)
    x, y = m_lepton / mass, m_meson / mass
    result: Array = G_F**2 * coupling**2 * mass**3 / (16 * np.pi) * _sqrt_kallen(x, y) * ((1 - x**2) ** 2 - y**2 * (1 + x**2))
    return result


def width_lepton_vector(mass: ArrayLike, m_lepton: float, m_meson: float, coupling: float) -> Array:
    """N -> l- V+; `coupling` = f_V V in GeV."""
    mass = np.asarray(mass, float)
    x, y = m_lepton / mass, m_meson / mass
    result: Array = G_F**2 * coupling**2 * mass**3 / (16 * np.pi) * _sqrt_kallen(x, y) * ((1 - x**2) ** 2 + y**2 * (1 + x**2) - 2 * y**4)
    return result


def width_nu_pseudoscalar(mass: ArrayLike, m_meson: float, coupling: float) -> Array:
    """N -> nu P0; `coupling` = f_P in GeV."""
    mass = np.asarray(mass, float)
    y = np.minimum(m_meson / mass, 1.0)
    result: Array = G_F**2 * coupling**2 * mass**3 / (32 * np.pi) * (1 - y**2) ** 2
    return result


def width_nu_vector(mass: ArrayLike, m_meson: float, coupling: float) -> Array:
    """N -> nu V0; `coupling` = f_V kappa_V in GeV."""
    mass = np.asarray(mass, float)
    y = np.minimum(m_meson / mass, 1.0)
    result: Array = G_F**2 * coupling**2 * mass**3 / (32 * np.pi) * (1 + 2 * y**2) * (1 - y**2) ** 2
    return result


def asymmetry_lepton_pseudoscalar(mass: float, m_lepton: float, m_meson: float) -> float:
    """alpha of dGamma/dcos ~ 1 - alpha cos, the angle between spin and lepton of N -> l- P+."""
    x, y = np.asarray(m_lepton / mass), np.asarray(m_meson / mass)
    return float(_sqrt_kallen(x, y) * (1 - x**2) / ((1 - x**2) ** 2 - y**2 * (1 + x**2)))


def asymmetry_lepton_vector(mass: float, m_lepton: float, m_meson: float) -> float:
    """alpha of dGamma/dcos ~ 1 - alpha cos, the angle between spin and lepton of N -> l- V+, V spins summed."""
    x, y = np.asarray(m_lepton / mass), np.asarray(m_meson / mass)
    return float(_sqrt_kallen(x, y) * (1 - x**2 - 2 * y**2) / ((1 - x**2) ** 2 + y**2 * (1 + x**2) - 2 * y**4))


def asymmetry_nu_vector(mass: float, m_meson: float) -> float:
    """alpha of dGamma/dcos ~ 1 - alpha cos, the angle between spin and neutrino of N -> nu V0."""
    y = m_meson / mass
    return (1 - 2 * y**2) / (1 + 2 * y**2)

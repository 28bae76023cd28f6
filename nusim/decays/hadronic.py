"""Widths of a heavy neutrino into a lepton and one meson through W and Z, for unit mixing; masses in GeV.

Widths of a Dirac particle into one charge state. Source: K. Bondarenko et al., arXiv:1805.08567, sec. 3.2.1; each is compared in the
tests with |M|^2 from explicit spinors. Vector mesons are taken as narrow, but for the rho, which is in `two_pions`. All are zero below
threshold.
"""

import math

import numpy as np

from ..constants import (
    F_D,
    F_D_STAR,
    F_DS,
    F_DS_STAR,
    F_ETA_C,
    F_J_PSI,
    F_K,
    F_K_STAR,
    F_OMEGA,
    F_PHI,
    F_PI,
    F_S,
    G_F,
    PHI_ETA,
    SIN2_THETA_W,
    V_CD,
    V_CS,
    V_UD,
    V_US,
)
from ..kernels.arrays import Array, ArrayLike
from ..kernels.kinematics import kallen_sqrt

CHARGED_PSEUDOSCALARS = {"pi+": float(F_PI * V_UD), "K+": float(F_K * V_US), "D+": float(F_D * V_CD), "Ds+": float(F_DS * V_CS)}
"""f_P V_CKM of each meson, GeV."""

NEUTRAL_PSEUDOSCALARS = {
    "pi0": float(F_PI),
    "eta": float(F_S * np.sin(PHI_ETA) / np.sqrt(2)),
    "eta'": float(F_S * np.cos(PHI_ETA) / np.sqrt(2)),
    "eta_c": float(F_ETA_C / np.sqrt(2)),
}
"""Decay constant of each meson for the axial current u-bar u - d-bar d - s-bar s + c-bar c of the Z, GeV."""

CHARGED_VECTORS = {"K*+": float(F_K_STAR * V_US), "D*+": float(F_D_STAR * V_CD), "Ds*+": float(F_DS_STAR * V_CS)}
"""f_V V_CKM of each meson, GeV."""

NEUTRAL_VECTORS = {
    "omega": float(F_OMEGA * 2 * SIN2_THETA_W / 3),
    "phi_meson": float(F_PHI * np.sqrt(2) * (0.5 - 2 * SIN2_THETA_W / 3)),
    "J/psi": float(F_J_PSI * np.sqrt(2) * (0.5 - 4 * SIN2_THETA_W / 3)),
}
"""f_V times the coupling of its vector current to the Z (modulus), GeV."""

THEORY_NOTES = {
    "eta": "decay constant from eta-eta' mixing of hep-ph/9802409, a literature input",
    "eta'": "decay constant from eta-eta' mixing of hep-ph/9802409, a literature input",
    "rho+": "two pions with the measured form factor of the isovector current",
    "rho0": "two pions with the measured form factor of the isovector current",
}
"""What to know of a meson's channels."""


def width_lepton_pseudoscalar(mass: ArrayLike, m_lepton: ArrayLike, m_meson: ArrayLike, coupling: ArrayLike) -> Array:
    """N -> l- P+; `coupling` = f_P V in GeV."""
    mass = np.asarray(mass, float)
    x, y = np.asarray(m_lepton) / mass, np.asarray(m_meson) / mass
    root = kallen_sqrt(mass, m_lepton, m_meson)
    result: Array = G_F**2 * np.square(coupling) * mass / (16 * np.pi) * root * ((1 - x**2) ** 2 - y**2 * (1 + x**2))
    return result


def width_lepton_vector(mass: ArrayLike, m_lepton: ArrayLike, m_meson: ArrayLike, coupling: ArrayLike) -> Array:
    """N -> l- V+; `coupling` = f_V V in GeV."""
    mass = np.asarray(mass, float)
    x, y = np.asarray(m_lepton) / mass, np.asarray(m_meson) / mass
    root = kallen_sqrt(mass, m_lepton, m_meson)
    result: Array = G_F**2 * np.square(coupling) * mass / (16 * np.pi) * root * ((1 - x**2) ** 2 + y**2 * (1 + x**2) - 2 * y**4)
    return result


def width_nu_pseudoscalar(mass: ArrayLike, m_meson: ArrayLike, coupling: ArrayLike) -> Array:
    """N -> nu P0; `coupling` = f_P in GeV."""
    mass = np.asarray(mass, float)
    y = np.minimum(np.asarray(m_meson) / mass, 1.0)
    result: Array = G_F**2 * np.square(coupling) * mass**3 / (32 * np.pi) * (1 - y**2) ** 2
    return result


def width_nu_vector(mass: ArrayLike, m_meson: ArrayLike, coupling: ArrayLike) -> Array:
    """N -> nu V0; `coupling` = f_V kappa_V in GeV."""
    mass = np.asarray(mass, float)
    y = np.minimum(np.asarray(m_meson) / mass, 1.0)
    result: Array = G_F**2 * np.square(coupling) * mass**3 / (32 * np.pi) * (1 + 2 * y**2) * (1 - y**2) ** 2
    return result


def _root(x: float, y: float) -> float:
    """sqrt lam(1, x^2, y^2), by plain numbers: tables ask for many."""
    return math.sqrt(max((1 - x - y) * (1 + x + y) * (1 - x + y) * (1 + x - y), 0.0))


def asymmetry_lepton_pseudoscalar(mass: float, m_lepton: float, m_meson: float) -> float:
    """alpha of dGamma/dcos ~ 1 - alpha cos, the angle between spin and lepton of N -> l- P+."""
    x, y = m_lepton / mass, m_meson / mass
    return _root(x, y) * (1 - x**2) / ((1 - x**2) ** 2 - y**2 * (1 + x**2))


def asymmetry_lepton_vector(mass: float, m_lepton: float, m_meson: float) -> float:
    """alpha of dGamma/dcos ~ 1 - alpha cos, the angle between spin and lepton of N -> l- V+, V spins summed."""
    x, y = m_lepton / mass, m_meson / mass
    return _root(x, y) * (1 - x**2 - 2 * y**2) / ((1 - x**2) ** 2 + y**2 * (1 + x**2) - 2 * y**4)


def asymmetry_nu_vector(mass: float, m_meson: float) -> float:
    """alpha of dGamma/dcos ~ 1 - alpha cos, the angle between spin and neutrino of N -> nu V0."""
    y = m_meson / mass
    return (1 - 2 * y**2) / (1 + 2 * y**2)

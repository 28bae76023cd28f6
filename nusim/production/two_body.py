"""Two-body decays into a heavy neutrino: P -> l N, and tau -> N and a meson; widths and polarisation."""

import numpy as np

from ..constants import G_F
from ..decays.hadronic import asymmetry_lepton_pseudoscalar, asymmetry_lepton_vector
from ..kernels.arrays import Array, ArrayLike


def _helicity_weight(x_lepton: ArrayLike, x_heavy: ArrayLike) -> Array:
    """x_l^2 + x_N^2 - (x_l^2 - x_N^2)^2: what chirality leaves of P -> l N."""
    a, b = np.asarray(x_lepton, float) ** 2, np.asarray(x_heavy, float) ** 2
    result: Array = a + b - (a - b) ** 2
    return result


def _sqrt_kallen(x_lepton: ArrayLike, x_heavy: ArrayLike) -> Array:
    a, b = np.asarray(x_lepton, float), np.asarray(x_heavy, float)
    product = (1 - a - b) * (1 + a + b) * (1 - a + b) * (1 + a - b)
    result: Array = np.sqrt(np.where(a + b < 1, np.maximum(product, 0.0), 0.0))
    return result


def production_ratio(m_parent: float, m_lepton: float, m_heavy: ArrayLike) -> Array:
    """Width of P -> l N over that of P -> l nu, for unit mixing: 1 for a massless N, 0 at threshold.

    Masses in GeV; broadcasts over `m_heavy`. Helicity suppression lifted by the heavy mass makes it
    exceed 1 by orders of magnitude for electrons. Source: R. Shrock, Phys. Rev. D 24 (1981) 1232.
    """
    x_lepton = m_lepton / m_parent
    x_heavy = np.asarray(m_heavy, float) / m_parent
    ratio: Array = _sqrt_kallen(x_lepton, x_heavy) * _helicity_weight(x_lepton, x_heavy)
    return ratio / (x_lepton**2 * (1 - x_lepton**2) ** 2)


def heavy_polarisation(m_parent: float, m_lepton: float, m_heavy: ArrayLike) -> Array:
    """Polarisation along its momentum, in the meson's rest frame, of the N of P+ -> l+ N; the opposite for P-.

    -1 for a massless N (a left-handed neutrino), 0 where m_N = m_l, towards +1 for m_l << m_N; 0 beyond threshold.
    From the V-A amplitude f p_P^mu [u_N gamma_mu P_L v_l]; checked against spinors in the tests.
    """
    x_lepton = m_lepton / m_parent
    x_heavy = np.asarray(m_heavy, float) / m_parent
    polarisation: Array = (x_heavy**2 - x_lepton**2) * _sqrt_kallen(x_lepton, x_heavy) / _helicity_weight(x_lepton, x_heavy)
    return polarisation


def width_meson(m_parent: float, m_lepton: float, m_heavy: ArrayLike, coupling: float) -> Array:
    """Width in GeV of P -> l N for unit mixing; `coupling` = f V in GeV; 0 beyond threshold.

    G_F^2 f^2 V^2 M^3 / (8 pi) sqrt(lam) [x_l^2 + x_N^2 - (x_l^2 - x_N^2)^2]. Source: arXiv:1805.08567, eq. 2.5.
    """
    x_lepton, x_heavy = m_lepton / m_parent, np.asarray(m_heavy, float) / m_parent
    shape = _sqrt_kallen(x_lepton, x_heavy) * _helicity_weight(x_lepton, x_heavy)
    result: Array = G_F**2 * coupling**2 * m_parent**3 / (8 * np.pi) * np.where(x_lepton + x_heavy < 1, shape, 0.0)
    return result


def width_tau(m_parent: float, m_meson: float, m_heavy: ArrayLike, coupling: float, vector: bool) -> Array:
    """Width in GeV of tau -> N P, or N V if `vector`, for unit mixing; `coupling` = f V_CKM in GeV; 0 beyond threshold.

    G_F^2 f^2 V^2 M^3 / (16 pi) sqrt(lam) times (1 - x^2)^2 - y^2 (1 + x^2), or (1 - x^2)^2 + y^2 (1 + x^2) - 2 y^4, with x of N and y of
    the meson: the widths of N -> l P and l V with N and lepton in each other's place. Vector mesons are narrow.
    """
    x, y = np.asarray(m_heavy, float) / m_parent, m_meson / m_parent
    a, b = x**2, y**2
    weight = (1 - a) ** 2 + b * (1 + a) - 2 * b**2 if vector else (1 - a) ** 2 - b * (1 + a)
    shape = np.where(x + y < 1, _sqrt_kallen(x, y) * weight, 0.0)
    result: Array = G_F**2 * coupling**2 * m_parent**3 / (16 * np.pi) * shape
    return result


def tau_asymmetry(m_parent: float, m_meson: float, m_heavy: float, vector: bool) -> float:
    """alpha of dGamma/dcos ~ 1 + alpha P cos for tau-, cos between its polarisation P and N: the meson goes with -alpha.

    sqrt(lam) (1 - x^2) / [(1 - x^2)^2 - y^2 (1 + x^2)], or sqrt(lam) (1 - x^2 - 2 y^2) / [...], negative: N is mostly emitted against
    the spin of tau-, as the neutrino is. Returned with that sign.
    """
    asymmetry = asymmetry_lepton_vector if vector else asymmetry_lepton_pseudoscalar
    return -asymmetry(m_parent, m_heavy, m_meson)

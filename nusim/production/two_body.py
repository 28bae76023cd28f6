"""Charged pseudoscalar mesons into a charged lepton and a heavy neutrino: branching ratio and polarisation."""

import numpy as np

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

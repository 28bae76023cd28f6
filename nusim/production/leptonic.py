"""tau -> N l nubar, tau -> nu l N and mu -> e N nu, both ways: widths and spectra for unit mixing, masses in GeV.

The neutrino that mixes is either the one on the parent's line (`from_parent`: tau- -> N l- nubar_l, through U_tau) or the one that
comes with the lepton (tau- -> nu_tau l- Nbar, through U_l). The widths are equal, spectra and polarisation are not:
|M|^2, averaged over the parent's spin and summed over the others, is 64 G_F^2 (p.nubar)(N.l) and 64 G_F^2 (p.N)(l.nu).
Source: R. Shrock, Phys. Rev. D 24 (1981) 1275; I(x, y, z) of arXiv:1805.08567, sec. 3.1.1.
"""

import numpy as np

from ..constants import G_F
from ..decays.leptonic import chiral_integral, unit_width
from ..kernels.arrays import Array, ArrayLike
from ..kernels.kinematics import kallen_sqrt


def width(m_parent: float, m_lepton: float, m_heavy: ArrayLike) -> Array:
    """Width in GeV of either way, for unit mixing; 0 below threshold."""
    heavy = np.asarray(m_heavy, float)
    result: Array = unit_width(m_parent) * chiral_integral(m_lepton / m_parent, heavy / m_parent, 0.0)
    return result


def spectrum_energy(m_parent: float, m_lepton: float, m_heavy: float, energy: Array, from_parent: bool) -> Array:
    """dGamma/dE_N, dimensionless, of an unpolarised parent at rest; 0 outside phase space.

    N recoils against K = l + nu with s = K^2: the mean of l^mu nu^nu over the pair's directions is
    (s - m_l^2) [(s - m_l^2) g^{mu nu} / (12 s) + (s + 2 m_l^2) K^mu K^nu / (6 s^2)], and l.nu = (s - m_l^2)/2.
    """
    energy = np.asarray(energy, float)
    m, b, n = m_parent, m_lepton, m_heavy
    s = m * m + n * n - 2 * m * energy
    inside = (energy > n) & (s > b * b)
    s = np.where(inside, s, max(b * b, 1e-30 * m * m))
    momentum = np.sqrt(np.maximum(energy - n, 0.0) * (energy + n))
    free = s - b * b
    p_dot_n = m * energy
    if from_parent:
        # l^mu nubar^nu contracted with N_mu p_nu
        p_dot_k, n_dot_k = m * (m - energy), (m * m - n * n - s) / 2
        pair = free * p_dot_n / (12 * s) + (s + 2 * b * b) * p_dot_k * n_dot_k / (6 * s * s)
        density = 64 * G_F**2 * pair * free * free / (8 * np.pi * s)
    else:
        density = 64 * G_F**2 * p_dot_n * free / 2 * free / (8 * np.pi * s)
    result: Array = np.where(inside, density * momentum / (4 * np.pi**2) / (2 * m), 0.0)
    return result


def spectrum_recoil(m_parent: float, m_lepton: float, m_heavy: float, s: Array, from_parent: bool) -> Array:
    """dGamma/ds of an unpolarised parent, GeV^-1, in the invariant from which events are drawn; 0 outside phase space.

    s = (N + l)^2 where N is on the parent's line, else (l + nu)^2.
    """
    spectator, first, second = (0.0, m_heavy, m_lepton) if from_parent else (m_heavy, m_lepton, 0.0)
    root = np.sqrt(s)
    inside = (root > first + second) & (root < m_parent - spectator)
    roots = kallen_sqrt(m_parent, root, spectator) * kallen_sqrt(root, first, second)
    products = (m_parent**2 + spectator**2 - s) / 2 * (s - first**2 - second**2) / 2
    density = 64 * G_F**2 * products * roots / np.where(inside, s, 1.0) / (256 * np.pi**3 * m_parent**3)
    return np.where(inside, density, 0.0)

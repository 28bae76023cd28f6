"""A heavy neutrino's decay into a lepton and two pions through the vector current, rho and its tails included; masses in GeV.

The two pions have the measured form factor F(s) of the isovector current, of which the neutral current holds the same one (CVC). A narrow
vector meson of mass^2 s with f_V^2 -> ds beta^3 |F|^2 / (24 pi^2) gives the width: the spectral function of tau -> pi pi0 nu is
beta^3 |F|^2 / 12 (M. Davier, A. Hoecker, Z. Zhang, hep-ph/0507078). Compared in the tests with |M|^2 from explicit spinors.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from .. import pdg
from ..constants import G_F, SIN2_THETA_W, V_UD
from ..kernels.arrays import Array, IntArray
from .form_factors import M_PION, pion_form_factor_squared

NEUTRAL_COUPLING = float(1 - 2 * SIN2_THETA_W)
"""Of the isovector current to the Z, in units of the charged one's."""
_BREAKS = (0.4, 0.55, 0.7, 0.95, 1.5, 2.2, 3.2, 4.2, 4.8, 5.4, 6.5, 9.0, 20.0, 60.0, 200.0, 800.0, 4000.0)
"""GeV^2: ends of pieces no wider than the rho's line or what follows it."""
_NODES, _LAST_NODES = 16, 32
_CHARGED_THRESHOLD = 4 * M_PION**2 * (1 + 1e-9)
_CHUNK = 256
"""Masses that are worked on together."""


@cache
def pair_masses(charged: bool) -> tuple[float, float]:
    """Masses of pi+ and pi0, or of pi+ and pi-."""
    pion = pdg.mass(211)
    return (pion, pdg.mass(111)) if charged else (pion, pion)


def isovector_squared(s: Array) -> Array:
    """|F(s)|^2 of the isovector current; below two charged pions, where pi+ pi0 is open by a little, its value there."""
    return pion_form_factor_squared(np.maximum(s, _CHARGED_THRESHOLD), False)


def piece_ends(low: float, high: float) -> Array:
    """Angles phi, ascending, of the ends of the pieces of s = low + (high - low) sin^2 phi."""
    inside = np.array([one for one in _BREAKS if low < one < high])
    return np.concatenate([[0.0], np.arcsin(np.sqrt((inside - low) / (high - low))), [np.pi / 2]])


def spectral_density(s: Array, above: Array, m_first: float, m_second: float) -> Array:
    """beta^3 |F(s)|^2 / (24 pi^2), what stands for f_V^2 of a narrow meson per GeV^2; `above` is s less its least value."""
    beta2 = above * (s - (m_first - m_second) ** 2) / s**2
    result: Array = beta2 * np.sqrt(beta2) * isovector_squared(s) / (24 * np.pi**2)
    return result


class _Fixed(NamedTuple):
    """Ends (k + 1,) of pieces of s, GeV^2, and quadrature points in them, shape (j,), with the density times the weight."""

    ends: Array
    s: Array
    strength: Array
    piece: IntArray


@cache
def _fixed(charged: bool) -> _Fixed:
    masses = pair_masses(charged)
    ends = np.array([sum(masses) ** 2, *_BREAKS])
    x, w = np.polynomial.legendre.leggauss(_NODES)
    t, w = (x + 1) / 2, w / 2
    low, size = ends[:-1, None], np.diff(ends)[:, None]
    above, measure = size * t, size * w
    # beta^3 is smooth in the root of s above threshold
    above[0], measure[0] = size[0] * t**2, size[0] * 2 * t * w
    above = (low - ends[0] + above).ravel()
    s = ends[0] + above
    strength = spectral_density(s, above, *masses) * measure.ravel()
    return _Fixed(ends, s, strength, np.repeat(np.arange(len(_BREAKS)), _NODES))


@cache
def _last_rule() -> tuple[Array, Array, Array]:
    """Distances of s from its ends, and weights, over the range."""
    x, w = np.polynomial.legendre.leggauss(_LAST_NODES)
    phi = (x + 1) * np.pi / 4
    return np.sin(phi) ** 2, np.cos(phi) ** 2, w * np.pi / 4 * np.sin(2 * phi)


def two_pion_width(mass: Array, m_lepton: float, charged: bool) -> Array:
    """N -> l- pi+ pi0 for unit mixing, or, not `charged`, N -> nu pi+ pi- with a massless lepton; shape (n,), 0 where closed.

    Relative accuracy 1e-6 for the given form factor (1e-5 within 0.2 GeV of the threshold of pi+ pi0, where it has a kink), tested against
    adaptive quadrature to 60 GeV.
    """
    mass = np.asarray(mass, float)
    out, rows = np.zeros(mass.shape), np.flatnonzero(mass > m_lepton + sum(pair_masses(charged)))
    for first in range(0, len(rows), _CHUNK):
        some = rows[first : first + _CHUNK]
        out[some] = _open_width(mass[some], m_lepton, charged)
    return out


def _open_width(mass: Array, m_lepton: float, charged: bool) -> Array:
    """Pieces well below the largest s at fixed points, where the density is known, the last two at points of their own."""
    fixed, masses, m = _fixed(charged), pair_masses(charged), mass[:, None]
    low, room = fixed.ends[0], m - m_lepton - sum(masses)
    span = room * (m - m_lepton + sum(masses))
    within = np.searchsorted(fixed.ends, low + span[:, 0], side="right") - 1
    start = np.maximum(within - 1, 0)
    used = int(start.max()) * _NODES
    s = fixed.s[:used]
    total = np.sum(
        np.where(fixed.piece[:used] < start[:, None], _narrow(m, m_lepton, s, (m - m_lepton) ** 2 - s) * fixed.strength[:used], 0.0), axis=1
    )
    upward, downward, weights = _last_rule()
    before = (fixed.ends[start] - low)[:, None]
    rest = span - before
    above, below = before + rest * upward, rest * downward
    s = low + above
    total += np.sum(_narrow(m, m_lepton, s, below) * spectral_density(s, above, *masses) * weights, axis=1) * rest[:, 0]
    result: Array = G_F**2 / (16 * np.pi) * (V_UD**2 if charged else NEUTRAL_COUPLING**2 / 2) * mass**3 * total
    return result


def _narrow(m: Array, m_lepton: float, s: Array, below: Array) -> Array:
    """Width of a narrow vector meson of mass^2 s in units of G^2 f^2 M^3 / (16 pi); `below`: (M - m_lepton)^2 - s."""
    x2, y2 = (m_lepton / m) ** 2, s / m**2
    root = np.sqrt(np.maximum(below, 0.0) * (below + 4 * m * m_lepton)) / m**2
    result: Array = root * ((1 - x2) ** 2 + y2 * (1 + x2 - 2 * y2))
    return result

"""Leptonic widths of a heavy neutrino through W and Z, for unit mixing; masses in GeV, broadcast together.

All are widths of a DIRAC particle into one charge state and one lepton number. A Majorana neutrino also has the conjugate of
each: two listed channels where a charged lepton tells them apart, twice the width where only the light neutrino does.
"""

from collections.abc import Callable

import numpy as np

from ..constants import ALPHA, G_F
from ..kernels.arrays import Array, ArrayLike, BoolArray

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(96)
# s = low + (high - low) sin^2(phi) turns the square-root ends of phase space into smooth ones
_PHI = (_NODES + 1) * np.pi / 4
_ABOVE, _BELOW = np.sin(_PHI) ** 2, np.cos(_PHI) ** 2
_MEASURE = _WEIGHTS * np.pi / 4 * np.sin(2 * _PHI)
_CHIRAL_MEASURE = _MEASURE * np.sqrt(_ABOVE * _BELOW)
_CHUNK = 64
"""Points whose quadratures are worked on together: they stay in the processor's cache."""


def unit_width(mass: ArrayLike) -> Array:
    """Gamma_0 = G_F^2 M^5 / (192 pi^3): the width into three neutrinos of all flavours."""
    result: Array = G_F**2 * np.asarray(mass, float) ** 5 / (192 * np.pi**3)
    return result


def _at_open(integral: Callable[..., Array], is_open: BoolArray, *arguments: Array) -> Array:
    """`integral` of the arguments where it is open, 0 elsewhere."""
    out, rows = np.zeros(is_open.shape), np.flatnonzero(is_open)
    flat = [argument.ravel()[rows] for argument in arguments]
    values = [integral(*(one[first : first + _CHUNK, None] for one in flat)) for first in range(0, len(rows), _CHUNK)]
    if values:
        out.ravel()[rows] = np.concatenate(values)
    return out


def chiral_integral(x: ArrayLike, y: ArrayLike, z: ArrayLike) -> Array:
    """I(x, y, z): the phase-space integral of a pure V-A current-current decay over its massless value.

    12 int ds/s (s - x^2 - y^2)(1 + z^2 - s) sqrt lam(s, x^2, y^2) sqrt lam(1, s, z^2) from (x+y)^2 to (1-z)^2, with mass ratios
    to the parent. Totally symmetric, 1 for massless products, 0 when x + y + z >= 1. Source: K. Bondarenko et al.,
    arXiv:1805.08567, sec. 3.1.1; relative accuracy 1e-9 or better (tested against 30 digits).
    """
    x, y, z = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float), np.asarray(z, float))
    return _at_open(_chiral, x + y + z < 1, x, y, z)


def _chiral(x: Array, y: Array, z: Array) -> Array:
    """I of open points (n, 1), from the distances of s to its ends: nothing cancels at threshold."""
    span = (1 - z - x - y) * (1 - z + x + y)
    above, below, xy = span * _ABOVE, span * _BELOW, x * y
    integrand = (above + 2 * xy) * (below + 2 * z) * np.sqrt((above + 4 * xy) * (below + 4 * z)) / (above + (x + y) ** 2)
    result: Array = 12 * span[:, 0] ** 2 * (integrand @ _CHIRAL_MEASURE)
    return result


def interference_integral(x: ArrayLike) -> Array:
    """f_2(x): the interference of left- and right-handed lepton currents in nu l- l+, mass ratio x = m_l / M.

    24 x^2 int ds/s (1 - s)^2 sqrt(s (s - 4 x^2)) from 4 x^2 to 1, in the lepton pair's rapidity eta, s = 4 x^2 cosh^2(eta), where
    nothing is singular or cancels. 8 x^2 for small x, 0 at x = 0 and when 2 x >= 1. The factor 4 that other papers write outside is inside.
    """
    x = np.asarray(x, float)
    return _at_open(_interference, (x > 0) & (2 * x < 1), x)


def _interference(x: Array) -> Array:
    """f_2 of open points (n, 1)."""
    end = np.arcsinh(np.sqrt((1 - 2 * x) * (1 + 2 * x)) / (2 * x))
    up, last = np.exp(end * ((_NODES + 1) / 2)), np.exp(end)
    down = 1 / up
    below = x**2 * (last * up - down / last) * (last * down - up / last)  # 1 - s
    result: Array = 24 * (x**4 * end)[:, 0] * ((below * (up - down)) ** 2 @ _WEIGHTS)
    return result


def width_three_neutrinos(mass: ArrayLike) -> Array:
    """N -> 3 nu, all flavours summed: Gamma_0."""
    return unit_width(mass)


def width_nu_lepton_pair(mass: ArrayLike, m_lepton: float, g_left: float, g_right: float) -> Array:
    """N -> nu l- l+ with couplings g_left (charged current included for the matching flavour) and g_right.

    Gamma_0 [(g_L^2 + g_R^2) f_1(x) + g_L g_R f_2(x)], f_1 = I(0, x, x). Valid while the bosons are heavy: M << m_W.
    """
    x = m_lepton / np.asarray(mass, float)
    result: Array = unit_width(mass) * ((g_left**2 + g_right**2) * chiral_integral(0.0, x, x) + g_left * g_right * interference_integral(x))
    return result


def width_nu_two_flavours(mass: ArrayLike, m_first: float, m_second: float) -> Array:
    """N -> l_a- l_b+ nu_b for different flavours, by the charged current alone: Gamma_0 I(x_a, x_b, 0)."""
    mass = np.asarray(mass, float)
    return unit_width(mass) * chiral_integral(0.0, m_first / mass, m_second / mass)


def width_nu_gamma(mass: ArrayLike) -> Array:
    """N -> nu gamma at one loop: 9 alpha G_F^2 M^5 / (512 pi^4), 27 alpha / (8 pi) of the three-neutrino width.

    From the literature (P. Pal, L. Wolfenstein, Phys. Rev. D 25 (1982) 766), not derived here; valid for M << m_W.
    """
    result: Array = 9 * ALPHA * G_F**2 * np.asarray(mass, float) ** 5 / (512 * np.pi**4)
    return result

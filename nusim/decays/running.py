"""The strong coupling at three loops, running quark masses, and the QCD correction of inclusive hadronic decays."""

import math
from functools import cache
from typing import NamedTuple

import numpy as np

from ..constants import ALPHA_S_MZ, M_BOTTOM, M_CHARM, M_Z
from ..kernels.arrays import Array, ArrayLike

LEAST_SCALE = 1.0
"""GeV; below it the series in alpha_s says nothing."""
_LARGEST_SCALE = 1e3
THIRD_COEFFICIENT = 26.4
"""Of the last known term of Delta, which stands for the error of the series."""
_STEPS = 128
"""Runge-Kutta steps, and nodes of the interpolation, between two thresholds."""


class _Segment(NamedTuple):
    """alpha_s with one number of flavours at nodes equally spaced in ln mu^2, with its derivatives there."""

    low: float
    step: float
    value: Array
    slope: Array


def beta(alpha: ArrayLike, flavours: int) -> Array:
    """d alpha_s / d ln mu^2 in the MS-bar scheme at three loops. Source: PDG, review of quantum chromodynamics."""
    a = np.asarray(alpha, float)
    first, second, third = _coefficients(flavours)
    result: Array = -(a**2) * (first + a * (second + a * third))
    return result


def _coefficients(flavours: int) -> tuple[float, float, float]:
    n, pi = flavours, math.pi
    return (33 - 2 * n) / (12 * pi), (153 - 19 * n) / (24 * pi**2), (2857 - 5033 * n / 9 + 325 * n**2 / 27) / (128 * pi**3)


def matched(alpha: float) -> float:
    """alpha_s of one flavour less at the MS-bar mass of the heaviest quark, at two loops. Source: the same."""
    return alpha * (1 + 11 / 72 * (alpha / np.pi) ** 2)


def _run(alpha: float, start: float, end: float, flavours: int) -> list[float]:
    """alpha_s at the nodes from ln mu^2 = start to end, by Runge-Kutta of fourth order."""
    first, second, third = _coefficients(flavours)

    def slope(a: float) -> float:
        return -a * a * (first + a * (second + a * third))

    step, out = (end - start) / _STEPS, [alpha]
    for _ in range(_STEPS):
        a = out[-1]
        k1 = slope(a)
        k2 = slope(a + step / 2 * k1)
        k3 = slope(a + step / 2 * k2)
        k4 = slope(a + step * k3)
        out.append(a + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
    return out


@cache
def _segments() -> tuple[tuple[float, _Segment], ...]:
    """Segments of five, four and three flavours, each with the least scale it is for, GeV."""
    least, charm, bottom, z, largest = (2 * float(np.log(mu)) for mu in (LEAST_SCALE, M_CHARM, M_BOTTOM, M_Z, _LARGEST_SCALE))
    at_z = float(ALPHA_S_MZ)
    top = _run(at_z, z, largest, 5)[-1]
    found, start, alpha = [], largest, top
    for flavours, end, scale in ((5, bottom, float(M_BOTTOM)), (4, charm, float(M_CHARM)), (3, least, LEAST_SCALE)):
        value = np.array(_run(alpha, start, end, flavours))[::-1]
        found.append((scale, _Segment(end, (start - end) / _STEPS, value, beta(value, flavours))))
        start, alpha = end, matched(float(value[0]))
    return tuple(found)


def alpha_s(scale: ArrayLike) -> Array:
    """alpha_s(mu) for a scale in GeV, of the shape of `scale`; meant for 1 GeV to 1 TeV, and held at its value there outside.

    Three loops from m_Z, flavours matched at the MS-bar masses of b and c (a step of 0.1% there).
    """
    mu = np.clip(np.asarray(scale, float), LEAST_SCALE, _LARGEST_SCALE)
    t = 2 * np.log(mu)
    result: Array | None = None
    for least, segment in reversed(_segments()):
        place = np.clip((t - segment.low) / segment.step, 0.0, float(_STEPS))
        k = np.minimum(place.astype(int), _STEPS - 1)
        x = place - k
        y = 1 - x
        # cubic Hermite: the slopes are known
        value = (1 + 2 * x) * y**2 * segment.value[k] + x**2 * (3 - 2 * x) * segment.value[k + 1]
        value += segment.step * x * y * (y * segment.slope[k] - x * segment.slope[k + 1])
        result = value if result is None else np.where(mu >= least, value, result)
    assert result is not None
    return result


_MASS_SERIES = {3: (4 / 9, 0.895, 1.371), 4: (12 / 25, 1.014, 1.389), 5: (12 / 23, 1.175, 1.501)}
"""Exponent and coefficients of a = alpha_s/pi in the running of a mass, by flavours. Source: A. Djouadi, hep-ph/0503172, sec. 1.1.4
(recalled; tested against the anomalous dimension)."""


def _mass_factor(a: Array, flavours: int) -> Array:
    """What an MS-bar mass is proportional to as long as the number of flavours stays."""
    power, first, second = _MASS_SERIES[flavours]
    result: Array = a**power * (1 + a * (first + a * second))
    return result


def running_mass(mass: float, at: float, scale: ArrayLike) -> Array:
    """MS-bar mass of a quark at a scale, GeV, of the shape of `scale`, from `mass` at the scale `at`, both GeV; three loops.

    From 1 GeV to 1 TeV, held at its value there outside; 2% below 3 GeV, 0.5% above 4 GeV. Continuous where charm and beauty open.
    """
    mu = np.clip(np.asarray(scale, float), LEAST_SCALE, _LARGEST_SCALE)
    ends = (0.0, float(M_CHARM), float(M_BOTTOM), math.inf)
    result = np.full(mu.shape, float(mass))
    for flavours, low, high in zip((3, 4, 5), ends[:-1], ends[1:], strict=True):
        # the part of the way from `at` to the scale with this number of flavours
        first, last = np.clip(at, low, high), np.clip(mu, low, high)
        result = result * _mass_factor(alpha_s(last) / np.pi, flavours) / _mass_factor(alpha_s(first) / np.pi, flavours)
    return result


def qcd_correction(mass: ArrayLike) -> Array:
    """Delta of a lepton of this mass (GeV): its inclusive width into light quarks is 1 + Delta times that of free quarks.

    a + 5.2 a^2 + 26.4 a^3 with a = alpha_s(mass) / pi, known from tau decays. Source: S. Gorishny, A. Kataev, S. Larin, Phys. Lett. B 259
    (1991) 144; used for heavy neutrinos by K. Bondarenko et al., arXiv:1805.08567, sec. 3.2.2.
    """
    return series(alpha_s(mass) / np.pi)


def series(a: Array) -> Array:
    """Delta for a = alpha_s / pi."""
    result: Array = a * (1 + a * (5.2 + THIRD_COEFFICIENT * a))
    return result

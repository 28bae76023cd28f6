"""Loop functions of the one-loop neutrino mass, written so that no two nearly equal numbers are subtracted.

Everything is a function of squared masses, of any common unit, and broadcasts over arrays.
"""

import numpy as np

from .arrays import Array, ArrayLike

_ETA_SERIES = tuple(1.0 / (2 * n + 1) for n in range(14, 0, -1))
# eta(t) = z + (1+z)(z^2/3 + z^4/5 + ...): 14 terms reach 1e-17 at |z| = 1/4, where the series hands over to the logarithm


def eta(numerator: ArrayLike, denominator: ArrayLike) -> Array:
    """eta(t) = t ln t / (t - 1) - 1 at t = numerator / denominator, for positive arguments.

    Zero at t = 1, -1 at t -> 0, ln t - 1 at t -> infinity, monotone. Two arguments instead of their ratio, so that
    t - 1 is the rounded difference of the arguments and eta keeps its relative accuracy where it vanishes.
    """
    a = np.asarray(numerator, dtype=float)
    b = np.asarray(denominator, dtype=float)
    d = (a - b) / b
    z = d / (2.0 + d)
    near = np.abs(z) < 0.25
    z_near = np.where(near, z, 0.0)
    z2 = z_near * z_near
    series = np.zeros_like(z2)
    for coefficient in _ETA_SERIES:
        series = (series + coefficient) * z2
    t = np.where(near, 2.0, a / b)
    return np.where(near, z_near + (1.0 + z_near) * series, t * np.log(t) / (t - 1.0) - 1.0)


def c3(a: ArrayLike, b: ArrayLike, c: ArrayLike) -> Array:
    """C3(a, b, c) = int_0^inf V dV / [(V+a)(V+b)(V+c)], for positive arguments.

    The second divided difference of x ln x: symmetric, positive, homogeneous of degree -1, 1/(2a) at a = b = c.
    Sorted a >= b >= c, C3 = [eta(a/b) - eta(c/b)] / (a - c): eta(a/b) >= 0 >= eta(c/b), so nothing cancels.
    Relative accuracy a few 1e-16, for equal arguments and for any hierarchy.
    """
    ordered = np.sort(np.stack(np.broadcast_arrays(a, b, c)).astype(float), axis=0)
    low, middle, high = ordered[0], ordered[1], ordered[2]
    spread = high - low
    equal = spread == 0.0
    result: Array = np.where(equal, 0.5 / high, (eta(high, middle) - eta(low, middle)) / np.where(equal, 1.0, spread))
    return result


def log_ratio(numerator: ArrayLike, denominator: ArrayLike) -> Array:
    """ln x / (x - 1) at x = numerator / denominator; 1 at x = 1. Positive arguments."""
    a = np.asarray(numerator, dtype=float)
    b = np.asarray(denominator, dtype=float)
    d = (a - b) / b
    near = np.abs(d) < 0.5
    d_near = np.where(near & (d != 0.0), d, 0.5)
    x = np.where(near, 2.0, a / b)
    return np.where(near, np.where(d == 0.0, 1.0, np.log1p(d_near) / d_near), np.log(x) / (x - 1.0))


def loop_function(a: ArrayLike, b: ArrayLike, c: ArrayLike) -> Array:
    """F(a, b, c) = 3 ln(a/b)/(a/b - 1) + ln(a/c)/(a/c - 1); F(1, 1, 1) = 4. Source: arXiv:1903.07590, Eq. 6."""
    return 3.0 * log_ratio(a, b) + log_ratio(a, c)

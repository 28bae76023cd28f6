"""Lorentz vectors: metric (+,-,-,-), shape (..., 4), order (E, px, py, pz)."""

import numpy as np

from .arrays import Array, ArrayLike

_OPPOSITE = 1e-24
"""Squared length of the sum of two unit vectors below which they count as opposite."""


def dot(p: Array, q: Array) -> Array:
    """Minkowski product p.q over the last axis."""
    result: Array = p[..., 0] * q[..., 0] - p[..., 1] * q[..., 1] - p[..., 2] * q[..., 2] - p[..., 3] * q[..., 3]
    return result


def boost(p: Array, frame: Array, mass: ArrayLike) -> Array:
    """Four-vectors `p` (n, 4) given in the rest frame of `frame` (n, 4), seen where `frame` has its momentum.

    The pure (rotation-free) boost. `mass` is that of `frame`: taken as an argument because sqrt(E^2 - p^2)
    loses it for fast particles. The inverse boost is `unboost`.
    """
    p_dot = p[..., 1] * frame[..., 1] + p[..., 2] * frame[..., 2] + p[..., 3] * frame[..., 3]
    energy = (p[..., 0] * frame[..., 0] + p_dot) / mass
    factor = (energy + p[..., 0]) / (frame[..., 0] + mass)
    out: Array = np.empty(p.shape[::-1]).T
    out[..., 0] = energy
    for k in (1, 2, 3):
        out[..., k] = p[..., k] + factor * frame[..., k]
    return out


def unboost(p: Array, frame: Array, mass: ArrayLike) -> Array:
    """Four-vectors `p` seen in the rest frame of `frame`: the inverse of `boost`."""
    backward = frame * np.array([1.0, -1.0, -1.0, -1.0])
    return boost(p, backward, mass)


def orthonormal_frame(direction: Array) -> tuple[Array, Array]:
    """Two unit vectors (n, 3) that make a right-handed frame (e1, e2, direction) with unit `direction` (n, 3).

    Duff et al., JCGT 6 (2017) 1: no branch, no singular direction.
    """
    x, y, z = direction[..., 0], direction[..., 1], direction[..., 2]
    sign = np.copysign(1.0, z)
    a = -1.0 / (sign + z)
    b = x * y * a
    e1 = np.empty(direction.shape[::-1]).T
    e2 = np.empty(direction.shape[::-1]).T
    e1[..., 0], e1[..., 1], e1[..., 2] = 1.0 + sign * x * x * a, sign * b, -sign * x
    e2[..., 0], e2[..., 1], e2[..., 2] = b, sign + y * y * a, -y
    return e1, e2


def around(direction: Array, cos_theta: Array, azimuth: Array) -> Array:
    """Unit vectors (n, 3) at polar angle arccos(cos_theta) and `azimuth` about unit `direction` (n, 3)."""
    e1, e2 = orthonormal_frame(direction)
    sin_theta = np.sqrt(np.maximum((1.0 - cos_theta) * (1.0 + cos_theta), 0.0))
    a, b = sin_theta * np.cos(azimuth), sin_theta * np.sin(azimuth)
    out = np.empty(direction.shape[::-1]).T
    for k in range(3):
        out[..., k] = a * e1[..., k] + b * e2[..., k] + cos_theta * direction[..., k]
    return out


def turn(p: Array, old: Array, new: Array) -> Array:
    """Four-vectors `p` (n, k, 4) turned so that the directions `old` (n, 3) point along `new` (n, 3): by half a turn about their bisector.

    A product of isotropic directions stays isotropic about the new one. Vectors need no normalisation; opposite ones turn about any
    perpendicular axis.
    """
    a = old / np.sqrt(np.sum(old**2, axis=1))[:, None]
    b = new / np.sqrt(np.sum(new**2, axis=1))[:, None]
    axis = a + b
    square = np.sum(axis**2, axis=1)
    opposite = square < _OPPOSITE
    if opposite.any():
        axis[opposite] = orthonormal_frame(b[opposite])[0]
        square = np.sum(axis**2, axis=1)
    out: Array = np.empty(p.shape[::-1]).T
    out[..., 0] = p[..., 0]
    along = 2 * (p[..., 1] * axis[:, None, 0] + p[..., 2] * axis[:, None, 1] + p[..., 3] * axis[:, None, 2]) / square[:, None]
    for k in range(3):
        out[..., k + 1] = along * axis[:, None, k] - p[..., k + 1]
    return out

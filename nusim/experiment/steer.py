"""Intermediate states of a chain: which way they fly and how far, drawn where descendants can reach the detector.

Nothing is cut off: directions are drawn from a mixture of the isotropic distribution in the parent's rest frame and one about the
direction to the detector, distances from a mixture of the exponential law and one about the closest approach (equiangular sampling:
C. Kulla, M. Fajardo, Comput. Graph. Forum 31 (2012) 1519). Weights are the true density over that of the mixture, so they are bounded and
their mean is 1 for any lifetime, from a micrometre to far beyond the detector.
"""

from dataclasses import dataclass

import numpy as np

from ..kernels.arrays import Array, four_vectors
from ..kernels.lorentz import around, boost
from .aim import Decay, norm, solve
from .volumes import Volume

DIRECTION_DRAWS = 4
DISTANCE_DRAWS = 2

_ISOTROPIC = 0.3
"""Share of directions drawn isotropically in the parent's rest frame: weights of directions stay below its inverse."""
_NARROWEST = 1e-6
"""Least squared angle, rad^2, of the distribution about the detector."""
_LARGEST_SHARE = 0.98
"""Of distances drawn about the closest approach, for states that live long: weights of distances stay below 50."""


@dataclass(frozen=True, slots=True, eq=False)
class Onward:
    """The flight of a state's product, arrays of n, from its momentum in the state's rest frame."""

    velocity: Array
    """In that frame: with the state's boost it says how far from the state's direction the product flies."""
    reach: Array
    """About its decay length over the state's energy, m / GeV: one that decays at once need not be given room."""


def target(volumes: tuple[Volume, ...]) -> tuple[Array, float]:
    """Centre (3,) and radius of a sphere that holds all volumes, metres."""
    centre = np.mean([volume.centre for volume in volumes], axis=0)
    radius = max(float(np.linalg.norm(volume.centre - centre)) + volume.bounding_radius for volume in volumes)
    return centre, radius


def direction(volumes: tuple[Volume, ...], decay: Decay, onward: Onward, u: Array) -> tuple[Array, Array, Array]:
    """Directions (n, 3) of the heavy daughters, their momenta (n,) in GeV, and weights (n,) of mean 1.

    `onward`: how the product that is followed flies from the daughter's decay. `u` holds uniform numbers (n, DIRECTION_DRAWS).
    Momentum 1 where the weight is 0.
    """
    centre, radius = target(volumes)
    n, p = len(u), norm(decay.momentum)
    energy = np.hypot(p, decay.m_parent)
    toward = centre - decay.vertex
    distance = np.maximum(norm(toward), 1e-9)
    toward = toward / distance[:, None]
    typical = np.maximum(energy * decay.energy_star / decay.m_parent, decay.m_heavy * (1 + 1e-6))
    room = np.minimum(onward.reach * typical / distance, 1.0)
    opening = decay.m_heavy * onward.velocity / np.sqrt(typical**2 - decay.m_heavy**2) * room
    width = np.minimum(np.minimum(radius / distance, 2.0) ** 2 + opening**2 + _NARROWEST, 4.0) / 2
    isotropic = u[:, 0] < _ISOTROPIC

    rest = four_vectors(n)
    cosine, azimuth = 2 * u[:, 1] - 1, 2 * np.pi * u[:, 2]
    sine = np.sqrt((1 - cosine) * (1 + cosine))
    rest[:, 0] = decay.energy_star
    for k, part in enumerate((sine * np.cos(azimuth), sine * np.sin(azimuth), cosine), 1):
        rest[:, k] = decay.momentum_star * part
    frame = four_vectors(n)
    frame[:, 0], frame[:, 1:] = energy, decay.momentum
    lab = boost(rest, frame, decay.m_parent)[:, 1:]
    free = norm(lab)
    # density in the cosine proportional to 1 / (1 - cosine + width)^2: long tails, drawn by inversion
    aimed = 1 + width - width * (2 + width) / (width + 2 * u[:, 1])
    kernel = around(toward, np.clip(aimed, -1.0, 1.0), azimuth)
    out = np.where(isotropic[:, None], lab / np.where(free > 0, free, 1.0)[:, None], kernel)

    along = np.sum(out * decay.momentum, axis=1) / np.where(p > 0, p, 1.0)
    cross = out * p[:, None] - decay.momentum * along[:, None]
    sine2 = np.sum(cross**2, axis=1) / np.where(p > 0, p, 1.0) ** 2
    fast, _, root = solve(decay, p, along, sine2, +1.0)
    slow, _, _ = solve(decay, p, along, sine2, -1.0)
    total = fast + slow
    q = np.where(isotropic, free, np.where(u[:, 3] * total < fast, fast, slow))
    good = (q > 0) & (root > 0) & (total > 0)
    # density of kernel draws over that of isotropic ones: 4 pi times (density per solid angle) / (d Omega* / d Omega of the root taken)
    off = 1 - np.sum(out * toward, axis=1) + width
    kernel_density = width * (2 + width) / off**2
    jacobian = decay.m_parent * q * total / (decay.momentum_star * np.where(good, root, 1.0))
    over = np.where(good, kernel_density / np.where(good, jacobian, 1.0), 0.0)
    weight = np.where(good | isotropic, 1 / (_ISOTROPIC + (1 - _ISOTROPIC) * over), 0.0)
    alive = (weight > 0) & (q > 0)
    return out, np.where(alive, q, 1.0), np.where(alive, weight, 0.0)


def distance(volumes: tuple[Volume, ...], origin: Array, along: Array, decay_length: Array, u: Array) -> tuple[Array, Array]:
    """Distances (n,) that states fly before they decay, metres, and weights (n,) of mean 1.

    `origin` (n, 3) and unit vectors `along` (n, 3); `decay_length` (n,) = beta gamma c tau in metres; `u` uniform numbers
    (n, DISTANCE_DRAWS).
    """
    centre, radius = target(volumes)
    toward = centre - origin
    closest = np.sum(toward * along, axis=1)
    apart2 = np.sum(toward**2, axis=1)
    miss = np.sqrt(np.maximum(apart2 - closest**2, 0.0) + (radius / 2) ** 2)
    share = _LARGEST_SHARE * decay_length / (decay_length + np.sqrt(apart2) + radius)
    first = -np.arctan(closest / miss)
    angle = first + u[:, 1] * (np.pi / 2 - first)
    about = closest + miss * np.tan(np.minimum(angle, np.pi / 2 * (1 - 1e-12)))
    out = np.where(u[:, 0] < share, np.maximum(about, 0.0), -decay_length * np.log1p(-u[:, 1]))
    true = np.exp(-out / decay_length) / decay_length
    near = miss / ((out - closest) ** 2 + miss**2) / (np.pi / 2 - first)
    weight: Array = true / ((1 - share) * true + share * near)
    return out, weight

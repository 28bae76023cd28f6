"""Three-body phase space cut into regions that follow the poles of propagators: nodes for widths, coordinates for events.

Coordinates of a region: the invariant mass squared s of a pair, and the cosine of the pair's first product in the pair's frame against
the pair's direction of flight. At either end of s some scale matters: the distance to where a root or a propagator has its next
singular point. Nodes are Gaussian in x, with s = low + scale sinh^2(E x) in the lower half and s = high - scale sinh^2(E x) in the upper:
quadratic in x within the scale, which takes the square root at the end away, logarithmic beyond.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from ..kernels.arrays import Array, BoolArray
from ..kernels.kinematics import kallen_sqrt

PAIRINGS = ((0, 1, 2), (1, 0, 2), (2, 0, 1))
"""Spectator, first and second of the pair."""

Points = float | Array
"""A number, or one for each of many points."""

NEAR = 0.5
"""Distance from an end of s to a pole, over the range of s, below which the pole has a region."""
_WIDE = 1e4
"""Scales beyond this many ranges are as good as infinite."""
_FINEST = 1e-13
"""Least scale over s at the end."""


@cache
def gauss(n: int) -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights on -1 to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return nodes, weights


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Coordinates about one pairing; masses and scales are numbers or arrays over points."""

    pairing: int
    m_parent: Points
    masses: tuple[Points, Points, Points]
    scales: tuple[Points, Points]
    """At the lower and the upper end of s, GeV^2; infinite for none."""
    followed: tuple[Points, Points] = (np.inf, np.inf)
    """Distance in s from the ends to a pole below and one above, GeV^2; infinite where none is near."""

    def closeness(self, s: Array) -> Array:
        """Squares of the followed propagators, up to a factor."""
        low, high = self.ends()
        inside = np.clip(s, low, high)
        result: Array = 1 / (inside - low + self.followed[0]) ** 2 + 1 / (high - inside + self.followed[1]) ** 2
        return result

    def ends(self) -> tuple[Points, Points]:
        """Least and largest s."""
        x, y, z = PAIRINGS[self.pairing]
        return (self.masses[y] + self.masses[z]) ** 2, (self.m_parent - self.masses[x]) ** 2

    def nodes(self, n: int) -> tuple[Array, Array]:
        """s and weights of a quadrature with n nodes in each half, shape (2 n,) or (points, 2 n)."""
        low, high = (np.asarray(end)[..., None] for end in self.ends())
        x, w = gauss(n)
        x, w = (x + 1) / 2, w / 2
        half = (high - low) / 2
        parts = []
        for scale in self.scales:
            size = np.minimum(np.asarray(scale, float)[..., None], _WIDE * half)
            end = np.arcsinh(np.sqrt(half / size))
            parts.append((size * np.sinh(end * x) ** 2, size * np.sinh(2 * end * x) * end * w))
        return np.concatenate([low + parts[0][0], high - parts[1][0]], axis=-1), np.concatenate([parts[0][1], parts[1][1]], axis=-1)

    def invariant(self, t: Array) -> tuple[Array, Array]:
        """s and ds/dt, smooth at t from 0 to 1: for tables. Logarithmic in the distance to the nearest pole that is followed."""
        low, high = self.ends()
        step, slope = np.sin(np.pi / 2 * t) ** 2, np.pi / 2 * np.sin(np.pi * t)
        near = min(self.followed)
        if near == np.inf:
            return low + (high - low) * step, (high - low) * slope
        ratio = near / (high - low + near)
        if near == self.followed[1]:
            distance = (high - low + near) * ratio**step
            return np.clip(high + near - distance, low, high), -np.log(ratio) * distance * slope
        distance = near * ratio**-step
        return np.clip(low - near + distance, low, high), -np.log(ratio) * distance * slope

    def momenta(self, s: Array, cosine: Array) -> tuple[Array, Array]:
        """Momenta (..., 3, 4) and dPhi_3 / (ds dcosine), the isotropic orientation included: spectator along -z, the pair in the xz plane.

        The measure has the shape of `s`, which with that of `cosine` makes the shape of the momenta.
        """
        x, y, z = PAIRINGS[self.pairing]
        m, (m_x, m_y, m_z) = self.m_parent, (self.masses[k] for k in (x, y, z))
        q, star, inverse = self._sizes(s)
        spectator = np.hypot(q, m_x)
        pair = m - spectator
        out = np.moveaxis(np.zeros((3, 4, *np.broadcast_shapes(s.shape, cosine.shape))), (0, 1), (-2, -1))
        out[..., x, 0], out[..., x, 3] = spectator, -q
        sine = np.sqrt((1 - cosine) * (1 + cosine))
        for place, sign, mass in ((y, 1.0, m_y), (z, -1.0, m_z)):
            energy, along = np.hypot(star, mass), sign * star * cosine
            out[..., place, 0] = (pair * energy + q * along) * inverse
            out[..., place, 3] = (q * energy + pair * along) * inverse
            out[..., place, 1] = sign * star * sine
        return out, self._density(q, star, inverse)

    def measure(self, s: Array) -> Array:
        """dPhi_3 / (ds dcosine), the isotropic orientation included: ds/2pi  q/(4 pi M)  star/(4 pi sqrt s)  dcos/2."""
        return self._density(*self._sizes(s))

    def _density(self, q: Array, star: Array, inverse: Array) -> Array:
        result: Array = q * star * inverse / (64 * np.pi**3 * self.m_parent)
        return result

    def _sizes(self, s: Array) -> tuple[Array, Array, Array]:
        """Momentum of the spectator, of the pair's products in the pair's frame, and 1 / sqrt s."""
        x, y, z = PAIRINGS[self.pairing]
        root = np.sqrt(s)
        inverse = 1 / np.where(root > 0, root, 1.0)
        q = kallen_sqrt(self.m_parent, root, self.masses[x]) / (2 * self.m_parent)
        return q, kallen_sqrt(root, self.masses[y], self.masses[z]) * inverse / 2, inverse


@dataclass(frozen=True, slots=True)
class Pole:
    """A propagator's mass and width, GeV, and for each product on the parent's line 1 where it is there, 0 where not."""

    mass: Points
    width: Points
    used: tuple[Points, Points, Points]


def regions(m_parent: Points, masses: tuple[Points, Points, Points], poles: tuple[Pole, ...]) -> tuple[list[Region], BoolArray]:
    """A region about each pairing, and which of them, (3,) or (3, points), together follow every pole near either end of its pair's range.

    At least one is used. With a pole at the end itself its width sets the scale, and at last the precision of numbers.
    """
    found, used = list[Region](), list[BoolArray]()
    for pairing, (x, y, z) in enumerate(PAIRINGS):
        low, high = (masses[y] + masses[z]) ** 2, (m_parent - masses[x]) ** 2
        near: list[Points] = [np.inf, np.inf]
        for pole in poles:
            square = pole.mass**2
            least = np.maximum(pole.mass * pole.width, _FINEST * high)
            below = square < low
            for end, (distance, here) in enumerate(((low - square, below), (square - high, np.logical_not(below)))):
                near[end] = np.where((pole.used[x] > 0) & here, np.minimum(near[end], np.maximum(distance, least)), near[end])
        pair, alone = 4 * masses[y] * masses[z], 4 * m_parent * masses[x]
        roots = np.where(pair > 0, np.minimum(low, pair), np.where(low > 0, low, np.inf)), np.where(alone > 0, alone, np.inf)
        followed = [np.where(distance < NEAR * (high - low), distance, np.inf) for distance in near]
        scales = np.minimum(near[0], roots[0]), np.minimum(near[1], roots[1])
        found.append(Region(pairing, m_parent, masses, scales, (followed[0], followed[1])))
        used.append(np.minimum(*followed) < np.inf)
    follows = np.array(np.broadcast_arrays(*used))
    follows[0] |= ~follows.any(axis=0)
    return found, follows

"""Three-body phase space cut into regions that follow the poles of propagators: nodes for widths, proposals for events.

Coordinates of a region: the invariant mass squared s of a pair, and the cosine of the pair's first product in the pair's frame against
the pair's direction of flight. s runs as low + (high - low) sin^2, which takes the square roots at both ends away, or, where a boson's
mass lies just above the end, so in the logarithm of the distance to the pole.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from ..kernels.arrays import Array, ArrayLike
from ..kernels.kinematics import kallen_sqrt

PAIRINGS = ((0, 1, 2), (1, 0, 2), (2, 0, 1))
"""Spectator, first and second of the pair."""

_NEAR = 0.5
"""Distance from the end of s to a pole, over the range of s, below which the pole is followed."""


@cache
def gauss(n: int) -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights on -1 to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return nodes, weights


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Coordinates about one pairing; masses and pole are numbers or arrays over points."""

    pairing: int
    m_parent: ArrayLike
    masses: tuple[ArrayLike, ArrayLike, ArrayLike]
    beyond: ArrayLike
    """Distance in s from the upper end to the pole that is followed, GeV^2; infinite for none."""

    def ends(self) -> tuple[Array, Array]:
        """Least and largest s."""
        x, y, z = PAIRINGS[self.pairing]
        low = (np.asarray(self.masses[y]) + self.masses[z]) ** 2
        return np.asarray(low, float), np.asarray((np.asarray(self.m_parent) - self.masses[x]) ** 2, float)

    def invariant(self, t: Array) -> tuple[Array, Array]:
        """s and ds/dt at t from 0 to 1."""
        low, high = self.ends()
        step, slope = np.sin(np.pi / 2 * t) ** 2, np.pi / 2 * np.sin(np.pi * t)
        if not np.any(np.isfinite(self.beyond)):
            return low + (high - low) * step, (high - low) * slope
        pole = high + self.beyond
        ratio = self.beyond / (pole - low)
        distance = (pole - low) * ratio**step
        return np.clip(pole - distance, low, high), -np.log(ratio) * distance * slope

    def momenta(self, t: Array, cosine: Array) -> tuple[Array, Array]:
        """Momenta (n, 3, 4) and dPhi_3 / (dt dcosine), the isotropic orientation included: spectator along -z, the pair in the xz plane."""
        x, y, z = PAIRINGS[self.pairing]
        s, slope = self.invariant(t)
        root = np.sqrt(s)
        m = np.asarray(self.m_parent, float)
        m_x, m_y, m_z = (np.asarray(self.masses[k], float) for k in (x, y, z))
        q = kallen_sqrt(m, root, m_x) / (2 * m)
        star = kallen_sqrt(root, m_y, m_z) / (2 * np.where(root > 0, root, 1.0))
        spectator = np.hypot(q, m_x)
        pair = m - spectator
        out = np.zeros((4, 3, len(t))).T
        out[:, x, 0], out[:, x, 3] = spectator, -q
        inverse = 1 / np.where(root > 0, root, 1.0)
        sine = np.sqrt((1 - cosine) * (1 + cosine))
        for place, sign, mass in ((y, 1.0, m_y), (z, -1.0, m_z)):
            energy, along = np.hypot(star, mass), sign * star * cosine
            out[:, place, 0] = (pair * energy + q * along) * inverse
            out[:, place, 3] = (q * energy + pair * along) * inverse
            out[:, place, 1] = sign * star * sine
        # dPhi = ds/2pi  q/(4 pi M)  star/(4 pi root)  dcos/2
        measure = slope * q * star * inverse / (64 * np.pi**3 * m)
        return out, measure


def distances(
    m_parent: float, masses: tuple[float, float, float], poles: tuple[tuple[float, float, tuple[float, ...]], ...]
) -> list[float]:
    """For each pairing the distance in s from its upper end to the nearest pole that is followed, infinite for none.

    `poles`: mass, width and, for each pairing, whether it has the propagator. No distance is less than the pole's width in s allows.
    """
    found = []
    for pairing, (x, y, z) in enumerate(PAIRINGS):
        low, high = (masses[y] + masses[z]) ** 2, (m_parent - masses[x]) ** 2
        near = np.inf
        for mass, width, used in poles:
            if pairing < len(used) and used[pairing] and mass**2 >= high and mass**2 - high < _NEAR * (high - low):
                near = min(near, max(mass**2 - high, mass * width, 1e-13 * high))
        found.append(near)
    return found

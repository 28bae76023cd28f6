"""N -> lepton and two pions through a conserved vector current: |M|^2 for a polarised parent, and proposals that follow it."""

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from .. import pdg as particles
from ..errors import ConvergenceError
from ..kernels.arrays import Array, IntArray
from ..kernels.kinematics import kallen_sqrt, two_body_momentum
from ..kernels.lorentz import around, dot
from .terms import check_open, empty_products
from .two_pions import isovector_squared, piece_ends

_CELLS = 512
"""Cells of each piece of the range of s."""
_MARGIN = 1e-3
"""By which a cell's larger end is exceeded where the density has its maximum inside: (1/8) (size / width of the line)^2 is much less."""
_RESOLUTION = 1e-9
"""Range of s over its upper end below which rounding of s is felt within the cells: such decays are refused."""


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """A step function above the density of s."""

    edges: Array
    """GeV^2, ascending, shape (k + 1,)."""
    height: Array
    """Shape (k,)."""
    steps: Array
    """Its integral up to each cell's end, shape (k,)."""


def _density(s: Array, m_parent: float, masses: tuple[float, float, float]) -> Array:
    """dGamma/ds up to a constant: |F|^2 k^2 (l.h + 2 p^2 / 3) times phase space, p and k the momenta of lepton and pions in the pair's
    frame."""
    root = np.sqrt(s)
    lepton = kallen_sqrt(m_parent, root, masses[0])
    pion = kallen_sqrt(root, masses[1], masses[2]) / (2 * root)
    contracted = (m_parent**2 + masses[0] ** 2 - s) / 2 + lepton**2 / (6 * s)
    result: Array = isovector_squared(s) * pion**3 / root * contracted * lepton
    return result


@lru_cache(maxsize=64)
def _cells(m_parent: float, masses: tuple[float, float, float]) -> _Cells:
    low, high = (masses[1] + masses[2]) ** 2, (m_parent - masses[0]) ** 2
    if not high - low > _RESOLUTION * high:
        raise ConvergenceError(f"decay of a mass {m_parent:.15g} GeV: too close to threshold to draw events")
    ends = piece_ends(low, high)
    phi = np.concatenate([*(np.linspace(a, b, _CELLS, endpoint=False) for a, b in pairwise(ends)), ends[-1:]])
    edges = low + (high - low) * np.sin(phi) ** 2
    edges[-1] = high
    density = _density(edges, m_parent, masses)
    height = np.maximum(density[1:], density[:-1]) * (1 + _MARGIN)
    return _Cells(edges, height, np.cumsum(height * np.diff(edges)))


@dataclass(frozen=True, slots=True)
class CurrentTerm:
    """N -> l P P' with |M|^2 = scale |F(s)|^2 {2 (l.Q)(H.Q) - Q^2 (l.H)}, products (l, P, P').

    Q = p - p' less its part along q = p + p', so that the current is conserved; s = q^2; H = h + sign M s_N, s_N the spin vector of
    N and h its momentum: sign = -1 for a lepton, +1 for an antilepton. scale = 4 G_F^2 |V U|^2 for l pi+ pi0.
    """

    pdg: tuple[int, ...]
    m_parent: float
    masses: tuple[float, float, float]
    width: float
    sign: float
    scale: float
    draws: int = 6

    def __post_init__(self) -> None:
        check_open(self.m_parent, self.masses)

    def msq(self, momenta: Array, spin: Array) -> Array:
        """|M|^2 (n,), summed over final spins."""
        lepton, current, s = self._current(momenta)
        result: Array = self.scale * isovector_squared(s) * self._contracted(lepton, current, spin)
        return result

    def _current(self, momenta: Array) -> tuple[Array, Array, Array]:
        """The lepton's momentum, Q and s."""
        pair = momenta[:, 1] + momenta[:, 2]
        s = dot(pair, pair)
        along = (self.masses[1] - self.masses[2]) * (self.masses[1] + self.masses[2]) / s
        return momenta[:, 0], momenta[:, 1] - momenta[:, 2] - along[:, None] * pair, s

    def _contracted(self, lepton: Array, current: Array, spin: Array) -> Array:
        """2 (l.Q)(H.Q) - Q^2 (l.H)."""
        result: Array = 2 * dot(lepton, current) * self._coupled(current, spin) - dot(current, current) * self._coupled(lepton, spin)
        return result

    def _coupled(self, p: Array, spin: Array) -> Array:
        """H.p in the parent's rest frame."""
        along = p[:, 1] * spin[:, 0] + p[:, 2] * spin[:, 1] + p[:, 3] * spin[:, 2]
        result: Array = self.m_parent * (p[:, 0] - self.sign * along)
        return result

    def propose(self, u: Array, spin: Array) -> tuple[Array, Array]:
        """Products drawn for no polarisation, and the probability to keep them: above 0.99 / (1 + |P|) on average.

        With the lepton's momentum p along z in the pair's frame a pion's cosine goes as l.h + 2 p^2 c^2. Polarisation changes |M|^2 by at
        most |P| times itself, because it is linear in it and never negative.
        """
        m, (m_l, m_1, m_2) = self.m_parent, self.masses
        cells = _cells(m, self.masses)
        wanted = u[:, 0] * cells.steps[-1]
        index: IntArray = np.minimum(np.searchsorted(cells.steps, wanted, side="right"), len(cells.steps) - 1)
        fraction = np.clip((cells.steps[index] - wanted) / (cells.height[index] * np.diff(cells.edges)[index]), 0.0, 1.0)
        s = cells.edges[index + 1] * (1 - fraction) + cells.edges[index] * fraction
        acceptance = np.minimum(_density(s, m, self.masses) / cells.height[index], 1.0)

        root = np.sqrt(s)
        q, star = two_body_momentum(m, m_l, root), two_body_momentum(root, m_1, m_2)
        energy = np.hypot(q, m_l)
        along = q * m / root  # the lepton's momentum in the pair's frame
        flat, peaked = (m**2 + m_l**2 - s) / 2, 2 * along**2 / 3
        cosine = np.where(u[:, 1] * (flat + peaked) < flat, 2 * u[:, 2] - 1, np.cbrt(2 * u[:, 2] - 1))
        azimuth = 2 * np.pi * u[:, 3]
        axis = around(np.tile([0.0, 0.0, 1.0], (len(u), 1)), 2 * u[:, 4] - 1, 2 * np.pi * u[:, 5])

        out = empty_products(3, len(u))
        out[:, 0, 0] = energy
        for k in range(3):
            out[:, 0, k + 1] = q * axis[:, k]
        # a pion in the pair's frame, relative to the lepton's direction there, which is its direction here
        inside = around(axis, cosine, azimuth) * star[:, None]
        e_star = np.hypot(star, m_1)
        pair_energy = m - energy
        product = -np.sum(inside * out[:, 0, 1:], axis=1)
        first_energy = (e_star * pair_energy + product) / root
        factor = (first_energy + e_star) / (pair_energy + root)
        out[:, 1, 0], out[:, 2, 0] = first_energy, pair_energy - first_energy
        for k in range(3):
            flight = -out[:, 0, k + 1]
            out[:, 1, k + 1] = inside[:, k] + factor * flight
            out[:, 2, k + 1] = flight - out[:, 1, k + 1]
        degree = np.sqrt(spin[:, 0] ** 2 + spin[:, 1] ** 2 + spin[:, 2] ** 2)
        if degree.any():
            lepton, current, _ = self._current(out)
            none = self._contracted(lepton, current, 0 * spin)
            ratio = np.divide(self._contracted(lepton, current, spin), none, out=np.ones(len(u)), where=none > 0)
            acceptance *= np.clip(ratio / (1 + degree), 0.0, 1.0)
        return out, acceptance

    def conjugate(self) -> "CurrentTerm":
        """The antiparticle's decay: conjugate products, the spin reversed."""
        return replace(self, pdg=tuple(particles.anti(code) for code in self.pdg), sign=-self.sign)

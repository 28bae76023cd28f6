"""|M|^2 of two- and three-body decays of a polarised heavy neutrino, and proposals that follow it.

Conventions: the parent is at rest with mass M and polarisation vector P (|P| <= 1); a light neutrino among the products is
massless. A decay that makes a neutrino couples to h - M s, one that makes an antineutrino to h + M s (h the parent's
four-momentum, s its spin vector): polarisation enters only there, because the massless neutrino has one helicity.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from .. import pdg as particles
from ..errors import ConvergenceError, ParameterError
from ..kernels.arrays import Array
from ..kernels.kinematics import kallen_sqrt, two_body_momentum
from ..kernels.lorentz import around, dot


def empty_products(k: int, n: int) -> Array:
    """Uninitialised momenta (n, k, 4), each component of each product contiguous."""
    return np.empty((k, 4, n)).transpose(2, 0, 1)


def linear_cosine(u: Array, slope: Array) -> Array:
    """Cosines with density (1 + slope c) / 2 from uniform numbers; |slope| <= 1."""
    root = np.sqrt(np.maximum(1.0 + slope * (slope + 4.0 * u - 2.0), 0.0))
    # the root loses its digits where the density vanishes
    cosine: Array = np.clip((4.0 * u - 2.0 + slope) / (1.0 + root), -1.0, 1.0)
    return cosine


def spin_axis(spin: Array) -> tuple[Array, Array]:
    """Degree of polarisation (n,) and unit vector along it (n, 3); z where there is none."""
    degree = np.sqrt(spin[:, 0] ** 2 + spin[:, 1] ** 2 + spin[:, 2] ** 2)
    some = degree > 0
    axis = np.empty((3, len(degree))).T
    safe = np.where(some, degree, 1.0)
    for k, default in enumerate((0.0, 0.0, 1.0)):
        axis[:, k] = np.where(some, spin[:, k] / safe, default)
    return degree, axis


_ROUNDING = 1e-12
"""Relative excess allowed to thresholds and couplings that are computed."""


def check_open(m_parent: float, masses: tuple[float, ...]) -> None:
    """ParameterError for a decay that phase space forbids."""
    if not sum(masses) < m_parent * (1 + _ROUNDING):
        raise ParameterError(f"decay of a mass {m_parent:.6g} GeV into {' '.join(f'{m:.6g}' for m in masses)} GeV: closed")


@dataclass(frozen=True, slots=True)
class TwoBodyTerm:
    """A two-body decay: dGamma/dcos = Gamma/2 (1 - asymmetry |P| cos), cos between the spin and the first product."""

    pdg: tuple[int, ...]
    m_parent: float
    masses: tuple[float, ...]
    width: float
    asymmetry: float
    draws: int = 2

    def __post_init__(self) -> None:
        check_open(self.m_parent, self.masses)
        if not abs(self.asymmetry) <= 1 + _ROUNDING:
            raise ParameterError(f"two-body decay: asymmetry {self.asymmetry}: must lie between -1 and 1")

    def msq(self, momenta: Array, spin: Array) -> Array:
        """|M|^2 (n,), summed over final spins."""
        q = float(two_body_momentum(self.m_parent, *self.masses))
        along = np.sum(momenta[:, 0, 1:] * spin, axis=1) / q
        result: Array = self.width * 8 * np.pi * self.m_parent**2 / q * (1 - self.asymmetry * along)
        return result

    def propose(self, u: Array, spin: Array) -> tuple[Array, Array]:
        """Back-to-back products with the linear density in the cosine to the spin; all are accepted."""
        degree, axis = spin_axis(spin)
        direction = around(axis, linear_cosine(u[:, 0], -self.asymmetry * degree), 2 * np.pi * u[:, 1])
        q = float(two_body_momentum(self.m_parent, *self.masses))
        out = empty_products(2, len(u))
        for place, sign in ((0, 1.0), (1, -1.0)):
            out[:, place, 0] = np.hypot(q, self.masses[place])
            for k in range(3):
                out[:, place, k + 1] = sign * q * direction[:, k]
        return out, np.ones(len(u))

    def conjugate(self) -> "TwoBodyTerm":
        """The antiparticle's decay: conjugate products, opposite asymmetry."""
        return replace(self, pdg=tuple(particles.anti(code) for code in self.pdg), asymmetry=-self.asymmetry)


_CELLS = 1 << 13
"""Cells in which the invariant mass is proposed, all with the same probability."""
_EQUALISING_STEPS = 40
"""Times the cells are moved to give each the same area under the bound."""
_FINE = 256
"""Intervals of the mesh around the largest value."""
_RESOLUTION = 1e-9
"""Range of s over its upper end below which rounding of s is felt within the cells: such decays are refused."""
_TINY = 1e-300
"""GeV^2; added to squares that vanish on the edge of phase space, where they divide zero."""


@dataclass(frozen=True, slots=True, eq=False)
class PairMass:
    """The proposal for a pair's invariant mass squared s: cells of equal probability, flat within each.

    It lies above the density that is wanted, one piece of |M|^2 with its phase space: a proposal in cell k is kept with
    probability density(s) sizes_k cells / area, which is at most 1.
    """

    edges: Array
    """Cell edges, GeV^2, ascending, shape (cells + 1,)."""
    sizes: Array
    """Cell sizes, shape (cells,)."""
    area: float
    """Area under the bound (cells times the largest cell's); the integral of the density over it is kept, above 0.99."""


def pair_density(s: Array, m_parent: float, m_spectator: float, m_first: float, m_second: float, scalar: bool) -> Array:
    """(h.spectator)(first.second), or (h.spectator) alone if `scalar`, times sqrt lam sqrt lam / s, at s = (first + second)^2.

    Log-concave in s between the thresholds, for any masses: the logarithm is a sum of concave ones of linear functions, and
    -ln s is made up for by the roots of lam(s, m1^2, m2^2). So it has one maximum.
    """
    root = np.sqrt(s)
    density = kallen_sqrt(m_parent, root, m_spectator) * kallen_sqrt(root, m_first, m_second) / np.where(s > 0, s, 1.0)
    density *= (m_parent**2 + m_spectator**2 - s) / 2
    if not scalar:
        density *= (s - m_first**2 - m_second**2) / 2
    return density


@lru_cache(maxsize=256)
def pair_mass(m_parent: float, m_spectator: float, m_first: float, m_second: float, scalar: bool) -> PairMass:
    """The proposal for `pair_density`, certified to lie above it; ConvergenceError where thresholds are too close for that.

    A function with one maximum is within a cell at most its larger end, but for the two cells around the largest end. There, over
    a finer mesh, a log-concave function lies below the chord of its logarithm over the neighbouring interval, continued.
    """

    def density(s: Array) -> Array:
        return pair_density(s, m_parent, m_spectator, m_first, m_second, scalar)

    def bound(edges: Array) -> Array:
        """The larger end of each cell."""
        ends = density(edges)
        return np.maximum(ends[1:], ends[:-1])

    low, high = (m_first + m_second) ** 2, (m_parent - m_spectator) ** 2
    if not high - low > _RESOLUTION * high:
        raise ConvergenceError(f"decay of a mass {m_parent:.15g} GeV: too close to threshold to draw events")
    edges = low + (high - low) * np.sin(np.linspace(0, np.pi / 2, _CELLS + 1)) ** 2
    for _ in range(_EQUALISING_STEPS):
        steps = np.concatenate([[0.0], np.cumsum(bound(edges) * np.diff(edges))])
        edges = np.interp(np.linspace(0, steps[-1], _CELLS + 1), steps, edges)
        edges[0], edges[-1] = low, high
    certified, top = bound(edges), int(np.argmax(density(edges)))
    around_top = density(np.linspace(edges[top - 1], edges[top + 1], _FINE + 1))
    peak = int(np.argmax(around_top))
    if not (0 < peak < _FINE and around_top[peak - 1] > 0 and around_top[peak + 1] > 0):
        raise ConvergenceError(f"decay of a mass {m_parent:.15g} GeV: too far above or too close to threshold to draw events")
    certified[top - 1 : top + 1] = around_top[peak] ** 2 / min(around_top[peak - 1], around_top[peak + 1])
    return PairMass(edges, np.diff(edges), _CELLS * float(np.max(certified * np.diff(edges))))


@dataclass(frozen=True, slots=True)
class ChiralTerm:
    """N -> nu l- l+ (or 3 nu) through contact currents, with products (a, b, c) and a massless light neutrino a.

    |M|^2 = scale { first (H.c)(a.b) + second (H.b)(a.c) + cross m_b m_c (a.H) }, H = h + sign M s. For a neutrino sign = -1,
    first = g_L^2, second = g_R^2, cross = g_L g_R; for an antineutrino sign = +1 and first and second change places.
    Fierz identities bring charged currents and identical neutrinos to the same form.
    """

    pdg: tuple[int, ...]
    m_parent: float
    masses: tuple[float, ...]
    width: float
    first: float
    second: float
    cross: float
    sign: float
    scale: float
    draws: int = 6

    def __post_init__(self) -> None:
        check_open(self.m_parent, self.masses)
        if not (self.first >= 0 and self.second >= 0 and self.cross >= -np.sqrt(self.first * self.second) * (1 + _ROUNDING)):
            raise ParameterError(f"chiral decay: couplings {self.first}, {self.second}, {self.cross} give a negative |M|^2")

    def msq(self, momenta: Array, spin: Array) -> Array:
        """|M|^2 (n,), summed over final spins."""
        a, b, c = momenta[:, 0], momenta[:, 1], momenta[:, 2]
        rest = self.first * self._coupled(c, spin) * dot(a, b) + self.second * self._coupled(b, spin) * dot(a, c)
        result: Array = self.scale * (rest + self.cross * self.masses[1] * self.masses[2] * self._coupled(a, spin))
        return result

    def _coupled(self, p: Array, spin: Array) -> Array:
        """H.p in the parent's rest frame."""
        along = p[:, 1] * spin[:, 0] + p[:, 2] * spin[:, 1] + p[:, 3] * spin[:, 2]
        result: Array = self.m_parent * (p[:, 0] - self.sign * along)
        return result

    def _pieces(self) -> list[tuple[int, float, bool]]:
        """Positive pieces of |M|^2: spectator, area under the bound, whether the pair enters by its masses alone."""
        a, b, c = self.masses
        pieces = []
        if self.first > 0:
            pieces.append((2, self.first * pair_mass(self.m_parent, c, a, b, False).area, False))
        if self.second > 0:
            pieces.append((1, self.second * pair_mass(self.m_parent, b, a, c, False).area, False))
        if self.cross * b * c > 0:
            pieces.append((0, self.cross * b * c * pair_mass(self.m_parent, a, b, c, True).area, True))
        return pieces

    def propose(self, u: Array, spin: Array) -> tuple[Array, Array]:
        """Products drawn from the sum of the positive pieces of |M|^2, and the probability to keep them.

        Above 0.99 for a sum of positive pieces. A negative interference enters through the acceptance: it cannot exceed the
        sum of the squares, because |M|^2 is not negative, and it leaves more than half of it.
        """
        pieces = self._pieces()
        n = len(u)
        out, acceptance = empty_products(3, n), np.empty(n)
        steps = np.cumsum([area for _, area, _ in pieces])
        chosen = np.zeros(n, np.int8)
        for step in steps[:-1] / steps[-1]:
            chosen += u[:, 0] >= step
        if len(pieces) > 1 and self.first > 0 and self.second > 0 and self.masses[1] == self.masses[2]:
            # the two lepton currents are drawn alike but for the names of the leptons: no need to part the events
            acceptance, nu, lepton, spectator = self._draw(pieces[0], u, spin)
            swapped = chosen == 1
            for k in range(4):
                out[:, 0, k] = nu[k]
                out[:, 1, k] = np.where(swapped, spectator[k], lepton[k])
                out[:, 2, k] = np.where(swapped, lepton[k], spectator[k])
            done = 2
        else:
            done = 0
        for number, piece in enumerate(pieces[done:], done):
            rows = np.flatnonzero(chosen == number) if len(pieces) > 1 else slice(None)
            acceptance[rows], *vectors = self._draw(piece, u[rows], spin[rows])
            for place, vector in zip(_pair_and_spectator(piece[0]), vectors, strict=True):
                for k in range(4):
                    out[rows, place, k] = vector[k]
        if self.cross * self.masses[1] * self.masses[2] < 0:
            a, b, c = out[:, 0], out[:, 1], out[:, 2]
            positive = self.first * self._coupled(c, spin) * dot(a, b) + self.second * self._coupled(b, spin) * dot(a, c)
            interference = self.cross * self.masses[1] * self.masses[2] * self._coupled(a, spin)
            ratio = np.divide(interference, positive, out=np.full(n, -1.0), where=positive > 0)
            acceptance *= np.clip(1.0 + ratio, 0.0, 1.0)
        return out, acceptance

    def _draw(self, piece: tuple[int, float, bool], u: Array, spin: Array) -> tuple[Array, list[Array], list[Array], list[Array]]:
        """One piece: invariant mass of the pair, spectator against the spin, the pair isotropic in its own frame.

        Returns the probability to keep each event and the components (E, px, py, pz) of the pair's two and of the spectator.
        """
        m, scalar = self.m_parent, piece[2]
        m_1, m_2, m_x = (self.masses[place] for place in _pair_and_spectator(piece[0]))
        table = pair_mass(m, m_x, m_1, m_2, scalar)
        cell = u[:, 1] * _CELLS
        index = cell.astype(np.int32)
        size = table.sizes[index]
        s = table.edges[index] + size * (cell - index)
        root = np.sqrt(s + _TINY)
        q = two_body_momentum(m, m_x, root)
        energy = np.sqrt(q * q + (m_x * m_x + _TINY))
        star = two_body_momentum(root, m_1, m_2)
        # pair_density, from the momenta that are needed anyhow
        acceptance: Array = size * q * star * energy / root * (4 * m**2 * _CELLS / table.area)
        if not scalar:
            acceptance *= (s - m_1**2 - m_2**2) / 2
        degree, axis = spin_axis(spin)
        direction = around(axis, linear_cosine(u[:, 2], -self.sign * degree * q / energy), 2 * np.pi * u[:, 3])
        e_star = np.sqrt(star * star + m_1 * m_1)
        cosine, azimuth = 2.0 * u[:, 4] - 1.0, 2 * np.pi * u[:, 5]
        # the pair flies against the spectator; its frame's axes are those of the parent's frame
        sine = star * np.sqrt((1.0 - cosine) * (1.0 + cosine))
        inside = (sine * np.cos(azimuth), sine * np.sin(azimuth), star * cosine)
        flight = [q * direction[:, k] for k in range(3)]
        pair_energy = m - energy
        product = inside[0] * flight[0] + inside[1] * flight[1] + inside[2] * flight[2]
        first_energy = (e_star * pair_energy - product) / root
        factor = (first_energy + e_star) / (pair_energy + root)
        first = [inside[k] - factor * flight[k] for k in range(3)]
        second = [-flight[k] - first[k] for k in range(3)]
        return acceptance, [first_energy, *first], [pair_energy - first_energy, *second], [energy, *flight]

    def conjugate(self) -> "ChiralTerm":
        """The antiparticle's decay: conjugate products, the spin reversed."""
        return replace(self, pdg=tuple(particles.anti(code) for code in self.pdg), sign=-self.sign)


def _pair_and_spectator(spectator: int) -> tuple[int, int, int]:
    """Places of the pair and of the spectator among three products."""
    one, two = (place for place in range(3) if place != spectator)
    return one, two, spectator

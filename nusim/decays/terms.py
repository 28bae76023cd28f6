"""|M|^2 of two- and three-body decays of a polarised heavy neutrino, and proposals that follow it.

Conventions: the parent is at rest with mass M and polarisation vector P (|P| <= 1); a light neutrino among the products is
massless. A decay that makes a neutrino couples to h - M s, one that makes an antineutrino to h + M s (h the parent's
four-momentum, s its spin vector): polarisation enters only there, because the massless neutrino has one helicity.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from .. import pdg as particles
from ..kernels.arrays import Array
from ..kernels.kinematics import kallen_sqrt, two_body_energy, two_body_momentum
from ..kernels.lorentz import around


def _products(k: int, n: int) -> Array:
    """Uninitialised momenta (n, k, 4), each component of each product contiguous."""
    return np.empty((k, 4, n)).transpose(2, 0, 1)


def _linear_cosine(u: Array, slope: Array) -> Array:
    """Cosines with density (1 + slope c) / 2 from uniform numbers; |slope| <= 1."""
    root = np.sqrt(np.maximum(1.0 + slope * (slope + 4.0 * u - 2.0), 0.0))
    cosine: Array = (4.0 * u - 2.0 + slope) / (1.0 + root)
    return cosine


def _spin_axis(spin: Array) -> tuple[Array, Array]:
    """Degree of polarisation (n,) and unit vector along it (n, 3); z where there is none."""
    degree = np.sqrt(spin[:, 0] ** 2 + spin[:, 1] ** 2 + spin[:, 2] ** 2)
    some = degree > 0
    axis = np.empty((3, len(degree))).T
    safe = np.where(some, degree, 1.0)
    for k, default in enumerate((0.0, 0.0, 1.0)):
        axis[:, k] = np.where(some, spin[:, k] / safe, default)
    return degree, axis


@dataclass(frozen=True, slots=True)
class TwoBodyTerm:
    """A two-body decay: dGamma/dcos = Gamma/2 (1 - asymmetry |P| cos), cos between the spin and the first product."""

    pdg: tuple[int, ...]
    m_parent: float
    masses: tuple[float, ...]
    width: float
    asymmetry: float
    draws: int = 2

    def msq(self, momenta: Array, spin: Array) -> Array:
        """|M|^2 (n,), summed over final spins."""
        q = float(two_body_momentum(self.m_parent, *self.masses))
        along = np.sum(momenta[:, 0, 1:] * spin, axis=1) / q
        result: Array = self.width * 8 * np.pi * self.m_parent**2 / q * (1 - self.asymmetry * along)
        return result

    def propose(self, u: Array, spin: Array) -> tuple[Array, Array]:
        """Back-to-back products with the linear density in the cosine to the spin; all are accepted."""
        degree, axis = _spin_axis(spin)
        direction = around(axis, _linear_cosine(u[:, 0], -self.asymmetry * degree), 2 * np.pi * u[:, 1])
        q = float(two_body_momentum(self.m_parent, *self.masses))
        out = _products(2, len(u))
        for place, sign in ((0, 1.0), (1, -1.0)):
            out[:, place, 0] = np.hypot(q, self.masses[place])
            for k in range(3):
                out[:, place, k + 1] = sign * q * direction[:, k]
        return out, np.ones(len(u))

    def conjugate(self) -> "TwoBodyTerm":
        """The antiparticle's decay: conjugate products, opposite asymmetry."""
        return replace(self, pdg=tuple(particles.anti(code) for code in self.pdg), asymmetry=-self.asymmetry)


_TABLE = 1 << 13
"""Cells of equal probability in which the invariant mass is drawn."""


@lru_cache(maxsize=256)
def _quantiles(m_parent: float, m_spectator: float, m_first: float, m_second: float, scalar: bool) -> tuple[Array, float]:
    """Quantiles of the pair's invariant mass squared, and the integral, of one piece of |M|^2.

    The piece is (h.spectator)(first.second), or (h.spectator) alone if `scalar`; both depend on s = (first + second)^2 only.
    """
    nodes, weights = np.polynomial.legendre.leggauss(8)
    low, high = (m_first + m_second) ** 2, (m_parent - m_spectator) ** 2
    edge = low + (high - low) * np.sin(np.linspace(0, np.pi / 2, 2049)) ** 2
    middle, half = (edge[1:] + edge[:-1]) / 2, (edge[1:] - edge[:-1]) / 2
    s = middle[:, None] + half[:, None] * nodes
    root = np.sqrt(s)
    density = kallen_sqrt(m_parent, root, m_spectator) * kallen_sqrt(root, m_first, m_second) / s
    density = density * (m_parent**2 + m_spectator**2 - s) / 2
    if not scalar:
        density = density * (s - m_first**2 - m_second**2) / 2
    steps = np.concatenate([[0.0], np.cumsum(np.sum(weights * density, axis=1) * half)])
    return np.interp(np.linspace(0, 1, _TABLE + 1), steps / steps[-1], edge), float(steps[-1])


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

    def msq(self, momenta: Array, spin: Array) -> Array:
        """|M|^2 (n,), summed over final spins."""
        a, b, c = momenta[:, 0], momenta[:, 1], momenta[:, 2]
        rest = self.first * self._coupled(c, spin) * _dot(a, b) + self.second * self._coupled(b, spin) * _dot(a, c)
        result: Array = self.scale * (rest + self.cross * self.masses[1] * self.masses[2] * self._coupled(a, spin))
        return result

    def _coupled(self, p: Array, spin: Array) -> Array:
        """H.p in the parent's rest frame."""
        along = p[:, 1] * spin[:, 0] + p[:, 2] * spin[:, 1] + p[:, 3] * spin[:, 2]
        result: Array = self.m_parent * (p[:, 0] - self.sign * along)
        return result

    def _pieces(self) -> list[tuple[int, float, bool]]:
        """Positive pieces of |M|^2 that are drawn exactly: spectator, weight, whether the pair enters by its masses alone."""
        a, b, c = self.masses
        pieces = [(2, self.first * _quantiles(self.m_parent, c, a, b, False)[1], False)]
        if self.second > 0:
            pieces.append((1, self.second * _quantiles(self.m_parent, b, a, c, False)[1], False))
        if self.cross > 0 and b * c > 0:
            pieces.append((0, self.cross * b * c * _quantiles(self.m_parent, a, b, c, True)[1], True))
        return [piece for piece in pieces if piece[1] > 0]

    def propose(self, u: Array, spin: Array) -> tuple[Array, Array]:
        """Products drawn from the sum of the positive pieces of |M|^2, each exactly; a negative interference is left to the
        acceptance, which cannot be negative because |M|^2 is not."""
        pieces = self._pieces()
        out = _products(3, len(u))
        if len(pieces) == 1:
            self._draw(out, slice(None), pieces[0], u, spin)
        else:
            steps = np.cumsum([weight for _, weight, _ in pieces])
            chosen = np.searchsorted(steps[:-1] / steps[-1], u[:, 0], side="right")
            for number, piece in enumerate(pieces):
                rows = np.flatnonzero(chosen == number)
                self._draw(out, rows, piece, u[rows], spin[rows])
        if self.cross >= 0:
            return out, np.ones(len(u))
        a, b, c = out[:, 0], out[:, 1], out[:, 2]
        positive = self.first * self._coupled(c, spin) * _dot(a, b) + self.second * self._coupled(b, spin) * _dot(a, c)
        interference = self.cross * self.masses[1] * self.masses[2] * self._coupled(a, spin)
        return out, np.where(positive > 0, 1.0 + interference / np.where(positive > 0, positive, 1.0), 0.0)

    def _draw(self, out: Array, rows: Array | slice, piece: tuple[int, float, bool], u: Array, spin: Array) -> None:
        """One piece: invariant mass of the pair, spectator against the spin, the pair isotropic in its own frame."""
        spectator, _, scalar = piece
        one, two = (place for place in range(3) if place != spectator)
        m, m_x, m_1, m_2 = self.m_parent, self.masses[spectator], self.masses[one], self.masses[two]
        table, _ = _quantiles(m, m_x, m_1, m_2, scalar)
        cell = u[:, 1] * _TABLE
        index = cell.astype(np.int32)
        low = table[index]
        s = low + (table[index + 1] - low) * (cell - index)
        root = np.sqrt(s)
        q = two_body_momentum(m, m_x, root)
        energy = np.sqrt(q * q + m_x * m_x)
        degree, axis = _spin_axis(spin)
        direction = around(axis, _linear_cosine(u[:, 2], -self.sign * degree * q / energy), 2 * np.pi * u[:, 3])
        star = two_body_momentum(root, m_1, m_2)
        e_star = two_body_energy(root, m_1, m_2)
        cosine, azimuth = 2.0 * u[:, 4] - 1.0, 2 * np.pi * u[:, 5]
        # the pair flies against the spectator; its frame's axes are those of the laboratory
        sine = np.sqrt(np.maximum(1.0 - cosine * cosine, 0.0))
        inside = (star * sine * np.cos(azimuth), star * sine * np.sin(azimuth), star * cosine)
        pair = tuple(-q * direction[:, k] for k in range(3))
        pair_energy = m - energy
        product = inside[0] * pair[0] + inside[1] * pair[1] + inside[2] * pair[2]
        first_energy = (e_star * pair_energy + product) / root
        factor = (first_energy + e_star) / (pair_energy + root)
        out[rows, spectator, 0] = energy
        out[rows, one, 0] = first_energy
        out[rows, two, 0] = pair_energy - first_energy
        for k in range(3):
            momentum = inside[k] + factor * pair[k]
            out[rows, spectator, k + 1] = -pair[k]
            out[rows, one, k + 1] = momentum
            out[rows, two, k + 1] = pair[k] - momentum

    def conjugate(self) -> "ChiralTerm":
        """The antiparticle's decay: conjugate products, the spin reversed."""
        return replace(self, pdg=tuple(particles.anti(code) for code in self.pdg), sign=-self.sign)


def _dot(p: Array, q: Array) -> Array:
    result: Array = p[:, 0] * q[:, 0] - p[:, 1] * q[:, 1] - p[:, 2] * q[:, 2] - p[:, 3] * q[:, 3]
    return result

"""Z' from the proton beam: bremsstrahlung p N -> Z' X through kinetic mixing, in the generalised Weizsaecker-Williams approximation.

Per proton that interacts, with z = p_z / p_beam and H = pT^2 + (1 - z) m^2 + z^2 m_p^2,

  dN/(dz dpT^2) = |F_1(m^2)|^2 w,
  w = epsilon^2 alpha / (2 pi H) { [1 + (1-z)^2]/z - 2 z (1-z) [(2 m_p^2 + m^2)/H - 2 z^2 m_p^4/H^2]
      + 2 z (1-z) [z + (1-z)^2] m_p^2 m^2/H^2 + 2 z (1-z)^2 m^4/H^2 },

J. Bluemlein, J. Brunner, arXiv:1311.3870; P. deNiverville, C. Chen, M. Pospelov, A. Ritz, arXiv:1609.01770, whose ratio of inelastic
cross sections after and before the emission, near 1 on nuclei, is left out. It tends to the equivalent photons alpha / (2 pi)
[1 + (1-z)^2]/z dpT^2/pT^2 as both masses vanish. Valid for energies of Z' and remaining proton far above m_p, m and pT: cut at
0.1 < z < 0.9 and pT < 1 GeV. Other approximations (S. Foroughi-Abari, A. Ritz, arXiv:2108.05900) differ by factors up to two or three.
First interactions only.

F_1 in the time-like region: rho, omega and two recurrences of each, A. Faessler, M. Krivoruchenko, B. Martemyanov, arXiv:0910.5589; the
peak at 0.77 GeV is large and narrow. Drell-Yan and other quark processes, which take over above 1.5 GeV, are not included.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .. import pdg as particles
from ..constants import ALPHA
from ..decays.terms import empty_products
from ..kernels.arrays import Array, ArrayLike
from ..kernels.spinors import SpinArray
from .boson_sources import flying, isotropic

Z_RANGE, PT_MOST = (0.1, 0.9), 1.0
"""Cuts of validity; GeV."""
_RESONANCES = (
    (0.616, 0.770, 0.150),
    (0.223, 1.25, 0.30),
    (-0.339, 1.45, 0.50),
    (1.011, 0.770, 0.0085),
    (-0.881, 1.25, 0.30),
    (0.370, 1.45, 0.50),
)
"""Weight, mass and width in GeV of rho, rho', rho'', omega, omega', omega'' in F_1 (arXiv:0910.5589, as in arXiv:1609.01770)."""
_NODES = 96


def proton_form_factor2(square: ArrayLike) -> Array:
    """|F_1(q^2)|^2 of the proton for q^2 >= 0 in GeV^2, 1 at 0."""
    s = np.asarray(square, float)
    total = sum(f * m * m / (m * m - s - 1j * m * width) for f, m, width in _RESONANCES)
    at_rest = sum(f * m * m / (m * m - 1j * m * width) for f, m, width in _RESONANCES)
    result: Array = np.abs(total) ** 2 / abs(at_rest) ** 2
    return result


def splitting(z: ArrayLike, pt2: ArrayLike, m: ArrayLike) -> Array:
    """w over epsilon^2, GeV^-2, without form factor; broadcasts."""
    z, pt2, m = np.asarray(z, float), np.asarray(pt2, float), np.asarray(m, float)
    p2, m2 = particles.mass(2212) ** 2, m**2
    h = pt2 + (1 - z) * m2 + z**2 * p2
    curly = (1 + (1 - z) ** 2) / z - 2 * z * (1 - z) * ((2 * p2 + m2) / h - 2 * z**2 * p2**2 / h**2)
    curly = curly + 2 * z * (1 - z) * (z + (1 - z) ** 2) * p2 * m2 / h**2 + 2 * z * (1 - z) ** 2 * m2**2 / h**2
    result: Array = ALPHA / (2 * math.pi * h) * np.maximum(curly, 0.0)
    return result


def _grid(m: float, nodes: int) -> tuple[Array, Array, Array]:
    """z, pT^2 and weights (nodes, nodes): the integral of a function is the sum of it times the weights."""
    x, w = np.polynomial.legendre.leggauss(nodes)
    x, w = (x + 1) / 2, w / 2
    low, high = Z_RANGE
    z = (low + (high - low) * x)[:, None]
    scale = (1 - z) * m**2 + z**2 * particles.mass(2212) ** 2
    span = np.log1p(PT_MOST**2 / scale)
    grown = np.exp(span * x[None, :])
    weights = (high - low) * w[:, None] * w[None, :] * span * scale * grown
    return np.broadcast_to(z, weights.shape), scale * (grown - 1), weights


def number(m: float, momentum: float) -> float:
    """Z' per interacting proton of `momentum` (GeV/c) over epsilon^2; 0 where the Z' does not fit into the collision."""
    z, pt2, weights = _grid(m, _NODES)
    inside = _fits(z, pt2, m, momentum)
    return float(proton_form_factor2(m**2) * np.sum(splitting(z, pt2, m) * weights * inside))


def _fits(z: Array, pt2: Array, m: float, momentum: float) -> Array:
    """1 where energy and momentum leave two nucleons at rest to each other or more, else 0."""
    nucleon = particles.mass(2212)
    total = math.hypot(momentum, nucleon) + nucleon
    energy = np.sqrt(m**2 + pt2 + (z * momentum) ** 2)
    left = (total - energy) ** 2 - ((1 - z) * momentum) ** 2 - pt2
    result: Array = ((left > 4 * nucleon**2) & (energy < total)).astype(float)
    return result


_BINS = 300


@dataclass(frozen=True, eq=False)
class BremsstrahlungSource:
    """p N -> Z' X as a decay of the collision's system along the beam, weighted by direction; products (Z', X).

    The Z' is unpolarised (a choice: light ones are mostly transverse), X a system of any mass.
    """

    pdg: tuple[int, ...]
    m_parent: float
    """Energy in the centre of mass of beam proton and nucleon, GeV."""
    masses: tuple[float, ...]
    """The second, of X, is 0: it varies."""
    width: float
    momentum: float
    """Of the beam proton."""
    draws: int = 3
    oriented: bool = True
    """Its weight depends on the direction of the Z' to the system's flight."""

    @cached_property
    def _number(self) -> float:
        return number(self.masses[0], self.momentum)

    @property
    def _boost(self) -> tuple[float, float]:
        """gamma and gamma beta of the system."""
        return math.hypot(self.momentum, self.m_parent) / self.m_parent, self.momentum / self.m_parent

    @cached_property
    def _table(self) -> tuple[Array, Array, Array]:
        """Edges of the Z' energy in the system's frame, the density of proposals in each bin, and its integral up to each edge."""
        m = self.masses[0]
        gamma, slope = self._boost
        z, pt2, weights = _grid(m, 400)
        energy = gamma * np.sqrt(m**2 + pt2 + (z * self.momentum) ** 2) - slope * z * self.momentum
        parts = splitting(z, pt2, m) * weights * _fits(z, pt2, m, self.momentum)
        kept = parts > 0
        edges = np.linspace(m, float(energy[kept].max()) * (1 + 1e-9), _BINS + 1)
        counted, _ = np.histogram(energy[kept], edges, weights=parts[kept])
        share = 0.8 * counted / counted.sum() + 0.2 / _BINS
        return edges, share / np.diff(edges), np.concatenate([[0.0], np.cumsum(share)])

    def msq(self, momenta: Array, spin: SpinArray) -> Array:
        """1: what depends on direction is in `turned`."""
        return np.ones(len(momenta))

    def sample(self, u: Array) -> tuple[Array, Array]:
        """Isotropic momenta in the system's frame, and factors that `turned` completes."""
        edges, density, steps = self._table
        cell = np.clip(np.searchsorted(steps, u[:, 0], side="right") - 1, 0, _BINS - 1)
        inside = np.clip((u[:, 0] - steps[cell]) / (steps[cell + 1] - steps[cell]), 0.0, 1.0)
        energy = edges[cell] + inside * (edges[cell + 1] - edges[cell])
        m = self.masses[0]
        q = np.sqrt(np.maximum((energy - m) * (energy + m), 0.0))
        out = empty_products(2, len(u))
        out[:, 0] = flying(m, q, isotropic(u[:, 1:3]))
        out[:, 1, 0] = self.m_parent - out[:, 0, 0]
        out[:, 1, 1:] = -out[:, 0, 1:]
        return out, 1 / density[cell]

    def turned(self, boson: Array, axis: Array) -> Array:
        """The density of Z' momenta (n, 4) in the system's frame over an isotropic one, with `sample`'s factor a weight of mean 1.

        `axis` (n, 3): unit vectors along the beam. dN/(dE dcos) = 2 q E_lab / p_beam dN/(dz dpT^2).
        """
        gamma, slope = self._boost
        along = np.sum(boson[:, 1:] * axis, axis=1)
        q2 = np.sum(boson[:, 1:] ** 2, axis=1)
        pt2 = np.maximum(q2 - along**2, 0.0)
        lab = gamma * boson[:, 0] + slope * along
        z = (gamma * along + slope * boson[:, 0]) / self.momentum
        low, high = Z_RANGE
        inside = (z > low) & (z < high) & (pt2 < PT_MOST**2)
        safe = np.where(inside, z, 0.5)
        density = splitting(safe, pt2, self.masses[0]) * proton_form_factor2(self.masses[0] ** 2)
        density = density * _fits(safe, pt2, self.masses[0], self.momentum)
        # twice, for the half of an isotropic density in the cosine
        result: Array = np.where(inside, density * 4 * np.sqrt(q2) * lab / self.momentum / self._number, 0.0)
        return result

    def polarisation(self, momenta: Array, spin: SpinArray, place: int, u: Array) -> SpinArray:
        """0, the average over spins."""
        return np.zeros((len(momenta), 3), complex)


def bremsstrahlung_source(m: float, momentum: float, code: int) -> BremsstrahlungSource:
    """The term for Z' of mass `m`, GeV; the parent is the system of beam proton and a nucleon at rest."""
    nucleon = particles.mass(2212)
    root_s = math.sqrt(2 * nucleon * (nucleon + math.hypot(momentum, nucleon)))
    return BremsstrahlungSource((code, particles.REMNANT), root_s, (m, 0.0), 0.0, momentum)

"""|M|^2, momenta and spins of meson decays that make a dark boson: two-body ones through portals, and P -> l nu and a boson.

Products stand in the order (state that is followed, lepton or other, third). The parent is at rest and has no spin, or its spin is
averaged over. Terms are `SourceTerm`s.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .. import pdg as particles
from ..decays.boson_terms import drawn_state
from ..decays.terms import empty_products
from ..kernels.arrays import Array
from ..kernels.kinematics import two_body_momentum
from ..kernels.lorentz import around, boost, orthonormal_frame
from ..kernels.spinors import (
    ComplexArray,
    SpinArray,
    Spinor,
    antiparticle,
    bloch,
    in_rest_frame,
    particle,
    scalar_left,
    scalar_right,
    vector_left,
    vector_right,
)
from .boson_emission import Line, msq, spectrum_q2

_CELLS = 2000


def isotropic(u: Array) -> Array:
    """Unit vectors (n, 3) from uniform numbers (n, 2)."""
    return around(np.tile([0.0, 0.0, 1.0], (len(u), 1)), 2 * u[:, 0] - 1, 2 * np.pi * u[:, 1])


def flying(mass: float | Array, momentum: Array | float, direction: Array) -> Array:
    """Four-momenta (n, 4)."""
    out: Array = np.empty((4, len(direction))).T
    out[:, 0] = np.hypot(momentum, mass)
    for k in range(3):
        out[:, k + 1] = momentum * direction[:, k]
    return out


@dataclass(frozen=True, slots=True)
class TwoBodySource:
    """A meson into a boson and another particle; products (boson, other).

    The Z' of pi0, eta, eta' -> gamma Z' and of omega -> pi0 Z', the omega's spin averaged, is transverse: |M|^2 goes as (e x q)^2, with
    equal parts of both helicities.
    """

    pdg: tuple[int, ...]
    m_parent: float
    masses: tuple[float, ...]
    width: float
    transverse: bool
    """A Z', else a scalar."""
    draws: int = 2

    def msq(self, momenta: Array, spin: SpinArray) -> Array:
        """|M|^2 (n,), a constant."""
        q = float(two_body_momentum(self.m_parent, *self.masses))
        return np.full(len(momenta), self.width * 8 * np.pi * self.m_parent**2 / q)

    def sample(self, u: Array) -> tuple[Array, Array]:
        """Isotropic momenta and what makes |M|^2 a weight of 1."""
        q, direction = float(two_body_momentum(self.m_parent, *self.masses)), isotropic(u)
        out = empty_products(2, len(u))
        out[:, 0], out[:, 1] = flying(self.masses[0], q, direction), flying(self.masses[1], q, -direction)
        return out, 1 / self.msq(out, np.zeros((len(u), 3)))

    def polarisation(self, momenta: Array, spin: SpinArray, place: int, u: Array) -> SpinArray:
        """A Z': linearly polarised across its flight, in any direction, drawn with `u` (n, 2); else 0. Shape (n, 3)."""
        if place or not self.transverse:
            return np.zeros((len(momenta), 3))
        p = momenta[:, 0, 1:]
        first, second = orthonormal_frame(p / np.sqrt(np.sum(p**2, axis=1))[:, None])
        azimuth = 2 * np.pi * u[:, 1]
        return (np.cos(azimuth)[:, None] * first + np.sin(azimuth)[:, None] * second).astype(complex)


@dataclass(frozen=True, eq=False)
class EmissionSource:
    """P+ -> l+ nu_j and a boson from the virtual neutrino; products (followed, l, other), the boson first or, of a heavy nu_j, last."""

    pdg: tuple[int, ...]
    m_parent: float
    masses: tuple[float, ...]
    width: float
    lines: tuple[Line, ...]
    """Of every nu_j of one mass: they add without interference."""
    coupling: float
    """f V in GeV."""
    scale: float
    """Width over that of `boson_emission`: the measured over the computed leptonic decay."""
    boson_first: bool
    mirrored: bool = False
    """Whether it is P-: the amplitude is that of the parity image."""
    draws: int = 5

    @property
    def _order(self) -> tuple[int, int, int]:
        """Places of lepton, neutrino, boson."""
        return (1, 2, 0) if self.boson_first else (1, 0, 2)

    @property
    def _masses(self) -> tuple[float, float, float]:
        lepton, out, boson = (self.masses[place] for place in self._order)
        return lepton, out, boson

    def _in_order(self, momenta: Array) -> Array:
        """(l, nu, boson) of the process or its parity image."""
        ordered = momenta[:, list(self._order)]
        return ordered * np.array([1.0, -1.0, -1.0, -1.0]) if self.mirrored else ordered

    def msq(self, momenta: Array, spin: SpinArray) -> Array:
        """|M|^2 (n,), final spins summed."""
        ordered = self._in_order(momenta)
        parts = [msq(line, ordered, self.m_parent, self._masses[2], self.coupling) for line in self.lines]
        return np.asarray(self.scale * sum(parts))

    @cached_property
    def _table(self) -> tuple[Array, Array, Array]:
        """Edges of Q, the density in each cell over all, normalised, and its integral up to each edge."""
        lepton, out, boson = self._masses
        low, high = out + boson, self.m_parent - lepton
        edges = low + (high - low) * np.sin(np.linspace(0, np.pi / 2, _CELLS + 1)) ** 2
        middle = (edges[1:] + edges[:-1]) / 2
        parts = [spectrum_q2(line, middle**2, self.m_parent, lepton, boson, self.coupling) for line in self.lines]
        shape = np.asarray(sum(parts)) * 2 * middle
        # the largest neighbour and a little everywhere: no weight is far above the mean
        near = np.maximum(np.maximum(shape, np.roll(shape, 1)), np.roll(shape, -1))
        share = near * np.diff(edges)
        share = share / share.sum() + 1e-3 / _CELLS
        share /= share.sum()
        return edges, share / np.diff(edges), np.concatenate([[0.0], np.cumsum(share)])

    def sample(self, u: Array) -> tuple[Array, Array]:
        """Isotropic momenta and what makes |M|^2 a weight of mean 1."""
        lepton, out, boson = self._masses
        edges, density, steps = self._table
        cell = np.clip(np.searchsorted(steps, u[:, 0], side="right") - 1, 0, _CELLS - 1)
        inside = (u[:, 0] - steps[cell]) / (steps[cell + 1] - steps[cell])
        root = edges[cell] + np.clip(inside, 0.0, 1.0) * (edges[cell + 1] - edges[cell])
        q, star = two_body_momentum(self.m_parent, lepton, root), two_body_momentum(root, out, boson)
        direction = isotropic(u[:, 3:5])
        pair = flying(root, q, direction)
        made = empty_products(3, len(u))
        at_lepton, at_out, at_boson = self._order
        made[:, at_lepton] = flying(lepton, q, -direction)
        made[:, at_boson] = boost(flying(boson, star, around(direction, 2 * u[:, 1] - 1, 2 * np.pi * u[:, 2])), pair, root)
        made[:, at_out] = pair - made[:, at_boson]
        made[:, at_out, 0] = np.sqrt(np.sum(made[:, at_out, 1:] ** 2, axis=1) + out**2)
        # dGamma = |M|^2 / 2M  dQ^2 / 2pi  q / (4 pi M)  star / (4 pi Q)
        space = 2 * root / (2 * np.pi) * q / (4 * np.pi * self.m_parent) * star / (4 * np.pi * root)
        return made, space / (2 * self.m_parent * self.width * density[cell])

    def _amplitudes(self, momenta: Array) -> list[ComplexArray]:
        """Of each line: spin of nu, spin of l, polarisation of the boson in its rest frame (3, or 1), event; without common factors."""
        lepton, out, boson = (self._in_order(momenta)[:, k] for k in range(3))
        m_lepton, m_out, m_boson = self._masses
        q = out + boson
        square = q[:, 0] ** 2 - np.sum(q[:, 1:] ** 2, axis=1)
        bra, (left, _) = particle(out, m_out), antiparticle(lepton, m_lepton)
        # p-slash P_L v = M (0, v_L) for the parent at rest; Q-slash of it is (Q.sigma M v_L, 0)
        low, up = left[:, 0] * self.m_parent, left[:, 1] * self.m_parent
        across = q[:, 1] - 1j * q[:, 2]
        turned = np.stack([(q[:, 0] - q[:, 3]) * low - across * up, (q[:, 0] + q[:, 3]) * up - across.conj() * low], axis=1)
        straight = np.stack([low, up], axis=1).astype(complex)
        nothing = np.zeros_like(turned)
        first: Spinor = (turned, nothing)
        second: Spinor = (nothing, straight)
        found = []
        for line in self.lines:
            a, b, _, _ = line.sums(square.astype(complex))
            if line.vector:
                current = a * vector_left(bra, first) + b * vector_right(bra, second)
                found.append(in_rest_frame(current, boson, m_boson))
            else:
                found.append((a * scalar_left(bra, first) + b * scalar_right(bra, second))[:, :, None])
        return found

    def polarisation(self, momenta: Array, spin: SpinArray, place: int, u: Array) -> SpinArray:
        """Of the boson a pure state drawn with `u` (n, 2), of a heavy nu_j its polarisation vector; else 0. Shape (n, 3)."""
        _, at_out, at_boson = self._order
        if place == at_boson and self.lines[0].vector:
            states = np.concatenate([one.reshape(4, 3, -1) for one in self._amplitudes(momenta)])
            return drawn_state(states, u[:, 0])
        if place == at_out and self.masses[place] > 0:
            (one,) = self._amplitudes(momenta)
            return bloch(one, 0)
        return np.zeros((len(momenta), 3))

    def conjugate(self) -> "EmissionSource":
        """P- -> l- and the others."""
        return replace(self, pdg=tuple(particles.anti(code) for code in self.pdg), mirrored=not self.mirrored)

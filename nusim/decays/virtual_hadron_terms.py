"""Events of nu_i -> nu_j and hadrons through a virtual Z': nu_j with its spin, and the exclusive hadrons of the Z' it stands for.

|M|^2 = sum T_kl W_k W_l* / [(s - m^2)^2 + m^2 Gamma^2], W the current of the neutrinos and T the tensor of the hadrons, both in the frame
where the hadrons rest: the current is conserved, so their time components do not matter. T is along the direction of two scalars or
the normal of three pions, across the direction of a pseudoscalar and a photon or omega.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from .. import pdg as particles
from ..kernels.arrays import Array
from ..kernels.kinematics import kallen_sqrt
from ..kernels.lorentz import boost, orthonormal_frame, unboost
from ..kernels.spinors import ComplexArray, SpinArray, bloch, in_rest_frame, particle, spin_states, vector_left, vector_right
from .boson_hadron_terms import (
    BARE_MASSES,
    LONGITUDINAL,
    SHAPES,
    THREE_PIONS,
    isotropic,
    oriented,
    three_pion_dynamics,
    three_pion_measure,
    three_pion_plane,
)
from .boson_hadrons import OMEGA_PI0_TOP, r_exclusive, r_remainder, remainder_of, three_pion_coupling
from .couplings import Couplings
from .dark_widths import neutrino_vertex, width_vector_emission
from .terms import empty_products
from .virtual_hadrons import VECTOR_BREAKS, is_virtual, nodes

_PROBES = 8192
_ROOM = 1.15
"""Above the largest weight of the probes."""
_PER_NODE = 3
"""Cells of the table of s between two nodes of the width's integral."""


def hadron_ratio(name: str, s: Array) -> Array:
    """R of one exclusive final state, 'pi0 omega' for what remains."""
    return r_remainder(s) if name == "pi0 omega" else r_exclusive(s)[name]


class _Cells(NamedTuple):
    """A step function about the density of s."""

    edges: Array
    height: Array
    steps: Array


@dataclass(frozen=True)
class VirtualHadronTerm:
    """nu_i -> nu_j h h or nu_j pi0 pi+ pi-; a `CascadeTerm`. `left`, `right`: of nubar_j nu_i to the Z'."""

    hadrons: str
    """A key of `r_exclusive`, or 'pi0 omega'."""
    pdg: tuple[int, ...]
    m_parent: float
    masses: tuple[float, ...]
    width: float
    left: complex
    right: complex
    electric: float
    m_zprime: float
    zprime_width: float
    via: tuple[str, ...] = ("Z'",)

    @property
    def draws(self) -> int:
        """Uniform numbers of a proposal: s, two directions, and for three pions their plane."""
        return 8 if len(self.pdg) == 4 else 5

    def _boson_width(self, root: Array) -> Array:
        """Width into these hadrons of a Z' of mass `root`, GeV."""
        result: Array = self.electric**2 * root / (12 * np.pi) * hadron_ratio(self.hadrons, root**2)
        return result

    def _density(self, s: Array) -> Array:
        """dGamma / ds, GeV^-1."""
        root = np.sqrt(s)
        emission = width_vector_emission(self.m_parent, self.masses[0], root, self.left, self.right)
        result: Array = emission * root * self._boson_width(root) / np.pi * self._propagator(s)
        return result

    def _propagator(self, s: Array) -> Array:
        result: Array = 1 / ((s - self.m_zprime**2) ** 2 + (self.m_zprime * self.zprime_width) ** 2)
        return result

    @cached_property
    def _cells(self) -> _Cells:
        low, high = sum(self.masses[1:]) ** 2, (self.m_parent - self.masses[0]) ** 2
        pole = np.array([[self.m_zprime**2, self.m_zprime * self.zprime_width]])
        knots = np.unique(np.clip(np.concatenate([[low, high], nodes(np.array([high]), pole, VECTOR_BREAKS)[0][0]]), low, high))
        fine = knots[:-1, None] + np.diff(knots)[:, None] * (np.arange(_PER_NODE) / _PER_NODE)
        edges = np.append(fine.ravel(), high)
        middle = self._density((edges[1:] + edges[:-1]) / 2)
        ends = self._density(edges)
        height = np.maximum(np.maximum(ends[1:], ends[:-1]), middle)
        return _Cells(edges, height, np.cumsum(height * np.diff(edges)))

    def sample(self, u: Array) -> tuple[Array, Array]:
        """Isotropic momenta (n, k, 4), and the factors that make |M|^2 weights of mean 1."""
        cells = self._cells
        wanted = u[:, 0] * cells.steps[-1]
        index = np.minimum(np.searchsorted(cells.steps, wanted, side="right"), len(cells.height) - 1)
        size = np.diff(cells.edges)[index]
        part = np.clip(1 - (cells.steps[index] - wanted) / np.where(cells.height[index] > 0, cells.height[index] * size, 1.0), 0.0, 1.0)
        s = cells.edges[index] + size * part
        root, m, m_nu = np.sqrt(s), self.m_parent, self.masses[0]
        q = kallen_sqrt(m, root, m_nu) / (2 * m)
        out = empty_products(len(self.pdg), len(u))
        direction = isotropic(u[:, 1:3])
        pair = np.empty((4, len(u))).T
        out[:, 0, 0] = np.hypot(q, m_nu)
        pair[:, 0] = m - out[:, 0, 0]
        for k in range(3):
            out[:, 0, k + 1] = q * direction[:, k]
            pair[:, k + 1] = -out[:, 0, k + 1]
        at_rest, space = self._hadrons(root, u[:, 3:])
        for place in range(1, len(self.pdg)):
            out[:, place] = boost(at_rest[:, place - 1], pair, root)
        # dPhi = ds/2pi  q/(4 pi m)  dPhi of the hadrons
        density = cells.height[index] / cells.steps[-1]
        factor = q / (4 * np.pi * m) * space / (2 * np.pi) / (2 * m * self.width * density)
        return out, factor

    def _hadrons(self, root: Array, u: Array) -> tuple[Array, Array]:
        """Isotropic momenta of the hadrons in their rest frame, and their phase space per unit of the uniform numbers."""
        if len(self.pdg) == 4:
            plane, density = three_pion_plane(root, u[:, 0], 2 * u[:, 1] - 1)
            return oriented(plane, u[:, 2:5]), 2 * density * three_pion_measure(root)
        star = kallen_sqrt(root, self.masses[1], self.masses[2]) / (2 * root)
        direction, out = isotropic(u[:, :2]), empty_products(2, len(u))
        for place, sign in ((0, 1.0), (1, -1.0)):
            out[:, place, 0] = np.hypot(star, self.masses[place + 1])
            for k in range(3):
                out[:, place, k + 1] = sign * star * direction[:, k]
        return out, star / (4 * np.pi * root)

    def _amplitude(self, momenta: Array, spin: SpinArray) -> ComplexArray:
        """Amplitudes (2, 2, k, n): spin of nu_j, pure state of nu_i, states of the hadrons."""
        q = np.zeros_like(momenta[:, 0])
        q[:, 0] = self.m_parent
        q = q - momenta[:, 0]
        s = q[:, 0] ** 2 - q[:, 1] ** 2 - q[:, 2] ** 2 - q[:, 3] ** 2
        root = np.sqrt(s)
        rest = np.broadcast_to([self.m_parent, 0.0, 0.0, 0.0], q.shape)
        bra, ket = particle(momenta[:, 0], self.masses[0]), particle(rest, self.m_parent)
        current = self.left * vector_left(bra, ket) + self.right * vector_right(bra, ket)
        vertex = in_rest_frame(current, q, root)
        first, second = (unboost(momenta[:, k], q, root)[:, 1:] for k in (1, 2))
        if len(self.pdg) == 4:
            third = unboost(momenta[:, 3], q, root)[:, 1:]
            # in the order pi0, pi+, pi-
            axis = np.cross(second, third)
            at_rest = np.stack([unboost(momenta[:, k], q, root) for k in (1, 2, 3)], axis=1)
            coupling = three_pion_coupling(s)
            square = self.electric**2 * s * (coupling.real**2 + coupling.imag**2) * three_pion_dynamics(root, at_rest)
            shape = LONGITUDINAL
        else:
            axis = first
            star = kallen_sqrt(root, self.masses[1], self.masses[2]) / (2 * root)
            average = 8 * np.pi * s * self._boson_width(root) / np.where(star > 0, star, 1.0)
            shape = SHAPES[self.hadrons]
            square = average * max(shape)
        size = np.sqrt(np.sum(axis**2, axis=1))
        axis = axis / np.where(size > 0, size, 1.0)[:, None]
        directions = (axis,) if shape == LONGITUDINAL else orthonormal_frame(axis)
        strength = np.sqrt(square * self._propagator(s))
        parts = [strength * sum(vertex[:, :, k] * one[:, k] for k in range(3)) for one in directions]
        vertex = np.stack(parts, axis=2)
        states = spin_states(spin)
        result: ComplexArray = vertex[:, 0][:, None] * states[:, 0][:, None] + vertex[:, 1][:, None] * states[:, 1][:, None]
        return result

    def msq(self, momenta: Array, spin: SpinArray) -> Array:
        """|M|^2 (n,), summed over final spins."""
        amplitude = self._amplitude(momenta, spin)
        result: Array = np.sum(amplitude.real**2 + amplitude.imag**2, axis=(0, 1, 2))
        return result

    @cached_property
    def _bound(self) -> float:
        """Above factor times |M|^2 of any spin, which is at most twice the average."""
        # powers of the inverse of the root of x^9 = x + 1: a lattice that covers the unit cube evenly
        lattice = (0.5 + np.arange(_PROBES)[:, None] * 1.0850702 ** -np.arange(1.0, self.draws + 1)) % 1.0
        momenta, factor = self.sample(lattice)
        return 2 * _ROOM * float(np.max(factor * self.msq(momenta, np.zeros((_PROBES, 3)))))

    def propose(self, u: Array, spin: SpinArray) -> tuple[Array, Array]:
        """Momenta and the probability (n,) to accept them."""
        momenta, factor = self.sample(u)
        return momenta, np.minimum(factor * self.msq(momenta, spin) / self._bound, 1.0)

    def polarisation(self, momenta: Array, spin: SpinArray, place: int, u: Array) -> SpinArray:
        """Polarisation vector (n, 3) of nu_j, the hadrons' states summed; 0 for hadrons."""
        return bloch(self._amplitude(momenta, spin), 0) if place == 0 else np.zeros((len(momenta), 3))

    def conjugate(self) -> "VirtualHadronTerm":
        """The antiparticle's decay: conjugate products, couplings conjugated and of opposite chirality."""
        codes = tuple(particles.anti(code) for code in self.pdg)
        return replace(self, pdg=codes, left=complex(self.right).conjugate(), right=complex(self.left).conjugate())


def virtual_hadron_terms(found: Couplings, state: str, zprime_width: float) -> dict[str, list[VirtualHadronTerm]]:
    """'nu4 hadrons', ...: exclusive final states through a virtual Z' where they are all there is, up to 1.1 GeV for the hadrons.

    Empty where the dark scalar has a part in it.
    """
    listed: dict[str, list[VirtualHadronTerm]] = {}
    if found.electric == 0 or found.scalar_fermion != 0:
        return listed
    row = found.heavy(state)
    m, mass = found.masses[row], found.zprime.mass
    left, right = neutrino_vertex(found, "zprime")
    for column in range(row):
        m_nu = found.masses[column]
        if m_nu == 0 or m - m_nu > OMEGA_PI0_TOP or not is_virtual(np.array([m]), np.array([m_nu]), np.array([mass]))[0]:
            continue
        vertex = complex(left[column, row]), complex(right[column, row])
        high, pole = np.array([(m - m_nu) ** 2]), np.array([[mass**2, mass * zprime_width]])
        s, weight = (one[0] for one in nodes(high, pole, VECTOR_BREAKS))
        ratios = r_exclusive(s)
        ratios["pi0 omega"] = remainder_of(s, ratios)
        # Gamma = int ds/pi Gamma(nu_i -> nu_j Z') sqrt s Gamma_had / |propagator|^2, as in `spectral_width`
        weight = weight * width_vector_emission(m, m_nu, np.sqrt(s), *vertex) * s * found.electric**2 / (12 * np.pi**2)
        weight = weight / ((s - mass**2) ** 2 + (mass * zprime_width) ** 2)
        for name, ratio in ratios.items():
            codes = THREE_PIONS if name == "pi0 pi+ pi-" else tuple(particles.CODES[one] for one in name.split())
            masses = tuple(BARE_MASSES.get(abs(code), particles.mass(abs(code))) for code in codes)
            if not m > m_nu + sum(masses):
                continue
            heavy = particles.HEAVY_STATE_CODES[found.names[column]]
            width = float(np.sum(weight * ratio))
            if width > 0:
                term = VirtualHadronTerm(name, (heavy, *codes), m, (m_nu, *masses), width, *vertex, found.electric, mass, zprime_width)
                listed.setdefault(f"{found.names[column]} hadrons", []).append(term)
    return listed

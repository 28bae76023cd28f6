"""Amplitudes of nu_h -> nu_a nu_b nu_c and nu_h -> nu_a l- l+ for all spins at once, through W, Z, Z' and the dark scalar.

    A(a;bc) = sum_B [J.K - (q.J)(q.K) / m_B^2] / (q^2 - m_B^2 + i m_B Gamma_B) - J_S K_S / (q^2 - m_phi^2 + i m_phi Gamma_phi),

J the current of (a, h), K that of (b, c), q = p_h - p_a; the Z and the W in the contact limit. Three neutrinos:
M = A(a;bc) + A(b;ca) + A(c;ab) for Majorana ones (A(b;ca) = -A(b;ac)); for Dirac ones the antiparticle cannot be on the parent's line.
Unitary gauge: the longitudinal part of the Z' stays. Numbers may be arrays over events, so that many parameter points are evaluated
together. Source: arXiv:1903.07590, Eq. 1 and its text, for the currents.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np

from ..constants import G_F
from ..kernels.arrays import Array
from ..kernels.spinors import ComplexArray, Spinor, antiparticle, particle, scalar_left, scalar_right, vector_left, vector_right
from .couplings import Couplings

Number = Any
"""A number, or an array of them over events."""

Diagram = tuple[int, int, int, float]
"""Places of the neutrino on the parent's line, of the particle and of the v spinor on the other, and the sign of the diagram."""
_ROUNDING = 1e-15
"""The Z is left out where its amplitude is below this share of that of the Z': it would be lost in rounding."""
_MAJORANA: tuple[Diagram, ...] = ((0, 1, 2, 1.0), (1, 0, 2, -1.0), (2, 0, 1, 1.0))
_DIRAC: tuple[tuple[Diagram, ...], ...] = (
    ((1, 2, 0, 1.0), (2, 1, 0, -1.0)),
    ((0, 2, 1, 1.0), (2, 0, 1, -1.0)),
    ((0, 1, 2, 1.0), (1, 0, 2, -1.0)),
)
"""By the place of the antiparticle."""


Part = tuple[ComplexArray | None, ComplexArray | None]
"""A spinor of which one chirality may be absent."""


class Vertex(NamedTuple):
    """Chiral couplings of two fermions: to the Z', to the Z (times 1/m_Z), to the dark scalar."""

    left: Number
    right: Number
    weak_left: Number
    weak_right: Number
    scalar_left: Number
    scalar_right: Number

    def chiral(self, helicity: int) -> tuple[Number, Number]:
        """Couplings to Z' and Z that make a massless particle of helicity -1/2 (0) or +1/2 (1)."""
        return (self.left, self.weak_left) if helicity == 0 else (self.right, self.weak_right)

    def flipping(self, helicity: int) -> Number:
        """Coupling to the scalar that makes it."""
        return self.scalar_right if helicity == 0 else self.scalar_left


class Boson(NamedTuple):
    """A propagator."""

    mass: Number
    width: Number
    used: tuple[Number, Number, Number]
    """For each product on the parent's line 1, or 0 where the boson is on its shell and has its own channel."""

    def propagator(self, square: Array, spectator: int) -> ComplexArray:
        """used / (q^2 - m^2 + i m Gamma)."""
        result: ComplexArray = self.used[spectator] / (square - self.mass**2 + 1j * self.mass * self.width)
        return result


def neutrino_vertex(found: Couplings, i: int, j: int) -> Vertex:
    """nubar_i nu_j: right-handed parts only for Majorana neutrinos."""
    dark, weak = complex(found.zprime.neutrino[i, j]), complex(found.z.neutrino[i, j]) / found.z.mass
    sign = -1.0 if found.majorana else 0.0
    return Vertex(
        dark, sign * dark.conjugate(), weak, sign * weak.conjugate(), complex(found.scalar_left[i, j]), complex(found.scalar_right[i, j])
    )


def lepton_vertex(found: Couplings, mass: float) -> Vertex:
    """lbar l for a charged lepton of the given mass."""
    yukawa = found.scalar_fermion * mass
    return Vertex(
        found.zprime.lepton_left,
        found.zprime.lepton_right,
        found.z.lepton_left / found.z.mass,
        found.z.lepton_right / found.z.mass,
        yukawa,
        yukawa,
    )


def _some(value: Number) -> bool:
    return bool(np.any(value))


def _dot(q: Array, current: ComplexArray) -> ComplexArray:
    out: ComplexArray = q[0] * current[:, :, 0] - q[1] * current[:, :, 1] - q[2] * current[:, :, 2] - q[3] * current[:, :, 3]
    return out


def _times(first: ComplexArray, second: ComplexArray) -> ComplexArray:
    """(x, h, n) and (y, z, n) to (x, y, z, h, n)."""
    out: ComplexArray = first[:, None, None] * second.transpose(0, 1, 2)[None, :, :, None]
    return out


def _contracted(first: ComplexArray, second: ComplexArray) -> ComplexArray:
    """J.K of currents (x, h, 4, n) and (y, z, 4, n), shape (x, y, z, h, n)."""
    out = _times(first[:, :, 0], second[:, :, 0])
    for k in (1, 2, 3):
        out -= _times(first[:, :, k], second[:, :, k])
    return out


class _Current(NamedTuple):
    """Currents of one pair of fermions: vector of the Z', its divergence, vector of the Z, scalar; None where they vanish."""

    dark: ComplexArray | None
    along: ComplexArray | None
    weak: ComplexArray | None
    scalar: ComplexArray | None


def _vectors(bra: Part, ket: Part) -> tuple[ComplexArray | None, ComplexArray | None]:
    """Left- and right-handed currents; None where a massless particle of the other helicity makes them vanish."""
    left = vector_left((bra[0], bra[0]), (ket[0], ket[0])) if bra[0] is not None and ket[0] is not None else None
    right = vector_right((bra[1], bra[1]), (ket[1], ket[1])) if bra[1] is not None and ket[1] is not None else None
    return left, right


def _sum(parts: Iterable[tuple[Number, ComplexArray | None]]) -> ComplexArray | None:
    """Couplings times currents, added up; None for nothing."""
    total: ComplexArray | None = None
    for coupling, current in parts:
        if current is not None and _some(coupling):
            total = coupling * current if total is None else total + coupling * current
    return total


def _current(bra: Part, ket: Part, vertex: Vertex, q: Array, vectors: tuple[ComplexArray | None, ComplexArray | None]) -> _Current:
    left, right = vectors
    dark = _sum(((vertex.left, left), (vertex.right, right)))
    along = None if dark is None else _dot(q, dark)
    weak = _sum(((vertex.weak_left, left), (vertex.weak_right, right)))
    scalar = None
    if _some(vertex.scalar_left) or _some(vertex.scalar_right):
        flip = scalar_left((bra[1], bra[1]), (ket[0], ket[0])) if bra[1] is not None and ket[0] is not None else None
        flop = scalar_right((bra[0], bra[0]), (ket[1], ket[1])) if bra[0] is not None and ket[1] is not None else None
        scalar = _sum(((vertex.scalar_left, flip), (vertex.scalar_right, flop)))
    return _Current(dark, along, weak, scalar)


def _exchanged(
    first: _Current, second: _Current, zprime: Boson, phi: Boson, square: Array, spectator: int, shape: tuple[int, ...]
) -> ComplexArray:
    """One diagram, (x, y, z, h, n)."""
    out: ComplexArray = np.zeros(shape, dtype=complex)
    if first.dark is not None and second.dark is not None and first.along is not None and second.along is not None:
        part = _contracted(first.dark, second.dark)
        part -= _times(first.along / zprime.mass**2, second.along)
        out += zprime.propagator(square, spectator) * part
    if first.weak is not None and second.weak is not None:
        out -= _contracted(first.weak, second.weak)
    if first.scalar is not None and second.scalar is not None:
        out -= phi.propagator(square, spectator) * _times(first.scalar, second.scalar)
    return out


def _chosen(spinor: Spinor, helicity: int | None, is_anti: bool = False) -> Part:
    """One helicity of a massless particle, whose other chirality is absent; or both spins. Of a v spinor chiralities change places."""
    if helicity is None:
        return spinor
    left, right = (part[helicity : helicity + 1] for part in spinor)
    return (left, None) if (helicity == 0) != is_anti else (None, right)


def _spins(part: Part) -> int:
    return len(part[0]) if part[0] is not None else len(part[1]) if part[1] is not None else 0


def _moving(momenta: Array, m_parent: Number, place: int) -> tuple[Array, Array]:
    """q = p_h - p_place, components first, and q^2, for a parent at rest."""
    q = -momenta[:, place].T
    q[0] += m_parent
    square: Array = q[0] ** 2 - q[1] ** 2 - q[2] ** 2 - q[3] ** 2
    return q, square


def _at_rest(m_parent: Number, n: int) -> Spinor:
    p = np.zeros((4, n)).T
    p[:, 0] = m_parent
    return particle(p, m_parent)


@dataclass(frozen=True, slots=True, eq=False)
class NeutrinoTriple:
    """nu_h -> nu_a nu_b nu_c."""

    m_parent: Number
    masses: tuple[Number, Number, Number]
    outer: tuple[Vertex, ...]
    """Of each diagram's product on the parent's line and the parent."""
    inner: tuple[Vertex, ...]
    """Of each diagram's other two."""
    zprime: Boson
    phi: Boson
    diagrams: tuple[Diagram, ...]

    def tensor(self, momenta: Array, helicities: tuple[int | None, ...] = (None, None, None)) -> ComplexArray:
        """M for all spins, or given helicities of massless products, shape (a, b, c, 2, n); the parent, at rest, is the last spin.

        `momenta` (n, 3, 4) in GeV.
        """
        n = len(momenta)
        parent = _at_rest(self.m_parent, n)
        out = [_chosen(particle(momenta[:, k], self.masses[k]), helicities[k]) for k in range(3)]
        anti = {z: _chosen(antiparticle(momenta[:, z], self.masses[z]), helicities[z], True) for z in {d[2] for d in self.diagrams}}
        total: ComplexArray | None = None
        for (x, y, z, sign), outer, inner in zip(self.diagrams, self.outer, self.inner, strict=True):
            q, square = _moving(momenta, self.m_parent, x)
            first = _current(out[x], parent, outer, q, _vectors(out[x], parent))
            second = _current(out[y], anti[z], inner, q, _vectors(out[y], anti[z]))
            shape = (_spins(out[x]), _spins(out[y]), _spins(out[z]), 2, n)
            part = _exchanged(first, second, self.zprime, self.phi, square, x, shape).transpose(*np.argsort((x, y, z)), 3, 4)
            total = sign * part if total is None else total + sign * part
        assert total is not None
        return total


@dataclass(frozen=True, slots=True, eq=False)
class LeptonPair:
    """nu_h -> nu_a l- l+."""

    m_parent: Number
    masses: tuple[Number, Number, Number]
    outer: Vertex
    inner: Vertex
    charged: tuple[Number, Number]
    """Of the W, Fierz-ordered, times [ubar_a gamma P_X u_h][lbar gamma P_L l]: X = L, R."""
    zprime: Boson
    phi: Boson

    def tensor(self, momenta: Array, helicities: tuple[int | None, ...] = (None, None, None)) -> ComplexArray:
        """M for all spins, shape (a, b, c, 2, n), as of `NeutrinoTriple`."""
        n = len(momenta)
        parent = _at_rest(self.m_parent, n)
        a, b = (_chosen(particle(momenta[:, k], self.masses[k]), helicities[k]) for k in (0, 1))
        c = antiparticle(momenta[:, 2], self.masses[2])
        q, square = _moving(momenta, self.m_parent, 0)
        neutrino, leptons = _vectors(a, parent), _vectors(b, c)
        first = _current(a, parent, self.outer, q, neutrino)
        second = _current(b, c, self.inner, q, leptons)
        out = _exchanged(first, second, self.zprime, self.phi, square, 0, (_spins(a), 2, 2, 2, n))
        charged = _sum(zip(self.charged, neutrino, strict=True))
        if charged is not None and leptons[0] is not None:
            out += _contracted(charged, leptons[0])
        return out


Amplitude = NeutrinoTriple | LeptonPair


def _bosons(
    found: Couplings, parent: int, masses: tuple[float, float, float], widths: tuple[float, float], spectators: set[int]
) -> tuple[Boson, Boson]:
    """Propagators of Z' and dark scalar; `spectators`: the products that some diagram has on the parent's line."""
    m = found.masses[parent]

    def used(place: int, mass: float) -> float:
        pair = sum(masses) - masses[place]
        return 1.0 if place in spectators and not (m > masses[place] + mass and mass > pair) else 0.0

    one, two = (
        Boson(mass, width, (used(0, mass), used(1, mass), used(2, mass)))
        for mass, width in zip((found.zprime.mass, found.m_phi), widths, strict=True)
    )
    return one, two


def neutrino_triple(
    found: Couplings, parent: int, columns: tuple[int, int, int], widths: tuple[float, float], antiparticle_at: int = 2
) -> NeutrinoTriple:
    """The amplitude for columns (a, b, c) of the couplings; `widths` of Z' and dark scalar, GeV.

    `antiparticle_at`: place of the antiparticle among Dirac products.
    """
    masses = (found.masses[columns[0]], found.masses[columns[1]], found.masses[columns[2]])
    diagrams = _MAJORANA if found.majorana else _DIRAC[antiparticle_at]
    outer = tuple(neutrino_vertex(found, columns[x], parent) for x, _, _, _ in diagrams)
    inner = tuple(neutrino_vertex(found, columns[y], columns[z]) for _, y, z, _ in diagrams)
    weak = max(abs(o.weak_left * i.weak_left) for o, i in zip(outer, inner, strict=True))
    if weak * (found.zprime.mass**2 + found.masses[parent] ** 2) < _ROUNDING * max(
        abs(o.left * i.left) for o, i in zip(outer, inner, strict=True)
    ):
        outer, inner = (tuple(one._replace(weak_left=0.0, weak_right=0.0) for one in some) for some in (outer, inner))
    zprime, phi = _bosons(found, parent, masses, widths, {x for x, _, _, _ in diagrams})
    return NeutrinoTriple(found.masses[parent], masses, outer, inner, zprime, phi, diagrams)


def lepton_pair(
    found: Couplings, parent: int, column: int, flavours: tuple[int, int], masses: tuple[float, float], widths: tuple[float, float]
) -> LeptonPair:
    """The amplitude for a neutrino `column` and charged leptons l- and l+ of the given flavours (0, 1, 2) and masses."""
    minus, plus = flavours
    products = (found.masses[column], *masses)
    u = found.charged
    strength = 2 * np.sqrt(2) * G_F
    right = strength * u[plus, parent].conj() * u[minus, column] if found.majorana else 0j
    charged = (complex(-strength * u[minus, parent] * u[plus, column].conj()), complex(right))
    inner = lepton_vertex(found, masses[0]) if minus == plus else Vertex(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    zprime, phi = _bosons(found, parent, products, widths, {0})
    return LeptonPair(found.masses[parent], products, neutrino_vertex(found, column, parent), inner, charged, zprime, phi)


def conjugated(amplitude: Any) -> Any:
    """The amplitude with complex conjugate couplings: of the CP conjugate decay, seen in a mirror."""

    def turned(value: Any) -> Any:
        if isinstance(value, tuple):
            parts = [turned(one) for one in value]
            return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
        return np.conj(value) if isinstance(value, complex | np.ndarray) else value

    return type(amplitude)(*(turned(getattr(amplitude, item.name)) for item in fields(amplitude)))


def vertices(amplitude: Amplitude) -> list[tuple[Vertex, Vertex]]:
    """The two vertices of each diagram."""
    if isinstance(amplitude, LeptonPair):
        return [(amplitude.outer, amplitude.inner)]
    return list(zip(amplitude.outer, amplitude.inner, strict=True))


def strength(amplitude: Amplitude) -> float:
    """About the size of the amplitude's couplings: to tell those that are rounding from small ones."""
    charged = max(abs(one) for one in amplitude.charged) if isinstance(amplitude, LeptonPair) else 0.0
    scale = amplitude.m_parent**2
    sizes = [
        abs(o.left * i.left) / (amplitude.zprime.mass**2 + scale)
        + abs(o.weak_left * i.weak_left)
        + abs(o.scalar_left * i.scalar_left) / (amplitude.phi.mass**2 + scale)
        + abs(o.scalar_right * i.scalar_right) / (amplitude.phi.mass**2 + scale)
        for o, i in vertices(amplitude)
    ]
    return float(max(*sizes, charged, 0.0))


def _repeated(values: list[Any], times: int) -> Any:
    """Numbers of many points, each repeated; tuples element by element; what all share stays as it is."""
    first = values[0]
    if isinstance(first, tuple):
        parts = [_repeated([value[k] for value in values], times) for k in range(len(first))]
        return type(first)(*parts) if hasattr(first, "_fields") else tuple(parts)
    if all(value == first for value in values):
        return first
    return np.repeat(np.array(values), times)


def stacked(amplitudes: list[Any], times: int) -> Any:
    """One amplitude for many points of one kind, each for `times` events in a row."""
    kind = type(amplitudes[0])
    return kind(*(_repeated([getattr(one, item.name) for one in amplitudes], times) for item in fields(kind)))

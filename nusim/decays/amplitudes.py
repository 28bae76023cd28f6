"""Amplitudes of nu_h -> nu_a nu_b nu_c and nu_h -> nu_a l- l+ for all spins at once, through W, Z, Z' and the dark scalar.

    A(a;bc) = sum_B [J.K - (q.J)(q.K) / m_B^2] / (q^2 - m_B^2 + i m_B Gamma_B) - J_S K_S / (q^2 - m_phi^2 + i m_phi Gamma_phi),

J the current of (a, h), K that of (b, c), q = p_h - p_a; the Z and the W in the contact limit. Three neutrinos:
M = A(a;bc) + A(b;ca) + A(c;ab) for Majorana ones (A(b;ca) = -A(b;ac)); for Dirac ones the antiparticle cannot be on the parent's line.
Unitary gauge: the longitudinal part of the Z' stays. Numbers may be arrays over events, so that many parameter points are evaluated
together. Source: arXiv:1903.07590, Eq. 1 and its text, for the currents.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache, reduce
from typing import Any, NamedTuple

import numpy as np

from ..constants import G_F
from ..kernels.arrays import Array, IntArray
from ..kernels.spinors import ComplexArray, Spinor, particle
from .couplings import Couplings

Number = Any
"""A number, or an array of them over events."""

Diagram = tuple[int, int, int, float]
"""Places of the neutrino on the parent's line, of the particle and of the v spinor on the other, and the sign of the diagram."""
_POLE = -1e-13
"""Distance from a pole over m^2 that stands for none, on the side where the boson is closed."""
_ROUNDING = 1e-15
"""The Z is left out where its amplitude is below this share of that of the Z': it would be lost in rounding."""
_MAJORANA: tuple[Diagram, ...] = ((0, 1, 2, 1.0), (1, 0, 2, -1.0), (2, 0, 1, 1.0))
_DIRAC: tuple[tuple[Diagram, ...], ...] = (
    ((1, 2, 0, 1.0), (2, 1, 0, -1.0)),
    ((0, 2, 1, 1.0), (2, 0, 1, -1.0)),
    ((0, 1, 2, 1.0), (1, 0, 2, -1.0)),
)
"""By the place of the antiparticle."""


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


_NO_VERTEX = Vertex(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


class Boson(NamedTuple):
    """A propagator."""

    mass: Number
    width: Number
    used: tuple[Number, Number, Number]
    """For each product on the parent's line 1, or 0 where the boson is on its shell and has its own channel."""

    def propagator(self, square: Array, spectator: int) -> ComplexArray:
        """used / (q^2 - m^2 + i m Gamma); a stable boson at its pole is as far from it as numbers can tell."""
        used, damping = self.used[spectator], self.mass * self.width
        away = square - self.mass**2
        size = away**2 + damping**2
        if not np.all(size):
            away = np.where(size == 0, _POLE * self.mass**2, away)
            size = away**2 + damping**2
        # by its parts, which numbers divide faster
        result: ComplexArray = np.empty(np.shape(size), dtype=complex)
        np.divide(used * away, size, out=result.real)
        np.divide(-used * damping, size, out=result.imag)
        return result


@lru_cache(maxsize=2048)
def neutrino_vertices(found: Couplings) -> tuple[tuple[Vertex | None, ...], ...]:
    """nubar_i nu_j for every pair of columns, None for those that no boson couples; right-handed parts only for Majorana neutrinos."""
    dark, weak = found.zprime.neutrino, found.z.neutrino / found.z.mass
    sign = -1.0 if found.majorana else 0.0
    parts = dark, sign * dark.conj(), weak, sign * weak.conj(), found.scalar_left, found.scalar_right
    linked = np.any([np.any(part.reshape(-1, *part.shape[-2:]), axis=0) for part in parts], axis=0)
    # a point's couplings as python's numbers, which single amplitudes are made of faster
    lists = [part.tolist() if part.ndim == 2 else np.moveaxis(part, 0, -1) for part in parts]
    every = range(len(linked))
    return tuple(tuple(Vertex(*(part[i][j] for part in lists)) if linked[i, j] else None for j in every) for i in every)


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


class _Products:
    """Products of the spinors of three outgoing particles and a parent at rest, from which every amplitude is put together.

    With v = C ubar^T all currents of one diagram (x, y, z) come down to scalars: line_L[x] = ubar_x P_L u_h, line_R[x] = ubar_x P_R u_h
    and, antisymmetric, pair_L[y, z] = -ubar_y P_R v_z, pair_R[y, z] = ubar_y P_L v_z. By Fierz identities, with J_X K_Y short for
    [ubar_x gamma P_X u_h].[ubar_y gamma P_Y v_z],

        J_L K_L = -2 pair_L[x, y] line_L[z]    J_L K_R = -2 pair_L[x, z] line_L[y]
        J_R K_R =  2 pair_R[x, y] line_R[z]    J_R K_L =  2 pair_R[x, z] line_R[y]

    and by the Dirac equation q.J and q.K are scalars times masses. So an amplitude is a sum over products x of pair[y, z] line[x].
    """

    def __init__(self, m_parent: Number, masses: tuple[Number, ...], momenta: Array, helicities: tuple[int | None, ...]) -> None:
        self.m_parent, self.masses = m_parent, masses
        self.squares = [recoil_square(m_parent, momenta[..., place, :]) for place in range(3)]
        self._bras = [_chosen(particle(momenta[..., k, :], masses[k]), helicities[k]) for k in range(3)]
        # by chirality of the pair and of the line, and by the product on the line
        self._factors: dict[tuple[int, int, int], Number] = {}

    def _add(self, pair: int, line: int, at: int, order: tuple[int, int], factor: Number) -> None:
        if _some(factor):
            key = pair, line, at
            self._factors[key] = self._factors.get(key, 0.0) + (factor if order[0] < order[1] else -factor)

    def vectors(self, diagram: Diagram, ll: Number, lr: Number, rl: Number, rr: Number) -> None:
        """Add K_XY J_X K_Y."""
        x, y, z, sign = diagram
        self._add(0, 0, z, (x, y), -2 * sign * ll)
        self._add(0, 0, y, (x, z), -2 * sign * lr)
        self._add(1, 1, z, (x, y), 2 * sign * rr)
        self._add(1, 1, y, (x, z), 2 * sign * rl)

    def scalars(self, diagram: Diagram, outer: tuple[Number, Number], inner: tuple[Number, Number], factor: Number) -> None:
        """Add factor [ubar_x (o_L P_L + o_R P_R) u_h][ubar_y (i_L P_L + i_R P_R) v_z]."""
        x, y, z, sign = diagram
        if _some(factor):
            for line, coupling in enumerate(outer):
                self._add(1, line, x, (y, z), sign * factor * coupling * inner[0])
                self._add(0, line, x, (y, z), -sign * factor * coupling * inner[1])

    def longitudinal(self, diagram: Diagram, outer: Vertex, inner: Vertex, factor: Number) -> None:
        """Add factor (q.J)(q.K) of the Z'."""
        x, y, z, _ = diagram
        m, m_x, m_y, m_z = self.m_parent, self.masses[x], self.masses[y], self.masses[z]
        line = m * outer.right - m_x * outer.left, m * outer.left - m_x * outer.right
        self.scalars(diagram, line, (m_y * inner.left - m_z * inner.right, m_y * inner.right - m_z * inner.left), factor)

    def exchange(
        self, diagram: Diagram, outer: Vertex, inner: Vertex, zprime: Boson, phi: Boson, charged: tuple[Number, Number] = (0.0, 0.0)
    ) -> None:
        """Add a diagram with all neutral bosons; `charged`: K_LL and K_RL of a W besides."""
        x = diagram[0]
        dark = zprime.propagator(self.squares[x], x)
        self.vectors(
            diagram,
            outer.left * inner.left * dark - outer.weak_left * inner.weak_left + charged[0],
            outer.left * inner.right * dark - outer.weak_left * inner.weak_right,
            outer.right * inner.left * dark - outer.weak_right * inner.weak_left + charged[1],
            outer.right * inner.right * dark - outer.weak_right * inner.weak_right,
        )
        self.longitudinal(diagram, outer, inner, -dark / zprime.mass**2)
        scalar = (outer.scalar_left, outer.scalar_right), (inner.scalar_left, inner.scalar_right)
        if (_some(scalar[0][0]) or _some(scalar[0][1])) and (_some(scalar[1][0]) or _some(scalar[1][1])):
            self.scalars(diagram, *scalar, -phi.propagator(self.squares[x], x))

    def tensor(self) -> ComplexArray:
        """The sum, shape (a, b, c, 2, ...)."""
        spins = [_spins(bra) for bra in self._bras]
        out: ComplexArray = np.zeros((*spins, 2, *self.squares[0].shape), dtype=complex)
        # the parent's two chiralities are sqrt(m) times its spin
        root = np.sqrt(self.m_parent)
        for at in range(3):
            y, z = (place for place in range(3) if place != at)
            for pair in (0, 1):
                first, second = self._bras[y][pair], self._bras[z][pair]
                if first is None or second is None:
                    continue
                line: ComplexArray | None = None
                for chirality in (0, 1):
                    bra, factor = self._bras[at][1 - chirality], self._factors.get((pair, chirality, at))
                    if bra is not None and factor is not None:
                        part = (root * factor) * bra
                        line = part if line is None else line + part
                if line is not None:
                    both = first[:, None, 0] * second[None, :, 1] - first[:, None, 1] * second[None, :, 0]
                    out += np.expand_dims(both, (at, 3)) * np.expand_dims(line, (y, z))
        return out


Bra = tuple[ComplexArray | None, ComplexArray | None]
"""Complex conjugate of a spinor of which one chirality may be absent."""


def recoil_square(m_parent: Number, momentum: Array) -> Array:
    """Invariant mass squared of the rest of a decay at rest, beside a product of four-momentum (..., 4), GeV^2."""
    energy, x, y, z = (momentum[..., k] for k in range(4))
    result: Array = (m_parent - energy) ** 2 - x**2 - y**2 - z**2
    return result


def _some(value: Number) -> bool:
    return bool(value.any() if isinstance(value, np.ndarray) else value)


def _chosen(spinor: Spinor, helicity: int | None) -> Bra:
    """One helicity of a massless particle, whose other chirality is absent; or both spins."""
    if helicity is None:
        return spinor[0].conj(), spinor[1].conj()
    part = spinor[helicity][helicity : helicity + 1].conj()
    return (part, None) if helicity == 0 else (None, part)


def _spins(part: Bra) -> int:
    return len(part[0]) if part[0] is not None else len(part[1]) if part[1] is not None else 0


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
        """M for all spins, or given helicities of massless products, shape (a, b, c, 2, ...); the parent, at rest, is the last spin.

        `momenta` (..., 3, 4) in GeV.
        """
        products = _Products(self.m_parent, self.masses, momenta, helicities)
        for diagram, outer, inner in zip(self.diagrams, self.outer, self.inner, strict=True):
            products.exchange(diagram, outer, inner, self.zprime, self.phi)
        return products.tensor()


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
        """M for all spins, shape (a, b, c, 2, ...), as of `NeutrinoTriple`."""
        products = _Products(self.m_parent, self.masses, momenta, helicities)
        products.exchange((0, 1, 2, 1.0), self.outer, self.inner, self.zprime, self.phi, self.charged)
        return products.tensor()


Amplitude = NeutrinoTriple | LeptonPair


def _bosons(
    found: Couplings, parent: int, masses: tuple[Number, Number, Number], widths: tuple[Number, Number], spectators: set[int]
) -> tuple[Boson, Boson]:
    """Propagators of Z' and dark scalar; `spectators`: the products that some diagram has on the parent's line."""
    m = found.masses[parent]

    def used(place: int, mass: Number) -> Number:
        pair = sum(masses) - masses[place]
        return np.where((m > masses[place] + mass) & (mass > pair), 0.0, 1.0)[()] if place in spectators else 0.0

    one, two = (
        Boson(mass, width, (used(0, mass), used(1, mass), used(2, mass)))
        for mass, width in zip((found.zprime.mass, found.m_phi), widths, strict=True)
    )
    return one, two


def neutrino_triple(
    found: Couplings, parent: int, columns: tuple[int, int, int], widths: tuple[Number, Number], antiparticle_at: int = 2
) -> NeutrinoTriple:
    """The amplitude for columns (a, b, c) of the couplings; `widths` of Z' and dark scalar, GeV.

    `antiparticle_at`: place of the antiparticle among Dirac products.
    """
    masses = (found.masses[columns[0]], found.masses[columns[1]], found.masses[columns[2]])
    diagrams = _MAJORANA if found.majorana else _DIRAC[antiparticle_at]
    table = neutrino_vertices(found)
    outer = tuple(table[columns[x]][parent] or _NO_VERTEX for x, _, _, _ in diagrams)
    inner = tuple(table[columns[y]][columns[z]] or _NO_VERTEX for _, y, z, _ in diagrams)
    pairs = list(zip(outer, inner, strict=True))
    weak = reduce(np.maximum, [abs(one.weak_left * other.weak_left) for one, other in pairs])
    dark = reduce(np.maximum, [abs(one.left * other.left) for one, other in pairs])
    kept = np.where(weak * (found.zprime.mass**2 + found.masses[parent] ** 2) < _ROUNDING * dark, 0.0, 1.0)[()]
    outer, inner = (
        tuple(one._replace(weak_left=kept * one.weak_left, weak_right=kept * one.weak_right) for one in some) for some in (outer, inner)
    )
    zprime, phi = _bosons(found, parent, masses, widths, {x for x, _, _, _ in diagrams})
    return NeutrinoTriple(found.masses[parent], masses, outer, inner, zprime, phi, diagrams)


def is_coupled(found: Couplings, parent: int, columns: tuple[int, int, int], antiparticle_at: int = 2) -> bool:
    """Whether some diagram of `neutrino_triple` has both its vertices."""
    table = neutrino_vertices(found)
    diagrams = _MAJORANA if found.majorana else _DIRAC[antiparticle_at]
    return any(table[columns[x]][parent] and table[columns[y]][columns[z]] for x, y, z, _ in diagrams)


def lepton_pair(
    found: Couplings, parent: int, column: int, flavours: tuple[int, int], masses: tuple[float, float], widths: tuple[Number, Number]
) -> LeptonPair:
    """The amplitude for a neutrino `column` and charged leptons l- and l+ of the given flavours (0, 1, 2) and masses."""
    minus, plus = flavours
    products = (found.masses[column], *masses)
    u = found.charged
    fermi = 2 * np.sqrt(2) * G_F
    right = fermi * u[..., plus, parent].conj() * u[..., minus, column] if found.majorana else 0j
    charged = (-fermi * u[..., minus, parent] * u[..., plus, column].conj(), right)
    inner = lepton_vertex(found, masses[0]) if minus == plus else _NO_VERTEX
    zprime, phi = _bosons(found, parent, products, widths, {0})
    outer = neutrino_vertices(found)[column][parent] or _NO_VERTEX
    return LeptonPair(found.masses[parent], products, outer, inner, charged, zprime, phi)


def conjugated(amplitude: Any) -> Any:
    """The amplitude with complex conjugate couplings: of the CP conjugate decay, seen in a mirror."""

    def turned(value: Any) -> Any:
        if isinstance(value, tuple):
            return _like(value, [turned(one) for one in value])
        return np.conj(value) if isinstance(value, complex | np.ndarray) else value

    return type(amplitude)(*(turned(getattr(amplitude, item.name)) for item in fields(amplitude)))


def vertices(amplitude: Amplitude) -> list[tuple[Vertex, Vertex]]:
    """The two vertices of each diagram."""
    if isinstance(amplitude, LeptonPair):
        return [(amplitude.outer, amplitude.inner)]
    return list(zip(amplitude.outer, amplitude.inner, strict=True))


def strength(amplitude: Amplitude) -> Number:
    """About the size of the amplitude's couplings: to tell those that are rounding from small ones."""
    scale = amplitude.m_parent**2
    sizes = [abs(one) for one in amplitude.charged] if isinstance(amplitude, LeptonPair) else []
    sizes += [
        abs(o.left * i.left) / (amplitude.zprime.mass**2 + scale)
        + abs(o.weak_left * i.weak_left)
        + abs(o.scalar_left * i.scalar_left) / (amplitude.phi.mass**2 + scale)
        + abs(o.scalar_right * i.scalar_right) / (amplitude.phi.mass**2 + scale)
        for o, i in vertices(amplitude)
    ]
    return reduce(np.maximum, sizes)


def stacked(amplitudes: Sequence[Any]) -> Any:
    """One amplitude for many points of one kind; what all share stays a number."""

    def joined(values: Sequence[Any]) -> Any:
        first = values[0]
        if isinstance(first, tuple):
            return _like(first, [joined([value[k] for value in values]) for k in range(len(first))])
        return first if all(value == first for value in values) else np.array(values)

    kind = type(amplitudes[0])
    return kind(*(joined([getattr(one, item.name) for one in amplitudes]) for item in fields(kind)))


def taken(amplitude: Any, rows: IntArray) -> Any:
    """An amplitude for many points at some of them."""
    return _mapped(lambda value: value[rows], amplitude)


def spread(amplitude: Any, axes: int) -> Any:
    """An amplitude for many points, each for events along so many more axes."""
    return _mapped(lambda value: value.reshape(-1, *[1] * axes), amplitude)


def _mapped(function: Callable[[Any], Any], amplitude: Any) -> Any:
    """An amplitude with a function of its arrays; numbers stay."""

    def changed(value: Any) -> Any:
        if isinstance(value, tuple):
            return _like(value, [changed(one) for one in value])
        return function(value) if isinstance(value, np.ndarray) else value

    return type(amplitude)(*(changed(getattr(amplitude, item.name)) for item in fields(amplitude)))


def _like(example: tuple[Any, ...], parts: list[Any]) -> Any:
    """A tuple, named if the example is."""
    return type(example)(*parts) if hasattr(example, "_fields") else tuple(parts)

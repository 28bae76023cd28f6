"""Three-body decays of a heavy neutrino from one amplitude: width, |M|^2, momenta drawn from it, spins of the products.

A term has definite particles: the helicities of massless products are fixed, the spins of massive ones summed. The width is the
integral of |M|^2 over the Dalitz plot; momenta are proposed from a table of the same |M|^2.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations_with_replacement, pairwise, product

import numpy as np

from .. import pdg as particles
from ..kernels.arrays import Array, BoolArray
from ..kernels.lorentz import around, orthonormal_frame
from ..kernels.spinors import ComplexArray, SpinArray, bloch, spin_states, summed
from .amplitudes import Amplitude, LeptonPair, Number, conjugated, is_coupled, lepton_pair, neutrino_triple, strength, taken, vertices
from .couplings import Couplings, stacked_couplings
from .dalitz import Region
from .dark_integrals import covering, integrals, sharing, stacked_integrals

Helicities = tuple[int | None, int | None, int | None]
_BLOCK = 2048
"""Events whose amplitudes are computed at a time: they stay in the cache."""
_LEAST = 1e-14
"""Couplings below this, relative to the largest of their kind, are rounding."""


def _by_spin(tensor: ComplexArray) -> tuple[Array, Array, ComplexArray]:
    """|M|^2 for the parent's spin up and down, and M_up M_down*, the other spins summed, (n,) each."""
    up, down = tensor[:, :, :, 0], tensor[:, :, :, 1]
    return summed(up.real**2 + up.imag**2), summed(down.real**2 + down.imag**2), summed(up * down.conj())


@dataclass(frozen=True, eq=False)
class ThreeBodyTerm:
    """A decay into three definite particles; a `CascadeTerm`."""

    amplitude: Amplitude
    pdg: tuple[int, int, int]
    helicities: Helicities
    """0 for helicity -1/2, 1 for +1/2 of a massless product, None for a massive one, whose spins are summed."""
    symmetry: float
    """1/n! of identical particles."""
    width: float
    via: tuple[str, ...]
    reversed: bool = False
    """Whether this is the CP conjugate: the amplitude is that of the parity image, the spin with it."""
    draws: int = 6

    @property
    def masses(self) -> tuple[float, float, float]:
        """GeV."""
        return self.amplitude.masses

    @property
    def m_parent(self) -> float:
        """GeV."""
        mass: float = self.amplitude.m_parent
        return mass

    def _tensors(self, momenta: Array) -> Iterator[tuple[slice, ComplexArray]]:
        """Amplitudes block by block; of the parity image for a conjugate."""
        for first in range(0, len(momenta), _BLOCK):
            rows = slice(first, first + _BLOCK)
            yield rows, self.amplitude.tensor(_mirrored(momenta[rows]) if self.reversed else momenta[rows], self.helicities)

    def msq(self, momenta: Array, spin: SpinArray) -> Array:
        """|M|^2 (n,), summed over final spins, symmetry factor included."""
        out = np.empty(len(momenta))
        for rows, tensor in self._tensors(momenta):
            plus, minus, cross = _by_spin(tensor)
            s = spin[rows]
            polarised = s[:, 0] * cross.real + s[:, 1] * cross.imag + s[:, 2] * (plus - minus) / 2
            out[rows] = self.symmetry * ((plus + minus) / 2 + polarised)
        return out

    @cached_property
    def _table(self) -> "_Proposal":
        return _Proposal.of(self)

    def sample(self, u: Array) -> tuple[Array, Array]:
        """Isotropic momenta (n, 3, 4) and factors (n,), as `CascadeTerm.sample`."""
        momenta, factor = self._table.draw(u[:, :3])
        return _oriented(momenta, u[:, 3:6]), factor

    def propose(self, u: Array, spin: SpinArray) -> tuple[Array, Array]:
        """Momenta and the probability (n,) to accept them."""
        momenta, factor = self.sample(u)
        return momenta, np.minimum(factor * self.msq(momenta, spin) / self._table.bound, 1.0)

    def polarisation(self, momenta: Array, spin: SpinArray, place: int, u: Array) -> SpinArray:
        """Polarisation vector (n, 3) of a massive product, the other spins summed."""
        out = np.empty((3, len(momenta))).T
        for rows, tensor in self._tensors(momenta):
            states = spin_states(spin[rows])
            # (a, b, c, h, n) with (state, h, n): the state of the parent joins the spins that are summed
            mixed = tensor[:, :, :, None, 0] * states[:, 0] + tensor[:, :, :, None, 1] * states[:, 1]
            out[rows] = bloch(mixed, place)
        return out

    def conjugate(self) -> "ThreeBodyTerm":
        """The antiparticle's decay: conjugate products, the parity image of the amplitude."""
        a, b, c = (particles.anti(code) for code in self.pdg)
        return replace(self, amplitude=conjugated(self.amplitude), pdg=(a, b, c), reversed=not self.reversed)


def _mirrored(momenta: Array) -> Array:
    """Momenta reversed: spins, axial vectors, stay."""
    out: Array = momenta * np.array([1.0, -1.0, -1.0, -1.0])
    return out


def _oriented(momenta: Array, u: Array) -> Array:
    """Momenta in a random orientation: z goes to a random direction, the xz plane turns about it."""
    n = len(momenta)
    axis = np.empty((3, n)).T
    cosine, azimuth, roll = 2 * u[:, 0] - 1, 2 * np.pi * u[:, 1], 2 * np.pi * u[:, 2]
    axis[:] = around(np.tile([0.0, 0.0, 1.0], (n, 1)), cosine, azimuth)
    e1, e2 = orthonormal_frame(axis)
    side = np.cos(roll)[:, None] * e1 + np.sin(roll)[:, None] * e2
    out = np.empty((4, momenta.shape[1], n)).T
    out[:, :, 0] = momenta[:, :, 0]
    for k in range(3):
        out[:, :, k + 1] = momenta[:, :, 1] * side[:, None, k] + momenta[:, :, 3] * axis[:, None, k]
    return out


_CELLS, _COSINES = 128, 32
_PROBES = 4096
_ROOM = 1.1
"""Above the largest weight of the probes."""


@dataclass(frozen=True, slots=True, eq=False)
class _Strip:
    """A region's table: densities linear between equally spaced knots, of t and, for each interval of t, of the cosine."""

    region: Region
    share: float
    """Of the width."""
    knots: Array
    """Density in t, normalised, at _CELLS + 1 equally spaced points."""
    steps: Array
    """Its integral up to each."""
    cosines: Array
    """Density in the cosine's knots for each interval, normalised to a mean of 1, shape (_CELLS, _COSINES + 1)."""
    turns: Array
    """Its integral up to each knot but the first over the whole, interval number added: ascending, flat."""


def _linear(low: Array, high: Array, u: Array) -> Array:
    """Fraction of an interval below which lies the share `u` of a density linear from `low` to `high`, in a form that keeps digits."""
    result: Array = u * (low + high) / (low + np.sqrt(low**2 + u * (high - low) * (high + low)))
    return np.clip(result, 0.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Proposal:
    """Momenta drawn from about |M|^2, with the exact weight of each."""

    term: ThreeBodyTerm
    strips: list[_Strip]
    bound: float
    """Above factor times |M|^2 for any spin."""

    @classmethod
    def of(cls, term: ThreeBodyTerm) -> "_Proposal":
        """Tabulate a term."""
        together = covering(term.amplitude)
        strips, sizes = [], []
        for number, region in enumerate(together):
            t = np.repeat((np.arange(_CELLS) + 0.5) / _CELLS, _COSINES + 1)
            cosine = np.tile(np.linspace(-1.0, 1.0, _COSINES + 1), _CELLS)
            s, slope = region.invariant(t)
            momenta, measure = region.momenta(s, cosine)
            density = term.msq(momenta, np.zeros((len(t), 3))) * slope * measure * sharing(number, together, momenta)
            cosines = np.maximum(density.reshape(_CELLS, _COSINES + 1), 0.0)
            pieces = (cosines[:, 1:] + cosines[:, :-1]) / (2 * _COSINES)
            middle = pieces.sum(axis=1)
            # the larger neighbour: a density that bends either way stays about below the line
            knots = np.concatenate([middle[:1], np.maximum(middle[1:], middle[:-1]), middle[-1:]])
            areas = (knots[1:] + knots[:-1]) / (2 * _CELLS)
            sizes.append(float(middle.sum()))
            # an interval where all of |M|^2 vanishes is drawn evenly, if ever
            empty = middle == 0
            cosines[empty], pieces[empty], filled = 1.0, 1 / _COSINES, np.where(empty, 1.0, middle)
            turns = np.cumsum(pieces, axis=1) / filled[:, None]
            turns[:, -1] = 1.0
            steps = np.concatenate([[0.0], np.cumsum(areas) / areas.sum()])
            flat = (turns + np.arange(_CELLS)[:, None]).ravel()
            strips.append(_Strip(region, 0.0, knots / areas.sum(), steps, cosines / filled[:, None], flat))
        strips = [replace(strip, share=size / sum(sizes)) for strip, size in zip(strips, sizes, strict=True)]
        draft = cls(term, strips, 1.0)
        momenta, factor = draft.draw(_probes())
        largest = np.zeros(len(factor))
        for rows, tensor in term._tensors(momenta):
            plus, minus, cross = _by_spin(tensor)
            largest[rows] = term.symmetry * ((plus + minus) / 2 + np.sqrt(np.abs(cross) ** 2 + (plus - minus) ** 2 / 4))
        return replace(draft, bound=_ROOM * float(np.max(factor * largest)))

    def draw(self, u: Array) -> tuple[Array, Array]:
        """Momenta (n, 3, 4), spectator along -z, and factors (n,) that make |M|^2 a weight of mean 1, from uniform numbers (n, 3)."""
        n = len(u)
        momenta, factor = np.empty((4, 3, n)).T, np.empty(n)
        steps = np.cumsum([strip.share for strip in self.strips])
        chosen = np.searchsorted(steps[:-1], u[:, 0], side="right")
        start = np.concatenate([[0.0], steps[:-1]])
        for number, strip in enumerate(self.strips):
            rows = np.flatnonzero(chosen == number) if len(self.strips) > 1 else slice(None)
            own = np.clip((u[rows, 0] - start[number]) / strip.share, 0.0, 1 - 1e-16)
            momenta[rows], factor[rows] = self._strip(number, own, u[rows, 1], u[rows, 2])
        return momenta, factor

    def _strip(self, number: int, u: Array, v: Array, w: Array) -> tuple[Array, Array]:
        strip = self.strips[number]
        cell = np.clip(np.searchsorted(strip.steps, u, side="right") - 1, 0, _CELLS - 1)
        low, high = strip.knots[cell], strip.knots[cell + 1]
        part = _linear(low, high, v)
        density = low + (high - low) * part
        place = np.minimum(np.searchsorted(strip.turns, cell + w, side="right"), (cell + 1) * _COSINES - 1)
        first = place - cell * _COSINES
        before = np.where(first > 0, strip.turns[place - 1], cell)
        inside = np.clip((cell + w - before) / (strip.turns[place] - before), 0.0, 1.0)
        low, high = strip.cosines[cell, first], strip.cosines[cell, first + 1]
        turn = _linear(low, high, inside)
        density *= low + (high - low) * turn
        s, slope = strip.region.invariant((cell + part) / _CELLS)
        momenta, measure = strip.region.momenta(s, np.clip((first + turn) * (2 / _COSINES) - 1, -1.0, 1.0))
        share = sharing(number, [one.region for one in self.strips], momenta)
        # the cosine has length 2
        factor = slope * measure * share / (self.term.m_parent * self.term.width * strip.share * density)
        return momenta, factor


def _probes() -> Array:
    """Points of a lattice that covers the unit cube evenly, shape (_PROBES, 3)."""
    steps = np.array([0.8191725133961645, 0.6710436067037893, 0.5497004779019703])
    lattice: Array = (0.5 + np.arange(_PROBES)[:, None] * steps) % 1.0
    # half of them close in on the lower end of s, where light pairs have their structure
    lattice[::2, 0] **= 4
    return lattice


@dataclass(frozen=True, slots=True, eq=False)
class _Final:
    """A final state of definite mass eigenstates, its amplitude, and which helicities its massless products may have."""

    products: str
    amplitude: Amplitude
    columns: tuple[tuple[int, int], ...]
    """Column and sign (-1 for a Dirac antiparticle) of each neutrino."""
    leptons: tuple[int, ...]
    """PDG codes of charged leptons after them."""
    is_open: BoolArray
    """Whether there is room and the couplings do not vanish: (points,), or one for a single point."""

    def identical(self) -> int:
        """n! of identical neutrinos."""
        return math.prod(math.factorial(number) for number in Counter(self.columns).values())


def _finals(found: Couplings, state: str, widths: tuple[Number, Number], light_leptons: bool) -> list[_Final]:
    """Every final state of three neutrinos, or a neutrino and two charged leptons, that is open; for many points, at some of them.

    `light_leptons`: whether also light neutrinos with a lepton and its own antilepton, which exist through SM currents alone.
    """
    parent = found.heavy(state)
    m, made = found.masses[parent], list[_Final]()
    for trio in combinations_with_replacement(range(parent - 1, -1, -1), 3):
        is_open = np.asarray(sum(found.masses[k] for k in trio) < m)
        if not np.any(is_open):
            continue
        name = particles.canonical_products(" ".join(found.label(k) for k in trio))
        places = (2,) if found.majorana else tuple(k for k in range(3) if trio[k] not in trio[:k])
        for place in places:
            if is_coupled(found, parent, trio, place):
                amplitude = neutrino_triple(found, parent, trio, widths, place)
                signs = tuple(-1 if k == place and not found.majorana else 1 for k in range(3))
                made.append(_Final(name, amplitude, tuple(zip(trio, signs, strict=True)), (), is_open))
    for column in range(parent - 1, -1, -1):
        for minus, plus in product(range(3), repeat=2):
            codes = particles.LEPTON_OF_FLAVOUR[minus], -particles.LEPTON_OF_FLAVOUR[plus]
            masses = particles.mass(abs(codes[0])), particles.mass(abs(codes[1]))
            is_open = np.asarray(found.masses[column] + sum(masses) < m)
            wanted = np.any(found.masses[column]) or (light_leptons and minus == plus)
            if wanted and np.any(is_open):
                name = particles.canonical_products(f"{found.label(column)} {particles.NAMES[codes[0]]} {particles.NAMES[codes[1]]}")
                pair = lepton_pair(found, parent, column, (minus, plus), masses, widths)
                made.append(_Final(name, pair, ((column, 1),), codes, is_open))
    largest: dict[str, Number] = {}
    sizes = [np.where(one.is_open, strength(one.amplitude), 0.0) for one in made]
    for one, size in zip(made, sizes, strict=True):
        largest[one.products] = np.maximum(largest.get(one.products, 0.0), size)
    kept = [replace(one, is_open=size > _LEAST * largest[one.products]) for one, size in zip(made, sizes, strict=True)]
    return [one for one in kept if np.any(one.is_open)]


def _terms(found: Couplings, final: _Final, squares: Array) -> Iterator[ThreeBodyTerm]:
    """A term for each assignment of helicities to massless products, equal neutrinos unordered."""
    choices: list[tuple[int | None, ...]] = []
    for column, sign in final.columns:
        if found.masses[column] > 0:
            choices.append((None,))
        else:
            choices.append((0, 1) if found.majorana else ((0,) if sign > 0 else (1,)))
    choices += [(None,)] * len(final.leptons)
    total = float(squares.sum())
    for helicities in product(*choices):
        kinds = list(zip(final.columns, helicities[: len(final.columns)], strict=True))
        if any(one[0] == other[0] and (one[1] or 0) > (other[1] or 0) for one, other in pairwise(kinds)):
            continue  # the same as the other order
        symmetry = 1 / math.prod(math.factorial(number) for number in Counter(kinds).values())
        index = tuple(slice(None) if helicity is None else helicity for helicity in helicities)
        width = symmetry * float(squares[index].sum())
        if not width > _LEAST * total:
            continue
        codes = [_code(found, column, sign, helicity) for (column, sign), helicity in kinds] + list(final.leptons)
        yield ThreeBodyTerm(final.amplitude, tuple(codes), helicities, symmetry, width, _via(final.amplitude))  # type: ignore[arg-type]


def _code(found: Couplings, column: int, sign: int, helicity: int | None) -> int:
    if helicity is None:
        return sign * particles.HEAVY_STATE_CODES[found.names[column]]
    return (1 if helicity == 0 else -1) * particles.NEUTRINO_OF_FLAVOUR[found.flavour(column)]


def _via(amplitude: Amplitude) -> tuple[str, ...]:
    """Bosons with couplings that do not vanish."""
    pairs = vertices(amplitude)
    names = []
    if isinstance(amplitude, LeptonPair) and any(amplitude.charged):
        names.append("W")
    if any(o.weak_left and i.weak_left for o, i in pairs):
        names.append("Z")
    if any(o.left and i.left for o, i in pairs) and any(amplitude.zprime.used):
        names.append("Z'")
    if any((o.scalar_left or o.scalar_right) and (i.scalar_left or i.scalar_right) for o, i in pairs) and any(amplitude.phi.used):
        names.append("phi'")
    return tuple(names)


def three_body_terms(found: Couplings, state: str, widths: tuple[float, float], light_leptons: bool) -> dict[str, list[ThreeBodyTerm]]:
    """Open three-body decays of a heavy neutrino by their products; `widths` of Z' and dark scalar in GeV.

    `light_leptons`: whether 'nu l- l+' is among them, with W, Z, Z' and dark scalar in one amplitude.
    """
    finals = _finals(found, state, widths, light_leptons)
    listed: dict[str, list[ThreeBodyTerm]] = {}
    for final, squares in zip(finals, integrals([final.amplitude for final in finals]), strict=True):
        listed.setdefault(final.products, []).extend(_terms(found, final, squares))
    return listed


def three_body_widths(points: Sequence[Couplings], state: str, widths: tuple[Array, Array], light_leptons: bool) -> dict[str, Array]:
    """Widths of `three_body_terms` at many points together, GeV, each of shape (points,); 0 where closed."""
    listed: dict[str, Array] = {}
    for final in _finals(stacked_couplings(points), state, widths, light_leptons):
        rows = np.flatnonzero(final.is_open)
        squares = stacked_integrals(taken(final.amplitude, rows), len(rows))
        total = listed.setdefault(final.products, np.zeros(len(points)))
        total[rows] += squares.sum(axis=(1, 2, 3)) / final.identical()
    return listed

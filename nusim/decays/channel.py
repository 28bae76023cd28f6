"""A decay channel, the incoherent pieces events are drawn from, and the table of all channels of a state."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

from .. import pdg
from ..errors import ParameterError
from ..kernels.arrays import Array
from ..kernels.spinors import SpinArray
from ..units import HBARC

_CLOSURE = 1e-12
"""Relative difference allowed between a channel's width and the sum of its terms'."""


class Term(Protocol):
    """One incoherent piece of a channel: a light-neutrino flavour and a lepton number, with its own |M|^2."""

    @property
    def pdg(self) -> tuple[int, ...]:
        """PDG codes of the products, light neutrinos with flavour and sign, in the order of the channel that lists the term."""

    @property
    def masses(self) -> tuple[float, ...]:
        """Masses of the products, GeV."""

    @property
    def width(self) -> float:
        """GeV."""

    @property
    def draws(self) -> int:
        """Uniform numbers one proposal consumes."""

    def msq(self, momenta: Array, spin: SpinArray) -> Array:
        """|M|^2, shape (n,), summed over final spins, symmetry factors of identical particles included.

        `momenta` (n, k, 4) in the parent's rest frame; `spin` (n, 3) the parent's polarisation vector, 0 for the average.
        """

    def propose(self, u: Array, spin: SpinArray) -> tuple[Array, Array]:
        """Momenta (n, k, 4) in the parent's rest frame and the probability (n,) to accept them.

        Accepted proposals follow |M|^2 exactly. `u` holds uniform numbers (n, draws).
        """

    def conjugate(self) -> "Term":
        """The CP-conjugate decay, of a Dirac antiparticle: each product, in its place, becomes its antiparticle."""


@runtime_checkable
class CascadeTerm(Term, Protocol):
    """A term with unstable products of nusim's own: what chains of decays need besides.

    `spin` is the parent's polarisation vector (n, 3) for spin 1/2; for spin 1 a unit complex vector (n, 3), the pure state
    whose spatial polarisation it is; zeros stand for the average over spins. A parent without spin takes no notice of it.
    """

    @property
    def via(self) -> tuple[str, ...]:
        """Bosons that mediate it."""

    def sample(self, u: Array) -> tuple[Array, Array]:
        """Momenta (n, k, 4), isotropic, and the factors (n,) that turn |M|^2 of any common rotation of them into weights of mean 1.

        `u` holds uniform numbers (n, draws).
        """

    def polarisation(self, momenta: Array, spin: SpinArray, place: int, u: Array) -> SpinArray:
        """Spin (n, 3) of the product at `place`, in the rest frame that a pure boost from the parent's rest frame leads to.

        Spin 1/2: its polarisation vector, the other products' spins summed. Spin 1: a pure state drawn with `u` (n, 2).
        """


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """A final state of a parent, summed over light-neutrino flavours."""

    parent: str
    products: str
    """In nusim's canonical order, such as 'nu e- e+'."""
    width: float
    """GeV; 0 for a closed channel."""
    via: tuple[str, ...]
    """Bosons that mediate it."""
    terms: tuple[Term, ...] = field(repr=False)
    source: str
    errors: Mapping[str, float] = field(default_factory=dict)
    """Theory errors of the width by cause, GeV, one standard deviation; signed: one cause may raise one width and lower another."""
    partons: tuple[Term, ...] = field(default=(), repr=False)
    """Of an inclusive channel: decays into quarks or gluons that make its hadrons, whose widths sum to its width."""

    def __post_init__(self) -> None:
        if not 0 <= self.width < math.inf:
            raise ParameterError(f"{self.parent} -> {self.products}: width {self.width}: a width must be finite and not negative")
        for terms in (self.terms, self.partons):
            parts = math.fsum(term.width for term in terms)
            if terms and abs(parts - self.width) > _CLOSURE * self.width:
                raise ParameterError(f"{self.parent} -> {self.products}: width {self.width}, but its terms sum to {parts}")
        if self.products != pdg.canonical_products(self.products):
            raise ParameterError(f"{self.parent} -> {self.products}: not in canonical order")

    def __str__(self) -> str:
        return f"{self.parent} -> {self.products}: {self.width:.6g} GeV"

    @property
    def uncertainty(self) -> float:
        """Relative theory uncertainty of the width, its causes added in quadrature; 0 for a closed channel or where no error is known."""
        return math.hypot(*self.errors.values()) / self.width if self.width > 0 else 0.0

    @property
    def inclusive(self) -> bool:
        """Whether it is open but has no terms: it counts in rates, and no events of it can be made."""
        return self.width > 0 and not self.terms

    @property
    def visible(self) -> bool:
        """Whether it holds a charged particle, a photon or a meson."""
        return any(name not in ("nu", *pdg.HEAVY_STATE_CODES) for name in self.products.split())


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DecayTable:
    """All channels of one state; iterates over them."""

    parent: str
    mass: float
    """GeV."""
    channels: tuple[Channel, ...]
    warnings: tuple[str, ...] = ()
    total_width: float = field(init=False)
    """Sum over the listed channels, GeV."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "total_width", math.fsum(channel.width for channel in self.channels))
        names = [channel.products for channel in self.channels]
        if len(set(names)) != len(names):
            raise ParameterError(f"{self.parent}: a final state is listed twice")
        if any(channel.parent != self.parent for channel in self.channels):
            raise ParameterError(f"{self.parent}: holds a channel of another parent")

    def __repr__(self) -> str:
        size = f"{sum(channel.width > 0 for channel in self)} of {len(self)} channels open"
        return f"<DecayTable of {self.parent}: {self.mass:.6g} GeV, width {self.total_width:.6g} GeV, c tau {self.ctau:.6g} m, {size}>"

    def __str__(self) -> str:
        rows = sorted((channel for channel in self if channel.width > 0), key=lambda channel: -channel.width)
        shares = [f"  {channel.products:<20} {self.branching_ratio(channel.products):.4g}" for channel in rows]
        return "\n".join([repr(self)[1:-1], *shares])

    def __iter__(self) -> Iterator[Channel]:
        return iter(self.channels)

    def __len__(self) -> int:
        return len(self.channels)

    @property
    def total_uncertainty(self) -> float:
        """Relative theory uncertainty of the total width: errors of one cause add up with their signs, causes in quadrature."""
        total: dict[str, float] = {}
        for channel in self.channels:
            for cause, error in channel.errors.items():
                total[cause] = total.get(cause, 0.0) + error
        return math.hypot(*total.values()) / self.total_width if self.total_width > 0 else 0.0

    @property
    def ctau(self) -> float:
        """Proper decay length in metres; infinite for a state without open channel."""
        return float(HBARC) / self.total_width if self.total_width > 0 else math.inf

    def channel(self, products: str) -> Channel:
        """The channel of a final state, in any order of its products; ParameterError for one the table does not list."""
        wanted = pdg.canonical_products(products)
        for channel in self.channels:
            if channel.products == wanted:
                return channel
        known = ", ".join(channel.products for channel in self.channels)
        raise ParameterError(f"{self.parent} -> {wanted}: not in the table; known: {known}")

    def with_partons(self) -> "DecayTable":
        """The table in which quarks and gluons are the products of inclusive channels, where they are known."""
        return replace(self, channels=tuple(replace(one, terms=one.partons) if one.inclusive else one for one in self))

    def width(self, products: str) -> float:
        """Width of a final state in GeV, 0 if closed."""
        return self.channel(products).width

    def branching_ratio(self, products: str) -> float:
        """Its share of the total width; 0 if closed."""
        width = self.width(products)
        return width / self.total_width if width > 0 else 0.0

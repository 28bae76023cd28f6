"""Ways from a meson to a heavy state that decays in the detector: directly, or through heavier states that decay on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .. import pdg
from ..decays.channel import CascadeTerm, DecayTable
from ..kernels.arrays import Array, IntArray
from ..production.table import ProductionMode

_LEAST = 1e-12
"""Mean number of followed daughters below which a way is left out: below any other contribution's error."""


@dataclass(frozen=True, slots=True)
class Option:
    """One decay of an intermediate state and the product that is followed."""

    products: str
    term: CascadeTerm
    place: int


@dataclass(frozen=True, eq=False)
class Step:
    """An intermediate state and its decays into the next one."""

    state: str
    mass: float
    """GeV."""
    ctau: float
    """Metres."""
    antiparticle: bool
    child: str
    """The next state."""
    child_ctau: float
    """Of the next state, metres."""
    options: tuple[Option, ...]
    shares: Array
    """Branching ratio of each option, shape (k,): a decay with three equal daughters is three options."""

    @cached_property
    def terms(self) -> tuple[CascadeTerm, ...]:
        """The decays of the options: three equal daughters of one are three options."""
        return tuple({id(option.term): option.term for option in self.options}.values())

    @cached_property
    def term_of_option(self) -> IntArray:
        """Index into `terms` of each option, shape (k,)."""
        numbers = {id(term): number for number, term in enumerate(self.terms)}
        return np.array([numbers[id(option.term)] for option in self.options])

    @cached_property
    def multiplicity(self) -> float:
        """Mean number of followed daughters of a decay."""
        return float(self.shares.sum())

    @cached_property
    def energy(self) -> float:
        """About the followed daughter's energy in the decaying state's rest frame, GeV."""
        masses = [(option.term.masses[option.place], sum(option.term.masses), len(option.term.masses)) for option in self.options]
        mean = [m + (self.mass - total) / k for m, total, k in masses]
        return float(np.average(mean, weights=self.shares))


@dataclass(frozen=True, eq=False)
class Route:
    """A production mode, the states that decay on the way, and the state whose decay the detector sees."""

    mode: ProductionMode
    steps: tuple[Step, ...]
    state: str
    mass: float
    ctau: float
    antiparticle: bool
    """Of a Dirac state: whether it is the antiparticle."""

    @property
    def is_spread(self) -> bool:
        """Whether momenta of its decays are drawn: of a parent into three, or of states that decay on the way."""
        return bool(self.steps) or self.mode.term is not None

    @cached_property
    def name(self) -> str:
        """'nu4', or 'nu4 from nu5' with the states it came through, latest first."""
        return " from ".join([self.state, *(step.state for step in reversed(self.steps))])

    @cached_property
    def multiplicity(self) -> float:
        """Mean number of states at the end per state made in the meson's decay."""
        return float(np.prod([step.multiplicity for step in self.steps]))


def _offspring(table: DecayTable, antiparticle: bool) -> dict[tuple[str, bool], list[tuple[Option, float]]]:
    """Heavy daughters by name and kind, with the decays that make them and their branching ratios."""
    found: dict[tuple[str, bool], list[tuple[Option, float]]] = {}
    total = table.total_width
    for channel in table:
        for own in channel.terms if channel.width > 0 else ():
            term = own.conjugate() if antiparticle else own
            for place, code in enumerate(term.pdg):
                if abs(code) in pdg.HEAVY_STATE_CODES.values():
                    assert isinstance(term, CascadeTerm), f"{table.parent} -> {channel.products}: its terms cannot be followed"
                    option = Option(channel.products, term, place)
                    found.setdefault((pdg.NAMES[abs(code)], code < 0), []).append((option, term.width / total))
    return found


def routes_from(modes: Sequence[ProductionMode], tables: Mapping[str, DecayTable], majorana: bool) -> list[Route]:
    """For each mode the direct way and every chain that begins with the state it makes; chains of the same states share their steps."""
    found: list[Route] = []
    known: dict[tuple[str, bool, str, bool], Step] = {}

    def follow(mode: ProductionMode, steps: tuple[Step, ...], state: str, antiparticle: bool, mean: float) -> None:
        table = tables[state]
        if table.total_width == 0:
            return
        found.append(Route(mode, steps, state, table.mass, table.ctau, antiparticle))
        for (child, anti), decays in _offspring(table, antiparticle).items():
            shares = np.array([share for _, share in decays])
            if mean * float(shares.sum()) > _LEAST:
                options = tuple(option for option, _ in decays)
                made = Step(state, table.mass, table.ctau, antiparticle, child, tables[child].ctau, options, shares)
                step = known.setdefault((state, antiparticle, child, anti), made)
                follow(mode, (*steps, step), child, anti, mean * float(shares.sum()))

    for mode in modes:
        follow(mode, (), mode.state, mode.antiparticle and not majorana, 1.0)
    return found


def descendants(first: Sequence[str], tables: Mapping[str, DecayTable]) -> set[str]:
    """Names of heavy states among the products of the given states' open channels."""
    return {
        name
        for state in first
        for channel in tables[state]
        if channel.width > 0
        for name in channel.products.split()
        if name in pdg.HEAVY_STATE_CODES
    }

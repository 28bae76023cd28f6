"""Expected events over two keys of the cards: the beam and the detector are sampled once, and every point follows in closed form."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..decays.channel import DecayTable
from ..decays.table import decay_table
from ..errors import ParameterError
from ..experiment.experiment import Criterion, Experiment
from ..kernels.arrays import Array, ArrayLike, IntArray
from ..kernels.processes import in_order
from ..model.model import DarkSector, Hnl, Model
from ..model.spectrum import Spectrum, solve
from ..production.table import MISSING_MODES, reach_of_species
from ..units import HBARC
from .acceptance import Acceptance, acceptance
from .chains import ChainTable, chain_table
from .passage import LINES, Passage, Sampler
from .points import Axis, Points, StatePoints, axis, check_keys, points_at
from .recast import scaled_at
from .width_errors import WidthErrors, width_errors

if TYPE_CHECKING:
    from .reach import Reach

_TABLES = 9
"""Masses of a state at which a selection is tried."""
WIDTHS = "widths"
"""The nuisance of theory errors of widths."""
_ERRORS = 30
"""Masses of a state at which theory errors of its widths are taken from its tables."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """Events of an experiment at n points."""

    events: Array
    """Decays with a charged particle, a photon or a meson; NaN where there is no such point."""
    selected_events: Array
    stat_error: Array
    """Of `selected_events`."""
    norm_by_nuisance: Mapping[str, Array]
    """Change of `selected_events` for one standard deviation of each nuisance."""
    protons: Array
    """Factor on the experiment's protons."""
    refused: Mapping[int, str]
    notes: tuple[str, ...]

    @property
    def norm_error(self) -> Array:
        """Of `selected_events`, from all nuisances."""
        squares = [change**2 for change in self.norm_by_nuisance.values()]
        result: Array = np.sqrt(np.sum(squares, axis=0)) if squares else 0.0 * self.events
        return result

    @classmethod
    def together(cls, parts: Sequence["Column"], beams: Sequence[str]) -> "Column":
        """The sum of several detectors; errors of one beam add up, as in `rate.together`, and those of widths."""
        changes: dict[str, Array] = {}
        several = len(set(beams)) > 1
        for part, beam in zip(parts, beams, strict=True):
            for name, change in part.norm_by_nuisance.items():
                key = f"{beam}: {name}" if several and name != WIDTHS else name
                changes[key] = changes.get(key, 0.0) + change
        total = [np.sum([getattr(part, name) for part in parts], axis=0) for name in ("events", "selected_events", "stat_error")]
        notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
        return cls(total[0], total[1], total[2], changes, parts[0].protons, parts[0].refused, notes)


class Evaluator:
    """Events of a model in one experiment at any values of two keys within their first range."""

    def __init__(
        self, model: Model, experiment: Experiment, keys: tuple[str, str], first: tuple[Array, Array], seed: int, lines: int
    ) -> None:
        self.model, self.experiment, self.keys, self.lines, self._seed = model, experiment, keys, lines, seed
        self.members = [Evaluator(model, member, keys, first, seed, lines) for member in experiment.members]
        self._mixed = isinstance(model, Hnl) and any(key.startswith("mixing2.") for key in keys)
        self._passage: Passage | None = None
        self._tables: dict[tuple[int, str, str, int], Acceptance] = {}
        self._reach = ""
        self._sampler: Sampler | None = None
        self._chains: ChainTable | None = None
        self._width_errors: dict[str, WidthErrors] = {}
        if not self.members and experiment.recast is None:
            points = self._points(first)
            self._prepare(points)
            self._prepare_chains(first, points)

    def _points(self, values: tuple[Array, Array]) -> Points:
        return points_at(self.model, self.keys, values, self.experiment, self._mixed)

    def at(self, x: Array, y: Array) -> Column:
        """At n points."""
        if self.members:
            beams = [member.experiment.beam.name if member.experiment.beam else "" for member in self.members]
            return Column.together([member.at(x, y) for member in self.members], beams)
        points = self._points((x, y))
        if self.experiment.recast is not None:
            return self._recast(points)
        column = self._column(points)
        return column if self._chains is None else self._with_chains(column, points, x, y)

    def with_width_errors(self, *values: Array) -> "Evaluator":
        """The same with the theory errors of widths among the nuisances, as 'widths', for points among these values of the keys."""
        other = copy(self)
        other.members = [member.with_width_errors(*values) for member in self.members]
        if self._passage is not None:
            points = self._points((values[0], values[1]))
            other._width_errors = {state.state: self._errors_of(points, state) for state in points.states}
        return other

    def _errors_of(self, points: Points, state: StatePoints) -> WidthErrors:
        good = np.flatnonzero((state.total_width > 0) & np.isfinite(state.mass))
        known = np.unique(state.mass[good])
        picked = known[np.unique(np.round(np.linspace(0, len(known) - 1, _ERRORS)).astype(int))] if len(known) else known
        return width_errors([self._table(points, state, part, float(mass), good) for mass in picked for part in range(len(state.widths))])

    def _prepare(self, points: Points) -> None:
        masses = np.concatenate([state.mass for state in points.states])
        masses = np.unique(masses[np.isfinite(masses)])
        flavours = [k for k in range(3) if any(np.any(state.mixing2[k] > 0) for state in points.states)]
        if not len(masses) or not flavours:
            return
        sampler = Sampler.of(self.experiment, masses, flavours, self.model.majorana, self._seed, self.lines)
        self._sampler = sampler
        reach = reach_of_species(sampler.parents.species)
        self._reach = f"decays of {' '.join(reach)} reach {max(reach.values(), default=0.0):.4g} GeV with electrons, less with others"
        self._passage = sampler.passage(masses, self.lines)
        for state in points.states:
            for flavour, kind in self._passage.made_by:
                heaviest = max(one.heaviest for one in sampler.sources[flavour] if one.kind == kind)
                live = np.isfinite(state.mass) & (state.mass < heaviest) & (state.mixing2[flavour] > 0)
                good = np.flatnonzero(live & (state.total_width > 0))
                if not len(good):
                    continue
                known = np.unique(state.mass[good])
                picked = known[np.unique(np.round(np.linspace(0, len(known) - 1, _TABLES)).astype(int))]
                for part in range(len(state.widths)):
                    tables = [self._table(points, state, part, float(mass), good) for mass in picked]
                    found = acceptance(sampler, flavour, kind, tables, self._passage.log_x)
                    self._tables[flavour, kind, state.state, part] = found

    def _prepare_chains(self, first: tuple[Array, Array], points: Points) -> None:
        """Chains at some nodes of the grid, where the model has any."""
        if self._sampler is None or not isinstance(self.model, DarkSector):
            return
        some = self._made(points) > 0
        if not some.any():
            return
        axes = [Axis(key, np.unique(values)) for key, values in zip(self.keys, first, strict=True)]

        def point(x: float, y: float) -> tuple[Spectrum, float, float] | None:
            try:
                points = self._points((np.array([x]), np.array([y])))
            except ParameterError:
                return None
            spectrum = points.spectra[0]
            assert spectrum is not None, "a single point without a model is refused"
            column = self._column(points)
            return spectrum, float(self._made(points)[0]), float(column.selected_events[0]) / (self.experiment.protons * points.protons[0])

        live = [np.unique(values[some]) for values in first]
        measures = [(values, axis.measure(values)) for axis, values in zip(axes, live, strict=True)]
        self._chains = chain_table(self._sampler, measures[0], measures[1], point)
        self._axes = axes

    def _made(self, points: Points) -> Array:
        """About how many heavy states are made, by `Sampler.made`, of all those there are."""
        assert self._sampler is not None, "asked where something is made"
        total = np.zeros(len(points.protons))
        for state in points.states:
            live = np.flatnonzero(np.isfinite(state.mass))
            for flavour in self._sampler.sources:
                total[live] += state.mixing2[flavour, live] * self._sampler.made(flavour, state.mass[live])
        return total

    def _with_chains(self, column: Column, points: Points, x: Array, y: Array) -> Column:
        """Events with those at the ends of chains; their normalisation errors are taken as of the others."""
        assert self._chains is not None, "asked where there are chains"
        events, selected, error = self._chains.at(self._axes[0].measure(x), self._axes[1].measure(y))
        made = self._made(points) * self.experiment.protons * points.protons
        share = np.divide(made * selected, column.selected_events, out=np.zeros(len(made)), where=column.selected_events > 0)
        changes = {name: change * (1 + share) for name, change in column.norm_by_nuisance.items()}
        note = (
            f"{self.experiment.name}: chains of heavy states are sampled at {len(self._chains.x)} x {len(self._chains.y)} points and "
            f"interpolated: {self._chains.interpolation:.1%} of their events in the median"
        )
        return replace(
            column,
            events=column.events + made * events,
            selected_events=column.selected_events + made * selected,
            stat_error=np.hypot(column.stat_error, made * selected * error),
            norm_by_nuisance=changes,
            notes=(*column.notes, note),
        )

    def _table(self, points: Points, state: StatePoints, part: int, mass: float, good: IntArray) -> DecayTable:
        """Decays of a state at one of the points where it has this mass."""
        own = good[state.mass[good] == mass]
        place = int(own[len(own) // 2])
        spectrum = points.spectra[place] if points.spectra else None
        if spectrum is None:
            assert isinstance(self.model, Hnl), "other models are solved at every point"
            # only widths' ratios matter: with all of the mixing on the part's flavours none is too small
            share = state.mixing2[:, place] / state.mixing2[:, place].sum()
            if self._mixed:
                flavours = [k for k in range(3) if np.nanmax(state.mixing2[k], initial=0.0) > 0]
                share = np.eye(3)[flavours[part]]
            spectrum = solve(replace(self.model, m4=mass, mixing2=(float(share[0]), float(share[1]), float(share[2]))))
        return decay_table(spectrum, state.state)

    def _column(self, points: Points) -> Column:
        """Without chains."""
        column = self._counted(points)
        if not self._width_errors:
            return column
        # widths that are wrong are taken to be so together: all larger by their errors
        states = tuple(self._width_errors[state.state].added_to(state) for state in points.states)
        change = self._counted(replace(points, states=states)).selected_events - column.selected_events
        return replace(column, norm_by_nuisance={**column.norm_by_nuisance, WIDTHS: change})

    def _counted(self, points: Points) -> Column:
        n = len(points.protons)
        events, selected, variance = np.zeros((3, n))
        changes: dict[str, Array] = {}
        for state in points.states:
            live = np.flatnonzero((state.total_width > 0) & np.isfinite(state.mass))
            if self._passage is None or not len(live):
                continue
            mass, total = state.mass[live], state.total_width[live]
            x = mass * total / float(HBARC)
            protons = self.experiment.protons * points.protons[live]
            for flavour, kind in self._passage.made_by:
                made = state.mixing2[flavour, live] * protons
                if not made.any():
                    continue
                decays, error, by_nuisance = self._passage.decays(flavour, kind, mass, x)
                seen, kept, spread = self._shares(state, flavour, kind, live, mass, x, total)
                events[live] += made * decays * seen
                selected[live] += made * decays * kept
                variance[live] += (made * kept) ** 2 * (error**2 + (decays * spread) ** 2)
                for name, change in by_nuisance.items():
                    changes.setdefault(name, np.zeros(n))[live] += made * kept * change
        lost = np.zeros(n, bool)
        lost[list(points.refused)] = True
        events, selected, error = (np.where(lost, np.nan, one) for one in (events, selected, np.sqrt(variance)))
        notes = [MISSING_MODES, *points.notes, *(self._passage.notes if self._passage else ())]
        if not np.any(selected > 0):
            notes.insert(0, f"{self.experiment.name}: no heavy neutrino reaches the detector anywhere in the scan; {self._reach}")
        return Column(events, selected, error, changes, points.protons, points.refused, tuple(dict.fromkeys(notes)))

    def _shares(
        self, state: StatePoints, flavour: int, kind: str, live: IntArray, mass: Array, x: Array, total: Array
    ) -> tuple[Array, Array, Array]:
        """Visible and selected share of a state's decays, and the relative error of the latter."""
        seen, kept, spread = np.zeros((3, len(live)))
        for part, widths in enumerate(state.widths):
            table = self._tables.get((flavour, kind, state.state, part))
            for products, width in widths.items():
                if not _visible(products):
                    continue
                share = np.where(width[live] > 0, width[live] / total, 0.0)
                seen += share
                if table is not None and share.any():
                    kept += share * table.of(products, mass, x)
            if table is not None:
                spread = np.maximum(spread, table.error_at(mass))
        return seen, kept, spread

    def _recast(self, points: Points) -> Column:
        by_state, notes = scaled_at(points.states, self.experiment)
        events: Array = np.sum(list(by_state.values()), axis=0) * points.protons
        recast = self.experiment.recast
        assert recast is not None, "asked of experiments with [recast] only"
        lost = np.zeros(len(events), bool)
        lost[list(points.refused)] = True
        events = np.where(lost, np.nan, events)
        changes = {"published limits": recast.uncertainty * events}
        return Column(events, events, 0.0 * events, changes, points.protons, points.refused, tuple(dict.fromkeys([*notes, *points.notes])))


def _visible(products: str) -> bool:
    """Whether a final state holds a charged particle, a photon or a meson."""
    from .. import pdg

    return any(name not in ("nu", *pdg.HEAVY_STATE_CODES) for name in products.split())


@dataclass(frozen=True, eq=False)
class Scan:
    """Events of a model in one experiment over a grid of two keys; arrays of shape (x, y)."""

    model: str
    experiment: Experiment
    x: Axis
    y: Axis
    column: Column
    """Of all points, row by row."""
    evaluator: Evaluator
    seed: int = 1
    others: tuple["Scan", ...] = field(default=(), repr=False)
    """The same scan in further experiments."""

    def with_width_errors(self) -> "Scan":
        """The same with the theory errors of widths among the nuisances."""
        columns = grid_of(self.x, self.y)
        evaluator = self.evaluator.with_width_errors(*columns)
        return replace(self, column=evaluator.at(*columns), evaluator=evaluator)

    def _grid(self, values: Array) -> Array:
        return values.reshape(len(self.x.values), len(self.y.values))

    @property
    def events(self) -> Array:
        """Decays with a charged particle, a photon or a meson; NaN where the model does not exist."""
        return self._grid(self.column.events)

    @property
    def rates(self) -> Array:
        """Selected events: what a criterion counts."""
        return self._grid(self.column.selected_events)

    @property
    def stat_error(self) -> Array:
        """Standard error of `rates`: finite parent list, lines and decays drawn."""
        return self._grid(self.column.stat_error)

    @property
    def norm_error(self) -> Array:
        """Error of `rates` from the nuisances of the beam."""
        return self._grid(self.column.norm_error)

    @property
    def norm_by_nuisance(self) -> dict[str, Array]:
        """Change of `rates` for one standard deviation of each nuisance."""
        return {name: self._grid(change) for name, change in self.column.norm_by_nuisance.items()}

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """x and y."""
        return self.x, self.y

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What there is to say of all points."""
        notes = list(self.column.notes)
        if self.column.refused:
            first = next(iter(self.column.refused.values()))
            notes.insert(0, f"{len(self.column.refused)} of {len(self.column.events)} points have no model: {first}")
        return tuple(notes)

    def __iter__(self) -> Any:
        return iter((self, *self.others))

    def __str__(self) -> str:
        best = np.nanmax(self.rates) if np.any(np.isfinite(self.rates)) else 0.0
        size = f"{len(self.x.values)} x {len(self.y.values)} points"
        return f"Scan of {self.model} at {self.experiment.name}: {size}, at most {best:.4g} selected events"

    def reach(self, criterion: Criterion | str | float | None = None, **options: Any) -> "Reach":
        """Where the experiment would exclude the model; see `reach.reach`."""
        from .reach import reach

        return reach(self, criterion, **options)

    def reaches(
        self, criterion: Criterion | str | float | None = None, *, workers: int = 1, scheduler: str | None = None, **options: Any
    ) -> list["Reach"]:
        """`reach` of every experiment of the scan, shared among `workers` processes or a Dask cluster as by `scan`."""
        alone = [(replace(one, others=()), criterion, options) for one in self]
        return list(in_order(_reached, alone, workers, scheduler))


def _reached(one: Scan, criterion: Criterion | str | float | None, options: Mapping[str, Any]) -> "Reach":
    return one.reach(criterion, **options)


def grid_of(x: Axis, y: Axis) -> tuple[Array, Array]:
    """Every pair of values, row by row."""
    return np.repeat(x.values, len(y.values)), np.tile(y.values, len(x.values))


def scan(
    model: Model | Spectrum,
    experiment: Experiment | Sequence[Experiment],
    x: tuple[str, ArrayLike] | Axis,
    y: tuple[str, ArrayLike] | Axis,
    seed: int = 1,
    lines: int = LINES,
    *,
    workers: int = 1,
    scheduler: str | None = None,
) -> Scan:
    """Events of a model in one experiment, or in each of several, with two keys of its card on a grid.

    Keys are those of `read_model(set=...)`, with `mixing2` for |U|^2 of nu4, or `protons`. Production, flight and selection are sampled
    at some masses and interpolated (`passage`, `acceptance`); mixings, branching ratios and widths are exact at every point. `lines`: of
    heavy neutrinos at each mass sampled. `workers`: processes that experiments are shared among; `scheduler`: the address of a Dask
    scheduler whose workers do it, or 'local' (`kernels.processes.in_order`); the result is the same. Raises CardError or ParameterError for
    axes that no card has.
    """
    model = model.model if isinstance(model, Spectrum) else model
    first, second = axis(x, "x"), axis(y, "y")
    check_keys(first, second, model)
    experiments = [experiment] if isinstance(experiment, Experiment) else list(experiment)
    if not experiments:
        raise ParameterError("scan: give at least one experiment")
    work = _Scanned(model, first, second, seed, lines)
    found: list[Scan] = list(in_order(work, [(one,) for one in experiments], workers, scheduler))
    return replace(found[0], others=tuple(found[1:]))


@dataclass(frozen=True, slots=True)
class _Scanned:
    """A scan but for its experiment."""

    model: Model
    x: Axis
    y: Axis
    seed: int
    lines: int

    def __call__(self, experiment: Experiment) -> Scan:
        columns = grid_of(self.x, self.y)
        evaluator = Evaluator(self.model, experiment, (self.x.key, self.y.key), columns, self.seed, self.lines)
        return Scan(self.model.name, experiment, self.x, self.y, evaluator.at(*columns), evaluator, self.seed)

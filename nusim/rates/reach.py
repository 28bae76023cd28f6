"""Sensitivity: where in a scan an experiment would exclude the model, as closed contours."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ..errors import ParameterError
from ..experiment.experiment import Criterion
from ..kernels.arrays import Array, IntArray
from .criterion import criterion_events
from .points import Axis
from .scan import Column, Scan, grid_of

_KINDS = ("count", "classical", "cls", "feldman-cousins")
_CONFIDENCE = 0.90
"""Where a construction is named without one."""
_NONE = -60.0
"""Logarithm of events over those needed where there are none."""
_OUTSIDE = 1e-9
"""Width, in units of the grid's, of the rim that closes contours at its ends."""
_LEVELS = 4
"""How often columns are put between columns at most."""
_JUMP = 0.35
"""Change of an edge's logarithm between two columns that asks for another one between them."""
_BEND = 0.02
"""Distance of an edge's logarithm from the line between two columns that asks for another one."""
_STEPS = 4
"""Of the search for the place of a contour's point within its cell."""
_SLOPE = 0.02
"""Step in log y by which the slope of the events is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """Contours of an experiment in the plane of a scan's two axes."""

    model: str
    experiment: str
    criterion: Criterion
    events_needed: float
    """Mean number of selected signal events that is excluded; NaN where it changes along an axis."""
    x: Axis
    y: Axis
    contours: tuple[Array, ...]
    """Closed polygons (n, 2) of x and y, the first point repeated at the end, largest first; none where nothing is excluded."""
    columns: Array
    """x of the edges, shape (m,)."""
    lower: Array
    """Lowest excluded y at each column, NaN where nothing is excluded or the region goes on below the grid."""
    upper: Array
    """Highest excluded y, likewise."""
    lower_error: Array
    """Relative (for an axis in logarithms, else absolute) standard error of `lower` from the statistics of the simulation."""
    upper_error: Array
    band: Mapping[str, tuple[Array, ...]] = field(default_factory=dict)
    """Contours for more ('up') and fewer ('down') events by a standard deviation of the nuisances."""
    warnings: tuple[str, ...] = ()
    nuisances: tuple[str, ...] = ()
    """Those that the band is made of."""

    @property
    def confidence(self) -> float | None:
        """Of the criterion; None for a number of events."""
        return self.criterion.confidence

    @property
    def rule(self) -> str:
        """The criterion in words."""
        number = f"{self.events_needed:.4g} events" if self.events_needed == self.events_needed else "events"
        if self.criterion.kind == "count":
            return number
        return f"{number}, {self.criterion.kind} {100 * (self.criterion.confidence or 0):g}%"

    @property
    def smallest(self) -> tuple[float, float] | None:
        """(x, y) of the lowest point; None where nothing is excluded."""
        if not np.any(np.isfinite(self.lower)):
            return None
        place = int(np.nanargmin(self.lower))
        return float(self.columns[place]), float(self.lower[place])

    def contains(self, x: float, y: float) -> bool:
        """Whether a point is excluded."""
        inside = False
        for contour in self.contours:
            inside ^= _inside(
                self.x.measure(contour[:, 0]), self.y.measure(contour[:, 1]), float(self.x.measure(x)), float(self.y.measure(y))
            )
        return inside

    def __str__(self) -> str:
        best = self.smallest
        where = "nothing excluded" if best is None else f"down to {self.y.key} = {best[1]:.3g} at {self.x.key} = {best[0]:.3g}"
        return f"Reach of {self.experiment} for {self.model} ({self.rule}): {where}"


def criterion_of(scan: Scan, given: Criterion | str | float | None, confidence: float | None) -> Criterion:
    """The criterion asked for: the experiment's own, a number of events, or a construction by name with its confidence level."""
    card = scan.experiment.criterion
    if isinstance(given, Criterion):
        if confidence is not None and given.confidence != confidence:
            raise ParameterError(f"reach: confidence = {confidence:g} and a criterion with {given.confidence}: give one of them")
        return given
    if isinstance(given, int | float) and not isinstance(given, bool):
        if confidence is not None:
            raise ParameterError(f"reach: {given:g} events and confidence = {confidence:g}: a number of events has no confidence level")
        if not 0 < given < np.inf:
            raise ParameterError(f"reach: {given:g} events: a positive number is needed")
        return Criterion("count", events=float(given))
    kind = card.kind if given is None else given
    if kind not in _KINDS:
        raise ParameterError(f"reach: criterion {given!r}: a number of events, or one of {', '.join(_KINDS[1:])}")
    if kind == "count":
        if confidence is not None:
            known = "" if card.events is None else f" of {card.events:g} events"
            raise ParameterError(f"reach: confidence = {confidence:g} and a count{known}: a number of events has no confidence level")
        if card.events is None:
            raise ParameterError("reach: criterion 'count': give the number of events itself")
        return Criterion("count", events=card.events)
    level = confidence if confidence is not None else card.confidence if card.confidence is not None else _CONFIDENCE
    if not 0 < level < 1:
        raise ParameterError(f"reach: confidence = {level:g}: a number between 0 and 1 is needed")
    return Criterion(kind, confidence=level)  # type: ignore[arg-type]


def reach(
    scan: Scan,
    criterion: Criterion | str | float | None = None,
    *,
    confidence: float | None = None,
    background: float | None = None,
    background_uncertainty: float = 0.0,
    signal_uncertainty: float = 0.0,
    refine: bool = True,
    band: bool = False,
) -> Reach:
    """Where at least as many selected events are expected as the criterion excludes.

    `criterion`: a number of events, 'classical', 'cls' or 'feldman-cousins' at `confidence`; the experiment's card by default, as for
    `background`. Relative uncertainties of background and signal are log-normal. Grid cells the contour crosses are refined: further
    columns where edges jump or regions end, and each point of a contour is put where the events are those needed. `band`: also contours
    for a standard deviation of the nuisances: the beam's, and the theory errors of widths, all larger together.
    """
    rule = criterion_of(scan, criterion, confidence)
    if band:
        scan = scan.with_width_errors()
    needed = _needed(scan, rule, background, background_uncertainty, signal_uncertainty)
    grid = _Grid(scan, needed)
    if refine:
        for _ in range(_LEVELS):
            if not grid.insert():
                break
    contours = grid.contours(0.0, refine)
    warnings = list(scan.warnings)
    edges = grid.edges(refine)
    ends = grid.open_ends()
    if not contours:
        warnings.insert(0, grid.why_empty())
    elif ends:
        warnings.append(f"{scan.experiment.name}: the region goes on beyond the grid at {' and '.join(ends)}")
    whole = {}
    if band and contours:
        for name, sign in (("up", 1.0), ("down", -1.0)):
            whole[name] = grid.contours(sign, refine)
    nuisances = tuple(scan.column.norm_by_nuisance) if band else ()
    number = float(needed(scan.x.values[:1], scan.y.values[:1])[0]) if "background" not in (scan.x.key, scan.y.key) else float("nan")
    return Reach(
        scan.model,
        scan.experiment.name,
        rule,
        number,
        scan.x,
        scan.y,
        contours,
        *edges,
        band=whole,
        warnings=tuple(warnings),
        nuisances=nuisances,
    )


_Needed = Callable[[Array, Array], Array]


def _needed(scan: Scan, rule: Criterion, background: float | None, of_background: float, of_signal: float) -> _Needed:
    """Events needed at points."""
    for name, value in (("background_uncertainty", of_background), ("signal_uncertainty", of_signal)):
        if not 0 <= value < 2:
            raise ParameterError(f"reach: {name} = {value:g}: a relative uncertainty from 0 to 2 is needed")
    known: dict[float, float] = {}

    def at_background(value: float) -> float:
        if not 0 <= value < np.inf:
            raise ParameterError(f"reach: background = {value:g}: a number of events is needed, not negative")
        if value not in known:
            known[value] = criterion_events(rule, value, of_background, of_signal)
        return known[value]

    keys = (scan.x.key, scan.y.key)
    if "background" in keys:
        if background is not None:
            raise ParameterError("reach: background is an axis of the scan; it has no single value")
        return lambda x, y: np.array([at_background(value) for value in (x if keys[0] == "background" else y).tolist()])
    value = at_background(scan.experiment.background if background is None else background)
    return lambda x, y: np.full(len(x), value)


class _Grid:
    """log(events / needed) on a grid of columns that grows."""

    def __init__(self, scan: Scan, needed: _Needed) -> None:
        self._scan, self._needed = scan, needed
        self.x, self.y = scan.x.measure(scan.x.values), scan.y.measure(scan.y.values)
        columns = grid_of(scan.x, scan.y)
        self._values = {0.0: self._log(scan.column, *columns, 0.0)}
        for sign in (1.0, -1.0):
            self._values[sign] = self._log(scan.column, *columns, sign)
        self._values = {sign: value.reshape(len(self.x), len(self.y)) for sign, value in self._values.items()}

    def _log(self, column: Column, x: Array, y: Array, sign: float) -> Array:
        """log of events over those needed, with the nuisances' error added `sign` times."""
        events = column.selected_events
        if sign:
            error = column.norm_error
            # fewer by a factor, so that the band stays positive
            events = np.where(sign > 0, events + error, events / (1 + np.divide(error, events, out=np.zeros_like(error), where=events > 0)))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(events > 0, np.maximum(np.log(events / self._needed(x, y)), _NONE), _NONE)

    def at(self, x: Array, y: Array, sign: float = 0.0) -> Array:
        """At points in the axes' measures."""
        return self._log(self.column(x, y), self._scan.x.value(x), self._scan.y.value(y), sign)

    def column(self, x: Array, y: Array) -> Column:
        """Events at points in the axes' measures."""
        return self._scan.evaluator.at(self._scan.x.value(x), self._scan.y.value(y))

    def _crossings(self, values: Array) -> tuple[Array, Array]:
        """Lowest and highest crossing of each column by interpolation, NaN without."""
        low, high = np.full((2, len(values)), np.nan)
        for k, row in enumerate(values):
            change = np.flatnonzero((row[:-1] > 0) != (row[1:] > 0))
            if len(change):
                at = self.y[change] + (self.y[change + 1] - self.y[change]) * row[change] / (row[change] - row[change + 1])
                low[k], high[k] = at[0], at[-1]
        return low, high

    def insert(self) -> bool:
        """Puts columns where edges jump or end; whether there were any."""
        values = self._values[0.0]
        number = np.sum((values[:, :-1] > 0) != (values[:, 1:] > 0), axis=1)
        low, high = self._crossings(values)
        jump = np.fmax(np.abs(np.diff(low)), np.abs(np.diff(high)))
        wide = np.diff(self.x) > 1e-6 * (self.x[-1] - self.x[0])
        bent = np.fmax(self._bend(low), self._bend(high))
        wanted = np.flatnonzero(wide & ((number[:-1] != number[1:]) | (np.nan_to_num(jump) > _JUMP) | (bent > _BEND)))
        if not len(wanted):
            return False
        middle = (self.x[wanted] + self.x[wanted + 1]) / 2
        at = np.repeat(middle, len(self.y)), np.tile(self.y, len(middle))
        column = self.column(*at)
        for sign, known in self._values.items():
            new = self._log(column, self._scan.x.value(at[0]), self._scan.y.value(at[1]), sign)
            self._values[sign] = np.insert(known, wanted + 1, new.reshape(len(middle), len(self.y)), axis=0)
        self.x = np.insert(self.x, wanted + 1, middle)
        return True

    def _bend(self, edge: Array) -> Array:
        """About how far an edge runs from the straight line between two columns, from its slopes on either side, shape (columns - 1,)."""
        width = np.diff(self.x)
        turn = np.pad(np.nan_to_num(np.abs(np.diff(np.diff(edge) / width))), 1)
        result: Array = np.maximum(turn[:-1], turn[1:]) * width / 8
        return result

    def contours(self, sign: float, refine: bool) -> tuple[Array, ...]:
        """Closed polygons in the axes' values, largest first."""
        from contourpy import contour_generator

        values = self._values[sign]
        rim_x, rim_y = _OUTSIDE * (self.x[-1] - self.x[0]), _OUTSIDE * (self.y[-1] - self.y[0])
        x = np.concatenate([[self.x[0] - rim_x], self.x, [self.x[-1] + rim_x]])
        y = np.concatenate([[self.y[0] - rim_y], self.y, [self.y[-1] + rim_y]])
        padded = np.pad(values, 1, constant_values=_NONE)
        lines = contour_generator(x, y, padded.T).lines(0.0)
        found = [np.asarray(line, float) for line in lines if len(line) > 3]
        if refine and found:
            whole = self._placed(np.concatenate(found), sign)
            found = np.split(whole, np.cumsum([len(line) for line in found])[:-1])
        polygons = []
        for line in found:
            line = np.clip(line, (self.x[0], self.y[0]), (self.x[-1], self.y[-1]))
            line[-1] = line[0]
            polygons.append(np.column_stack([self._scan.x.value(line[:, 0]), self._scan.y.value(line[:, 1])]))
        return tuple(sorted(polygons, key=lambda line: -_area(self._scan.x.measure(line[:, 0]), self._scan.y.measure(line[:, 1]))))

    def _placed(self, points: Array, sign: float) -> Array:
        """Points of contours, which lie on the grid's edges, moved along these to where the events are those needed."""
        out = points.copy()
        inside = (points[:, 0] >= self.x[0]) & (points[:, 0] <= self.x[-1]) & (points[:, 1] >= self.y[0]) & (points[:, 1] <= self.y[-1])
        near = np.abs(points[:, :1] - self.x[np.clip(np.searchsorted(self.x, points[:, 0]), 1, len(self.x) - 1)[:, None] + [[-1, 0]]])
        vertical = near.min(axis=1) < 1e-9 * (self.x[-1] - self.x[0])
        for along, grid, mine in ((1, self.y, inside & vertical), (0, self.x, inside & ~vertical)):
            rows = np.flatnonzero(mine)
            if not len(rows):
                continue
            cell = np.clip(np.searchsorted(grid, points[rows, along]), 1, len(grid) - 1)
            out[rows, along] = self._root(points[rows], along, grid[cell - 1], grid[cell], sign)
        return out

    def _root(self, points: Array, along: int, low: Array, high: Array, sign: float) -> Array:
        """Where events cross those needed along one axis, between `low` and `high`: false position, bisection where that is slow."""

        def value(place: Array) -> Array:
            at = points.copy()
            at[:, along] = place
            return self.at(at[:, 0], at[:, 1], sign)

        a, b, fa, fb = low.copy(), high.copy(), value(low), value(high)
        changes = (fa > 0) != (fb > 0)
        for step in range(_STEPS):
            middle = (a + b) / 2
            line = a - fa * (b - a) / np.where(fb != fa, fb - fa, 1.0)
            flat = (fb == fa) | (np.minimum(fa, fb) <= _NONE / 2) | (step % 3 == 2)
            middle = np.where(flat, middle, np.clip(line, a, b))
            f = value(middle)
            left = (f > 0) == (fa > 0)
            a, fa = np.where(left, middle, a), np.where(left, f, fa)
            b, fb = np.where(left, b, middle), np.where(left, fb, f)
        line = a - fa * (b - a) / np.where(fb != fa, fb - fa, 1.0)
        result: Array = np.where(np.minimum(fa, fb) <= _NONE / 2, (a + b) / 2, np.clip(line, a, b))
        # a cell without a sign change keeps its point
        return np.where(changes, result, points[:, along])

    def edges(self, refine: bool) -> tuple[Array, Array, Array, Array, Array]:
        """Columns, the lowest and highest y of each that is excluded, and their errors."""
        values = self._values[0.0]
        out = np.full((2, len(self.x)), np.nan)
        spread = np.full((2, len(self.x)), np.nan)
        for which in (0, 1):
            rows, cell = self._edge_cells(values, which)
            if not len(rows):
                continue
            share = values[rows, cell] / (values[rows, cell] - values[rows, cell + 1])
            place = self.y[cell] + share * (self.y[cell + 1] - self.y[cell])
            if refine:
                place = self._root(np.column_stack([self.x[rows], place]), 1, self.y[cell], self.y[cell + 1], 0.0)
            at = self.column(self.x[rows], place)
            relative = np.divide(at.stat_error, at.selected_events, out=np.zeros(len(rows)), where=at.selected_events > 0)
            step = _SLOPE if self._scan.y.is_log else 1e-3 * (self.y[-1] - self.y[0])
            slope = (self.at(self.x[rows], place + step) - self.at(self.x[rows], place - step)) / (2 * step)
            out[which, rows] = self._scan.y.value(place)
            spread[which, rows] = np.divide(relative, np.abs(slope), out=np.full(len(rows), np.nan), where=slope != 0)
        return self._scan.x.value(self.x), out[0], out[1], spread[0], spread[1]

    def _edge_cells(self, values: Array, which: int) -> tuple[IntArray, IntArray]:
        """Columns that have a lower (0) or upper (1) edge within the grid, and the cell it lies in."""
        rows, cells = [], []
        for k, row in enumerate(values):
            inside = np.flatnonzero(row > 0)
            if len(inside) and which == 0 and inside[0] > 0:
                rows.append(k)
                cells.append(int(inside[0]) - 1)
            if len(inside) and which == 1 and inside[-1] < len(row) - 1:
                rows.append(k)
                cells.append(int(inside[-1]))
        return np.array(rows, np.int64), np.array(cells, np.int64)

    def open_ends(self) -> list[str]:
        """Ends of the axes where excluded points lie on the grid's rim."""
        inside, scan = self._values[0.0] > 0, self._scan
        ends = []
        for axis, first, last in ((scan.x, inside[0], inside[-1]), (scan.y, inside[:, 0], inside[:, -1])):
            ends += [f"{axis.key} = {axis.values[0]:.4g}"] if first.any() else []
            ends += [f"{axis.key} = {axis.values[-1]:.4g}"] if last.any() else []
        return ends

    def why_empty(self) -> str:
        """Why nothing is excluded."""
        scan, rates = self._scan, self._scan.rates
        if not np.any(rates > 0):
            return f"{scan.experiment.name}: nothing is excluded: {scan.warnings[0]}"
        i, j = np.unravel_index(int(np.nanargmax(rates)), rates.shape)
        needed = float(self._needed(scan.x.values[[i]], scan.y.values[[j]])[0])
        return (
            f"{scan.experiment.name}: nothing is excluded: at most {rates[i, j]:.4g} selected events, "
            f"at {scan.x.key} = {scan.x.values[i]:.4g}, {scan.y.key} = {scan.y.values[j]:.4g}; {needed:.4g} are needed"
        )


def _area(x: Array, y: Array) -> float:
    return abs(float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))) / 2


def _inside(x: Array, y: Array, at_x: float, at_y: float) -> bool:
    """Whether a point lies in a closed polygon: an odd number of sides crosses the ray to its right."""
    above = y > at_y
    sides = np.flatnonzero(above[:-1] != above[1:])
    cut = x[sides] + (at_y - y[sides]) * (x[sides + 1] - x[sides]) / (y[sides + 1] - y[sides])
    return bool(np.sum(cut > at_x) % 2)

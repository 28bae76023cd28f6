"""Many points of a model with everything that follows from each: masses, mixings, widths, rates, and which bounds hold."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from ..bounds.dark_photon import has_zprime, limits_along
from ..bounds.published import MISSING_EXTRA, Limit, installed, published
from ..bounds.signal import Signal, signals
from ..bounds.strength import peak_strength, scaled_strength
from ..cards.key_units import unit_of
from ..cards.read import read_experiment, resolved
from ..errors import ParameterError
from ..experiment.experiment import Experiment
from ..io.header import json_text
from ..io.points_table import CONTENT, PointsFile, read_points
from ..kernels.arrays import Array, ArrayLike, IntArray
from ..kernels.processes import in_order
from ..model.model import FLAVOURS, Model
from ..model.spectrum import Spectrum
from ..rates.points import solved_at
from ..rates.widths import width_scan
from .counted import Counted, Counts
from .derived import derived
from .plan import Plan, plan_of

CHUNK = 200
"""Points at a time."""


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """What a column holds."""

    unit: str
    text: bool
    """Names, not numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Exploration:
    """Points of a model and what follows from each; all columns of shape (n,)."""

    model: str
    plan: Plan
    columns: Mapping[str, Array]
    """By name: numbers, NaN where a point has no model; names, '' there."""
    info: Mapping[str, ColumnInfo]
    header: Mapping[str, Any]
    """What made them: version, cards, seed."""
    warnings: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.plan)

    def __getitem__(self, name: str) -> Array:
        if name not in self.columns:
            raise ParameterError(f"{self.model}: no column {name!r}; known: {', '.join(self.columns)}")
        return self.columns[name]

    @property
    def refused(self) -> int:
        """Points without a model."""
        return int(np.count_nonzero(self.columns["refused"] != ""))

    def __str__(self) -> str:
        said = self.columns.get("verdict")
        count = {name: int(np.count_nonzero(said == name)) for name in ("excluded", "reachable", "allowed")} if said is not None else {}
        parts = [f"{number} {name}" for name, number in count.items()] + ([f"{self.refused} without a model"] if self.refused else [])
        return f"{self.model}: {len(self)} points" + (f": {', '.join(parts)}" if parts else "")


def explore(
    model: Model | Spectrum,
    experiments: Sequence[Experiment | str] = (),
    *,
    draw: Mapping[str, Sequence[Any]] | None = None,
    grid: Mapping[str, ArrayLike] | None = None,
    n: int = 1000,
    seed: int = 1,
    bounds: bool = True,
    confidence: float = 0.90,
    workers: int = 1,
    scheduler: str | None = None,
    output: str | os.PathLike[str] | None = None,
    progress: Callable[[int], object] = lambda points: None,
) -> Exploration:
    """Points of a model at random or on a grid, and all that follows: one row a point.

    `draw`: ranges of keys of the model's card, (low, high) uniform in the logarithm or (low, high, 'lin'); `grid`: values of keys; n
    points, or n at each point of the grid. The mass condition holds where the card imposes it. Experiments are counted at every point with
    its chains and few lines (a few per cent, about half a second each): those that have run exclude, others reach. `bounds`: also published
    limits, with HNLimits, recast as `recast` does, and dark-photon bounds. Points whose card has no solution keep their row, with the
    reason. A point's numbers depend on the seed and its number alone, but for rounding. `workers`, `scheduler`: as in `write_events`.
    `output`: a Parquet file, written in parts, so that a run that was broken off goes on where it stopped; it holds what is returned.
    `progress` is called with the number of points done at a time. Raises ParameterError or CardError for keys that no card has, or none
    together.
    """
    model = model.model if isinstance(model, Spectrum) else model
    plan = plan_of(model, draw or {}, grid or {}, n, seed)
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise ParameterError(f"explore: workers = {workers}: a whole number of processes, at least 1")
    work = Explorer(model, experiments, plan, bounds, confidence)
    if output is not None:
        return _to_file(work, output, workers, scheduler, progress)
    parts = []
    for (first, last), rows in zip(work.spans, in_order(work.rows, work.spans, workers, scheduler), strict=True):
        parts.append(rows)
        progress(last - first)
    return work.exploration({name: np.concatenate([part[name] for part in parts]) for name in work.info})


def _to_file(
    work: "Explorer", output: str | os.PathLike[str], workers: int, scheduler: str | None, progress: Callable[[int], object]
) -> Exploration:
    """Part by part, those that are there already left out."""
    file = PointsFile(output, json_text(work.header, indent=None))
    missing = [span for span in work.spans if not file.has(*span)]
    progress(sum(last - first for first, last in work.spans) - sum(last - first for first, last in missing))
    for (first, last), rows in zip(missing, in_order(work.rows, missing, workers, scheduler), strict=True):
        file.add(first, last, rows)
        progress(last - first)
    units = {name: info.unit for name, info in work.info.items() if info.unit}
    file.join(work.spans, {"content": CONTENT, **work.header, "units": units, "warnings": work.warnings})
    return work.exploration(read_points(output)[0])


class Explorer:
    """An exploration that is prepared, to be computed in any order, some points at a time."""

    def __init__(self, model: Model, experiments: Sequence[Experiment | str], plan: Plan, bounds: bool, confidence: float) -> None:
        self.model, self.plan, self._confidence = model, plan, confidence
        self.experiments = [read_experiment(one) if isinstance(one, str) else one for one in experiments]
        names = [one.name for one in self.experiments]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ParameterError(f"explore: {twice[0]} is given twice")
        design = plan.design()
        spectra, refused, notes = solved_at(model, design, len(next(iter(design.values()))))
        solved = [one for one in spectra if one is not None]
        if not solved:
            raise ParameterError(f"explore: no point has a model: {next(iter(refused.values()))}")
        self.warnings = _alike([*notes, *(note for one in solved[:: max(1, len(solved) // 20)] for note in one.warnings)])
        masses = np.array([one.mass(state) for one in solved for state in one.heavy_states])
        mixed = [flavour for flavour in FLAVOURS if any(one.mixing2(flavour, "nu4") > 0 for one in solved)]
        majorana = solved[0].majorana
        self._limits = self._published(mixed, majorana) if bounds else []
        self._counted = [Counted(one, masses, mixed, majorana, bounds, confidence, plan.seed) for one in self.experiments]
        self._bounds, self._states = bounds, solved[0].heavy_states
        self._empty = self._of_models(solved[:1], count=False)
        self.info = {
            "point": ColumnInfo("", False),
            **{key: ColumnInfo(unit_of(key), False) for key in plan.keys},
            **{name: ColumnInfo(unit, values.dtype.kind == "U") for name, (unit, values) in self._empty.items()},
            "refused": ColumnInfo("", True),
        }

    def _published(self, flavours: Sequence[str], majorana: bool) -> list[Limit]:
        """Limits of searches that are recast by scaling or as peaks."""
        if not installed():
            self.warnings.append(f"{MISSING_EXTRA}; peak searches and collider bounds are left out, others are nusim's own")
            return []
        found = [limit for flavour in flavours for limit in published(flavour, majorana, self._confidence)]
        return [one for one in found if one.entry.peak is not None or one.entry.flight is not None]

    @property
    def spans(self) -> list[tuple[int, int]]:
        """First and last point, not included, of each part of the work."""
        return [(first, min(first + CHUNK, len(self.plan))) for first in range(0, len(self.plan), CHUNK)]

    def rows(self, first: int, last: int) -> dict[str, Array]:
        """Columns of points first <= i < last."""
        index = np.arange(first, last)
        values = self.plan.values(index)
        spectra, refused, _ = solved_at(self.model, values, len(index))
        good = self._decaying(spectra, refused)
        found = self._of_models([spectra[place] for place in good], count=True) if len(good) else {}
        columns: dict[str, Any] = {"point": index, **values, "refused": np.array([refused.get(place, "") for place in range(len(index))])}
        for name, (_, empty) in self._empty.items():
            filled = found[name][1] if name in found else empty[:0]
            columns[name] = np.full(len(index), "" if empty.dtype.kind == "U" else np.nan, filled.dtype)
            columns[name][good] = filled
        return {name: columns[name] for name in self.info}

    def _decaying(self, spectra: list[Spectrum | None], refused: dict[int, str]) -> IntArray:
        """Places of the points whose states have widths; the others are put among the refused."""
        n = len(spectra)
        for state in self._states:
            points = [ParameterError(refused.get(place, "")) if one is None else one for place, one in enumerate(spectra)]
            try:
                refused |= width_scan(points, state).refused
            except ParameterError as error:
                refused |= {place: refused.get(place, str(error)) for place in range(n)}
        return np.array([place for place in range(n) if place not in refused], np.int64)

    def _of_models(self, spectra: list[Spectrum], count: bool) -> dict[str, tuple[str, Array]]:
        """Unit and values of the columns that follow from models; without `count` events are left at zero."""
        heavy = signals(spectra)
        columns = derived(spectra, heavy)
        zero = np.zeros(len(spectra))
        excluding, reaching = dict[str, Array](), dict[str, Array]()
        for one in self._counted:
            counts = one.at(spectra, heavy) if count else Counts(zero, zero, {})
            name = one.experiment.name
            columns |= {f"events_{name}": ("", counts.events), f"error_{name}": ("", counts.error)}
            (reaching if one.projection else excluding)[name] = one.strength(counts, heavy)
        if self._bounds:
            for name, strength in self._strengths(spectra, heavy):
                excluding[name] = np.fmax(excluding[name], strength) if name in excluding else strength
        columns |= {f"strength_{name}": ("", strength) for name, strength in (excluding | reaching).items()}
        if excluding or reaching:
            out, near = _names(excluding, len(spectra)), _names(reaching, len(spectra))
            columns |= {"excluded_by": ("", out), "reachable_by": ("", near)}
            columns["verdict"] = "", np.where(out != "", "excluded", np.where(near != "", "reachable", "allowed"))
        return columns

    def _strengths(self, spectra: list[Spectrum], heavy: Mapping[str, Signal]) -> Iterator[tuple[str, Array]]:
        """Published searches: |U|^2 or |epsilon| over what they exclude, of each state; NaN outside their masses."""
        for limit in self._limits:
            for signal in heavy.values():
                peak = limit.entry.peak is not None
                yield limit.entry.name, peak_strength(limit, signal, dict(heavy))[0] if peak else scaled_strength(limit, signal)
        if has_zprime(spectra[0]):
            epsilon = np.array([abs(one.model.portals.kinetic) for one in spectra])  # type: ignore[union-attr]
            for search, limit_on_epsilon, _ in limits_along(spectra, heavy):
                yield search.name, epsilon / limit_on_epsilon

    def exploration(self, columns: Mapping[str, Array]) -> Exploration:
        """All rows together."""
        return Exploration(self.model.name, self.plan, columns, self.info, self.header, tuple(self.warnings))

    @property
    def header(self) -> dict[str, Any]:
        """What the points depend on."""
        return {
            "version": version("nusim"),
            "model": resolved(self.model),
            "experiments": [resolved(one) for one in self.experiments],
            "plan": self.plan.document(),
            "bounds": self._bounds,
            "confidence": self._confidence,
            "published_limits": sorted({one.entry.name for one in self._limits}),
        }


def _names(strengths: Mapping[str, Array], n: int) -> Array:
    """Names of those that reach 1, with blanks between, at each of n points."""
    found = [" ".join(name for name, strength in strengths.items() if strength[place] >= 1) for place in range(n)]
    return np.array(found, dtype=str)


def _alike(notes: Sequence[str]) -> list[str]:
    """Of notes that differ in their numbers alone the first."""
    return list({re.sub(r"[-+.\d]+(e[-+]?\d+)?", "#", note): note for note in reversed(notes)}.values())[::-1]

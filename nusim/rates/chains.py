"""Decays of states that come from other heavy states or from dark bosons, over a scan: sampled at some points, in between interpolated.

Along a chain each state's lifetime and the shapes of all decays change with the couplings, so there is no closed form in one lifetime. At
nodes of the scan's grid the chains are sampled as rates do it, with random numbers common to all nodes. What is interpolated, bilinearly
and in logarithms, is their number over that of the heavy states made, which is exact at every point.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .. import pdg
from ..beams.parents import ParentFlux
from ..decays.channel import DecayTable
from ..decays.draw import choose, draw_products, spin_of
from ..experiment.flight import HeavyFlux, HeavySource
from ..experiment.routes import Route, routes_from
from ..experiment.selection import passes
from ..experiment.source import FinalState, decays_into, nuisance_factors, origins_of, route_arrives, tables_of, visible_final_states
from ..experiment.survey import Survey
from ..kernels import streams
from ..kernels.arrays import Array, BoolArray, IntArray
from ..kernels.lorentz import boost
from ..kernels.random import uniforms
from ..model.spectrum import Spectrum
from ..production.table import ProductionMode, production_modes
from .lifetimes import Neighbours
from .passage import Chosen, Sampler, chosen_parents

_PILOT, _LINES, _DECAYS = 60, 4000, 500
"""Lines of each route in a trial run, of all routes in the main run, and decays that try the selection."""
_NODES = (16, 14)
"""Nodes along x and along y, at most."""
_TRIAL = (4, 4)
"""Nodes along each axis that tell whether chains matter."""
_MATTERS = 0.003
"""Share of the selected events at any trial node from which chains are sampled."""
_SHARE = 0.02
"""Sources of less than this share of a state are not followed."""
_NONE = -690.0


@dataclass(frozen=True, slots=True)
class Chained:
    """Decays at the ends of chains at one point, per proton."""

    events: float
    selected: float
    error: float
    """Standard error of `selected`."""


def sampled_chains(sampler: Sampler, spectrum: Spectrum, chosen: dict[int, Chosen], parents: list[ParentFlux]) -> Chained:
    """One point's chains. `chosen` and `parents` hold what is drawn once: parents by species, and the list they belong to."""
    experiment = sampler.experiment
    origins = origins_of(spectrum, experiment, sampler.parents)
    if not parents or len(parents[0].pdg) < len(origins.parents.pdg):
        parents[:] = [origins.parents]
    tables = tables_of(spectrum, bool(origins.modes))
    modes = [*_of_neutrinos(sampler, spectrum, tables), *origins.modes]
    whole = parents[0]
    factors: Array | None = None
    for code in {mode.parent for mode in modes}:
        if code not in chosen:
            if code in sampler.chosen and whole is sampler.parents:
                chosen[code] = sampler.chosen[code]
                continue
            factors = nuisance_factors(experiment, whole) if factors is None else factors
            mass = next(mode.m_parent for mode in modes if mode.parent == code)
            chosen[code] = chosen_parents(experiment.detectors, whole, factors, code, mass, sampler.seed, 2 * _LINES)
    own = {id(mode) for mode in origins.modes}
    routes = [
        route
        for route in routes_from(modes, tables, spectrum.majorana)
        if (route.steps or id(route.mode) in own) and len(chosen[route.mode.parent].row) and route_arrives(route, experiment, whole)
    ]
    finals = [final for table in tables.values() for final in visible_final_states(table, spectrum.majorana)]
    if not routes:
        return Chained(0.0, 0.0, 0.0)
    pilot = _surveyed(sampler, whole, routes, chosen, np.full(len(routes), _PILOT))
    value = pilot.by_route * _visible(routes, finals, tables)
    if not value.sum() > 0:
        return Chained(0.0, 0.0, 0.0)
    share = (value / value.sum()) ** 0.75
    count = np.where(value > 1e-4 * value.sum(), np.maximum(np.ceil(_LINES * share / share.sum()), _PILOT), _PILOT).astype(np.int64)
    found = _surveyed(sampler, whole, routes, chosen, count)
    seen = found.weight * _visible(routes, finals, tables)[found.route]
    events = float(seen.sum())
    if events == 0:
        return Chained(0.0, 0.0, 0.0)
    kept, error = _kept(sampler, found, finals, tables, seen)
    lines = found.error_of_lines(_visible(routes, finals, tables)[found.route])
    return Chained(events, events * kept, float(np.hypot(lines * kept, events * error)))


def _of_neutrinos(sampler: Sampler, spectrum: Spectrum, tables: dict[str, DecayTable]) -> list[ProductionMode]:
    """Modes of the states that have heavy products, of the sources that matter."""
    found: list[ProductionMode] = []
    for state in spectrum.heavy_states:
        heavy = any(channel.width > 0 and set(channel.products.split()) & set(pdg.HEAVY_STATE_CODES) for channel in tables[state])
        for flavour, sources in sampler.sources.items() if heavy else ():
            if spectrum.active_mixing2(state)[flavour] == 0:
                continue
            share = sampler.share(flavour, np.array([spectrum.mass(state)]))[:, 0]
            for source, part in zip(sources, share.tolist(), strict=True):
                if part > _SHARE:
                    found += production_modes(spectrum, state, (source.parent,), (source.process,))
    return found


def _visible(routes: Sequence[Route], finals: Sequence[FinalState], tables: dict[str, DecayTable]) -> Array:
    """Visible share of the decays at the end of each route, shape (routes,)."""
    return np.array(
        [sum(final.channel.width for final in finals if decays_into(route, final)) / tables[route.state].total_width for route in routes]
    )


def _surveyed(sampler: Sampler, parents: ParentFlux, routes: Sequence[Route], chosen: dict[int, Chosen], count: IntArray) -> Survey:
    """Lines of each route, so many of each."""
    n = count
    route = np.repeat(np.arange(len(routes)), n)
    parts = [chosen[one.mode.parent] for one in routes]
    pieces = [np.arange(size) % len(part.row) for part, size in zip(parts, n.tolist(), strict=True)]
    row, turned, along, base = (
        np.concatenate([getattr(part, name)[piece] for part, piece in zip(parts, pieces, strict=True)])
        for name in ("row", "turned", "along", "base")
    )
    scale = [len(part.row) / size * one.mode.branching_ratio for part, size, one in zip(parts, n.tolist(), routes, strict=True)]
    base = base * np.repeat(scale, n)
    source = HeavySource(parents, tuple(routes), sampler.experiment.detectors, row, route.astype(np.int16), base, turned, along)
    rows = np.arange(len(row))
    weight, crossing, boosts = source.lines(rows, uniforms(sampler.seed, streams.SCAN, rows, source.draws))
    return Survey(source, rows, np.zeros(len(rows), np.int64), weight, crossing, boosts)


def _kept(sampler: Sampler, found: Survey, finals: Sequence[FinalState], tables: dict[str, DecayTable], seen: Array) -> tuple[float, float]:
    """Selected share of the visible decays and its standard error; lines are taken in proportion to `seen`."""
    selection, seed, n = sampler.experiment.selection, sampler.seed, _DECAYS
    u = uniforms(seed, streams.SCAN_DECAYS, np.arange(n), 3)
    steps = np.cumsum(seen)
    line = np.minimum(np.searchsorted(steps, (np.arange(n) + u[:, 0]) / n * steps[-1], side="right"), len(seen) - 1)
    source = found.source
    distinct, place = np.unique(line, return_inverse=True)
    numbers = uniforms(seed, streams.SCAN, np.arange(len(source)), source.draws).T.take(distinct, axis=1).T
    flux: HeavyFlux = source.draw(found.row[distinct], numbers).take(place)
    vertex = flux.origin[:, 1:] + flux.decay_distance(u[:, 1])[:, None] * flux.direction
    kept = np.zeros(n)
    for number in np.unique(flux.route).tolist():
        route = source.routes[number]
        own = [final for final in finals if decays_into(route, final)]
        mine = np.flatnonzero(flux.route == number)
        which = choose(np.array([final.channel.width for final in own]), u[mine, 2])
        for order, final in enumerate(own):
            part = mine[which == order]
            efficiency = selection.efficiency_of(final.products)
            if not len(part) or final.channel.inclusive or efficiency == 0:
                continue
            stage, index = streams.SCAN_DECAYS + 1 + 2 * finals.index(final), np.arange(len(part))
            antiparticle = np.full(len(part), final.antiparticle)
            spin = spin_of(final.state, flux.spin[part])
            codes, momenta, _ = draw_products(final.channel.terms, spin, antiparticle, seed, stage, index)
            mass = tables[final.state].mass
            lab = np.stack([boost(momenta[:, k], flux.momentum[part], mass) for k in range(codes.shape[1])], axis=1)
            good = passes(selection, codes, lab, vertex[part], uniforms(seed, stage + 1, index, 2 * codes.shape[1]))
            kept[part] = good * efficiency
    return float(kept.mean()), float(kept.std() / np.sqrt(n))


@dataclass(frozen=True, slots=True, eq=False)
class ChainTable:
    """Chains over a scan's grid, for one heavy state made."""

    x: Array
    """Nodes in the measure of the axis, shape (a,)."""
    y: Array
    log_events: Array
    """Shape (a, b)."""
    log_selected: Array
    relative_error: Array
    """Statistical, of the selected ones."""
    interpolation: float
    """Median relative error of the selected ones by interpolation: of a step twice as wide, over four."""

    def at(self, x: Array, y: Array) -> tuple[Array, Array, Array]:
        """Events, selected ones and the relative error of these at points in the axes' measures, for one heavy state made."""
        rows, columns = Neighbours.linear(self.x, x), Neighbours.linear(self.y, y)

        def value(table: Array) -> Array:
            out = np.zeros(len(x))
            for i in range(rows.place.shape[1]):
                for j in range(columns.place.shape[1]):
                    out += rows.weight[:, i] * columns.weight[:, j] * table[rows.place[:, i], columns.place[:, j]]
            return out

        error = np.hypot(value(self.relative_error), self.interpolation)
        return np.exp(value(self.log_events)), np.exp(value(self.log_selected)), error


Point = Callable[[float, float], tuple[Spectrum, float, float] | None]
"""From values of the axes: the spectrum, how many heavy states are made per proton (`Sampler.made`), and the selected events per proton
that are no chains'; None where there is no model."""


def chain_table(sampler: Sampler, x: tuple[Array, Array], y: tuple[Array, Array], point: Point) -> ChainTable | None:
    """Chains of a scan, from the values of its axes at which any state is made and their measures; None where they nowhere matter."""
    chosen: dict[int, Chosen] = {}
    parents = [sampler.parents]
    known: dict[tuple[int, int], tuple[float, float, float, float]] = {}

    def at(i: int, j: int) -> tuple[float, float, float, float]:
        """Events and selected events for one state made, the relative error, and the share of chains in all selected events."""
        if (i, j) not in known:
            found = point(float(x[0][i]), float(y[0][j]))
            if found is None or found[1] == 0:
                known[i, j] = (0.0, 0.0, 0.0, 0.0)
            else:
                spectrum, made, others = found
                some = sampled_chains(sampler, spectrum, chosen, parents)
                relative = some.error / some.selected if some.selected > 0 else 0.0
                share = some.selected / (some.selected + others) if some.selected > 0 else 0.0
                known[i, j] = (some.events / made, some.selected / made, relative, share)
        return known[i, j]

    trial, nodes = (
        [np.unique(np.round(np.linspace(0, len(axis[0]) - 1, most)).astype(int)) for axis, most in zip((x, y), number, strict=True)]
        for number in (_TRIAL, _NODES)
    )
    if max(at(int(i), int(j))[3] for i in trial[0] for j in trial[1]) < _MATTERS:
        return None
    grid = np.full((len(nodes[0]), len(nodes[1]), 4), np.nan)
    computed_from = np.zeros(len(nodes[0]), int)
    for a, i in enumerate(nodes[0].tolist()):
        # from the largest coupling down: chains go as a higher power of it than other decays
        for b in range(len(nodes[1]) - 1, -1, -1):
            grid[a, b] = at(i, int(nodes[1][b]))
            if b + 2 < len(nodes[1]) and 0 < grid[a, b : b + 3, 3].max() < _NOWHERE:
                computed_from[a] = b
                break
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.maximum(np.log(np.nan_to_num(grid[:, :, :2])), _NONE)
    filled = np.stack([_filled(logs[:, :, k], y[1][nodes[1]], computed_from) for k in range(2)], axis=2)
    matters = np.nan_to_num(grid[:, :, 3]) > _MATTERS
    errors = [_left_out(filled[:, :, 1], matters), _left_out(filled[:, :, 1].T, matters.T)]
    return ChainTable(x[1][nodes[0]], y[1][nodes[1]], filled[:, :, 0], filled[:, :, 1], np.nan_to_num(grid[:, :, 2]), max(errors))


_NOWHERE = 3e-4
"""Share of chains in the selected events below which three nodes in a row end a column."""


def _left_out(logs: Array, matters: BoolArray) -> float:
    """Median relative error of linear interpolation along the first axis, from leaving out nodes that matter; a quarter of it."""
    inner, between = logs[1:-1], (logs[:-2] + logs[2:]) / 2
    used = matters[1:-1] & (logs[:-2] > _NONE) & (logs[2:] > _NONE)
    return float(np.median(np.abs(np.expm1((between - inner)[used])))) / 4 if used.any() else 0.0


def _filled(logs: Array, y: Array, computed_from: IntArray) -> Array:
    """A table without empty cells.

    Cells below `computed_from`, where chains no longer count, go on as their own row ends, and never up: another row may have chains that
    do count there. Others take the nearest value of their column: a node without a model says nothing of points beside it.
    """
    logs = logs.copy()
    for row, first in zip(logs, computed_from.tolist(), strict=True):
        if first:
            ends = row[first], row[first + 2]
            slope = max((ends[1] - ends[0]) / (y[first + 2] - y[first]), 0.0) if min(ends) > _NONE else 0.0
            row[:first] = np.maximum(row[first] - slope * (y[first] - y[:first]), _NONE)
    out = logs.copy()
    for j in range(out.shape[1]):
        good = np.flatnonzero(logs[:, j] > _NONE)
        own = np.flatnonzero(computed_from <= j)
        if len(good):
            out[own, j] = logs[good[np.abs(own[:, None] - good).argmin(axis=1)], j]
    return out

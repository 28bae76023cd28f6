"""Decays of a model's heavy states in a detector at one point of many: sampled with few lines, and numbers common to all points.

As `expected_events`, but on parents chosen once for an experiment and with some thousand lines: a few per cent in a fraction of a second.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .. import pdg
from ..beams.parents import ParentFlux
from ..decays.channel import DecayTable
from ..decays.draw import choose, draw_products, spin_of
from ..experiment.flight import HeavyFlux, HeavySource
from ..experiment.routes import Route, routes_from
from ..experiment.selection import passes
from ..experiment.source import FinalState, arriving, decays_into, nuisance_factors, origins_of, tables_of, visible_final_states
from ..experiment.survey import Survey
from ..kernels import streams
from ..kernels.arrays import Array, IntArray
from ..kernels.lorentz import boost
from ..kernels.random import uniforms
from ..model.spectrum import Spectrum
from ..production.table import ProductionMode, production_modes
from .passage import Chosen, Sampler, chosen_parents

_PILOT, _LINES = 60, 4000
"""Lines of each route in a trial run, and of all routes in the main run."""
_DECAYS, _PASS, _MOST = 500, 120, 16_000
"""Decays that try the selection; of which so many are to pass, or more are tried, up to a number."""
_SHARE = 0.02
"""Sources of less than this share of a state are not followed along chains."""
_SHARE_OF_ALL = 0.003
"""The same where all decays are sampled."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """Decays at one point, per proton."""

    events: float
    """Visible decays in the detector."""
    selected: float
    error: float
    """Standard error of `selected`."""
    by_state: Mapping[str, float] = field(default_factory=dict)
    """Of `selected`, by the state that decays."""


class PointSampler:
    """Samples decays at any points of an experiment: of all heavy states, or of those alone that come from others or from bosons.

    What is drawn once for a list of parents serves all points, so a point's numbers do not depend on those before it.
    """

    def __init__(self, sampler: Sampler, chains_only: bool) -> None:
        self._sampler, self._chains_only = sampler, chains_only
        self._lists: dict[int, tuple[ParentFlux, dict[int, Chosen]]] = {len(sampler.parents.pdg): (sampler.parents, dict(sampler.chosen))}

    def at(self, spectrum: Spectrum) -> Sampled:
        """One point's decays."""
        sampler, experiment = self._sampler, self._sampler.experiment
        origins = origins_of(spectrum, experiment, sampler.parents)
        whole, chosen = self._lists.setdefault(len(origins.parents.pdg), (origins.parents, {}))
        tables = tables_of(spectrum, bool(origins.modes))
        modes = [*self._of_neutrinos(spectrum, tables), *origins.modes]
        factors: Array | None = None
        for mode in modes:
            if mode.parent not in chosen:
                factors = nuisance_factors(experiment, whole) if factors is None else factors
                chosen[mode.parent] = chosen_parents(
                    experiment.detectors, whole, factors, mode.parent, mode.m_parent, sampler.seed, 2 * _LINES
                )
        own = {id(mode) for mode in origins.modes}
        routes = [
            route
            for route in routes_from(modes, tables, spectrum.majorana)
            if (not self._chains_only or route.steps or id(route.mode) in own) and len(chosen[route.mode.parent].row)
        ]
        routes = arriving(routes, experiment, whole)
        finals = [final for table in tables.values() for final in visible_final_states(table, spectrum.majorana)]
        if not routes:
            return Sampled(0.0, 0.0, 0.0)
        pilot = _surveyed(sampler, whole, routes, chosen, np.full(len(routes), _PILOT))
        visible = _visible(routes, finals, tables)
        value = pilot.by_route * visible
        if not value.sum() > 0:
            return Sampled(0.0, 0.0, 0.0)
        states = np.array([route.state for route in routes])
        share = _spread(value, states) ** 0.75
        count = np.maximum(np.ceil(_LINES * share / share.sum()), _PILOT).astype(np.int64)
        found = _surveyed(sampler, whole, routes, chosen, count)
        seen = found.weight * visible[found.route]
        events = float(seen.sum())
        if events == 0:
            return Sampled(0.0, 0.0, 0.0)
        tried = _DECAYS
        while True:
            weight, number = _selected(sampler, found, finals, tables, seen, _spread(seen, states[found.route]), tried)
            several = int(np.count_nonzero(weight))
            if several >= _PASS or tried == _MOST:
                break
            tried = int(np.clip(1.5 * tried * _PASS / max(several, 1), 2 * tried, _MOST))
        by_state = {state: float(weight[states[number] == state].sum() / tried) for state in dict.fromkeys(states[number].tolist())}
        lines = found.error_of_lines(visible[found.route]) / events
        selected = float(weight.mean())
        return Sampled(events, selected, float(np.hypot(lines * selected, weight.std() / np.sqrt(tried))), by_state)

    def _of_neutrinos(self, spectrum: Spectrum, tables: dict[str, DecayTable]) -> list[ProductionMode]:
        """Modes of the states, or of those that have heavy products, of the sources that matter."""
        sampler, found = self._sampler, list[ProductionMode]()
        least = _SHARE if self._chains_only else _SHARE_OF_ALL
        for state in spectrum.heavy_states:
            heavy = any(channel.width > 0 and set(channel.products.split()) & set(pdg.HEAVY_STATE_CODES) for channel in tables[state])
            for flavour, sources in sampler.sources.items() if heavy or not self._chains_only else ():
                if spectrum.active_mixing2(state)[flavour] == 0:
                    continue
                share = sampler.share(flavour, np.array([spectrum.mass(state)]))[:, 0]
                for source, part in zip(sources, share.tolist(), strict=True):
                    if part > least:
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


_EVENLY = 0.25
"""Part of lines and decays that states have alike, however few decays are theirs: bounds may care for these alone."""


def _spread(value: Array, states: NDArray[np.str_]) -> Array:
    """Shares in proportion to `value`, and partly to each one's share of its state."""
    names, place = np.unique(states, return_inverse=True)
    totals = np.bincount(place, value, minlength=len(names))
    within = np.divide(value, totals[place], out=np.zeros(len(value)), where=totals[place] > 0)
    result: Array = (1 - _EVENLY) * value / value.sum() + _EVENLY * within / np.count_nonzero(totals)
    return result


def _selected(
    sampler: Sampler, found: Survey, finals: Sequence[FinalState], tables: dict[str, DecayTable], seen: Array, share: Array, n: int
) -> tuple[Array, IntArray]:
    """Selected decays that each of n tried ones stands for if they were alone, and their routes; lines are taken by `share`."""
    selection, seed = sampler.experiment.selection, sampler.seed
    u = uniforms(seed, streams.SCAN_DECAYS, np.arange(n), 3)
    steps = np.cumsum(share)
    line = np.minimum(np.searchsorted(steps, (np.arange(n) + u[:, 0]) / n * steps[-1], side="right"), len(share) - 1)
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
    weight = np.divide(seen, share, out=np.zeros(len(seen)), where=share > 0)[line]
    return weight * kept, flux.route.astype(np.int64)

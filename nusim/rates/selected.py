"""Events that pass a selection: heavy states of a survey decayed into each final state they have, where that matters most.

Lines of the survey are put into strata of beam parent and momentum, which decide what a detector sees of a decay. A pilot run finds how the
selected fraction scatters within each; the main run spends its decays accordingly (J. Neyman, J. R. Stat. Soc. 97 (1934) 558) and
alone gives the answer, so that this is unbiased.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..decays.channel import DecayTable
from ..decays.draw import draw_products, spin_of
from ..experiment.experiment import Experiment
from ..experiment.selection import passes
from ..experiment.source import FinalState
from ..experiment.survey import Survey
from ..kernels import streams
from ..kernels.arrays import Array, IntArray
from ..kernels.lorentz import boost
from ..kernels.random import uniforms

_PILOT, _LEAST, _MOST = 12_000, 12_000, 120_000
"""Decays of the pilot run, and the fewest and most of the main one: 120,000 take about 2 s."""
_WANTED = 0.003
"""Relative error of the selected fraction that the main run is made for."""
_FEWEST = 8
"""Decays of the main run in every stratum."""
_BINS_A_DECADE = 4
_NEGLIGIBLE = 1e-15
"""Branching ratios below this are not drawn to find the selected fraction."""


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """Selected events per proton on target."""

    by_route: Array
    """Shape (routes,)."""
    by_final: Array
    """By final state, in the order given, shape (finals,)."""
    error: float
    """Standard error of the sum: of the decays drawn, and of the finite list of parents."""

    @property
    def total(self) -> float:
        """Of all routes."""
        return float(self.by_route.sum())


@dataclass(frozen=True, slots=True, eq=False)
class _Strata:
    """Lines of a survey in groups, those of a group side by side."""

    order: IntArray
    """Lines, group by group."""
    steps: Array
    """Running sum of their weights."""
    first: IntArray
    """Place of each group's first line in `order`."""
    weight: Array
    """Of each group."""

    def lines(self, count: IntArray, u: Array) -> tuple[IntArray, IntArray]:
        """Lines chosen by their weights, `count` of each group, and their groups; `u` holds as many uniform numbers."""
        group = np.repeat(np.arange(len(count)), count)
        below = np.where(self.first > 0, self.steps[self.first - 1], 0.0)
        last = np.append(self.first[1:], len(self.order)) - 1
        place = np.searchsorted(self.steps, below[group] + u * self.weight[group], side="right")
        return self.order[np.clip(place, self.first[group], last[group])], group


def select(
    experiment: Experiment,
    found: Survey,
    tables: Mapping[str, DecayTable],
    finals: Sequence[FinalState],
    share: Mapping[FinalState, Array],
    seed: int,
) -> Selected:
    """What passes an experiment's selection and efficiency; `share`: of a route's states that decay into each final state."""
    nothing = Selected(np.zeros(len(found.source.routes)), np.zeros(len(finals)), 0.0)
    visible = np.sum([np.zeros(len(found.source.routes)), *share.values()], axis=0)
    weight = found.weight * visible[found.route]
    if not weight.sum() > 0:
        return nothing
    strata, group_of_line = _strata(found, weight)
    pilot = _even(strata.weight, _PILOT)
    kept, _, group = _decayed(experiment, found, tables, finals, share, strata, pilot, 0, seed)
    scatter = _scatter(kept.sum(axis=0), group, pilot)
    reach = strata.weight * scatter
    mean = np.bincount(group, kept.sum(axis=0), minlength=len(pilot)) / pilot
    guess = float(strata.weight @ mean)
    needed = float(reach.sum()) ** 2 / (_WANTED * guess) ** 2 if guess > 0 else _MOST
    count = _FEWEST + np.ceil(reach / reach.sum() * np.clip(needed, _LEAST, _MOST)).astype(np.int64)
    kept, line, group = _decayed(experiment, found, tables, finals, share, strata, count, int(pilot.sum()), seed)
    total = kept.sum(axis=0)
    each = (strata.weight / count)[group]
    mean = np.bincount(group, total, minlength=len(count)) / count
    squares = np.maximum(np.bincount(group, total**2, minlength=len(count)) / count - mean**2, 0.0)
    drawn2 = float(np.sum(strata.weight**2 * squares / (count - 1)))
    listed = found.error_of_lines(visible[found.route] * mean[group_of_line])
    by_route = np.bincount(found.route[line], each * total, minlength=len(found.source.routes)).astype(float)
    return Selected(by_route, kept @ each, float(np.hypot(np.sqrt(drawn2), listed)))


def _strata(found: Survey, weight: Array) -> tuple[_Strata, IntArray]:
    """Groups of lines of one beam parent, one contribution and similar gamma beta; and the group of each line."""
    source = found.source
    kind = np.unique([f"{route.mode.parent} {route.name}" for route in source.routes], return_inverse=True)[1][found.route]
    size = np.floor(_BINS_A_DECADE * np.log10(np.maximum(found.boost, 1e-30))).astype(np.int64)
    live = weight > 0
    key = kind * 10_000 + size + 1000
    group = np.unique(key[live], return_inverse=True)[1]
    lines = np.flatnonzero(live)
    order = lines[np.argsort(group, kind="stable")]
    count = np.bincount(group)
    of_line = np.zeros(len(weight), np.int64)
    of_line[lines] = group
    whole = np.bincount(group, weight[lines])
    return _Strata(order, np.cumsum(weight[order]), np.cumsum(count) - count, whole.astype(float)), of_line


def _even(weight: Array, n: int) -> IntArray:
    """About n decays, half by weight and half the same for every group."""
    result: IntArray = np.ceil(n / 2 * (weight / weight.sum() + 1 / len(weight))).astype(np.int64)
    return result


def _scatter(value: Array, group: IntArray, count: IntArray) -> Array:
    """Standard deviation within each group; where none or all of few were kept, that of one more kept or lost."""
    mean = np.bincount(group, value, minlength=len(count)) / count
    square = np.bincount(group, value**2, minlength=len(count)) / count - mean**2
    result: Array = np.sqrt(np.maximum(square, 0.0) + 1.0 / count**2)
    return result


def _decayed(
    experiment: Experiment,
    found: Survey,
    tables: Mapping[str, DecayTable],
    finals: Sequence[FinalState],
    share: Mapping[FinalState, Array],
    strata: _Strata,
    count: IntArray,
    first: int,
    seed: int,
) -> tuple[Array, IntArray, IntArray]:
    """Decays of the strata's lines: what is kept of each by final state (finals, n), as a fraction of the visible; lines; groups.

    `first`: number of the first decay, which tells the random numbers of two runs apart.
    """
    source, selection = found.source, experiment.selection
    index: IntArray = np.arange(first, first + int(count.sum()))
    u = uniforms(seed, streams.SELECTION, index, 2)
    line, group = strata.lines(count, u[:, 0])
    # the survey's own heavy states: what is selected is part of what it counted
    distinct, place = np.unique(line, return_inverse=True)
    flux = source.draw(found.row[distinct], _numbers(found, distinct, seed)).take(place)
    vertex = flux.origin[:, 1:] + flux.decay_distance(u[:, 1])[:, None] * flux.direction
    kept = np.zeros((len(finals), len(index)))
    visible = np.sum(list(share.values()), axis=0)
    for order, final in enumerate(finals):
        # a channel just open has next to no width, and within 1e-9 of its threshold no events can be drawn
        part = np.flatnonzero(share[final][flux.route] > _NEGLIGIBLE)
        efficiency = selection.efficiency_of(final.products)
        if not len(part) or final.channel.inclusive or efficiency == 0:
            continue
        stage = streams.SELECTION + 2 * order + 1
        antiparticle = np.full(len(part), final.antiparticle)
        own = index[part]
        codes, momenta, _ = draw_products(final.channel.terms, spin_of(final.state, flux.spin[part]), antiparticle, seed, stage, own)
        mass = tables[final.state].mass
        lab = np.stack([boost(momenta[:, k], flux.momentum[part], mass) for k in range(codes.shape[1])], axis=1)
        good = passes(selection, codes, lab, vertex[part], uniforms(seed, stage + 1, own, 2 * codes.shape[1]))
        kept[order, part] = good * (share[final] / np.maximum(visible, 1e-300))[flux.route[part]] * efficiency
    return kept, line, group


def _numbers(found: Survey, lines: IntArray, seed: int) -> Array:
    """The uniform numbers (n, draws) that made these lines."""
    source = found.source
    out = np.empty((source.draws, len(lines))).T
    attempt = found.attempt[lines]
    for number in np.unique(attempt).tolist():
        mine = np.flatnonzero(attempt == number)
        rows = found.row[lines[mine]]
        ascending = np.argsort(rows)
        out[mine[ascending]] = uniforms(seed, streams.SURVEY, rows[ascending], source.draws, number)
    return out

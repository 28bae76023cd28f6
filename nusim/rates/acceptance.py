"""Share of decays that pass a selection, by final state, as a function of mass and lifetime: what a scan needs besides `passage`.

At some masses decays are drawn along the lines through the detector, early ones more often than late ones, and tried. How long the state
lives only says how much each counts, so one set of decays serves all lifetimes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..decays.channel import Channel, DecayTable
from ..decays.draw import choose, draw_products, spin_of
from ..experiment.selection import passes
from ..kernels import streams
from ..kernels.arrays import Array, IntArray
from ..kernels.lorentz import boost
from ..kernels.random import uniforms
from ..pdg import conjugate_products
from .lifetimes import Neighbours, interpolated
from .passage import Lines, Sampler

DECAYS = 1500
"""Drawn at each mass for each flavour that makes the state, where half of them pass; more where fewer do."""
_FEWEST, _MOST, _MORE = 500, 4, 2.0
"""Decays of the main run at least, and at most and at a share of one half in units of the number asked for."""
_PILOT = 600
_LINES = 6000
_BINS_A_DECADE = 5
"""Of momentum, by which the decays that pass are told."""
_STEP = 4
"""Of the lifetimes of a passage, one in so many is used here."""
_SHORT = 0.25
"""Share of decays drawn for states that die on the way."""
_LEAST = 1e-4
"""Selected share, over the largest of a final state, that stands for none among the decays drawn."""
_NEGLIGIBLE = 1e-12
"""Branching ratios below this are taken as not selected."""


@dataclass(frozen=True, slots=True, eq=False)
class Acceptance:
    """Selected share of the decays into each final state."""

    log_mass: Array
    """Ascending, shape (j,)."""
    log_x: Array
    """Of m / c tau, shape (k,)."""
    share: Mapping[str, Array]
    """By final state, efficiency included, shape (j, k)."""
    error: Array
    """Relative statistical error of all final states together, shape (j,)."""

    def of(self, products: str, mass: Array, x: Array) -> Array:
        """At points (n,), by logarithms: a selection may keep one in a thousand here and one in ten there; 0 where nothing was kept."""
        largest = float(self.share[products].max()) if products in self.share else 0.0
        if largest == 0:
            return np.zeros(len(mass))
        logs = np.log(np.maximum(self.share[products], _LEAST * largest))
        rows, columns = Neighbours.linear(self.log_mass, np.log(mass)), Neighbours.linear(self.log_x, np.log(x))
        result: Array = np.exp(interpolated(logs, rows, columns))
        return result

    def error_at(self, mass: Array) -> Array:
        """Relative statistical error at points (n,)."""
        rows = Neighbours.linear(self.log_mass, np.log(mass))
        result: Array = np.sum(self.error[rows.place] * rows.weight, axis=1)
        return result


def acceptance(sampler: Sampler, flavour: int, kind: str, tables: Sequence[DecayTable], log_x: Array, decays: int = DECAYS) -> Acceptance:
    """For a state that one kind of parents makes with the mixing of one flavour, from its decay tables at some masses, ascending."""
    coarse = log_x[::_STEP]
    lines = sampler.lines(flavour, kind, [table.mass for table in tables], _LINES)
    found = [_tried(sampler, lines, place, table, coarse, decays) for place, table in enumerate(tables)]
    share: dict[str, Array] = {}
    for products in dict.fromkeys(name for one, _ in found for name in one):
        rows = [one.get(products) for one, _ in found]
        known = [place for place, row in enumerate(rows) if row is not None]
        # where a final state is closed, the nearest mass at which it is open stands in: thresholds are in the widths
        nearest = [min(known, key=lambda place, here=here: abs(place - here)) for here in range(len(rows))]  # type: ignore[misc]
        share[products] = np.array([rows[place] for place in nearest])
    log_mass = np.log([table.mass for table in tables])
    return Acceptance(log_mass, coarse, share, np.array([error for _, error in found]))


def _tried(sampler: Sampler, lines: Lines, place: int, table: DecayTable, log_x: Array, n: int) -> tuple[dict[str, Array], float]:
    """Selected share by final state at one mass, (k,) each, and the relative error of all together."""
    open_channels = [channel for channel in table if channel.visible and channel.width > _NEGLIGIBLE * table.total_width]
    share = {channel.products: np.zeros(len(log_x)) for channel in open_channels}
    tried = [channel for channel in open_channels if not channel.inclusive and _efficiency(sampler, channel) > 0]
    rows = np.flatnonzero((lines.mass == place) & (lines.made > 0))
    if not tried or not len(rows):
        return share, 0.0
    trial = _Trial(sampler, lines, table, tuple(tried), rows)
    long_lived, short_lived = lines.made[rows] * trial.span, lines.made[rows]
    plain = (1 - _SHORT) * long_lived / long_lived.sum() + _SHORT * short_lived / short_lived.sum()
    # a trial run over all momenta alike finds which of them pass, which a selection of rare decays must know
    boost_bin = np.floor(_BINS_A_DECADE * np.log10(lines.momentum[rows])).astype(np.int64)
    place_of, bins = np.unique(boost_bin, return_inverse=True)
    in_bin = np.bincount(bins, plain)
    pilot = trial.run(np.sqrt(in_bin)[bins] * plain / in_bin[bins], _PILOT, 0)
    own = bins[pilot.line]
    number = np.bincount(own, minlength=len(place_of))
    passed = (np.bincount(own, pilot.kept, minlength=len(place_of)) + 0.1) / (number + 0.2)
    chance = plain * np.sqrt(np.minimum(passed, 1.0))[bins]
    kept = float(np.average(pilot.kept, weights=pilot.weight))
    count = int(np.clip(n * (1 - kept) / max(kept, 1e-3) * _MORE, _FEWEST, _MOST * n))
    final = trial.run(chance, count, _PILOT)
    alive = np.exp(-np.outer(final.depth, np.exp(log_x)))
    for order, channel in enumerate(tried):
        part = np.flatnonzero(final.channel == order)
        if not len(part):
            continue
        mean = final.weight[part] @ alive[part]
        share[channel.products] = np.divide(
            (final.weight[part] * final.kept[part]) @ alive[part], mean, out=np.full(len(log_x), final.kept[part].mean()), where=mean > 0
        )
    whole = float(final.weight @ final.kept)
    error = float(np.sqrt(np.sum((final.weight * (final.kept - whole / final.weight.sum())) ** 2))) / whole if whole > 0 else 0.0
    return share, error


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """Decays along lines, arrays of n."""

    line: IntArray
    """Place among the trial's lines."""
    depth: Array
    """Distance from birth to decay over the momentum, m/GeV."""
    weight: Array
    channel: IntArray
    kept: Array
    """Whether it passes, times the efficiency."""


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """Decays of one state along lines through a detector."""

    sampler: Sampler
    lines: Lines
    table: DecayTable
    channels: tuple[Channel, ...]
    rows: IntArray
    """The lines that count."""

    @property
    def span(self) -> Array:
        """Length of each line within the detector over the momentum."""
        result: Array = (self.lines.leave[self.rows] - self.lines.enter[self.rows]) / self.lines.momentum[self.rows]
        return result

    def run(self, chance: Array, n: int, first: int) -> _Tried:
        """n decays along lines taken in proportion to `chance`; `first`: number of the first, which tells two runs apart."""
        lines, seed, selection = self.lines, self.sampler.seed, self.sampler.experiment.selection
        index = np.arange(first, first + n)
        u = uniforms(seed, streams.SCAN_DECAYS, index, 3)
        steps = np.cumsum(chance)
        pick = np.minimum(np.searchsorted(steps, (np.arange(n) + u[:, 0]) / n * steps[-1], side="right"), len(self.rows) - 1)
        line = self.rows[pick]
        # distances go as u^2: early decays are drawn more often, and weigh less
        distance = lines.enter[line] + u[:, 1] ** 2 * (lines.leave[line] - lines.enter[line])
        weight = lines.made[line] * self.span[pick] * 2 * u[:, 1] / chance[pick]
        flux = lines.source.draw(line, lines.u.T.take(line, axis=1).T)
        vertex = flux.origin[:, 1:] + distance[:, None] * flux.direction
        antiparticle = lines.source.of_route("antiparticle")[flux.route].astype(bool)
        widths = np.array([channel.width for channel in self.channels])
        which = choose(np.sqrt(widths), u[:, 2])
        weight = weight * (np.sqrt(widths).sum() * np.sqrt(widths))[which]
        kept = np.zeros(n)
        for number, channel in enumerate(self.channels):
            part = np.flatnonzero(which == number)
            if not len(part):
                continue
            stage = streams.SCAN_DECAYS + 1 + 2 * number
            spin = spin_of(self.table.parent, flux.spin[part])
            # numbers in a row are made faster, and each channel has its own
            own = np.arange(first, first + len(part))
            codes, momenta, _ = draw_products(channel.terms, spin, antiparticle[part], seed, stage, own)
            lab = np.stack([boost(momenta[:, k], flux.momentum[part], self.table.mass) for k in range(codes.shape[1])], axis=1)
            good = passes(selection, codes, lab, vertex[part], uniforms(seed, stage + 1, own, 2 * codes.shape[1]))
            of_particle = selection.efficiency_of(channel.products)
            of_antiparticle = selection.efficiency_of(conjugate_products(channel.products))
            kept[part] = good * np.where(antiparticle[part], of_antiparticle, of_particle)
        return _Tried(pick, distance / lines.momentum[line], weight, which, kept)


def _efficiency(sampler: Sampler, channel: Channel) -> float:
    """The larger of those of a final state and its conjugate."""
    selection = sampler.experiment.selection
    return max(selection.efficiency_of(channel.products), selection.efficiency_of(conjugate_products(channel.products)))

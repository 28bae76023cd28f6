"""Heavy neutrinos on lines through a detector for any mass, flavour and lifetime: what a scan needs of a beam, computed once.

Everything that knows the beam and the detector is sampled at some masses, by process: decays in the detector for one state made, as a
function of the lifetime (`lifetimes`). Between these masses logarithms are interpolated in the momentum that the process has left, while
branching ratios, mixings and widths are exact at every point. All masses share their random numbers, so the tables are smooth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .. import pdg
from ..beams.muons import with_muons
from ..beams.nuisances import Nuisance
from ..beams.parents import ParentFlux
from ..experiment import steer
from ..experiment.experiment import Experiment
from ..experiment.flight import HeavySource
from ..experiment.routes import Route
from ..experiment.source import decay_points, nuisance_factors, parents_of
from ..experiment.volumes import Volume
from ..kernels import streams
from ..kernels.arrays import Array, BoolArray, IntArray
from ..kernels.random import uniforms
from ..model.model import Hnl
from ..model.spectrum import Spectrum, solve
from ..production.modes import branching_ratios, name_of
from ..production.processes import Process, processes
from ..production.table import production_modes
from .lifetimes import Neighbours, decays, interpolated, x_grid

LINES = 8000
"""Lines at each mass and flavour, for about 1% of statistical error."""
_CANDIDATES = 40_000
"""Parents of a species that its lines are chosen among, at least."""
_NEGLIGIBLE = 1e-3
"""Of what a flavour makes at a mass, by a guess of the acceptance: processes that nowhere bring more are left out."""
_RARE = 0.02
"""Sources below it are left out where decays try a selection."""
_MINOR = 0.1
"""The same for processes that are sampled at fewer masses."""
_FEWEST = 200
"""Lines of a process at a mass."""
_KINDS = ((-1.0, 0.5), (0.0, 0.25), (1.0, 0.25))
"""Powers of the parent's energy by which its worth goes, and the share of lines chosen so: where states are long-lived, where they die on
the way, and where a selection asks for high energies."""
BATCHES = 8
"""Parts that the parents are cut into, whose scatter is the statistical error."""
_NOTHING = -700.0
"""Logarithm of a number of decays that is none."""


@dataclass(frozen=True, slots=True)
class Source:
    """A process in one species of the beam's parents."""

    parent: int
    """PDG code, with sign."""
    process: Process

    @property
    def heaviest(self) -> float:
        """Largest mass it makes, GeV."""
        return pdg.mass(abs(self.process.parent)) - sum(pdg.mass(abs(code)) for code in self.process.products)


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Parents of a species, the likelier the more they are worth to the detector; any first n of them are a fair sample."""

    row: IntArray
    turned: Array
    along: Array
    base: Array
    """Parents that each stands for, per proton, if all are taken."""
    worth: Array
    """About the share of decay products on lines through the detector, summed over parents with each power of energy in turn."""


@dataclass(frozen=True, slots=True, eq=False)
class SourceTable:
    """Decays in the detector for a branching ratio of 1, by mass and lifetime."""

    source: Source
    at: Array
    """The coordinate of the masses sampled, ascending, shape (j,)."""
    log_decays: Array
    """Shape (j, k)."""
    scatter: Array
    """Relative statistical error, shape (j, k)."""

    def decays(self, mass: Array, columns: Neighbours) -> tuple[Array, Array]:
        """At points (n,): per proton and for a branching ratio of 1; and the statistical error."""
        where = coordinate(mass, self.source.heaviest)
        found = np.exp(interpolated(self.log_decays, Neighbours.cubic(self.at, where), columns))
        return found, np.abs(interpolated(self.scatter, Neighbours.linear(self.at, where), columns)) * found


def coordinate(mass: Array, heaviest: float) -> Array:
    """Minus the root of 1 - (m/m_max)^2: shapes are smooth in it up to the threshold."""
    result: Array = -np.sqrt(np.maximum(1 - (np.asarray(mass) / heaviest) ** 2, 0.0))
    return result


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Lines of one flavour, for the selection; arrays of n."""

    source: HeavySource
    u: Array
    made: Array
    """Per proton, branching ratio included, for unit mixing."""
    enter: Array
    """Metres."""
    leave: Array
    momentum: Array
    mass: IntArray
    """Place among the masses asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """Tables of an experiment for the masses and flavours of a scan."""

    log_x: Array
    """Of m / c tau in GeV/m, shape (k,)."""
    tables: Mapping[int, tuple[SourceTable, ...]]
    """By flavour."""
    nuisance: Mapping[str, Mapping[int, float]]
    """Effect of each nuisance on parents, by PDG code."""
    notes: tuple[str, ...]

    def decays(self, flavour: int, mass: Array, x: Array) -> tuple[Array, Array, dict[str, Array]]:
        """Decays of states made with unit mixing at points (n,), per proton; their statistical error; the change for a standard deviation
        of each nuisance.

        Processes of one species share its parents: their errors add up, those of species in quadrature.
        """
        total, changes, spread = np.zeros(len(mass)), dict[str, Array](), dict[int, Array]()
        tables = self.tables.get(flavour, ())
        if not tables:
            return total, np.zeros(len(mass)), changes
        known, place = np.unique(mass, return_inverse=True)
        ratios = _ratios([table.source for table in tables], known)
        log_x = np.log(x)
        columns = Neighbours.cubic(self.log_x, log_x)
        # below the table all is proportional to x, and above nothing is left
        slope = np.where(log_x > self.log_x[-1], 0.0, np.exp(np.minimum(log_x - self.log_x[0], 0.0)))
        for table in tables:
            ratio = ratios[table.source][place]
            own = np.flatnonzero((ratio > 0) & (slope > 0))
            if not len(own):
                continue
            part, error = np.zeros((2, len(mass)))
            scale = ratio[own] * slope[own]
            part[own], error[own] = (scale * one for one in table.decays(mass[own], Neighbours(columns.place[own], columns.weight[own])))
            total += part
            parent = table.source.parent
            spread[parent] = spread.get(parent, np.zeros(len(mass))) + error
            for name, effect in self.nuisance.items():
                if effect.get(parent, 0.0):
                    changes[name] = changes.get(name, np.zeros(len(mass))) + effect[parent] * part
        error = np.sqrt(np.sum([one**2 for one in spread.values()], axis=0)) if spread else np.zeros(len(mass))
        return total, error, changes


def _ratios(sources: Sequence[Source], masses: Array) -> dict[Source, Array]:
    """Branching ratios for unit mixing."""
    codes = sorted({abs(one.process.parent) for one in sources})
    found = branching_ratios(masses, parents=codes) if codes else {}
    return {one: found[name_of(one.process)] for one in sources}


def sampled_masses(source: Source, wanted: Array, step: int = 1) -> Array:
    """Masses at which to sample a process for a scan of the `wanted` ones: these, if they are few, else some that are dense towards the
    threshold, one in `step` of the usual number."""
    inside = np.unique(wanted[wanted < source.heaviest])
    towards = np.array(_TOWARDS[::-step])
    if len(inside) <= len(towards):
        return inside
    ladder = source.heaviest * np.sqrt(1 - towards**2)
    between = ladder[(ladder > inside[0]) & (ladder < inside[-1])]
    ends = np.array([inside[0], inside[-1]])
    # an end that is next to a rung takes its place
    far = [mass for mass in between if np.abs(coordinate(mass, source.heaviest) - coordinate(ends, source.heaviest)).min() > _CLOSE]
    return np.unique([*ends, *far])


_TOWARDS = (0.99, 0.97, 0.93, 0.87, 0.8, 0.72, 0.63, 0.54, 0.45, 0.36, 0.27, 0.18, 0.1, 0.04)
"""Momenta left, in units of the largest mass, at which a process is sampled."""
_CLOSE = 0.015


@dataclass(frozen=True, slots=True, eq=False)
class Sampler:
    """Parents of an experiment, chosen for a scan."""

    experiment: Experiment
    parents: ParentFlux
    majorana: bool
    seed: int
    sources: Mapping[int, tuple[Source, ...]]
    """By flavour: those that make any of the scan's masses."""
    chosen: Mapping[int, Chosen]
    """By species."""

    @classmethod
    def of(cls, experiment: Experiment, masses: Array, flavours: Sequence[int], majorana: bool, seed: int, lines: int) -> "Sampler":
        """For heavy neutrinos of the given masses, made with the mixing of the given flavours."""
        parents = parents_of(experiment)
        lowest = float(np.min(masses))
        if lowest < pdg.mass(13) and experiment.beam is not None:
            x, y, z = np.mean([volume.centre for volume in experiment.detectors], axis=0)
            parents = with_muons(parents, experiment.beam.tunnel, seed, float(np.arctan2(np.hypot(x, y), z)))
        open_sources = {
            flavour: tuple(
                one
                for code in parents.species
                for process in processes()
                if process.flavour == flavour and (process.parent == code or process.parent == pdg.anti(code) != code)
                for one in (Source(code, process),)
                if one.heaviest > lowest
            )
            for flavour in flavours
        }
        codes = sorted({one.parent for own in open_sources.values() for one in own})
        factors = nuisance_factors(experiment, parents)
        volumes = experiment.detectors
        chosen = {code: chosen_parents(volumes, parents, factors, code, pdg.mass(abs(code)), seed, lines) for code in codes}
        live = {flavour: tuple(one for one in own if len(chosen[one.parent].row)) for flavour, own in open_sources.items()}
        return cls(experiment, parents, majorana, seed, live, chosen)

    def share(self, flavour: int, masses: Array) -> Array:
        """About the largest share of each source of a flavour in what matters at the given masses, shape (sources, masses)."""
        own = self.sources[flavour]
        ratios = _ratios(own, masses)
        value = np.array([[self.chosen[one.parent].worth[kind] * ratios[one] for one in own] for kind in range(len(_KINDS))])
        value = value.reshape(len(_KINDS), len(own), len(masses))
        result: Array = (value / np.maximum(value.sum(axis=1, keepdims=True), 1e-300)).max(axis=0)
        return result

    def made(self, flavour: int, masses: Array) -> Array:
        """About how many heavy states of the given masses, made with unit mixing, cross the detector, over their energy, shape (n,)."""
        known, place = np.unique(masses, return_inverse=True)
        own = self.sources[flavour]
        ratios = _ratios(own, known)
        total = np.sum([self.chosen[one.parent].worth[0] * ratios[one] for one in own], axis=0) if own else np.zeros(len(known))
        result: Array = total[place]
        return result

    def passage(self, masses: Array, lines: int) -> Passage:
        """Tables for a scan of these masses."""
        found = {}
        for flavour, own in self.sources.items():
            share = self.share(flavour, np.unique(masses)).max(axis=1, initial=0.0)
            plan = []
            for one, largest in zip(own, share.tolist(), strict=True):
                if largest > _NEGLIGIBLE:
                    count = max(int(np.ceil(lines * largest**0.75)), _FEWEST)
                    plan += [(one, float(mass), count) for mass in sampled_masses(one, masses, 2 if largest < _MINOR else 1)]
            found[flavour] = _sampled(self, flavour, plan)
        good = [one.good for one in found.values()]
        nearest = [(one.enter / one.momentum)[rows].min() for one, rows in zip(found.values(), good, strict=True) if rows.any()]
        farthest = [(one.leave / one.momentum)[rows].max() for one, rows in zip(found.values(), good, strict=True) if rows.any()]
        log_x = x_grid(max(min(nearest), 1e-7 * max(farthest)), max(farthest)) if nearest else np.linspace(-1.0, 1.0, 8)
        tables = {flavour: one.tables(self.parents, log_x) for flavour, one in found.items()}
        return Passage(log_x, tables, _effects(self.experiment.nuisances, self.parents, self.chosen), self.parents.notes)

    def lines(self, flavour: int, masses: Sequence[float], lines: int) -> Lines:
        """About as many lines through the detector at each of the given masses."""
        own, share = self.sources[flavour], self.share(flavour, np.array(masses))
        counts = np.where(share > _RARE, np.ceil(lines * share / np.maximum(share.sum(axis=0), 1e-300)), 0).astype(np.int64)
        plan = [(own[k], float(masses[j]), int(counts[k, j])) for j in range(len(masses)) for k in np.flatnonzero(counts[:, j])]
        sample = _sampled(self, flavour, plan)
        route = sample.source.route.astype(np.int64)
        place = np.array([list(masses).index(mass) for mass in sample.mass], np.int64)
        made = np.where(sample.good, sample.made * sample.ratio[route], 0.0)
        return Lines(sample.source, sample.u, made, sample.enter, sample.leave, sample.momentum, place[route] if len(route) else route)


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """Lines of a flavour."""

    source: HeavySource
    u: Array
    made_by: tuple[Source, ...]
    """Of each route."""
    mass: tuple[float, ...]
    """Of each route."""
    ratio: Array
    """Of each route: branching ratio for unit mixing."""
    made: Array
    """Of each line, for a branching ratio of 1."""
    enter: Array
    leave: Array
    momentum: Array

    @property
    def good(self) -> BoolArray:
        result: BoolArray = (self.made > 0) & (self.leave > self.enter)
        return result

    def tables(self, parents: ParentFlux, log_x: Array) -> tuple[SourceTable, ...]:
        """By source."""
        route = self.source.route.astype(np.int64)
        batch = parents.roots[self.source.row] % BATCHES
        enter, leave = self.enter / self.momentum, self.leave / self.momentum
        found = decays(self.made, enter, leave, route, len(self.mass), batch, BATCHES, log_x)
        whole = found.sum(axis=1)
        spread = found.std(axis=1, ddof=1) * np.sqrt(BATCHES)
        relative = np.divide(spread, whole, out=np.ones_like(whole), where=whole > 0)
        out = []
        for one in dict.fromkeys(self.made_by):
            own = np.array([k for k, other in enumerate(self.made_by) if other == one and whole[k].max() > 0], np.int64)
            if len(own):
                at = coordinate(np.array([self.mass[k] for k in own]), one.heaviest)
                order = np.argsort(at)
                log_decays = np.log(np.maximum(whole[own[order]], np.exp(_NOTHING)))
                out.append(SourceTable(one, at[order], log_decays, relative[own[order]]))
        return tuple(out)


def _sampled(sampler: Sampler, flavour: int, plan: Sequence[tuple[Source, float, int]]) -> _Sample:
    """One pass over sources at masses, with so many lines each."""
    mixing = (float(flavour == 0), float(flavour == 1), float(flavour == 2))
    spectra: dict[float, Spectrum] = {}
    routes, kept = list[Route](), list[tuple[Source, float, int]]()
    for one, mass, count in plan:
        if mass not in spectra:
            spectra[mass] = solve(Hnl("scan", "unit mixing", sampler.majorana, mass, mixing))
        for mode in production_modes(spectra[mass], "nu4", (one.parent,), (one.process,)):
            routes.append(Route(mode, (), "nu4", mass, 1.0, mode.antiparticle and not sampler.majorana))
            kept.append((one, mass, count))
    n = np.array([count for _, _, count in kept], np.int64)
    route = np.repeat(np.arange(len(routes)), n)
    first = np.arange(len(route)) - np.repeat(np.cumsum(n) - n, n)
    parts = [sampler.chosen[one.parent] for one, _, _ in kept]
    row, turned, along, base = (
        np.concatenate([np.zeros(0), *(getattr(part, name)[:size] for part, size in zip(parts, n, strict=True))])
        for name in ("row", "turned", "along", "base")
    )
    base = base * np.repeat([len(part.row) / size for part, size in zip(parts, n, strict=True)], n)
    volumes = sampler.experiment.detectors
    source = HeavySource(sampler.parents, tuple(routes), volumes, row.astype(np.int64), route.astype(np.int16), base, turned, along)
    u = np.empty((source.draws, len(route))).T
    largest: dict[Source, int] = {}
    for one, _, count in kept:
        largest[one] = max(largest.get(one, 0), count)
    number = {one: k for k, one in enumerate(largest)}
    which = np.array([number[one] for one, _, _ in kept], np.int64)[route] if len(route) else route
    for one, count in largest.items():
        mine = np.flatnonzero(which == number[one])
        u[mine] = uniforms(sampler.seed, streams.SCAN, np.arange(count), source.draws, _stream(one))[first[mine]]
    made, enter, leave, momentum = np.zeros((4, len(route)))
    for begin in range(0, len(route), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        made[part], line = source.direct(np.arange(begin, min(begin + _CHUNK, len(route))), u[part])
        enter[part], leave[part], momentum[part] = line.enter, line.leave, line.momentum
    ratio = np.array([one.mode.branching_ratio for one in routes])
    by, masses = tuple(one for one, _, _ in kept), tuple(mass for _, mass, _ in kept)
    return _Sample(source, u, by, masses, ratio, made, enter, leave, momentum)


_CHUNK = 1 << 15


def _stream(source: Source) -> int:
    """A number for each process and species."""
    return 2 * processes().index(source.process) + (source.parent != source.process.parent)


def chosen_parents(
    volumes: tuple[Volume, ...], parents: ParentFlux, factors: Array, code: int, mass: float, seed: int, lines: int
) -> Chosen:
    """Parents of a species, with azimuths and decay points, drawn by what they are worth; `factors`: on the number of each parent."""
    own = np.flatnonzero((parents.pdg == code) & (parents.weight > 0))
    copies = max(1, -(-_CANDIDATES // max(1, len(own)))) if parents.axisymmetric or np.any(parents.path[own] > 0) else 1
    rows = np.tile(own, min(copies, _COPIES))
    # which of a row's copies: the place of its numbers
    u = uniforms(seed, streams.SOURCE, np.arange(len(rows)), 2, abs(code))
    turned = 2 * np.pi * u[:, 0] if parents.axisymmetric else np.zeros(len(rows))
    along = decay_points(parents, rows, u[:, 1])
    weight = parents.weight[rows] * factors[rows] * (len(own) / len(rows))
    acceptance, energy = _worth(volumes, parents, rows, turned, along, mass)
    values = [weight * acceptance * energy**power for power, _ in _KINDS]
    worth = np.array([float(value.sum()) for value in values])
    if not np.all(worth > 0):
        return Chosen(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0), worth)
    chance = np.sum([share / total * value for value, total, (_, share) in zip(values, worth, _KINDS, strict=True)], axis=0)
    order = np.argsort(energy, kind="stable")
    steps = np.cumsum(chance[order])
    pick = order[np.minimum(np.searchsorted(steps, _van_der_corput(lines) * steps[-1], side="right"), len(order) - 1)]
    base = weight[pick] / chance[pick] / lines
    return Chosen(rows[pick], turned[pick], along[pick], base, worth)


_COPIES = 20


def _van_der_corput(n: int) -> Array:
    """The base-2 sequence in (0, 1): any first part of it is spread evenly."""
    index, out, scale = np.arange(n), np.zeros(n), 0.5
    while np.any(index):
        out += scale * (index & 1)
        index, scale = index >> 1, scale / 2
    return out + scale


def _worth(
    volumes: tuple[Volume, ...], parents: ParentFlux, rows: IntArray, turned: Array, along: Array, mass: float
) -> tuple[Array, Array]:
    """About the share of each parent's decay products that cross the detector, for fast and slow ones; and the parent's energy, GeV."""
    centre, radius = steer.target(volumes)
    c, s = np.cos(turned), np.sin(turned)
    momentum, start = parents.momentum[rows].T, parents.start[rows].T
    p = np.sqrt(momentum[0] ** 2 + momentum[1] ** 2 + momentum[2] ** 2)
    gamma = np.sqrt(1 + (p / mass) ** 2)
    flight = along / p
    px, py = c * momentum[0] - s * momentum[1], s * momentum[0] + c * momentum[1]
    dx = centre[0] - (c * start[0] - s * start[1] + flight * px)
    dy = centre[1] - (s * start[0] + c * start[1] + flight * py)
    dz = centre[2] - (start[2] + flight * momentum[2])
    distance = np.sqrt(dx * dx + dy * dy + dz * dz)
    angle = np.arccos(np.clip((dx * px + dy * py + dz * momentum[2]) / (p * distance), -1.0, 1.0))
    opening = np.where(distance > radius, np.arcsin(np.minimum(radius / distance, 1.0)), np.pi)
    behind = 2 * np.sin(np.maximum(angle - opening, 0.0) / 2) ** 2
    solid = (1 - np.cos(opening)) / 2
    acceptance = np.zeros(len(rows))
    for narrower in (1.0, 3.0):
        g = gamma * narrower
        velocity = np.sqrt(1 - 1 / g**2)
        forward = g**2 * (1 / (g**2 * (1 + velocity)) + velocity * behind) ** 2
        acceptance += np.minimum(solid / forward, 1.0) / 2
    return acceptance, gamma * mass


def _effects(known: Sequence[Nuisance], parents: ParentFlux, chosen: Mapping[int, Chosen]) -> dict[str, dict[int, float]]:
    """Effects of the beam's nuisances by species; on muons the mean over the mesons that made them."""
    out: dict[str, dict[int, float]] = {}
    for one in known:
        effect = {}
        for code, some in chosen.items():
            if abs(code) == 13 and parents.mother is not None and len(some.row):
                roots = parents.pdg[parents.roots[some.row]]
                effect[code] = float(np.average([one.effect.get(pdg.NAMES[root], 0.0) for root in roots.tolist()], weights=some.base))
            else:
                effect[code] = one.effect.get(pdg.NAMES[code], 0.0)
        out[one.name] = effect
    return out

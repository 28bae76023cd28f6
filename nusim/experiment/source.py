"""Builds the heavy-neutrino source that an experiment's beam makes of a model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import pdg
from ..beams.beam import Beam, load_neutrals
from ..beams.build import joined
from ..beams.flux_files import load_flux
from ..beams.muons import with_muons
from ..beams.neutral import proton_interactions
from ..beams.parents import ParentFlux
from ..beams.prompt import beam_parents
from ..decays.channel import Channel, DecayTable
from ..decays.dark import dark_parents
from ..decays.table import decay_table
from ..errors import ParameterError
from ..kernels import streams
from ..kernels.arrays import Array, IntArray
from ..kernels.random import uniforms
from ..model.spectrum import Spectrum
from ..production.boson_modes import MISSING_BOSONS, boson_production_modes, is_open, zprime_from_mesons
from ..production.table import MISSING_MODES, ProductionMode, production_modes, reach_of_species
from .experiment import Experiment
from .flight import HeavySource
from .routes import Route, descendants, routes_from

_ROWS = 300_000
"""Sources are given at least this many rows."""
_LARGEST_STRIDE = 10
_PROTON_ROWS = 5000
"""Depths of first interactions."""


@dataclass(frozen=True, slots=True, eq=False)
class FinalState:
    """A channel as it is seen: of a state, or of a Dirac state's antiparticle, whose products are the conjugate ones."""

    state: str
    antiparticle: bool
    products: str
    channel: Channel


def visible_final_states(table: DecayTable, majorana: bool) -> tuple[FinalState, ...]:
    """Open channels with a charged particle, a photon or a meson; for a Dirac state those of particle and antiparticle."""
    seen = [channel for channel in table if channel.visible and channel.width > 0]
    particle = [FinalState(table.parent, False, channel.products, channel) for channel in seen]
    if majorana or table.parent in pdg.BOSONS:
        return tuple(particle)
    return (*particle, *(FinalState(table.parent, True, pdg.conjugate_products(channel.products), channel) for channel in seen))


def decays_into(route: Route, final: FinalState) -> bool:
    """Whether the heavy states at the end of this route can decay into this final state."""
    return route.state == final.state and route.antiparticle == final.antiparticle


def shares_of(source: HeavySource, final: FinalState, tables: Mapping[str, DecayTable]) -> Array:
    """Fraction of the heavy states at the end of each route that decay into this final state, shape (routes,)."""
    ratio = final.channel.width / tables[final.state].total_width
    return np.array([ratio if decays_into(route, final) else 0.0 for route in source.routes])


def tables_of(spectrum: Spectrum, bosons: bool = False) -> dict[str, DecayTable]:
    """Decay tables of the heavy neutrinos, with `bosons` also of Z' and dark scalar, and of every heavy state among their descendants."""
    tables: dict[str, DecayTable] = {}
    waiting = [*spectrum.heavy_states, *(dark_parents(spectrum) if bosons else ())]
    while waiting:
        state = waiting.pop(0)
        if state not in tables:
            tables[state] = decay_table(spectrum, state)
            waiting += sorted(descendants([state], tables))
    return tables


def beam_of(experiment: Experiment) -> Beam:
    """The beam of an experiment that is not composite; ParameterError for one known by its published limits alone."""
    if experiment.recast is not None:
        raise ParameterError(f"{experiment.name}: known by published limits alone: rates are scaled from them, there is no beam")
    assert experiment.beam is not None, "composite experiments have no beam of their own: use their members"
    return experiment.beam


def parents_of(experiment: Experiment) -> ParentFlux:
    """The parents of an experiment's beam in its polarity; ParameterError as `beam_of`."""
    return beam_parents(beam_of(experiment), experiment.polarity)


def provenance_of(experiment: Experiment) -> dict[str, Any]:
    """What headers say of a user's flux files under `flux`; nothing for committed beams."""
    if experiment.beam is None or experiment.beam.files is None:
        return {}
    return {"flux": load_flux(experiment.beam.files).provenance}


@dataclass(frozen=True, slots=True, eq=False)
class Origins:
    """All that a beam makes heavy states of."""

    parents: ParentFlux
    modes: tuple[ProductionMode, ...]
    tables: Mapping[str, DecayTable]
    """Decays of every heavy state that is made or comes from one."""
    warnings: tuple[str, ...]


def origins_of(spectrum: Spectrum, experiment: Experiment, parents: ParentFlux) -> Origins:
    """The parents of an experiment's beam, with neutral mesons and interacting protons where kinetic mixing makes Z' of them."""
    warnings, beam = [MISSING_MODES], experiment.beam
    momentum = beam.momentum if beam is not None else None
    if is_open(spectrum):
        warnings.append(MISSING_BOSONS)
    if zprime_from_mesons(spectrum) and beam is not None:
        more = [load_neutrals(beam)] if beam.neutral is not None else []
        depth, some = proton_interactions(beam, _PROTON_ROWS)
        if some > 0:
            more.append(_protons(beam.momentum, depth, some))
        if len(more) < 2:
            missing = [
                name for name, has in (("neutral mesons", beam.neutral is not None), ("bremsstrahlung of its protons", some > 0)) if not has
            ]
            warnings.append(f"{experiment.name}: the beam {beam.name} tells nothing of {' and '.join(missing)}: no Z' come from there")
        if more:
            whole = joined([parents, *more], parents.protons_simulated, parents.command, parents.axisymmetric)
            parents = replace(whole, notes=parents.notes, yield_error=parents.yield_error)
    modes = boson_production_modes(spectrum, parents.species, momentum)
    return Origins(parents, modes, tables_of(spectrum, bool(modes)), tuple(warnings))


def _protons(momentum: float, depth: Array, some: float) -> ParentFlux:
    """Beam protons that interact, each with a nucleon at rest, on the axis."""
    n, nothing = len(depth), np.zeros(len(depth))
    velocity = momentum / float(np.hypot(momentum, pdg.mass(2212)))
    along = np.column_stack([nothing, nothing, np.full(n, momentum)])
    start = np.column_stack([nothing, nothing, depth])
    code = np.full(n, pdg.PROTON_NUCLEON)
    return ParentFlux(code, along, start, depth / velocity, nothing, np.full(n, some / n), True, 0.0, "")


def heavy_source(
    spectrum: Spectrum,
    experiment: Experiment,
    parents: ParentFlux,
    tables: Mapping[str, DecayTable],
    seed: int,
    state: str | None = None,
    bosons: Sequence[ProductionMode] = (),
) -> HeavySource:
    """Every row of the beam's parents, and of the muons they leave, through every route to a heavy state, or to the one given.

    `tables` holds the decays of every state on the way. Where there are few rows each stands several times, with its own azimuth and decay
    point drawn from `seed`. Modes that few of a species' heavy states come from take every second, third, ... row of it, at most every
    tenth, with the weight of all. `bosons`: modes besides those of heavy neutrinos.
    """
    if experiment.beam is not None and any(production_modes(spectrum, heavy, (13, -13)) for heavy in spectrum.heavy_states):
        x, y, z = np.mean([volume.centre for volume in experiment.detectors], axis=0)
        parents = with_muons(parents, experiment.beam.tunnel, seed, float(np.arctan2(np.hypot(x, y), z)))
    nuisance = nuisance_factors(experiment, parents)
    modes = [mode for heavy in spectrum.heavy_states for mode in production_modes(spectrum, heavy, parents.species)] + list(bosons)
    routes = [route for route in routes_from(modes, tables, spectrum.majorana) if state in (None, route.state)]
    near = {id(route) for route in arriving([route for route in routes if route.mode in bosons], experiment, parents)}
    routes = [route for route in routes if route.mode not in bosons or id(route) in near]
    open_rows = [_rows_of(parents, way, stride) for way, stride in zip(routes, _strides(routes, bosons), strict=True)]
    copies = max(1, -(-_ROWS // max(1, sum(len(rows) for rows in open_rows))))
    row, route_of, base = [np.zeros(0, np.int64)], [np.zeros(0, np.int16)], [np.zeros(0)]
    for number, (way, rows) in enumerate(zip(routes, open_rows, strict=True)):
        row.append(np.tile(rows, copies))
        route_of.append(np.full(len(rows) * copies, number, np.int16))
        whole = float(parents.weight[parents.pdg == way.mode.parent].sum()) / max(float(parents.weight[rows].sum()), 1e-300)
        base.append(np.tile(nuisance[rows] * parents.weight[rows] * (way.mode.branching_ratio * whole / copies), copies))
    rows = np.concatenate(row)
    u = uniforms(seed, streams.SOURCE, np.arange(len(rows)), 2)
    turned = 2 * np.pi * u[:, 0] if parents.axisymmetric else np.zeros(len(rows))
    along = decay_points(parents, rows, u[:, 1])
    return HeavySource(parents, tuple(routes), experiment.detectors, rows, np.concatenate(route_of), np.concatenate(base), turned, along)


def nuisance_factors(experiment: Experiment, parents: ParentFlux) -> Array:
    """The card's factors (n,) on the number of parents: a muon takes that of the meson it comes from."""
    factor, code = np.ones(len(parents.pdg)), parents.pdg[parents.roots]
    for name, value in experiment.normalisation.items():
        factor[code == pdg.CODES[name]] = value
    return factor


def _strides(routes: Sequence[Route], bosons: Sequence[ProductionMode]) -> list[int]:
    """Which part of a species' rows each route takes: one in as many as its mode's share of the states made says.

    Modes of heavy neutrinos share with those of the same neutrino, modes of `bosons` with all.
    """
    others = {id(mode) for mode in bosons}
    made: dict[tuple[int, str], dict[int, float]] = {}
    for way in routes:
        for state in (way.mode.state, "") if id(way.mode) not in others else ("",):
            made.setdefault((way.mode.parent, state), {})[id(way.mode)] = way.mode.branching_ratio
    totals = {key: sum(ratios.values()) for key, ratios in made.items()}
    shares = [totals[way.mode.parent, "" if id(way.mode) in others else way.mode.state] for way in routes]
    return [
        max(1, min(_LARGEST_STRIDE, int(total / max(way.mode.branching_ratio, 1e-300)))) for way, total in zip(routes, shares, strict=True)
    ]


_FARTHEST = 700.0
"""Decay lengths after which nothing is left that a number can hold."""


def arriving(routes: Sequence[Route], experiment: Experiment, parents: ParentFlux) -> list[Route]:
    """Routes of which any state at the end can reach the detector: a prompt Z' does not."""
    spans: dict[int, tuple[float, float, float]] = {}
    found = []
    for route in routes:
        code = route.mode.parent
        if code not in spans:
            mine = parents.pdg == code
            start = parents.start[mine]
            nearest = min(
                float(np.sqrt(np.sum((start - volume.centre) ** 2, axis=1)).min()) - volume.bounding_radius
                for volume in experiment.detectors
            )
            spans[code] = float(np.sum(parents.momentum[mine] ** 2, axis=1).max()), float(parents.path[mine].max()), nearest
        momentum2, path, nearest = spans[code]
        largest = float(np.sqrt(momentum2 + route.mode.m_parent**2))
        flown = sum(largest / step.mass * step.ctau for step in route.steps) + largest / route.mass * route.ctau
        if _FARTHEST * flown + path > nearest:
            found.append(route)
    return found


def _rows_of(parents: ParentFlux, way: Route, stride: int) -> IntArray:
    """Rows of the parents that a route takes."""
    rows = np.flatnonzero((parents.pdg == way.mode.parent) & (parents.weight > 0))
    return rows[::stride]


def decay_points(parents: ParentFlux, rows: IntArray, u: Array) -> Array:
    """Distance from the start of each parent's decay segment to its decay: exponential on the segment."""
    path = parents.path[rows]
    length = np.sqrt(np.sum(parents.momentum[rows] ** 2, axis=1))
    for code in parents.species:
        if code != pdg.PROTON_NUCLEON:
            length[parents.pdg[rows] == code] *= pdg.ctau(abs(code)) / pdg.mass(abs(code))
    distance: Array = -length * np.log1p(u * np.expm1(-path / length))
    return np.minimum(distance, path)


def why_nothing(spectrum: Spectrum, experiment: Experiment, parents: ParentFlux) -> str:
    """Why no state is produced: one line with the mixings or the masses that decide it."""
    if all(spectrum.active_mixing2(state).sum() == 0 for state in spectrum.heavy_states):
        return f"{experiment.name}: no heavy neutrino is made: none mixes with a light one"
    reach = reach_of_species(parents.species)
    masses = ", ".join(f"m({state}) = {spectrum.mass(state):.6g} GeV" for state in spectrum.heavy_states)
    limit = max(reach.values(), default=0.0)
    return (
        f"{experiment.name}: no open production mode: {masses}; decays of {' '.join(reach)} reach {limit:.4g} GeV with electrons, "
        "less with muons and only for flavours that mix"
    )

"""Builds the heavy-neutrino source that an experiment's beam makes of a model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .. import pdg
from ..beams.beam import load_parents
from ..beams.parents import ParentFlux
from ..decays.channel import Channel, DecayTable
from ..kernels.arrays import Array, IntArray
from ..kernels.random import uniforms
from ..model.spectrum import Spectrum
from ..production.table import ProductionMode, production_modes, reach_of_species
from .experiment import Experiment
from .flight import HeavySource

_ROWS = 300_000
"""Sources are given at least this many rows."""

_STAGE = 5
"""Place of the azimuths and decay points in each seed's streams of random numbers."""


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
    if majorana:
        return tuple(particle)
    return (*particle, *(FinalState(table.parent, True, pdg.conjugate_products(channel.products), channel) for channel in seen))


def decays_into(mode: ProductionMode, final: FinalState, majorana: bool) -> bool:
    """Whether heavy states made in this mode can decay into this final state."""
    return mode.state == final.state and (majorana or mode.antiparticle == final.antiparticle)


def states_with_known_decays(spectrum: Spectrum) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """States whose decays can be counted, and warnings about those whose decays are not known yet."""
    if spectrum.model.kind == "hnl":
        return spectrum.heavy_states, ()
    left_out = tuple(state for state in spectrum.heavy_states if state != "nu4")
    notes = tuple(
        f"{state}: its decays through Z' and phi' are not computed, so no {state} decays and no secondary nu4 are counted; "
        "they may outnumber the decays of nu4"
        for state in left_out
    )
    return ("nu4",), notes


def parents_of(experiment: Experiment) -> ParentFlux:
    """The parents of an experiment's beam in its polarity."""
    assert experiment.beam is not None, "composite experiments have no beam of their own: use their members"
    return load_parents(experiment.beam, experiment.polarity)


def heavy_source(spectrum: Spectrum, experiment: Experiment, parents: ParentFlux, tables: Sequence[DecayTable], seed: int) -> HeavySource:
    """Every row of the beam's parents through every open production mode of the states the tables belong to.

    Where there are few rows each stands several times, with its own azimuth and decay point drawn from `seed`.
    """
    modes: list[ProductionMode] = []
    ctau: list[float] = []
    for table in tables:
        found = production_modes(spectrum, table.parent, parents.species)
        modes += found
        ctau += [table.ctau] * len(found)
    open_rows = [np.flatnonzero((parents.pdg == way.parent) & (parents.weight > 0)) for way in modes]
    copies = max(1, -(-_ROWS // max(1, sum(len(rows) for rows in open_rows))))
    row, mode, base = [np.zeros(0, np.int64)], [np.zeros(0, np.int16)], [np.zeros(0)]
    for number, (way, rows) in enumerate(zip(modes, open_rows, strict=True)):
        nuisance = experiment.normalisation.get(pdg.NAMES[way.parent], 1.0)
        row.append(np.tile(rows, copies))
        mode.append(np.full(len(rows) * copies, number, np.int16))
        base.append(np.tile(parents.weight[rows] * (way.branching_ratio * nuisance / copies), copies))
    rows = np.concatenate(row)
    u = uniforms(seed, _STAGE, np.arange(len(rows)), 2)
    turn = 2 * np.pi * u[:, 0] if parents.axisymmetric else np.zeros(len(rows))
    along = _decay_points(parents, rows, u[:, 1])
    return HeavySource(
        parents, tuple(modes), np.array(ctau), experiment.detectors, rows, np.concatenate(mode), np.concatenate(base), turn, along
    )


def _decay_points(parents: ParentFlux, rows: IntArray, u: Array) -> Array:
    """Distance from the start of each parent's decay segment to its decay: exponential on the segment."""
    path = parents.path[rows]
    length = np.sqrt(np.sum(parents.momentum[rows] ** 2, axis=1))
    for code in parents.species:
        length[parents.pdg[rows] == code] *= pdg.ctau(abs(code)) / pdg.mass(abs(code))
    distance: Array = -length * np.log1p(u * np.expm1(-path / length))
    return np.minimum(distance, path)


def why_nothing(spectrum: Spectrum, experiment: Experiment, parents: ParentFlux, states: Sequence[str]) -> str:
    """Why no state is produced: one line with the masses that decide it."""
    reach = reach_of_species(parents.species)
    masses = ", ".join(f"m({state}) = {spectrum.mass(state):.6g} GeV" for state in states)
    limit = max(reach.values(), default=0.0)
    return (
        f"{experiment.name}: no open production mode: {masses}; two-body decays of {' '.join(reach)} reach {limit:.4g} GeV with electrons, "
        "less with muons and only for flavours that mix"
    )

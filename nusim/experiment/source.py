"""Builds the heavy-neutrino source that an experiment's beam makes of a model."""

from collections.abc import Sequence

import numpy as np

from .. import pdg
from ..beams.beam import load_parents
from ..beams.parents import ParentFlux
from ..decays.channel import Channel, DecayTable
from ..model.spectrum import Spectrum
from ..production.table import ProductionMode, heaviest_reachable, production_modes
from .experiment import Experiment
from .flight import HeavySource


def visible_channels(table: DecayTable) -> tuple[Channel, ...]:
    """Open channels with a charged particle, a photon or a meson."""
    return tuple(channel for channel in table if channel.visible and channel.width > 0)


def states_with_known_decays(spectrum: Spectrum) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """States whose decays can be counted, and warnings about those whose decays are not known yet."""
    if spectrum.model.kind == "hnl":
        return spectrum.heavy_states, ()
    left_out = tuple(state for state in spectrum.heavy_states if state != "nu4")
    notes = tuple(
        f"{state}: its decays through Z' and phi' are not computed, so no {state} decays and no secondary nu4 are counted"
        for state in left_out
    )
    return ("nu4",), notes


def parents_of(experiment: Experiment) -> ParentFlux:
    """The parents of an experiment's beam in its polarity."""
    assert experiment.beam is not None, "composite experiments have no beam of their own: use their members"
    return load_parents(experiment.beam, experiment.polarity)


def heavy_source(spectrum: Spectrum, experiment: Experiment, parents: ParentFlux, tables: Sequence[DecayTable]) -> HeavySource:
    """Every row of the beam's parents through every open production mode of the states the tables belong to."""
    modes: list[ProductionMode] = []
    ctau: list[float] = []
    for table in tables:
        found = production_modes(spectrum, table.parent, parents.species)
        modes += found
        ctau += [table.ctau] * len(found)
    row, mode, base = [np.zeros(0, np.int64)], [np.zeros(0, np.int16)], [np.zeros(0)]
    for number, way in enumerate(modes):
        rows = np.flatnonzero((parents.pdg == way.parent) & (parents.weight > 0))
        nuisance = experiment.normalisation.get(pdg.NAMES[way.parent], 1.0)
        row.append(rows)
        mode.append(np.full(len(rows), number, np.int16))
        base.append(parents.weight[rows] * way.branching_ratio * nuisance)
    return HeavySource(
        parents, tuple(modes), np.array(ctau), experiment.detectors, np.concatenate(row), np.concatenate(mode), np.concatenate(base)
    )


def why_nothing(spectrum: Spectrum, experiment: Experiment, parents: ParentFlux, states: Sequence[str]) -> str:
    """Why no state is produced: one line with the masses that decide it."""
    limit = heaviest_reachable(parents.species)
    masses = ", ".join(f"m({state}) = {spectrum.mass(state):.6g} GeV" for state in states)
    names = " ".join(pdg.NAMES[code] for code in parents.species)
    return (
        f"{experiment.name}: no open production mode: {masses}; two-body decays of {names} reach {limit:.4g} GeV, less for heavier leptons"
    )

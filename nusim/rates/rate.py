"""Expected numbers of heavy-neutrino decays in an experiment, by state, parent and final state."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .. import pdg
from ..decays.channel import Channel
from ..decays.draw import draw_products
from ..decays.table import decay_table
from ..errors import ParameterError
from ..experiment.experiment import Experiment
from ..experiment.flight import DRAWS
from ..experiment.selection import passes
from ..experiment.source import heavy_source, parents_of, states_with_known_decays, visible_channels, why_nothing
from ..experiment.survey import Survey, survey
from ..kernels.arrays import Array, IntArray
from ..kernels.lorentz import boost
from ..kernels.random import uniforms
from ..model.spectrum import Spectrum
from ..production.table import MISSING_MODES

_STAGE = 10
"""Place of the selection's random numbers in each seed's streams."""

_SELECTION_SAMPLES = 20_000


@dataclass(frozen=True, slots=True)
class Rate:
    """Decays of heavy states inside a detector for its protons on target."""

    model: str
    experiment: str
    protons: float
    decays: float
    """All decays in the volume, invisible ones included."""
    events: float
    """Decays with at least one charged particle, photon or meson."""
    selected_events: float
    """Events that pass the selection, efficiency included."""
    stat_error: float
    """Standard error of `events`: finite parent list and lines drawn."""
    norm_error: float
    """Error of `events` from the beam's normalisation uncertainty, species by species."""
    selected_stat_error: float
    by_state: Mapping[str, float] = field(default_factory=dict)
    by_parent: Mapping[str, float] = field(default_factory=dict)
    by_final_state: Mapping[str, float] = field(default_factory=dict)
    error_by_state: Mapping[str, float] = field(default_factory=dict)
    error_by_parent: Mapping[str, float] = field(default_factory=dict)
    error_by_final_state: Mapping[str, float] = field(default_factory=dict)
    effective_parents: float = 0.0
    warnings: tuple[str, ...] = ()


def expected_events(spectrum: Spectrum, experiment: Experiment, seed: int = 1) -> Rate:
    """Expected decays of every heavy state in the experiment's detector.

    The sum runs over all parents of the beam's list; `seed` fixes the azimuths, decay points and lines drawn. A
    composite experiment adds its members. Statistical errors include the finite number of parents.
    """
    if experiment.members:
        return _add(spectrum, experiment, [expected_events(spectrum, member, seed) for member in experiment.members])
    states, notes = states_with_known_decays(spectrum)
    tables = [decay_table(spectrum, state) for state in states]
    parents = parents_of(experiment)
    source = heavy_source(spectrum, experiment, parents, tables, seed)
    found = survey(source, seed)
    warnings = [*spectrum.warnings, *notes, MISSING_MODES, *(w for table in tables for w in table.warnings)]
    if found.total == 0:
        return _nothing(
            spectrum,
            experiment,
            states,
            (
                why_nothing(spectrum, experiment, parents, states)
                if not source.modes
                else f"{experiment.name}: no heavy neutrino decays inside the detector",
                *warnings,
            ),
        )

    protons = experiment.protons
    visible = {table.parent: visible_channels(table) for table in tables}
    total = {table.parent: table.total_width for table in tables}
    fraction = {state: sum(channel.width for channel in visible[state]) / total[state] for state in states}
    state_of = np.array([mode.state for mode in source.modes])
    parent_of = np.array([pdg.NAMES[mode.parent] for mode in source.modes])
    of_mode = np.array([fraction[state] for state in state_of])
    events_of_mode = protons * found.by_mode * of_mode

    def error(factor: Array) -> float:
        return protons * found.error(factor)

    by_final: dict[str, float] = {}
    final_factor: dict[str, Array] = {}
    for state in states:
        for channel in visible[state]:
            share = np.where(state_of == state, channel.width / total[state], 0.0)
            by_final[channel.products] = by_final.get(channel.products, 0.0) + protons * float(found.by_mode @ share)
            final_factor[channel.products] = final_factor.get(channel.products, np.zeros(len(state_of))) + share
    by_parent = {name: float(events_of_mode[parent_of == name].sum()) for name in dict.fromkeys(parent_of)}
    uncertainty = experiment.beam.normalisation_uncertainty if experiment.beam is not None else {}
    norm = float(np.sqrt(sum((number * uncertainty.get(name, 0.0)) ** 2 for name, number in by_parent.items())))
    selected, selected_error = _selected(spectrum, experiment, found, visible, total, seed)
    events = float(events_of_mode.sum())
    stat = error(of_mode)
    return Rate(
        model=spectrum.model.name,
        experiment=experiment.name,
        protons=protons,
        decays=protons * found.total,
        events=events,
        selected_events=selected,
        stat_error=stat,
        norm_error=norm,
        selected_stat_error=float(np.hypot(selected_error, stat * selected / events)) if events > 0 else 0.0,
        by_state={state: float(events_of_mode[state_of == state].sum()) for state in states},
        by_parent=by_parent,
        by_final_state=by_final,
        error_by_state={state: error(np.where(state_of == state, of_mode, 0.0)) for state in states},
        error_by_parent={name: error(np.where(parent_of == name, of_mode, 0.0)) for name in by_parent},
        error_by_final_state={name: error(factor) for name, factor in final_factor.items()},
        effective_parents=found.effective_parents,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _selected(
    spectrum: Spectrum,
    experiment: Experiment,
    found: Survey,
    visible: Mapping[str, tuple[Channel, ...]],
    total: Mapping[str, float],
    seed: int,
) -> tuple[float, float]:
    """Events after selection and efficiency, and the error of the selected fraction.

    Heavy states are drawn in proportion to the survey's row weights and decayed into each final state.
    """
    source, selection = found.source, experiment.selection
    state_of = np.array([mode.state for mode in source.modes])[source.mode]
    number, variance = 0.0, 0.0
    for place, (state, channels) in enumerate(visible.items()):
        weight = np.where(state_of == state, found.row_weight, 0.0)
        if not weight.any() or not channels:
            continue
        steps = np.cumsum(weight)
        index: IntArray = np.arange(_SELECTION_SAMPLES)
        u = uniforms(seed, _STAGE + place, index, DRAWS + 2)
        rows: IntArray = np.minimum(np.searchsorted(steps, u[:, DRAWS] * steps[-1], side="right"), len(steps) - 1)
        flux = source.draw(rows, u[:, :DRAWS])
        ratio = flux.weight / weight[rows]
        spin = source.spin(flux)
        antiparticle = np.array([mode.antiparticle for mode in source.modes])[flux.mode] & (not spectrum.majorana)
        vertex = flux.origin[:, 1:] + flux.decay_distance(u[:, DRAWS + 1])[:, None] * flux.direction
        mass = spectrum.mass(state)
        kept = np.zeros(len(index))
        for order, channel in enumerate(channels):
            stage = 100 * (_STAGE + place) + order
            codes, momenta = draw_products(channel.terms, spin, antiparticle, seed, stage, index)
            lab = np.stack([boost(momenta[:, k], flux.momentum, mass) for k in range(codes.shape[1])], axis=1)
            good = passes(selection, codes, lab, vertex, uniforms(seed, stage + 50, index, codes.shape[1]))
            kept += good * (channel.width / total[state] * selection.efficiency_of(channel.products))
        mean = float(ratio @ kept / ratio.sum())
        number += experiment.protons * steps[-1] * mean
        variance += (experiment.protons * steps[-1]) ** 2 * float(np.sum((ratio * (kept - mean)) ** 2) / ratio.sum() ** 2)
    return number, float(np.sqrt(variance))


def _nothing(spectrum: Spectrum, experiment: Experiment, states: tuple[str, ...], warnings: tuple[str, ...]) -> Rate:
    """A rate of zero with its reason."""
    return Rate(
        spectrum.model.name, experiment.name, experiment.protons, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
        by_state=dict.fromkeys(states, 0.0), error_by_state=dict.fromkeys(states, 0.0), warnings=tuple(dict.fromkeys(warnings)),
    )  # fmt: skip


def _add(spectrum: Spectrum, experiment: Experiment, rates: list[Rate]) -> Rate:
    """The sum of the members of a composite experiment; their normalisation errors, from one beam, add linearly."""

    def total(name: str) -> dict[str, float]:
        keys = dict.fromkeys(key for rate in rates for key in getattr(rate, name))
        return {key: sum(getattr(rate, name).get(key, 0.0) for rate in rates) for key in keys}

    def quadrature(name: str) -> dict[str, float]:
        keys = dict.fromkeys(key for rate in rates for key in getattr(rate, name))
        return {key: float(np.sqrt(sum(getattr(rate, name).get(key, 0.0) ** 2 for rate in rates))) for key in keys}

    if not rates:
        raise ParameterError(f"{experiment.name}: members = []: a composite experiment needs members")
    return Rate(
        model=spectrum.model.name,
        experiment=experiment.name,
        protons=sum(rate.protons for rate in rates),
        decays=sum(rate.decays for rate in rates),
        events=sum(rate.events for rate in rates),
        selected_events=sum(rate.selected_events for rate in rates),
        stat_error=float(np.sqrt(sum(rate.stat_error**2 for rate in rates))),
        norm_error=sum(rate.norm_error for rate in rates),
        selected_stat_error=float(np.sqrt(sum(rate.selected_stat_error**2 for rate in rates))),
        by_state=total("by_state"),
        by_parent=total("by_parent"),
        by_final_state=total("by_final_state"),
        error_by_state=quadrature("error_by_state"),
        error_by_parent=quadrature("error_by_parent"),
        error_by_final_state=quadrature("error_by_final_state"),
        effective_parents=sum(rate.effective_parents for rate in rates),
        warnings=tuple(dict.fromkeys(warning for rate in rates for warning in rate.warnings)),
    )

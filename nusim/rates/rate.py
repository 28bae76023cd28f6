"""Expected numbers of heavy-neutrino decays in an experiment, by state, parent and final state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .. import pdg
from ..decays.channel import DecayTable
from ..decays.draw import draw_products, spin_of
from ..errors import ParameterError
from ..experiment.experiment import Experiment
from ..experiment.selection import passes
from ..experiment.source import (
    FinalState,
    heavy_source,
    parents_of,
    shares_of,
    tables_of,
    visible_final_states,
    why_nothing,
)
from ..experiment.survey import Survey, survey
from ..kernels import streams
from ..kernels.arrays import Array, IntArray
from ..kernels.lorentz import boost
from ..kernels.random import uniforms
from ..model.spectrum import Spectrum
from ..production.table import MISSING_MODES
from .criterion import criterion_events
from .recast import scaled_events

_SELECTION_SAMPLES = 20_000

_NEGLIGIBLE = 1e-15
"""Branching ratios below this are not drawn to find the selected fraction."""


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
    decays_stat_error: float
    """Standard error of `decays`."""
    by_state: Mapping[str, float] = field(default_factory=dict)
    by_contribution: Mapping[str, float] = field(default_factory=dict)
    """Of `events`, by the state that decays and those it came through: 'nu4', 'nu4 from nu5', ..."""
    by_parent: Mapping[str, float] = field(default_factory=dict)
    by_final_state: Mapping[str, float] = field(default_factory=dict)
    error_by_state: Mapping[str, float] = field(default_factory=dict)
    error_by_contribution: Mapping[str, float] = field(default_factory=dict)
    error_by_parent: Mapping[str, float] = field(default_factory=dict)
    error_by_final_state: Mapping[str, float] = field(default_factory=dict)
    effective_parents: float = 0.0
    warnings: tuple[str, ...] = ()


def expected_events(spectrum: Spectrum, experiment: Experiment, seed: int = 1) -> Rate:
    """Expected decays of every heavy state in the experiment's detector.

    The sum runs over all parents of the beam's list; `seed` fixes the azimuths, decay points and lines drawn. A
    composite experiment adds its members; one with [recast] has its events scaled from published limits. Statistical errors include the
    finite number of parents.
    """
    if experiment.members:
        return _add(spectrum, experiment, [expected_events(spectrum, member, seed) for member in experiment.members])
    if experiment.recast is not None:
        return scaled_events(spectrum, experiment, criterion_events(experiment.criterion, experiment.background))
    tables = tables_of(spectrum)
    states = tuple(tables)
    parents = parents_of(experiment)
    source = heavy_source(spectrum, experiment, parents, tables, seed)
    found = survey(source, seed)
    warnings = [*parents.notes, *spectrum.warnings, MISSING_MODES, *(w for table in tables.values() for w in table.warnings)]
    if found.total == 0:
        return _nothing(
            spectrum,
            experiment,
            states,
            (
                why_nothing(spectrum, experiment, parents)
                if not source.routes
                else f"{experiment.name}: no heavy neutrino decays inside the detector",
                *warnings,
            ),
        )

    protons = experiment.protons
    finals = tuple(final for table in tables.values() for final in visible_final_states(table, spectrum.majorana))
    share = {final: shares_of(source, final, tables) for final in finals}
    of_route = np.sum([np.zeros(len(source.routes)), *share.values()], axis=0)
    state_of = source.of_route("state")
    name_of = source.of_route("name")
    parent_of = np.array([pdg.NAMES[code] for code in source.of_mode("parent").tolist()])
    events_of_route = protons * found.by_route * of_route

    def error(factor: Array) -> float:
        return protons * found.error(factor)

    products = tuple(dict.fromkeys(final.products for final in finals))
    share_of = {name: np.sum([share[final] for final in finals if final.products == name], axis=0) for name in products}
    by_parent = {name: float(events_of_route[parent_of == name].sum()) for name in dict.fromkeys(parent_of.tolist())}
    norm = _norm_error(experiment, {pdg.NAMES[code]: protons * number for code, number in found.by_root(of_route).items()})
    selected, selected_error = _selected(experiment, found, tables, finals, share, seed)
    events = float(events_of_route.sum())
    contributions = tuple(dict.fromkeys(name_of.tolist()))
    stat = error(of_route)
    unseen = protons * float(sum(found.by_route @ share[final] for final in finals if final.channel.inclusive))
    if unseen > 0:
        names = ", ".join(dict.fromkeys(final.products for final in finals if final.channel.inclusive))
        warnings.append(f"{experiment.name}: {unseen:.4g} of the events are inclusive ({names}): without products, none is selected")
    if events == 0:
        warnings.insert(0, f"{experiment.name}: of {protons * found.total:.4g} decays in the volume none leaves anything to see")
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
        decays_stat_error=error(np.ones(len(source.routes))),
        by_state={state: float(events_of_route[state_of == state].sum()) for state in states},
        by_contribution={name: float(events_of_route[name_of == name].sum()) for name in contributions},
        by_parent=by_parent,
        by_final_state={name: protons * float(found.by_route @ factor) for name, factor in share_of.items()},
        error_by_state={state: error(np.where(state_of == state, of_route, 0.0)) for state in states},
        error_by_contribution={name: error(np.where(name_of == name, of_route, 0.0)) for name in contributions},
        error_by_parent={name: error(np.where(parent_of == name, of_route, 0.0)) for name in by_parent},
        error_by_final_state={name: error(factor) for name, factor in share_of.items()},
        effective_parents=found.effective_parents,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _norm_error(experiment: Experiment, by_parent: Mapping[str, float]) -> float:
    """Error of the beam's normalisation: linear over parents that rest on one cross section, in squares over the others."""
    beam = experiment.beam
    if beam is None:
        return 0.0
    errors: dict[str, float] = {}
    for name, number in by_parent.items():
        together = beam.normalised_with(name)
        errors[together] = errors.get(together, 0.0) + number * beam.normalisation_uncertainty.get(name, 0.0)
    return float(np.sqrt(sum(error**2 for error in errors.values())))


def _selected(
    experiment: Experiment,
    found: Survey,
    tables: Mapping[str, DecayTable],
    finals: Sequence[FinalState],
    share: Mapping[FinalState, Array],
    seed: int,
) -> tuple[float, float]:
    """Events after selection and efficiency, and the error of the selected fraction.

    Heavy states of the survey are drawn in proportion to what they add to the events, and decayed into each final state they have.
    """
    source, selection = found.source, experiment.selection
    visible = np.sum([np.zeros(len(source.routes)), *share.values()], axis=0)
    steps = np.cumsum(found.row_weight * visible[source.route])
    if not steps[-1] > 0:
        return 0.0, 0.0
    index: IntArray = np.arange(_SELECTION_SAMPLES)
    u = uniforms(seed, streams.SELECTION, index, 2)
    rows = np.minimum(np.searchsorted(steps, u[:, 0] * steps[-1], side="right"), len(steps) - 1)
    # the survey's own heavy states: what is selected is part of what it counted
    distinct, place = np.unique(rows, return_inverse=True)
    flux = source.draw(distinct, uniforms(seed, streams.SURVEY, distinct, source.draws)).take(place)
    vertex = flux.origin[:, 1:] + flux.decay_distance(u[:, 1])[:, None] * flux.direction
    kept = np.zeros(len(index))
    for order, final in enumerate(finals):
        # a channel just open has next to no width, and within 1e-9 of its threshold no events can be drawn
        part = np.flatnonzero(share[final][flux.route] > _NEGLIGIBLE)
        if not len(part) or final.channel.inclusive:
            continue
        stage = streams.SELECTION + 2 * order + 1
        antiparticle = np.full(len(part), final.antiparticle)
        codes, momenta, _ = draw_products(final.channel.terms, spin_of(final.state, flux.spin[part]), antiparticle, seed, stage, part)
        mass = tables[final.state].mass
        lab = np.stack([boost(momenta[:, k], flux.momentum[part], mass) for k in range(codes.shape[1])], axis=1)
        good = passes(selection, codes, lab, vertex[part], uniforms(seed, stage + 1, part, codes.shape[1]))
        kept[part] += good * share[final][flux.route[part]] * selection.efficiency_of(final.products)
    kept /= visible[flux.route]
    scale = experiment.protons * float(steps[-1])
    return scale * float(kept.mean()), scale * float(kept.std()) / np.sqrt(len(kept))


def _nothing(spectrum: Spectrum, experiment: Experiment, states: tuple[str, ...], warnings: tuple[str, ...]) -> Rate:
    """A rate of zero with its reason."""
    return Rate(
        spectrum.model.name, experiment.name, experiment.protons, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
        by_state=dict.fromkeys(states, 0.0), error_by_state=dict.fromkeys(states, 0.0), warnings=tuple(dict.fromkeys(warnings)),
    )  # fmt: skip


def _add(spectrum: Spectrum, experiment: Experiment, rates: list[Rate]) -> Rate:
    """The sum of the members of a composite experiment.

    Their errors add linearly: members on one beam share its parents, whose finite number and normalisation dominate both.
    """

    def total(name: str) -> dict[str, float]:
        keys = dict.fromkeys(key for rate in rates for key in getattr(rate, name))
        return {key: sum(getattr(rate, name).get(key, 0.0) for rate in rates) for key in keys}

    if not rates:
        raise ParameterError(f"{experiment.name}: members = []: a composite experiment needs members")
    return Rate(
        model=spectrum.model.name,
        experiment=experiment.name,
        protons=sum(rate.protons for rate in rates),
        decays=sum(rate.decays for rate in rates),
        events=sum(rate.events for rate in rates),
        selected_events=sum(rate.selected_events for rate in rates),
        stat_error=sum(rate.stat_error for rate in rates),
        norm_error=sum(rate.norm_error for rate in rates),
        selected_stat_error=sum(rate.selected_stat_error for rate in rates),
        decays_stat_error=sum(rate.decays_stat_error for rate in rates),
        by_state=total("by_state"),
        by_contribution=total("by_contribution"),
        by_parent=total("by_parent"),
        by_final_state=total("by_final_state"),
        error_by_state=total("error_by_state"),
        error_by_contribution=total("error_by_contribution"),
        error_by_parent=total("error_by_parent"),
        error_by_final_state=total("error_by_final_state"),
        effective_parents=sum(rate.effective_parents for rate in rates),
        warnings=tuple(dict.fromkeys(warning for rate in rates for warning in rate.warnings)),
    )

"""Events in an experiment that is known by its published limits alone: scaled from them, not simulated."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..decays.channel import DecayTable
from ..decays.table import decay_table, partial_widths
from ..experiment.experiment import Experiment
from ..experiment.recast import PublishedLimit, Recast
from ..kernels.arrays import Array
from ..model.model import FLAVOURS, Hnl
from ..model.spectrum import Spectrum, solve
from ..units import HBARC

if TYPE_CHECKING:
    from .points import StatePoints
    from .rate import Rate


def scaled_events(spectrum: Spectrum, experiment: Experiment, criterion_events: float) -> "Rate":
    """Expected events of each heavy state, scaled from the experiment's limits.

    At its limit |U|^2 a heavy neutrino of one flavour gives `criterion_events`. Those of a state of the same mass go as the mixing with
    the flavour it is made by, times its width into the final states searched for, times its survival on the way:

        N = N_lim sum_a |U_ai|^2 / U_lim,a^2  Gamma_seen / Gamma_seen,lim  exp(-d (Gamma - Gamma_lim) m / p).

    Long-lived states decay anywhere in the detector with equal chance, which the ratio of widths says; chains, in which one state makes
    another, are left out. Source: the method of bounds under other assumptions, for instance M. Drewes et al., arXiv:1801.04207, Sec. 4.
    """
    from .rate import Rate

    recast = experiment.recast
    assert recast is not None, "asked of experiments with [recast] only"
    by_state, by_final = dict.fromkeys(spectrum.heavy_states, 0.0), dict[str, float]()
    notes: list[str] = []
    for state in spectrum.heavy_states:
        table = decay_table(spectrum, state)
        for limit in recast.limits:
            own = spectrum.mixing2(limit.flavour, state)
            bound = float(limit.at(table.mass))
            if own == 0:
                continue
            if math.isnan(bound):
                where = f"the limit on |U_{limit.flavour}|^2, {limit.masses[0]:g} to {limit.masses[-1]:g} GeV"
                notes.append(f"{experiment.name}: {state} of {table.mass:.4g} GeV is outside {where}")
                continue
            for products, events in _scaled(table, limit, recast, own / bound, bound).items():
                by_state[state] += criterion_events * events
                by_final[products] = by_final.get(products, 0.0) + criterion_events * events
    flavours = list(dict.fromkeys(limit.flavour for limit in recast.limits))
    if not any(spectrum.mixing2(flavour, state) for flavour in flavours for state in spectrum.heavy_states):
        notes.append(f"{experiment.name}: nothing is expected: its limits are on |U_{'|^2 and |U_'.join(flavours)}|^2, which are 0 here")
    notes.append(f"{experiment.name}: recast by scaling of published limits, not simulated; no events can be drawn")
    total = math.fsum(by_state.values())
    seen = {state: number for state, number in by_state.items() if number > 0}
    columns: dict[str, Any] = {}
    for part, numbers in (("by_state", by_state), ("by_contribution", seen), ("by_final_state", by_final)):
        columns |= {part: numbers, f"selected_{part}": numbers, f"error_{part}": dict.fromkeys(numbers, 0.0)}
        columns[f"norm_error_{part}"] = {name: recast.uncertainty * number for name, number in numbers.items()}
    nuisance = {"published limits": recast.uncertainty * total}
    return Rate(
        model=spectrum.model.name,
        experiment=experiment.name,
        protons=experiment.protons,
        decays=total,
        events=total,
        selected_events=total,
        stat_error=0.0,
        norm_error=recast.uncertainty * total,
        selected_stat_error=0.0,
        decays_stat_error=0.0,
        norm_by_nuisance=nuisance,
        selected_norm_by_nuisance=nuisance,
        warnings=tuple(dict.fromkeys((*spectrum.warnings, *notes))),
        **columns,
    )


def _scaled(table: DecayTable, limit: PublishedLimit, recast: Recast, made: float, bound: float) -> dict[str, float]:
    """Events over those at the limit, by final state; `made`: states made over those made at the limit."""
    mixing2 = tuple(bound if flavour == limit.flavour else 0.0 for flavour in FLAVOURS)
    reference = decay_table(solve(Hnl("limit", limit.source, limit.majorana, table.mass, (mixing2[0], mixing2[1], mixing2[2]))), "nu4")
    seen = math.fsum(reference.width(products) for products in limit.visible)
    if seen == 0:
        return {}
    away = recast.distance * table.mass / (recast.momentum * float(HBARC))
    survival = math.exp(min(-away * (table.total_width - reference.total_width), 700.0))
    return {products: made * survival * table.width(products) / seen for products in limit.visible if table.width(products) > 0}


def scaled_at(states: Sequence["StatePoints"], experiment: Experiment) -> tuple[dict[str, Array], list[str]]:
    """`scaled_events` at the points of a scan by state, shape (n,), and what there is to say."""
    from .criterion import criterion_events

    recast = experiment.recast
    assert recast is not None, "asked of experiments with [recast] only"
    events = {state.state: np.zeros(len(state.mass)) for state in states}
    scale = criterion_events(experiment.criterion, experiment.background)
    notes = [f"{experiment.name}: recast by scaling of published limits, not simulated; no events can be drawn"]
    for state in states:
        for limit in recast.limits:
            own = state.mixing2[FLAVOURS.index(limit.flavour)]
            bound = limit.at(state.mass)
            rows = np.flatnonzero((own > 0) & np.isfinite(bound) & (state.total_width > 0))
            if np.any((own > 0) & np.isnan(bound) & np.isfinite(state.mass)):
                where = f"{limit.masses[0]:g} to {limit.masses[-1]:g} GeV"
                notes.append(f"{experiment.name}: no events from |U_{limit.flavour}|^2 outside its limit's masses, {where}")
            if not len(rows):
                continue
            masses, place = np.unique(state.mass[rows], return_inverse=True)
            unit = np.eye(3)[FLAVOURS.index(limit.flavour)]
            reference = {name: width[place] * bound[rows] for name, width in partial_widths(masses, unit, limit.majorana).items()}
            at_limit = np.sum([reference[products] for products in limit.visible], axis=0)
            seen = np.sum([part[products][rows] for part in state.widths for products in limit.visible if products in part], axis=0)
            away = recast.distance * state.mass[rows] / (recast.momentum * float(HBARC))
            change = state.total_width[rows] - np.sum(list(reference.values()), axis=0)
            survival = np.exp(np.minimum(-away * change, 700.0))
            made = own[rows] / bound[rows] * survival * seen
            events[state.state][rows] += scale * np.divide(made, at_limit, out=np.zeros(len(rows)), where=at_limit > 0)
    return events, notes

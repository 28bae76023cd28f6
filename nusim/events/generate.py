"""Events drawn from the weights that make the rate: setting up a run, and making it in one go."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from .. import pdg
from ..errors import ParameterError
from ..experiment.experiment import Experiment
from ..experiment.flight import HeavySource
from ..experiment.source import heavy_source, origins_of, parents_of, shares_of, visible_final_states, why_nothing
from ..experiment.survey import PRECISION, Survey, expected_weights, survey
from ..kernels import streams
from ..kernels.arrays import Array
from ..model.spectrum import Spectrum
from .generator import Generator
from .hadrons import is_installed, version_of_pythia
from .options import DEFAULTS, EventOptions
from .sample import EventSample
from .stretched import Adapting, Stretched

_PILOT_SIZE = 1 << 17

_FLOOR = 0.2
"""Share of a chain's rows chosen in proportion to their parents' weights."""

_UNSEEN = 1e-6
"""Share of all that a stratum is taken to add beyond what the survey saw of it."""

_LEAST_SPREAD, _RARE = 3.0, 300
"""Largest weight, over its mean, that a stratum is credited with in which the pilot run found fewer than so many weights."""

_EXCESS, _SPREAD_EXCESS, _MOST_EXCESS, _LITTLE = 1e-5, 3e-4, 2e-2, 0.1
"""Share of the sum of all weights that each stratum may have above the common weight; the same where weights are spread and make up no more
than the last share of the sum; and the most of its own. Few events exceed the common weight, and those keep their larger one."""


_MANY, _DEAR, _LESSONS, _LESSON = 1_000_000, 0.1, 3, 1 << 15
"""Candidates of a run that pay for adapting proposals, their least share that a route takes whose numbers are stretched, passes from which
vegas learns how, and candidates of each."""

_POOR = 1e-2
"""Efficiency below which a run says that it may take long."""


def prepare(
    spectrum: Spectrum,
    experiment: Experiment,
    n: int,
    seed: int = 1,
    *,
    state: str | None = None,
    final: str | None = None,
    weighted: bool = False,
    options: EventOptions = DEFAULTS,
) -> Generator:
    """Set up a run of `n` events: survey the beam, choose the proposal, find the largest weight.

    `state` and `final` restrict the heavy state and the final state. Raises ParameterError if nothing can be made
    (with the reason), for an unknown state or final state, and for a negative n; MissingExtraError where hadrons or decays are asked for
    that need Pythia.
    """
    if isinstance(n, bool) or not isinstance(n, int):
        raise ParameterError(f"n = {n}: the number of events is a whole number")
    if n < 0:
        raise ParameterError(f"n = {n}: the number of events must not be negative")
    if experiment.members:
        names = ", ".join(member.name for member in experiment.members)
        raise ParameterError(f"{experiment.name}: events are made for one detector at a time; take one of its members: {names}")
    origins = origins_of(spectrum, experiment, parents_of(experiment))
    tables, parents = origins.tables, origins.parents
    if options.timing and (experiment.beam is None or experiment.beam.timing is None):
        name = experiment.beam.name if experiment.beam is not None else experiment.name
        raise ParameterError(f"timing {options.timing!r}: the card of beam {name} has no [timing]")
    if options.hadronise or options.decay:
        version_of_pythia()
    if options.hadronise or (options.hadronise is None and is_installed()):
        tables = {name: table.with_partons() for name, table in tables.items()}
    if state is not None and state not in tables:
        raise ParameterError(f"state {state!r}: not in {spectrum.model.name} or not made in its decays; known: {', '.join(tables)}")
    states = tuple(tables) if state is None else (state,)
    finals = tuple(one for name in states for one in visible_final_states(tables[name], spectrum.majorana))
    if final is not None:
        wanted = pdg.canonical_products(final)
        conjugate = pdg.conjugate_products(wanted)
        if not any(channel.width > 0 and channel.products in (wanted, conjugate) for name in states for channel in tables[name]):
            masses = ", ".join(f"{name} of {tables[name].mass:.6g} GeV" for name in states)
            raise ParameterError(f"final state {wanted!r}: closed for {masses}")
        finals = tuple(one for one in finals if one.products == wanted)
        if not finals:
            raise ParameterError(
                f"final state {wanted!r}: nothing in it can be seen; events hold decays with a charged particle, photon or meson"
            )
    inclusive = tuple(one for one in finals if one.channel.inclusive)
    finals = tuple(one for one in finals if not one.channel.inclusive)
    if final is not None and inclusive and not finals:
        if all(one.channel.partons for one in inclusive) and options.hadronise is None:
            version_of_pythia()
        raise ParameterError(f"final state {wanted!r}: it is inclusive: it has a width, but no events of it are made")
    if not finals:
        raise ParameterError(f"{spectrum.model.name}: no visible decay of {', '.join(states)} is open")
    source = heavy_source(spectrum, experiment, parents, tables, seed, state, origins.modes)
    if not source.routes:
        raise ParameterError(why_nothing(spectrum, experiment, parents))
    found = survey(source, seed, PRECISION)
    share = [shares_of(source, one, tables) for one in finals]
    visible = np.sum(share, axis=0)
    expected = experiment.protons * float(found.by_route @ visible)
    if expected == 0:
        raise ParameterError(f"{experiment.name}: no heavy neutrino decays visibly inside the detector")
    notes = [*parents.notes, *spectrum.warnings, *origins.warnings, *(w for table in tables.values() for w in table.warnings)]
    left_out = experiment.protons * float(sum(found.by_route @ shares_of(source, one, tables) for one in inclusive))
    if left_out > 0:
        names = ", ".join(dict.fromkeys(one.products for one in inclusive))
        note = f"{left_out:.4g} more events are expected in {names}: inclusive, so neither the sample nor its weights hold them"
        could = options.hadronise is None and any(one.channel.partons for one in inclusive)
        notes.append(f"{note}; their hadrons are made with pip install 'nusim[hadrons]'" if could else note)
    warnings = tuple(dict.fromkeys(notes))
    rates: dict[str, float] = {}
    for one, part in zip(finals, share, strict=True):
        rates[one.products] = rates.get(one.products, 0.0) + experiment.protons * float(found.by_route @ part)
    by_route: dict[str, float] = {}
    by_parent: dict[str, float] = {}
    for route, number in zip(source.routes, (experiment.protons * found.by_route * visible).tolist(), strict=True):
        by_route[route.name] = by_route.get(route.name, 0.0) + number
        parent = pdg.NAMES[route.mode.parent]
        by_parent[parent] = by_parent.get(parent, 0.0) + number
    draft = Generator(
        spectrum=spectrum,
        experiment=experiment,
        source=source,
        finals=finals,
        seed=seed,
        n=n,
        weighted=weighted,
        expected_events=expected,
        stat_error=experiment.protons * found.error(visible),
        effective_parents=found.effective_parents,
        proposal=np.cumsum(_stratified(source, visible, found)),
        visible=visible,
        bound=1.0,
        common=1.0,
        mean=1.0,
        warnings=warnings,
        efficiency=1.0,
        rates_by_channel=rates,
        rates_by_route=by_route,
        rates_by_parent=by_parent,
        tables=tables,
        nuisances=found.nuisances(experiment.nuisances),
        options=options,
    )
    total = float(found.by_route @ visible)
    run = _tuned(draft, total)
    if n > _MANY * run.efficiency and not weighted:
        maps = _adapted(run)
        run = _tuned(replace(draft, stretched=maps), total) if maps else run
    if run.efficiency < _POOR and not weighted and n > 0:
        note = f"one candidate in {1 / run.efficiency:.0f} becomes an event, which may take long: weighted events come faster"
        run = replace(run, warnings=(*run.warnings, note))
    return run


def _stratified(source: HeavySource, visible: Array, found: Survey) -> Array:
    """A proposal whose trial finds the largest weight of every stratum about equally well, shape (rows,).

    Above the largest of n weights lies about 1/n of what a stratum adds to the rate, so strata have shares in proportion to the square
    root of what they add. Within a stratum rows are chosen by their expected weight; where momenta are drawn it is rough, and some are
    chosen by their parent's weight alone.
    """
    seen = visible[source.route]
    strata, stratum = np.unique(source.stratum, return_inverse=True)
    added = np.bincount(stratum, found.row_weight * seen, minlength=len(strata))
    share = np.sqrt(added + _UNSEEN * added.sum())
    # routes that add next to nothing are not worth a look
    looked = np.flatnonzero((found.by_route * visible > _UNSEEN * added.sum())[source.route])
    expected, base = np.zeros(len(source)), source.base * (seen > 0)
    expected[looked] = expected_weights(source, looked)
    sum_expected, sum_base = (np.bincount(stratum, part, minlength=len(strata))[stratum] for part in (expected, base))
    by_weight = np.divide(expected, sum_expected, out=np.zeros(len(source)), where=sum_expected > 0)
    by_parent = np.divide(base, sum_base, out=np.zeros(len(source)), where=sum_base > 0)
    floor = np.where(sum_expected > 0, np.where(source.is_spread, _FLOOR, 0.0), 1.0)
    out: Array = share[stratum] * ((1 - floor) * by_weight + floor * by_parent)
    return out


def _bound(ratio: Array, excess: float) -> float:
    """The weight at which a common one may be cut, such that no more than the share `excess` of the sum lies above."""
    if not len(ratio):
        return 0.0
    ordered = np.sort(ratio)[::-1]
    # what lies above the k-th largest, for every k
    above = np.cumsum(ordered) - ordered * np.arange(1, len(ordered) + 1)
    return float(ordered[np.searchsorted(above, excess * ordered.sum(), side="right") - 1])


def _tuned(draft: Generator, total: float) -> Generator:
    """The generator with the proposal that a trial run finds best: each stratum is proposed in proportion to its largest weight.

    `total`: what all routes add to the rate per proton.
    """
    candidates = draft.candidates(streams.PILOT, np.arange(_PILOT_SIZE), 0)
    drawn, ratio = candidates.rows, draft.ratios(candidates)
    source, rows = draft.source, np.diff(draft.proposal, prepend=0.0) / draft.proposal[-1]
    strata, stratum = np.unique(source.stratum, return_inverse=True)
    route = np.zeros(len(strata), np.int64)
    route[stratum] = source.route
    own = np.split(ratio[np.argsort(stratum[drawn], kind="stable")], np.cumsum(np.bincount(stratum[drawn], minlength=len(strata)))[:-1])
    parts = np.array([part.sum() for part in own])
    share = np.bincount(stratum, rows, minlength=len(strata))
    mean = np.divide(parts / len(ratio), share, out=np.zeros(len(strata)), where=share > 0)
    # a stratum that adds little may have more of its own above the bound
    added = np.where(parts > 0, parts / parts.sum(), 1.0)
    is_spread = np.array([source.routes[k].is_spread for k in route])
    excess = np.minimum(np.where(is_spread & (added < _LITTLE), _SPREAD_EXCESS, _EXCESS) / added, _MOST_EXCESS)
    largest = np.array([_bound(part, share) for part, share in zip(own, excess, strict=True)])
    # a stratum that the pilot saw little of
    rare = np.array([np.count_nonzero(part) for part in own]) < _RARE
    largest = np.where(rare, np.maximum(largest, _LEAST_SPREAD * mean), largest)
    above = sum(float(np.maximum(part - top, 0.0).sum()) for part, top in zip(own, largest, strict=True)) / parts.sum()
    rows = rows * largest[stratum]
    scale = float(rows.sum())
    # chance of a candidate of the new proposal to have a weight at all: in each stratum as in the pilot, which may have seen little of some
    chance = np.array([np.count_nonzero(part) / len(part) if len(part) else 1.0 for part in own])
    alive = float(np.bincount(stratum, rows, minlength=len(strata)) @ chance) / scale
    # known better than the pilot can tell, where few candidates carry most of the weight
    common = 1 - above
    return replace(draft, proposal=np.cumsum(rows), bound=scale, common=common, mean=total / alive, efficiency=common * total / scale)


def _adapted(run: Generator) -> Mapping[int, Stretched]:
    """Maps of the numbers of those routes that most candidates are spent on, if their momenta are drawn."""
    source = run.source
    share = np.bincount(source.route, np.diff(run.proposal, prepend=0.0), minlength=len(source.routes)) / run.proposal[-1]
    routes = np.flatnonzero((share > _DEAR) & np.array([route.is_spread for route in source.routes]))
    if not len(routes):
        return {}
    adapting = Adapting(routes, source.draws)
    for lesson in range(_LESSONS):
        run = replace(run, stretched=adapting.maps())
        drawn = run.candidates(streams.PILOT, np.arange(_LESSON), 1 + lesson)
        adapting.learn(source, drawn.rows, drawn.drawn, run.ratios(drawn))
    return adapting.maps()


def generate(
    spectrum: Spectrum,
    experiment: Experiment,
    n: int,
    seed: int = 1,
    *,
    state: str | None = None,
    final: str | None = None,
    weighted: bool = False,
    options: EventOptions = DEFAULTS,
) -> EventSample:
    """`n` events of heavy states decaying visibly in the experiment's detector, as one EventSample.

    Unweighted by default: every event stands for the same number of expected events, save the few whose candidate weight
    exceeded the maximum found. The weights sum to the rate within its error. Memory grows with n: files are written in
    chunks by `nusim.io.write.write_events`. `options`: hadrons of quarks, decays of ordinary particles, times of the beam.
    """
    return prepare(spectrum, experiment, n, seed, state=state, final=final, weighted=weighted, options=options).events(0, n)

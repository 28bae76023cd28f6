"""Events drawn from the weights that make the rate: setting up a run, and making it in one go."""

from dataclasses import replace

import numpy as np

from .. import pdg
from ..decays.table import decay_table
from ..errors import ParameterError
from ..experiment.experiment import Experiment
from ..experiment.source import decays_into, heavy_source, parents_of, states_with_known_decays, visible_final_states, why_nothing
from ..experiment.survey import expected_weights, survey
from ..model.spectrum import Spectrum
from ..production.table import MISSING_MODES
from .generator import Generator
from .sample import EventSample

_PILOT = 2
"""Place of the trial candidates in each seed's streams of random numbers."""

_PILOT_SIZE = 1 << 17

_MARGIN = 1.1
"""Room above the largest weight of the pilot: few later candidates exceed it, and those keep their larger weight."""


def prepare(
    spectrum: Spectrum,
    experiment: Experiment,
    n: int,
    seed: int = 1,
    *,
    state: str | None = None,
    final: str | None = None,
    weighted: bool = False,
) -> Generator:
    """Set up a run of `n` events: survey the beam, choose the proposal, find the largest weight.

    `state` and `final` restrict the heavy state and the final state. Raises ParameterError if nothing can be made
    (with the reason), for an unknown state or final state, and for a negative n.
    """
    if isinstance(n, bool) or not isinstance(n, int):
        raise ParameterError(f"n = {n}: the number of events is a whole number")
    if n < 0:
        raise ParameterError(f"n = {n}: the number of events must not be negative")
    if experiment.members:
        names = ", ".join(member.name for member in experiment.members)
        raise ParameterError(f"{experiment.name}: events are made for one detector at a time; take one of its members: {names}")
    known, notes = states_with_known_decays(spectrum)
    if state is not None and state not in known:
        raise ParameterError(f"state {state!r}: events can be made for {', '.join(known)}" + "".join(f" ({note})" for note in notes))
    states = known if state is None else (state,)
    tables = [decay_table(spectrum, name) for name in states]
    finals = tuple(one for table in tables for one in visible_final_states(table, spectrum.majorana))
    if final is not None:
        wanted = pdg.canonical_products(final)
        if all(table.width(name) == 0 for table in tables for name in (wanted, pdg.conjugate_products(wanted))):
            raise ParameterError(f"final state {wanted!r}: closed for {', '.join(f'{t.parent} of {t.mass:.6g} GeV' for t in tables)}")
        finals = tuple(one for one in finals if one.products == wanted)
        if not finals:
            raise ParameterError(
                f"final state {wanted!r}: nothing in it can be seen; events hold decays with a charged particle, photon or meson"
            )
    if not finals:
        raise ParameterError(f"{spectrum.model.name}: no visible decay of {', '.join(states)} is open")
    parents = parents_of(experiment)
    source = heavy_source(spectrum, experiment, parents, tables, seed)
    if not source.modes:
        raise ParameterError(why_nothing(spectrum, experiment, parents, states))
    found = survey(source, seed)
    total = {table.parent: table.total_width for table in tables}
    share = [
        np.array([decays_into(mode, one, spectrum.majorana) for mode in source.modes]) * (one.channel.width / total[one.state])
        for one in finals
    ]
    visible = np.sum(share, axis=0)
    expected = experiment.protons * float(found.by_mode @ visible)
    if expected == 0:
        raise ParameterError(f"{experiment.name}: no heavy neutrino decays visibly inside the detector")
    proposal = expected_weights(source) * visible[source.mode]
    warnings = tuple(dict.fromkeys([*spectrum.warnings, *notes, MISSING_MODES, *(w for table in tables for w in table.warnings)]))
    rates: dict[str, float] = {}
    for one, part in zip(finals, share, strict=True):
        rates[one.products] = rates.get(one.products, 0.0) + experiment.protons * float(found.by_mode @ part)
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
        proposal=np.cumsum(proposal),
        visible=visible,
        bound=1.0,
        mean=1.0,
        warnings=warnings,
        efficiency=1.0,
        rates_by_channel=rates,
    )
    _, ratio, _ = draft.candidates(_PILOT, np.arange(_PILOT_SIZE), 0)
    bound = _MARGIN * float(ratio.max())
    return replace(draft, bound=bound, mean=float(ratio[ratio > 0].mean()), efficiency=float(ratio.mean()) / bound)


def generate(
    spectrum: Spectrum,
    experiment: Experiment,
    n: int,
    seed: int = 1,
    *,
    state: str | None = None,
    final: str | None = None,
    weighted: bool = False,
) -> EventSample:
    """`n` events of heavy states decaying visibly in the experiment's detector, as one EventSample.

    Unweighted by default: every event stands for the same number of expected events, save the few whose candidate weight
    exceeded the maximum found. The weights sum to the rate within its error. Memory grows with n: files are written in
    chunks by `nusim.io.write.write_events`.
    """
    return prepare(spectrum, experiment, n, seed, state=state, final=final, weighted=weighted).events(0, n)

"""Which existing bounds hold for a model, which experiments to come can reach it, and why."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..cards.read import read_experiment
from ..experiment.experiment import Experiment
from ..model.model import FLAVOURS, DarkNeutrino, DarkSector, Hnl, Model
from ..model.spectrum import Spectrum, solve
from ..rates.rate import Rate
from .curve import Curve
from .dark_photon import dark_photon_bounds
from .experiment_bound import EXISTING, PROJECTIONS, CountedBound
from .published import MISSING_EXTRA, Limit, installed, published
from .signal import Signal, largest_mixing, main_flavour, signals, with_mixing
from .strength import crossings, peak_strength, scaled_strength
from .verdict import Kind, ModelBounds, Outcome, Verdict

_ALONG = np.geomspace(1e-13, 1.0, 161)


def recast(
    model: Model,
    experiments: Sequence[Experiment | str] = (*EXISTING, *PROJECTIONS),
    *,
    confidence: float = 0.90,
    limits: bool = True,
    masses: Sequence[float] = (),
    seed: int = 1,
    rates: Mapping[str, Rate] | None = None,
    progress: Callable[[str], object] = lambda name: None,
) -> ModelBounds:
    """Every bound on a model: as published, for a standard heavy neutrino, and with the model's own lifetimes and branching ratios.

    Experiments are counted with `expected_events` at the model's point, chains included; those of `EXISTING` give 'excluded', others
    'reachable'. Where an experiment's limit is published at a state's mass, its events are compared with those of a standard heavy
    neutrino at that limit, so that efficiencies cancel, else with its card's criterion. Peak searches hold for each state alone, weakened
    by visible decays inside the apparatus. `limits`: also limits along the mixing of counted experiments (some seconds each). `masses`: of
    the heaviest state, GeV, at which limits are computed too, as curves. `rates`: those already known for this model and seed, by
    experiment, which are not computed again. `progress` is called with each experiment's name.
    """
    spectrum = solve(model)
    flavour = main_flavour(spectrum)
    warnings = list(spectrum.warnings)
    if not isinstance(model, Hnl | DarkNeutrino):
        limits = False
        warnings.append(f"{model.name}: of several families: verdicts at the point, no limits along the mixing")
    known = _published(spectrum, confidence, warnings)
    verdicts = [*_published_verdicts(model, spectrum, known, limits)]
    curves: list[Curve] = [one.curve() for one in known if one.entry.flavour == flavour] if masses else []
    for given in experiments:
        experiment = read_experiment(given) if isinstance(given, str) else given
        progress(experiment.name)
        counted = CountedBound(model, spectrum, flavour, experiment, confidence, limits, masses, seed, (rates or {}).get(experiment.name))
        verdicts.append(counted.verdict())
        curves += counted.curves()
        warnings += counted.warnings
    verdicts += _dark_photon_verdicts(spectrum)
    return ModelBounds(model.name, flavour, spectrum, tuple(verdicts), tuple(curves), tuple(dict.fromkeys(warnings)))


def _published(spectrum: Spectrum, confidence: float, warnings: list[str]) -> list[Limit]:
    """Limits on the mixing with every flavour that a heavy state has."""
    if not installed():
        warnings.append(f"{MISSING_EXTRA}; peak searches and collider bounds are left out, others are nusim's own")
        return []
    mixed = [flavour for flavour in FLAVOURS if any(spectrum.mixing2(flavour, state) > 0 for state in spectrum.heavy_states)]
    return [limit for flavour in mixed for limit in published(flavour, spectrum.majorana, confidence)]


def _published_verdicts(model: Model, spectrum: Spectrum, known: list[Limit], limits: bool) -> list[Verdict]:
    """Peak searches and scaled searches, for each state."""
    here = signals([spectrum])
    along: dict[str, Signal] = {}
    if limits:
        largest = largest_mixing(model)
        along = signals([solve(with_mixing(model, float(value))) for value in np.append(_ALONG[largest > _ALONG], largest)])
    found = []
    for limit in known:
        if limit.entry.peak is None and limit.entry.flight is None:
            continue
        for state, signal in here.items():
            found.append(_of_state(limit, state, signal, here, along))
    return found


def _of_state(limit: Limit, state: str, signal: Signal, here: dict[str, Signal], along: dict[str, Signal]) -> Verdict:
    entry = limit.entry
    kind: Kind = "peak search" if entry.peak is not None else "scaled"
    value = float(signal.mixing2[0, _place(entry.flavour)])
    mass = float(signal.mass[0])
    bound = limit.at(mass)
    if np.isnan(bound):
        where = f"{state} of {mass:.4g} GeV: outside {limit.mass[0]:.3g} to {limit.mass[-1]:.3g} GeV"
        return Verdict(entry.name, entry.label, kind, "no bound", state, None, value=value, reason=where, flavour=entry.flavour)
    chance: float | None = None
    if entry.peak is not None:
        strengths, chances = peak_strength(limit, signal, here)
        strength, chance = float(strengths[0]), float(chances[0])
        reason = f"decays visibly inside with a chance of {chance:.2g}: " + ("the condition holds" if chance < 0.01 else "weakened")
    else:
        strength = float(scaled_strength(limit, signal)[0])
        if np.isnan(strength):
            return Verdict(
                entry.name,
                entry.label,
                kind,
                "no bound",
                state,
                None,
                value=value,
                reason="the search sees no decay of this mass",
                flavour=entry.flavour,
            )
        reason = "scaled from the published limit by production, visible share and lifetime"
    own = None
    if along:
        line = along[state]
        strengths = peak_strength(limit, line, along)[0] if entry.peak is not None else scaled_strength(limit, line)
        own = _finite(crossings(line.mixing2[:, _place(entry.flavour)], strengths)[0])
    verdict: Outcome = "excluded" if strength >= 1 else "allowed"
    return Verdict(
        entry.name, entry.label, kind, verdict, state, strength, None, None, value, bound, bound, own, chance, reason, entry.flavour
    )


def _dark_photon_verdicts(spectrum: Spectrum) -> list[Verdict]:
    model = spectrum.model
    if not isinstance(model, DarkSector) or model.portals.kinetic == 0:
        return []
    epsilon = abs(model.portals.kinetic)
    found = []
    for bound in dark_photon_bounds(spectrum):
        weaker = "as published" if bound.share > 0.999 else f"weakened: a share {bound.share:.2g} of its decays is what is looked for"
        said: Outcome = "excluded" if epsilon >= bound.model else "allowed"
        strength = epsilon / bound.model if np.isfinite(bound.model) else 0.0
        found.append(
            Verdict(
                bound.name, bound.label, "dark photon", said, "zprime", strength, None, None, epsilon, bound.published, None,
                _finite(bound.model), None, f"|epsilon|; {weaker}",
            )
        )  # fmt: skip
    return found


def _place(flavour: str) -> int:
    return FLAVOURS.index(flavour)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None

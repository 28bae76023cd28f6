"""Rates as a pyhf workspace: one counting channel an experiment, for limits with any statistics and in combination with other channels."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from ..errors import ParameterError
from ..experiment.experiment import Experiment
from ..rates.rate import Rate

POI = "mu"
"""Strength of the signal: 1 is the model's own rate."""


def pyhf_workspace(found: Sequence[tuple[Experiment, Rate]], background_uncertainty: float = 0.0) -> dict[str, Any]:
    """The workspace (HistFactory JSON, version 1.0.0) of a model's rates in some experiments.

    Each experiment is a channel of one bin: selected events, their nuisances as log-normal factors that experiments of one beam share, the
    Monte Carlo error as a factor of its own; and the background of its card, with `background_uncertainty` (relative). What is observed is
    the background: an Asimov set, for what would be expected without a signal. Composite experiments are given as their members.
    ParameterError without experiments, for a composite or twice the same one, and where nothing is selected in any of them.
    Source: L. Heinrich, M. Feickert, G. Stark, K. Cranmer, J. Open Source Softw. 6 (2021) 2823.
    """
    names = [experiment.name for experiment, _ in found]
    if not found or len(set(names)) < len(names):
        raise ParameterError(f"pyhf workspace: one or more experiments, each once; found {', '.join(names) or 'none'}")
    for experiment, _ in found:
        if experiment.members:
            raise ParameterError(f"pyhf workspace: {experiment.name} is composite: give its members, {', '.join(_names(experiment))}")
    if not any(rate.selected_events > 0 for _, rate in found):
        raise ParameterError(f"pyhf workspace: {found[0][1].model}: no selected events in {', '.join(names)}: there is no signal to test")
    if not 0 <= background_uncertainty < 10:
        raise ParameterError(f"pyhf workspace: background uncertainty {background_uncertainty:g}: relative, 0 to 10")
    return {
        "channels": [
            {"name": experiment.name, "samples": _samples(experiment, rate, background_uncertainty)} for experiment, rate in found
        ],
        "observations": [{"name": experiment.name, "data": [experiment.background]} for experiment, _ in found],
        "measurements": [
            {"name": f"{found[0][1].model}, nusim {version('nusim')}", "config": {"poi": POI, "parameters": _parameters(found)}}
        ],
        "version": "1.0.0",
    }


def _names(experiment: Experiment) -> list[str]:
    return [member.name for member in experiment.members]


def _samples(experiment: Experiment, rate: Rate, background_uncertainty: float) -> list[dict[str, Any]]:
    events = rate.selected_events
    signal: list[dict[str, Any]] = [{"name": POI, "type": "normfactor", "data": None}]
    if events > 0:
        beam = experiment.beam.name if experiment.beam is not None else experiment.name
        changes = {f"{beam}: {name}": change / events for name, change in rate.selected_norm_by_nuisance.items()}
        changes[f"{experiment.name}: Monte Carlo"] = rate.selected_stat_error / events
        signal += [_factor(name, change) for name, change in changes.items() if change != 0]
    samples = [{"name": "signal", "data": [events], "modifiers": signal}]
    if experiment.background > 0:
        spread = [_factor(f"{experiment.name}: background", background_uncertainty)] if background_uncertainty > 0 else []
        samples.append({"name": "background", "data": [experiment.background], "modifiers": spread})
    return samples


def _factor(name: str, change: float) -> dict[str, Any]:
    """A factor 1 + change at one standard deviation, its inverse at minus one."""
    return {"name": name, "type": "normsys", "data": {"hi": 1 + change, "lo": 1 / (1 + change)}}


def _parameters(found: Sequence[tuple[Experiment, Rate]]) -> list[dict[str, Any]]:
    """Range of the strength: far beyond what the most sensitive experiment would exclude."""
    most = max(rate.selected_events / (1 + experiment.background**0.5) for experiment, rate in found)
    return [{"name": POI, "inits": [1.0], "bounds": [[0.0, max(10.0, 100.0 / most)]]}]

"""Distributions of an event sample."""

from typing import TYPE_CHECKING

import numpy as np

from ..events.sample import FINAL, INTERMEDIATE, EventSample
from ..experiment.experiment import Experiment
from ..kernels.arrays import Array
from ..units import ns
from .style import line_style, new_figure, tex

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BINS = 40


def events(sample: EventSample, experiment: Experiment) -> "Figure":
    """Energy of the heavy state, visible energy, where it decays, and its delay; by final state, in expected events."""
    event = np.repeat(np.arange(len(sample)), np.diff(sample.offsets))
    heavy = sample.status == INTERMEDIATE
    energy = np.zeros(len(sample))
    energy[event[heavy]] = sample.momentum[heavy, 0]
    shown = (sample.status == FINAL) & (sample.mother == 2) & ~np.isin(np.abs(sample.pdg), (12, 14, 16))
    visible: Array = np.bincount(event[shown], sample.momentum[shown, 0], minlength=len(sample)).astype(float)
    place = experiment.to_detector(sample.decay_vertex[:, 1:])
    figure, axes = new_figure(2, 2, width=5.2, height=3.6)
    for panel, values, label, logarithmic in (
        (axes[0, 0], energy, "energy of the heavy neutrino [GeV]", False),
        (axes[0, 1], visible, "visible energy [GeV]", False),
        (axes[1, 0], place[:, 2], "decay point along the detector [m]", False),
        (axes[1, 1], sample.delay / ns, "delay against light neutrinos [ns]", True),
    ):
        _histogram(panel, sample, values, logarithmic)
        panel.set_xlabel(label)
        panel.set_ylabel("expected events per bin")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=9)
    name = sample.metadata.get("model", {}).get("name", "")
    figure.suptitle(f"{name} at {experiment.name}: {len(sample)} events")
    return figure


def _histogram(panel: "Axes", sample: EventSample, values: Array, logarithmic: bool) -> None:
    if not len(values):
        return
    low, high = float(values.min()), float(values.max())
    if logarithmic and low > 0:
        edges = np.geomspace(low, high * (1 + 1e-9), _BINS + 1)
        panel.set_xscale("log")
    else:
        edges = np.linspace(low, high + 1e-9 * max(abs(high), 1.0), _BINS + 1)
    for place, channel in enumerate(sample.channels):
        mine = sample.channel == place
        if mine.any():
            counts, _ = np.histogram(values[mine], edges, weights=sample.weight[mine])
            style = line_style(place)
            panel.stairs(counts, edges, label=tex(channel), color=style["color"], linestyle=style["linestyle"], linewidth=1.4)

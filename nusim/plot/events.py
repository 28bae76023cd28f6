"""Distributions of an event sample."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..events.sample import FINAL, EventSample
from ..experiment.experiment import Experiment
from ..kernels.arrays import Array
from ..pdg import HEAVY_STATE_CODES, NEUTRINO_OF_FLAVOUR
from ..units import ns
from .style import line_style, new_figure, tex

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BINS = 40
_INVISIBLE = (*NEUTRINO_OF_FLAVOUR, *HEAVY_STATE_CODES.values())


def events(sample: EventSample, experiment: Experiment) -> "Figure":
    """Energy of the heavy state seen, visible energy of its decay, where it decays, and its delay, in expected events by final state;
    and energy and delay by route where the states seen came by several."""
    event = np.repeat(np.arange(len(sample)), np.diff(sample.offsets))
    energy = sample.momentum[sample.offsets[:-1] + sample.seen, 0]
    shown = (sample.status == FINAL) & (sample.mother == sample.seen[event]) & ~np.isin(np.abs(sample.pdg), _INVISIBLE)
    visible: Array = np.bincount(event[shown], sample.momentum[shown, 0], minlength=len(sample)).astype(float)
    place = experiment.to_detector(sample.decay_vertex[:, 1:])
    state = "heavy state" if {"zprime", "phi"} & set(sample.states) else "heavy neutrino"
    of_energy = (energy, f"energy of the {state} [GeV]", False)
    of_delay = (sample.delay / ns, "delay against light neutrinos [ns]", True)
    by_channel = ("by final state", sample.channel, tuple(tex(channel) for channel in sample.channels))
    by_route = ("by route", sample.route, tuple(_route_label(route) for route in sample.routes))
    panels = [
        (of_energy, by_channel),
        ((visible, "visible energy [GeV]", False), by_channel),
        ((place[:, 2], "decay point along the detector [m]", False), by_channel),
        (of_delay, by_channel),
        *([(of_energy, by_route), (of_delay, by_route)] if len(np.unique(sample.route)) > 1 else []),
    ]
    figure, axes = new_figure(2, len(panels) // 2, width=5.2, height=3.6)
    titled = set[str]()
    for panel, ((values, label, logarithmic), (title, kind, names)) in zip(axes.flat, panels, strict=True):
        _histogram(panel, sample, values, logarithmic, kind, names)
        panel.set_xlabel(label)
        panel.set_ylabel("expected events per bin")
        if title not in titled and len(sample):
            # legends stand beside the first panels of their kind
            titled.add(title)
            curves, labels = panel.get_legend_handles_labels()
            if kind is sample.channel:
                figure.legend(curves, labels, loc="outside right upper", frameon=False, fontsize=9, title=title)
            else:
                figure.legend(curves, labels, loc="outside right lower", frameon=False, fontsize=9, title=title)
    name = sample.metadata.get("model", {}).get("name", "")
    figure.suptitle(f"{name} at {experiment.name}: {len(sample)} events")
    return figure


def _route_label(route: str) -> str:
    return " from ".join(tex(state) for state in route.split(" from "))


def _histogram(
    panel: "Axes", sample: EventSample, values: Array, logarithmic: bool, kind: NDArray[np.int16], names: tuple[str, ...]
) -> None:
    if not len(values):
        return
    low, high = float(values.min()), float(values.max())
    if logarithmic and low > 0:
        edges = np.geomspace(low, high * (1 + 1e-9), _BINS + 1)
        panel.set_xscale("log")
    else:
        edges = np.linspace(low, high + 1e-9 * max(abs(high), 1.0), _BINS + 1)
    for place, name in enumerate(names):
        mine = kind == place
        if mine.any():
            counts, _ = np.histogram(values[mine], edges, weights=sample.weight[mine])
            style = line_style(place)
            panel.stairs(counts, edges, label=name, color=style["color"], linestyle=style["linestyle"], linewidth=1.4)

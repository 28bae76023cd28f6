"""Distributions of an event sample."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..events.measure import Measured
from ..events.sample import EventSample
from ..experiment.experiment import Experiment
from ..kernels.arrays import Array, BoolArray
from ..pdg import HEAVY_STATE_CODES, NEUTRINO_OF_FLAVOUR
from ..units import ns
from .style import line_style, new_figure, tex

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BINS = 40
_NARROW, _AROUND_ONE = 1e-6, 0.1
INVISIBLE = (*NEUTRINO_OF_FLAVOUR, *HEAVY_STATE_CODES.values())
"""Codes, without sign, of what a detector does not see."""
_NEAR = 1.0
"""Metres of flight after which a decay is no longer part of the vertex seen: a muon's, a kaon's."""


def events(sample: EventSample, experiment: Experiment | None = None, seen: Measured | None = None) -> "Figure":
    """Energy of the heavy state seen; energy, mass and angle to the beam of what is visible of its decay; where it decays, and its delay.

    All in expected events by final state; energy and delay also by route where the states seen came by several.

    `experiment`: by default the sample's own. `seen`: what a detector measures, for what is visible, in place of the true momenta; events
    of which it sees nothing are left out there.
    """
    energy = sample.momentum[sample.offsets[:-1] + sample.seen, 0]
    visible = _visible_momentum(sample, seen)
    some = np.flatnonzero(visible[:, 0] > 0) if seen is not None else np.arange(len(sample))
    size = np.sqrt(np.sum(visible[:, 1:] ** 2, axis=1))
    mass = np.sqrt(np.maximum((visible[:, 0] - size) * (visible[:, 0] + size), 0.0))
    angle = np.arctan2(np.hypot(visible[:, 1], visible[:, 2]), visible[:, 3])
    word = "visible" if seen is None else "measured visible"
    state = "heavy state" if {"zprime", "phi"} & set(sample.states) else "heavy neutrino"
    of_energy = (energy, f"energy of the {state} [GeV]", "")
    of_delay = (sample.delay / ns, "delay against light neutrinos [ns]", "x")
    by_channel = ("by final state", sample.channel, tuple(tex(channel) for channel in sample.channels))
    by_route = ("by route", sample.route, tuple(_route_label(route) for route in sample.routes))
    panels = [
        (of_energy, by_channel),
        ((visible[:, 0], f"{word} energy [GeV]", ""), by_channel),
        # peaks of mesons would hide the rest
        ((mass, f"{word} invariant mass [GeV]", "y"), by_channel),
        ((angle, f"angle of the {word} momentum to the beam [rad]", "x"), by_channel),
        ((_depth(sample, experiment), "decay point along the detector [m]", ""), by_channel),
        (of_delay, by_channel),
        *([(of_energy, by_route), (of_delay, by_route)] if len(np.unique(sample.route)) > 1 else []),
    ]
    figure, axes = new_figure(2, len(panels) // 2, width=5.2, height=3.6)
    titled = set[str]()
    for panel, ((values, label, powers), (title, kind, names)) in zip(axes.flat, panels, strict=True):
        kept = some if word in label else slice(None)
        _histogram(panel, sample.weight[kept], values[kept], powers, kind[kept], names)
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
    figure.suptitle(f"{title_of(sample, experiment)}: {len(sample)} events")
    return figure


def title_of(sample: EventSample, experiment: Experiment | None = None) -> str:
    """Model and experiment of a sample."""
    model, place = (sample.metadata.get(key, {}).get("name", "") for key in ("model", "experiment"))
    return f"{model} at {experiment.name if experiment is not None else place}"


def from_visible_decay(sample: EventSample) -> BoolArray:
    """Which particles (N,) come from the decay seen: not those of heavy states that it leaves, nor of what has flown more than a metre."""
    event = np.repeat(np.arange(len(sample)), np.diff(sample.offsets))
    seen = (sample.offsets[:-1] + sample.seen)[event]
    mother = np.where(sample.mother >= 0, sample.offsets[event] + sample.mother, -1)
    size = np.sqrt(np.sum(sample.momentum[:, 1:] ** 2, axis=1))
    flown = sample.proper_time * np.divide(size, sample.mass, out=np.zeros(len(size)), where=sample.mass > 0)
    passes = ~np.isin(np.abs(sample.pdg), tuple(HEAVY_STATE_CODES.values())) & (flown < _NEAR)
    below = mother == seen
    while True:
        more = below | ((mother >= 0) & below[mother] & passes[mother])
        if np.array_equal(more, below):
            break
        below = more
    result: BoolArray = below
    return result


def _visible_momentum(sample: EventSample, seen: Measured | None) -> Array:
    """Sum of what is visible of the decay seen, (n, 4), GeV, beam frame: true momenta, or what is measured."""
    event = np.repeat(np.arange(len(sample)), np.diff(sample.offsets))
    below = from_visible_decay(sample)
    mother = np.where(sample.mother >= 0, sample.offsets[event] + sample.mother, 0)
    # what decays later stands for its products
    leaves = below.copy()
    leaves[mother[below]] = False
    shown = leaves & ~np.isin(np.abs(sample.pdg), INVISIBLE)
    momentum = sample.momentum
    if seen is not None:
        shown, momentum = shown & seen.seen, seen.momentum
    parts = [np.bincount(event[shown], momentum[shown, k], minlength=len(sample)) for k in range(4)]
    result: Array = np.array(parts, float).reshape(4, len(sample)).T
    return result


def _depth(sample: EventSample, experiment: Experiment | None) -> Array:
    """Place of the decays seen along the detector's third axis, metres."""
    points = sample.decay_vertex[:, 1:]
    if experiment is not None:
        return experiment.to_detector(points)[:, 2]
    result: Array = to_detector(sample, points)[:, 2]
    return result


def to_detector(sample: EventSample, points: Array) -> Array:
    """Beam-frame points (n, 3) in the detector frame that the sample's metadata give."""
    frame = sample.metadata["frames"]["detector"]
    result: Array = (points - np.array(frame["local_origin"], float)) @ np.array(frame["rotation"], float).T
    return result


def _route_label(route: str) -> str:
    return " from ".join(tex(state) for state in route.split(" from "))


def _histogram(panel: "Axes", weight: Array, values: Array, powers: str, kind: NDArray[np.int16], names: tuple[str, ...]) -> None:
    """`powers`: the axes, 'x' and 'y', that are logarithmic."""
    if not len(values):
        return
    low, high = float(values.min()), float(values.max())
    if high - low < _NARROW * abs(high):
        # one value but for rounding
        low, high = low - _AROUND_ONE * abs(high), high + _AROUND_ONE * abs(high)
    if "x" in powers and low > 0:
        edges = np.geomspace(low, high * (1 + 1e-9), _BINS + 1)
        panel.set_xscale("log")
    else:
        edges = np.linspace(low, high + 1e-9 * max(abs(high), 1.0), _BINS + 1)
        panel.locator_params(axis="x", nbins=6)
    for place, name in enumerate(names):
        mine = kind == place
        if mine.any():
            counts, _ = np.histogram(values[mine], edges, weights=weight[mine])
            style = line_style(place)
            panel.stairs(counts, edges, label=name, color=style["color"], linestyle=style["linestyle"], linewidth=1.4)
    if "y" in powers and weight.any():
        panel.set_yscale("log")

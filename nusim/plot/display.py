"""One event in its detector, seen from above and from the side."""

from typing import TYPE_CHECKING

import numpy as np

from .. import pdg
from ..errors import ParameterError
from ..events.sample import FINAL, EventSample
from ..experiment.volumes import Volume
from ..kernels.arrays import Array
from ..pdg import HEAVY_STATE_CODES, NEUTRINO_OF_FLAVOUR
from .events import title_of, to_detector
from .style import COLOURS, new_figure, tex

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_KINDS = {
    **{11: COLOURS[0], 13: COLOURS[1], 15: COLOURS[7], 22: COLOURS[4]},
    **{111: COLOURS[4], 211: COLOURS[2], 321: COLOURS[3], 2212: COLOURS[5]},
}
_HEAVY, _OTHER, _HIDDEN = "#000000", "#8C6D31", "#999999"
_MARGIN = 0.15
"""Of the detector's size, drawn around it."""
_AROUND = 65
"""Points around a round wall."""


def display(sample: EventSample, number: int, volumes: tuple[Volume, ...], named: int | None = None) -> "Figure":
    """Event `number` of the sample, counted from 0, in detector axes: x against z and y against z, every particle a straight line.

    Heavy states and what comes of them: charged particles are solid, neutral ones dashed, light neutrinos dotted; what does not decay is
    drawn to the edge of the picture. Magnetic fields and matter are not there. `named`: the number that the title gives. ParameterError for
    an event that the sample does not hold.
    """
    if not 0 <= number < len(sample):
        raise ParameterError(f"event {number}: the sample holds {len(sample)}, counted from 0")
    outlines = [to_detector(sample, _surface(volume)) for volume in volumes]
    rows = np.arange(sample.offsets[number], sample.offsets[number + 1])
    start, end = to_detector(sample, sample.vertex[rows, 1:]), np.full((len(rows), 3), np.nan)
    has = sample.mother[rows] >= 0
    end[sample.mother[rows][has]] = start[has]
    seen = int(sample.seen[number])
    vertex = end[seen]
    everything = np.concatenate([*outlines, vertex[None]])
    low, high = everything.min(axis=0), everything.max(axis=0)
    room = _MARGIN * np.maximum(high - low, 0.1 * (high - low).max() + 1e-9)
    low, high = low - room, high + room
    direction = to_detector(sample, sample.vertex[rows, 1:] + sample.momentum[rows, 1:]) - start
    size = np.sqrt(np.sum(direction**2, axis=1))
    direction /= np.where(size > 0, size, 1.0)[:, None]
    leaves = np.isnan(end[:, 0])
    end[leaves] = (start + direction * (2 * np.linalg.norm(high - low) + np.linalg.norm(start - (low + high) / 2, axis=1))[:, None])[leaves]
    # what the beam's particle leaves besides is stopped long before
    shown = np.isin(np.abs(sample.pdg[rows]), tuple(HEAVY_STATE_CODES.values()))
    for k, mother in enumerate(sample.mother[rows].tolist()):
        shown[k] |= mother >= 0 and shown[mother]
    figure, axes = new_figure(2, 1, width=6.4, height=4.6)
    for panel, across, name in zip(axes.flat, (0, 1), "xy", strict=True):
        for outline in outlines:
            corners = _hull(outline[:, [2, across]])
            panel.fill(*corners.T, facecolor="#f2f2f2", edgecolor="black", linewidth=1.2, zorder=0)
        for k, row in enumerate(rows.tolist()):
            if not shown[k]:
                continue
            final, energy = bool(sample.status[row] == FINAL), float(sample.momentum[row, 0])
            _track(panel, int(sample.pdg[row]), final, start[k], end[k], across, k == seen, energy)
        panel.plot(vertex[2], vertex[across], "o", color="black", markersize=4, zorder=5)
        panel.set_xlim(low[2], high[2])
        panel.set_ylim(low[across], high[across])
        panel.set_xlabel("z [m]")
        panel.set_ylabel(f"{name} [m]")
    curves, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(curves, labels, loc="outside right upper", frameon=False, fontsize=9)
    channel = tex(sample.channels[sample.channel[number]])
    said = f"event {number if named is None else named}: {tex(sample.states[sample.state[number]])} to {channel}, detector frame"
    figure.suptitle(f"{title_of(sample)}, {said}")
    return figure


def _track(panel: "Axes", code: int, final: bool, start: Array, end: Array, across: int, seen: bool, energy: float) -> None:
    """One particle; named with its energy if it leaves the event or is the state seen, and begins or ends in the picture."""
    kind = abs(code)
    heavy = kind in HEAVY_STATE_CODES.values()
    hidden = kind in NEUTRINO_OF_FLAVOUR
    charged = not heavy and pdg.charge(code) != 0
    colour = _HEAVY if heavy else _HIDDEN if hidden else _KINDS.get(kind, _OTHER)
    style = "-" if charged or heavy else ":" if hidden else "--"
    label = f"{_name(code)}  {energy:.3g} GeV" if final or seen else None
    panel.plot(
        [start[2], end[2]], [start[across], end[across]], style, color=colour, linewidth=1.0 if hidden or not final else 1.6, label=label
    )


def _name(code: int) -> str:
    if abs(code) in NEUTRINO_OF_FLAVOUR:
        flavour = ("e", r"\mu", r"\tau")[NEUTRINO_OF_FLAVOUR.index(abs(code))]
        return rf"$\nu_{flavour}$" if code > 0 else rf"$\bar\nu_{flavour}$"
    if abs(code) in HEAVY_STATE_CODES.values():
        return tex(pdg.NAMES[abs(code)])
    return tex(pdg.NAMES[code]) if code in pdg.NAMES else _from_tables(code)


def _from_tables(code: int) -> str:
    from particle import Particle, ParticleNotFound

    try:
        return f"${Particle.from_pdgid(code).latex_name}$"
    except ParticleNotFound:
        return str(code)


def _surface(volume: Volume) -> Array:
    """Points in the beam frame whose hull is the volume."""
    u = np.stack(np.meshgrid([0.0, 1.0], np.linspace(0, 1, _AROUND), [0.0, 1.0], indexing="ij"), axis=-1).reshape(-1, 3)
    return volume.sample(u)


def _hull(points: Array) -> Array:
    """Corners of the convex hull of points (n, 2), in order."""
    from scipy.spatial import ConvexHull

    corners: Array = points[ConvexHull(points).vertices]
    return corners

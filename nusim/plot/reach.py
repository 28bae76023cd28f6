"""Sensitivity contours in the plane of two parameters."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ParameterError
from ..rates.points import Axis
from ..rates.reach import Reach
from ..rates.scan import Scan
from .style import axis_label, line_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MARGIN = 0.06
"""Of the axes about the contours, in their measure."""
_WIDE = 12.0
"""Ratio of the ends of a logarithmic axis beyond which only decades are labelled."""
_FOLD = 1e-6
"""Closed contours run along the grid's rim: what is closer to it, in units of the axis, is drawn as open."""


def reach(found: Sequence[Reach], legend: bool = True) -> "Figure":
    """Contours of several experiments over the same two axes; bands where they were asked for. Parts along the grid's rim are not drawn."""
    if not found:
        raise ParameterError("plot: no reach is given; give those of Scan.reach() or of files")
    from matplotlib.ticker import NullFormatter

    first = found[0]
    for one in found:
        if (one.x.key, one.y.key) != (first.x.key, first.y.key):
            raise ParameterError(f"plot: axes {one.x.key}, {one.y.key} and {first.x.key}, {first.y.key} do not belong in one figure")
    figure, axes = new_figure(width=6.6, height=5.0)
    for place, one in enumerate(found):
        style = line_style(place)
        _band(axes, one, str(style["color"]))
        for number, contour in enumerate(one.contours):
            x, y = _open(contour, one.x, one.y)
            axes.plot(x, y, label=f"{one.experiment} ({one.rule})" if number == 0 else None, **style)
        if not one.contours:
            axes.plot([], [], label=f"{one.experiment}: nothing excluded", **style)
    for axis, side in ((first.x, "x"), (first.y, "y")):
        ends = (min(one.x.values[0] if side == "x" else one.y.values[0] for one in found), 0.0)
        ends = (ends[0], max(one.x.values[-1] if side == "x" else one.y.values[-1] for one in found))
        axes.set(**{f"{side}scale": "log" if axis.is_log else "linear", f"{side}label": axis_label(axis.key)})
        limits = _limits(found, axis, side, ends)
        axes.set(**{f"{side}lim": limits})
        if axis.is_log and limits[1] > _WIDE * limits[0]:
            getattr(axes, f"{side}axis").set_minor_formatter(NullFormatter())
    if legend:
        axes.legend(frameon=False, fontsize=8.5)
    return figure


def rate_map(found: Sequence[Scan]) -> "Figure":
    """Selected events over the two axes of a scan, a panel for each experiment."""
    figure, panels = new_figure(columns=len(found), width=5.6)
    for axes, one in zip([panels] if len(found) == 1 else panels, found, strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.log10(one.rates)
        shown = np.where(np.isfinite(values), np.maximum(values, _FEWEST), np.nan)
        image = axes.pcolormesh(one.x.values, one.y.values, shown.T, shading="nearest", cmap="viridis", rasterized=True)
        figure.colorbar(image, ax=axes, label=r"$\log_{10}$ selected events")
        for axis, side in ((one.x, "x"), (one.y, "y")):
            axes.set(**{f"{side}scale": "log" if axis.is_log else "linear", f"{side}label": axis_label(axis.key)})
        axes.set_title(f"{one.model} at {one.experiment.name}", fontsize=10)
    return figure


_FEWEST = -6.0
"""Logarithm of events below which all have one colour."""


def _limits(found: Sequence[Reach], axis: Axis, side: str, ends: tuple[float, float]) -> tuple[float, float]:
    """About the contours, within the grids."""
    column = 0 if side == "x" else 1
    values = [contour[:, column] for one in found for contour in one.contours]
    if not values:
        return ends
    low, high = axis.measure(min(part.min() for part in values)), axis.measure(max(part.max() for part in values))
    room = _MARGIN * max(float(high - low), 1e-6)
    return max(float(axis.value(low - room)), ends[0]), min(float(axis.value(high + room)), ends[1])


def _open(contour: np.ndarray, x: Axis, y: Axis) -> tuple[np.ndarray, np.ndarray]:
    """A contour with gaps where both ends of a side lie on the same rim of the grid."""
    px, py = contour[:, 0].copy(), contour[:, 1].copy()
    gap = np.zeros(len(px) - 1, bool)
    for axis, values in ((x, px), (y, py)):
        at, span = axis.measure(values), axis.measure(axis.values)
        for rim in (span[0], span[-1]):
            near = np.abs(at - rim) < _FOLD * (span[-1] - span[0])
            gap |= near[:-1] & near[1:]
    places = np.flatnonzero(gap) + 1
    return np.insert(px, places, np.nan), np.insert(py, places, np.nan)


def _band(axes: "Axes", one: Reach, colour: str) -> None:
    """Fills between the contours for more and for fewer events."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    up, down = one.band.get("up", ()), one.band.get("down", ())
    if not up:
        return
    # the larger region less the smaller: an even-odd fill of both, the inner one reversed
    parts = [Path(contour, closed=False) for contour in up] + [Path(contour[::-1], closed=False) for contour in down]
    axes.add_patch(PathPatch(Path.make_compound_path(*parts), facecolor=colour, alpha=0.25, linewidth=0))

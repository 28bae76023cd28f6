"""Branching ratios of a heavy state."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..decays.channel import DecayTable
from ..kernels.arrays import Array
from .style import COLOURS, axis_label, legend_beside, line_style, new_figure, tex

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..rates.widths import WidthScan

SMALLEST = 1e-4
"""Shares below this are not drawn."""


def branching(key: str, values: Array, ratios: Mapping[str, Array], parent: str, errors: Mapping[str, Array] | None = None) -> "Figure":
    """Branching ratios (m,) by final state against the scanned key's values (m,); `errors`: their relative ones, drawn as bands."""
    figure, axes = new_figure(width=7.0)
    _draw_ratios(axes, values, ratios, parent, errors or {})
    axes.set_xlabel(axis_label(key))
    return figure


def width_figure(key: str, values: Array, scan: "WidthScan", parent: str) -> "Figure":
    """Branching ratios and c tau of a scan against the scanned key's values, with theory bands where the errors are known."""
    ratios = {name: scan.branching_ratio(name) for name in scan.width}
    # room for a legend of two columns
    figure, (upper, lower) = new_figure(rows=2, width=11.0 if len(curves_of(ratios)) > 18 else 7.4, height=3.9)
    _draw_ratios(upper, values, ratios, parent, scan.uncertainty)
    upper.tick_params(labelbottom=False)
    ctau = np.where(np.isfinite(scan.ctau), scan.ctau, np.nan)
    _draw_curve(lower, values, ctau, scan.total_uncertainty, color=COLOURS[0], linewidth=1.6)
    lower.set_xscale("log")
    lower.set_yscale("log")
    lower.set_xlim(values[0], values[-1])
    lower.set_xlabel(axis_label(key))
    lower.set_ylabel(f"$c\\tau$ of {tex(parent)} [m]")
    return figure


def _draw_ratios(axes: "Axes", values: Array, ratios: Mapping[str, Array], parent: str, errors: Mapping[str, Array]) -> None:
    drawn = curves_of(ratios)
    for place, names in enumerate(drawn):
        label = ", ".join(tex(name) for name in names) + (" each" if len(names) > 1 else "")
        ratio = ratios[names[0]]
        _draw_curve(axes, values, np.where(ratio > 0, ratio, np.nan), errors.get(names[0]), label=label, **line_style(place))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(values[0], values[-1])
    axes.set_ylim(SMALLEST, 1.4)
    axes.set_ylabel(f"branching ratio of {tex(parent)}")
    if drawn:
        legend_beside(axes, len(drawn))


def _draw_curve(axes: "Axes", values: Array, heights: Array, error: Array | None, **style: Any) -> None:
    """A curve, its band of relative errors, and a marker where a point stands alone between gaps."""
    (line,) = axes.plot(values, heights, **style)
    there = np.concatenate([[False], np.isfinite(heights), [False]])
    alone = there[1:-1] & ~there[:-2] & ~there[2:]
    axes.plot(values[alone], heights[alone], "o", color=line.get_color(), markersize=3)
    if error is not None and np.any(np.isfinite(error)):
        axes.fill_between(values, heights * (1 - error), heights * (1 + error), color=line.get_color(), alpha=0.2, linewidth=0)


def curves_of(ratios: Mapping[str, Array]) -> list[list[str]]:
    """Final states to draw, largest first; those with the same curve, as charge conjugates of a Majorana state, together."""
    curves: list[list[str]] = []
    for name in sorted((name for name, ratio in ratios.items() if np.nanmax(ratio) >= SMALLEST), key=lambda name: -np.nanmax(ratios[name])):
        twin = next((names for names in curves if np.allclose(ratios[names[0]], ratios[name], rtol=1e-6, atol=0, equal_nan=True)), None)
        if twin is None:
            curves.append([name])
        else:
            twin.append(name)
    return curves


def branching_bars(table: DecayTable) -> "Figure":
    """Branching ratios of one decay table as bars, largest on top."""
    shares = sorted(((table.branching_ratio(channel.products), channel.products) for channel in table), reverse=True)
    shares = [(share, name) for share, name in shares if share >= SMALLEST]
    figure, axes = new_figure(height=1.2 + 0.32 * max(len(shares), 3))
    places = range(len(shares))
    axes.barh(places, [share for share, _ in shares], color=COLOURS[0], height=0.7)
    for place, (share, _) in zip(places, shares, strict=True):
        axes.annotate(f"{share:.3g}", (share, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9)
    axes.set_yticks(places, [tex(name) for _, name in shares])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(SMALLEST, 3.0)
    axes.set_xlabel(f"branching ratio of {tex(table.parent)}, $m$ = {table.mass:.4g} GeV")
    return figure

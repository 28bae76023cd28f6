"""Fig. 2 of arXiv:1903.07590, drawn: band, benchmark points, bounds and projections in the planes of nu5 and nu4."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ..bounds.curve import Curve
from ..bounds.published import PUBLISHED
from ..bounds.region import STATES, Region
from ..kernels.arrays import Array
from .style import COLOURS, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MARKERS = {"circle": "o", "star": "*", "triangle": "^"}
_SIZES = {"circle": 8, "star": 13, "triangle": 9}
_BAND = "#F6C177"
_PAPER, _LATER = "#BFBFBF", "#E6E6E6"
_LOWEST, _HIGHEST = 1e-12, 1e-1
_SCALE = np.array([1 / np.log(1e3), 1 / np.log(_HIGHEST / _LOWEST)])
"""Of logarithms to shares of a panel's sides."""
_APART = 0.004


def region(found: Region) -> "Figure":
    """Two panels, nu5 left and nu4 right.

    Grey: excluded by bounds of the paper's figure, light grey by later ones; dashed grey: bounds computed by nusim. Coloured lines:
    projections, solid where nusim computes them, dotted where they are published.
    """
    figure, panels = new_figure(columns=2, width=5.6, height=5.2)
    known = {entry.name for entry in PUBLISHED if entry.in_paper}
    for axes, state in zip(panels, STATES, strict=True):
        curves = found.panel(state)
        low, high = _mass_range(curves)
        for curve in sorted((one for one in curves if one.role == "bound"), key=lambda one: one.name in known):
            _bound(axes, curve, curve.name in known)
        for curve in (one for one in curves if one.role == "band"):
            for points in map(_thinned, curve.contours):
                axes.fill(points[:, 0], points[:, 1], facecolor=_BAND, alpha=0.55, linewidth=0, zorder=3)
                axes.plot(points[:, 0], points[:, 1], color="#B5651D", linewidth=0.8, zorder=3)
        computed = [one for one in curves if one.role == "projection" and one.method == "computed"]
        for place, curve in enumerate(computed):
            _line(axes, curve, color=COLOURS[place % len(COLOURS)], linewidth=1.7, zorder=5, label=curve.label)
        for place, curve in enumerate(one for one in curves if one.role == "projection" and one.method == "published"):
            _line(axes, curve, color=COLOURS[(place + 1) % len(COLOURS)], linewidth=1.0, linestyle=":", zorder=4, label=curve.label)
        _type1(axes, curves)
        for curve in (one for one in curves if one.role == "marker"):
            (point,) = curve.contours[0]
            style = _MARKERS.get(curve.name, "s"), _SIZES.get(curve.name, 8)
            axes.plot(*point, style[0], markersize=style[1], color="black", markeredgecolor="white", zorder=7)
        number = state[-1]
        axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(_LOWEST, _HIGHEST))
        axes.set_xlabel(rf"$m_{number}$ [GeV]")
        flavour = {"mu": r"\mu ", "tau": r"\tau "}.get(found.flavour, found.flavour)
        axes.set_ylabel(rf"$|U_{{{flavour}{number}}}|^2$")
    figure.legend(*panels[1].get_legend_handles_labels(), loc="outside lower center", fontsize=7, frameon=False, ncols=4)
    mediator = found.mediator
    panels[0].set_title(
        rf"$m_{{Z'}}$ = {mediator.m_zprime:g} GeV, $m_{{\varphi'}}$ = {mediator.m_phi:g} GeV, $g'$ = {mediator.g_dark:g}", fontsize=9
    )
    return figure


def _mass_range(curves: list[Curve]) -> tuple[float, float]:
    masses = [points[:, 0] for curve in curves if curve.name == "type-1-tree" for points in curve.contours]
    return (float(masses[0].min()), float(masses[0].max())) if masses else (0.01, 10.0)


def _bound(axes: "Axes", curve: Curve, in_paper: bool) -> None:
    """A filled area from the lower edge to the upper one, or to the top; its name where its lower edge is lowest."""
    colour = _PAPER if in_paper else _LATER
    for points in curve.contours:
        if curve.method != "published":
            axes.plot(points[:, 0], points[:, 1], color="#555555", linewidth=1.0, linestyle="--", zorder=2.5)
        else:
            closed = bool(np.all(points[0] == points[-1]))
            outline = _thinned(points if closed else _to_the_top(points))
            axes.fill(outline[:, 0], outline[:, 1], facecolor=colour, edgecolor="#808080", linewidth=0.4, zorder=2 if in_paper else 1)
        k = int(np.argmin(points[:, 1]))
        name = curve.label.split(" (")[0]
        axes.annotate(
            name, points[k], xytext=(0, -2), textcoords="offset points", ha="center", va="top", fontsize=5.5, color="#333333", zorder=6,
            clip_on=True, annotation_clip=True,
        )  # fmt: skip


def _to_the_top(points: Array) -> Array:
    ends = np.array([[points[-1, 0], _HIGHEST], [points[0, 0], _HIGHEST]])
    return np.concatenate([points, ends])


def _thinned(points: Array) -> Array:
    """Points a visible distance apart, ends kept: digitised curves hold hundreds, and figures stay small without them."""
    place = np.log(points) * _SCALE
    kept = [0]
    for k in range(1, len(points) - 1):
        if np.hypot(*(place[k] - place[kept[-1]])) > _APART:
            kept.append(k)
    return points[[*kept, len(points) - 1]]


def _line(axes: "Axes", curve: Curve, label: str, **style: Any) -> None:
    for place, points in enumerate(_thinned(one) for one in curve.contours):
        axes.plot(points[:, 0], points[:, 1], label=label if place == 0 else None, **style)


def _type1(axes: "Axes", curves: list[Curve]) -> None:
    """The dashed line, in both readings."""
    for curve in curves:
        if curve.role != "line":
            continue
        tree = curve.name == "type-1-tree"
        _line(axes, curve, curve.label, color="black", linewidth=1.1, linestyle="--" if tree else (0, (1, 2)), zorder=4)

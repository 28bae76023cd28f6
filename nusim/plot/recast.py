"""Limits recast: as published, for a standard heavy neutrino, and for a model, about the model's point."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..bounds.curve import Curve
from ..bounds.experiment_bound import PUBLISHED_AS
from ..bounds.verdict import ModelBounds, Verdict
from .style import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STYLES: tuple[tuple[Literal[":", "--", "-"], str, str], ...] = (
    (":", "published", "#303030"),
    ("--", "standard heavy neutrino", COLOURS[0]),
    ("-", "model", COLOURS[1]),
)
_COLUMNS = 4
_LOWEST, _HIGHEST = 1e-11, 1.0


def recast(found: ModelBounds) -> "Figure":
    """A panel an experiment, in the plane of the heavy state that gives most of its events.

    Dotted: as published; dashed: nusim's limit for a standard heavy neutrino; solid: with the model's lifetimes and branching ratios; both
    by the criterion of the experiment's card. The square is the model.
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    drawn = [one for one in found.verdicts if any(curve.name == f"{one.name}-model" for curve in found.curves)]
    columns = min(_COLUMNS, max(len(drawn), 1))
    rows = max(-(-len(drawn) // columns), 1)
    figure = Figure(figsize=(3.2 * columns, 2.8 * rows + 0.6), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for panel, verdict in zip(axes.flat, drawn, strict=False):
        _panel(panel, found, verdict)
    for panel in axes.flat[len(drawn) :]:
        panel.set_axis_off()
    handles = [Line2D([], [], color=colour, linestyle=dashes, label=text) for dashes, text, colour in _STYLES]
    handles.append(Line2D([], [], color="black", marker="s", linestyle="none", label=found.model))
    figure.legend(handles=handles, loc="outside lower center", fontsize=8, frameon=False, ncols=4)
    figure.suptitle(str(found), fontsize=9)
    return figure


def _panel(axes: "Axes", found: ModelBounds, verdict: Verdict) -> None:
    from matplotlib.ticker import NullFormatter

    state, mass = verdict.state, found.spectrum.mass(verdict.state)
    published, usual, model = ({"linestyle": dashes, "color": colour} for dashes, _, colour in _STYLES)
    for curve in found.curves:
        if curve.state not in (state, "any"):
            continue
        if curve.name in PUBLISHED_AS.get(verdict.name, ()):
            _draw(axes, curve, linewidth=1.3, zorder=4, **published)
        elif curve.name == f"{verdict.name}-standard":
            _draw(axes, curve, linewidth=1.1, zorder=3, **usual)
        elif curve.name == f"{verdict.name}-model":
            _draw(axes, curve, linewidth=1.8, zorder=2, **model)
    axes.plot(mass, found.spectrum.mixing2(found.flavour, state), "s", color="black", markersize=6, markeredgecolor="white", zorder=8)
    axes.set(xscale="log", yscale="log", ylim=(_LOWEST, _HIGHEST), xlim=_limits(found.curves, verdict.name, state, mass))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(which="both", direction="in", top=True, right=True, labelsize=7)
    strength = "" if verdict.strength is None else f", strength {verdict.strength:.2g}"
    axes.set_title(f"{verdict.name}: {verdict.verdict}{strength}", fontsize=8)
    flavour = {"mu": r"\mu ", "tau": r"\tau "}.get(found.flavour, found.flavour)
    axes.set_xlabel(rf"$m_{state[-1]}$ [GeV]", fontsize=8)
    axes.set_ylabel(rf"$|U_{{{flavour}{state[-1]}}}|^2$", fontsize=8)


def _draw(axes: "Axes", curve: Curve, **style: Any) -> None:
    for points in curve.contours:
        axes.plot(points[:, 0], points[:, 1], **style)


def _limits(curves: tuple[Curve, ...], name: str, state: str, mass: float) -> tuple[float, float]:
    """Masses of the model's own curve, and its point."""
    own = [points[:, 0] for curve in curves if curve.state == state and curve.name == f"{name}-model" for points in curve.contours]
    masses = np.concatenate([*own, [0.5 * mass, 2.0 * mass]])
    return float(masses.min()), float(masses.max())

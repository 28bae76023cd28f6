"""Limits recast: as published, for a standard heavy neutrino, and for a model, about the model's point."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..bounds.curve import Curve
from ..bounds.recast import PUBLISHED_AS
from ..bounds.verdict import ModelBounds
from .style import COLOURS, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_STYLES: tuple[tuple[Literal[":", "--", "-"], str], ...] = ((":", "published"), ("--", "standard"), ("-", "model"))


def recast(found: ModelBounds) -> "Figure":
    """A panel for each of at most two heavy states, the heavier one left.

    Of each experiment a colour: dotted as published, dashed for a standard heavy neutrino, solid for the model; other published bounds
    grey. The black square is the model.
    """
    states = found.spectrum.heavy_states[:2][::-1]
    figure, axes = new_figure(columns=len(states), width=5.6, height=5.2)
    panels = [axes] if len(states) == 1 else list(axes)
    names = list(dict.fromkeys(curve.name.rsplit("-", 1)[0] for curve in found.curves if curve.method != "published"))
    colours = {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(names)}
    coloured = {published: colours[name] for name in names for published in PUBLISHED_AS.get(name, ())}
    for panel, state in zip(panels, states, strict=True):
        for curve in found.curves:
            if curve.state not in (state, "any"):
                continue
            if curve.method == "published":
                shown = curve.name in coloured
                _draw(
                    panel,
                    curve,
                    color=coloured.get(curve.name, "#B0B0B0"),
                    linestyle=":" if shown else "-",
                    linewidth=1.2 if shown else 0.6,
                )
            else:
                name, which = curve.name.rsplit("-", 1)
                _draw(
                    panel,
                    curve,
                    color=colours[name],
                    linestyle="-" if which == "model" else "--",
                    linewidth=1.8 if which == "model" else 1.0,
                )
        mass, mixing = found.spectrum.mass(state), found.spectrum.mixing2(found.flavour, state)
        panel.plot(mass, mixing, "s", color="black", markersize=7, markeredgecolor="white", zorder=8)
        panel.set(xscale="log", yscale="log", ylim=(1e-11, 1.0), xlim=_limits(found.curves, state, mass))
        flavour = {"mu": r"\mu ", "tau": r"\tau "}.get(found.flavour, found.flavour)
        panel.set_xlabel(rf"$m_{state[-1]}$ [GeV]")
        panel.set_ylabel(rf"$|U_{{{flavour}{state[-1]}}}|^2$")
    _legend(figure, colours)
    panels[0].set_title(str(found), fontsize=9)
    return figure


def _draw(axes: "Axes", curve: Curve, **style: Any) -> None:
    for points in curve.contours:
        axes.plot(points[:, 0], points[:, 1], **style)


def _limits(curves: tuple[Curve, ...], state: str, mass: float) -> tuple[float, float]:
    """Masses of the model's own curves, and its point."""
    own = [points[:, 0] for curve in curves if curve.state == state for points in curve.contours]
    masses = np.concatenate([*own, [0.7 * mass, 1.4 * mass]])
    return float(masses.min()), float(masses.max())


def _legend(figure: "Figure", colours: dict[str, str]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=colour, label=name) for name, colour in colours.items()]
    for dashes, text in _STYLES:
        handles.append(Line2D([], [], color="#606060", linestyle=dashes, label=text))
    figure.legend(handles=handles, loc="outside lower center", fontsize=7, frameon=False, ncols=5)

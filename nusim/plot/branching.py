"""Branching ratios of a heavy state."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..decays.channel import DecayTable
from ..kernels.arrays import Array
from .style import COLOURS, legend_beside, line_style, new_figure, tex

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_AXES = {
    "m4": r"$m_4$ [GeV]",
    "physical.m5": r"$m_5$ [GeV]",
    "physical.m4": r"$m_4$ [GeV]",
    "mixing2": r"$|U_4|^2$",
    "physical.mixing2": r"$|U_4|^2$",
    "physical.mass_ratio": r"$m_4/m_5$",
    "portals.epsilon": r"$\epsilon$",
    "mediator.m_phi": r"$m_{\varphi'}$ [GeV]",
    "mediator.m_zprime": r"$m_{Z'}$ [GeV]",
}

_SMALLEST = 1e-3
"""Shares below this are not drawn."""


def branching(key: str, values: Array, ratios: Mapping[str, Array], parent: str) -> "Figure":
    """Branching ratios (m,) by final state against the scanned key's values (m,)."""
    figure, axes = new_figure(width=7.0)
    drawn = _curves(ratios)
    for place, names in enumerate(drawn):
        ratio = ratios[names[0]]
        label = ", ".join(tex(name) for name in names) + (" each" if len(names) > 1 else "")
        axes.plot(values, np.where(ratio > 0, ratio, np.nan), label=label, **line_style(place))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(values[0], values[-1])
    axes.set_ylim(_SMALLEST, 1.3)
    axes.set_xlabel(_AXES.get(key, key))
    axes.set_ylabel(f"branching ratio of {tex(parent)}")
    if drawn:
        legend_beside(axes, len(drawn))
    return figure


def _curves(ratios: Mapping[str, Array]) -> list[list[str]]:
    """Final states to draw, largest first; those with the same curve, as charge conjugates of a Majorana state, together."""
    curves: list[list[str]] = []
    for name in sorted(
        (name for name, ratio in ratios.items() if np.nanmax(ratio) >= _SMALLEST), key=lambda name: -np.nanmax(ratios[name])
    ):
        twin = next((names for names in curves if np.allclose(ratios[names[0]], ratios[name], rtol=1e-6, atol=0, equal_nan=True)), None)
        if twin is None:
            curves.append([name])
        else:
            twin.append(name)
    return curves


def branching_bars(table: DecayTable) -> "Figure":
    """Branching ratios of one decay table as bars, largest on top."""
    shares = sorted(((table.branching_ratio(channel.products), channel.products) for channel in table), reverse=True)
    shares = [(share, name) for share, name in shares if share >= _SMALLEST]
    figure, axes = new_figure(height=1.2 + 0.32 * max(len(shares), 3))
    places = range(len(shares))
    axes.barh(places, [share for share, _ in shares], color=COLOURS[0], height=0.7)
    for place, (share, _) in zip(places, shares, strict=True):
        axes.annotate(f"{share:.3g}", (share, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9)
    axes.set_yticks(places, [tex(name) for _, name in shares])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(_SMALLEST, 3.0)
    axes.set_xlabel(f"branching ratio of {tex(table.parent)}, $m$ = {table.mass:.4g} GeV")
    return figure

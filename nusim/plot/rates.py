"""Expected events of several experiments, by the parents of the heavy neutrinos."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..rates.rate import Rate
from .style import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_KINDS = {
    "pi": (r"$\pi^\pm$", COLOURS[0]),
    "K": (r"$K^\pm$", COLOURS[1]),
    "KL": (r"$K_L$", COLOURS[4]),
    "mu": (r"$\mu^\pm$", COLOURS[5]),
    "D": (r"$D$", COLOURS[2]),
    "Ds": (r"$D_s$", COLOURS[3]),
    "tau": (r"$\tau^\pm$", COLOURS[7]),
    "B": (r"$B$, $B_s$", "#7F7F7F"),
}
"""Kinds of parents, both charges together, with label and colour; all others are one more kind."""
_NOTE = "colours divide the length of a bar by share; thick error bar: statistical, thin: with the beam's normalisation"
_OTHER = ("others", "#C8C8C8")
_SMALLEST = 0.002
"""Shares below this have no colour of their own to see."""
_DECADES = 10
"""Most decades on the axis: experiments with fewer events than its left end have no bar."""


def rates(found: Sequence[Rate]) -> "Figure":
    """A bar an experiment, most events at the top: its length is the number of events on a logarithmic axis, and its colours divide that
    length in the parents' shares. Error bars: statistical (thick) and with the beam's normalisation (thin); diamonds: selected events."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    ordered = sorted(found, key=lambda rate: rate.events)
    figure = Figure(figsize=(8.2, 1.5 + 0.42 * max(len(ordered), 2)), layout="constrained")
    axes = figure.subplots()
    low, high = _limits(ordered)
    used: dict[str, tuple[str, str]] = {}
    for place, rate in enumerate(ordered):
        used |= _bar(axes, place, rate, low)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(-0.7, max(len(ordered), 1) - 0.3)
    axes.set_yticks(range(len(ordered)), [rate.experiment for rate in ordered])
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", which="both", direction="in", top=True)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("expected events for each experiment's protons on target")
    axes.text(
        1.0, -0.02 - 0.55 / figure.get_figheight(), _NOTE, transform=axes.transAxes, ha="right", va="top", fontsize=8, color="#666666"
    )
    order = [kind for kind in (*_KINDS, "") if kind in used]
    handles: list[Patch | Line2D] = [Patch(color=used[kind][1], label=used[kind][0]) for kind in order]
    if any(rate.selected_events > low for rate in ordered):
        handles.append(Line2D([], [], marker="D", linestyle="", markerfacecolor="white", markeredgecolor="black", label="selected"))
    axes.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=9, title="share by parent", title_fontsize=9
    )
    models = ", ".join(dict.fromkeys(rate.model for rate in ordered))
    axes.set_title(f"Heavy neutrino decays: {models}", loc="left", fontsize=11)
    return figure


def _limits(ordered: Sequence[Rate]) -> tuple[float, float]:
    numbers = [rate.events for rate in ordered if rate.events > 0]
    if not numbers:
        return 0.1, 10.0
    chosen = [rate.selected_events for rate in ordered if rate.selected_events > 0]
    high = max(numbers) * 30
    low = max(min([*numbers, *chosen]) / 4, high * 10.0**-_DECADES)
    return low, high


def _bar(axes: "Axes", place: int, rate: Rate, low: float) -> dict[str, tuple[str, str]]:
    """One experiment; gives the kinds of parents it shows."""
    if not rate.events > low:
        text = "no events" if rate.events == 0 else f"{rate.events:.2g}"
        axes.annotate(text, (low, place), (5, 0), textcoords="offset points", va="center", fontsize=9, color="#666666")
        return {}
    shares = parent_kinds(rate)
    used = {kind: _KINDS.get(kind, _OTHER) for kind, share in shares.items() if share > _SMALLEST}
    done, length = 0.0, np.log(rate.events / low)
    for kind, share in shares.items():
        begin, end = (low * np.exp(length * part) for part in (done, done + share))
        axes.barh(place, end - begin, left=begin, height=0.62, color=_KINDS.get(kind, _OTHER)[1], linewidth=0)
        done += share
    total = float(np.hypot(rate.stat_error, rate.norm_error))
    for error, width in ((total, 1.0), (rate.stat_error, 3.0)):
        lower = max(rate.events - error, low)
        axes.plot([lower, rate.events + error], [place, place], color="black", linewidth=width, solid_capstyle="butt")
    end = (rate.events + total, place)
    axes.annotate(_short(rate.events), end, (6, 0), textcoords="offset points", va="center", fontsize=9)
    if rate.selected_events > low:
        axes.plot([rate.selected_events], [place - 0.18], marker="D", markersize=5, markerfacecolor="white", markeredgecolor="black")
    return used


def parent_kinds(rate: Rate) -> dict[str, float]:
    """Shares of the events by kind of parent, both charges together, '' for all others."""
    shares = dict.fromkeys((*_KINDS, ""), 0.0)
    for name, number in rate.by_parent.items():
        shares[_kind(name)] += number / rate.events
    return shares


def _short(value: float) -> str:
    """Three digits, in words of everyday between 0.001 and a million."""
    if 1e-3 <= value < 1e6:
        digits = max(2 - int(np.floor(np.log10(value))), 0)
        return f"{round(value, 2 - int(np.floor(np.log10(value)))):,.{digits}f}"
    return f"{value:.2e}"


def _kind(name: str) -> str:
    """Kind of a parent by its name."""
    if name == "KL":
        return name
    body = name.removesuffix("bar").rstrip("+-0")
    body = "B" if body == "Bs" else body
    return body if body in _KINDS else ""

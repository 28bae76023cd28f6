"""The interactive figures of a page: plotly's, with the colours of the printed ones."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..bounds.verdict import ModelBounds
from ..plot.branching import SMALLEST, curves_of
from ..plot.rates import parent_kinds
from ..plot.style import COLOURS
from ..rates.rate import Rate
from .about_point import Window
from .names import particles
from .report import AtExperiment, OfState

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_SYMBOLS = ("diamond", "circle")
_SERIES = (
    ("visible decays", "events", "stat_error", "norm_error"),
    ("selected", "selected_events", "selected_stat_error", "selected_norm_error"),
)
"""Labels, and the fields of a rate: number, statistical and normalisation error."""
_FEW_DECADES, _LABELS = 3.5, 8
_DASHES = ("solid", "dash", "dashdot", "dot")
_AXES = {"m4": "m<sub>4</sub> [GeV]", "physical.m5": "m<sub>5</sub> [GeV]", "mixing2": "|U<sub>4</sub>|<sup>2</sup>, summed over flavours"}
_OUTCOMES = {"excluded": "#B3261E", "reachable": "#0072B2", "allowed": "#1B7F5C", "not reached": "#5F6B76"}
"""As the badges of the table of verdicts."""


def branching(one: OfState) -> "Figure | None":
    """Branching ratios of a state as bars, largest on top; None for a state without decays."""
    table = one.table
    shares = sorted((table.branching_ratio(channel.products), channel.products) for channel in table)
    shares = [(share, name) for share, name in shares if share >= SMALLEST]
    if not shares:
        return None
    import plotly.graph_objects as go

    figure = _figure(112 + 30 * len(shares))
    figure.add_trace(
        go.Bar(
            x=[share for share, _ in shares],
            y=[particles(name) for _, name in shares],
            orientation="h",
            marker_color=COLOURS[0],
            text=[f"{share:.3g}" for share, _ in shares],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.4g}<extra></extra>",
        )
    )
    figure.update_xaxes(type="log", range=[np.log10(SMALLEST), 0.35], title="branching ratio", dtick=1, exponentformat="power")
    figure.update_yaxes(ticklabelstandoff=6, showgrid=False)
    return figure


def branching_over_mass(one: OfState) -> "Figure | None":
    """Branching ratios and c tau of a state over the mass on its card; None where there is no such scan."""
    scan = one.scan
    if scan is None:
        return None
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    values = np.array(one.values)
    ratios = {name: scan.branching_ratio(name) for name in scan.width}
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.05, row_heights=[0.65, 0.35])
    _styled(figure, 620)
    for place, names in enumerate(curves_of(ratios)):
        ratio = np.where(ratios[names[0]] > 0, ratios[names[0]], np.nan)
        line = {"color": COLOURS[place % len(COLOURS)], "dash": _DASHES[place // len(COLOURS) % len(_DASHES)], "width": 2}
        label = ", ".join(map(particles, names)) + (" each" if len(names) > 1 else "")
        hover = "%{x:.4g} GeV: %{y:.3g}"
        figure.add_trace(go.Scatter(x=_list(values), y=_list(ratio), name=label, line=line, mode="lines", hovertemplate=hover), 1, 1)
    ctau = np.where(np.isfinite(scan.ctau), scan.ctau, np.nan)
    line = {"color": "#303030", "width": 2}
    hover = "%{x:.4g} GeV: %{y:.3g} m<extra></extra>"
    figure.add_trace(go.Scatter(x=_list(values), y=_list(ctau), line=line, mode="lines", showlegend=False, hovertemplate=hover), 2, 1)
    figure.update_xaxes(type="log", dtick="D2", minorloglabels="complete", minor={"ticks": "inside"})
    figure.update_xaxes(title=_AXES.get(one.key, one.key), row=2, col=1)
    figure.update_yaxes(type="log", exponentformat="power", dtick=1, minor={"ticks": "inside"})
    figure.update_yaxes(title="branching ratio", range=[np.log10(SMALLEST), 0.1], row=1, col=1)
    figure.update_yaxes(title="cτ [m]", dtick=None, nticks=6, row=2, col=1)
    point = float(one.values[len(one.values) // 2])
    figure.add_vline(x=point, line={"color": "#888888", "width": 1, "dash": "dot"})
    figure.update_layout(legend={"orientation": "v", "font": {"size": 12}})
    return figure


def rates(found: Sequence[Rate]) -> "Figure | None":
    """Expected events by experiment, all visible and the selected ones; hovering tells errors and parents."""
    some = [rate for rate in found if rate.events > 0]
    if not some:
        return None
    import plotly.graph_objects as go

    figure = _figure(130 + 46 * len(some))
    ends = []
    for (label, value, stat, norm), colour, symbol, place in zip(_SERIES, (COLOURS[5], COLOURS[0]), _SYMBOLS, (0.12, -0.12), strict=True):
        rated = [(row, rate) for row, rate in enumerate(reversed(some)) if getattr(rate, value) > 0]
        numbers, stats, norms = ([float(getattr(rate, key)) for _, rate in rated] for key in (value, stat, norm))
        total = [float(np.hypot(*pair)) for pair in zip(stats, norms, strict=True)]
        said = [
            f"{rate.experiment}: {number:.4g} {label}<br>± {one:.2g} (stat) ± {two:.2g} (norm)<br>" + _shares(rate)
            for (_, rate), number, one, two in zip(rated, numbers, stats, norms, strict=True)
        ]
        # on a logarithmic axis an error as large as the number has no lower end
        lower = [min(error, 0.9 * number) for error, number in zip(total, numbers, strict=True)]
        ends += [*(n - e for n, e in zip(numbers, lower, strict=True)), *(n + e for n, e in zip(numbers, total, strict=True))]
        errors = {"type": "data", "array": total, "arrayminus": lower, "thickness": 1.6, "width": 5}
        marker = {"color": colour, "symbol": symbol, "size": 11}
        rows = [row + place for row, _ in rated]
        trace = go.Scatter(x=numbers, y=rows, name=label, mode="markers", marker=marker, error_x=errors, hovertext=said, hoverinfo="text")
        figure.add_trace(trace)
    low, high = float(np.log10(min(ends))) - 0.5, float(np.log10(max(ends))) + 0.5
    figure.update_xaxes(title="expected events for each experiment's protons on target", **_powers(low, high))
    figure.update_yaxes(
        tickvals=list(range(len(some))), ticktext=[rate.experiment for rate in reversed(some)], range=[-0.6, len(some) - 0.4], showgrid=True
    )
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})
    return figure


def _shares(rate: Rate) -> str:
    largest = sorted(parent_kinds(rate).items(), key=lambda item: -item[1])[:4]
    return "made by " + ", ".join(f"{particles(name) if name else 'others'} {share:.0%}" for name, share in largest if share >= 0.005)


def contours(found: Sequence[AtExperiment], where: Window) -> "Figure | None":
    """What each experiment would exclude, closed contours that the legend shows and hides, and the model's point; None without any."""
    drawn = [one.reach for one in found if one.reach is not None and one.reach.contours]
    if not drawn:
        return None
    import plotly.graph_objects as go

    figure = _figure(560)
    for place, reach in enumerate(drawn):
        colour = COLOURS[place % len(COLOURS)]
        x, y = (_gapped([contour[:, k] for contour in reach.contours]) for k in (0, 1))
        figure.add_trace(
            go.Scatter(
                x=x, y=y, mode="lines", name=reach.experiment, line={"color": colour, "width": 2.2},
                fill="toself", fillcolor=_faint(colour), hoveron="points",
                hovertemplate="%{x:.4g} GeV, |U|<sup>2</sup> = %{y:.3g}<br>" + reach.rule + "<extra>" + reach.experiment + "</extra>",
            )
        )  # fmt: skip
    marker = {"symbol": "star", "size": 15, "color": "black", "line": {"color": "white", "width": 1}}
    point = go.Scatter(
        x=[where.point[0]], y=[where.point[1]], mode="markers", name="this model", marker=marker,
        hovertemplate="this model: %{x:.6g} GeV, |U|<sup>2</sup> = %{y:.4g}<extra></extra>",
    )  # fmt: skip
    figure.add_trace(point)
    ends = np.log10([*where.masses[[0, -1]], *where.mixings[[0, -1]]]).tolist()
    figure.update_xaxes(
        type="log", title=_AXES.get(where.key, where.key), range=ends[:2], dtick="D2", minorloglabels="complete", minor={"ticks": "inside"}
    )
    figure.update_yaxes(title=_AXES["mixing2"], **_powers(ends[2], ends[3]))
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}, hovermode="closest")
    return figure


def strengths(found: ModelBounds) -> "Figure | None":
    """Signal over what is excluded, a bar a verdict, strongest on top; None without any."""
    some = sorted((one for one in found.verdicts if one.strength is not None and one.strength > 0), key=lambda one: one.strength or 0.0)
    if not some:
        return None
    import plotly.graph_objects as go

    figure = _figure(110 + 26 * len(some))
    strongest, weakest = np.log10(some[-1].strength or 1.0), np.log10(some[0].strength or 1.0)
    # bars on a logarithmic axis begin at its left end; without a width they are as wide as those of their kind stand apart
    low, high = float(min(weakest, -1.0)) - 0.5, float(max(strongest, 0.0)) + 0.6
    shown = set[str]()
    labels = [f"{one.label}, {particles(one.state)}" + (f" ({particles(one.flavour)})" if one.flavour else "") for one in some]
    for outcome, colour in _OUTCOMES.items():
        mine = [place for place, one in enumerate(some) if one.verdict == outcome]
        if not mine:
            continue
        shown.add(outcome)
        figure.add_trace(
            go.Bar(
                x=[some[place].strength for place in mine], y=mine, orientation="h", name=outcome, marker_color=colour, width=0.8,
                hovertext=[f"{labels[place]}: {some[place].strength:.3g}" for place in mine], hoverinfo="text",
            )
        )  # fmt: skip
    figure.add_vline(x=1.0, line={"color": "#222222", "width": 1.2, "dash": "dash"})
    figure.update_xaxes(title="signal over what is excluded", **_powers(low, high))
    figure.update_yaxes(tickvals=list(range(len(some))), ticktext=labels, showgrid=False, tickfont={"size": 12})
    figure.update_layout(barmode="overlay", legend={"orientation": "h", "y": 1.01, "yanchor": "bottom", "x": 0})
    return figure


def _figure(height: int) -> "Figure":
    import plotly.graph_objects as go

    figure = go.Figure()
    _styled(figure, height)
    return figure


def _styled(figure: "Figure", height: int) -> None:
    axis: dict[str, Any] = {"showline": True, "mirror": True, "linecolor": "#8894A0", "gridcolor": "#E6EAEE"}
    axis |= {"ticks": "inside", "zeroline": False, "automargin": True}
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 10, "r": 20, "t": 34, "b": 10},
        font={"family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", "size": 13, "color": "#1F2933"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="#FFFFFF",
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": "#9AA5B1", "activecolor": COLOURS[0]},
        hoverlabel={"bgcolor": "#FFFFFF", "font": {"color": "#1F2933"}},
    )
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)


def _powers(low: float, high: float) -> dict[str, Any]:
    """A logarithmic axis between two powers of ten: labels at 1, 2 and 5 of each where they are few."""
    axis = {"type": "log", "range": [low, high], "exponentformat": "power", "minor": {"ticks": "inside"}}
    few = high - low < _FEW_DECADES
    return axis | ({"dtick": "D2", "minorloglabels": "complete"} if few else {"dtick": max(1, round((high - low) / _LABELS))})


def _list(values: np.ndarray) -> list[float | None]:
    """Numbers as JSON holds them; a gap where there is none."""
    return [value if np.isfinite(value) else None for value in values.tolist()]


def _gapped(parts: Sequence[np.ndarray]) -> list[float | None]:
    """Several lines as one with gaps."""
    joined: list[float | None] = []
    for part in parts:
        joined += [*([None] if joined else []), *part.tolist()]
    return joined


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.07)"

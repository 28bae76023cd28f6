"""Points of an exploration: each pair of columns, and each column alone."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ParameterError
from ..kernels.arrays import Array, BoolArray
from ..pdg import BOSONS
from .style import COLOURS, axis_label, new_figure, tex

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST = 8
"""Columns of a figure."""
_BINS = 30
_WIDE = 12.0
"""Ratio of largest to smallest value beyond which a column of positive numbers is drawn by logarithm."""
_SHOWN = {"excluded": COLOURS[1], "reachable": COLOURS[2], "allowed": COLOURS[0]}
"""Verdicts in the order they are drawn."""


def corner(columns: Mapping[str, Array], names: Sequence[str], by: str = "verdict") -> "Figure":
    """Columns of numbers against each other below the diagonal, their histograms on it, coloured by a column of names where there is one.

    `columns`: of an exploration, or of `read_points`. Points without a model, and those with a value that is not finite, are left out.
    Raises ParameterError for a column that is not there or holds no numbers.
    """
    if not 2 <= len(names) <= _MOST or len(set(names)) < len(names):
        raise ParameterError(f"corner: {len(names)} columns: from 2 to {_MOST}, each once")
    for name in names:
        if name not in columns:
            raise ParameterError(f"corner: no column {name!r}; known: {', '.join(columns)}")
        if columns[name].dtype.kind not in "fiu":
            raise ParameterError(f"corner: column {name} holds names; give columns of numbers")
    from matplotlib.ticker import NullFormatter

    good = np.all([np.isfinite(columns[name]) for name in names], axis=0)
    if not good.any():
        raise ParameterError(f"corner: no point has numbers in all of {', '.join(names)}")
    groups = _groups(columns.get(by), good)
    logs = {name: _is_log(columns[name][good]) for name in names}
    n = len(names)
    figure, panels = new_figure(n, n, 9.0 / n + 0.6, 8.4 / n + 0.4)
    for i, y in enumerate(names):
        for j, x in enumerate(names):
            axes = panels[i, j]
            if j > i:
                axes.set_axis_off()
                continue
            if i == j:
                _histogram(axes, columns[x], groups, logs[x])
            else:
                for _, colour, rows in groups:
                    axes.plot(columns[x][rows], columns[y][rows], ".", markersize=2.5, color=colour, rasterized=True)
                axes.set_yscale("log" if logs[y] else "linear")
            axes.set_xscale("log" if logs[x] else "linear")
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_minor_formatter(NullFormatter())
            axes.set_xlim(*_limits(columns[x][good], logs[x]))
            if i != j:
                axes.set_ylim(*_limits(columns[y][good], logs[y]))
            if i == n - 1:
                axes.set_xlabel(label(x))
            else:
                axes.tick_params(labelbottom=False)
            if j == 0 and i > 0:
                axes.set_ylabel(label(y))
            elif i != j:
                axes.tick_params(labelleft=False)
    if len(groups) > 1 or groups[0][0]:
        handles = [
            panels[0, 0].plot([], [], "o", color=colour, label=f"{name} ({np.count_nonzero(rows)})")[0] for name, colour, rows in groups
        ]
        figure.legend(handles=handles, loc="upper right", frameon=False)
    return figure


def _groups(said: Array | None, good: BoolArray) -> list[tuple[str, str, BoolArray]]:
    """Name, colour and points of each group, the most frequent first unless they are verdicts."""
    if said is None or said.dtype.kind != "U":
        return [("", COLOURS[0], good)]
    names, count = np.unique(said[good], return_counts=True)
    if set(names.tolist()) <= set(_SHOWN):
        return [(name, colour, good & (said == name)) for name, colour in _SHOWN.items() if name in names]
    ordered = names[np.argsort(-count)].tolist()
    first = [(name, COLOURS[k], good & (said == name)) for k, name in enumerate(ordered[: len(COLOURS) - 1])]
    rest = good & ~np.isin(said, ordered[: len(COLOURS) - 1])
    return [*first, ("others", COLOURS[-1], rest)] if rest.any() else first


def _is_log(values: Array) -> bool:
    return bool(values.min() > 0 and values.max() > _WIDE * values.min())


def _limits(values: Array, log: bool) -> tuple[float, float]:
    low, high = (float(np.log(one) if log else one) for one in (values.min(), values.max()))
    margin = 0.04 * (high - low) or 0.5
    ends = low - margin, high + margin
    return (float(np.exp(ends[0])), float(np.exp(ends[1]))) if log else ends


def _histogram(axes: "Axes", values: Array, groups: Sequence[tuple[str, str, BoolArray]], log: bool) -> None:
    every = np.concatenate([values[rows] for _, _, rows in groups])
    low, high = _limits(every, log)
    edges = np.geomspace(low, high, _BINS + 1) if log else np.linspace(low, high, _BINS + 1)
    axes.hist([values[rows] for _, _, rows in groups], bins=edges, stacked=True, color=[colour for _, colour, _ in groups])  # type: ignore[arg-type]
    axes.tick_params(labelleft=False, left=False)


_KINDS = {"m": r"$m$({}) [GeV]", "width": r"$\Gamma$({}) [GeV]", "ctau": r"$c\tau$({}) [m]", "visible": "visible share of {}"}


def label(name: str) -> str:
    """Of a column: a key of a card, or what the exploration derived."""
    kind, _, rest = name.partition("_")
    state = rest.rsplit("_", 1)[-1]
    if kind in _KINDS and (rest.startswith("nu") or rest in BOSONS):
        return _KINDS[kind].format(tex(rest))
    if kind == "mixing2" and rest.count("_") == 1:
        flavour = tex(rest.split("_")[0]).strip("$")
        return rf"$|U_{{{flavour}{state.removeprefix('nu')}}}|^2$"
    if kind in ("events", "strength"):
        return f"{kind}, {rest}"
    return axis_label(name)

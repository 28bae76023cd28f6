"""A named curve in the plane of a mass and a mixing: band, bound, projection, line or marker of Fig. 2 and of a recast."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..errors import ParameterError
from ..kernels.arrays import Array

Role = Literal["band", "marker", "line", "bound", "projection"]
Method = Literal["model", "published", "computed", "scaled"]
"""model: follows from the model alone; published: as an experiment gave it; computed: nusim's rates; scaled: from a published curve."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One or more polylines; of a closed area the last point is the first."""

    name: str
    label: str
    role: Role
    state: str
    """Whose mass and mixing: 'nu4', 'nu5', or 'any' heavy neutrino."""
    flavour: str
    """'e', 'mu', 'tau' for |U_alpha|^2; 'sum' for the sum over flavours."""
    contours: tuple[Array, ...]
    """Each (n, 2): mass in GeV, |U|^2."""
    method: Method
    source: str
    criterion: str = ""
    """What the curve means: a number of events, a confidence level."""
    confidence: float | None = None
    nature: str = ""
    """'Majorana' or 'Dirac': the kind of state the curve holds for; empty where it does not matter."""
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for points in self.contours:
            if points.ndim != 2 or points.shape[1] != 2 or not np.all(np.isfinite(points)):
                raise ParameterError(f"curve {self.name}: contours are finite points (n, 2)")

    def __str__(self) -> str:
        points = sum(len(one) for one in self.contours)
        return f"{self.name}: {self.role} for {self.state}, {self.method}, {len(self.contours)} contours of {points} points"

    @property
    def axes(self) -> tuple[str, str]:
        """What the columns are."""
        state = {"any": "h"}.get(self.state, self.state.removeprefix("nu"))
        row = "" if self.flavour == "sum" else f"{self.flavour},"
        return f"m_{state} [GeV]", f"|U_{row}{state}|^2"

    def document(self) -> dict[str, Any]:
        """Plain values, in the form of a reach."""
        return {
            "name": self.name,
            "label": self.label,
            "role": self.role,
            "state": self.state,
            "flavour": self.flavour,
            "method": self.method,
            "criterion": self.criterion,
            "confidence": self.confidence,
            "nature": self.nature or None,
            "contours": [one.tolist() for one in self.contours],
            "axes": list(self.axes),
            "source": self.source,
            "warnings": list(self.warnings),
        }


HEADER = "name,role,state,flavour,method,nature,confidence,contour,mass_GeV,mixing2"


def csv_text(curves: Sequence[Curve]) -> str:
    """Every point of every curve, a line each, with full precision."""
    lines = [HEADER]
    for curve in curves:
        level = "" if curve.confidence is None else repr(curve.confidence)
        head = f"{curve.name},{curve.role},{curve.state},{curve.flavour},{curve.method},{curve.nature},{level}"
        for number, points in enumerate(curve.contours):
            lines += [f"{head},{number},{mass!r},{mixing!r}" for mass, mixing in points.tolist()]
    return "\n".join(lines) + "\n"


def area(mass: Array, low: Array, high: Array) -> tuple[Array, ...]:
    """Closed contours of low <= |U|^2 <= high over ascending masses (n,), one for each run of masses where both edges are finite."""
    there = np.isfinite(low) & np.isfinite(high)
    ends = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(int)))
    found = []
    for begin, end in zip(ends[::2], ends[1::2], strict=True):
        lower = np.column_stack([mass[begin:end], low[begin:end]])
        upper = np.column_stack([mass[begin:end], high[begin:end]])[::-1]
        found.append(np.concatenate([lower, upper, lower[:1]]))
    return tuple(found)


def line(mass: Array, height: Array) -> tuple[Array, ...]:
    """Open polylines of |U|^2 over masses (n,), one for each run where it is finite."""
    there = np.isfinite(height)
    ends = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(int)))
    return tuple(np.column_stack([mass[b:e], height[b:e]]) for b, e in zip(ends[::2], ends[1::2], strict=True))

"""Rows of a user's flux file, whatever its format: columns in nusim's units, what is plausible, and what one file gave."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import pdg
from ..errors import DataFileError
from ..kernels.arrays import Array, BoolArray, IntArray
from .mesons import per_species
from .parents import REST_MOMENTUM

LARGEST_MOMENTUM = 1000.0
"""GeV; where the beam's momentum is not told, larger ones are taken for another unit [choice: fixed targets have seen up to 980 GeV]."""
LARGEST_DISTANCE = 2000.0
"""Metres from the file's zero; farther decays are taken for another unit [choice: decay tunnels are up to 1 km long]."""
LARGEST_WEIGHT = 1e60
"""Above any number of decays or protons."""
LARGEST_CODE = 1e15
_SLOWEST = 0.1
"""Velocity in c, at least, with which parents are taken to have flown: slower ones were stopped by matter shortly before [choice]."""

PARENTS = (
    *(13, -13, 15, -15, 211, -211, 321, -321, 130, 310, 111, 221, 331),
    *(411, -411, 421, -421, 431, -431, 511, -511, 521, -521, 531, -531, 541, -541, 4122, -4122),
)
"""PDG codes that may stand in a user's file."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Parents of one file or a part of it, in metres and GeV, in the file's own frame; columns as in ParentFlux."""

    pdg: IntArray
    momentum: Array
    start: Array
    time: Array
    path: Array
    weight: Array
    """Per file, as the file has it."""

    def select(self, kept: BoolArray) -> "Rows":
        """The rows of a mask."""
        return Rows(self.pdg[kept], self.momentum[kept], self.start[kept], self.time[kept], self.path[kept], self.weight[kept])


def joined(pieces: list[Rows]) -> Rows:
    """Several lists of rows as one."""
    return Rows(
        np.concatenate([np.zeros(0, np.int64), *[piece.pdg for piece in pieces]]),
        np.concatenate([np.zeros((0, 3)), *[piece.momentum for piece in pieces]]),
        np.concatenate([np.zeros((0, 3)), *[piece.start for piece in pieces]]),
        np.concatenate([np.zeros(0), *[piece.time for piece in pieces]]),
        np.concatenate([np.zeros(0), *[piece.path for piece in pieces]]),
        np.concatenate([np.zeros(0), *[piece.weight for piece in pieces]]),
    )


class Tally(NamedTuple):
    """Entries with their sums of weights and of squared weights."""

    entries: int = 0
    weight: float = 0.0
    squares: float = 0.0

    def plus(self, weight: Array) -> "Tally":
        """With more entries of these weights."""
        return Tally(self.entries + len(weight), self.weight + float(weight.sum()), self.squares + float(weight @ weight))

    def merged(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(self.entries + other.entries, self.weight + other.weight, self.squares + other.squares)


Recorded = Mapping[int, Mapping[tuple[int, int], Tally]]
"""What a file of neutrinos holds by parent (PDG code) and by decay (ndecay, neutrino's PDG code)."""


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """Neutrinos that cross a file's flux window."""

    pdg: IntArray
    energy: Array
    """GeV."""
    fluence: Array
    """Neutrinos per cm^2 of the window, across their direction, for the protons of all files."""
    parent: IntArray
    """PDG codes; 0 where the file does not say."""


@dataclass(frozen=True, slots=True, eq=False)
class FileContent:
    """What one file gave."""

    rows: Rows
    entries: int
    protons: float | None
    """On target, None if the file does not say."""
    recorded: Recorded = field(default_factory=dict)
    left_out: Mapping[str, Tally] = field(default_factory=dict)
    """Entries that are no parents of heavy neutrinos here, by reason."""
    rays: Rays | None = None
    notes: tuple[str, ...] = ()
    per_decay: Mapping[int, Mapping[tuple[int, int], float]] = field(default_factory=dict)
    """Entries that one decay of a parent leaves on average, by parent and by (ndecay, ntype); empty where rows are parents themselves."""


@dataclass(frozen=True, slots=True)
class Check:
    """What rows must fulfil, and how the file calls them: errors name file, entry, what was found and what would do."""

    path: Path
    row: str
    """What the file's rows are called: entry, line."""
    momentum_unit: str
    length_unit: str
    beam_momentum: float | None = None
    """GeV/c of the protons, if known."""

    def refuse(self, place: int, text: str) -> DataFileError:
        """The error for one row."""
        return DataFileError(f"{self.path}: {self.row} {place}: {text}")

    def weights(self, name: str, weight: Array, place: IntArray) -> None:
        """Finite and not negative, and so small that their squares can be summed."""
        bad = np.flatnonzero(~((weight >= 0) & (weight < LARGEST_WEIGHT)))
        if len(bad):
            raise self.refuse(
                int(place[bad[0]]), f"{name} = {weight[bad[0]]:g}: weights must be finite and not negative, and below {LARGEST_WEIGHT:g}"
            )

    def codes(self, name: str, values: Any, place: IntArray) -> IntArray:
        """A column of codes as whole numbers; refused where it holds others."""
        values = np.asarray(values)
        if np.issubdtype(values.dtype, np.signedinteger):
            whole: IntArray = values.astype(np.int64)
            return whole
        numbers: Array = values.astype(float)
        bad = np.flatnonzero(~(np.abs(numbers) < LARGEST_CODE) | (numbers != np.round(numbers)))
        if len(bad):
            what = "a PDG code" if name == "pdg" else "it"
            raise self.refuse(int(place[bad[0]]), f"{name} = {numbers[bad[0]]:g}: {what} is a whole number")
        codes: IntArray = numbers.astype(np.int64)
        return codes

    def rows(self, rows: Rows, place: IntArray, names: tuple[str, str] = ("momentum", "position")) -> None:
        """Known particles, finite numbers, momenta and positions of a beam line. `place` numbers the rows for messages."""
        unknown = np.flatnonzero(~np.isin(rows.pdg, PARENTS))
        if len(unknown):
            raise self.refuse(int(place[unknown[0]]), f"PDG code {rows.pdg[unknown[0]]} is no parent of neutrinos; {_known()}")
        for name, values in zip(names, (rows.momentum, rows.start), strict=True):
            bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
            if len(bad):
                text = ", ".join(f"{value:g}" for value in values[bad[0]])
                raise self.refuse(int(place[bad[0]]), f"{name} = ({text}): a number is not finite")
        with np.errstate(over="ignore"):  # what overflows is above the limit as well
            p = np.sqrt(np.sum(rows.momentum**2, axis=1))
            distance = np.sqrt(np.sum(rows.start**2, axis=1)) + rows.path
        # nuclear motion and rounding let a secondary pass the beam's momentum by a little
        limit = LARGEST_MOMENTUM if self.beam_momentum is None else 1.01 * self.beam_momentum
        fastest = int(np.argmax(p)) if len(p) else 0
        if len(p) and p[fastest] > limit:
            what = "any beam's" if self.beam_momentum is None else f"the beam's {self.beam_momentum:g} GeV/c"
            raise self.refuse(
                int(place[fastest]), f"{names[0]} of {p[fastest]:.4g} GeV, above {what}; is {self.momentum_unit} the file's unit?"
            )
        farthest = int(np.argmax(distance)) if len(p) else 0
        if len(p) and distance[farthest] > LARGEST_DISTANCE:
            raise self.refuse(
                int(place[farthest]),
                f"{names[1]} at {distance[farthest]:.4g} m from the file's zero, beyond any beam line ({LARGEST_DISTANCE:g} m); "
                f"is {self.length_unit} the file's unit?",
            )


def _known() -> str:
    return "known: " + " ".join(f"{pdg.NAMES[code]} ({code})" for code in PARENTS if code > 0) + " and their antiparticles"


def moving(momentum: Array) -> Array:
    """Momenta (n, 3) with a direction for those at rest."""
    with np.errstate(over="ignore"):  # momenta beyond every limit are refused with the other columns
        at_rest = np.sum(momentum**2, axis=1) < REST_MOMENTUM**2
    if not at_rest.any():
        return momentum
    result = momentum.copy()
    result[at_rest] = (0.0, 0.0, REST_MOMENTUM)
    return result


def flight_time(code: IntArray, momentum: Array, end: Array, production: Array | None = None) -> Array:
    """c t (n,) at `end`: the protons' way to the place of production, then the parent's straight flight with its last velocity.

    Without `production` (n, 3) parents come from the file's zero. Time is zero when the protons pass that.
    """
    begin = np.zeros_like(end) if production is None else production
    p = np.sqrt(np.sum(momentum**2, axis=1))
    velocity = np.maximum(p / np.hypot(p, per_species(code, pdg.mass)), _SLOWEST)
    result: Array = begin[:, 2] + np.sqrt(np.sum((end - begin) ** 2, axis=1)) / velocity
    return result

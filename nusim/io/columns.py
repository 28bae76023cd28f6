"""Events as columns: what Parquet files and flat ROOT trees hold, a row an event, its particles as lists of one length."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DataFileError
from ..kernels.arrays import IntArray
from .header import RunInfo
from .record import Record

DESCRIPTIONS = {
    "event": "number of the event in the run",
    "process": "final state: place in processes, from 1",
    "route": "by which way the state seen came: place in routes, from 0",
    "weight": "expected events that this event stands for",
    "heavy": "place of the state seen among the particles, from 0",
    "heavy_pdg": "PDG code of the state seen",
    "parent_pdg": "PDG code of the beam parent",
    "delay_ns": "ns by which the state seen is late at its decay against a massless particle on its way",
    "polarisation": "longitudinal polarisation of the state seen in the rest frame of what it comes from; 9 = unknown",
    **{f"vertex_{axis}": f"decay seen, {axis} in the detector frame, m" for axis in "xyz"},
    "vertex_t_ns": "time of the decay seen since the protons passed the beam frame's origin, ns",
    **{
        f"{who}_{name}": f"{text}, {name}, GeV, beam axes"
        for who, text in (("heavy", "state seen"), ("parent", "beam parent"))
        for name in ("E", "px", "py", "pz")
    },
    "particle_pdg": "PDG codes; the beam parent first, mothers before daughters",
    "particle_status": "-1 beam parent, 2 decays in the event, 1 leaves it",
    "particle_mother": "place of the mother, from 0; -1 for none",
    **{f"particle_{name}": f"{name}, GeV, beam axes" for name in ("E", "px", "py", "pz")},
    "particle_mass": "GeV",
    **{f"particle_{axis}": f"{axis} where the particle begins, beam frame, m" for axis in "xyz"},
    "particle_t_ns": "time at which the particle begins, ns",
    "particle_ctau": "c tau from there to its decay in its rest frame, m; 0 for particles that leave",
    "particle_spin": "cosine of the angle between spin and momentum in the beam frame; 9 = unknown or no spin",
}
"""Of the columns, in their order. Named weights follow as weight_NAME."""

LISTS = tuple(name for name in DESCRIPTIONS if name.startswith("particle_"))
_INTEGERS = ("event", "process", "route", "heavy", "heavy_pdg", "parent_pdg", "particle_pdg", "particle_status", "particle_mother")


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Rows of a table: plain columns, and columns of lists that share their lengths."""

    plain: Mapping[str, Any]
    lists: Mapping[str, Any]
    """Values of all rows, one row after the other."""
    offsets: IntArray
    """Shape (n + 1,), from 0."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def cut(self, first: int, last: int) -> "Columns":
        """Consecutive rows."""
        lo, hi = int(self.offsets[first]), int(self.offsets[last])
        return Columns(
            {name: column[first:last] for name, column in self.plain.items()},
            {name: column[lo:hi] for name, column in self.lists.items()},
            self.offsets[first : last + 1] - lo,
        )

    def digest(self, into: "hashlib._Hash") -> None:
        """Feed the content to a hash: names and numbers, column by column."""
        into.update(np.diff(self.offsets).astype("<i8").tobytes())
        for name, column in (*self.plain.items(), *self.lists.items()):
            into.update(name.encode() + np.ascontiguousarray(column).tobytes())


def joined(parts: list[Columns]) -> Columns:
    """Rows of several tables one after the other."""
    counts = np.concatenate([np.diff(part.offsets) for part in parts])
    return Columns(
        {name: np.concatenate([part.plain[name] for part in parts]) for name in parts[0].plain},
        {name: np.concatenate([part.lists[name] for part in parts]) for name in parts[0].lists},
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
    )


def dtype_of(name: str) -> str:
    """Of a column, as numpy calls it."""
    return "int32" if name in _INTEGERS and name != "event" else "int64" if name == "event" else "float64"


def column_names(info: RunInfo) -> tuple[str, ...]:
    """All columns of a run's file."""
    return (*DESCRIPTIONS, *weight_columns(info))


def weight_columns(info: RunInfo) -> tuple[str, ...]:
    """Columns of the named weights; DataFileError for a name that reads like another column."""
    names = tuple(f"weight_{name}" for name in info.weight_names)
    if len(set(names)) < len(names):
        raise DataFileError(f"named weights {', '.join(info.weight_names)}: each name once")
    return names


def columns_of(record: Record, info: RunInfo) -> Columns:
    """The columns of a sample."""
    sample, particle, event = record.sample, record.of_particle, record.of_event
    first, heavy = sample.offsets[:-1], sample.offsets[:-1] + sample.seen
    # the decay seen is where a daughter of the state seen begins
    end = sample.decay_vertex
    x, y, z = record.frame.points(end[:, 1], end[:, 2], end[:, 3])
    plain: dict[str, Any] = {
        "event": event["number"],
        "process": event["process"],
        "route": sample.route,
        "weight": sample.weight,
        "heavy": sample.seen,
        "heavy_pdg": particle["pdg"][heavy],
        "parent_pdg": event["parent"],
        "delay_ns": event["delay_ns"],
        "polarisation": sample.polarisation,
        **{"vertex_x": x, "vertex_y": y, "vertex_z": z, "vertex_t_ns": record.ns(end[:, 0])},
        **{
            f"{who}_{name}": particle[name][rows] for who, rows in (("heavy", heavy), ("parent", first)) for name in ("E", "px", "py", "pz")
        },
        **{f"weight_{name}": sample.named_weights[name] for name in info.weight_names},
    }
    lists = {
        "particle_pdg": particle["pdg"],
        "particle_status": sample.status,
        "particle_mother": sample.mother,
        **{f"particle_{name}": particle[name] for name in ("E", "px", "py", "pz", "mass", "x", "y", "z", "t_ns")},
        "particle_ctau": sample.proper_time,
        "particle_spin": particle["spin"],
    }
    return Columns(_typed(plain), _typed(lists), sample.offsets)


def _typed(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: np.ascontiguousarray(column, dtype_of(name)) for name, column in columns.items()}

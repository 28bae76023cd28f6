"""An event sample seen as a file needs it: grouped by shape, with the columns of every field, in file units.

Events of one shape have the same particles in the same places (number, status, mothers, heavy state, route) and
therefore the same text but for the numbers.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataFileError
from ..events.sample import FINAL, INTERMEDIATE, EventSample
from ..kernels.arrays import Array, IntArray
from ..pdg import HEAVY_STATE_CODES
from ..units import ns
from .pdg_scheme import translate

UNKNOWN_SPIN = 9.0


@dataclass(frozen=True, slots=True)
class Shape:
    """What events with the same text have in common. Places are counted from 0 within the event."""

    status: tuple[int, ...]
    mother: tuple[int, ...]
    """-1 for none."""
    spin_known: tuple[bool, ...]
    heavy: int
    """Place of the heavy state whose decay the detector sees."""
    route: int = 0
    """Index into the sample's routes."""
    label: tuple[int, ...] = ()
    """What a format says of each particle besides; empty where it says nothing."""

    def daughters(self, place: int) -> tuple[int, ...]:
        """Places of the daughters of a particle."""
        return tuple(j for j, mother in enumerate(self.mother) if mother == place)

    def below(self, place: int) -> tuple[int, ...]:
        """A particle and all that descends from it."""
        kept = [place]
        for j, mother in enumerate(self.mother):
            if mother in kept:
                kept.append(j)
        return tuple(kept)


@dataclass(frozen=True, slots=True)
class DetectorFrame:
    """Where the detector frame lies in the beam frame; from the metadata's frames.detector."""

    origin: tuple[float, ...]
    rotation: tuple[tuple[float, ...], ...]
    """Rows: the detector's axes in the beam frame."""

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> "DetectorFrame":
        """DataFileError where the metadata do not hold it."""
        try:
            frame = metadata["frames"]["detector"]
            origin = np.asarray(frame["local_origin"], float)
            rotation = np.asarray(frame["rotation"], float)
        except (KeyError, TypeError, ValueError):
            raise DataFileError("metadata: frames.detector needs local_origin (3 numbers) and rotation (3 rows of 3)") from None
        if origin.shape != (3,) or rotation.shape != (3, 3):
            raise DataFileError("metadata: frames.detector needs local_origin (3 numbers) and rotation (3 rows of 3)")
        return cls(tuple(origin.tolist()), tuple(tuple(row) for row in rotation.tolist()))

    def directions(self, x: Array, y: Array, z: Array) -> tuple[Array, Array, Array]:
        """Components of beam-frame vectors along the detector's axes.

        Written out: a matrix product may round differently with the number of rows, and with it the chunk size.
        """
        a, b, c = ((row[0] * x + row[1] * y) + row[2] * z for row in self.rotation)
        return a, b, c

    def points(self, x: Array, y: Array, z: Array) -> tuple[Array, Array, Array]:
        """Beam-frame points in the detector frame."""
        return self.directions(x - self.origin[0], y - self.origin[1], z - self.origin[2])


class Record:
    """Columns of a sample under the names that the templates' fields use, and its events by shape."""

    def __init__(self, sample: EventSample, frame: DetectorFrame, scheme: str) -> None:
        self.sample = sample
        self.frame = frame
        p, v = sample.momentum, sample.vertex
        x, y, z = v[:, 1], v[:, 2], v[:, 3]
        self.of_particle: dict[str, Any] = {
            "pdg": translate(sample.pdg, scheme),
            **{"E": p[:, 0], "px": p[:, 1], "py": p[:, 2], "pz": p[:, 3], "mass": sample.mass, "spin": sample.spin},
            **{"x": x, "y": y, "z": z, "t_ns": self.ns(v[:, 0])},
            **dict(zip(("detector_x", "detector_y", "detector_z"), frame.points(x, y, z), strict=True)),
        }
        self.of_event: dict[str, Any] = {
            "weight": sample.weight,
            "delay_ns": sample.delay / ns,
            "polarisation": sample.polarisation,
        }

    @staticmethod
    def ns(ct: Array) -> Array:
        """Times from c t in metres."""
        return ct / ns

    def column(self, key: Hashable, events: IntArray) -> Any:
        """Values of a field: `key` is the name of an event's column, or (name of a particle's column, place)."""
        if isinstance(key, tuple):
            name, place = key
            return self.of_particle[name][self.sample.offsets[events] + place]
        return self.of_event[str(key)][events]

    def shapes(self, label: IntArray | None = None) -> Iterator[tuple[Shape, IntArray]]:
        """Each shape present, with its events in ascending order; `label` (N,) tells shapes apart besides."""
        sample = self.sample
        of_particle = [sample.status, sample.mother, sample.spin != UNKNOWN_SPIN, *([] if label is None else [label])]
        table = np.stack([column.astype(np.int16) for column in of_particle], axis=1)
        count = np.diff(sample.offsets)
        for size in np.unique(count).tolist():
            events = np.flatnonzero(count == size)
            rows = sample.offsets[events][:, None] + np.arange(size)
            of_event = np.stack([sample.seen[events], sample.route[events]], axis=1).astype(np.int16)
            keys = np.hstack([table[rows].reshape(len(events), -1), of_event])
            for same in _equal_rows(keys):
                key = keys[same[0]]
                status, mother, spin_known, *labels = key[:-2].reshape(size, -1).T.tolist()
                heavy, route = key[-2:].tolist()
                shape = Shape(tuple(status), tuple(mother), tuple(map(bool, spin_known)), heavy, route, tuple(*labels))
                yield shape, events[same]


_MIX = np.uint64(0x9E3779B97F4A7C15)


def _equal_rows(keys: NDArray[np.int16]) -> list[IntArray]:
    """Indices, ascending, of the rows that are equal to each other, for every row there is."""
    code = np.zeros(len(keys), np.uint64)
    for column in keys.T:
        code = code * _MIX + column.astype(np.uint64)
    _, first, which = np.unique(code, return_index=True, return_inverse=True)
    if np.any(keys != keys[first][which]):  # two rows with one code
        which = np.unique(keys, axis=0, return_inverse=True)[1].ravel()
    order = np.argsort(which, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(which[order])) + 1)


def check_sample(sample: EventSample) -> None:
    """Refuse what a file could not say, or would say wrongly: no heavy state at the place seen, lifetimes of particles that leave."""
    count = np.diff(sample.offsets)
    codes = np.array([HEAVY_STATE_CODES[name] for name in sample.states], np.int64)
    row = sample.offsets[:-1] + np.clip(sample.seen, 0, count - 1)
    fits = (sample.seen >= 0) & (sample.seen < count) & (sample.status[row] == INTERMEDIATE)
    bad = np.flatnonzero(~fits | (np.abs(sample.pdg[row]) != codes[sample.state]))
    if len(bad):
        name = sample.states[sample.state[bad[0]]]
        raise DataFileError(f"event sample: event {bad[0]} has no {name} that decays in the detector")
    bad = np.flatnonzero((sample.status == FINAL) & (sample.proper_time != 0))
    if len(bad):
        event = int(np.searchsorted(sample.offsets, bad[0], side="right")) - 1
        raise DataFileError(f"event sample: event {event}: a particle that leaves the event has a proper time")

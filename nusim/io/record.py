"""An event sample seen as a file needs it: grouped by shape, with the columns of every field, in file units.

Events of one shape have the same particles in the same places (number, status, mothers, heavy state) and therefore
the same text but for the numbers.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

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
        p, v = sample.momentum, sample.vertex
        x, y, z = v[:, 1], v[:, 2], v[:, 3]
        self.of_particle: dict[str, Any] = {
            "pdg": translate(sample.pdg, scheme),
            **{"E": p[:, 0], "px": p[:, 1], "py": p[:, 2], "pz": p[:, 3], "mass": sample.mass, "spin": sample.spin},
            **{"x": x, "y": y, "z": z, "t_ns": v[:, 0] / ns},
            **dict(zip(("detector_x", "detector_y", "detector_z"), frame.points(x, y, z), strict=True)),
        }
        self.of_event: dict[str, Any] = {
            "weight": sample.weight,
            "delay_ns": sample.delay / ns,
            "polarisation": sample.polarisation,
        }

    def column(self, key: Hashable, events: IntArray) -> Any:
        """Values of a field: `key` is the name of an event's column, or (name of a particle's column, place)."""
        if isinstance(key, tuple):
            name, place = key
            return self.of_particle[name][self.sample.offsets[events] + place]
        return self.of_event[str(key)][events]

    def shapes(self) -> Iterator[tuple[Shape, IntArray]]:
        """Each shape present, with its events in ascending order."""
        sample = self.sample
        count = np.diff(sample.offsets)
        heavy = _heavy_places(sample)
        for size in np.unique(count):
            events = np.flatnonzero(count == size)
            rows = sample.offsets[events][:, None] + np.arange(size)
            known = sample.spin[rows] != UNKNOWN_SPIN
            keys = np.hstack([sample.status[rows], sample.mother[rows], known, heavy[events][:, None]]).astype(np.int16)
            while len(events):
                same = np.all(keys == keys[0], axis=1)
                status, mother, spin_known = keys[0, :-1].reshape(3, size).tolist()
                yield Shape(tuple(status), tuple(mother), tuple(map(bool, spin_known)), int(keys[0, -1])), events[same]
                events, keys = events[~same], keys[~same]


def _heavy_places(sample: EventSample) -> IntArray:
    """Place in each event of the heavy state that decays at the event's decay vertex, shape (n,)."""
    n = len(sample)
    if n == 0:
        return np.empty(0, np.int64)
    event = np.repeat(np.arange(n), np.diff(sample.offsets))
    has_mother = sample.mother >= 0
    mother = sample.offsets[event[has_mother]] + sample.mother[has_mother]
    end = np.full((len(sample.pdg), 4), np.inf)
    end[mother] = sample.vertex[has_mother]
    code = np.array([HEAVY_STATE_CODES[name] for name in sample.states])[sample.state]
    candidate = np.flatnonzero((sample.status == INTERMEDIATE) & (np.abs(sample.pdg) == code[event]))
    owner = event[candidate]
    if len(candidate) != n or np.any(owner != np.arange(n)):
        distance = np.abs(end[candidate] - sample.decay_vertex[owner]).max(axis=1)
        order = np.lexsort((distance, owner))
        owner, first = np.unique(owner[order], return_index=True)
        if len(owner) != n:
            missing = np.setdiff1d(np.arange(n), owner)[0]
            name = sample.states[sample.state[missing]]
            raise DataFileError(f"event sample: event {missing} has no {name} that decays in the detector")
        candidate = candidate[order][first]
    places: IntArray = candidate - sample.offsets[:-1]
    return places


def check_statuses(sample: EventSample) -> None:
    """Refuse particles that leave the event and are said to live a while: their lifetime has no place in a file."""
    bad = np.flatnonzero((sample.status == FINAL) & (sample.proper_time != 0))
    if len(bad):
        event = int(np.searchsorted(sample.offsets, bad[0], side="right")) - 1
        raise DataFileError(f"event sample: event {event}: a particle that leaves the event has a proper time")

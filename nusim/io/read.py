"""Event files back as samples: what `nusim convert`, `merge` and `info` work with."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from ..errors import DataFileError
from ..events.sample import FINAL, INCOMING, INTERMEDIATE, EventSample
from .header import RunInfo
from .pdg_scheme import translate_back
from .reading import InputFile
from .record import check_sample

Bad = Callable[[int, str], None]
"""Told of an event that cannot be read: its number in the file, from 0, and why."""

BEFORE_LOST = "what came before the heavy state seen: the layout is decay"
"""Such a file cannot be converted or merged event by event."""


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """The events of a text file as they stand there, to be copied."""

    blocks: Callable[[], Iterator[bytes]]
    """Whole lines, in order; once."""
    mark: bytes
    """What the first line of an event begins with; empty where no such thing tells it."""
    tail: bytes
    """What ends the file."""
    beside: Mapping[str, Any] = field(default_factory=dict)
    """What stands in a file beside it."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """An open event file of nusim's."""

    path: Path
    format: str
    info: RunInfo
    samples: Callable[[Bad], Iterator[EventSample]]
    """The events in order, a piece at a time; once."""
    lost: tuple[str, ...] = ()
    """What this format does not hold of an event, a line each."""
    sha256: Callable[[], str] = str
    """Of the content, when all samples are read."""
    text: Text | None = None
    """Instead of the samples."""
    close: Callable[[], object] = bool

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_source(path: str | os.PathLike[str]) -> Source:
    """An event file of nusim's to be read in a `with` block: LHE, HepMC3, HEPEVT with its JSON file, flat ROOT, Parquet.

    DataFileError for any other, MissingExtraError where a package is missing to read it.
    """
    from . import read_hepevt, read_hepmc3, read_lhe, read_table

    file = InputFile(path)
    try:
        start = file.read()
        for reader, fits in (
            (read_table.read_parquet, start[:4] == b"PAR1"),
            (read_table.read_root, start[:4] == b"root"),
            (read_lhe.read_lhe, b"<LesHouchesEvents" in start[:65536]),
            (read_hepmc3.read_hepmc3, start.startswith(b"HepMC::Version")),
            (read_hepevt.read_hepevt, read_hepevt.looks_like(file, start)),
        ):
            if fits:
                return reader(file, start)
        if file.fault:
            raise DataFileError(f"{file.path}: {file.fault}")
        what = "no event file that nusim reads back: LHE, HepMC3, HEPEVT, flat ROOT, Parquet" if start else "empty"
        raise DataFileError(f"{file.path}: is {what}")
    except BaseException:
        file.close()
        raise


def refuse(path: Path) -> Bad:
    """A bad event is the end."""

    def bad(event: int, why: str) -> None:
        raise DataFileError(f"{path}: event {event}: cannot be read: {why}")

    return bad


def assembled(info: RunInfo, columns: Mapping[str, Any]) -> EventSample:
    """A sample from its columns, named as in EventSample; codes in the file's scheme; the rest follows from them.

    Raises ValueError for columns that do not fit each other.
    """
    offsets, mother, seen, route = columns["offsets"], columns["mother"], columns["seen"], columns["route"]
    count = np.diff(offsets)
    event = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(event)) - offsets[event]
    if np.any(mother < -1) or np.any(mother >= place) or np.any((seen < 0) | (seen >= count)):
        raise ValueError("a mother or the state seen is on no line, or after its daughters")
    if np.any((mother < 0) & (place > 0)):
        raise ValueError("a particle other than the first has no mother")
    if np.any((route < 0) | (route >= len(info.routes))) or np.any((columns["channel"] < 0) | (columns["channel"] >= len(info.channels))):
        raise ValueError("its route or process is not in the header")
    end = np.zeros((len(mother), 4))
    has = mother >= 0
    end[(offsets[event] + mother)[has][::-1]] = columns["vertex"][has][::-1]
    state = np.array([info.states.index(name.split()[0]) for name in info.routes], np.int16)
    status = columns["status"]
    parent = np.zeros(len(event), bool)
    parent[(offsets[event] + mother)[has]] = True
    if not np.all(np.isin(status, (INCOMING, FINAL, INTERMEDIATE))) or np.any(parent != (status != FINAL)):
        raise ValueError("a particle's status does not fit: 1 and no daughters, or 2, or -1 in the beam, with daughters")
    sample = EventSample(
        **{
            **columns,
            "pdg": translate_back(columns["pdg"].astype(np.int64), info.pdg_scheme),
            "status": columns["status"].astype(np.int8),
            "route": route.astype(np.int16),
            "channel": columns["channel"].astype(np.int16),
            "decay_vertex": columns.get("decay_vertex", end[offsets[:-1] + seen]),
        },
        state=state[route],
        states=info.states,
        routes=info.routes,
        channels=info.channels,
        weighted=info.weighted,
        metadata=info.metadata,
    )
    if info.layout == "decay":  # begins with the state seen
        return sample
    try:
        check_sample(sample)
    except DataFileError as error:
        raise ValueError(str(error)) from None
    return sample


def halved(first: int, pieces: list[Any], parse: Callable[[list[Any], int], EventSample], bad: Bad) -> Iterator[EventSample]:
    """Parsed events; where that fails the pieces are halved until the bad event is found."""
    if not pieces:
        return
    try:
        sample = parse(pieces, first)
    except (ValueError, IndexError, KeyError, OverflowError) as error:
        if len(pieces) == 1:
            bad(first, str(error))
            return
        half = len(pieces) // 2
        yield from halved(first, pieces[:half], parse, bad)
        yield from halved(first + half, pieces[half:], parse, bad)
        return
    yield sample


def back_to_beam(frame: Any, vectors: Any) -> Any:
    """Components (n, 3) along the detector's axes as components along the beam's."""
    a, b, c = vectors[:, 0], vectors[:, 1], vectors[:, 2]
    (r00, r01, r02), (r10, r11, r12), (r20, r21, r22) = frame.rotation
    return np.column_stack([(r00 * a + r10 * b) + r20 * c, (r01 * a + r11 * b) + r21 * c, (r02 * a + r12 * b) + r22 * c])

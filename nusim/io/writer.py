"""What the text formats share: an open file that turns samples into rows of text, in order, and closes whole or not at all."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import numpy as np

from ..errors import DataFileError
from ..events.sample import EventSample
from ..events.variations import varied
from ..kernels.arrays import IntArray
from .header import RunInfo
from .output import OutputFile
from .record import DetectorFrame, Record, Shape, check_sample
from .text import Bytes, RowTemplate, interleave

_PIECE = 8192
"""Events of few shapes turned into text at a time: bounds the memory, not the content."""
_SHAPES, _LARGEST = 8, 4
"""So many shapes share a piece of that size; with more it grows, up to so many times, or each shape would have too few rows to be fast."""


def weight_column(name: str) -> str:
    """The column of a record that holds the weights of this name, in units of the file's weight."""
    return f"weight {name}"


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Events as they stand in a file."""

    text: bytes
    events: int
    beside: Mapping[str, Any]
    """What stands beside the file of them, if anything."""


class EventWriter(ABC):
    """An open event file that takes samples one after the other and puts their events in that order.

    Parameters
    - info: the run; the number of events it announces is checked when the file is closed.
    - compress: gzip.

    Raises DataFileError, and leaves nothing under the name, if anything goes wrong in the `with` block.
    """

    format: ClassVar[str]
    layouts: ClassVar[tuple[str, ...]]

    def __init__(self, path: str | os.PathLike[str], info: RunInfo, compress: bool = False) -> None:
        if info.layout not in self.layouts:
            raise DataFileError(f"layout {info.layout!r}: unknown to {self.format}; known: {' '.join(self.layouts)}")
        self._info = info
        self._frame = DetectorFrame.of(info.metadata)
        self._compress = compress
        self._file = OutputFile(path, compress)
        self._templates: dict[Shape, RowTemplate] = {}
        self._written = 0
        self._first = int(info.metadata.get("first_event", 0))

    @abstractmethod
    def _head(self) -> str:
        """What stands before the first event."""

    @abstractmethod
    def _tail(self) -> str:
        """What stands after the last event."""

    @abstractmethod
    def _template(self, shape: Shape) -> RowTemplate:
        """The text of an event of this shape."""

    @abstractmethod
    def _prepare(self, record: Record) -> None:
        """Add the columns that only this format needs; called for each sample."""

    def _label(self, record: Record) -> tuple[IntArray | None, Mapping[str, Any]]:
        """What this format says of each particle besides its place, (N,), and what stands beside the file of these events."""
        return None, {}

    def _finish(self) -> None:  # noqa: B027 (most formats have nothing more to do)
        """Called when all events are written, before the file gets its name."""

    @property
    def sha256(self) -> str:
        """Of the uncompressed content."""
        return self._file.sha256

    def __enter__(self) -> Self:
        self._file.__enter__()
        try:
            if self._file.resumed:
                for note in self._file.resumed:
                    self._note(note["beside"])
                    self._written += note["events"]
            else:
                self._file.write(self._head().encode("ascii"))
        except BaseException as error:
            self._file.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            try:
                if self._written != self._info.events:
                    raise DataFileError(f"{self._file.path}: {self._written} events were written, {self._info.events} announced")
                self._file.write(self._tail().encode("ascii"))
                self._finish()
            except BaseException as failure:
                self._file.__exit__(type(failure), failure, failure.__traceback__)
                raise
        self._file.__exit__(kind, error, trace)

    def keep_log(self, key: str) -> None:
        """Before the file is opened: go on where an earlier run with this key stopped, and note chunks for a later one."""
        self._file = OutputFile(self._file.path, self._compress, key)

    @property
    def resumed(self) -> list[dict[str, Any]]:
        """The notes of the chunks that an earlier run left."""
        return self._file.resumed

    def write(self, sample: EventSample) -> None:
        """Append a sample's events, which must be of the run that the file was opened for."""
        self.put(self.render(sample, self._first + self._written))

    def put(self, piece: Piece, note: Mapping[str, Any] | None = None) -> None:
        """Append rendered events; with a `note`, what a later run is to know if it goes on behind them."""
        self._file.write(piece.text)
        self._note(piece.beside)
        self._written += piece.events
        if note is not None:
            self._file.mark({**note, "events": piece.events, "beside": listed(piece.beside)})

    def render(self, sample: EventSample, first: int) -> Piece:
        """A sample's events as text, the first of them number `first` of the run; other processes can do this with a copy of the writer."""
        try:
            return self._rendered(sample, first)
        except DataFileError as error:
            raise naming(self._file.path, error) from None

    def _rendered(self, sample: EventSample, first: int) -> Piece:
        info = self._info
        sample = with_weights(sample, info.weight_names)
        check_run(self._file.path, info, sample)
        record = Record(sample, self._frame, info.pdg_scheme)
        record.of_event |= {
            "process": info.process_numbers[sample.channel],
            "number": np.arange(len(sample)) + first,
            "file_weight": sample.weight / info.events_per_weight if len(sample) else sample.weight,
            "parent": record.of_particle["pdg"][sample.offsets[:-1]],
        }
        varied_weights = varied(info.effects, sample.parents, record.of_event["file_weight"])
        record.of_event |= {weight_column(name): weights for name, weights in varied_weights.items()}
        for name in info.weight_names:
            record.of_event[f"weight {name}"] = sample.named_weights[name]
        self._prepare(record)
        label, beside = self._label(record)
        shapes = list(record.shapes(label))
        piece = _PIECE * min(max(len(shapes) // _SHAPES, 1), _LARGEST)
        texts = []
        for start in range(0, len(sample), piece):
            stop = min(start + piece, len(sample))
            blocks = []
            for shape, events in shapes:
                here = events[np.searchsorted(events, start) : np.searchsorted(events, stop)]
                if len(here):
                    blocks.append((here - start, self._render(record, shape, here)))
            texts.append(interleave(blocks, stop - start))
        return Piece(b"".join(texts), len(sample), beside)

    def append(self, blocks: Iterable[bytes], events: int, mark: bytes, tail: bytes, beside: Mapping[str, Any]) -> bool:
        """Copy `events` events of another file of this run, format and layout, given as blocks of whole lines; whether all were there.

        `mark`: what an event's first line begins with; `tail`: what ends that file; `beside`: what stands beside it.
        """
        found, held = 0, b""
        for block in blocks:
            if mark:
                found += block.startswith(mark) + block.count(b"\n" + mark)
            content = held + block
            held = content[len(content) - len(tail) :]
            self._file.write(content[: len(content) - len(tail)])
        self._note(beside)
        self._written += events
        return held == tail and (not mark or found == events)

    def _note(self, beside: Mapping[str, Any]) -> None:  # noqa: B027 (most formats have nothing beside them)
        """Take over what stands beside a file whose events were copied."""

    def _render(self, record: Record, shape: Shape, events: IntArray) -> Bytes:
        template = self._templates.get(shape)
        if template is None:
            template = self._templates[shape] = self._template(shape)
        reals = np.empty((len(template.reals), len(events)))
        for row, key in zip(reals, template.reals, strict=True):
            row[:] = record.column(key, events)
        integers = np.empty((len(template.integers), len(events)), np.int64)
        for line, key in zip(integers, template.integers, strict=True):
            line[:] = record.column(key, events)
        return template.render(reals, integers)


def naming(path: Path, error: DataFileError) -> DataFileError:
    """The error with the file that was to be written, if it does not name it."""
    return error if str(error).startswith(str(path)) else DataFileError(f"{path}: {error}")


def listed(values: Any) -> Any:
    """Arrays in a mapping as lists, for JSON."""
    if isinstance(values, Mapping):
        return {key: listed(value) for key, value in values.items()}
    return values.tolist() if isinstance(values, np.ndarray) else values


def with_weights(sample: EventSample, names: tuple[str, ...]) -> EventSample:
    """The sample with the named weights that a file holds: its own, and those of the beam's nuisances."""
    if names == tuple(sample.named_weights):
        return sample
    known = {**sample.varied_weights, **sample.named_weights}
    return replace(sample, named_weights={name: known[name] for name in names if name in known})


def check_run(path: Path, info: RunInfo, sample: EventSample) -> None:
    """Refuse a sample of another run than the file was opened for, or one that a file could not say rightly."""
    mine = (sample.channels, sample.states, sample.routes, sample.weighted, tuple(sample.named_weights))
    if mine != (info.channels, info.states, info.routes, info.weighted, info.weight_names):
        raise DataFileError(f"{path}: the sample is of another run than the file: channels, states, routes, weighting or weights differ")
    if len(sample) and not info.events_per_weight > 0:
        raise DataFileError(f"{path}: expected_events = {info.metadata['expected_events']}: events need a positive rate")
    check_sample(sample)

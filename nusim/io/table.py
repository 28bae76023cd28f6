"""Files of columns: samples become rows in groups of one size, whatever the samples' sizes, and the file closes whole or not at all."""

import hashlib
import os
from abc import ABC, abstractmethod
from contextlib import suppress
from types import TracebackType
from typing import Any, ClassVar, Self

import numpy as np

from ..cards.run import read_document
from ..errors import DataFileError, MissingExtraError
from ..events.sample import EventSample
from .columns import DESCRIPTIONS, LISTS, Columns, columns_of, dtype_of, joined, weight_columns
from .header import RunInfo, json_text
from .output import PartFile
from .record import DetectorFrame, Record
from .writer import check_run, naming, with_weights

GROUP = 65_536
"""Rows written at a time: bounds the memory, and gives the same file for any sizes of samples."""


class TableWriter(ABC):
    """An open file of columns that takes samples one after the other; used as `EventWriter` is."""

    format: ClassVar[str]
    layouts: ClassVar[tuple[str, ...]] = ("chain",)

    def __init__(self, path: str | os.PathLike[str], info: RunInfo, compress: bool = False) -> None:
        if info.layout not in self.layouts:
            raise DataFileError(f"layout {info.layout!r}: unknown to {self.format}; known: {' '.join(self.layouts)}")
        if compress:
            raise DataFileError(f"{path}: {self.format} files are compressed as they are; leave out .gz")
        self._info = info
        self._frame = DetectorFrame.of(info.metadata)
        self._file = PartFile(path)
        self._waiting: list[Columns] = []
        self._digest = hashlib.sha256()
        self._written = 0
        self._first = int(info.metadata.get("first_event", 0))

    @abstractmethod
    def _open(self) -> None:
        """Begin the file under its `.part` name."""

    @abstractmethod
    def _append(self, rows: Columns) -> None:
        """A group of rows into the file."""

    @abstractmethod
    def _close(self) -> None:
        """End the file."""

    @abstractmethod
    def _abandon(self) -> None:
        """Let go of the file after an error."""

    @abstractmethod
    def _columns(self, record: Record) -> Columns:
        """The rows of a sample."""

    @property
    def sha256(self) -> str:
        """Of the columns' content: their names and numbers, in groups of GROUP rows."""
        return self._digest.hexdigest()

    def __enter__(self) -> Self:
        self._file.__enter__()
        try:
            self._open()
        except BaseException as error:
            self._file.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            try:
                if self._written != self._info.events:
                    raise DataFileError(f"{self._file.path}: {self._written} events were written, {self._info.events} announced")
                self._flush(1)
                self._close()
            except BaseException as failure:
                self._give_up(failure)
                raise
            self._file.__exit__(None, None, None)
        else:
            self._give_up(error)

    def _give_up(self, error: BaseException | None) -> None:
        """Leave nothing under the name; what the system refused becomes a DataFileError."""
        with suppress(Exception):  # a disk that is full refuses the end of the file too
            self._abandon()
        self._file.__exit__(BaseException, error, None)

    def write(self, sample: EventSample) -> None:
        """Append a sample's events, which must be of the run that the file was opened for."""
        try:
            rows = self._rows_of(sample)
        except DataFileError as error:
            raise naming(self._file.path, error) from None
        self._waiting.append(rows)
        self._written += len(sample)
        self._flush(GROUP)

    def _rows_of(self, sample: EventSample) -> Columns:
        info = self._info
        sample = with_weights(sample, info.weight_names)
        check_run(self._file.path, info, sample)
        record = Record(sample, self._frame, info.pdg_scheme)
        record.of_event |= {
            "process": info.process_numbers[sample.channel],
            "number": np.arange(len(sample)) + (self._first + self._written),
            "parent": record.of_particle["pdg"][sample.offsets[:-1]],
        }
        return self._columns(record)

    def _flush(self, least: int) -> None:
        """Append whole groups while at least `least` rows wait."""
        if sum(map(len, self._waiting)) < least:
            return
        rows = joined(self._waiting)
        first = 0
        while len(rows) - first >= least:
            group = rows.cut(first, min(first + GROUP, len(rows)))
            group.digest(self._digest)
            self._append(group)
            first += len(group)
        self._waiting = [rows.cut(first, len(rows))]


def document(info: RunInfo, columns: tuple[str, ...] = ()) -> str:
    """What a file of columns says of its run, JSON."""
    cards = {name: info.metadata[name] for name in ("model", "experiment") if name in info.metadata}
    described: dict[str, Any] = {}
    if columns:
        extra = {f"weight_{name}": f"expected events that this event stands for, {name}" for name in info.weight_names}
        described = {"columns": {name: (DESCRIPTIONS | extra)[name] for name in columns}}
    return json_text({"run": info.summary(), **cards, **described}, indent=None)


class ParquetWriter(TableWriter):
    """An open Parquet file: zstd, floats split by byte, the run in the schema's metadata under `nusim`."""

    format = "parquet"

    def _open(self) -> None:
        pa, pq = arrow()
        plain = tuple(name for name in DESCRIPTIONS if name not in LISTS) + weight_columns(self._info)
        fields = [(name, pa.from_numpy_dtype(dtype_of(name))) for name in plain]
        # items that are never null: half the size of their levels
        fields += [(name, pa.list_(pa.field("item", pa.from_numpy_dtype(dtype_of(name)), nullable=False))) for name in LISTS]
        about = document(self._info, (*plain, *LISTS))
        self._schema = pa.schema([pa.field(name, kind, nullable=False) for name, kind in fields], {"nusim": about})
        reals = [name + (".list.item" if name in LISTS else "") for name, _ in fields if dtype_of(name) == "float64"]
        self._writer = pq.ParquetWriter(
            self._file.part,
            self._schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=[name + (".list.item" if name in LISTS else "") for name, _ in fields if dtype_of(name) != "float64"],
            column_encoding=dict.fromkeys(reals, "BYTE_STREAM_SPLIT"),
        )

    def _columns(self, record: Record) -> Columns:
        return columns_of(record, self._info)

    def _append(self, rows: Columns) -> None:
        pa, _ = arrow()
        offsets = pa.array(rows.offsets.astype("int32"))
        arrays = [
            pa.ListArray.from_arrays(offsets, pa.array(rows.lists[field.name]), type=field.type)
            if field.name in rows.lists
            else pa.array(rows.plain[field.name])
            for field in self._schema
        ]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema), row_group_size=GROUP)

    def _close(self) -> None:
        self._writer.close()

    def _abandon(self) -> None:
        self._writer.close()


def arrow() -> tuple[Any, Any]:
    """pyarrow and its Parquet module; MissingExtraError without them."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingExtraError("Parquet files need pyarrow: pip install 'nusim[parquet]'") from None
    return pa, pq


def described(text: str | bytes) -> dict[str, Any]:
    """The run, model and experiment as `document` wrote them; ValueError for anything else."""
    value = read_document(text)
    if not isinstance(value.get("run"), dict):
        raise ValueError("no run")
    return value

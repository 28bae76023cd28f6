"""Event files read as a stream: plain or gzip, broken or not, in pieces that hold whole lines."""

import gzip
import hashlib
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from ..errors import DataFileError
from ..events.variations import factors
from ..kernels.arrays import Array, IntArray
from ..pdg import CODES

_CHUNK = 4_000_000
LARGEST_EVENT = 256_000_000
"""Bytes without the end of an event at which a file is given up."""


class InputFile:
    """The uncompressed content of a file, read forward once; a broken end stops it and is remembered in `fault`."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.fault: str | None = None
        self._digest = hashlib.sha256()
        try:
            with open(self.path, "rb") as head:
                compressed = head.read(2) == b"\x1f\x8b"
            self._stream = cast(BinaryIO, gzip.open(self.path, "rb")) if compressed else open(self.path, "rb")  # noqa: SIM115 (close())
        except OSError as error:
            raise DataFileError(f"{self.path}: cannot be read: {error.strerror or error}") from None

    @property
    def sha256(self) -> str:
        """Of the uncompressed content read so far."""
        return self._digest.hexdigest()

    def read(self) -> bytes:
        """The next piece; empty at the end, and where the file is broken."""
        try:
            data = self._stream.read(_CHUNK)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self.fault = "the compressed data are damaged or cut off"
            return b""
        except OSError as error:
            self.fault = f"reading stopped: {error.strerror or error}"
            return b""
        self._digest.update(data)
        return data

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def blocks(self, start: bytes, end: bytes) -> Iterator[bytes]:
        """Pieces that end after `end`, the last one after the file's last byte; `start` has been read before.

        Raises DataFileError where `end` does not come within LARGEST_EVENT bytes.
        """
        buffer = start
        while data := self.read():
            buffer += data
            cut = buffer.rfind(end) + len(end)
            if cut >= len(end):
                yield buffer[:cut]
                buffer = buffer[cut:]
            elif len(buffer) > LARGEST_EVENT:
                raise DataFileError(
                    f"{self.path}: no {end.decode().strip() or 'line end'} within {LARGEST_EVENT / 1e6:g} MB: not an event file"
                )
        yield buffer


LARGEST = 1e60
"""Of a number in an event: beyond it squares and products might not be finite. Far more than any GeV, metre or second."""
_WHOLE = 2.0**53


def numbers(tokens: Sequence[Any], width: int) -> Array:
    """Tokens as numbers, a row each `width`; ValueError where one is none, not finite or beyond LARGEST."""
    if len(tokens) % width:
        raise ValueError("a line does not hold as many numbers as it should")
    return in_range(np.array(tokens, dtype=np.float64).reshape(-1, width))


def in_range(values: Array) -> Array:
    """The same numbers; ValueError where one is not finite or beyond LARGEST."""
    if not np.all(np.abs(values) <= LARGEST):
        raise ValueError("a number is not finite" if not np.all(np.isfinite(values)) else f"a number is beyond {LARGEST:g}")
    return values


def whole(values: Any) -> IntArray:
    """Numbers as integers; ValueError where one is not whole."""
    values = np.asarray(values)
    if values.dtype.kind == "f" and not np.all((np.abs(values) < _WHOLE) & (values == np.round(values))):
        raise ValueError("a number that counts or names something is not whole")
    result: IntArray = values.astype(np.int64)
    return result


class Tally:
    """What the events of a file sum to."""

    def __init__(self) -> None:
        self.events = 0
        self.sum = self.squares = 0.0
        """Of the weights, in expected events."""
        self.by_route: dict[str, list[float]] = {}
        """Number of events and sum of weights of each route."""
        self.named: dict[str, float] = {}
        """Sums of the weights for nuisances."""

    def add(self, weights: Array, routes: Sequence[str] = ()) -> None:
        """Events with weights in expected events; `routes`: of each, where they are known."""
        self.events += len(weights)
        self.sum += float(weights.sum())
        self.squares += float((weights**2).sum())
        names, which = np.unique(np.array(routes, str), return_inverse=True)
        for k, name in enumerate(names.tolist()):
            mine = weights[which == k]
            found = self.by_route.setdefault(name, [0, 0.0])
            found[0] += len(mine)
            found[1] += float(mine.sum())

    def add_named(self, name: str, weights: Array) -> None:
        """Weights of this name, in expected events."""
        self.named[name] = self.named.get(name, 0.0) + float(weights.sum())

    def unreadable(self) -> None:
        """An event of which nothing is known."""
        self.events += 1


class Problems:
    """What is wrong with a file: a line each, the first ones in full, the rest counted."""

    _LISTED = 20

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._more = 0

    def add(self, text: str) -> None:
        """One more problem."""
        if len(self._lines) < self._LISTED:
            self._lines.append(text)
        else:
            self._more += 1

    def add_each(self, rows: IntArray, text: Callable[[int], str]) -> None:
        """A problem for each of these rows; the text is only made for those that are listed."""
        listed = max(self._LISTED - len(self._lines), 0)
        self._lines += [text(int(row)) for row in rows[:listed]]
        self._more += len(rows[listed:])

    def lines(self) -> list[str]:
        """The problems, and how many more there are."""
        return [*self._lines, f"and {self._more} more"] if self._more else list(self._lines)


def named_factors(run: dict[str, Any], problems: Problems) -> dict[str, dict[str, float]]:
    """The weights for nuisances that a run says its events have, by name: factors on the events' own weight by beam parent."""
    try:
        known = factors(run.get("nuisances", {}))
        return {name: known[name] for name in run.get("named_weights", [])}
    except (AttributeError, KeyError, TypeError):
        problems.add("the header's named weights cannot be read")
        return {}


def factor_of(by_parent: dict[str, float], parents: IntArray) -> Array:
    """The factor of each event with a beam parent of the given PDG code, (n,)."""
    out = np.ones(len(parents))
    for name, factor in by_parent.items():
        out[parents == CODES[name]] = factor
    return out

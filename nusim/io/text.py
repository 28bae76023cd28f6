"""Fixed-width text from arrays: a block of events of one shape becomes a matrix of bytes, a row an event.

A `RowTemplate` holds the constant bytes of a row and the places of its fields. Real numbers have DIGITS significant
digits, correct to one unit of the last (the scaling by a power of ten is rounded twice at most); for decimal
exponents -99 ... 99, and zero. Whatever lies outside, or is not finite, is refused.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import DataFileError
from ..kernels.arrays import Array, IntArray

Bytes = NDArray[np.uint8]

DIGITS = 15
"""Significant digits of a real number: all that a double scaled to an integer below 2^53 can give."""
REAL_WIDTH = DIGITS + 6
LARGEST_EXPONENT = 99

_BLOCK = 2048
"""Rows rendered at a time, so that a block and its numbers stay in the cache."""


def _words(texts: Sequence[str]) -> NDArray[np.uint32]:
    """Texts of four characters as little-endian 32-bit words."""
    return np.frombuffer("".join(texts).encode(), "<u4")


_ZERO_PADDED = _words([f"{i:04d}" for i in range(10_000)]).astype(np.uint64)
_LEADING = _words([f"{i // 100}.{i % 100:02d}" for i in range(1000)])
_EXPONENT = _words([f"e{i:+03d}" for i in range(-LARGEST_EXPONENT, LARGEST_EXPONENT + 1)]).astype(np.uint64)
# Integers by groups of four digits; the second half serves groups with digits above them, which keep their zeros.
_INTEGER_GROUP = np.concatenate([_words([f"{i:4d}" for i in range(10_000)]), _words([f"{i:04d}" for i in range(10_000)])])

_POWER_OFFSET = 350
_POWER = np.array([float(f"1e{k}") if k < 309 else np.inf for k in range(-_POWER_OFFSET, _POWER_OFFSET + 1)])


def _floor_log10_of_binade() -> NDArray[np.int64]:
    """floor(log10) of the smallest double of each binary exponent; 0 for that of zero and of non-numbers."""
    binary = np.arange(2048) - 1023
    decimal: NDArray[np.int64] = np.floor(binary * np.log10(2.0)).astype(np.int64)
    decimal[[0, -1]] = 0
    return decimal


_DECIMAL = _floor_log10_of_binade()


@dataclass(frozen=True, slots=True)
class Real:
    """A field of REAL_WIDTH bytes: sign or blank, then d.dd...e+XX."""

    key: Hashable


@dataclass(frozen=True, slots=True)
class Integer:
    """A right-aligned integer; the width is a multiple of four, the sign included."""

    key: Hashable
    width: int


class RowTemplate:
    """A row of text with fields, made once for a shape of event and filled for many.

    `dense`: no blanks in the fields: a sign before every real number, zeros before integers.
    """

    def __init__(self, pieces: Sequence[str | Real | Integer], dense: bool = False) -> None:
        row = bytearray()
        self.reals: list[Hashable] = []
        """Each once, however many fields it fills."""
        self.integers: list[Hashable] = []
        self._dense = dense
        self._real_places: list[list[int]] = []
        self._integer_places: list[tuple[int, int]] = []
        for piece in pieces:
            if isinstance(piece, str):
                row += piece.encode("ascii")
            elif isinstance(piece, Real):
                if piece.key not in self.reals:
                    self.reals.append(piece.key)
                    self._real_places.append([])
                self._real_places[self.reals.index(piece.key)].append(len(row))
                row += b" " * REAL_WIDTH
            else:
                assert piece.width % 4 == 0
                self.integers.append(piece.key)
                self._integer_places.append((len(row), piece.width))
                row += b" " * piece.width
        self._row = np.frombuffer(bytes(row), np.uint8)

    @property
    def width(self) -> int:
        """Bytes of a row."""
        return len(self._row)

    def render(self, reals: Array, integers: IntArray) -> Bytes:
        """Rows as bytes, shape (n, width), from the fields' columns, shapes (len(self.reals), n) and (len(self.integers), n).

        Raises DataFileError for a number that a field cannot hold.
        """
        n = reals.shape[1] if self.reals else integers.shape[1]
        rows = np.empty((n, self.width), np.uint8)
        rows[:] = self._row
        for first in range(0, n, _BLOCK):
            block = rows[first : first + _BLOCK]
            if self.reals:
                self._fill_reals(block, reals[:, first : first + _BLOCK])
            for column, (place, width) in zip(integers, self._integer_places, strict=True):
                _fill_integers(block, column[first : first + _BLOCK], place, width, self._dense)
        return rows

    def _fill_reals(self, rows: Bytes, values: Array) -> None:
        """Numbers that are the same in all rows, as masses are, are made into text once."""
        bits = values.view(np.int64)
        same = (bits == bits[:, :1]).all(axis=1)
        plus = "+" if self._dense else " "
        for which, columns in ((same, slice(0, 1)), (~same, slice(None))):
            if which.any():
                _fill_reals(rows, values[which, columns], [self._real_places[i] for i in np.flatnonzero(which)], plus)


def _fill_reals(rows: Bytes, values: Array, places: Sequence[Sequence[int]], plus: str) -> None:
    """Write columns (fields, n) or (fields, 1), each to its places; `plus` stands before positive numbers."""
    size = np.abs(values)
    if not size.max() < np.inf:
        raise DataFileError("a number to be written is not finite")
    exponent = _DECIMAL[(size.view(np.int64) >> 52) & 0x7FF]
    exponent += size >= _POWER[exponent + (_POWER_OFFSET + 1)]
    if np.any((size < 10.0**-LARGEST_EXPONENT) & (size > 0)):
        raise DataFileError(f"a number to be written lies below 1e-{LARGEST_EXPONENT}: {size[size > 0].min():.3e}")
    if exponent.max() > LARGEST_EXPONENT:
        raise DataFileError(f"a number to be written lies above 1e{LARGEST_EXPONENT}: {size.max():.3e}")
    digits = np.rint(size * _POWER[(DIGITS - 1 + _POWER_OFFSET) - exponent]).astype(np.int64)
    carried = digits >= 10**DIGITS
    if carried.any():
        digits[carried] = 10 ** (DIGITS - 1)
        exponent += carried
        if exponent.max() > LARGEST_EXPONENT:
            raise DataFileError(f"a number to be written lies above 1e{LARGEST_EXPONENT}: {size.max():.3e}")
    upper = digits // 10**8
    lower = (digits - upper * 10**8).astype(np.uint32)
    upper = upper.astype(np.uint32)
    leading, third = upper // np.uint32(10_000), lower // np.uint32(10_000)
    head = _LEADING[leading]
    middle = _ZERO_PADDED[upper - leading * np.uint32(10_000)] | _ZERO_PADDED[third] << np.uint64(32)
    tail = _ZERO_PADDED[lower - third * np.uint32(10_000)] | _EXPONENT[exponent + LARGEST_EXPONENT] << np.uint64(32)
    sign = np.where(np.signbit(values), np.uint8(ord("-")), np.uint8(ord(plus)))
    for i, fields in enumerate(places):
        for place in fields:
            _column(rows, "u1", place)[:] = sign[i]
            _column(rows, "<u4", place + 1)[:] = head[i]
            _column(rows, "<u8", place + 5)[:] = middle[i]
            _column(rows, "<u8", place + 13)[:] = tail[i]


def _fill_integers(rows: Bytes, values: IntArray, place: int, width: int, dense: bool) -> None:
    rest = np.abs(values)
    negative = np.flatnonzero(values < 0)
    if len(values) and (rest.max() >= 10**width or (len(negative) and rest[negative].max() >= 10 ** (width - 1))):
        raise DataFileError(f"an integer to be written needs more than {width} places: {values[np.argmax(rest)]}")
    for start in range(place + width - 4, place - 1, -4):
        above = rest // 10_000
        index = rest - above * 10_000 + 10_000 * ((above > 0) | dense)
        words = _INTEGER_GROUP[index]
        if start != place + width - 4 and not dense:
            words = np.where(rest > 0, words, np.uint32(0x20202020))
        _column(rows, "<u4", start)[:] = words
        rest = above
    if len(negative) and dense:
        rows[negative, place] = ord("-")
    elif len(negative):
        magnitude = -values[negative]
        count = 1 + sum((magnitude >= 10**k).astype(np.int64) for k in range(1, width))
        rows[negative, place + width - 1 - count] = ord("-")


def _column(rows: Bytes, dtype: str, place: int) -> NDArray[np.unsignedinteger]:
    """The bytes from `place` on of every row, seen as one number a row."""
    return np.ndarray((len(rows),), dtype, rows, place, (rows.strides[0],))


def interleave(blocks: Sequence[tuple[IntArray, Bytes]], n: int) -> bytes:
    """Rows of several widths put in the order of their indices, which together are 0 ... n - 1.

    `blocks`: for each width the rows' indices, ascending, and the rows.
    """
    if len(blocks) == 1:
        return blocks[0][1].tobytes()
    rows = np.empty(n, object)
    for index, text in blocks:
        # text holds no NUL byte, which the conversion from numpy's fixed-width strings would strip
        rows[index] = text.view(f"S{text.shape[1]}")[:, 0].astype(object)
    return b"".join(rows.tolist())

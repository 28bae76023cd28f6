"""Broken input from good: text, bytes, documents and columns, each changed by draws of a seeded generator."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Rng = np.random.Generator

WORDS = (
    *("", "nan", "inf", "-inf", "1e999", "-1e999", "1e308", "4.9e-324", "-1", "0", "-0.0", "1", "2147483648", "-2147483649", "1e18"),
    *("9999999999999999999", "99999999999999999999999999", "1" * 5000, "word", "two words", "0x10", "1_000", "1,5", "\u0663", "\u00b2"),
    *("true", "null", '"', "'", "\x00", "\ufeff", "#", "<", "[[", "]", "{", "}", "[" * 3000, "a.b = 1", "-", "+", ".", "..", "/", "%s"),
)
"""What stands in the place of a number or a name."""

VALUES: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 1, 2, 0.5, 1e308, -1e308, 5e-324, float("nan"), float("inf"), 10**6, 2**31, 2**63, 10**30, 10**400),
    *("", "word", "nan", "\u00e9", "a b", "x" * 5000, [], [1.0], [None], ["a"], [[]], [[1.0, 2.0], [3.0]], {}, {"a": 1}, {"": {}}, [{}]),
)
"""What stands in the place of a value of a document."""


def pick(rng: Rng, values: Any) -> Any:
    """One of a sequence, as it stands there."""
    return values[int(rng.integers(len(values)))]


def some(rng: Rng, content: Any, changes: tuple[Callable[[Rng, Any], Any], ...]) -> Any:
    """Content after one to three of the changes."""
    for _ in range(int(rng.integers(1, 4))):
        content = pick(rng, changes)(rng, content)
    return content


# bytes


def truncated(rng: Rng, data: bytes) -> bytes:
    return data[: int(rng.integers(len(data) + 1))]


def flipped(rng: Rng, data: bytes) -> bytes:
    if not data:
        return data
    values = np.frombuffer(data, np.uint8).copy()
    places = rng.integers(len(values), size=int(rng.integers(1, 9)))
    values[places] ^= (1 << rng.integers(8, size=len(places))).astype(np.uint8)
    return values.tobytes()


def overwritten(rng: Rng, data: bytes) -> bytes:
    """A stretch of one byte: where a file holds a count it becomes a huge one."""
    place, size = int(rng.integers(len(data) + 1)), int(rng.integers(1, 9))
    return data[:place] + pick(rng, (b"\xff", b"\x00", b"\x7f", b"\x80")) * size + data[place + size :]


def cut_out(rng: Rng, data: bytes) -> bytes:
    first, last = sorted(rng.integers(len(data) + 1, size=2).tolist())
    return data[:first] + data[min(last, first + 500) :]


def inserted(rng: Rng, data: bytes) -> bytes:
    place = int(rng.integers(len(data) + 1))
    return data[:place] + rng.bytes(int(rng.integers(1, 40))) + data[place:]


def broken_bytes(rng: Rng, data: bytes) -> bytes:
    return bytes(some(rng, data, (truncated, flipped, flipped, overwritten, overwritten, cut_out, inserted)))


# text


def _on_lines(change: Callable[[Rng, list[bytes]], list[bytes]]) -> Callable[[Rng, bytes], bytes]:
    def changed(rng: Rng, data: bytes) -> bytes:
        return b"\n".join(change(rng, data.split(b"\n")))

    return changed


@_on_lines
def _lines_deleted(rng: Rng, lines: list[bytes]) -> list[bytes]:
    place = int(rng.integers(len(lines)))
    return lines[:place] + lines[place + int(rng.integers(1, 6)) :]


@_on_lines
def _lines_doubled(rng: Rng, lines: list[bytes]) -> list[bytes]:
    place = int(rng.integers(len(lines)))
    some_lines = lines[place : place + int(rng.integers(1, 6))]
    return lines[:place] + some_lines * int(rng.integers(2, 5)) + lines[place:]


@_on_lines
def _lines_shuffled(rng: Rng, lines: list[bytes]) -> list[bytes]:
    place = int(rng.integers(len(lines)))
    some_lines = lines[place : place + int(rng.integers(2, 12))]
    return lines[:place] + [some_lines[k] for k in rng.permutation(len(some_lines))] + lines[place + len(some_lines) :]


@_on_lines
def _lines_swapped(rng: Rng, lines: list[bytes]) -> list[bytes]:
    i, j = rng.integers(len(lines), size=2)
    lines[i], lines[j] = lines[j], lines[i]
    return lines


def _on_fields(change: Callable[[Rng, list[bytes]], list[bytes]]) -> Callable[[Rng, bytes], bytes]:
    """A change of the fields of one line, cut at commas or at blanks."""

    @_on_lines
    def changed(rng: Rng, lines: list[bytes]) -> list[bytes]:
        place = int(rng.integers(len(lines)))
        comma = b"," in lines[place] and rng.random() < 0.7
        fields = lines[place].split(b"," if comma else None)
        if fields:
            lines[place] = (b"," if comma else b" ").join(change(rng, fields))
        return lines

    return changed


@_on_fields
def _field_replaced(rng: Rng, fields: list[bytes]) -> list[bytes]:
    fields[int(rng.integers(len(fields)))] = pick(rng, WORDS).encode()
    return fields


@_on_fields
def _fields_swapped(rng: Rng, fields: list[bytes]) -> list[bytes]:
    i, j = rng.integers(len(fields), size=2)
    fields[i], fields[j] = fields[j], fields[i]
    return fields


@_on_fields
def _field_deleted(rng: Rng, fields: list[bytes]) -> list[bytes]:
    del fields[int(rng.integers(len(fields)))]
    return fields


@_on_fields
def _field_doubled(rng: Rng, fields: list[bytes]) -> list[bytes]:
    place = int(rng.integers(len(fields)))
    return fields[:place] + [fields[place]] * int(rng.integers(2, 40)) + fields[place:]


def _number_replaced(rng: Rng, data: bytes) -> bytes:
    """A run of digits anywhere, also inside a name or a JSON text."""
    digits = np.isin(np.frombuffer(data, np.uint8), np.frombuffer(b"0123456789.", np.uint8))
    places = np.flatnonzero(digits)
    if not len(places):
        return data
    first = last = int(pick(rng, places))
    while last < len(data) and digits[last]:
        last += 1
    return data[:first] + pick(rng, WORDS).encode() + data[last:]


_TEXT = (
    *(truncated, flipped, cut_out, inserted, _lines_deleted, _lines_doubled, _lines_shuffled, _lines_swapped),
    *(_field_replaced, _field_replaced, _fields_swapped, _field_deleted, _field_doubled, _number_replaced, _number_replaced),
)


def broken_text(rng: Rng, data: bytes) -> bytes:
    return bytes(some(rng, data, _TEXT))


# documents: what JSON and TOML hold


def _places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Each table or list with each of its keys."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            found.append((value, key))
            _places(value[key], found)
    return found


def _change_document(rng: Rng, document: Any) -> Any:
    places = _places(document, [])
    if not places:
        return copy.deepcopy(pick(rng, VALUES))
    table, key = pick(rng, places)
    way = int(rng.integers(7))
    if way == 0:
        del table[key]
    elif way == 1 and isinstance(table, dict):
        table[pick(rng, ("", "word", str(key) + "x", str(key).upper(), "0", "a.b"))] = table.pop(key)
    elif way == 2:
        other, its = pick(rng, places)
        table[key] = copy.deepcopy(other[its])
    elif way == 3 and isinstance(table[key], list):
        table[key] = table[key] * int(rng.integers(2, 4)) if rng.random() < 0.5 else table[key][:-1]
    elif way == 4:
        deep: Any = 1
        for _ in range(int(rng.integers(1, 80))):
            deep = [deep] if rng.random() < 0.5 else {"a": deep}
        table[key] = deep
    elif way == 5 and isinstance(table[key], int | float) and not isinstance(table[key], bool):
        table[key] = table[key] * pick(rng, (-1, 0, 1e-30, 1e30, 1e300, 1e-300, 1 + 1e-12))
    else:
        table[key] = copy.deepcopy(pick(rng, VALUES))
    return document


def broken_document(rng: Rng, document: Any) -> Any:
    return some(rng, copy.deepcopy(document), (_change_document,))


def toml_text(document: Mapping[str, Any]) -> str:
    """A document as TOML with inline tables; what TOML has no word for is left out."""
    return "".join(f"{_toml_key(key)} = {_toml(value)}\n" for key, value in document.items() if value is not None)


def _toml_key(key: str) -> str:
    return '"' + key.replace('"', "") + '"'


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml_key(key)} = {_toml(entry)}" for key, entry in value.items() if entry is not None) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(entry) for entry in value if entry is not None) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return repr(value)


# columns: what Parquet files and ROOT trees hold


def broken_columns(rng: Rng, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Named arrays with bad values, wrong types, lost or renamed columns; the lengths stay those of a table."""
    return dict(some(rng, dict(columns), (_change_column,)))


def _change_column(rng: Rng, columns: dict[str, Any]) -> dict[str, Any]:
    if not columns:
        return columns
    name = pick(rng, sorted(columns))
    values = np.array(columns[name])
    way = int(rng.integers(8))
    if way == 0:
        del columns[name]
        return columns
    if way == 1:
        columns[name + "x"] = columns.pop(name)
        return columns
    if way == 2:
        columns[name] = (
            values.astype(pick(rng, (np.float32, np.float16, np.int8, np.int64, np.bool_, np.uint64)))
            if values.dtype.kind in "fiu"
            else values
        )
    elif way == 3:
        columns[name] = columns[pick(rng, sorted(columns))]
    elif way == 4:
        columns[name] = rng.permutation(values) if values.ndim else values
    elif way == 5:
        columns[name] = np.zeros_like(values)
    elif values.size and values.dtype.kind in "fiu":
        bad = (
            (np.nan, np.inf, -np.inf, 1e300, -1e300, 5e-324, -1.0, 0.0)
            if values.dtype.kind == "f"
            else (0, 1, 99, 2**31 - 1, -1, -99, -(2**31))
        )
        with np.errstate(all="ignore"):
            places = rng.integers(values.size, size=int(rng.integers(1, 4)))
            values.flat[places] = np.array(pick(rng, bad)).astype(values.dtype)
        columns[name] = values
    return columns

"""From a TOML file to checked values: reading, overriding keys, and one clear line for whatever is wrong."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import CardError

Table = dict[str, Any]
Schema = TypeVar("Schema", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Group:
    """Rival keys of one table, of which a card gives one: setting one removes the others."""

    table: tuple[str, ...]
    rivals: tuple[tuple[str, ...], ...]
    """Each rival is a key, followed by keys that only make sense with it."""


def read_toml(path: Path) -> tuple[Table, str]:
    """The content of a TOML file, and its text.

    Raises CardError, one line with the file's name, if it cannot be read or is not TOML.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return tomllib.loads(text), text
    except FileNotFoundError:
        raise CardError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise CardError(f"{path}: is a folder; a card is a TOML file") from None
    except OSError as error:
        raise CardError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CardError(f"{path}: not a text file; a card is a TOML file in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise CardError(f"{path}: not TOML: {error}") from None
    except (ValueError, RecursionError):
        raise CardError(f"{path}: not a card: a number of too many digits, or brackets nested too deep") from None


def toml_value(text: str) -> Any:
    """The value of `--set key=text`: TOML where it is TOML ('1e-8', 'true', '[1, 2]', '\"a\"'), else the text itself.

    Raises CardError for a number of thousands of digits and for brackets nested as deep.
    """
    try:
        parsed = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    except (ValueError, RecursionError):
        raise CardError(f"{show(text)}: a number of too many digits, or brackets nested too deep") from None
    return parsed["value"] if set(parsed) == {"value"} else text


def override(data: Mapping[str, Any], changes: Mapping[str, Any], groups: Sequence[Group], name: str) -> tuple[Table, tuple[str, ...]]:
    """A card's content with the dotted keys of `changes` set, and what else that removed.

    Setting a key of an exclusive group removes its rivals, unless `changes` sets them too. Tables are made where missing;
    entries of a list of tables are counted from 0 (`detector.0.size`).
    """
    result = _copy(data)
    notes: list[str] = []
    paths = {key: tuple(key.split(".")) for key in changes}
    for key, path in paths.items():
        for group in groups:
            notes += _drop_rivals(result, path, group, set(paths.values()), name)
        _set(result, path, changes[key], f"{name}: {key}")
    return result, tuple(notes)


def validate(schema: type[Schema], data: Mapping[str, Any], name: str) -> Schema:
    """The card's content as its schema; raises CardError for the first thing that is wrong, in one line."""
    try:
        return schema.model_validate(data)
    except ValidationError as error:
        order = {"extra_forbidden": 0, "missing": 2}
        first = min(error.errors(), key=lambda entry: order.get(entry["type"], 1))
        raise CardError(f"{name}: {_explain(schema, first)}") from None


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_copy(entry) for entry in value]
    return value


def _drop_rivals(data: Table, path: tuple[str, ...], group: Group, changed: set[tuple[str, ...]], name: str) -> list[str]:
    depth = len(group.table)
    if path[:depth] != group.table or len(path) <= depth:
        return []
    key = path[depth]
    if key not in [rival[0] for rival in group.rivals]:
        return []
    table = data
    for step in group.table:
        table = table.get(step, {})
        if not isinstance(table, dict):
            return []
    notes = []
    for rival in group.rivals:
        set_too = any(other[: depth + 1] == (*group.table, rival[0]) for other in changed)
        if rival[0] == key or rival[0] not in table or set_too:
            continue
        gone = [one for one in rival if table.pop(one, None) is not None]
        where = ".".join(group.table) + "." if group.table else ""
        notes.append(f"{name}: setting {where}{key} removes {' and '.join(where + one for one in gone)} of the card")
    return notes


def _set(data: Any, path: tuple[str, ...], value: Any, label: str) -> None:
    if not all(path):
        raise CardError(f"{label}: an empty key; write table.key=value")
    place = data
    for step in path[:-1]:
        place = _enter(place, step, label, make=True)
    last = path[-1]
    if isinstance(place, list):
        _enter(place, last, label)
        place[int(last)] = value
    elif isinstance(place, dict):
        place[last] = value
    else:
        raise CardError(f"{label}: {path[-2]} = {show(place)} is a value, not a table of keys")


def _enter(place: Any, step: str, label: str, make: bool = False) -> Any:
    if isinstance(place, dict):
        return place.setdefault(step, {}) if make else place[step]
    if isinstance(place, list):
        if step.isdigit() and int(step) < len(place):
            return place[int(step)]
        raise CardError(f"{label}: found {step!r} in a list of {len(place)}; its entries are counted from 0, as in detector.0.size")
    raise CardError(f"{label}: {show(place)} is a value, not a table of keys")


def show(value: Any) -> str:
    """A value as TOML writes it, short enough for a message."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = f"'{value}'"
    elif isinstance(value, dict):
        text = "{ " + ", ".join(f"{key} = {show(entry)}" for key, entry in value.items()) + " }"
    else:
        text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


_NEEDED = {
    "float": "a number is needed",
    "int": "a whole number is needed",
    "bool": "true or false is needed",
    "string": "text in quotes is needed",
    "tuple": "a list is needed",
    "list": "a list is needed",
    "dict": "a table is needed",
    "mapping": "a table is needed",
    "model": "a table is needed",
    "finite": "a finite number is needed",
}


def _explain(schema: type[BaseModel], entry: Any) -> str:
    # names that pydantic adds for branches of a union are no keys of the card
    *table, last = entry["loc"] or ("",)
    kind: str = entry["type"]
    keys = [part for part in table if isinstance(part, int) or not _is_branch(str(part))]
    if kind in ("extra_forbidden", "missing") or isinstance(last, int) or not _is_branch(str(last)):
        keys.append(last)
    if kind == "extra_forbidden":
        deeper = [] if len(keys) > 1 else tables_with(schema, str(keys[-1]))
        return f"{_where(keys[:-1])}unknown key '{keys[-1]}'{_near(str(keys[-1]), known_keys(schema, keys[:-1]), deeper)}"
    if kind == "missing":
        return f"{_where(keys[:-1])}missing key '{keys[-1]}'"
    if kind == "value_error":
        return f"{_where(keys)}{entry['ctx']['error']}"
    label = f"{_where(keys).removesuffix(': ')} = {show(entry['input'])}"
    if keys and not isinstance(keys[-1], int):
        label = f"{_where(keys[:-1])}{keys[-1]} = {show(entry['input'])}"
    if kind == "literal_error":
        return f"{label}: one of {entry['ctx']['expected'].replace(' or ', ', ')} is needed"
    need = _NEEDED.get(kind.split("_")[0], entry["msg"][:1].lower() + entry["msg"][1:])
    if kind in ("too_short", "too_long"):
        limits = entry["ctx"]
        need = f"a list of {limits.get('min_length', limits.get('max_length'))} is needed"
    return f"{label}: {need}"


def _is_branch(part: str) -> bool:
    return "[" in part or part in ("float", "constrained-float", "constrained-str")


def _where(keys: Sequence[Any]) -> str:
    text = ""
    for key in keys:
        text += f"[{key}]" if isinstance(key, int) else (f".{key}" if text else str(key))
    return f"{text}: " if text else ""


def _near(key: str, known: Sequence[str], deeper: Sequence[str]) -> str:
    near = [
        *deeper,
        *get_close_matches(key, known, n=1, cutoff=0.6),
        *(one for one in known if one.replace("_", "").lower() == key.replace("_", "").lower()),
    ]
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; known: {', '.join(known)}" if known else ""


def known_keys(schema: type[BaseModel], keys: Sequence[Any]) -> list[str]:
    """The keys that the table of a schema at this place may hold."""
    tables = [schema]
    for key in keys:
        if isinstance(key, int):
            continue
        fields = [field for table in tables for label, field in table.model_fields.items() if key in (label, field.alias)]
        tables = [model for field in fields for model in _models(field.annotation)]
    return list(dict.fromkeys(field.alias or label for table in tables for label, field in table.model_fields.items()))


def tables_with(schema: type[BaseModel], key: str) -> list[str]:
    """Dotted keys of a schema's own tables that end in the given key: 'portals.epsilon' for 'epsilon'."""
    return [f"{table}.{key}" for table in known_keys(schema, []) if key in known_keys(schema, [table])]


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in getattr(annotation, "__args__", ()) for model in _models(argument)]


def comments(text: str) -> dict[str, str]:
    """What a card's author wrote behind each value, by dotted key: `m5 = 0.15  # GeV` gives {"physical.m5": "GeV"}."""
    said: dict[str, str] = {}
    table = ""
    counts: dict[str, int] = {}
    for line in text.splitlines():
        code, _, remark = _split_comment(line)
        code = code.strip()
        if code.startswith("[["):
            name = code.strip("[] ").replace('"', "")
            counts[name] = counts.get(name, -1) + 1
            table = f"{name}.{counts[name]}."
        elif code.startswith("["):
            table = code.strip("[] ").replace('"', "") + "."
        elif "=" in code and remark:
            key, _, value = code.partition("=")
            base = table + key.strip().strip('"')
            said[base] = remark.strip()
            if value.strip().startswith("{"):
                said |= {f"{base}.{name}": remark.strip() for name in tomllib.loads(f"value = {value}")["value"]}
    return said


def _split_comment(line: str) -> tuple[str, str, str]:
    """A line cut at the first # outside quotes."""
    quote = ""
    for place, letter in enumerate(line):
        if letter in "\"'":
            quote = "" if quote == letter else quote or letter
        elif letter == "#" and not quote:
            return line[:place], "#", line[place + 1 :]
    return line, "", ""


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and values of a card's content, down to numbers, texts and lists of numbers."""
    if isinstance(value, Mapping):
        for name, entry in value.items():
            yield from leaves(entry, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        for place, entry in enumerate(value):
            yield from leaves(entry, f"{key}.{place}")
    else:
        yield key, value


def written(value: Any) -> str:
    """A value of a card as one reads it: numbers to 12 digits, of a path its last part."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(written(entry) for entry in value) + "]"
    return f"{value:.12g}" if isinstance(value, float) else str(Path(value).name if isinstance(value, Path) else value)

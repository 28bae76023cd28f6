"""How commands speak: results to stdout as tables or one JSON document, everything else to stderr."""

import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..digits import number as number
from ..digits import with_error as with_error

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def print_json(document: Any) -> None:
    """One JSON document on stdout; what is not finite becomes null."""
    print(json.dumps(plain(document), indent=2, allow_nan=False))


def plain(value: Any) -> Any:
    """Anything nusim returns as what JSON can hold."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return str(value) if isinstance(value, Path) else value


def warn(warnings: Iterable[str]) -> None:
    """Warnings on stderr, each once."""
    for warning in dict.fromkeys(warnings):
        print(f"warning: {warning}", file=sys.stderr)


_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?(?!\w)")


def folded(notes: Sequence[Sequence[str]], key: str, values: Sequence[float]) -> list[str]:
    """Warnings of a scan, each text once: those that differ in numbers only become the first of them, with where they hold."""
    places: dict[str, dict[int, str]] = {}
    for place, said in enumerate(notes):
        for note in said:
            places.setdefault(_NUMBER.sub("#", note), {}).setdefault(place, note)
    lines = []
    for of_place in places.values():
        first, at = next(iter(of_place.values())), list(of_place)
        if len(at) == len(values) and len(set(of_place.values())) == 1:
            lines.append(first)
            continue
        where = f"{values[at[0]]:.4g}" if len(at) == 1 else f"{values[at[0]]:.4g} to {values[at[-1]]:.4g}"
        lines.append(f"{first} (at {len(at)} of {len(values)} points, {key} = {where})")
    return lines


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]], left: Sequence[int] = (0,), indent: str = "  ") -> None:
    """Aligned columns under a header if there is one, those in `left` to the left, the others to the right."""
    lines = [*([list(header)] if any(header) else []), *[list(row) for row in rows]]
    widths = [max(len(line[k]) for line in lines) for k in range(len(header))]
    for line in lines:
        cells = [cell.ljust(width) if k in left else cell.rjust(width) for k, (cell, width) in enumerate(zip(line, widths, strict=True))]
        print((indent + "  ".join(cells)).rstrip())


def save_text(path: str, text: str) -> None:
    """A text file, whole or not at all."""
    save_bytes(path, text.encode())


def save_bytes(path: str, content: bytes) -> None:
    """A file, whole or not at all."""
    from ..io.output import OutputFile

    with OutputFile(path) as file:
        file.write(content)


def save_figure(path: str, drawn: "Figure") -> None:
    """A figure, whole or not at all; its kind from the suffix. No dates inside, so equal figures are equal files."""
    from io import BytesIO

    from ..io.output import OutputFile

    kind = Path(path).suffix.lstrip(".").lower()
    metadata = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(kind, {})
    with OutputFile(path) as file:
        content = BytesIO()
        drawn.savefig(content, format=kind, dpi=200, metadata=metadata)
        file.write(content.getvalue())


@contextmanager
def progress(total: int, unit: str) -> Iterator[Callable[[str], object]]:
    """A progress bar on a terminal, as a function of the name of what begins, or nothing."""
    if total < 2 or not sys.stderr.isatty():
        yield lambda name: None
        return
    from tqdm import tqdm

    with tqdm(total=total, unit=unit, leave=False) as bar:
        begun = 0

        def advance(name: str) -> None:
            nonlocal begun
            bar.set_description(name)
            bar.update(min(begun, 1))
            begun += 1

        yield advance


@contextmanager
def progress_by_number(total: int, unit: str) -> Iterator[Callable[[int], object]]:
    """A progress bar with rate and time left on a terminal, as a function of how many more are done, or nothing."""
    if not sys.stderr.isatty():
        yield lambda more: None
        return
    from tqdm import tqdm

    with tqdm(total=total, unit=unit, leave=False) as bar:
        yield bar.update

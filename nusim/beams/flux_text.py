"""Users' flux files in text: CSV with declared units, and the meson lists of SBN's MeVPrtl."""

import re
import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np

from .. import pdg
from ..errors import DataFileError
from ..kernels.arrays import Array, IntArray
from ..units import C_LIGHT, GeV, MeV, cm, km, metre, mm, ns
from .flux_rows import Check, FileContent, Rows, flight_time, joined, moving
from .mesons import per_species

_LINES = 200_000
"""Lines parsed at a time."""

LENGTHS = {"m": metre, "cm": cm, "mm": mm, "km": km}
MOMENTA = {"GeV": GeV, "MeV": MeV, "GeV/c": GeV, "MeV/c": MeV}
TIMES = {"ns": ns, "us": 1e3 * ns, "s": C_LIGHT, "m": metre}
UNITS = {
    **dict.fromkeys(("x", "y", "z", "path"), LENGTHS),
    **dict.fromkeys(("px", "py", "pz"), MOMENTA),
    "t": TIMES,
}
"""Units a CSV column may declare, by name, and their values in metres and GeV; t in m is c t."""
_REQUIRED = ("pdg", "x", "y", "z", "px", "py", "pz", "weight")
_OPTIONAL = ("t", "path")
CSV_HEADER = "pdg,x[m],y[m],z[m],px[GeV],py[GeV],pz[GeV],weight"

MEVPRTL_COLUMNS = ("px", "py", "pz", "E", "pdg", "weight", "npot")

_PROTONS = re.compile(r"^#\s*protons\s*=\s*(\S+)\s*$", re.IGNORECASE)
_COLUMN = re.compile(r"^([A-Za-z_]+)\s*(?:\[\s*([^\]]*?)\s*\])?$")


def read_csv(path: Path, beam_momentum: float | None, protons_given: bool) -> FileContent:
    """The parents of a CSV file: a line `# protons = 1e6`, a header with units, a row a parent.

    Columns in any order: pdg, x, y, z (its decay, or the beginning of the segment on which it decays), px, py, pz, weight (decays in the
    file's protons); t (zero when the protons pass the file's zero; by default from the distance) and path (length of the segment, 0 by
    default) if wanted.
    """
    with _text(path) as stream:
        protons, names, units, first = _csv_header(path, stream)
        if protons is None and not protons_given:
            raise DataFileError(
                f"{path}: no protons on target: write a line '# protons = 1e6' above the header, or give beam.protons_in_file in the card"
            )
        check = Check(path, "line", units["px"], units["z"], beam_momentum)
        pieces = []
        for place, table in _numbers(path, stream, first, ",", len(names)):
            column = {name: table[:, k] for k, name in enumerate(names)}
            scale = {name: UNITS[name][unit] for name, unit in units.items()}
            check.weights("weight", column["weight"], place)
            code = check.codes("pdg", column["pdg"], place)
            momentum = np.stack([column[name] * scale[name] for name in ("px", "py", "pz")], axis=1)
            start = np.stack([column[name] * scale[name] for name in ("x", "y", "z")], axis=1)
            n = len(code)
            path_length = column["path"] * scale["path"] if "path" in column else np.zeros(n)
            bad = np.flatnonzero(~(np.isfinite(path_length) & (path_length >= 0)))
            if len(bad):
                raise check.refuse(int(place[bad[0]]), f"path = {path_length[bad[0]]:g}: lengths must be finite and not negative")
            time = column["t"] * scale["t"] if "t" in column else np.zeros(n)
            bad = np.flatnonzero(~np.isfinite(time))
            if len(bad):
                raise check.refuse(int(place[bad[0]]), f"t = {time[bad[0]]:g}: a number is not finite")
            rows = Rows(code, moving(momentum), start, time, path_length, column["weight"])
            check.rows(rows, place)
            if "t" not in column:
                rows.time[:] = flight_time(code, rows.momentum, start)
            pieces.append(rows)
    rows = joined(pieces)
    return FileContent(rows, len(rows.pdg), protons, notes=_cut_short(path))


def read_mevprtl(path: Path, beam_momentum: float | None, protons_given: bool) -> FileContent:
    """The mesons of a list as SBN's TxtFileGen takes it: `px py pz E pdg weight npot` a line, GeV, decaying at the target.

    Its protons are the sum of npot (SBNSoftware/sbncode, EventGenerator/MeVPrtl/Tools/TxtFileGen_tool.cc). Lines before the first
    that begins with a number are skipped.
    """
    check = Check(path, "line", "GeV", "m", beam_momentum)
    pieces, protons = [], 0.0
    with _text(path) as stream:
        first, head = _skipped(stream)
        for place, table in _numbers(path, stream, first, None, len(MEVPRTL_COLUMNS), head):
            column = {name: table[:, k] for k, name in enumerate(MEVPRTL_COLUMNS)}
            check.weights("weight", column["weight"], place)
            check.weights("npot", column["npot"], place)
            protons += float(column["npot"].sum())
            code = check.codes("pdg", column["pdg"], place)
            momentum = table[:, :3].copy()
            n = len(code)
            rows = Rows(code, moving(momentum), np.zeros((n, 3)), np.zeros(n), np.zeros(n), column["weight"])
            check.rows(rows, place)
            _check_masses(check, rows, column["E"], place)
            pieces.append(rows)
    rows = joined(pieces)
    if not 0 < protons < 1e40 and not protons_given and len(rows.pdg):
        raise DataFileError(
            f"{path}: npot sums to {protons:g}: protons on target must be positive; write them, or give beam.protons_in_file in the card"
        )
    flying = sorted({pdg.NAMES[code] for code in np.unique(rows.pdg).tolist() if pdg.ctau(abs(code)) > 1e-3})
    notes = (
        (f"{path.name}: this format has no decay points: {', '.join(flying)} decay at the target here, unfocused, though they fly metres",)
        if flying
        else ()
    )
    return FileContent(rows, len(rows.pdg), protons if protons > 0 else None, notes=(*notes, *_cut_short(path)))


class _text:
    """A text file, opened; what is not text is refused in one line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stream: TextIO | None = None

    def __enter__(self) -> TextIO:
        self.stream = open(self.path, encoding="utf-8-sig")
        return self.stream

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if self.stream is not None:
            self.stream.close()
        if isinstance(error, UnicodeDecodeError):
            raise DataFileError(f"{self.path}: not a text file") from None


def _csv_header(path: Path, stream: TextIO) -> tuple[float | None, list[str], dict[str, str], int]:
    """Protons, column names, their units, and the number of the line after the header."""
    protons: float | None = None
    for number, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        if not line.lstrip().startswith("#"):
            return protons, *_columns(path, number, line), number + 1
        said = _PROTONS.match(line.strip())
        if said:
            protons = _positive(path, number, said.group(1))
    raise DataFileError(f"{path}: no header; write one: {CSV_HEADER}")


def _positive(path: Path, line: int, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value < 1e40:
        raise DataFileError(f"{path}: line {line}: protons = {text}: a positive number is needed")
    return value


def _columns(path: Path, number: int, line: str) -> tuple[list[str], dict[str, str]]:
    names: list[str] = []
    units: dict[str, str] = {}
    for text in line.strip().split(","):
        match = _COLUMN.match(text.strip())
        name = match.group(1) if match else text.strip()
        if not match or name not in (*_REQUIRED, *_OPTIONAL):
            raise DataFileError(
                f"{path}: line {number}: unknown column '{name[:40]}'; the header is {CSV_HEADER}, and t[ns], path[m] if wanted"
            )
        if name in names:
            raise DataFileError(f"{path}: line {number}: column {name} stands there twice")
        names.append(name)
        allowed = UNITS.get(name)
        unit = match.group(2)
        if allowed is not None:
            if unit not in allowed:
                found = f"the unit [{unit}]" if unit else "no unit"
                raise DataFileError(f"{path}: line {number}: column {name} has {found}; one of {_choices(name)} is needed")
            units[name] = unit
        elif unit:
            raise DataFileError(f"{path}: line {number}: column {name} has the unit [{unit}]; it takes none")
    missing = [name for name in _REQUIRED if name not in names]
    if missing:
        raise DataFileError(f"{path}: line {number}: no column {', '.join(missing)}; the header is {CSV_HEADER}")
    return names, units


def _choices(name: str) -> str:
    return ", ".join(f"{name}[{unit}]" for unit in UNITS[name])


def _skipped(stream: TextIO) -> tuple[int, list[str]]:
    """Number of the first line that begins with a number, and that line; comments and titles above it are passed over."""
    for number, line in enumerate(stream, start=1):
        words = line.split()
        if words and _is_number(words[0]):
            return number, [line]
    return 1, []


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numbers(
    path: Path, stream: TextIO, first: int, delimiter: str | None, columns: int, head: list[str] | None = None
) -> Iterator[tuple[IntArray, Array]]:
    """Line numbers and tables of numbers (n, columns), some lines at a time."""
    lines = list(head or [])
    while True:
        lines += list(islice(stream, _LINES - len(lines)))
        if not lines:
            return
        numbers = first + np.arange(len(lines))
        filled = np.array([bool(line.strip()) and not line.lstrip().startswith("#") for line in lines])
        if filled.any():
            kept = lines if filled.all() else [line for line, full in zip(lines, filled.tolist(), strict=True) if full]
            yield numbers[filled], _table(path, kept, numbers[filled], delimiter, columns)
        first += len(lines)
        lines = []


def _table(path: Path, lines: list[str], numbers: IntArray, delimiter: str | None, columns: int) -> Array:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            table: Array = np.loadtxt(lines, delimiter=delimiter, ndmin=2, comments="#")
        if table.shape == (len(lines), columns):
            return table
    except (ValueError, UserWarning):
        pass
    for number, line in zip(numbers.tolist(), lines, strict=True):
        words = [word.strip() for word in line.split("#")[0].split(delimiter)]
        if len(words) != columns:
            raise DataFileError(
                f"{path}: line {number}: {len(words)} columns where {columns} are needed; a file cut short, or another format?"
            )
        for word in words:
            if not _is_number(word):
                raise DataFileError(f"{path}: line {number}: '{word[:40]}' is not a number")
    raise DataFileError(f"{path}: lines {numbers[0]} to {numbers[-1]} are no table of numbers")


def _cut_short(path: Path) -> tuple[str, ...]:
    """A note where the last line has no end: its last number may lack digits."""
    with open(path, "rb") as stream:
        stream.seek(-1, 2)
        if stream.read(1) in (b"\n", b"\r"):
            return ()
    return (f"{path.name}: the last line has no end: is the file cut short?",)


def _check_masses(check: Check, rows: Rows, energy: Array, place: IntArray) -> None:
    """E and p of a line belong to its PDG code, within 1% or 2 MeV of energy."""
    expected = np.sqrt(np.sum(rows.momentum**2, axis=1) + per_species(rows.pdg, pdg.mass) ** 2)
    bad = np.flatnonzero(~(np.abs(energy - expected) < 0.01 * expected + 0.002))
    if len(bad):
        k = bad[0]
        raise check.refuse(
            int(place[k]),
            f"E = {energy[k]:g} with this momentum is no {pdg.NAMES[int(rows.pdg[k])]} (E = {expected[k]:.6g} GeV); "
            f"columns are {' '.join(MEVPRTL_COLUMNS)}, in GeV",
        )

"""Scans and reach as files: CSV, HEPData's YAML and numpy's npz, each with what made it, and back."""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..cards.key_units import unit_of
from ..errors import DataFileError
from ..experiment.experiment import Criterion
from ..kernels.arrays import Array
from ..rates.points import Axis
from ..rates.reach import Reach
from ..rates.scan import Scan

SUFFIXES = (".csv", ".yaml", ".npz")
_MARK = "# nusim "


def check_suffix(path: str) -> str:
    """The suffix of a file of contours; DataFileError for one that nothing is written to."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise DataFileError(f"{path}: its name must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    return suffix


def reach_bytes(path: str, reaches: Sequence[Reach], scans: Sequence[Scan], header: Mapping[str, Any]) -> bytes:
    """The content of a file of contours, of the kind that its suffix says."""
    suffix = check_suffix(path)
    if suffix == ".csv":
        return _reach_csv(reaches, header).encode()
    if suffix == ".yaml":
        return _reach_yaml(reaches, header).encode()
    return _npz(scans, reaches, header)


def scan_bytes(path: str, scans: Sequence[Scan], header: Mapping[str, Any]) -> bytes:
    """The content of a file of rates on a grid."""
    suffix = check_suffix(path)
    if suffix == ".csv":
        return _scan_csv(scans, header).encode()
    if suffix == ".yaml":
        return _scan_yaml(scans, header).encode()
    return _npz(scans, (), header)


def _comments(kind: str, header: Mapping[str, Any], warnings: Iterable[str]) -> list[str]:
    lines = [f"{_MARK}{kind}"]
    lines += [f"# {key}: {json.dumps(value, allow_nan=False)}" for key, value in header.items()]
    return lines + [f"# warning: {json.dumps(note)}" for note in dict.fromkeys(warnings)]


def _table(rows: Iterable[Sequence[Any]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([[_cell(value) for value in row] for row in rows])
    return stream.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return "" if math.isnan(value) else repr(float(value))
    return str(value)


def _scan_csv(scans: Sequence[Scan], header: Mapping[str, Any]) -> str:
    first = scans[0]
    lines = _comments("scan", header, (note for one in scans for note in one.warnings))
    rows: list[Sequence[Any]] = [["experiment", first.x.key, first.y.key, "events", "selected_events", "stat_error", "norm_error"]]
    for one in scans:
        grids = [one.events, one.rates, one.stat_error, one.norm_error]
        for i, x in enumerate(one.x.values.tolist()):
            rows += [[one.experiment.name, x, y, *(float(grid[i, j]) for grid in grids)] for j, y in enumerate(one.y.values.tolist())]
    return "\n".join(lines) + "\n" + _table(rows)


_ROWS = ("experiment", "curve", "number")


def _reach_csv(reaches: Sequence[Reach], header: Mapping[str, Any]) -> str:
    lines = _comments("reach", header, (note for one in reaches for note in one.warnings))
    lines += [f"# reach: {json.dumps(_summary(one), allow_nan=False)}" for one in reaches]
    rows: list[Sequence[Any]] = [[*_ROWS, reaches[0].x.key, reaches[0].y.key, "error"]]
    for one in reaches:
        for curve, contours in _curves(one).items():
            for number, contour in enumerate(contours):
                rows += [[one.experiment, curve, number, x, y, float("nan")] for x, y in contour.tolist()]
        for curve, edge, error in (("lower", one.lower, one.lower_error), ("upper", one.upper, one.upper_error)):
            rows += [
                [one.experiment, curve, 0, x, y, spread]
                for x, y, spread in zip(one.columns.tolist(), edge.tolist(), error.tolist(), strict=True)
                if not math.isnan(y)
            ]
    return "\n".join(lines) + "\n" + _table(rows)


def _curves(one: Reach) -> dict[str, Sequence[Array]]:
    return {"contour": one.contours, **one.band}


def _summary(one: Reach) -> dict[str, Any]:
    """What a file says of one reach besides its curves."""
    criterion = {"kind": one.criterion.kind, "confidence": one.criterion.confidence, "events": one.criterion.events}
    return {
        "model": one.model,
        "experiment": one.experiment,
        "criterion": {key: value for key, value in criterion.items() if value is not None},
        "events_needed": None if math.isnan(one.events_needed) else one.events_needed,
        "axes": [{"key": axis.key, "values": axis.values.tolist()} for axis in (one.x, one.y)],
        "band": list(one.nuisances),
        "warnings": list(one.warnings),
    }


def _quoted(value: Any) -> str:
    """A value as YAML that is also JSON."""
    return json.dumps(None if isinstance(value, float) and not math.isfinite(value) else value)


def _variable(name: str, values: Iterable[float]) -> list[str]:
    """A variable's header and values."""
    unit = f", units: {_quoted(unit_of(name))}" if unit_of(name) else ""
    lines = [f"- header: {{name: {_quoted(name)}{unit}}}"]
    return [*lines, "  values:", *(f"  - {{value: {_quoted(value)}}}" for value in values)]


def _document(name: str, description: str, x: list[str], y: list[str]) -> str:
    head = [f"name: {_quoted(name)}", f"description: {_quoted(description)}"]
    return "\n".join([*head, "independent_variables:", *x, "dependent_variables:", *y]) + "\n"


def _reach_yaml(reaches: Sequence[Reach], header: Mapping[str, Any]) -> str:
    comments = _comments("reach", header, (note for one in reaches for note in one.warnings))
    documents = []
    for one in reaches:
        for curve, contours in _curves(one).items():
            for number, contour in enumerate(contours):
                y = _variable(one.y.key, contour[:, 1].tolist())
                qualifiers = {"experiment": one.experiment, "criterion": one.rule, "curve": curve}
                y.insert(
                    1, "  qualifiers: [" + ", ".join(f"{{name: {_quoted(k)}, value: {_quoted(v)}}}" for k, v in qualifiers.items()) + "]"
                )
                what = f"{one.experiment} for {one.model}, {one.rule}: {curve} {number}, a closed curve in ({one.x.key}, {one.y.key})"
                documents.append(_document(f"{one.experiment} {curve} {number}", what, _variable(one.x.key, contour[:, 0].tolist()), y))
    return "\n".join(comments) + "\n" + "---\n".join(["", *documents])


def _scan_yaml(scans: Sequence[Scan], header: Mapping[str, Any]) -> str:
    comments = _comments("scan", header, (note for one in scans for note in one.warnings))
    documents = []
    for one in scans:
        x, y = np.repeat(one.x.values, len(one.y.values)), np.tile(one.y.values, len(one.x.values))
        values = [
            '- header: {name: "selected events"}',
            f"  qualifiers: [{{name: experiment, value: {_quoted(one.experiment.name)}}}]",
            "  values:",
        ]
        for events, stat, norm in zip(
            one.rates.ravel().tolist(), one.stat_error.ravel().tolist(), one.norm_error.ravel().tolist(), strict=True
        ):
            errors = f"errors: [{{symerror: {_quoted(stat)}, label: stat}}, {{symerror: {_quoted(norm)}, label: normalisation}}]"
            values.append(f"  - {{value: {_quoted(events)}, {errors}}}")
        axes = [*_variable(one.x.key, x.tolist()), *_variable(one.y.key, y.tolist())]
        documents.append(_document(one.experiment.name, f"selected events of {one.model} in {one.experiment.name}", axes, values))
    return "\n".join(comments) + "\n" + "---\n".join(["", *documents])


def _npz(scans: Sequence[Scan], reaches: Sequence[Reach], header: Mapping[str, Any]) -> bytes:
    """Arrays `x`, `y`, and for the k-th experiment `k_events`, `k_rates`, ... and `k_contour_0`, ...; `header`: JSON."""
    first = scans[0]
    arrays: dict[str, Any] = {"x": first.x.values, "y": first.y.values}
    for k, one in enumerate(scans):
        grids = {"events": one.events, "rates": one.rates, "stat_error": one.stat_error, "norm_error": one.norm_error}
        arrays |= {f"{k}_{name}": grid for name, grid in grids.items()}
        arrays |= {f"{k}_norm_{name}": grid for name, grid in one.norm_by_nuisance.items()}
    for k, found in enumerate(reaches):
        for curve, contours in _curves(found).items():
            arrays |= {f"{k}_{curve}_{number}": contour for number, contour in enumerate(contours)}
        for name in ("columns", "lower", "upper", "lower_error", "upper_error"):
            arrays[f"{k}_{name}"] = getattr(found, name)
    text = {
        **header,
        "x": first.x.key,
        "y": first.y.key,
        "experiments": [one.experiment.name for one in scans],
        "reaches": [_summary(one) for one in reaches],
        "warnings": list(dict.fromkeys(note for one in scans for note in one.warnings)),
    }
    stream = io.BytesIO()
    _saved(stream, {**arrays, "header": np.array(json.dumps(text, allow_nan=False))})
    return stream.getvalue()


def _saved(stream: io.BytesIO, arrays: Mapping[str, Any]) -> None:
    """As numpy's savez_compressed, without the time in its entries: equal content gives equal files."""
    import zipfile

    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in arrays.items():
            part = io.BytesIO()
            np.lib.format.write_array(part, np.asanyarray(values), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), part.getvalue(), zipfile.ZIP_DEFLATED)


def read_reach(path: str | Path) -> list[Reach]:
    """The reaches of a CSV or npz file that nusim wrote. DataFileError for any other."""
    name = Path(path)
    try:
        content = name.read_bytes()
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        return _from_npz(content) if content[:2] == b"PK" else _from_csv(content.decode())
    except Exception as error:  # a broken zip shows as any of zipfile's, zlib's or numpy's errors, a document of another make as any at all
        raise DataFileError(f"{path}: not a reach as nusim writes it in CSV or npz ({str(error) or type(error).__name__})") from None


def _axis(document: Mapping[str, Any]) -> Axis:
    return Axis(str(document["key"]), np.asarray(document["values"], float))


def _made(summary: Mapping[str, Any], curves: Mapping[str, Sequence[Array]], edges: Mapping[str, Array]) -> Reach:
    x, y = (_axis(one) for one in summary["axes"])
    needed = summary["events_needed"]
    for curve in (one for some in curves.values() for one in some):
        if curve.ndim != 2 or curve.shape[1] != 2 or not np.all(np.abs(curve) < np.inf):
            raise ValueError("a curve is no list of points")
        if any(axis.is_log and np.any(part <= 0) for axis, part in zip((x, y), curve.T, strict=True)):
            raise ValueError("a curve has a point beyond a logarithmic axis")
    for name, edge in edges.items():
        if edge.shape != edges["columns"].shape or edge.ndim != 1 or edge.dtype.kind != "f":
            raise ValueError(f"{name} is no list of numbers, one for each column")
    return Reach(
        str(summary["model"]),
        str(summary["experiment"]),
        Criterion(**summary["criterion"]),
        float("nan") if needed is None else float(needed),
        x,
        y,
        tuple(curves.get("contour", ())),
        edges["columns"],
        edges["lower"],
        edges["upper"],
        edges["lower_error"],
        edges["upper_error"],
        {name: tuple(some) for name, some in curves.items() if name != "contour"},
        tuple(summary["warnings"]),
        tuple(summary["band"]),
    )


def _from_csv(text: str) -> list[Reach]:
    lines = text.splitlines()
    if not lines or lines[0] != f"{_MARK}reach":
        raise ValueError("its first line is not that of a reach")
    summaries = [json.loads(line.removeprefix("# reach: ")) for line in lines if line.startswith("# reach: ")]
    rows = list(csv.reader(line for line in lines if not line.startswith("#")))[1:]
    found = []
    for summary in summaries:
        own = [row for row in rows if row[0] == summary["experiment"]]
        curves: dict[str, list[Array]] = {}
        for curve in dict.fromkeys(row[1] for row in own if row[1] not in ("lower", "upper")):
            for number in dict.fromkeys(row[2] for row in own if row[1] == curve):
                points = [(float(row[3]), float(row[4])) for row in own if row[1] == curve and row[2] == number]
                curves.setdefault(curve, []).append(np.array(points))
        columns = np.unique([float(row[3]) for row in own if row[1] in ("lower", "upper")])
        edges = {"columns": columns}
        for name in ("lower", "upper"):
            edges[name], edges[f"{name}_error"] = np.full((2, len(columns)), np.nan)
            for row in own:
                if row[1] == name:
                    place = int(np.searchsorted(columns, float(row[3])))
                    edges[name][place], edges[f"{name}_error"][place] = float(row[4]), float(row[5] or "nan")
        found.append(_made(summary, curves, edges))
    return found


def _from_npz(content: bytes) -> list[Reach]:
    with np.load(io.BytesIO(content)) as arrays:
        header = json.loads(str(arrays["header"]))
        if not header["reaches"]:
            raise ValueError("it holds rates without contours")
        found = []
        for k, summary in enumerate(header["reaches"]):
            curves: dict[str, list[Array]] = {}
            for name in arrays.files:
                place, _, rest = name.partition("_")
                curve, _, number = rest.rpartition("_")
                if place == str(k) and number.isdigit() and curve in ("contour", "up", "down"):
                    curves.setdefault(curve, []).append(arrays[name])
            edges = {name: arrays[f"{k}_{name}"] for name in ("columns", "lower", "upper", "lower_error", "upper_error")}
            found.append(_made(summary, curves, edges))
    return found

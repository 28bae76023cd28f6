"""Reading Parquet files and flat ROOT trees of nusim's back as samples."""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import DataFileError
from ..events.sample import EventSample
from ..kernels.arrays import IntArray
from ..units import ns
from .columns import DESCRIPTIONS, LISTS, Columns, dtype_of, weight_columns
from .header import RunInfo
from .read import Bad, Source, assembled, halved
from .reading import InputFile, in_range, whole
from .record import DetectorFrame
from .root import check_length, reader
from .table import GROUP, arrow, described

_PLAIN = tuple(name for name in DESCRIPTIONS if name not in LISTS)


def read_parquet(file: InputFile, start: bytes) -> Source:
    """A Parquet file that nusim wrote."""
    file.close()
    _, pq = arrow()
    try:
        table = pq.ParquetFile(file.path)
        about = (table.schema_arrow.metadata or {}).get(b"nusim")
        names = table.schema_arrow.names
    except Exception as error:  # pyarrow raises what its libraries raise
        raise DataFileError(f"{file.path}: cannot be read as Parquet: {_line(error)}") from None
    try:
        info = _info(file, about, names)
    except BaseException:
        table.close()
        raise

    def groups() -> Iterator[Columns]:
        for group in range(table.num_row_groups):
            rows = table.read_row_group(group, columns=[*_PLAIN, *weight_columns(info), *LISTS])
            lists = {name: rows.column(name).combine_chunks() for name in LISTS}
            first = lists[LISTS[0]]
            offsets = np.asarray(first.offsets).astype(np.int64)
            if any(one.null_count or not np.array_equal(np.diff(one.offsets), np.diff(offsets)) for one in lists.values()):
                raise ValueError("the columns of particles have different lengths")
            plain = {name: rows.column(name).to_numpy() for name in (*_PLAIN, *weight_columns(info))}
            yield Columns(plain, {name: one.flatten().to_numpy(zero_copy_only=False) for name, one in lists.items()}, offsets - offsets[0])

    return _source(file, "parquet", info, groups, table.close)


def read_root(file: InputFile, start: bytes) -> Source:
    """A flat ROOT tree that nusim wrote; DataFileError for rooTracker and LLP_tree, which hold too little, and for other files."""
    file.close()
    uproot = reader()
    check_length(file.path)
    try:
        root = uproot.open(file.path)
        about = str(root["nusim_run"]) if "nusim_run" in root else None
        trees = [name.split(";")[0] for name in root.classnames()]
    except Exception as error:  # uproot raises what its parsers raise
        raise DataFileError(f"{file.path}: cannot be read as ROOT: {_line(error)}") from None
    try:
        for name, what in (("gRooTracker", "rooTracker"), ("LLP_tree", "FairShip's LLP_tree")):
            if name in trees:
                raise DataFileError(f"{file.path}: is {what}, which holds too little of an event to be read back")
        if "events" not in trees:
            raise DataFileError(f"{file.path}: has no tree 'events'")
        tree, names = _tree(file, root)
        info = _info(file, about, names)
    except BaseException:
        root.close()
        raise

    def groups() -> Iterator[Columns]:
        import awkward as ak

        for first in range(0, tree.num_entries, GROUP):
            branches = [*_PLAIN, *weight_columns(info), *LISTS]
            rows = tree.arrays(branches, entry_start=first, entry_stop=first + GROUP, library="ak")

            counts = ak.to_numpy(ak.num(rows[LISTS[0]]))
            if any(not np.array_equal(ak.to_numpy(ak.num(rows[name])), counts) for name in LISTS):
                raise ValueError("the columns of particles have different lengths")
            offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
            plain = {name: ak.to_numpy(rows[name]) for name in (*_PLAIN, *weight_columns(info))}
            yield Columns(plain, {name: ak.to_numpy(ak.flatten(rows[name])) for name in LISTS}, offsets)

    return _source(file, "root", info, groups, root.close)


def _tree(file: InputFile, root: Any) -> tuple[Any, Any]:
    """The tree of events and the names of its branches."""
    try:
        tree = root["events"]
        return tree, tree.keys()
    except Exception as error:  # uproot raises what its parsers raise
        raise DataFileError(f"{file.path}: is damaged: its tree 'events' cannot be read: {_line(error)}") from None


def _line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _info(file: InputFile, about: Any, names: Any) -> RunInfo:
    if about is None:
        raise DataFileError(f"{file.path}: is not nusim's: it says nothing of its run, and its normalisation is unknown")
    try:
        document = described(about)
        info = RunInfo.of({**document["run"], **{k: document[k] for k in ("model", "experiment") if k in document}})
    except DataFileError as error:
        raise DataFileError(f"{file.path}: {error}") from None
    except ValueError as error:
        raise DataFileError(f"{file.path}: what it says of its run cannot be read ({error})") from None
    missing = [name for name in (*DESCRIPTIONS, *weight_columns(info)) if name not in names]
    if missing:
        raise DataFileError(f"{file.path}: lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}")
    return info


def _source(file: InputFile, format: str, info: RunInfo, groups: Any, close: Any) -> Source:
    digest = hashlib.sha256()

    def samples(bad: Bad) -> Iterator[EventSample]:
        done = 0
        while_reading = groups()
        while True:
            try:
                rows = next(while_reading, None)
            except Exception as error:  # damaged pages and baskets, in as many ways as there are codecs
                raise DataFileError(f"{file.path}: is damaged: {_line(error)}; {done} of {info.events} events are whole") from None
            if rows is None:
                return
            try:
                _check_types(rows)
                _typed(rows).digest(digest)
            except ValueError as error:
                bad(done, str(error))
            else:
                events = list(range(len(rows)))
                yield from halved(done, events, lambda some, _, rows=rows: _sample(info, rows.cut(some[0], some[-1] + 1)), bad)  # type: ignore[misc]
            done += len(rows)

    return Source(file.path, format, info, samples, (), digest.hexdigest, None, close)


def _check_types(rows: Columns) -> None:
    """ValueError for a column that holds no numbers, or other ones than it should."""
    for name, column in (*rows.plain.items(), *rows.lists.items()):
        if np.asarray(column).dtype.kind not in "iuf":
            raise ValueError(f"column {name} holds no numbers, or gaps")
        try:
            whole(column) if "int" in dtype_of(name) else in_range(np.asarray(column, float))
        except ValueError as error:
            raise ValueError(f"column {name}: {error}") from None


def _typed(rows: Columns) -> Columns:
    def typed(columns: Any) -> dict[str, Any]:
        return {name: np.ascontiguousarray(column, dtype_of(name)) for name, column in columns.items()}

    return Columns(typed(rows.plain), typed(rows.lists), rows.offsets)


def _sample(info: RunInfo, rows: Columns) -> EventSample:
    plain, lists = rows.plain, {name.removeprefix("particle_"): column for name, column in rows.lists.items()}
    if np.any(np.diff(rows.offsets) < 1):
        raise ValueError("an event holds no particle")
    x, y, z = plain["vertex_x"], plain["vertex_y"], plain["vertex_z"]
    columns = {
        "offsets": rows.offsets,
        "pdg": lists["pdg"],
        "status": lists["status"],
        "mother": lists["mother"].astype(np.int64),
        "momentum": np.column_stack([lists[name] for name in ("E", "px", "py", "pz")]),
        "mass": lists["mass"],
        "vertex": np.column_stack([lists["t_ns"] * ns, lists["x"], lists["y"], lists["z"]]),
        "proper_time": lists["ctau"],
        "spin": lists["spin"],
        "weight": plain["weight"],
        "delay": plain["delay_ns"] * ns,
        "polarisation": plain["polarisation"],
        "seen": plain["heavy"].astype(np.int64),
        "route": plain["route"].astype(np.int64),
        "channel": plain["process"].astype(np.int64) - 1,
        "named_weights": {name: plain[f"weight_{name}"] for name in info.weight_names},
    }
    sample = assembled(info, columns)
    _check_vertex(DetectorFrame.of(info.metadata), sample.decay_vertex, x, y, z)
    return sample


def _check_vertex(frame: DetectorFrame, end: Any, x: Any, y: Any, z: Any) -> None:
    """The decay seen in the detector frame is where its particles begin in the beam frame."""
    expected = np.column_stack(frame.points(end[:, 1], end[:, 2], end[:, 3]))
    off: IntArray = np.flatnonzero(np.abs(expected - np.column_stack([x, y, z])).max(axis=1) > 1e-9 * (1.0 + np.abs(end).max(axis=1)))
    if len(off):
        raise ValueError(f"vertex_x, vertex_y, vertex_z are not where the particles begin (row {off[0]} of the group)")

"""Points of an exploration as a Parquet file, and the parts it is made of while the run goes on.

Beside `<file>` stands the folder `<file>.parts`: a file for each part that is whole, and the key that says whose they are. A run that was
broken off goes on with them; at the end they become row groups of one file, in order, and the folder goes.
"""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFileError
from ..kernels.arrays import Array
from .header import json_text
from .output import PartFile, check_name
from .table import arrow

_KEY = "key.json"
SUFFIX = ".parquet"


class PointsFile:
    """A file of points in the making. `key`: what its content depends on, as text; parts of another key are thrown away."""

    def __init__(self, path: str | os.PathLike[str], key: str) -> None:
        self.path, self._key = Path(path), key
        if self.path.suffix.lower() != SUFFIX:
            raise DataFileError(f"{path}: points are written as Parquet: its name must end in {SUFFIX}")
        arrow()
        check_name(self.path)
        self._folder = self.path.with_name(self.path.name + ".parts")
        try:
            known = (self._folder / _KEY).read_text() if self._folder.is_dir() else None
            if known != key:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder.mkdir()
                (self._folder / _KEY).write_text(key)
        except OSError as error:
            raise DataFileError(f"{self._folder}: parts of {self.path.name} cannot be written there: {error.strerror or error}") from None

    def has(self, first: int, last: int) -> bool:
        """Whether a part is there whole."""
        return self._part(first, last).is_file()

    def add(self, first: int, last: int, columns: Mapping[str, Array]) -> None:
        """Write a part."""
        pa, pq = arrow()
        with PartFile(self._part(first, last)) as file:
            pq.write_table(pa.table({name: pa.array(values) for name, values in columns.items()}), file.part, compression="zstd")

    def join(self, spans: Sequence[tuple[int, int]], about: Mapping[str, Any]) -> None:
        """All parts as one file, with what is said of it in the schema's metadata under `nusim`; the parts are removed."""
        _, pq = arrow()
        writer = None
        with PartFile(self.path) as file:
            try:
                for span in spans:
                    table = pq.read_table(self._part(*span))
                    table = table.replace_schema_metadata({"nusim": json_text(about, indent=None)})
                    writer = writer or pq.ParquetWriter(file.part, table.schema, compression="zstd")
                    writer.write_table(table)
            finally:
                if writer is not None:
                    writer.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _part(self, first: int, last: int) -> Path:
        return self._folder / f"{first}-{last}{SUFFIX}"


def read_points(path: str | os.PathLike[str]) -> tuple[dict[str, Array], dict[str, Any]]:
    """Columns of a file of points, (n,) each, and what it says of itself. DataFileError for any other file."""
    _, pq = arrow()
    try:
        table = pq.read_table(path)
        about = json.loads((table.schema.metadata or {})[b"nusim"])
        varied = [one["key"] for part in ("grid", "draw") for one in about["plan"][part]]
        if about["content"] != CONTENT or not varied or not set(varied) <= set(table.column_names):
            raise ValueError
        columns = {name: _values(table.column(name)) for name in table.column_names}
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read: {error.strerror or error}") from None
    except Exception:  # pyarrow has no common class of its errors
        raise DataFileError(f"{path}: no file of points; nusim explore -o makes them") from None
    return columns, about


CONTENT = "nusim points"
"""By which files of points are known."""


def _values(column: Any) -> Array:
    values: Array = column.to_numpy()
    return values.astype(str) if values.dtype == np.dtype(object) else values

"""Flux files named in a card or on the command line: paths, globs, formats."""

from collections.abc import Sequence
from glob import glob
from pathlib import Path

from ..beams.beam import Beam
from ..beams.flux_files import FluxFiles, Format, guess_format
from ..errors import CardError, DataFileError
from .experiment import BeamTable


def found_files(names: Sequence[str], folder: Path | None = None) -> tuple[Path, ...]:
    """Files by path or glob, the matches of each glob in order of their names; relative ones count from `folder`.

    Raises DataFileError for a file that does not exist and a glob that matches nothing.
    """
    files: list[Path] = []
    for name in names:
        path = Path(name) if folder is None else folder / name
        if path.exists() or not any(letter in name for letter in "*?["):
            if not path.exists():
                where = "" if folder is None or Path(name).is_absolute() else f" in {folder}, the card's folder"
                raise DataFileError(f"{name}: no such flux file{where}")
            files.append(path)
            continue
        matches = [Path(match) for match in sorted(glob(str(path), recursive=True)) if Path(match).is_file()]
        if not matches:
            raise DataFileError(f"{name}: no flux file matches" + ("" if folder is None else f" in {folder}, the card's folder"))
        files += matches
    return tuple(files)


def one_format(files: Sequence[Path]) -> Format:
    """The format of files that have the same one, from their content."""
    formats = {path: guess_format(path) for path in files}
    first = formats[files[0]]
    for path, format in formats.items():
        if format != first:
            raise DataFileError(f"{path}: {format}, but {files[0].name} is {first}: the files of a beam have one format")
    return first


def beam_of_files(table: BeamTable, folder: Path) -> Beam:
    """The beam of a card's [beam] with flux files; relative paths count from `folder`."""
    assert table.file is not None, "checked at the door"
    names = (table.file,) if isinstance(table.file, str) else table.file
    try:
        paths = found_files(names, folder)
        files = FluxFiles(
            paths,
            table.format or one_format(paths),
            table.protons_in_file,
            table.momentum,
            table.origin,
            table.rotation,
            table.axisymmetric,
        )
    except DataFileError as error:
        raise CardError(f"beam.file: {error}") from None
    name = paths[0].name if len(paths) == 1 else f"{len(paths)} flux files"
    return Beam(name=name, source=f"flux files in format {files.format}", momentum=table.momentum or float("inf"), tables={}, files=files)

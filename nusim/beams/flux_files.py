"""A user's own flux: files of parents in several formats, read as the committed beams are."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from ..errors import DataFileError, ParameterError
from ..kernels.arrays import Array
from .dk2nu import TREES as DK2NU_TREES
from .dk2nu import per_parent, read_dk2nu
from .flux_rows import FileContent, Rays, Rows, Tally, joined
from .flux_text import CSV_HEADER, MEVPRTL_COLUMNS, read_csv, read_mevprtl
from .gsimple import TREE as GSIMPLE_TREE
from .gsimple import read_gsimple
from .parents import ParentFlux

Format = Literal["dk2nu", "gsimple", "mevprtl", "csv"]
FORMATS: tuple[Format, ...] = get_args(Format)

Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]
_HEAD = 65536
"""Bytes in which a text file must show its format."""
_IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class FluxFiles:
    """Flux files of one simulation, and what their reader must be told."""

    paths: tuple[Path, ...]
    format: Format
    protons: float | None = None
    """On target, of all files together; None: the files say it."""
    momentum: float | None = None
    """GeV/c of the protons, if known: no parent has more."""
    origin: Vector = (0.0, 0.0, 0.0)
    """Beam-frame position of the files' zero, metres."""
    rotation: Matrix = _IDENTITY
    """Rows: the files' axes in the beam frame."""
    axisymmetric: bool = False
    """Whether rows may be turned about the beam axis at use."""

    def __post_init__(self) -> None:
        rows = np.array(self.rotation)
        entries = rows.shape == (3, 3) and bool(np.all(np.abs(rows) < 1 + 1e-6))
        if not entries or not np.allclose(rows @ rows.T, np.eye(3), atol=1e-6) or np.linalg.det(rows) < 0:
            found = [list(row) for row in self.rotation]
            raise ParameterError(f"beam.rotation = {found}: the rows must be three orthonormal, right-handed axes")
        if self.axisymmetric and abs(rows[2, 2]) < 1 - 1e-6:
            raise ParameterError("beam.axisymmetric: the files' axis is turned away from the beam's; rows cannot be turned about it")
        if len(set(self.paths)) != len(self.paths):
            twice = next(path for path in self.paths if self.paths.count(path) > 1)
            raise DataFileError(f"{twice}: this flux file is named twice; its parents would count twice")


@dataclass(frozen=True, slots=True)
class FluxFile:
    """One file that was read."""

    name: str
    bytes: int
    sha256: str
    entries: int
    protons: float | None


@dataclass(frozen=True, slots=True, eq=False)
class UserFlux:
    """What a user's files hold."""

    format: Format
    files: tuple[FluxFile, ...]
    protons: float
    """On target, of all files."""
    parents: ParentFlux | None
    """None where the files hold neutrinos alone."""
    rays: Rays | None
    """Neutrinos at a flux window, per proton; of GSimple files."""
    notes: tuple[str, ...]

    @property
    def provenance(self) -> dict[str, Any]:
        """What headers say of the files."""
        files = [{"name": one.name, "bytes": one.bytes, "sha256": one.sha256, "protons": one.protons} for one in self.files]
        return {"format": self.format, "protons": self.protons, "files": files}


def guess_format(path: Path) -> Format:
    """The format of a file from its content: trees of a ROOT file, or its first lines.

    Raises DataFileError if it cannot be read or is none of them.
    """
    with _opened(path) as stream:
        head = stream.read(_HEAD)
    if not head:
        raise DataFileError(f"{path}: the flux file is empty")
    if head.startswith(b"root"):
        from .root_files import root_file, tree_names

        with root_file(path) as file:
            names = tree_names(file)
        if any(tree in names for tree in DK2NU_TREES):
            return "dk2nu"
        if GSIMPLE_TREE in names:
            return "gsimple"
        raise DataFileError(
            f"{path}: a ROOT file with the trees {', '.join(names) or '(none)'}: neither dk2nu (dk2nuTree) nor GSimple (flux)"
        )
    try:
        text = head.decode("utf-8-sig", errors="strict" if len(head) < _HEAD else "ignore")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise DataFileError(f"{path}: neither a ROOT file nor text; formats: {', '.join(FORMATS)}")
    content = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if content and {word.split("[")[0].strip() for word in content[0].split(",")} & {"pdg", "px", "weight"}:
        return "csv"
    if any(len(line.split()) == len(MEVPRTL_COLUMNS) for line in content[:50]):
        return "mevprtl"
    raise DataFileError(
        f"{path}: neither CSV (header {CSV_HEADER}) nor lines of {' '.join(MEVPRTL_COLUMNS)} (mevprtl); formats: {', '.join(FORMATS)}"
    )


def load_flux(files: FluxFiles) -> UserFlux:
    """The content of a user's files; kept for the next call while the files stay as they are.

    Raises DataFileError, one line, for whatever is wrong with a file, and MissingExtraError for ROOT files without uproot.
    """
    return _load(files, tuple(_stamp(path) for path in files.paths))


def user_parents(files: FluxFiles) -> ParentFlux:
    """The parents in a user's files. Raises DataFileError where they hold neutrinos alone."""
    parents = load_flux(files).parents
    if parents is None:
        raise DataFileError(
            f"{files.paths[0]}: GSimple without the branch numi (ptype, ndecay, vx, pdpx, ...): neutrinos without their parents; "
            "nusim flux can use it, rates and events need dk2nu, or GSimple files with numi"
        )
    return parents


@lru_cache(maxsize=2)
def _load(files: FluxFiles, stamps: tuple[tuple[int, int], ...]) -> UserFlux:
    contents, digests = [], []
    for path in files.paths:
        digests.append(_sha256(path))
        contents.append(_read(files, path))
        if contents[-1].entries == 0:
            raise DataFileError(f"{path}: the flux file has no entries")
    protons, notes = _protons(files, contents)
    notes += tuple(dict.fromkeys(note for content in contents for note in content.notes))
    rows = joined([content.rows for content in contents])
    factors, said = _undone(contents)
    notes = (*_summary(files, contents, protons), *notes, *said, *_left_out(files.format, contents), *_copies(files, digests))
    records = tuple(
        FluxFile(path.name, size, digest, content.entries, content.protons)
        for path, digest, content, (_, size) in zip(files.paths, digests, contents, stamps, strict=True)
    )
    rays = _rays(contents, protons)
    parents = None
    if len(rows.pdg) or rays is None:
        parents = _in_beam_frame(files, rows, factors / protons, protons, notes)
    return UserFlux(files.format, records, protons, parents, rays, notes)


def _read(files: FluxFiles, path: Path) -> FileContent:
    given = files.protons is not None
    with _opened(path) as stream:
        root = stream.read(4) == b"root"
    if root != (files.format in ("dk2nu", "gsimple")):
        found = "a ROOT file" if root else "no ROOT file"
        raise DataFileError(f"{path}: {found}, but format = '{files.format}'; leave format out to have it found")
    if files.format == "dk2nu":
        return read_dk2nu(path, files.momentum, given)
    if files.format == "gsimple":
        return read_gsimple(path, files.momentum, given)
    return (read_csv if files.format == "csv" else read_mevprtl)(path, files.momentum, given)


def _protons(files: FluxFiles, contents: Sequence[FileContent]) -> tuple[float, tuple[str, ...]]:
    """Protons on target of all files, the card's number before the files'."""
    told = [content.protons for content in contents if content.protons is not None]
    if files.protons is None:
        return sum(told), ()
    if told and abs(sum(told) - files.protons) > 1e-6 * files.protons:
        return files.protons, (f"flux files: {sum(told):g} protons in the files, {files.protons:g} in the card, which is used",)
    return files.protons, ()


def _undone(contents: Sequence[FileContent]) -> tuple[Array, tuple[str, ...]]:
    """Decays that each row stands for per unit of its weight, (n,), where files hold neutrinos instead of parents; and what to say of it.

    Files with the same kinds of decays are taken together: what one of them lacks by chance another has.
    """
    factors = [np.ones(len(content.rows.pdg)) for content in contents]
    notes: tuple[str, ...] = ()
    for per_decay in {id(content.per_decay): content.per_decay for content in contents}.values():
        alike = [k for k, content in enumerate(contents) if content.per_decay is per_decay]
        merged: dict[int, dict[tuple[int, int], Tally]] = {}
        for content in (contents[k] for k in alike):
            for code, decays in content.recorded.items():
                own = merged.setdefault(code, {})
                for key, tally in decays.items():
                    own[key] = own.get(key, Tally()).merged(tally)
        divisors, said = per_parent(merged, per_decay)
        notes += said
        for k in alike:
            for code, divisor in divisors.items():
                factors[k][contents[k].rows.pdg == code] /= divisor
    return np.concatenate(factors), notes


def _summary(files: FluxFiles, contents: Sequence[FileContent], protons: float) -> tuple[str, ...]:
    names = files.paths[0].name if len(files.paths) == 1 else f"{len(files.paths)} files, {files.paths[0].name} ... {files.paths[-1].name}"
    entries = sum(content.entries for content in contents)
    return (f"flux from {names}: {files.format}, {entries} entries, {protons:.6g} protons on target",)


def _left_out(format: Format, contents: Sequence[FileContent]) -> tuple[str, ...]:
    """One line on entries without a place here, the heaviest first."""
    merged: dict[str, Tally] = {}
    for content in contents:
        for reason, tally in content.left_out.items():
            merged[reason] = merged.get(reason, Tally()).merged(tally)
    if not merged:
        return ()
    kept = sum(tally.weight for content in contents for decays in content.recorded.values() for tally in decays.values())
    lost = sum(tally.weight for tally in merged.values())
    ordered = sorted(merged.items(), key=lambda item: -item[1].weight)
    listed = ", ".join(f"{reason}: {tally.entries} of weight {tally.weight:.4g}" for reason, tally in ordered[:6])
    more = f", and {len(ordered) - 6} more kinds" if len(ordered) > 6 else ""
    share = f" ({lost / (lost + kept):.2%} of the weight)" if format == "dk2nu" and lost + kept > 0 else ""
    entries = sum(tally.entries for tally in merged.values())
    return (f"flux files: {entries} entries{share} are not used: {listed}{more}",)


def _copies(files: FluxFiles, digests: Sequence[str]) -> tuple[str, ...]:
    """A note for each file with the content of another."""
    seen: dict[str, str] = {}
    notes = []
    for path, digest in zip(files.paths, digests, strict=True):
        if digest in seen:
            notes.append(f"flux files: {path.name} has the content of {seen[digest]}; its parents count twice, with protons for both")
        seen.setdefault(digest, path.name)
    return tuple(notes)


def _in_beam_frame(files: FluxFiles, rows: Rows, factor: Array, protons: float, notes: tuple[str, ...]) -> ParentFlux:
    """Rows moved to the beam frame, with decays per proton as weights."""
    weight = rows.weight * factor
    if not weight.sum() > 0:
        raise DataFileError(f"{files.paths[0]}: no parent of neutrinos with a positive weight; {'; '.join(notes)}")
    axes, origin = np.array(files.rotation), np.array(files.origin)
    moved = files.rotation != _IDENTITY
    return ParentFlux(
        pdg=rows.pdg,
        momentum=rows.momentum @ axes if moved else rows.momentum,
        start=(rows.start @ axes if moved else rows.start) + origin,
        # the protons pass the files' zero that much later than the beam's
        time=rows.time + files.origin[2],
        path=rows.path,
        weight=weight,
        axisymmetric=files.axisymmetric,
        protons_simulated=protons,
        command=f"read from {', '.join(path.name for path in files.paths)} ({files.format})",
        counted=frozenset(np.unique(rows.pdg).tolist()),
        notes=notes,
    )


def _rays(contents: Sequence[FileContent], protons: float) -> Rays | None:
    found = [content.rays for content in contents if content.rays is not None]
    if not found:
        return None
    return Rays(
        np.concatenate([one.pdg for one in found]),
        np.concatenate([one.energy for one in found]),
        np.concatenate([one.fluence for one in found]) / protons,
        np.concatenate([one.parent for one in found]),
    )


def _stamp(path: Path) -> tuple[int, int]:
    with _opened(path):
        status = path.stat()
    return status.st_mtime_ns, status.st_size


def _opened(path: Path) -> Any:
    try:
        return open(path, "rb")
    except FileNotFoundError:
        raise DataFileError(f"{path}: no such flux file") from None
    except IsADirectoryError:
        raise DataFileError(f"{path}: is a folder; name its files, as in {path.name}/*.root") from None
    except OSError as error:
        raise DataFileError(f"{path}: the flux file cannot be read ({error.strerror})") from None


def _sha256(path: Path) -> str:
    with _opened(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

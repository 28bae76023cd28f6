"""Checking rooTracker files and FairShip's LLP_tree, which hold too little of an event to be read back."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFileError
from ..kernels.arrays import Array
from .check import MOMENTUM_TOLERANCE, SHELL_TOLERANCE, detector_volumes
from .columns import Columns
from .header import RunInfo
from .read import Source, back_to_beam
from .reading import LARGEST, InputFile, Problems, Tally
from .record import DetectorFrame
from .root import DAUGHTERS, SLOTS, check_length, reader
from .table import GROUP, described


def trees(path: Path) -> dict[str, Any]:
    """The file's trees by name; DataFileError for what uproot cannot read."""
    uproot = reader()
    check_length(path)
    try:
        with uproot.open(path) as root:
            return {name.split(";")[0]: kind for name, kind in root.classnames().items()}
    except Exception as error:  # uproot raises what its parsers raise
        raise DataFileError(f"{path}: cannot be read as ROOT: {(str(error).strip() or type(error).__name__).splitlines()[0]}") from None


def inspect_root(file: InputFile) -> tuple[str, Source, dict[str, Any], Tally, Problems]:
    """Format, source, run, what the events sum to, problems."""
    names = trees(file.path)
    known = {"gRooTracker": ("rootracker", _rootracker), "LLP_tree": ("fairship", _fairship)}
    tree = next((name for name in known if name in names), None)
    if tree is None:
        raise DataFileError(f"{file.path}: holds none of the trees events, gRooTracker, LLP_tree")
    format, check = known[tree]
    uproot = reader()
    digest, problems, tally = hashlib.sha256(), Problems(), Tally()
    with uproot.open(file.path) as root:
        try:
            document = described(str(root["nusim_run"]))
            info = RunInfo.of({**document["run"], **{k: document[k] for k in ("model", "experiment") if k in document}})
        except DataFileError as error:
            raise DataFileError(f"{file.path}: {error}") from None
        except Exception:  # uproot raises what its parsers raise
            raise DataFileError(f"{file.path}: is not nusim's: it says nothing of its run, and its normalisation is unknown") from None
        volumes = detector_volumes(info.metadata.get("experiment", {}))
        try:
            check(_groups(root[tree], digest, problems), DetectorFrame.of(info.metadata), volumes, tally, problems)
        except KeyError as error:
            raise DataFileError(f"{file.path}: {tree} lacks the branch {error.args[0]}") from None
        except Exception as error:  # damaged baskets, in as many ways as there are codecs
            raise DataFileError(f"{file.path}: is damaged: {(str(error).strip() or type(error).__name__).splitlines()[0]}") from None
    source = Source(file.path, format, info, lambda bad: iter(()), (), digest.hexdigest)
    return format, source, info.summary(), tally, problems


def _groups(tree: Any, digest: Any, problems: Problems) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows as they were written, with the number of the first; numbers that are none are reported, and stand as 0."""
    names = tree.keys()
    for first in range(0, tree.num_entries, GROUP):
        rows = tree.arrays(names, entry_start=first, entry_stop=first + GROUP, library="np")
        plain = {name: rows[name] for name in names}
        count = len(plain[names[0]])
        Columns(plain, {}, np.zeros(count + 1, np.int64)).digest(digest)
        bad = np.zeros(count, bool)
        for name, column in plain.items():
            values = np.asarray(column, float) if column.dtype.kind == "f" else column
            off = ~(np.abs(values) <= LARGEST)
            bad |= off.reshape(count, -1).any(axis=1)
            plain[name] = np.where(off, 0, values)
        _report(problems, first, bad, "a number is not finite")
        yield first, plain


def _rootracker(
    groups: Iterator[tuple[int, dict[str, Any]]], frame: DetectorFrame, volumes: list[Any], tally: Tally, problems: Problems
) -> None:
    last = -1
    for first, rows in groups:
        number, status, momentum = rows["EvtNum"], rows["StdHepStatus"], rows["StdHepP4"]
        there = np.arange(SLOTS) < rows["StdHepN"][:, None]
        sign = np.where(there, np.where(status == 0, 1.0, -1.0), 0.0)
        energy = np.where(there & (status == 0), momentum[:, :, 3], 0.0).sum(axis=1)
        # heavy states that leave are not in the record: their energy may be missing, none may be too much
        _report(problems, first, (sign * momentum[:, :, 3]).sum(axis=1) < -MOMENTUM_TOLERANCE * energy, "it leaves more energy than it had")
        shell = momentum[:, :, 3] ** 2 - (momentum[:, :, :3] ** 2).sum(axis=2)
        light = (there & (shell < -SHELL_TOLERANCE * momentum[:, :, 3] * energy[:, None])).any(axis=1)
        _report(problems, first, light, "a particle has more momentum than energy")
        points = back_to_beam(frame, rows["EvtVtx"][:, :3]) + np.array(frame.origin)
        _inside(problems, first, points, volumes)
        new = np.diff(number, prepend=last) != 0
        last = int(number[-1])
        owner = np.cumsum(new)
        weights = np.bincount(owner, rows["EvtWght"], int(owner[-1]) + 1)
        tally.sum += float(weights.sum())
        tally.squares += float((weights**2).sum())
        tally.events += int(new.sum())


def _fairship(
    groups: Iterator[tuple[int, dict[str, Any]]], frame: DetectorFrame, volumes: list[Any], tally: Tally, problems: Problems
) -> None:
    for first, rows in groups:

        def four(k: str, rows: dict[str, Any] = rows) -> tuple[Array, Array]:
            return np.column_stack([rows[f"{name}{k}"] for name in ("e", "px", "py", "pz")]), rows[f"mass{k}"]

        heavy, mass = four("")
        bad = np.zeros(len(mass), bool)
        left = heavy.copy()
        for k in range(DAUGHTERS + 1):
            p, m = four(str(k) if k else "")
            shell = np.abs(p[:, 0] ** 2 - (p[:, 1:] ** 2).sum(axis=1) - m**2)
            bad |= shell > SHELL_TOLERANCE * p[:, 0] * heavy[:, 0]
            left -= p if k else 0.0
        _report(problems, first, bad, "a particle is not on its mass shell")
        _report(problems, first, left[:, 0] < -MOMENTUM_TOLERANCE * heavy[:, 0], "it leaves more energy than it had")
        _inside(problems, first, np.column_stack([rows["vx"], rows["vy"], rows["vz"]]), volumes)
        tally.add(rows["decay_prob"])


def _report(problems: Problems, first: int, which: Any, text: str) -> None:
    problems.add_each(np.flatnonzero(which), lambda i: f"row {first + i}: {text}")


def _inside(problems: Problems, first: int, points: Array, volumes: list[Any]) -> None:
    if volumes:
        inside = np.any([volume.contains(points) for volume in volumes], axis=0)
        _report(problems, first, ~inside, "the decay vertex lies outside the detector")

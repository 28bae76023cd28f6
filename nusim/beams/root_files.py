"""Trees of users' ROOT files through uproot: leaves by their last name, in chunks, every failure one line."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFileError, MissingExtraError, NusimError

CHUNK = 250_000
"""Entries read at a time, about: some 20 MB of columns."""
_LARGEST = 4 * CHUNK


def uproot_module() -> Any:
    """The package uproot; raises MissingExtraError with the line that brings it."""
    try:
        import uproot
    except ImportError:
        raise MissingExtraError("ROOT files are read with uproot: pip install 'nusim[flux]'") from None
    return uproot


@contextmanager
def root_file(path: Path) -> Iterator[Any]:
    """An open ROOT file. Whatever uproot meets in a broken one becomes a DataFileError of one line."""
    uproot = uproot_module()
    try:
        with uproot.open(path) as file:
            yield file
    except NusimError:
        raise
    except Exception as error:  # a broken file shows as any of uproot's, zlib's or struct's errors
        said = " ".join(str(error).split())[:120]
        raise DataFileError(f"{path}: not a readable ROOT file, or cut short ({type(error).__name__}: {said})") from None


def tree_names(file: Any) -> tuple[str, ...]:
    """Names of the trees of a file, cycles left out."""
    names = file.classnames(recursive=False, cycle=False)
    return tuple(name for name, kind in names.items() if kind == "TTree")


def leaves(tree: Any) -> dict[str, Any]:
    """Branches without sub-branches by the last part of their names: 'vx' of 'dk2nu/decay/decay.vx' or 'decay_vx'."""
    found: dict[str, Any] = {}
    for branch in tree.itervalues(recursive=True):
        if len(branch.branches) == 0:
            name = branch.name.split("[")[0].rstrip(".").replace("/", ".").split(".")[-1]
            found.setdefault(name.removeprefix("decay_"), branch)
    return found


def required(path: Path, tree: Any, wanted: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Any]:
    """Leaves of a tree by name; raises DataFileError for those that are missing, with what the tree has."""
    found = leaves(tree)
    missing = [name for name in wanted if name not in found]
    if missing:
        has = ", ".join(list(found)[:12]) + (", ..." if len(found) > 12 else "")
        raise DataFileError(f"{path}: tree {tree.name} has no {', '.join(missing)}; found: {has or 'no leaves'}")
    return {name: found[name] for name in (*wanted, *optional) if name in found}


def chunks(path: Path, tree: Any, branches: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """First entry and columns by leaf name, about CHUNK entries at a time; refuses columns that are not one number an entry."""
    cuts = _cuts(branches, int(tree.num_entries))
    for first, stop in pairwise(cuts):
        columns = {name: branch.array(entry_start=first, entry_stop=stop, library="np") for name, branch in branches.items()}
        for name, values in columns.items():
            if len(values) != stop - first or values.ndim != 1 or not np.issubdtype(values.dtype, np.number):
                raise DataFileError(f"{path}: tree {tree.name}: {name} is not one number an entry; write the tree split into leaves")
        yield first, columns


def _cuts(branches: Mapping[str, Any], total: int) -> list[int]:
    """Entries at which a tree is cut: where baskets end in every branch, as none is then unpacked twice, or every CHUNK."""
    common = sorted(set.intersection(*({int(entry) for entry in branch.entry_offsets} for branch in branches.values())))
    cuts = [0]
    for entry in common:
        if entry - cuts[-1] >= CHUNK or (entry == total and entry > cuts[-1]):
            cuts.append(entry)
    if cuts[-1] != total or any(stop - first > _LARGEST for first, stop in pairwise(cuts)):
        return [*range(0, total, CHUNK), total]
    return cuts


def vectors(columns: Mapping[str, Any], names: Sequence[str], unit: float = 1.0) -> Any:
    """Columns side by side, (n, len(names)), times a unit."""
    return np.stack([np.asarray(columns[name], float) for name in names], axis=1) * unit


def protons_of(path: Path, file: Any, trees: Sequence[str], leaf: str, given: bool) -> tuple[Any, float | None]:
    """The tree of a file's metadata and its protons on target, summed over its entries; None if `given` elsewhere and missing here.

    Raises DataFileError where there is none and for a number that is not positive.
    """
    hint = "or give their number in the card: beam.protons_in_file"
    names = tree_names(file)
    name = next((tree for tree in trees if tree in names), None)
    if name is None:
        if given:
            return None, None
        raise DataFileError(f"{path}: no tree {trees[0]} with the protons on target ({leaf}); write it, {hint}")
    tree = file[name]
    if leaf not in leaves(tree):
        if given:
            return tree, None
        raise DataFileError(f"{path}: tree {name} has no {leaf}, the protons on target; write it, {hint}")
    values = np.asarray(leaves(tree)[leaf].array(library="np"), float)
    total = float(values.sum())
    if np.any(values < 0) or not 0 < total < 1e40:
        if given:
            return tree, None
        raise DataFileError(f"{path}: {name}: {leaf} = {total:g}: protons on target must be positive; write them, {hint}")
    return tree, total

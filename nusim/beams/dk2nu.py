"""dk2nu files: decays that make neutrinos, as beam simulations write them, and the parents behind them.

Tree `dk2nuTree` with one entry a neutrino, `dkmetaTree` with the protons on target; cm, GeV, PDG codes (NuSoftHEP/dk2nu, tree/dk2nu.h and
dkmeta.h). Leaves are found with and without the prefixes `dk2nu/decay/decay.`; GENIE's flat `dkTree` and `dkMeta` are read too.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import pdg
from ..errors import DataFileError
from ..kernels.arrays import Array, IntArray
from ..units import cm
from . import root_files
from .flux_rows import Check, FileContent, Recorded, Rows, Tally, flight_time, joined, moving
from .meson_decays import LEPTONIC, SEMILEPTONIC

TREES = ("dk2nuTree", "dkTree")
META = ("dkmetaTree", "dkMeta")

_KE3, _KMU3 = SEMILEPTONIC[(321, 11)], SEMILEPTONIC[(321, 13)]
_KMU2, _PIMU2 = LEPTONIC[(321, 13)], LEPTONIC[(211, 13)]
_LE3, _LMU3 = SEMILEPTONIC[(130, 11)] / 2, SEMILEPTONIC[(130, 13)] / 2

NEUTRINOS_PER_DECAY = {
    130: {(1, 12): _LE3, (2, -12): _LE3, (3, 14): _LMU3, (4, -14): _LMU3},
    321: {(5, 14): _KMU2, (6, 12): _KE3, (7, 14): _KMU3},
    -321: {(8, -14): _KMU2, (9, -12): _KE3, (10, -14): _KMU3},
    -13: {(11, -14): 1.0, (11, 12): 1.0},
    13: {(12, 14): 1.0, (12, -12): 1.0},
    211: {(13, 14): _PIMU2},
    -211: {(14, -14): _PIMU2},
}
"""Entries that one decay of a parent leaves on average, by parent and (ndecay, ntype): branching ratios, and both neutrinos of a muon."""

_PARENT_OF = {ndecay: parent for parent, decays in NEUTRINOS_PER_DECAY.items() for ndecay, _ in decays}
_NEUTRAL_KAONS = (130, 311, -311)
"""What K_L are called."""
_EXPECTED = 10.0
"""A decay of which this many entries are expected and none is there was not recorded; with fewer it may be chance."""
_FEW = 100.0

_NEEDED = ("ndecay", "ptype", "vx", "vy", "vz", "pdpx", "pdpy", "pdpz", "nimpwt")
_PRODUCTION = ("ppvx", "ppvy", "ppvz")


def read_dk2nu(path: Path, beam_momentum: float | None, protons_given: bool) -> FileContent:
    """The parents of one dk2nu file, with nimpwt as their weights; channels are undone when all files are read (`per_parent`)."""
    check = Check(path, "entry", "GeV", "cm", beam_momentum)
    with root_files.root_file(path) as file:
        names = root_files.tree_names(file)
        name = next((tree for tree in TREES if tree in names), None)
        if name is None:
            raise DataFileError(f"{path}: no tree {TREES[0]}: not a dk2nu file; its trees: {', '.join(names) or 'none'}")
        _, protons = root_files.protons_of(path, file, META, "pots", protons_given)
        tree = file[name]
        branches = root_files.required(path, tree, _NEEDED, ("ntype", *_PRODUCTION))
        pieces: list[Rows] = []
        recorded: dict[int, dict[tuple[int, int], Tally]] = {}
        left_out: dict[str, Tally] = {}
        for first, columns in root_files.chunks(path, tree, branches):
            place = first + np.arange(len(columns["ndecay"]))
            weight = np.asarray(columns["nimpwt"], float)
            check.weights("nimpwt", weight, place)
            columns |= {name: check.codes(name, columns[name], place) for name in ("ndecay", "ptype", "ntype") if name in columns}
            if "ntype" not in columns:
                columns["ntype"] = _neutrinos(columns["ndecay"])
            parent = parents_of_decays(check, columns, place)
            sort_decays(parent, columns, weight, recorded, left_out)
            kept = parent != 0
            part = columns if kept.all() else {key: values[kept] for key, values in columns.items()}
            end = root_files.vectors(part, ("vx", "vy", "vz"), cm)
            momentum = moving(root_files.vectors(part, ("pdpx", "pdpy", "pdpz")))
            made = root_files.vectors(part, _PRODUCTION, cm) if set(_PRODUCTION) <= set(part) else None
            code, n = parent[kept], int(kept.sum())
            time = np.zeros(n)
            rows = Rows(code, momentum, end, time, np.zeros(n), weight[kept])
            check.rows(rows, place[kept], ("pdpx, pdpy, pdpz", "vx, vy, vz"))
            with np.errstate(invalid="ignore"):
                known = made is not None and bool(np.isfinite(made).all() and np.abs(made).max(initial=0.0) < 1e5)
            time[:] = flight_time(code, momentum, end, made if known else None)
            pieces.append(rows)
        return FileContent(joined(pieces), int(tree.num_entries), protons, recorded, left_out, per_decay=NEUTRINOS_PER_DECAY)


def _neutrinos(ndecay: IntArray) -> IntArray:
    """Neutrinos (PDG codes) of files that do not name them: those of ndecay; of muons both in turn, as a file of all entries has them."""
    result: IntArray = np.zeros(len(ndecay), np.int64)
    for decays in NEUTRINOS_PER_DECAY.values():
        for number, neutrino in decays:
            mine = np.flatnonzero(ndecay == number)
            result[mine[abs(neutrino) == 12 :: 2] if number in (11, 12) else mine] = neutrino
    return result


def parents_of_decays(check: Check, columns: Mapping[str, Any], place: IntArray) -> IntArray:
    """PDG code of each entry's parent by its ndecay; 0 for decays that no parent here has. Refuses a ptype that contradicts it."""
    ndecay, ptype = columns["ndecay"], columns["ptype"]
    table = np.zeros(17, np.int64)
    for number, code in _PARENT_OF.items():
        table[number] = code
    parent: IntArray = table[np.where((ndecay > 0) & (ndecay < 16), ndecay, 16)]
    right = (ptype == parent) | ((parent == 130) & np.isin(ptype, _NEUTRAL_KAONS))
    wrong = np.flatnonzero((parent != 0) & ~right)
    if len(wrong):
        k = wrong[0]
        raise check.refuse(
            int(place[k]),
            f"ptype = {ptype[k]} with ndecay = {ndecay[k]}, a decay of {pdg.NAMES[int(parent[k])]} ({parent[k]}): "
            "PDG codes are needed (Geant3 numbers are not)",
        )
    return parent


def sort_decays(
    parent: IntArray,
    columns: Mapping[str, Any],
    weight: Array,
    recorded: dict[int, dict[tuple[int, int], Tally]],
    left_out: dict[str, Tally],
) -> None:
    """Count entries by parent and decay; those without a parent here, or with another neutrino, get parent 0 and count as left out."""
    ndecay, ptype, ntype = columns["ndecay"], columns["ptype"], columns["ntype"]
    counted = np.zeros(len(parent), bool)
    for code, decays in NEUTRINOS_PER_DECAY.items():
        own = parent == code
        if not own.any():
            continue
        tallies = recorded.setdefault(code, {})
        for key in decays:
            mine = own & (ndecay == key[0]) & (ntype == key[1])
            if mine.any():
                tallies[key] = tallies.get(key, Tally()).plus(weight[mine])
                counted |= mine
    rest = ~counted
    parent[rest] = 0
    if rest.any():
        for a, b, c in np.unique(np.stack([ptype, ndecay, ntype], axis=1)[rest], axis=0).tolist():
            mine = rest & (ptype == a) & (ndecay == b) & (ntype == c)
            reason = f"{pdg.NAMES.get(a, a)} to {c}, ndecay {b}"
            left_out[reason] = left_out.get(reason, Tally()).plus(weight[mine])


def per_parent(recorded: Recorded, expected: Mapping[int, Mapping[tuple[int, int], float]]) -> tuple[dict[int, float], tuple[str, ...]]:
    """Entries per decay of each parent in these files, by PDG code, and what there is to say of them.

    A simulation lets its parents decay as they will and keeps those decays that make neutrinos, so that K+ -> mu nu, K+ -> pi0 mu nu and
    K+ -> pi0 e nu are different kaons of one beam. All of them together number the kaons' decays times the sum of the branching ratios of
    the decays recorded: each entry stands for nimpwt divided by that SUM. (Divided by its own branching ratio, each channel alone would
    give all kaons, and three channels three times as many.) A decay without entries counts as recorded if its absence may be chance.
    """
    divisors: dict[int, float] = {}
    notes: list[str] = []
    for code, tallies in recorded.items():
        ratios = expected[code]
        weight = sum(tally.weight for tally in tallies.values())
        squares = sum(tally.squares for tally in tallies.values())
        if not weight > 0:
            continue
        effective = weight**2 / squares
        present = sum(ratios[key] for key in tallies)
        missing = [key for key in ratios if key not in tallies]
        absent = [key for key in missing if effective * ratios[key] / present > _EXPECTED]
        divisors[code] = sum(ratios.values()) - sum(ratios[key] for key in absent)
        name = pdg.NAMES[code]
        if absent:
            notes.append(
                f"{name}: no entries of {_decays(absent)}: taken as not recorded, and the weights divided by {divisors[code]:.4g} for "
                f"{_decays([key for key in ratios if key not in absent])}"
            )
        notes += _odd_shares(name, tallies, {key: ratio / divisors[code] for key, ratio in ratios.items() if key not in absent}, effective)
    return divisors, tuple(notes)


def _odd_shares(
    name: str, tallies: Mapping[tuple[int, int], Tally], shares: Mapping[tuple[int, int], float], effective: float
) -> list[str]:
    """A note where the decays' shares are not those of the branching ratios: weights that do not count decays."""
    weight = sum(tally.weight for tally in tallies.values())
    found = {key: tallies.get(key, Tally()).weight / weight for key in shares}
    odd = [
        key
        for key, share in shares.items()
        if effective > _FEW and abs(found[key] - share) > max(5 * np.sqrt(max(share * (1 - share), 0.0) / effective), 0.1 * share)
    ]
    if not odd:
        return []
    say = ", ".join(f"{_decays([key])} {found[key]:.1%} (branching ratios: {shares[key]:.1%})" for key in odd)
    return [f"{name}: shares of the decays are not those of the branching ratios: {say}; do the file's weights count decays?"]


def _decays(keys: Sequence[tuple[int, int]]) -> str:
    return "ndecay " + " ".join(f"{ndecay} ({ntype})" for ndecay, ntype in keys)

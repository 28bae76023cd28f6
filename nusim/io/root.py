"""ROOT files: a flat tree of all columns, rooTracker for edep-sim, FairShip's LLP_tree. TTrees, as ROOT macros read them.

`nusim_run`, a TObjString beside each tree, holds the run as JSON.
"""

from abc import abstractmethod
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFileError, MissingExtraError
from ..kernels.arrays import BoolArray, IntArray
from ..units import second
from .check import detector_volumes
from .columns import DESCRIPTIONS, LISTS, Columns, columns_of, dtype_of, weight_columns
from .hepevt import tracking_records
from .record import Record
from .table import TableWriter, document

SLOTS = 16
"""Particles of a rooTracker record at most: uproot writes arrays of one length only."""
DAUGHTERS = 6
"""Daughters of a row of LLP_tree; FairShip takes the first three."""
NO_DAUGHTER = -999.0


class _TreeWriter(TableWriter):
    """A file of one TTree."""

    tree: str

    @abstractmethod
    def _branches(self) -> dict[str, Any]:
        """Names and types."""

    def _open(self) -> None:
        uproot = reader()
        self._root = uproot.recreate(self._file.part, compression=uproot.ZSTD(1))
        self._rows = self._root.mktree(self.tree, self._branches())

    def _append(self, rows: Columns) -> None:
        self._rows.extend(dict(rows.plain))

    def _close(self) -> None:
        self._root["nusim_run"] = document(self._info, self._described())
        self._root.close()

    def _described(self) -> tuple[str, ...]:
        return ()

    def _abandon(self) -> None:
        self._root.close()


class FlatWriter(_TreeWriter):
    """The tree `events`: the columns of Parquet files, particles as branches of variable length that share `nparticle`."""

    format = "root"
    tree = "events"

    def _branches(self) -> dict[str, Any]:
        plain = tuple(name for name in DESCRIPTIONS if name not in LISTS) + weight_columns(self._info)
        fields = ", ".join(f"{name.removeprefix('particle_')}: {dtype_of(name)}" for name in LISTS)
        return {name: dtype_of(name) for name in plain} | {"particle": f"var * {{{fields}}}"}

    def _described(self) -> tuple[str, ...]:
        return (*(name for name in DESCRIPTIONS if name not in LISTS), *weight_columns(self._info), *LISTS)

    def _columns(self, record: Record) -> Columns:
        return columns_of(record, self._info)

    def _append(self, rows: Columns) -> None:
        import awkward as ak

        offsets = ak.index.Index64(np.ascontiguousarray(rows.offsets))
        values = ak.contents.RecordArray(
            [ak.contents.NumpyArray(rows.lists[name]) for name in LISTS], [name.removeprefix("particle_") for name in LISTS]
        )
        self._rows.extend({**rows.plain, "particle": ak.Array(ak.contents.ListOffsetArray(offsets, values))})


class RooTrackerWriter(_TreeWriter):
    """The tree `gRooTracker`: an entry for each decay in the detector, detector frame.

    StdHep particles: the state that decays there (status 0), what it leaves (1, tracked). EvtWght: expected events of the event
    for the decay that it is for, 0 for others, so that sums are right.
    """

    format = "rootracker"
    tree = "gRooTracker"

    def _branches(self) -> dict[str, Any]:
        return {
            "EvtNum": "int32",
            "EvtVtx": ("float64", (4,)),
            "EvtWght": "float64",
            "StdHepN": "int32",
            "StdHepPdg": ("int32", (SLOTS,)),
            "StdHepStatus": ("int32", (SLOTS,)),
            "StdHepP4": ("float64", (SLOTS, 4)),
            "NuParentPdg": "int32",
            "NuParentDecP4": ("float64", (4,)),
        }

    def _columns(self, record: Record) -> Columns:
        sample, particle = record.sample, record.of_particle
        label, seen = tracking_records(sample, detector_volumes(self._info.metadata.get("experiment", {})))
        event = np.repeat(np.arange(len(sample)), np.diff(sample.offsets))
        count = np.maximum.reduceat(label, sample.offsets[:-1]) if len(sample) else np.zeros(0, np.int64)
        begin = np.cumsum(count) - count
        tracked = np.flatnonzero(label)
        row = begin[event[tracked]] + label[tracked] - 1
        mother = sample.offsets[event[tracked]] + sample.mother[tracked]
        # each decaying state of a record once, before what it leaves
        decaying, first = np.unique(mother, return_index=True)
        rows = np.concatenate([row[first], row])
        particles = np.concatenate([decaying, tracked])
        status = np.concatenate([np.zeros(len(decaying), np.int32), np.ones(len(tracked), np.int32)])
        order = np.lexsort((particles, status, rows))
        rows, particles, status = rows[order], particles[order], status[order]
        total = int(count.sum())
        size = np.bincount(rows, minlength=total)
        if size.max(initial=0) > SLOTS:
            raise DataFileError(
                f"{self._file.path}: a decay leaves {size.max() - 1} particles; rooTracker files hold {SLOTS - 1}; "
                "take hepevt or --no-hadronise"
            )
        place = np.arange(len(rows)) - (np.cumsum(size) - size)[rows]
        px, py, pz = self._frame.directions(particle["px"], particle["py"], particle["pz"])
        momentum = np.column_stack([px, py, pz, particle["E"]])
        codes, states = np.zeros((total, SLOTS), np.int32), np.zeros((total, SLOTS), np.int32)
        momenta, vertex = np.zeros((total, SLOTS, 4)), np.zeros((total, 4))
        codes[rows, place], states[rows, place], momenta[rows, place] = particle["pdg"][particles], status, momentum[particles]
        ends = np.column_stack([particle["detector_x"], particle["detector_y"], particle["detector_z"], sample.vertex[:, 0] / second])
        vertex[row] = ends[tracked]
        owner = np.repeat(np.arange(len(sample)), count)
        number = np.arange(total) - begin[owner] + 1
        parent = sample.offsets[:-1][owner]
        plain = {
            "EvtNum": record.of_event["number"][owner].astype(np.int32),
            "EvtVtx": vertex,
            "EvtWght": np.where(number == seen[owner], sample.weight[owner], 0.0),
            "StdHepN": size.astype(np.int32),
            "StdHepPdg": codes,
            "StdHepStatus": states,
            "StdHepP4": momenta,
            "NuParentPdg": particle["pdg"][parent].astype(np.int32),
            "NuParentDecP4": momentum[parent],
        }
        return Columns(plain, {}, _no_lists(total))


class FairShipWriter(_TreeWriter):
    """The tree `LLP_tree` that FairShip's EvtCalcGenerator reads by position: all branches double, a row an event, beam frame."""

    format = "fairship"
    tree = "LLP_tree"

    def _branches(self) -> dict[str, Any]:
        return dict.fromkeys(_llp_branches(), "float64")

    def _columns(self, record: Record) -> Columns:
        sample, particle = record.sample, record.of_particle
        heavy = sample.offsets[:-1] + sample.seen
        event = np.repeat(np.arange(len(sample)), np.diff(sample.offsets))
        label, seen = tracking_records(sample, detector_volumes(self._info.metadata.get("experiment", {})))
        products = np.flatnonzero((label > 0) & (label == seen[event]) & _comes_from(sample.offsets, sample.mother, event, heavy))
        count = np.bincount(event[products], minlength=len(sample))
        if count.max(initial=0) > DAUGHTERS:
            raise DataFileError(
                f"{self._file.path}: a decay leaves {count.max()} particles; LLP_tree holds {DAUGHTERS}; "
                "take another format or --no-hadronise"
            )
        place = np.arange(len(products)) - (np.cumsum(count) - count)[event[products]]
        daughters = np.zeros((len(sample), DAUGHTERS, 6))
        daughters[:, :, 5] = NO_DAUGHTER
        names = ("px", "py", "pz", "E", "mass", "pdg")
        daughters[event[products], place] = np.column_stack([particle[name][products] for name in names])
        table = np.column_stack(
            [
                *(particle[name][heavy] for name in names),
                sample.weight,
                sample.decay_vertex[:, 1:],
                daughters.reshape(len(sample), 6 * DAUGHTERS),
                count,
            ]
        )
        return Columns(dict(zip(_llp_branches(), np.ascontiguousarray(table.T), strict=True)), {}, _no_lists(len(sample)))


def _llp_branches() -> list[str]:
    daughters = [f"{name}{k}" for k in range(1, DAUGHTERS + 1) for name in ("px", "py", "pz", "e", "mass", "pdg")]
    return ["px", "py", "pz", "e", "mass", "pdg", "decay_prob", "vx", "vy", "vz", *daughters, "ndau"]


def _comes_from(offsets: IntArray, mother: IntArray, event: IntArray, heavy: IntArray) -> BoolArray:
    """Which particles descend from the state seen of their event, (N,)."""
    up = np.where(mother >= 0, offsets[event] + mother, -1)
    below, at = np.zeros(len(mother), bool), up
    while np.any(at >= 0):
        below |= at == heavy[event]
        at = np.where(at >= 0, up[at], -1)
    return below


def _no_lists(rows: int) -> IntArray:
    return np.zeros(rows + 1, np.int64)


def check_length(path: Path) -> None:
    """DataFileError for a ROOT file that is shorter than its first bytes say."""
    with open(path, "rb") as file:
        head = file.read(24)
    large = int.from_bytes(head[4:8], "big") >= 1_000_000
    end = int.from_bytes(head[12 : 20 if large else 16], "big")
    size = path.stat().st_size
    if size < end:
        raise DataFileError(f"{path}: is cut off: it has {size} of {end} bytes")


def reader() -> Any:
    """uproot; MissingExtraError without it."""
    try:
        import awkward  # noqa: F401 (uproot needs it to write lists)
        import uproot
    except ImportError:
        raise MissingExtraError("ROOT files need uproot and awkward: pip install 'nusim[root]'") from None
    return uproot

"""GSimple files of GENIE: neutrinos through a flux window, and the parents behind those whose decay is in the branch `numi`.

Tree `flux` with branches `entry` (one neutrino ray: metres, GeV) and, in many files, `numi` (its parent's decay: cm, GeV, beam frame); tree
`meta` with the window and the protons on target (GENIE-MC/Generator, src/Tools/Flux/GSimpleNtpFlux.h).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import pdg
from ..errors import DataFileError
from ..kernels.arrays import Array, BoolArray, IntArray
from ..kernels.kinematics import two_body_energy
from ..units import cm
from . import root_files
from .dk2nu import NEUTRINOS_PER_DECAY, parents_of_decays, sort_decays
from .flux_rows import LARGEST_MOMENTUM, Check, FileContent, Rays, Rows, Tally, flight_time, joined, moving
from .mesons import per_species
from .neutrino_flux import doppler_factor

TREE, META = "flux", "meta"
_ENTRY = ("wgt", "vtxx", "vtxy", "vtxz", "px", "py", "pz", "E", "pdg")
_PARENT = ("dist", "vx", "vy", "vz", "pdpx", "pdpy", "pdpz", "ptype", "ndecay")
_WINDOW = ("windowBase", "windowDir1", "windowDir2")

TWO_BODY = {
    code: {key: ratio for key, ratio in decays.items() if key[0] in (5, 8, 13, 14)}
    for code, decays in NEUTRINOS_PER_DECAY.items()
    if abs(code) in (211, 321)
}
"""The decays whose neutrino has one energy at rest, so that its energy in the file tells how likely it met the window."""

MESONS = {code: decays for code, decays in NEUTRINOS_PER_DECAY.items() if abs(code) != 13}
"""The decays that are isotropic at rest."""

_SOFTEST, _FARTHEST = 1e-9, 1e8
"""GeV of a neutrino at least, and metres from the file's zero at most: what is beyond is no neutrino beam on Earth."""
_TOLERANCE = 0.02
"""Of a neutrino's energy against the range its parent allows: simulations' masses differ by 1e-4, their floats by less."""


def read_gsimple(path: Path, beam_momentum: float | None, protons_given: bool) -> FileContent:
    """The rays of one GSimple file and, where it has the branch numi, the parents behind them.

    A ray is there because its neutrino met the window: per unit area at the point it did, a parent's decay does so with
    cos(a) / (4 pi r^2 D^2), D = E* / E = gamma (1 - beta cos theta). A parent's weight is the ray's divided by that and by the window's
    area: over many rays this counts all parents, whether the simulation threw points on the window or let neutrinos fly.

    E* is known in two-body decays. Where these show that rays and parents have the same axes, as in the Booster beam's files, the angle
    gives D of the other mesons' decays as well. Muons are left out: their decays are not isotropic.
    """
    check = Check(path, "entry", "GeV", "cm", beam_momentum)
    with root_files.root_file(path) as file:
        names = root_files.tree_names(file)
        if TREE not in names:
            raise DataFileError(f"{path}: no tree {TREE}: not a GSimple file; its trees: {', '.join(names) or 'none'}")
        meta, protons = root_files.protons_of(path, file, (META,), "protons", protons_given)
        window = _declared(path, meta)
        notes: tuple[str, ...] = ()
        per_decay: Mapping[int, Mapping[tuple[int, int], float]] = TWO_BODY
        tree = file[TREE]
        branches = root_files.required(path, tree, _ENTRY, _PARENT)
        with_parents = set(_PARENT) <= set(branches)
        pieces: list[Rows] = []
        rays: list[Rays] = []
        recorded: dict[int, dict[tuple[int, int], Tally]] = {}
        left_out: dict[str, Tally] = {}
        for first, columns in root_files.chunks(path, tree, branches):
            place = first + np.arange(len(columns["wgt"]))
            weight = np.asarray(columns["wgt"], float)
            check.weights("wgt", weight, place)
            columns |= {name: check.codes(name, columns[name], place) for name in ("pdg", "ptype", "ndecay") if name in columns}
            momentum = _ray_momenta(check, columns, place)
            begin = _ray_beginnings(check, columns, place)
            if first == 0:
                window, notes = crossed(path, window, begin, momentum)
            across = _across(check, momentum, window, place)
            rays.append(_rays(columns, weight, across, window.area))
            if not with_parents:
                continue
            columns["ntype"] = columns["pdg"]
            code = parents_of_decays(check, columns, place)
            sort_decays(code, columns, weight, {}, left_out)
            if first == 0 and _same_axes(columns, code):
                per_decay = MESONS
            _leave_out(code, columns, weight, per_decay, left_out)
            kept = code != 0
            part = {key: values[kept] for key, values in columns.items()}
            rows = _parents(check, part, code[kept], across[kept], window, place[kept])
            sort_decays(code[kept], part, rows.weight, recorded, left_out)
            pieces.append(rows)
        entries = int(tree.num_entries)
    return FileContent(joined(pieces), entries, protons, recorded, left_out, _together(rays), notes, per_decay)


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A parallelogram that all rays of a file cross, metres."""

    base: Array | None
    """A corner; None where every ray begins on the window."""
    sides: Array
    """Two sides, shape (2, 3)."""

    @property
    def area(self) -> float:
        """Square metres."""
        return float(np.linalg.norm(np.cross(*self.sides)))

    @property
    def normal(self) -> Array:
        """Unit vector across, shape (3,)."""
        result: Array = np.cross(*self.sides) / self.area
        return result

    def ahead(self, begin: Array, direction: Array) -> Array:
        """Metres (n,) from the rays' beginnings to the window's plane."""
        if self.base is None:
            return np.zeros(len(begin))
        result: Array = ((self.base - begin) @ self.normal) / (direction @ self.normal)
        return result

    def crossings(self, begin: Array, direction: Array) -> Array:
        """Where rays cross, in units of the sides from the corner: 0 to 1 inside, shape (2, n)."""
        assert self.base is not None, "only a window with a corner can be missed"
        slanted = np.abs(direction @ self.normal) > 1e-6
        point = begin[slanted] + self.ahead(begin[slanted], direction[slanted])[:, None] * direction[slanted] - self.base
        result: Array = np.asarray(np.linalg.lstsq(self.sides.T, point.T, rcond=None)[0], float)
        return result


_EDGE = 1e-3
_FEW = 100


def _declared(path: Path, meta: Any) -> Window:
    """The window as the file's metadata have it, taken as metres."""
    found = root_files.leaves(meta) if meta is not None else {}
    if any(name not in found for name in _WINDOW):
        raise DataFileError(f"{path}: tree {META} without {', '.join(_WINDOW)}: without its window a GSimple file has no flux per area")
    base, one, two = (np.asarray(found[name].array(library="np"), float).reshape(-1, 3) for name in _WINDOW)
    with np.errstate(over="ignore", invalid="ignore"):
        one_for_all = len(base) > 0 and bool((np.ptp(np.hstack([base, one, two]), axis=0) < 1e-6).all() or len(base) == 1)
    if not one_for_all:
        raise DataFileError(f"{path}: {META}: {len(base)} windows; one is needed for all entries")
    window = Window(base[0], np.stack([one[0], two[0]]))
    if not (np.abs(np.vstack([window.base, window.sides])) < _FARTHEST).all():  # type: ignore[list-item]
        raise DataFileError(f"{path}: {META}: {', '.join(_WINDOW)} hold a number that is not finite, or beyond {_FARTHEST:g} m")
    if not 0 < window.area < 1e10:
        raise DataFileError(f"{path}: {META}: windowDir1 and windowDir2 span {window.area:g} m^2: a window with an area is needed")
    return window


def crossed(path: Path, declared: Window, begin: Array, momentum: Array) -> tuple[Window, tuple[str, ...]]:
    """The window that the rays do cross, and what there is to say of it.

    Files of the Booster beam (BooNEtoGSimple) hold the window in cm, counted from another zero than the rays, which begin on it: where
    declared metres cannot be, and the rays begin in one plane and fill a rectangle of the declared size in cm, that is it.
    """
    direction = momentum / np.linalg.norm(momentum, axis=1)[:, None]
    along = declared.crossings(begin, direction)
    missing = float(np.mean(np.any((along < -_EDGE) | (along > 1 + _EDGE), axis=0)))
    part = float(np.prod(np.ptp(along, axis=1)))
    if missing < 0.01 and (part > 0.1 or len(begin) < _FEW):
        return declared, ()
    in_cm = Window(None, declared.sides * cm)
    sides = np.linalg.norm(in_cm.sides, axis=1)
    filled = np.ptp(begin @ (in_cm.sides / sides[:, None]).T, axis=0)
    in_plane = np.ptp(begin @ in_cm.normal) < 1e-3 * sides.min()
    if len(begin) >= _FEW and in_plane and np.all(np.abs(filled / sides - 1) < 0.1):
        return in_cm, (f"{path.name}: the window of {META} is in cm: the rays begin on {filled[0]:.4g} m x {filled[1]:.4g} m",)
    found = f"{missing:.0%} of the rays miss" if missing >= 0.01 else f"the rays fill {part:.1%} of"
    raise DataFileError(
        f"{path}: {found} the window of {META} ({np.linalg.norm(declared.sides[0]):g} m x "
        f"{np.linalg.norm(declared.sides[1]):g} m): windowBase, windowDir1 and windowDir2 are metres in the frame of vtxx, vtxy, vtxz"
    )


def _ray_momenta(check: Check, columns: dict[str, Any], place: IntArray) -> Array:
    """Momenta (n, 3) of light neutrinos."""
    momentum: Array = root_files.vectors(columns, ("px", "py", "pz"))
    energy = np.asarray(columns["E"], float)
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is no neutrino
        p = np.linalg.norm(momentum, axis=1)
        bad = np.flatnonzero(~((p > _SOFTEST) & (p < LARGEST_MOMENTUM) & (np.abs(p - energy) < 1e-3 * energy)))
    if len(bad):
        raise check.refuse(int(place[bad[0]]), f"E = {energy[bad[0]]:g} GeV with |p| = {p[bad[0]]:g} GeV: no light neutrino")
    return momentum


def _ray_beginnings(check: Check, columns: dict[str, Any], place: IntArray) -> Array:
    """Where the rays begin, (n, 3), metres."""
    begin: Array = root_files.vectors(columns, ("vtxx", "vtxy", "vtxz"))
    bad = np.flatnonzero(~(np.abs(begin) < _FARTHEST).all(axis=1))
    if len(bad):
        text = ", ".join(f"{value:g}" for value in begin[bad[0]])
        raise check.refuse(int(place[bad[0]]), f"vtxx, vtxy, vtxz = ({text}): not within {_FARTHEST:g} m, as neutrino rays are")
    return begin


def _across(check: Check, momentum: Array, window: Window, place: IntArray) -> Array:
    """Cosine (n,) between the rays and the window's normal."""
    cosine: Array = np.abs(momentum @ window.normal) / np.linalg.norm(momentum, axis=1)
    if np.any(cosine < 1e-6):
        k = int(np.argmin(cosine))
        raise check.refuse(int(place[k]), f"the cosine of ray and window is {cosine[k]:.2g}: a ray along the window never crosses it")
    return cosine


def _rays(columns: dict[str, Any], weight: Array, across: Array, area: float) -> Rays:
    parent = columns["ptype"] if "ptype" in columns else np.zeros(len(weight), np.int64)
    per_cm2 = 1e-4 / area
    return Rays(columns["pdg"], np.asarray(columns["E"], float), weight * per_cm2 / across, parent)


def _is_two_body(columns: dict[str, Any], code: IntArray) -> BoolArray:
    return np.isin(code, list(TWO_BODY)) & np.isin(columns["ndecay"], [key[0] for decays in TWO_BODY.values() for key in decays])


def _star(code: IntArray) -> Array:
    """Energies (n,) of the neutrinos of two-body decays in their parents' rest frames."""
    return per_species(code, lambda one: float(two_body_energy(pdg.mass(abs(one)), 0.0, pdg.mass(13))))


def _same_axes(columns: dict[str, Any], code: IntArray) -> bool:
    """Whether the angle between parents and rays gives the energies of the neutrinos of two-body decays."""
    two_body = _is_two_body(columns, code)
    part = {key: values[two_body] for key, values in columns.items()}
    momentum = moving(root_files.vectors(part, ("pdpx", "pdpy", "pdpz")))
    with np.errstate(over="ignore", invalid="ignore"):  # momenta that no parent has are refused where rows are checked
        doppler = doppler_factor(momentum, per_species(code[two_body], pdg.mass), root_files.vectors(part, ("px", "py", "pz")))
        right = np.abs(doppler * np.asarray(part["E"], float) / _star(code[two_body]) - 1) < _TOLERANCE
    return len(right) >= _FEW and bool(np.mean(right) > 0.99)


def _leave_out(
    code: IntArray,
    columns: dict[str, Any],
    weight: Array,
    per_decay: Mapping[int, Mapping[tuple[int, int], float]],
    left_out: dict[str, Tally],
) -> None:
    """Entries whose chance to meet the window is not known get parent 0."""
    kept = _is_two_body(columns, code) if per_decay is TWO_BODY else np.isin(code, list(per_decay))
    for parent in np.unique(code[(code != 0) & ~kept]).tolist():
        mine = (code == parent) & ~kept
        reason = f"{pdg.NAMES[parent]} into three"
        left_out[reason] = left_out.get(reason, Tally()).plus(weight[mine])
    code[~kept] = 0


def _parents(check: Check, columns: dict[str, Any], code: IntArray, across: Array, window: Window, place: IntArray) -> Rows:
    """Parents of the rays, with what each stands for as weight: wgt over the window's area and the chance to meet 1 m^2 of it."""
    end = root_files.vectors(columns, ("vx", "vy", "vz"), cm)
    momentum = root_files.vectors(columns, ("pdpx", "pdpy", "pdpz"))
    n = len(code)
    rows = Rows(code, momentum, end, np.zeros(n), np.zeros(n), np.asarray(columns["wgt"], float))
    check.rows(rows, place, ("pdpx, pdpy, pdpz", "vx, vy, vz"))
    energy = np.asarray(columns["E"], float)
    mass = per_species(code, pdg.mass)
    two_body = _is_two_body(columns, code)
    doppler = doppler_factor(moving(momentum), mass, root_files.vectors(columns, ("px", "py", "pz")))
    doppler[two_body] = _star(code[two_body]) / energy[two_body]
    p = np.linalg.norm(momentum, axis=1)
    highest = (np.hypot(p, mass) + p) / mass
    bad = np.flatnonzero((doppler > highest * (1 + _TOLERANCE)) | (doppler < (1 - _TOLERANCE) / highest))
    if len(bad):
        k = bad[0]
        raise check.refuse(
            int(place[k]),
            f"a neutrino of {energy[k]:.4g} GeV cannot come from {pdg.NAMES[int(code[k])]} of {p[k]:.4g} GeV by "
            f"ndecay {columns['ndecay'][k]}: pdpx, pdpy, pdpz are its momentum at decay in GeV",
        )
    direction = root_files.vectors(columns, ("px", "py", "pz")) / energy[:, None]
    begin = root_files.vectors(columns, ("vtxx", "vtxy", "vtxz"))
    # rays may start ahead of the window or behind it
    distance = np.asarray(columns["dist"], float) + window.ahead(begin, direction)
    bad = np.flatnonzero(~((distance > 0) & (distance < _FARTHEST)))
    if len(bad):
        far = distance[bad[0]]
        raise check.refuse(int(place[bad[0]]), f"the window lies {far:g} m from the parent's decay (dist): it must lie ahead, on Earth")
    chance = across / (4 * np.pi * distance**2 * doppler**2)
    flying = moving(momentum)
    return Rows(code, flying, end, flight_time(code, flying, end), np.zeros(n), rows.weight / (window.area * chance))


def _together(rays: list[Rays]) -> Rays:
    if not rays:
        nothing: IntArray = np.zeros(0, np.int64)
        return Rays(nothing, np.zeros(0), np.zeros(0), nothing)
    return Rays(
        np.concatenate([one.pdg for one in rays]),
        np.concatenate([one.energy for one in rays]),
        np.concatenate([one.fluence for one in rays]),
        np.concatenate([one.parent for one in rays]),
    )

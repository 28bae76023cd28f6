"""GSimple files of GENIE: neutrinos through a flux window, and the parents behind those whose decay is in the branch `numi`.

Tree `flux` with branches `entry` (one neutrino ray: metres, GeV) and, in many files, `numi` (its parent's decay: cm, GeV, beam frame); tree
`meta` with the window and the protons on target (GENIE-MC/Generator, src/Tools/Flux/GSimpleNtpFlux.h).
"""

from pathlib import Path
from typing import Any

import numpy as np

from .. import pdg
from ..errors import DataFileError
from ..kernels.arrays import Array, IntArray
from ..kernels.kinematics import two_body_energy
from ..units import cm
from . import root_files
from .dk2nu import NEUTRINOS_PER_DECAY, parents_of_decays, sort_decays
from .flux_rows import Check, FileContent, Rays, Rows, Tally, flight_time, joined, moving
from .mesons import per_species

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

_TOLERANCE = 0.02
"""Of a neutrino's energy against the range its parent allows: simulations' masses differ by 1e-4, their floats by less."""


def read_gsimple(path: Path, beam_momentum: float | None, protons_given: bool, parents: bool) -> FileContent:
    """The rays of one GSimple file and, with `parents`, the parents behind them.

    A ray is there because its neutrino met the window: per unit area at the point it did, a parent's decay does so with
    cos(a) / (4 pi r^2 D^2), D = E* / E = gamma (1 - beta cos theta). A parent's weight is the ray's divided by that and by the window's
    area: over many rays this counts all parents, whether the simulation threw points on the window or let neutrinos fly.
    """
    check = Check(path, "entry", "GeV", "cm", beam_momentum)
    with root_files.root_file(path) as file:
        names = root_files.tree_names(file)
        if TREE not in names:
            raise DataFileError(f"{path}: no tree {TREE}: not a GSimple file; its trees: {', '.join(names) or 'none'}")
        meta, protons = root_files.protons_of(path, file, (META,), "protons", protons_given)
        base, normal, area = _window(path, meta)
        tree = file[TREE]
        branches = root_files.required(path, tree, _ENTRY, _PARENT)
        parents = parents and set(_PARENT) <= set(branches)
        pieces: list[Rows] = []
        rays: list[Rays] = []
        recorded: dict[int, dict[tuple[int, int], Tally]] = {}
        left_out: dict[str, Tally] = {}
        for first, columns in root_files.chunks(path, tree, branches):
            place = first + np.arange(len(columns["wgt"]))
            weight = np.asarray(columns["wgt"], float)
            check.weights("wgt", weight, place)
            across = _across(check, columns, normal, place)
            rays.append(_rays(columns, weight, across, area))
            if not parents:
                continue
            columns["ntype"] = columns["pdg"]
            code = parents_of_decays(check, columns, place)
            sort_decays(code, columns, weight, {}, left_out)
            _leave_out_three_body(code, columns, weight, left_out)
            kept = code != 0
            part = {key: values[kept] for key, values in columns.items()}
            rows = _parents(check, part, code[kept], weight[kept] / area, across[kept], base, normal, place[kept])
            sort_decays(code[kept], part, rows.weight, recorded, left_out)
            pieces.append(rows)
        entries = int(tree.num_entries)
    return FileContent(joined(pieces), entries, protons, recorded, left_out, _together(rays))


def _window(path: Path, meta: Any) -> tuple[Array, Array, float]:
    """A corner of the window, its unit normal and its area in m^2."""
    found = root_files.leaves(meta) if meta is not None else {}
    if any(name not in found for name in _WINDOW):
        raise DataFileError(f"{path}: tree {META} without {', '.join(_WINDOW)}: without its window a GSimple file has no flux per area")
    base, one, two = (np.asarray(found[name].array(library="np"), float).reshape(-1, 3) for name in _WINDOW)
    if len(base) == 0 or not (np.ptp(base, axis=0) < 1e-6).all() or not (np.ptp(np.hstack([one, two]), axis=0) < 1e-6).all():
        raise DataFileError(f"{path}: {META}: {len(base)} windows; one is needed for all entries")
    cross = np.cross(one[0], two[0])
    area = float(np.linalg.norm(cross))
    if not 0 < area < 1e8:
        raise DataFileError(f"{path}: {META}: windowDir1 and windowDir2 span {area:g} m^2: a window with an area is needed")
    return base[0], cross / area, area


def _across(check: Check, columns: dict[str, Any], normal: Array, place: IntArray) -> Array:
    """Cosine (n,) between the rays and the window's normal."""
    momentum = root_files.vectors(columns, ("px", "py", "pz"))
    p = np.linalg.norm(momentum, axis=1)
    energy = np.asarray(columns["E"], float)
    bad = np.flatnonzero(~((p > 0) & (np.abs(p - energy) < 1e-3 * energy)))
    if len(bad):
        raise check.refuse(int(place[bad[0]]), f"E = {energy[bad[0]]:g} GeV with |p| = {p[bad[0]]:g} GeV: no light neutrino")
    cosine: Array = np.abs(momentum @ normal) / p
    if np.any(cosine < 1e-6):
        raise check.refuse(int(place[np.argmin(cosine)]), "a ray along the window never crosses it")
    return cosine


def _rays(columns: dict[str, Any], weight: Array, across: Array, area: float) -> Rays:
    parent = np.asarray(columns["ptype"], np.int64) if "ptype" in columns else np.zeros(len(weight), np.int64)
    per_cm2 = 1e-4 / area
    return Rays(np.asarray(columns["pdg"], np.int64), np.asarray(columns["E"], float), weight * per_cm2 / across, parent)


def _leave_out_three_body(code: IntArray, columns: dict[str, Any], weight: Array, left_out: dict[str, Tally]) -> None:
    """Entries whose chance to meet the window is not known from their energy alone get parent 0."""
    ndecay = np.asarray(columns["ndecay"], np.int64)
    two_body = np.isin(code, list(TWO_BODY)) & np.isin(ndecay, [key[0] for decays in TWO_BODY.values() for key in decays])
    for parent in np.unique(code[(code != 0) & ~two_body]).tolist():
        mine = (code == parent) & ~two_body
        reason = f"{pdg.NAMES[parent]} into three"
        left_out[reason] = left_out.get(reason, Tally()).plus(weight[mine])
    code[~two_body] = 0


def _parents(
    check: Check, columns: dict[str, Any], code: IntArray, weight: Array, across: Array, base: Array, normal: Array, place: IntArray
) -> Rows:
    """Parents of the rays, with what each stands for as weight: `weight` (per m^2 of the window) over the chance to meet 1 m^2."""
    end = root_files.vectors(columns, ("vx", "vy", "vz"), cm)
    momentum = root_files.vectors(columns, ("pdpx", "pdpy", "pdpz"))
    n = len(code)
    rows = Rows(code, momentum, end, np.zeros(n), np.zeros(n), weight)
    check.rows(rows, place, ("pdpx, pdpy, pdpz:", "vx, vy, vz"))
    energy = np.asarray(columns["E"], float)
    star = per_species(code, lambda one: float(two_body_energy(pdg.mass(abs(one)), 0.0, pdg.mass(13))))
    doppler = star / energy
    mass = per_species(code, pdg.mass)
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
    distance = np.asarray(columns["dist"], float) + ((base - begin) @ normal) / (direction @ normal)
    bad = np.flatnonzero(~(distance > 0))
    if len(bad):
        raise check.refuse(int(place[bad[0]]), f"the window lies {distance[bad[0]]:g} m from the parent's decay (dist): it must lie ahead")
    chance = across / (4 * np.pi * distance**2 * doppler**2)
    flying = moving(momentum)
    return Rows(code, flying, end, flight_time(code, flying, end), np.zeros(n), weight / chance)


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

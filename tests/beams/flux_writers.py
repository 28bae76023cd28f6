"""Writes parents as the flux files that users have: dk2nu, GSimple, MeVPrtl text, CSV."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nusim import pdg
from nusim.beams.decay_region import draw_along
from nusim.beams.mesons import per_species
from nusim.beams.parents import ParentFlux
from nusim.kernels.arrays import Array

# Entries a decay leaves, typed from the PDG's branching ratios (2022): (ndecay, ntype): number. Not taken from the reader.
CHANNELS: dict[int, dict[tuple[int, int], float]] = {
    211: {(13, 14): 0.999877},
    -211: {(14, -14): 0.999877},
    321: {(5, 14): 0.6356, (6, 12): 0.0507, (7, 14): 0.03352},
    -321: {(8, -14): 0.6356, (9, -12): 0.0507, (10, -14): 0.03352},
    130: {(1, 12): 0.20275, (2, -12): 0.20275, (3, 14): 0.1352, (4, -14): 0.1352},
    -13: {(11, -14): 1.0, (11, 12): 1.0},
    13: {(12, 14): 1.0, (12, -12): 1.0},
}


def point_decays(parents: ParentFlux, seed: int) -> ParentFlux:
    """The same beam as decays at points: each row once, with a decay point drawn along its path and, if symmetric, an azimuth."""
    rng = np.random.default_rng(seed)
    p = np.linalg.norm(parents.momentum, axis=1)
    length = p * per_species(parents.pdg, lambda code: pdg.ctau(abs(code)) / pdg.mass(abs(code)))
    flown = draw_along(parents.path, length, rng.random(len(p)))
    end = parents.start + (flown / p)[:, None] * parents.momentum
    energy = np.hypot(p, per_species(parents.pdg, lambda code: pdg.mass(abs(code))))
    angle = 2 * np.pi * rng.random(len(p)) * parents.axisymmetric
    return replace(
        parents,
        momentum=turned(parents.momentum, angle),
        start=turned(end, angle),
        time=parents.time + flown * energy / p,
        path=np.zeros(len(p)),
        axisymmetric=False,
    )


def turned(vectors: Array, angle: Array) -> Array:
    x, y, z = vectors.T
    return np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle), z], axis=1)


def dk2nu_columns(decays: ParentFlux, protons: float, seed: int) -> dict[str, Any]:
    """One entry for each parent, in one of the recorded decays at random, nimpwt carrying the chance that it is recorded."""
    rng = np.random.default_rng(seed)
    ndecay, ntype = np.zeros(len(decays.pdg), np.int32), np.zeros(len(decays.pdg), np.int32)
    recorded = np.zeros(len(decays.pdg))
    for code in decays.species:
        rows = np.flatnonzero(decays.pdg == code)
        keys, chances = np.array(list(CHANNELS[code])), np.array(list(CHANNELS[code].values()))
        chosen = rng.choice(len(keys), size=len(rows), p=chances / chances.sum())
        ndecay[rows], ntype[rows] = keys[chosen].T
        recorded[rows] = chances.sum()
    return {
        "ndecay": ndecay,
        "ntype": ntype,
        "ptype": decays.pdg.astype(np.int32),
        **{f"v{axis}": 100 * decays.start[:, k] for k, axis in enumerate("xyz")},
        **{f"pdp{axis}": decays.momentum[:, k] for k, axis in enumerate("xyz")},
        "necm": np.zeros(len(decays.pdg)),
        "nimpwt": decays.weight * protons * recorded,
    }


def write_dk2nu(
    path: Path,
    columns: Mapping[str, Any],
    pots: list[float] | None,
    prefix: str = "dk2nu/decay/decay.",
    trees: tuple[str, str] = ("dk2nuTree", "dkmetaTree"),
    meta: str = "dkmeta/pots",
) -> Path:
    import uproot

    named = {f"{prefix}{name}": values for name, values in columns.items()}
    with uproot.recreate(path) as file:
        tree = file.mktree(trees[0], {name: values.dtype for name, values in named.items()})
        if len(columns["ptype"] if "ptype" in columns else next(iter(columns.values()))):
            tree.extend(named)
        if pots is not None:
            file.mktree(trees[1], {meta: np.float64}).extend({meta: np.array(pots)})
    return path


def window_rays(decays: ParentFlux, centre: Array, half: float, shift: float, seed: int, turn: float = 0.0) -> dict[str, Any]:
    """Rays of meson decays through a square window across z at `centre`, as a GSimple file has them, started `shift` m behind it.

    Each parent decays in one of the recorded ways and throws one point on the window, as GNuMIFlux does. wgt: chance to meet the
    window, times recorded decays. `turn`: angle about y of the rays' frame, in which the window lies across z as well.
    """
    rng = np.random.default_rng(seed)
    n = len(decays.pdg)
    code = dk2nu_columns(decays, 1.0, seed)
    point = centre + np.column_stack([(2 * rng.random((n, 2)) - 1) * half, np.zeros(n)])
    axes = np.array([[np.cos(turn), 0.0, np.sin(turn)], [0.0, 1.0, 0.0], [-np.sin(turn), 0.0, np.cos(turn)]])
    line = point - decays.start @ axes.T
    distance = np.linalg.norm(line, axis=1)
    direction = line / distance[:, None]
    mass = per_species(decays.pdg, pdg.mass)
    energy = np.sqrt(np.sum(decays.momentum**2, axis=1) + mass**2)
    star = (mass**2 - pdg.mass(13) ** 2) / (2 * mass)
    three = np.isin(code["ndecay"], (1, 2, 3, 4, 6, 7, 9, 10))
    star = np.where(three, star * (0.2 + 0.7 * rng.random(n)), star)
    # the neutrino's energy in the parent's rest frame is k.P / M
    neutrino = star * mass / (energy - np.sum((decays.momentum @ axes.T) * direction, axis=1))
    solid = (2 * half) ** 2 * np.abs(direction[:, 2]) / (4 * np.pi * distance**2)
    begin = point + shift * direction
    return {
        "wgt": code["nimpwt"] * solid * (neutrino / star) ** 2,
        **{f"vtx{axis}": begin[:, k] for k, axis in enumerate("xyz")},
        "dist": distance + shift,
        **{f"p{axis}": (neutrino[:, None] * direction)[:, k] for k, axis in enumerate("xyz")},
        "E": neutrino,
        "pdg": code["ntype"],
        **{f"v{axis}": 100 * decays.start[:, k] for k, axis in enumerate("xyz")},
        **{f"pdp{axis}": decays.momentum[:, k] for k, axis in enumerate("xyz")},
        "ndecay": code["ndecay"],
        "ptype": decays.pdg.astype(np.int32),
    }


def write_gsimple(path: Path, columns: Mapping[str, Any], protons: float | None, centre: Array, half: float) -> Path:
    import uproot

    with uproot.recreate(path) as file:
        file.mktree("flux", {name: values.dtype for name, values in columns.items()}).extend(dict(columns))
        window = {
            "windowBase": centre - np.array([half, half, 0.0]),
            "windowDir1": np.array([2 * half, 0.0, 0.0]),
            "windowDir2": np.array([0.0, 2 * half, 0.0]),
        }
        kinds: dict[str, Any] = {name: np.dtype((np.float64, (3,))) for name in window}
        values = {name: value[None, :] for name, value in window.items()}
        if protons is not None:
            kinds["protons"], values["protons"] = np.float64, np.array([protons])
        file.mktree("meta", kinds).extend(values)
    return path


def write_csv(path: Path, parents: ParentFlux, protons: float | None, length: str = "m", momentum: str = "GeV") -> Path:
    """Every column of the parents; repr of a float is exact."""
    metres, gev = {"m": 1.0, "cm": 0.01, "mm": 0.001}[length], {"GeV": 1.0, "MeV": 0.001}[momentum]
    lines = [] if protons is None else [f"# protons = {protons!r}"]
    places, momenta = (f"{x}[{length}]" for x in "xyz"), (f"p{x}[{momentum}]" for x in "xyz")
    lines.append(",".join(["pdg", *places, *momenta, "weight", "t[m]", f"path[{length}]"]))
    weight = parents.weight * (1.0 if protons is None else protons)
    table = np.column_stack([parents.start / metres, parents.momentum / gev, weight, parents.time, parents.path / metres])
    for code, row in zip(parents.pdg.tolist(), table.tolist(), strict=True):
        lines.append(",".join([str(code), *map(repr, row)]))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_mevprtl(path: Path, parents: ParentFlux, protons: float, head: str = "") -> Path:
    energy = np.sqrt(np.sum(parents.momentum**2, axis=1) + per_species(parents.pdg, lambda code: pdg.mass(abs(code))) ** 2)
    share = protons / len(energy)
    rows = zip(parents.momentum.tolist(), energy.tolist(), parents.pdg.tolist(), (parents.weight * protons).tolist(), strict=True)
    lines = [" ".join([*map(repr, p), repr(e), str(code), repr(weight), repr(share)]) for p, e, code, weight in rows]
    path.write_text(head + "\n".join(lines) + "\n")
    return path

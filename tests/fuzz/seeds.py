"""Good files of every kind that nusim reads, small, made by nusim itself."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import nusim
from nusim.beams.beam import load_neutrals, load_parents, write_table
from nusim.beams.parents import ParentFlux
from nusim.cards.locate import shipped
from nusim.cards.read import read_beam
from nusim.cards.toml import read_toml
from nusim.io.contours import reach_bytes

from ..beams import flux_writers
from ..io.samples import events_of

EVENTS = 10
LAYOUTS = {"lhe": ("chain", "two-beam", "decay"), "hepmc3": ("chain", "nuhepmc"), "hepevt": ("chain", "joint", "decay")}
FORMATS = {
    "lhe": "lhe",
    "hepmc3": "hepmc3",
    "hepevt": "hepevt",
    "root": "root",
    "rootracker": "root",
    "fairship": "root",
    "parquet": "parquet",
}


@dataclass(frozen=True)
class Seeds:
    """Contents of good files."""

    events: dict[str, list[dict[str, bytes]]]
    """By format: files, each with what stands beside it, the file itself first; names begin with `input.`."""
    parts: dict[str, tuple[bytes, bytes]]
    """By format: the two parts of a run."""
    flux: dict[str, bytes]
    columns: dict[str, dict[str, Any]]
    """Of ROOT flux files and of parent tables, by name."""
    reach: dict[str, bytes]
    points: bytes
    cards: dict[str, list[tuple[bytes, dict[str, Any]]]]
    """By kind: text and content."""


def make(folder: Path) -> Seeds:
    """All of them; takes some seconds."""
    sample = nusim.generate(nusim.solve(nusim.read_model("circle")), nusim.read_experiment("sbnd"), n=EVENTS, seed=1)
    events: dict[str, list[dict[str, bytes]]] = {}
    for format, suffix in FORMATS.items():
        for layout in LAYOUTS.get(format, ("chain",)):
            place = folder / f"{format}-{layout}"
            place.mkdir()
            nusim.write(place / f"input.{suffix}", sample, format=format, layout=layout)
            files = sorted(place.iterdir(), key=lambda path: path.name != f"input.{suffix}")
            events.setdefault(format, []).append({path.name: path.read_bytes() for path in files})
    parts = {}
    for format in ("lhe", "hepmc3", "parquet"):
        halves = []
        for first, last in ((0, EVENTS // 2), (EVENTS // 2, EVENTS)):
            half = events_of(sample, slice(first, last))
            path = folder / f"part{first}.{format}"
            nusim.write(path, replace(half, metadata={**sample.metadata, "first_event": first}))
            halves.append(path.read_bytes())
        parts[format] = (halves[0], halves[1])
    flux, columns = _flux(folder)
    return Seeds(events, parts, flux, columns, _reach(), _points(folder), _cards())


def _flux(folder: Path) -> tuple[dict[str, bytes], dict[str, dict[str, Any]]]:
    beam = read_beam("bnb")
    parents = _thinned(load_parents(beam, "fhc"), 60)
    decays = flux_writers.point_decays(parents, seed=3)
    window = np.array([0.0, 0.0, 100.0])
    dk2nu, rays = flux_writers.dk2nu_columns(decays, 1e5, 3), flux_writers.window_rays(decays, window, 3.0, 1.0, 3)
    flux_writers.write_csv(folder / "flux.csv", parents, 1e5)
    flux_writers.write_mevprtl(folder / "flux.txt", parents, 1e5, "px py pz E pdg weight npot\n")
    flux_writers.write_dk2nu(folder / "dk2nu.root", dk2nu, [1e5])
    flux_writers.write_gsimple(folder / "gsimple.root", rays, 1e5, window, 3.0)
    write_table(folder / "table.npz", parents, {})
    write_table(folder / "neutral.npz", _thinned(load_neutrals(beam), 20), {})
    flux = {path.stem: path.read_bytes() for path in (folder / "dk2nu.root", folder / "gsimple.root")}
    flux |= {"csv": (folder / "flux.csv").read_bytes(), "mevprtl": (folder / "flux.txt").read_bytes()}
    flux |= {"table": (folder / "table.npz").read_bytes()}
    with np.load(folder / "table.npz") as table:
        return flux, {"dk2nu": dk2nu, "gsimple": rays, "table": dict(table)}


def _thinned(parents: ParentFlux, rows: int) -> ParentFlux:
    """Some parents of each kind."""
    kept = np.linspace(0, len(parents.pdg) - 1, rows).astype(int)
    names = ("pdg", "momentum", "start", "time", "path", "weight")
    return replace(parents, **{name: getattr(parents, name)[kept] for name in names})


def _reach() -> dict[str, bytes]:
    axes = ("m4", np.geomspace(0.1, 0.4, 6)), ("mixing2", np.geomspace(1e-12, 1e-4, 9))
    scan = nusim.scan(nusim.read_model("hnl"), nusim.read_experiment("sbnd"), *axes, lines=500)
    return {suffix: reach_bytes(f"a.{suffix}", [scan.reach()], [scan], {"version": "1"}) for suffix in ("csv", "npz")}


def _points(folder: Path) -> bytes:
    path = folder / "points.parquet"
    nusim.explore(nusim.read_model("circle"), draw={"physical.m5": (0.1, 0.3), "physical.m4": (0.05, 0.2)}, n=12, output=path)
    return path.read_bytes()


def _cards() -> dict[str, list[tuple[bytes, dict[str, Any]]]]:
    found = {}
    for kind in ("model", "experiment", "beam"):
        found[kind] = [(text.encode(), document) for document, text in map(read_toml, shipped(kind).values())]  # type: ignore[arg-type]
    return found


def documents_in(text: str) -> list[tuple[int, int, Any]]:
    """JSON objects in a text, with their first and last character."""
    found = []
    for start in re.finditer(r"\{", text):
        if found and start.start() < found[-1][1]:
            continue
        try:
            value, end = json.JSONDecoder().raw_decode(text, start.start())
        except ValueError:
            continue
        found.append((start.start(), end, value))
    return found

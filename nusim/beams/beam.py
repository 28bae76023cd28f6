"""A beam: everything its parents are made from, and the committed table of those parents."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from .. import pdg
from ..errors import DataFileError, ParameterError
from ..kernels.arrays import Array, IntArray
from .charm import QuarkPair
from .decay_region import Section
from .flux_files import FluxFiles, user_parents
from .horns import Horn
from .materials import Material
from .nuisances import Nuisance, nuisances
from .parents import ParentFlux
from .yields import YieldFormula

Polarity = Literal["fhc", "rhc"]


@dataclass(frozen=True, slots=True)
class ProtonSpot:
    """A Gaussian proton beam, its angle proportional to its offset: sigma at `start`, converging for positive `convergence`."""

    sigma: tuple[float, float]
    """Horizontal and vertical, metres, at z = `start`."""
    convergence: tuple[float, float]
    """Angle in radians at one sigma, towards the axis."""
    start: float


@dataclass(frozen=True, slots=True)
class Layer:
    """Target material around the core, averaged over azimuth."""

    inner: float
    outer: float
    begin: float
    end: float
    fraction: float
    """Of the layer's volume that is filled."""


@dataclass(frozen=True, slots=True)
class Target:
    """A cylinder on the axis, with thin material around it."""

    material: str
    charge_number: int
    mass_number: int
    radius: float
    begin: float
    end: float
    production_cross_section: float
    """Of the beam proton, mb per nucleus."""
    layers: tuple[Layer, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """How much is simulated for a parent table."""

    protons: int
    """Followed through the target's cascade."""
    metal_hits: int
    """Interactions in the horns' conductors that are generated, drawn from all particles that cross them."""
    rows: Mapping[str, Mapping[int, int]]
    """Rows kept, by polarity and PDG code."""
    draws: Mapping[str, int] = field(default_factory=dict)
    """Primary mesons drawn from parametrisations, by name; KS: for the pions it decays to."""
    tracked: int | None = None
    """Pions and nucleons flown through the horns, None: all."""
    angles: tuple[float, ...] = (0.0,)
    """Angles to the beam, radians, at which rows are to be worth keeping: those of the detectors."""


@dataclass(frozen=True, slots=True)
class Dump:
    """A block of one material that stops the proton beam, as wide as the cascade."""

    material: str
    charge_number: int
    """Of the nucleus that the cascade's generator collides hadrons with, near the material's own."""
    mass_number: int
    begin: float
    end: float
    production_cross_section: float
    """Inelastic, of the beam proton, mb per nucleus of the material."""
    secondaries: bool = True
    """Whether pions and kaons decay here: not where a thin target lets them go into a beam line."""


@dataclass(frozen=True, slots=True)
class Absorber:
    """The block at the end of a horn beam's decay pipe, in which what is left of the protons makes mesons that decay at rest."""

    block: Dump
    protons: float
    """Share of the beam protons that reach it."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The proton beam's structure in c t, metres: buckets, in batches with unfilled slots between, or a slow extraction."""

    bucket_spacing: float = 0.0
    bucket_sigma: float = 0.0
    buckets: int = 0
    """Filled ones of a spill."""
    batches: int = 1
    slots: int = 0
    """Places for buckets in a batch, the first of which are filled; 0: as many as are filled."""
    spill: float = 0.0
    """Of a slow extraction, without buckets; 0: there is none."""

    def times(self, u: Array) -> Array:
        """When protons pass the beam frame's origin, c t in metres (n,), from uniform numbers (n, 3): 0 is the first bucket's middle."""
        if self.spill > 0:
            return u[:, 0] * self.spill
        filled = self.buckets // self.batches
        batch, slot = np.divmod(np.minimum((u[:, 0] * self.buckets).astype(np.int64), self.buckets - 1), filled)
        place = batch * (self.slots or filled) + slot
        spread = np.sqrt(-2 * np.log1p(-u[:, 1])) * np.cos(2 * np.pi * u[:, 2])
        result: Array = place * self.bucket_spacing + spread * self.bucket_sigma
        return result


@dataclass(frozen=True, slots=True, eq=False)
class Beam:
    """What a beam card says; two of them are the same only if they are one.

    Fields that only the generator of parents needs are None in cards that bring their own table.
    """

    name: str
    source: str
    momentum: float
    """Of the protons, GeV/c."""
    tables: Mapping[str, Path]
    """The committed parent table of each polarity."""
    normalisation_uncertainty: Mapping[str, float] = field(default_factory=dict)
    """Relative, by parent name; for hadrons of heavy quarks and their taus that of cross section and cascade included."""
    spot: ProtonSpot | None = None
    target: Target | None = None
    yields: Mapping[str, YieldFormula] = field(default_factory=dict)
    """Primary production by species name."""
    materials: Mapping[str, Material] = field(default_factory=dict)
    horns: tuple[Horn, ...] = ()
    tunnel: tuple[Section, ...] = ()
    """The free space mesons and muons fly through, one section after the other along z."""
    air: str | None = None
    """Name of the material that fills the tunnel."""
    timing: Timing | None = None
    build: BuildPlan | None = None
    dump: Dump | None = None
    absorber: Absorber | None = None
    pairs: tuple[QuarkPair, ...] = ()
    """Heavy-quark pairs made in the dump or the target."""
    files: FluxFiles | None = None
    """A user's own parents, in the place of tables."""
    neutral: Path | None = None
    """The committed table of neutral mesons that decay where they are made, the same for both polarities."""

    @property
    def parametrised(self) -> tuple[int, ...]:
        """PDG codes of the species whose primary production follows a published formula."""
        return tuple(pdg.CODES[name] for name, formula in self.yields.items() if formula.parametrised)

    def gas(self, section: Section) -> Material | None:
        """What fills a section of the tunnel."""
        name = section.gas or self.air
        return None if name is None else self.materials[name]

    @property
    def nuisances(self) -> tuple[Nuisance, ...]:
        """What the parents' normalisation hangs on: independent of each other, each common to all the parents it names."""
        return nuisances(self.normalisation_uncertainty, self.pairs)

    @property
    def pair_block(self) -> Dump | None:
        """What heavy-quark pairs are made in: the dump, or the target of a beam with horns."""
        one = self.target
        if self.dump is not None or one is None:
            return self.dump
        return Dump(one.material, one.charge_number, one.mass_number, one.begin, one.end, one.production_cross_section)

    @property
    def prompt_yields(self) -> dict[int, float]:
        """Heavy-quark hadrons and the taus they make, per proton that interacts, by PDG code; empty without [pairs]."""
        made: dict[int, float] = {}
        block = self.pair_block
        if block is None:
            return made
        for pair in self.pairs:
            number = pair.per_proton(self.materials[block.material].mass_number, block.production_cross_section)
            for code, per_pair in pair.yields().items():
                made[code] = made.get(code, 0.0) + number * per_pair
        return made

    def __post_init__(self) -> None:
        if not self.momentum > 0:
            raise ParameterError(f"{self.name}: momentum = {self.momentum}: must be positive")
        for before, after in zip(self.tunnel, self.tunnel[1:], strict=False):
            if abs(before.end - after.begin) > 1e-9:
                raise ParameterError(f"{self.name}: tunnel: a section ends at z = {before.end} m and the next begins at {after.begin} m")


_GOLDEN = 0.6180339887498949
_REST_SPREAD = {321: 1.10, 211: 1.53, -13: 1.53}
"""Standard deviation over mean of the parents at rest that one proton on a dump makes, the weights of thinning included: 1.08 and 1.56 in
2000 protons on copper, 1.13 and 1.50 on molybdenum (PythiaCascade 8.317)."""
_LARGEST = 1e30
"""Of a column's values in GeV, metres and per proton: single and half precision hold less, and squares stay finite."""
_COLUMNS = ("momentum", "radius", "z", "delay", "path", "weight", "species", "rows")


def load_parents(beam: Beam, polarity: Polarity) -> ParentFlux:
    """The committed parents of a beam, read with numpy alone; of a beam of flux files, theirs.

    Rows of the table stand at azimuth 0; each is turned about the axis by a fixed angle of its own (golden-ratio steps), so that
    the rows fill all azimuths evenly. Raises DataFileError if the table is missing or broken.
    """
    if beam.files is not None:
        return user_parents(beam.files)
    table = read_table(beam, polarity)
    prompt = beam.prompt_yields
    protons = float(table["protons_simulated"])
    parents = _unpacked(table)
    return replace(
        parents,
        weight=parents.weight * _rescaled(beam, table, parents.pdg),
        counted=frozenset(int(code) for code in table["species"] if int(code) not in beam.parametrised and int(code) not in prompt),
        yield_error={code: spread / protons**0.5 for code, spread in _REST_SPREAD.items()} if beam.dump and protons else {},
    )


def load_neutrals(beam: Beam) -> ParentFlux:
    """The committed neutral mesons of a beam, as `load_parents`. Raises DataFileError if the card names no table, or a broken one."""
    table = read_neutral_table(beam)
    return replace(_unpacked(table), counted=frozenset(int(code) for code in table["species"]))


def read_neutral_table(beam: Beam) -> dict[str, Any]:
    """The arrays of the table of neutral mesons, as `read_table`."""
    if beam.neutral is None:
        raise DataFileError(f"beam {beam.name}: the card names no table of neutral mesons")
    return _read(beam.neutral, f"make it with: nusim beam {beam.name} --neutral --rebuild -o {beam.neutral}")


def _unpacked(table: Mapping[str, Any]) -> ParentFlux:
    """The rows of a table, each turned by its angle."""
    pdg_code: IntArray = np.repeat(table["species"].astype(np.int64), table["rows"])
    n = len(pdg_code)
    angle = 2 * np.pi * ((np.arange(n) * _GOLDEN) % 1.0)
    cosine, sine = np.cos(angle), np.sin(angle)
    radius, z = table["radius"].astype(float), table["z"].astype(float)
    local = table["momentum"].astype(float)
    start = np.stack([radius * cosine, radius * sine, z], axis=1)
    momentum = np.stack([local[:, 0] * cosine - local[:, 1] * sine, local[:, 0] * sine + local[:, 1] * cosine, local[:, 2]], axis=1)
    return ParentFlux(
        pdg=pdg_code,
        momentum=momentum,
        start=start,
        time=z + table["delay"].astype(float),
        path=table["path"].astype(float),
        weight=table["weight"].astype(float),
        axisymmetric=True,
        protons_simulated=float(table["protons_simulated"]),
        command=str(table["command"]),
    )


def _rescaled(beam: Beam, table: Mapping[str, Any], code: IntArray) -> Array:
    """The card's number of prompt hadrons per proton over that of the table's making, (n,): other yields need no new table."""
    factor, yields = np.ones(len(code)), beam.prompt_yields
    for species, made in zip(table.get("prompt_species", ()), table.get("prompt_yields", ()), strict=True):
        factor[code == species] = yields.get(int(species), 0.0) / made
    return factor


def read_table(beam: Beam, polarity: Polarity) -> dict[str, Any]:
    """The arrays of a committed table by name. Raises DataFileError with the file and what is wrong."""
    path = beam.tables.get(polarity)
    if path is None:
        raise DataFileError(f"beam {beam.name}: no table for polarity {polarity!r}; the card has {sorted(beam.tables)}")
    return _read(path, f"make it with: nusim beam {beam.name} --rebuild -o {path}")


def _read(path: Path, rebuild: str) -> dict[str, Any]:
    """The arrays of a table; `rebuild` says how to make it anew."""
    try:
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as file:
            table = {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise DataFileError(f"{path}: no such parent table; {rebuild}") from None
    except Exception as error:  # a broken zip shows as any of zipfile's, zlib's or numpy's errors
        raise DataFileError(f"{path}: not a readable parent table ({error}); {rebuild}") from None
    missing = [name for name in (*_COLUMNS, "protons_simulated", "command") if name not in table]
    if missing:
        raise DataFileError(f"{path}: parent table without {', '.join(missing)}; {rebuild}")
    wrong = _wrong_in(table)
    if wrong:
        raise DataFileError(f"{path}: parent table: {wrong}; {rebuild}")
    return table


def _wrong_in(table: Mapping[str, Any]) -> str | None:
    """The first thing that is wrong with a table's columns."""
    species, rows = table["species"], table["rows"]
    for name, codes in (("species", species), ("rows", rows)):
        if codes.ndim != 1 or not np.issubdtype(codes.dtype, np.signedinteger):
            return f"{name} must be a list of whole numbers"
    n = len(table["weight"]) if table["weight"].ndim else 0
    if len(rows) != len(species) or np.any((rows < 0) | (rows > n)) or rows.sum() != n:
        return f"rows must be the number of rows of each species, {n} in all"
    for name in ("momentum", "radius", "z", "delay", "path", "weight"):
        values, shape = table[name], (n, 3) if name == "momentum" else (n,)
        if values.shape != shape or not np.issubdtype(values.dtype, np.floating):
            return f"{name} must be numbers of shape {shape}"
        if not np.all(np.abs(values.astype(float)) < _LARGEST):
            return f"{name} holds values that are not finite, or beyond {_LARGEST:g}"
    for name in ("path", "weight"):
        if np.any(table[name] < 0):
            return f"{name} holds negative values"
    protons = table["protons_simulated"]
    if protons.shape != () or protons.dtype.kind not in "iuf" or not 0 <= protons < np.inf:
        return "protons_simulated must be a number, not negative"
    known, made = (np.atleast_1d(table.get(f"prompt_{name}", np.zeros(0))) for name in ("species", "yields"))
    if (
        known.shape != made.shape
        or known.ndim != 1
        or known.dtype.kind not in "iuf"
        or made.dtype.kind not in "iuf"
        or not np.all(made > 0)
    ):
        return "prompt_species and prompt_yields must be codes and positive numbers of one length"
    return None


def write_table(path: Path, parents: ParentFlux, extra: Mapping[str, Any]) -> None:
    """Write parents as a compressed table: species in blocks, rows turned to azimuth 0, half-precision columns.

    Half precision rounds momenta and positions by at most 5e-4 of their value; weights keep single precision.
    """
    order = np.argsort(parents.pdg, kind="stable")
    species, rows = np.unique(parents.pdg, return_counts=True)
    start, momentum = parents.start[order], parents.momentum[order]
    radius = np.hypot(start[:, 0], start[:, 1])
    cosine = np.where(radius > 0, start[:, 0] / np.maximum(radius, 1e-30), 1.0)
    sine = np.where(radius > 0, start[:, 1] / np.maximum(radius, 1e-30), 0.0)
    local = np.stack(
        [momentum[:, 0] * cosine + momentum[:, 1] * sine, momentum[:, 1] * cosine - momentum[:, 0] * sine, momentum[:, 2]], axis=1
    )
    half: dict[str, Array] = {
        "momentum": local,
        "radius": radius,
        "z": start[:, 2],
        "delay": parents.time[order] - start[:, 2],
        "path": parents.path[order],
    }
    columns: dict[str, Any] = {name: np.asarray(values, np.float16) for name, values in half.items()}
    columns |= {
        "weight": parents.weight[order].astype(np.float32),
        "species": species.astype(np.int32),
        "rows": rows.astype(np.int64),
        "protons_simulated": np.float64(parents.protons_simulated),
        "command": np.str_(parents.command),
        **extra,
    }
    write_arrays(path, columns)


def write_arrays(path: Path, columns: Mapping[str, Any]) -> None:
    """Write named arrays as numpy's compressed .npz, the same bytes for the same arrays: numpy itself stamps the time of writing."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in columns.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w") as stream:
                np.lib.format.write_array(stream, np.asanyarray(values), allow_pickle=False)

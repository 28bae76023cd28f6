"""Beam cards: what a file in experiments/beams/ may say, and the beam it makes."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .. import pdg
from ..beams.beam import Beam, BuildPlan, Dump, Layer, ProtonSpot, Target, Timing
from ..beams.decay_region import Section
from ..beams.horns import Horn, Shell
from ..beams.materials import Material
from ..beams.yields import YieldFormula
from ..errors import CardError, ParameterError
from ..units import ns, second
from .base import Integer, Number, StrictModel, Text
from .dump import AbsorberTable, DumpTable, PairTable, check_dump
from .toml import Table, validate

Pair = tuple[Number, Number]
Positive = Annotated[float, Field(strict=True, gt=0.0)]
Fraction = Annotated[float, Field(strict=True, ge=0.0, le=1.0)]


class TablesTable(StrictModel):
    """[tables]: the parents' file for each polarity, beside the card."""

    fhc: Text | None = None
    rhc: Text | None = None


class SpotTable(StrictModel):
    """[spot]: the proton beam at the target."""

    sigma: Pair
    convergence: Pair = (0.0, 0.0)
    start: Number = 0.0


class LayerTable(StrictModel):
    """[[target.layer]]: material around the core."""

    inner: Positive
    outer: Positive
    begin: Number
    end: Number
    fraction: Fraction = 1.0


class TargetTable(StrictModel):
    """[target]: a cylinder on the axis."""

    material: Text
    charge_number: Integer
    mass_number: Integer
    radius: Positive
    begin: Number
    end: Number
    production_cross_section: Positive
    layer: tuple[LayerTable, ...] = ()


class YieldTable(StrictModel):
    """[yields.SPECIES]: a parametrisation with its parameters or a choice among named sets, or the cascade, which has none."""

    kind: Literal["sanford-wang", "feynman-scaling", "bmpt", "cascade"]
    parameters: tuple[Number, ...] | None = None
    set: Text | None = None
    sets: dict[str, tuple[Number, ...]] = {}
    source: Text

    @model_validator(mode="after")
    def _one_set(self) -> Self:
        if self.kind == "cascade":
            if self.parameters is not None or self.set is not None or self.sets:
                raise ValueError("kind = 'cascade' has no parameters and no sets")
            return self
        if (self.parameters is None) == (self.set is None):
            found = "none" if self.set is None else "both"
            raise ValueError(f"exactly one of parameters and set (one of sets) is needed, found {found}")
        if self.set is not None and self.set not in self.sets:
            raise ValueError(f"set = '{self.set}' is none of sets: {', '.join(self.sets)}")
        return self

    @property
    def chosen(self) -> tuple[float, ...]:
        """The parameters in force."""
        return self.sets[self.set] if self.parameters is None and self.set is not None else (self.parameters or ())


class BorrowTable(StrictModel):
    """borrows: another material's cross sections, scaled by mass number."""

    material: Text
    exponent: Number


class MaterialTable(StrictModel):
    """[materials.NAME]: density, stopping power, inelastic cross sections."""

    density: Positive
    mass_number: Positive
    stopping_power: Positive
    cross_sections: dict[str, tuple[Number, ...]] = {}
    borrows: BorrowTable | None = None

    @model_validator(mode="after")
    def _lengths(self) -> Self:
        if bool(self.cross_sections) == (self.borrows is not None):
            raise ValueError(f"exactly one of cross_sections and borrows is needed, found {'both' if self.cross_sections else 'none'}")
        for name, numbers in self.cross_sections.items():
            if len(numbers) not in (1, 10):
                raise ValueError(
                    f"cross_sections: {name} has {len(numbers)} numbers: 1 (a constant) or 10 (Breit-Wigner plus Regge) are needed"
                )
        return self


class ShellTable(StrictModel):
    """[horn.wall] or [horn.field]: radii by z."""

    z: tuple[Number, ...]
    inner: tuple[Number, ...]
    outer: tuple[Number, ...]


class HornTable(StrictModel):
    """[[horn]]: two nested solids of revolution; the metal lies between."""

    current: Positive
    skin_depth: Positive
    material: Text
    step: Positive = 0.01
    wall: ShellTable
    field: ShellTable


class TunnelTable(StrictModel):
    """[tunnel]: the free space along the axis."""

    air: Text | None = None
    sections: Annotated[
        tuple[tuple[Number, Number, Number, Number] | tuple[Number, Number, Number, Number, Text], ...], Field(min_length=1)
    ]


class RowsTable(StrictModel):
    """[build.rows]: rows kept by parent name, for each polarity."""

    fhc: dict[str, Integer]
    rhc: dict[str, Integer]


class BuildTable(StrictModel):
    """[build]: how much is simulated for a table."""

    protons: Annotated[Integer, Field(gt=0)]
    metal_hits: Annotated[Integer, Field(ge=0)]
    rows: RowsTable
    draws: dict[str, Integer] = {}
    tracked: Annotated[Integer, Field(gt=0)] | None = None
    angles: Annotated[tuple[Annotated[float, Field(strict=True, ge=0.0, lt=1.5)], ...], Field(min_length=1)] = (0.0,)


class TimingTable(StrictModel):
    """[timing]: the bucket structure, or the length of a slow extraction."""

    bucket_spacing_ns: Positive | None = None
    bucket_sigma_ns: Positive | None = None
    buckets: Annotated[Integer, Field(ge=1)] | None = None
    batches: Annotated[Integer, Field(ge=1)] = 1
    slots_per_batch: Annotated[Integer, Field(ge=1)] | None = None
    spill_s: Positive | None = None

    @model_validator(mode="after")
    def _one_structure(self) -> Self:
        of_buckets = (self.bucket_spacing_ns, self.bucket_sigma_ns, self.buckets)
        if (self.spill_s is None) == (None in of_buckets) or (self.spill_s is not None and any(of_buckets)):
            keys = ("spill_s", "bucket_spacing_ns", "bucket_sigma_ns", "buckets")
            found = " and ".join(key for key in keys if getattr(self, key) is not None) or "none of them"
            raise ValueError(f"either spill_s, or bucket_spacing_ns, bucket_sigma_ns and buckets are needed, found {found}")
        if self.buckets is not None:
            if self.buckets % self.batches:
                raise ValueError(f"buckets = {self.buckets} are not the same number in each of {self.batches} batches")
            if self.slots_per_batch is not None and self.slots_per_batch < self.buckets // self.batches:
                raise ValueError(f"slots_per_batch = {self.slots_per_batch}: fewer than a batch's {self.buckets // self.batches} buckets")
        return self

    def timing(self) -> Timing:
        """The structure, in metres."""
        if self.spill_s is not None:
            return Timing(spill=self.spill_s * second)
        assert self.bucket_spacing_ns is not None, "checked at the door"
        assert self.bucket_sigma_ns is not None, "checked at the door"
        assert self.buckets is not None, "checked at the door"
        spacing, sigma = self.bucket_spacing_ns * ns, self.bucket_sigma_ns * ns
        return Timing(spacing, sigma, self.buckets, self.batches, self.slots_per_batch or 0)


class BeamCard(StrictModel):
    """A beam card: of a horn beam, or of a dump."""

    name: Text
    kind: Literal["horn", "dump"] = "horn"
    source: Text
    momentum: Positive
    table: Text | None = None
    neutral: Text | None = None
    dump: DumpTable | None = None
    absorber: AbsorberTable | None = None
    pairs: dict[str, PairTable] = {}
    tables: TablesTable = TablesTable()
    spot: SpotTable | None = None
    target: TargetTable | None = None
    yields: dict[str, YieldTable] = {}
    normalisation_uncertainty: dict[str, Number] = {}
    materials: dict[str, MaterialTable] = {}
    horn: tuple[HornTable, ...] = ()
    tunnel: TunnelTable | None = None
    timing: TimingTable | None = None
    build: BuildTable | None = None

    @model_validator(mode="after")
    def _kind(self) -> Self:
        if self.kind == "dump":
            check_dump(self)
        elif self.dump or self.table:
            raise ValueError("table and [dump] belong to kind = 'dump'")
        elif self.pairs and not self.target:
            raise ValueError("[pairs] needs the [target] in which they are made")
        return self

    @model_validator(mode="after")
    def _names(self) -> Self:
        rows = (*self.build.rows.fhc, *self.build.rows.rhc) if self.build else ()
        for name in (*self.yields, *self.normalisation_uncertainty, *rows):
            if name not in pdg.CODES:
                raise ValueError(f"unknown parent '{name}'; parents are named K+, K-, pi+, pi-, KL, D+, ...")
        for name in self.build.draws if self.build else ():
            if name != "KS" and name not in self.yields:
                raise ValueError(f"build: draws: '{name}' is none of [yields]: {', '.join(self.yields)}; or KS, born as KL")
        used = [horn.material for horn in self.horn]
        used += [self.target.material] if self.target else []
        used += [block.material for block in (self.dump, self.absorber) if block]
        used += [self.tunnel.air] if self.tunnel and self.tunnel.air else []
        used += [section[4] for section in self.tunnel.sections if len(section) == 5] if self.tunnel else []
        used += [table.borrows.material for table in self.materials.values() if table.borrows]
        for material in used:
            if material not in self.materials:
                raise ValueError(f"material '{material}' is not in [materials]: {', '.join(self.materials) or 'none'}")
        return self


def beam_of_card(data: Table, path: Path) -> Beam:
    """The beam of a card's content; its tables stand in the folder of `path`. Raises CardError, one line naming file and key."""
    return make_beam(validate(BeamCard, data, path.name), path.parent)


def make_beam(card: BeamCard, folder: Path) -> Beam:
    """The beam of a checked card; its tables are looked for in `folder`, the card's own. Raises CardError for impossible values."""
    try:
        return Beam(
            name=card.name,
            source=card.source,
            momentum=card.momentum,
            tables={polarity: folder / file for polarity, file in _tables(card).items()},
            normalisation_uncertainty=dict(card.normalisation_uncertainty),
            spot=ProtonSpot(card.spot.sigma, card.spot.convergence, card.spot.start) if card.spot else None,
            target=_target(card.target) if card.target else None,
            yields={name: YieldFormula(table.kind, table.chosen, table.source) for name, table in card.yields.items()},
            materials={name: _material(card, name) for name in card.materials},
            horns=tuple(
                Horn(
                    Shell(**horn.wall.model_dump()),
                    Shell(**horn.field.model_dump()),
                    horn.current,
                    horn.skin_depth,
                    horn.material,
                    horn.step,
                )
                for horn in card.horn
            ),
            tunnel=tuple(Section(*section) for section in card.tunnel.sections) if card.tunnel else (),
            air=card.tunnel.air if card.tunnel else None,
            timing=card.timing.timing() if card.timing else None,
            build=_plan(card.build) if card.build else None,
            dump=Dump(**card.dump.model_dump()) if card.dump else None,
            absorber=card.absorber.absorber() if card.absorber else None,
            pairs=tuple(pair.pair(name) for name, pair in card.pairs.items()),
            neutral=folder / card.neutral if card.neutral else None,
        )
    except ParameterError as error:
        raise CardError(f"{card.name}: {error}") from None


def _tables(card: BeamCard) -> dict[str, str]:
    """File names by polarity; a dump has no polarity, and stands under the default one."""
    if card.table is not None:
        return {"fhc": card.table}
    names: dict[str, str] = card.tables.model_dump(exclude_none=True)
    return names


def _target(table: TargetTable) -> Target:
    return Target(
        table.material,
        table.charge_number,
        table.mass_number,
        table.radius,
        table.begin,
        table.end,
        table.production_cross_section,
        tuple(Layer(layer.inner, layer.outer, layer.begin, layer.end, layer.fraction) for layer in table.layer),
    )


def _plan(table: BuildTable) -> BuildPlan:
    rows = {polarity: {pdg.CODES[name]: number for name, number in names.items()} for polarity, names in table.rows.model_dump().items()}
    return BuildPlan(table.protons, table.metal_hits, rows, table.draws, table.tracked, table.angles)


def _material(card: BeamCard, name: str) -> Material:
    table = card.materials[name]
    if table.borrows is None:
        return Material(table.density, table.mass_number, table.stopping_power, table.cross_sections)
    lender = card.materials[table.borrows.material]
    scale = (table.mass_number / lender.mass_number) ** table.borrows.exponent
    return Material(table.density, table.mass_number, table.stopping_power, lender.cross_sections, scale)

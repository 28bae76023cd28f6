"""The parts of a beam card that tell of blocks: those that stop the protons, and the heavy-quark pairs made in them."""

import math
from typing import Annotated, Literal, Protocol, Self

from pydantic import Field, model_validator

from .. import pdg
from ..beams.beam import Absorber, Dump
from ..beams.charm import QuarkPair
from .base import Integer, Number, StrictModel, Text

Positive = Annotated[float, Field(strict=True, gt=0.0)]
Fraction = Annotated[float, Field(strict=True, ge=0.0, le=1.0)]
Range = tuple[Number, Number]


class DumpTable(StrictModel):
    """[dump]: a block of one material."""

    material: Text
    charge_number: Integer
    mass_number: Integer
    begin: Number
    end: Number
    production_cross_section: Positive
    secondaries: bool = True

    @model_validator(mode="after")
    def _has_length(self) -> Self:
        if self.end <= self.begin:
            raise ValueError(f"end = {self.end:g} must lie behind begin = {self.begin:g}")
        return self


class AbsorberTable(DumpTable):
    """[absorber]: the block behind a horn beam's decay pipe, and the share of the beam protons that reach it."""

    protons: Fraction

    def absorber(self) -> Absorber:
        """The absorber of the checked table."""
        return Absorber(Dump(**self.model_dump(exclude={"protons"})), self.protons)


class PairTable(StrictModel):
    """[pairs.QUARK]: cross section, cascade, spectrum and fractions of heavy-quark hadrons; the ranges say how well they are known."""

    cross_section: Positive
    cross_section_range: Range
    cross_section_uncertainty: Fraction | None = None
    mass_exponent: Number = 1.0
    cascade_factor: Positive = 1.0
    cascade_factor_range: Range
    cascade_factor_uncertainty: Fraction | None = None
    longitudinal: Number
    transverse: Positive
    fractions: dict[str, Annotated[float, Field(strict=True, ge=0.0)]]
    tau: dict[str, Fraction] = {}
    source: Text

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        for key in ("cross_section", "cascade_factor"):
            value, (low, high) = getattr(self, key), getattr(self, f"{key}_range")
            if not low <= value <= high:
                raise ValueError(f"{key} = {value:g} lies outside {key}_range = [{low:g}, {high:g}]")
        for name in (*self.fractions, *self.tau):
            if name not in pdg.CODES:
                raise ValueError(f"unknown hadron '{name}'; hadrons are named D+, D0bar, Ds-, Lambda_c+, B+, B0, Bs0, ...")
        for name in self.tau:
            if name not in self.fractions:
                raise ValueError(f"tau: {name} is not among the fractions")
        return self

    def uncertainty(self, key: Literal["cross_section", "cascade_factor"]) -> float:
        """One standard deviation, relative: what the card gives, or that of a flat distribution over the range."""
        given: float | None = getattr(self, f"{key}_uncertainty")
        low, high = getattr(self, f"{key}_range")
        return float((high - low) / (math.sqrt(12.0) * getattr(self, key))) if given is None else given

    def pair(self, name: str) -> QuarkPair:
        """The pair production it says, of the quark of this name."""
        return QuarkPair(
            self.cross_section,
            self.mass_exponent,
            self.cascade_factor,
            self.longitudinal,
            self.transverse,
            dict(self.fractions),
            dict(self.tau),
            name,
            self.uncertainty("cross_section"),
            self.uncertainty("cascade_factor"),
        )


class DumpCard(Protocol):
    """What a card of a dump has and has not."""

    table: str | None
    dump: DumpTable | None
    pairs: dict[str, PairTable]


def check_dump(card: DumpCard) -> None:
    """Raise ValueError if a card of kind 'dump' lacks what dumps need or holds what belongs to horns."""
    missing = [key for key, value in (("table", card.table), ("[dump]", card.dump), ("[pairs]", card.pairs)) if not value]
    if missing:
        raise ValueError(f"kind = 'dump' needs {' and '.join(missing)}")
    extra = [key for key in ("spot", "target", "yields", "horn", "tunnel") if getattr(card, key)]
    if extra:
        raise ValueError(f"kind = 'dump' has no {extra[0]}")

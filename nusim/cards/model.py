"""Model cards: what a file in models/ may say, and the model it makes."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from ..errors import CardError
from ..model.model import (
    FLAVOURS,
    CasasIbarra,
    DarkNeutrino,
    DarkNeutrinoFamilies,
    Hnl,
    Lagrangian,
    Matrices,
    Matrix,
    Mediator,
    Model,
    Physical,
    Portals,
)
from .base import Boolean, Number, StrictModel, Text
from .toml import Group, Table, validate


class FlavourTable(StrictModel):
    """A number for each lepton flavour, zero where not given."""

    e: Number = 0.0
    mu: Number = 0.0
    tau: Number = 0.0

    @property
    def values(self) -> tuple[float, float, float]:
        return (self.e, self.mu, self.tau)


class PhysicalTable(StrictModel):
    """[physical]: the heavy masses, and the mass condition or the mixing."""

    m5: Number
    mass_ratio: Number | None = None
    one_minus_mass_ratio: Number | None = None
    m4: Number | None = None
    m3_ev: Number | None = None
    mixing2: Number | None = None
    branch: Literal["small", "large"] | None = None

    @model_validator(mode="after")
    def _branch_of_the_condition(self) -> Self:
        if self.branch is not None and self.m3_ev is None:
            raise ValueError("branch chooses a root of the mass condition: it goes with m3_ev")
        return self


class LagrangianTable(StrictModel):
    """[lagrangian]: the entries of the mass matrix, GeV."""

    m_dirac: Number
    lambda_: Number = Field(alias="lambda")
    mu_prime: Number


class MediatorTable(StrictModel):
    """[mediator]: the dark gauge boson, the dark scalar and their coupling."""

    m_zprime: Number
    m_phi: Number
    g_dark: Number

    @property
    def value(self) -> Mediator:
        return Mediator(self.m_zprime, self.m_phi, self.g_dark)


class PortalTable(StrictModel):
    """[portals]: how the dark sector touches the visible one besides neutrino mixing."""

    epsilon: Number = 0.0
    chi_hypercharge: Number = 0.0
    sin_alpha: Number = 0.0

    @property
    def value(self) -> Portals:
        return Portals(self.epsilon, self.chi_hypercharge, self.sin_alpha)


Entry = Number | tuple[Number, Number]
"""A real number, or the real and imaginary part of a complex one."""
Rows = Annotated[tuple[tuple[Entry, ...], ...], Field(min_length=1)]
"""A matrix by rows."""


def _number(entry: float | tuple[float, float]) -> complex:
    return complex(*entry) if isinstance(entry, tuple) else complex(entry)


def _matrix(rows: tuple[tuple[float | tuple[float, float], ...], ...]) -> Matrix:
    return tuple(tuple(_number(entry) for entry in row) for row in rows)


class MatricesTable(StrictModel):
    """[matrices]: the blocks of the mass matrix of several hidden families, GeV."""

    m_dirac: Rows
    lambda_: Rows = Field(alias="lambda")
    mu: Rows


class CasasIbarraTable(StrictModel):
    """[casas_ibarra]: light masses and mixing, from which the Dirac matrix follows; masses of the hidden blocks in GeV."""

    light_masses_ev: tuple[Number, Number, Number]
    sin2_theta12: Number
    sin2_theta13: Number
    sin2_theta23: Number
    delta: Number = 0.0
    majorana_phases: tuple[Number, Number] = (0.0, 0.0)
    lambda_: Rows = Field(alias="lambda")
    mu: Rows
    rotation: tuple[Entry, ...] | None = None
    reflection: Boolean = False


class DarkNeutrinoCard(StrictModel):
    """A dark neutrino sector with one hidden family."""

    name: Text
    kind: Literal["dark-neutrino"]
    source: Text
    majorana: Boolean = True
    flavour: FlavourTable
    physical: PhysicalTable | None = None
    lagrangian: LagrangianTable | None = None
    mediator: MediatorTable
    portals: PortalTable = PortalTable()

    @model_validator(mode="after")
    def _one_parametrisation(self) -> Self:
        if (self.physical is None) == (self.lagrangian is None):
            found = "none" if self.physical is None else "both"
            raise ValueError(f"exactly one of [physical] and [lagrangian] is needed, found {found}")
        return self

    def model(self) -> DarkNeutrino:
        """The model this card describes; raises ParameterError where its numbers cannot be."""
        mass: Physical | Lagrangian
        if self.physical is not None:
            p = self.physical
            mass = Physical(p.m5, p.mass_ratio, p.one_minus_mass_ratio, p.m4, p.m3_ev, p.mixing2, p.branch or "small")
        else:
            assert self.lagrangian is not None, "the card's own check leaves one of the two"
            mass = Lagrangian(self.lagrangian.m_dirac, self.lagrangian.lambda_, self.lagrangian.mu_prime)
        return DarkNeutrino(self.name, self.source, self.majorana, self.flavour.values, mass, self.mediator.value, self.portals.value)


class FamiliesCard(StrictModel):
    """A dark neutrino sector with one, two or three hidden families."""

    name: Text
    kind: Literal["dark-neutrino-families"]
    source: Text
    majorana: Boolean = True
    matrices: MatricesTable | None = None
    casas_ibarra: CasasIbarraTable | None = None
    mediator: MediatorTable
    portals: PortalTable = PortalTable()

    @model_validator(mode="after")
    def _one_parametrisation(self) -> Self:
        if (self.matrices is None) == (self.casas_ibarra is None):
            found = "none" if self.matrices is None else "both"
            raise ValueError(f"exactly one of [matrices] and [casas_ibarra] is needed, found {found}")
        return self

    def model(self) -> DarkNeutrinoFamilies:
        """The model this card describes; raises ParameterError where its numbers cannot be."""
        mass: Matrices | CasasIbarra
        if self.matrices is not None:
            mass = Matrices(_matrix(self.matrices.m_dirac), _matrix(self.matrices.lambda_), _matrix(self.matrices.mu))
        else:
            assert self.casas_ibarra is not None, "the card's own check leaves one of the two"
            c = self.casas_ibarra
            mass = CasasIbarra(
                c.light_masses_ev, c.sin2_theta12, c.sin2_theta13, c.sin2_theta23, _matrix(c.lambda_), _matrix(c.mu), c.delta,
                c.majorana_phases, None if c.rotation is None else tuple(_number(angle) for angle in c.rotation), c.reflection,
            )  # fmt: skip
        return DarkNeutrinoFamilies(self.name, self.source, mass, self.mediator.value, self.portals.value, self.majorana)


class HnlCard(StrictModel):
    """A minimal heavy neutral lepton: one state with given mass and mixings."""

    name: Text
    kind: Literal["hnl"]
    source: Text
    majorana: Boolean = True
    m4: Number
    mixing2: FlavourTable

    def model(self) -> Hnl:
        """The model this card describes; raises ParameterError where its numbers cannot be."""
        return Hnl(self.name, self.source, self.majorana, self.m4, self.mixing2.values)


ModelCard = DarkNeutrinoCard | FamiliesCard | HnlCard

SCHEMAS: dict[str, type[DarkNeutrinoCard] | type[FamiliesCard] | type[HnlCard]] = {
    "dark-neutrino": DarkNeutrinoCard,
    "dark-neutrino-families": FamiliesCard,
    "hnl": HnlCard,
}

GROUPS = (
    Group((), (("physical",), ("lagrangian",))),
    Group((), (("matrices",), ("casas_ibarra",))),
    Group(("physical",), (("mass_ratio",), ("one_minus_mass_ratio",), ("m4",))),
    Group(("physical",), (("m3_ev", "branch"), ("mixing2",))),
    Group(("portals",), (("epsilon",), ("chi_hypercharge",))),
)
"""Keys of which a card gives one, so that an override of one removes the others."""


def model_card(data: Mapping[str, Any], name: str) -> ModelCard:
    """The checked content of a model card; `name` stands before every message."""
    kind = data.get("kind")
    if kind is None:
        raise CardError(f"{name}: missing key 'kind'; a model card says kind = {' or '.join(repr(one) for one in SCHEMAS)}")
    if not isinstance(kind, str) or kind not in SCHEMAS:
        raise CardError(f"{name}: kind = {kind!r}: one of {', '.join(repr(one) for one in SCHEMAS)} is needed")
    return validate(SCHEMAS[kind], data, name)


def expand_aliases(data: Mapping[str, Any], changes: Mapping[str, Any], name: str) -> Table:
    """The overrides with the axis `mixing2` written out in the card's own keys.

    `mixing2` is |U|^2 of nu4 summed over flavours: physical.mixing2 of a dark neutrino; for an hnl its flavours keep
    their shares.
    """
    result: Table = {}
    for key, value in changes.items():
        if key != "mixing2" or isinstance(value, Mapping):
            result[key] = value
        elif data.get("kind") == "hnl":
            result |= _scaled(data.get("mixing2"), value, name)
        elif data.get("kind") == DarkNeutrinoFamilies.kind:
            raise CardError(f"{name}: mixing2 = {value!r}: several families have no single mixing; set entries of matrices or casas_ibarra")
        else:
            result["physical.mixing2"] = value
    return result


def _scaled(present: Any, total: Any, name: str) -> Table:
    if isinstance(total, bool) or not isinstance(total, int | float):
        raise CardError(f"{name}: mixing2 = {total!r}: a number is needed, or a table with e, mu and tau")
    shares = {flavour: present.get(flavour, 0.0) for flavour in FLAVOURS} if isinstance(present, Mapping) else {}
    scale = sum(share for share in shares.values() if isinstance(share, int | float))
    if not scale > 0:
        raise CardError(f"{name}: mixing2 = {total!r}: the card's mixings are all zero and have no shares; set mixing2.e, .mu or .tau")
    return {f"mixing2.{flavour}": total * (share / scale) for flavour, share in shares.items()}


def model_dict(model: Model) -> Table:
    """A model as the content of its card, without the keys that were not given."""
    if isinstance(model, Hnl):
        return {
            "name": model.name,
            "kind": model.kind,
            "source": model.source,
            "majorana": model.majorana,
            "m4": model.m4,
            "mixing2": dict(zip(FLAVOURS, model.mixing2, strict=True)),
        }
    mass: Table
    if isinstance(model, DarkNeutrinoFamilies):
        mass = _families_dict(model.mass)
    elif isinstance(model.mass, Physical):
        p = model.mass
        given = {
            "m5": p.m5,
            "mass_ratio": p.mass_ratio,
            "one_minus_mass_ratio": p.one_minus_mass_ratio,
            "m4": p.m4,
            "m3_ev": p.m3_ev,
            "mixing2": p.mixing2,
            "branch": p.branch if p.m3_ev is not None else None,
        }
        mass = {"physical": {key: value for key, value in given.items() if value is not None}}
    else:
        mass = {"lagrangian": {"m_dirac": model.mass.m_dirac, "lambda": model.mass.lambda_, "mu_prime": model.mass.mu_prime}}
    portals = model.portals
    kinetic = {"chi_hypercharge": portals.chi_hypercharge} if portals.chi_hypercharge else {"epsilon": portals.epsilon}
    return {
        "name": model.name,
        "kind": model.kind,
        "source": model.source,
        "majorana": model.majorana,
        **({"flavour": dict(zip(FLAVOURS, model.flavour, strict=True))} if isinstance(model, DarkNeutrino) else {}),
        **mass,
        "mediator": {"m_zprime": model.mediator.m_zprime, "m_phi": model.mediator.m_phi, "g_dark": model.mediator.g_dark},
        "portals": {**kinetic, "sin_alpha": portals.sin_alpha},
    }


def _families_dict(mass: Matrices | CasasIbarra) -> Table:
    def entry(z: complex) -> float | list[float]:
        return z.real if z.imag == 0.0 else [z.real, z.imag]

    def rows(matrix: Matrix) -> list[list[float | list[float]]]:
        return [[entry(z) for z in row] for row in matrix]

    if isinstance(mass, Matrices):
        return {"matrices": {"m_dirac": rows(mass.m_dirac), "lambda": rows(mass.lambda_), "mu": rows(mass.mu)}}
    given = {
        "light_masses_ev": list(mass.light_masses_ev),
        "sin2_theta12": mass.sin2_theta12,
        "sin2_theta13": mass.sin2_theta13,
        "sin2_theta23": mass.sin2_theta23,
        "delta": mass.delta,
        "majorana_phases": list(mass.majorana_phases),
        "lambda": rows(mass.lambda_),
        "mu": rows(mass.mu),
        "rotation": [entry(angle) for angle in mass.rotation or ()],
        "reflection": mass.reflection,
    }
    return {"casas_ibarra": given}

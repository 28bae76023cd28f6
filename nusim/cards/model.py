"""Model cards: what a file in models/ may say, and the model it makes."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from ..errors import CardError
from ..model.model import FLAVOURS, DarkNeutrino, Hnl, Lagrangian, Mediator, Model, Physical, Portals
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


class PortalTable(StrictModel):
    """[portals]: how the dark sector touches the visible one besides neutrino mixing."""

    epsilon: Number = 0.0
    chi_hypercharge: Number = 0.0
    sin_alpha: Number = 0.0


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
        portals = Portals(self.portals.epsilon, self.portals.chi_hypercharge, self.portals.sin_alpha)
        mediator = Mediator(self.mediator.m_zprime, self.mediator.m_phi, self.mediator.g_dark)
        return DarkNeutrino(self.name, self.source, self.majorana, self.flavour.values, mass, mediator, portals)


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


SCHEMAS: dict[str, type[DarkNeutrinoCard] | type[HnlCard]] = {"dark-neutrino": DarkNeutrinoCard, "hnl": HnlCard}

GROUPS = (
    Group((), (("physical",), ("lagrangian",))),
    Group(("physical",), (("mass_ratio",), ("one_minus_mass_ratio",), ("m4",))),
    Group(("physical",), (("m3_ev", "branch"), ("mixing2",))),
    Group(("portals",), (("epsilon",), ("chi_hypercharge",))),
)
"""Keys of which a card gives one, so that an override of one removes the others."""


def model_card(data: Mapping[str, Any], name: str) -> DarkNeutrinoCard | HnlCard:
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
    if isinstance(model.mass, Physical):
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
        "flavour": dict(zip(FLAVOURS, model.flavour, strict=True)),
        **mass,
        "mediator": {"m_zprime": model.mediator.m_zprime, "m_phi": model.mediator.m_phi, "g_dark": model.mediator.g_dark},
        "portals": {**kinetic, "sin_alpha": portals.sin_alpha},
    }

"""Every decay that makes a heavy neutrino N in nusim: its width for unit mixing and its term, on one footing."""

from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np

from .. import pdg
from ..constants import F_B, F_BC, F_D, F_DS, F_K, F_K_STAR, F_PI, F_RHO, V_CB, V_CD, V_CS, V_UB, V_UD, V_US, Measured
from ..kernels.arrays import Array, ArrayLike
from . import leptonic, semileptonic, two_body
from .semileptonic import Transition
from .terms import LeptonicTerm, MesonTwoBody, ProductionTerm, SemileptonicTerm, TauTwoBody
from .transitions import transitions

DECAY_CONSTANTS = {
    211: (F_PI, V_UD),
    321: (F_K, V_US),
    411: (F_D, V_CD),
    431: (F_DS, V_CS),
    521: (F_B, V_UB),
    541: (F_BC, V_CB),
}
"""Decay constant and CKM element of each charged pseudoscalar."""


class Process(Protocol):
    """A decay into N, for unit mixing with one flavour."""

    def __hash__(self) -> int:
        """Processes key caches."""

    @property
    def parent(self) -> int:
        """PDG code."""

    @property
    def products(self) -> tuple[int, ...]:
        """PDG codes besides N, in the order of the term."""

    @property
    def flavour(self) -> int:
        """Of the mixing: 0, 1, 2."""

    @property
    def antineutrino(self) -> bool:
        """Whether a Dirac N is made as its antiparticle."""

    @property
    def theory_error(self) -> float:
        """Relative, of the width."""

    @property
    def shape_error(self) -> float:
        """Relative, of the width over that for a massless N: a choice for form factors, 0 where kinematics decides."""

    @property
    def source(self) -> str:
        """Of decay constants and form factors."""

    def width(self, m_heavy: ArrayLike) -> Array:
        """GeV, 0 beyond threshold; broadcasts."""

    def term(self, m_heavy: float, code: int, scale: float) -> ProductionTerm:
        """For N of PDG code `code`; |M|^2 and width times `scale`."""


def _flavour(lepton: int) -> int:
    return pdg.LEPTON_OF_FLAVOUR.index(abs(lepton))


@dataclass(frozen=True, slots=True)
class MesonLeptonic:
    """P+ -> N l+."""

    parent: int
    lepton: int
    """Negative PDG code of l+."""
    antineutrino: bool = False

    @property
    def shape_error(self) -> float:
        """The measured pi, K -> e nu hold a radiative correction of -4% that goes with helicity suppression, which a heavy N lifts."""
        return 0.04 if self.parent in (211, 321) and self.lepton == -11 else 0.0

    @property
    def products(self) -> tuple[int, ...]:
        return (self.lepton,)

    @property
    def flavour(self) -> int:
        return _flavour(self.lepton)

    @property
    def _inputs(self) -> tuple[Measured, Measured]:
        return DECAY_CONSTANTS[self.parent]

    @property
    def theory_error(self) -> float:
        f, ckm = self._inputs
        return float(2 * np.hypot(f.error / f, ckm.error / ckm))

    @property
    def source(self) -> str:
        return "decay constant: " + self._inputs[0].source

    def width(self, m_heavy: ArrayLike) -> Array:
        f, ckm = self._inputs
        return two_body.width_meson(pdg.mass(self.parent), pdg.mass(self.lepton), m_heavy, float(f * ckm))

    def term(self, m_heavy: float, code: int, scale: float) -> ProductionTerm:
        masses = (m_heavy, pdg.mass(self.lepton))
        return MesonTwoBody((code, self.lepton), pdg.mass(self.parent), masses, scale * float(self.width(m_heavy)), 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Semileptonic:
    """P -> N l P' or N l V."""

    transition: Transition
    lepton: int
    """Negative PDG code of l+; positive for the other charge of K_L and K_S."""

    @property
    def parent(self) -> int:
        return self.transition.parent

    @property
    def antineutrino(self) -> bool:
        return self.lepton > 0

    @property
    def products(self) -> tuple[int, ...]:
        daughter = self.transition.daughter
        return (self.lepton, pdg.anti(daughter) if self.antineutrino else daughter)

    @property
    def flavour(self) -> int:
        return _flavour(self.lepton)

    @property
    def theory_error(self) -> float:
        return self.transition.relative_error

    @property
    def shape_error(self) -> float:
        return self.transition.shape_error

    @property
    def source(self) -> str:
        return self.transition.source

    def width(self, m_heavy: ArrayLike) -> Array:
        return semileptonic.width(self.transition, pdg.mass(self.lepton), m_heavy)

    def term(self, m_heavy: float, code: int, scale: float) -> ProductionTerm:
        parts, width = self.transition, scale * float(self.width(m_heavy))
        masses = (m_heavy, pdg.mass(self.lepton), parts.m_daughter)
        sign = -1.0 if self.antineutrino else 1.0
        return SemileptonicTerm((code, *self.products), parts.m_parent, masses, width, parts, scale, sign)


@dataclass(frozen=True, slots=True)
class TauHadronic:
    """tau- -> N and a negative meson."""

    meson: int
    coupling: float
    """f V_CKM in GeV."""
    vector: bool
    theory_error: float
    shape_error: float
    source: str
    parent: int = 15
    flavour: int = 2
    antineutrino: bool = False

    @property
    def products(self) -> tuple[int, ...]:
        return (self.meson,)

    def width(self, m_heavy: ArrayLike) -> Array:
        return two_body.width_tau(pdg.mass(15), pdg.mass(-self.meson), m_heavy, self.coupling, self.vector)

    def term(self, m_heavy: float, code: int, scale: float) -> ProductionTerm:
        m, meson = pdg.mass(15), pdg.mass(-self.meson)
        asymmetry = two_body.tau_asymmetry(m, meson, m_heavy, self.vector)
        width = scale * float(self.width(m_heavy))
        return TauTwoBody((code, self.meson), m, (m_heavy, meson), width, asymmetry, self.vector, 1.0)


@dataclass(frozen=True, slots=True)
class Leptonic:
    """tau- or mu- -> N l- nubar_l if `from_parent`, else Nbar l- nu of the parent's flavour."""

    parent: int
    lepton: int
    from_parent: bool
    theory_error: float = 0.005
    """Radiative corrections are left out."""
    shape_error: float = 0.0
    source: str = "V-A, no radiative correction"

    @property
    def antineutrino(self) -> bool:
        return not self.from_parent

    @property
    def products(self) -> tuple[int, ...]:
        return (self.lepton, -(self.lepton + 1) if self.from_parent else self.parent + 1)

    @property
    def flavour(self) -> int:
        return _flavour(self.parent if self.from_parent else self.lepton)

    def width(self, m_heavy: ArrayLike) -> Array:
        return leptonic.width(pdg.mass(self.parent), pdg.mass(self.lepton), m_heavy)

    def term(self, m_heavy: float, code: int, scale: float) -> ProductionTerm:
        masses = (m_heavy, pdg.mass(self.lepton), 0.0)
        width = scale * float(self.width(m_heavy))
        return LeptonicTerm((code, *self.products), pdg.mass(self.parent), masses, width, self.from_parent, scale, 1.0)


def _is_open(parent: int, *products: int) -> bool:
    return pdg.mass(parent) > sum(pdg.mass(abs(code)) for code in products)


@cache
def processes() -> tuple[Process, ...]:
    """Every process that a massless N leaves open, for positive mesons, neutral ones with a quark's sign, and negative leptons."""
    found: list[Process] = [
        MesonLeptonic(parent, -lepton) for parent in DECAY_CONSTANTS for lepton in pdg.LEPTON_OF_FLAVOUR if _is_open(parent, lepton)
    ]
    for transition in transitions():
        for lepton in pdg.LEPTON_OF_FLAVOUR:
            if _is_open(transition.parent, lepton, transition.daughter):
                found.append(Semileptonic(transition, -lepton))
                if transition.parent in (130, 310):
                    found.append(Semileptonic(transition, lepton))
    for meson, (f, ckm) in ((-211, DECAY_CONSTANTS[211]), (-321, DECAY_CONSTANTS[321])):
        found.append(TauHadronic(meson, float(f * ckm), False, 0.02, 0.0, "decay constant; no radiative correction"))
    for meson, (f, ckm) in ((-213, (F_RHO, V_UD)), (-323, (F_K_STAR, V_US))):
        found.append(TauHadronic(meson, float(f * ckm), True, 0.10, 0.05, "decay constant; narrow meson"))
    for parent, lepton in ((15, 11), (15, 13), (13, 11)):
        found += [Leptonic(parent, lepton, True), Leptonic(parent, lepton, False)]
    return tuple(found)

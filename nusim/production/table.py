"""Which parents make which heavy state, how often and how polarised: what rates and events are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .. import pdg
from ..kernels.arrays import Array
from ..kernels.kinematics import two_body_energy, two_body_momentum
from ..kernels.spinors import SpinArray
from ..model.spectrum import Spectrum
from .modes import Mode, modes
from .processes import Process, processes

MISSING_MODES = (
    "heavy neutrinos from pions that stop or that kaons leave, and from muons of a user's flux, count only where they are listed"
)
"""What production leaves out, for the warnings of rates and files."""


class SourceTerm(Protocol):
    """What a route needs of a decay whose first product it follows: the part of `CascadeTerm` that draws no decay by acceptance."""

    @property
    def pdg(self) -> tuple[int, ...]:
        """PDG codes of the two or three products, the state that is followed first."""

    @property
    def m_parent(self) -> float:
        """GeV."""

    @property
    def masses(self) -> tuple[float, ...]:
        """GeV; 0 for `pdg.REMNANT`, whose mass varies."""

    @property
    def draws(self) -> int:
        """Uniform numbers of `sample`."""

    def msq(self, momenta: Array, spin: SpinArray) -> Array:
        """|M|^2 (n,)."""

    def sample(self, u: Array) -> tuple[Array, Array]:
        """Isotropic momenta (n, k, 4) and the factors (n,) that make |M|^2 a weight of mean 1."""

    def polarisation(self, momenta: Array, spin: SpinArray, place: int, u: Array) -> SpinArray:
        """Spin (n, 3) of a product, as of `CascadeTerm`."""


@dataclass(frozen=True, slots=True)
class ProductionMode:
    """Decay of a meson, tau or muon into a heavy state and one or two other particles, or such a state made by a beam proton."""

    state: str
    parent: int
    """PDG code, with sign."""
    partner: int
    """PDG code of the other product, with sign: a charged lepton, or the meson of a tau's decay; the first of two."""
    branching_ratio: float
    """Of the parent into this mode, mixing included."""
    polarisation: float
    """Of the heavy state along its momentum in the parent's rest frame, for unpolarised parents; 0 where `term` tells it."""
    m_parent: float
    m_partner: float
    m_heavy: float
    energy: float
    """Of the heavy state in the parent's rest frame, GeV; about the mean where it has a spectrum."""
    momentum: float
    """Of the heavy state there, GeV, with that energy."""
    antiparticle: bool
    """Whether a Dirac heavy state is made as its antiparticle."""
    term: SourceTerm | None = None
    """Of a three-body decay, or one that makes a boson: spectra, momenta, spins; products in the order heavy state, lepton, third."""

    @property
    def is_oriented(self) -> bool:
        """Whether its term has weights that depend on directions (`turned`): the parent's flight is not forgotten."""
        return bool(getattr(self.term, "oriented", False))


def production_modes(
    spectrum: Spectrum, state: str, parents: tuple[int, ...], among: Sequence[Process] | None = None
) -> tuple[ProductionMode, ...]:
    """Open modes that make `state` from the given species (PDG codes), of the processes `among` or of all; empty if none is open."""
    found = modes(spectrum, state, parents, among)
    return tuple(_two_body(mode) if len(mode.term.masses) == 2 else _three_body(mode) for mode in found)


def _two_body(mode: Mode) -> ProductionMode:
    m_parent, (m_heavy, m_partner) = mode.term.m_parent, mode.term.masses
    q = float(two_body_momentum(m_parent, m_heavy, m_partner))
    energy = float(two_body_energy(m_parent, m_heavy, m_partner))
    along = np.array([[[energy, 0.0, 0.0, q], [m_parent - energy, 0.0, 0.0, -q]]])
    spin = mode.term.polarisation(along, np.zeros((1, 3)), 0, np.zeros((1, 0)))
    return ProductionMode(
        state=mode.state,
        parent=mode.parent,
        partner=mode.term.pdg[1],
        branching_ratio=mode.branching_ratio,
        polarisation=float(spin[0, 2]),
        m_parent=m_parent,
        m_partner=m_partner,
        m_heavy=m_heavy,
        energy=energy,
        momentum=q,
        antiparticle=mode.antiparticle,
    )


def _three_body(mode: Mode) -> ProductionMode:
    term = mode.term
    # a third of what there is to share: within a factor of two of the mean for any masses
    m_heavy, spare = term.masses[0], term.m_parent - sum(term.masses)
    energy = m_heavy + spare / 3
    return ProductionMode(
        state=mode.state,
        parent=mode.parent,
        partner=term.pdg[1],
        branching_ratio=mode.branching_ratio,
        polarisation=0.0,
        m_parent=term.m_parent,
        m_partner=term.masses[1],
        m_heavy=m_heavy,
        energy=energy,
        momentum=float(np.sqrt((energy - m_heavy) * (energy + m_heavy))),
        antiparticle=mode.antiparticle,
        term=term,
    )


def reach_of_species(parents: tuple[int, ...]) -> dict[str, float]:
    """Largest mass in GeV that each species can make, by name."""
    reach: dict[str, float] = {}
    for code in parents:
        room = [
            pdg.mass(abs(code)) - sum(pdg.mass(abs(product)) for product in process.products)
            for process in processes()
            if abs(process.parent) == abs(code)
        ]
        if room:
            reach[pdg.NAMES[code]] = max(room)
    return reach

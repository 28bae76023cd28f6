"""Which parents make which heavy state, how often and how polarised: what rates and events are made of."""

from dataclasses import dataclass

import numpy as np

from .. import pdg
from ..kernels.kinematics import two_body_energy, two_body_momentum
from ..model.spectrum import Spectrum
from .modes import Mode, modes
from .processes import processes

MISSING_MODES = "heavy neutrinos from three-body decays of mesons, taus and muons are not included"
"""What production leaves out, for the warnings of rates and files."""


@dataclass(frozen=True, slots=True)
class ProductionMode:
    """Two-body decay of a meson or tau into a heavy state and one other particle."""

    state: str
    parent: int
    """PDG code, with sign."""
    partner: int
    """PDG code of the other product, with sign: a charged lepton, or the meson of a tau's decay."""
    branching_ratio: float
    """Of the parent into this mode, mixing included."""
    polarisation: float
    """Of the heavy state along its momentum in the parent's rest frame, for unpolarised parents."""
    m_parent: float
    m_partner: float
    m_heavy: float
    energy: float
    """Of the heavy state in the parent's rest frame, GeV."""
    momentum: float
    """Of either daughter in the parent's rest frame, GeV."""
    antiparticle: bool
    """Whether a Dirac heavy state is made as its antiparticle."""


def production_modes(spectrum: Spectrum, state: str, parents: tuple[int, ...]) -> tuple[ProductionMode, ...]:
    """Open two-body modes that make `state` from the given species (PDG codes); empty if none is open."""
    return tuple(_two_body(mode) for mode in modes(spectrum, state, parents) if len(mode.term.masses) == 2)


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


def reach_of_species(parents: tuple[int, ...]) -> dict[str, float]:
    """Largest mass in GeV that each species with a two-body mode can make, by name."""
    reach: dict[str, float] = {}
    for code in parents:
        room = [
            pdg.mass(abs(code)) - pdg.mass(abs(process.products[0]))
            for process in processes()
            if abs(process.parent) == abs(code) and len(process.products) == 1
        ]
        if room:
            reach[pdg.NAMES[code]] = max(room)
    return reach

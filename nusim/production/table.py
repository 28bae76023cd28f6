"""Which parents make which heavy state, how often and how polarised."""

from dataclasses import dataclass

from .. import pdg
from ..kernels.kinematics import two_body_energy, two_body_momentum
from ..model.spectrum import Spectrum
from .measured import BRANCHING_RATIOS
from .two_body import heavy_polarisation, production_ratio

LEPTONIC_BRANCHING_RATIOS = {
    (parent, pdg.CODES[lepton]): BRANCHING_RATIOS[f"{parent} -> {pdg.NAMES[-pdg.CODES[lepton]]}"]
    for parent in ("pi+", "K+")
    for lepton in ("e-", "mu-")
}
"""Measured branching ratios that fix the normalisation of P -> l N."""

MISSING_MODES = "heavy neutrinos from three-body kaon decays and from muon decays are not included"
"""What production leaves out, for the warnings of rates and files."""


@dataclass(frozen=True, slots=True)
class ProductionMode:
    """Two-body decay of a meson into a charged lepton and a heavy state."""

    state: str
    parent: int
    """PDG code of the meson, with sign."""
    lepton: int
    """PDG code of the charged lepton, with sign."""
    branching_ratio: float
    """Of the meson into this mode, mixing included."""
    polarisation: float
    """Of the heavy state along its momentum in the meson's rest frame."""
    m_parent: float
    m_lepton: float
    m_heavy: float
    energy: float
    """Of the heavy state in the meson's rest frame, GeV."""
    momentum: float
    """Of either daughter in the meson's rest frame, GeV."""
    antiparticle: bool
    """Whether a Dirac heavy state is made as its antiparticle."""


def production_modes(spectrum: Spectrum, state: str, parents: tuple[int, ...]) -> tuple[ProductionMode, ...]:
    """Open two-body modes that make `state` from the given species (PDG codes); empty if none is open."""
    m_heavy = spectrum.mass(state)
    mixing = spectrum.active_mixing2(state)
    modes = []
    for code in parents:
        name = pdg.NAMES.get(abs(code), "")
        for flavour, lepton in enumerate(pdg.LEPTON_OF_FLAVOUR):
            measured = LEPTONIC_BRANCHING_RATIOS.get((name, lepton))
            m_parent, m_lepton = pdg.mass(abs(code)), pdg.mass(lepton)
            if measured is None or mixing[flavour] == 0 or m_heavy + m_lepton >= m_parent:
                continue
            sign = 1 if code > 0 else -1
            modes.append(
                ProductionMode(
                    state=state,
                    parent=code,
                    lepton=-sign * lepton,
                    branching_ratio=float(measured * mixing[flavour] * production_ratio(m_parent, m_lepton, m_heavy)),
                    polarisation=float(sign * heavy_polarisation(m_parent, m_lepton, m_heavy)),
                    m_parent=m_parent,
                    m_lepton=m_lepton,
                    m_heavy=m_heavy,
                    energy=float(two_body_energy(m_parent, m_heavy, m_lepton)),
                    momentum=float(two_body_momentum(m_parent, m_heavy, m_lepton)),
                    antiparticle=code < 0,
                )
            )
    return tuple(modes)


def reach_of_species(parents: tuple[int, ...]) -> dict[str, float]:
    """Largest mass in GeV that each species with a two-body mode can make with any lepton, by name."""
    reach: dict[str, float] = {}
    for code in parents:
        masses = [pdg.mass(lepton) for name, lepton in LEPTONIC_BRANCHING_RATIOS if pdg.CODES[name] == abs(code)]
        if masses:
            reach[pdg.NAMES[code]] = pdg.mass(abs(code)) - min(masses)
    return reach

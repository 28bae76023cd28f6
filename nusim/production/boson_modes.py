"""Ways to make a Z' or a dark scalar that are not decays of a heavy neutrino: for the routes of rates and events.

- P -> l nu Z', l nu phi' and, with a heavy neutrino in the light one's place, l nu4 Z' ...: from the virtual neutrino, no portal needed
  (`boson_emission`). Where a heavy neutrino that decays to the same products can be on its shell the tables of heavy neutrinos hold
  the decay, and what is left of it here is left out: it may be negative, and is small against that.
- kinetic mixing: pi0, eta, eta' -> gamma Z', omega -> pi0 Z', proton bremsstrahlung.
- Higgs mixing: K -> pi phi', B -> K phi', K* phi'.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from .. import pdg
from ..decays.couplings import couplings
from ..decays.dark import boson_mass, dark_parents
from ..kernels.kinematics import two_body_energy
from ..model.model import DarkSector
from ..model.spectrum import Spectrum
from ..units import HBARC
from .boson_emission import lines, width
from .boson_sources import EmissionSource, TwoBodySource
from .bremsstrahlung import bremsstrahlung_source, number
from .measured import BRANCHING_RATIOS
from .modes import modes
from .portal_widths import PENGUINS, zprime_ratio
from .processes import DECAY_CONSTANTS
from .table import ProductionMode, SourceTerm
from .two_body import width_meson

NEUTRAL_MESONS = (111, 221, 223, 331)
MISSING_BOSONS = (
    "dark bosons: those of quark processes (Drell-Yan), of rho and phi mesons and of B decays to kaons above the K*(892) are not included"
)
_LEAST = 1e-3
"""Emission of a boson that happens less than this often in a parent's decays for each heavy neutrino that it makes is left out while the
boson's own portal is closed: then it adds nothing else that can be seen, and every route costs time."""


def is_open(spectrum: Spectrum) -> bool:
    """Whether a portal is."""
    model = spectrum.model
    return isinstance(model, DarkSector) and (model.portals.kinetic != 0 or model.portals.sin_alpha != 0)


def zprime_from_mesons(spectrum: Spectrum) -> bool:
    """Whether kinetic mixing is on: neutral mesons and the beam's protons make Z'."""
    return isinstance(spectrum.model, DarkSector) and spectrum.model.portals.kinetic != 0


def boson_production_modes(spectrum: Spectrum, parents: Sequence[int], beam_momentum: float | None = None) -> tuple[ProductionMode, ...]:
    """Open modes of the given parents (PDG codes, with sign) that make a boson, or a heavy neutrino beside one.

    `beam_momentum` in GeV/c: of the protons, if `pdg.PROTON_NUCLEON` is among the parents.
    """
    if not dark_parents(spectrum):
        return ()
    found = []
    for code in parents:
        if abs(code) in DECAY_CONSTANTS:
            found += _emission(spectrum, code)
        found += _zprime(spectrum, code)
        found += _scalar(spectrum, code)
        if code == pdg.PROTON_NUCLEON and beam_momentum is not None:
            found += _bremsstrahlung(spectrum, beam_momentum)
    return tuple(found)


def _mode(term: SourceTerm, parent: int, state: str, ratio: float, energy: float | None = None) -> ProductionMode:
    m, own = term.m_parent, term.masses[0]
    if energy is None:
        exact = len(term.masses) == 2
        energy = float(two_body_energy(m, own, term.masses[1])) if exact else own + (m - sum(term.masses)) / 3
    return ProductionMode(
        state=state,
        parent=parent,
        partner=term.pdg[1],
        branching_ratio=ratio,
        polarisation=0.0,
        m_parent=m,
        m_partner=term.masses[1],
        m_heavy=own,
        energy=energy,
        momentum=math.sqrt(max((energy - own) * (energy + own), 0.0)),
        antiparticle=term.pdg[0] < 0,
        term=term,
    )


def _zprime(spectrum: Spectrum, parent: int) -> list[ProductionMode]:
    assert isinstance(spectrum.model, DarkSector)
    epsilon = spectrum.model.portals.kinetic
    if parent not in NEUTRAL_MESONS or epsilon == 0:
        return []
    m = boson_mass(spectrum, "zprime")
    ratio = epsilon**2 * float(zprime_ratio(parent, m))
    if ratio == 0:
        return []
    other = 111 if parent == 223 else 22
    codes = (pdg.HEAVY_STATE_CODES["zprime"], other)
    total = float(HBARC) / pdg.ctau(parent)
    return [_mode(TwoBodySource(codes, pdg.mass(parent), (m, pdg.mass(other)), ratio * total, True), parent, "zprime", ratio)]


def _scalar(spectrum: Spectrum, parent: int) -> list[ProductionMode]:
    assert isinstance(spectrum.model, DarkSector)
    alpha, m = spectrum.model.portals.sin_alpha, boson_mass(spectrum, "phi")
    made = []
    for penguin in PENGUINS if alpha != 0 else ():
        conjugate = parent == pdg.anti(penguin.parent) != penguin.parent
        ratio = alpha**2 * float(penguin.ratio(m))
        if not (parent == penguin.parent or conjugate) or ratio == 0:
            continue
        mass = pdg.mass(penguin.parent)
        codes = (pdg.HEAVY_STATE_CODES["phi"], pdg.anti(penguin.daughter) if conjugate else penguin.daughter)
        total = float(HBARC) / pdg.ctau(penguin.parent)
        made.append(_mode(TwoBodySource(codes, mass, (m, pdg.mass(penguin.daughter)), ratio * total, False), parent, "phi", ratio))
    return made


def _bremsstrahlung(spectrum: Spectrum, momentum: float) -> list[ProductionMode]:
    assert isinstance(spectrum.model, DarkSector)
    epsilon, m = spectrum.model.portals.kinetic, boson_mass(spectrum, "zprime")
    ratio = epsilon**2 * number(m, momentum)
    if ratio == 0:
        return []
    term = bremsstrahlung_source(m, momentum, pdg.HEAVY_STATE_CODES["zprime"])
    # of z = 0.3 and no transverse momentum
    lab = math.hypot(0.3 * momentum, m)
    energy = (math.hypot(momentum, term.m_parent) * lab - 0.3 * momentum**2) / term.m_parent
    return [_mode(term, pdg.PROTON_NUCLEON, "zprime", ratio, max(energy, m))]


def _emission(spectrum: Spectrum, parent: int) -> list[ProductionMode]:
    """P -> l nu boson, light neutrinos together and every heavy one; two modes of the latter, each following one of the states."""
    assert isinstance(spectrum.model, DarkSector)
    positive, made = abs(parent), []
    m_parent = pdg.mass(positive)
    f, ckm = DECAY_CONSTANTS[positive]
    coupling = float(f * ckm)
    found = couplings(spectrum)
    direct = sum(mode.branching_ratio for state in spectrum.heavy_states for mode in modes(spectrum, state, (parent,)))
    for boson in ("zprime", "phi"):
        m_boson = boson_mass(spectrum, boson)
        portal = (spectrum.model.portals.kinetic if boson == "zprime" else spectrum.model.portals.sin_alpha) != 0
        for flavour, lepton in enumerate(pdg.LEPTON_OF_FLAVOUR):
            m_lepton = pdg.mass(lepton)
            room = m_parent - m_lepton
            scale = _measured(positive, lepton, m_parent, m_lepton, coupling)
            for product in ("nu", *spectrum.heavy_states):
                m_out = 0.0 if product == "nu" else spectrum.mass(product)
                if m_out + m_boson >= room or any(m_out + m_boson < spectrum.mass(one) < room for one in spectrum.heavy_states):
                    continue
                several = lines(spectrum, boson, flavour, product)
                parts = [float(width(line, m_parent, m_lepton, m_boson, coupling)) for line in several]  # type: ignore[arg-type]
                total = sum(parts)
                ratio = scale * total * pdg.ctau(positive) / float(HBARC)
                if not total > 0 or (not portal and ratio < _LEAST * direct):
                    continue
                column = max(range(len(several)), key=parts.__getitem__)
                light = found.light[column] if product == "nu" else 0
                neutrino = pdg.NEUTRINO_OF_FLAVOUR[found.flavour(light)] if product == "nu" else pdg.HEAVY_STATE_CODES[product]
                codes = {"boson": pdg.HEAVY_STATE_CODES[boson], "lepton": -lepton, "out": neutrino}
                masses = {"boson": m_boson, "lepton": m_lepton, "out": m_out}
                for followed, last in (("boson", "out"), ("out", "boson")):
                    if followed == "out" and product == "nu":
                        continue
                    order = (followed, "lepton", last)
                    term = EmissionSource(
                        tuple(codes[one] for one in order), m_parent, tuple(masses[one] for one in order), scale * total,
                        several, coupling, scale, followed == "boson",
                    )  # fmt: skip
                    if parent < 0:
                        term = term.conjugate()
                        if spectrum.majorana:
                            heavy = pdg.HEAVY_STATE_CODES.values()
                            term = replace(term, pdg=tuple(abs(one) if abs(one) in heavy else one for one in term.pdg))
                    made.append(_mode(term, parent, boson if followed == "boson" else product, ratio))
    return made


def _measured(parent: int, lepton: int, m_parent: float, m_lepton: float, coupling: float) -> float:
    """Measured over computed width of P -> l nu, or of P -> mu nu; 1 where neither is measured."""
    for code in (lepton, 13):
        key = f"{pdg.NAMES[parent]} -> {pdg.NAMES[-code]}"
        if key in BRANCHING_RATIOS:
            computed = float(width_meson(m_parent, pdg.mass(code), 0.0, coupling)) * pdg.ctau(parent) / float(HBARC)
            # the radiative correction of pi, K -> e nu goes with helicity suppression, which the boson lifts
            return 1.0 if code == 11 else float(BRANCHING_RATIOS[key]) / computed
    return 1.0

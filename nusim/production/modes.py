"""All ways to make a heavy neutrino N: branching ratios with their normalisation and error, and the terms events are drawn from.

A branching ratio is the measured one of the same decay with a light neutrino times the ratio of widths, wherever `measured` holds one
(then form factors enter by their shape alone, decay constants and CKM elements not at all); otherwise width times lifetime.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

import numpy as np

from .. import pdg
from ..constants import Measured
from ..errors import ParameterError
from ..kernels.arrays import Array, ArrayLike
from ..model.spectrum import Spectrum
from ..units import HBARC
from .measured import BRANCHING_RATIOS
from .processes import Leptonic, MesonLeptonic, Process, Semileptonic, processes
from .semileptonic import Transition
from .semileptonic import width as semileptonic_width
from .terms import ProductionTerm


class Normalisation(NamedTuple):
    """What a branching ratio rests on."""

    factor: float
    """Branching ratio per GeV of width."""
    error: float
    """Relative, of the branching ratio."""
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Mode:
    """A decay of one species of parent into a heavy state."""

    state: str
    parent: int
    """PDG code, with sign."""
    products: str
    """In nusim's canonical order, such as 'nu4 e+ pi0'."""
    flavour: int
    """Of the mixing: 0, 1, 2."""
    branching_ratio: float
    """Of the parent into this mode, mixing included."""
    error: float
    """Relative, of the branching ratio at fixed mixing: measurement or theory."""
    normalisation: str
    antiparticle: bool
    """Whether a Dirac heavy state is made as its antiparticle."""
    term: ProductionTerm
    """In the parent's rest frame; its width is the partial width, GeV."""


def name_of(process: Process) -> str:
    """Such as 'K+ -> N e+ pi0', 'tau- -> N e- nubar_e' (through U_tau) or 'tau- -> N e- nu_tau' (through U_e)."""
    return f"{pdg.NAMES[process.parent]} -> N {' '.join(_product_name(code) for code in process.products)}"


def _product_name(code: int) -> str:
    if abs(code) in pdg.NEUTRINO_OF_FLAVOUR:
        flavour = pdg.FLAVOURS[pdg.NEUTRINO_OF_FLAVOUR.index(abs(code))]
        return f"nu{'bar' if code < 0 else ''}_{flavour}"
    return pdg.NAMES[code]


def _measured_key(process: Process, lepton: int) -> list[str]:
    """Keys of the measurement of a process with the given lepton in place of its own."""
    parent = pdg.NAMES[process.parent]
    if process.parent in (130, 310):
        return [f"{parent} -> {pdg.NAMES[abs(lepton)][:-1]} pi"]
    rest = [pdg.NAMES[code] for code in process.products if abs(code) not in pdg.LEPTON_OF_FLAVOUR + pdg.NEUTRINO_OF_FLAVOUR]
    if process.parent in (13, 15) and rest:
        return [f"{parent} -> {rest[0]}"]
    average = ["l" + pdg.NAMES[lepton][-1]] if abs(lepton) in (11, 13) else []
    heads = [pdg.NAMES[lepton], *average]
    return [" ".join([f"{parent} -> {head}", *rest]) for head in heads]


def _with_lepton(process: Process, lepton: int) -> Process:
    if isinstance(process, MesonLeptonic):
        return MesonLeptonic(process.parent, lepton)
    if isinstance(process, Semileptonic):
        return Semileptonic(process.transition, lepton)
    return process


def reference(process: Process) -> tuple[Measured, Process] | None:
    """The measurement a process is normalised to and the process measured: its own lepton if it can be, else mu, else e."""
    own = process.products[0]
    sign = 1 if own > 0 else -1
    leptons = [own]
    if isinstance(process, MesonLeptonic | Semileptonic):
        leptons += [sign * 13, sign * 11]
    for lepton in leptons:
        for key in _measured_key(process, lepton):
            if key in BRANCHING_RATIOS:
                return BRANCHING_RATIOS[key], _with_lepton(process, lepton)
    return None


@cache
def normalisation(process: Process) -> Normalisation:
    """Measured if `measured` has the decay with a light neutrino, else by the lifetime."""
    found = reference(process)
    if found is None:
        factor = pdg.ctau(process.parent) / float(HBARC)
        return Normalisation(factor, process.theory_error, f"computed, with the lifetime; {process.source}")
    measured, same = found
    charges = 2 if process.parent in (130, 310) else 1
    factor = float(measured) / (charges * float(same.width(0.0)))
    error = float(np.hypot(measured.error / measured, process.shape_error))
    both = " (both charges)" if charges == 2 else ""
    decay = name_of(same).replace(" N ", " nu ")
    return Normalisation(factor, error, f"BR({decay}){both} = {float(measured):.6g}, {measured.source}")


def branching_ratios(
    masses: ArrayLike, mixing2: Sequence[float] = (1.0, 1.0, 1.0), parents: Sequence[int] | None = None
) -> dict[str, Array]:
    """Branching ratio of every process at the given masses of N (GeV), by the name of `name_of`; 0 beyond threshold.

    `mixing2`: |U_e|^2, |U_mu|^2, |U_tau|^2. `parents`: PDG codes of mesons (positive) and leptons (negative charge); all by default.
    For a Majorana N and for a Dirac one alike: each process is one charge state.
    """
    masses = np.asarray(masses, float)
    chosen = [process for process in processes() if parents is None or process.parent in parents]
    leptons: dict[Transition, list[float]] = {}
    for process in chosen:
        if isinstance(process, Semileptonic):
            known = leptons.setdefault(process.transition, [])
            if pdg.mass(process.lepton) not in known:
                known.append(pdg.mass(process.lepton))
    # one call for all leptons of a transition
    wide = {
        transition: semileptonic_width(transition, np.array(several).reshape(-1, *(1,) * masses.ndim), masses)
        for transition, several in leptons.items()
    }
    found: dict[str, Array] = {}
    once: dict[tuple[int, int], Array] = {}
    for process in chosen:
        if isinstance(process, Semileptonic):
            width = wide[process.transition][leptons[process.transition].index(pdg.mass(process.lepton))]
        elif isinstance(process, Leptonic):
            key = (process.parent, process.lepton)
            if key not in once:
                once[key] = process.width(masses)
            width = once[key]
        else:
            width = process.width(masses)
        found[name_of(process)] = normalisation(process).factor * mixing2[process.flavour] * width
    return found


def modes(spectrum: Spectrum, state: str, parents: Sequence[int], among: Sequence[Process] | None = None) -> tuple[Mode, ...]:
    """Open modes that make `state` from the given species (PDG codes, with sign), two- and three-body ones alike; empty if none is open.

    `among`: the processes that count; all by default.
    """
    m_heavy, mixing = spectrum.mass(state), spectrum.active_mixing2(state)
    if state not in pdg.HEAVY_STATE_CODES:
        raise ParameterError(f"state {state!r}: no PDG code; known: {' '.join(pdg.HEAVY_STATE_CODES)}")
    found = []
    for code in parents:
        for process in processes() if among is None else among:
            conjugate = process.parent == pdg.anti(code) != code
            if not (process.parent == code or conjugate) or mixing[process.flavour] == 0:
                continue
            width = float(process.width(m_heavy))
            if width == 0:
                continue
            norm = normalisation(process)
            antiparticle = process.antineutrino != conjugate
            ratio = norm.factor * float(mixing[process.flavour]) * width
            # the code's sign says nothing of a Majorana state; the term's own sign does of its spin
            heavy = pdg.HEAVY_STATE_CODES[state] * (-1 if antiparticle and not spectrum.majorana else 1)
            total = float(HBARC) / pdg.ctau(abs(code))
            term = process.term(m_heavy, heavy, ratio * total / width)
            if conjugate:
                term = term.conjugate()
                term = replace(term, pdg=(heavy, *term.pdg[1:]))
            names = [_canonical_name(one) for one in term.pdg[1:]]
            found.append(
                Mode(
                    state,
                    code,
                    pdg.canonical_products(" ".join([state, *names])),
                    process.flavour,
                    ratio,
                    norm.error,
                    norm.source,
                    antiparticle,
                    term,
                )
            )
    return tuple(found)


def _canonical_name(code: int) -> str:
    return "nu" if abs(code) in pdg.NEUTRINO_OF_FLAVOUR else pdg.NAMES[code]

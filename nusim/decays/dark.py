"""Channels through the Z', the dark scalar and their mixing with the photon, the Z and the Higgs, for parents of a dark-neutrino model.

Three-body decays hold all currents in one amplitude: 'nu nu nu' adds Z' and dark scalar to the Z, 'nu l- l+' the kinetic mixing to W and
Z. A boson that can be made on its shell leaves the three-body channel: 'nu4 zprime' with the boson's own table takes its place, which
is the narrow-width approximation, accurate to the boson's width over its mass.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations_with_replacement

import numpy as np

from .. import pdg
from ..kernels.arrays import Array
from ..model.model import DarkSector
from ..model.spectrum import Spectrum
from .boson_terms import EmissionTerm, boson_decay_terms, emission_terms
from .channel import CascadeTerm, Channel
from .couplings import Couplings, couplings
from .dark_terms import three_body_terms, three_body_widths
from .dark_widths import boson_partial_widths, boson_width, boson_widths, emission_partial_widths, spectral_factor

SOURCE = "arXiv:1903.07590, Eqs. 14-16, with exchange, interference and massive daughters"
_BROAD = 1e-2
"""Width of a boson over its room above threshold beyond which what is left out of it is said aloud."""
_LARGE_KINETIC = 0.1
"""Kinetic mixing beyond which first order is said aloud."""
_LARGE_MIXING = 1e-2
"""Sum of |U|^2 beyond which leading order is said aloud."""


def dark_parents(spectrum: Spectrum) -> tuple[str, ...]:
    """Bosons of the model that have a decay table."""
    return ("zprime", "phi") if isinstance(spectrum.model, DarkSector) else ()


def boson_mass(spectrum: Spectrum, boson: str) -> float:
    """Mass of the Z' or the dark scalar, GeV."""
    assert isinstance(spectrum.model, DarkSector)
    mediator = spectrum.model.mediator
    return mediator.m_zprime if boson == "zprime" else mediator.m_phi


def dark_channels(spectrum: Spectrum, state: str) -> list[Channel]:
    """Channels of a heavy neutrino or a boson of a dark-neutrino model, closed ones included; none for other models.

    'nu nu nu' is always among those of a neutrino, 'nu l- l+' where a portal is open: they stand for the SM channels of these names.
    """
    if not isinstance(spectrum.model, DarkSector):
        return []
    found = couplings(spectrum)
    if state in dark_parents(spectrum):
        return _channels(state, boson_decay_terms(found, state), _boson_products(found, state))
    widths = boson_width(found, "zprime"), boson_width(found, "phi")
    three = three_body_terms(found, state, widths, _portal(spectrum))
    terms: dict[str, Sequence[CascadeTerm]] = {**three, **_emissions(found, state, widths)}
    return _channels(state, terms, _neutrino_products(found, state))


def _emissions(found: Couplings, state: str, widths: tuple[float, float]) -> dict[str, list[EmissionTerm]]:
    """Decays into a boson on its shell, their widths those with the boson's line shape: so they join what is off the shell."""
    joined: dict[str, list[EmissionTerm]] = {}
    for name, terms in emission_terms(found, state).items():
        for term in terms:
            boson_at = [abs(code) in _BOSON_CODES for code in term.pdg].index(True)
            boson = pdg.NAMES[term.pdg[boson_at]]
            width = widths[0] if boson == "zprime" else widths[1]
            factor = spectral_factor(found, boson, term.m_parent, term.masses[1 - boson_at], term.left, term.right, width)
            root = math.sqrt(factor)
            joined.setdefault(name, []).append(replace(term, width=term.width * factor, left=term.left * root, right=term.right * root))
    return joined


_BOSON_CODES = tuple(pdg.HEAVY_STATE_CODES[boson] for boson in sorted(pdg.BOSONS))


def dark_partial_widths(points: Sequence[Spectrum], state: str) -> dict[str, Array]:
    """The widths of `dark_channels` at many points of one kind of model, GeV, each of shape (points,); 0 where closed.

    'nu l- l+' is there only if some point opens a portal; then it stands for the SM channel at all of them.
    """
    found = [couplings(spectrum) for spectrum in points]
    if state in pdg.BOSONS:
        return boson_partial_widths(found, state)
    zprime, phi = (boson_widths(found, boson) for boson in ("zprime", "phi"))
    portal = any(_portal(spectrum) for spectrum in points)
    emitted = emission_partial_widths(found, state)
    for number, (one, *widths) in enumerate(zip(found, zprime.tolist(), phi.tolist(), strict=True)):
        room = one.masses[one.heavy(state)] - np.array([one.zprime.mass, one.m_phi])
        if np.any((room > 0) & (np.array(widths) > 0)):
            for name, terms in _emissions(one, state, (widths[0], widths[1])).items():
                emitted[name][number] = math.fsum(term.width for term in terms)
    return {**three_body_widths(found, state, (zprime, phi), portal), **emitted}


def _portal(spectrum: Spectrum) -> bool:
    """Whether kinetic or scalar mixing is on."""
    assert isinstance(spectrum.model, DarkSector)
    return spectrum.model.portals.kinetic != 0 or spectrum.model.portals.sin_alpha != 0


def _channels(state: str, terms: Mapping[str, Sequence[CascadeTerm]], closed: Iterable[str]) -> list[Channel]:
    listed = []
    for name in dict.fromkeys([*terms, *closed]):
        own = tuple(term for term in terms.get(name, ()) if term.width > 0)
        via = tuple(dict.fromkeys(boson for term in own for boson in term.via))
        listed.append(Channel(state, name, math.fsum(term.width for term in own), tuple(sorted(via)), own, SOURCE))
    return listed


def _neutrino_products(found: Couplings, state: str) -> list[str]:
    """Every final state that a heavy neutrino could have, were there room."""
    lighter = [name for name in found.names if name in pdg.HEAVY_STATE_CODES and found.heavy(name) < found.heavy(state)]
    labels = ["nu", *lighter]
    names = [" ".join(some) for some in combinations_with_replacement(labels, 3)]
    names += [f"{label} {boson}" for label in labels for boson in ("zprime", "phi")]
    leptons = [f"{a}- {b}+" for a in pdg.FLAVOURS for b in pdg.FLAVOURS]
    names += [f"{label} {pair}" for label in lighter for pair in leptons]
    return [pdg.canonical_products(name) for name in names]


def _boson_products(found: Couplings, boson: str) -> list[str]:
    """Every final state that a boson could have, were there room."""
    heavy = [name for name in found.names if name in pdg.HEAVY_STATE_CODES]
    names = [" ".join(some) for some in combinations_with_replacement(["nu", *heavy], 2)]
    names += [f"{flavour}- {flavour}+" for flavour in pdg.FLAVOURS]
    if boson == "phi":
        names.append("zprime zprime")
    return [pdg.canonical_products(name) for name in names]


def dark_warnings(spectrum: Spectrum, state: str) -> list[str]:
    """What the table of a state of a dark-neutrino model leaves out or takes to be simpler than it is."""
    model = spectrum.model
    if not isinstance(model, DarkSector):
        return []
    notes, pions = [], 2 * pdg.mass(pdg.CODES["pi+"])
    mediator, portals, found = model.mediator, model.portals, couplings(spectrum)
    if abs(portals.kinetic) > _LARGE_KINETIC:
        notes.append(f"{state}: epsilon = {portals.kinetic:.3g}: kinetic mixing is at first order, corrections go as its square")
    if state in pdg.BOSONS:
        mixing = {"zprime": portals.kinetic, "phi": portals.sin_alpha}[state]
        if boson_width(found, state) == 0:
            notes.append(f"{state}: no decay is open: it is stable")
        if mixing and boson_mass(spectrum, state) > pions:
            notes.append(f"{state}: decays into hadrons are missing; the total width is too small")
        return notes
    mass = spectrum.mass(state)
    if portals.kinetic and mass > pions:
        notes.append(f"{state}: decays into hadrons through kinetic mixing are missing")
    if portals.sin_alpha and mass > pions:
        notes.append(f"{state}: decays into hadrons through scalar mixing are missing")
    for boson, m in (("zprime", mediator.m_zprime), ("phi", mediator.m_phi)):
        if m < mass:
            width = boson_width(found, boson)
            notes += dark_warnings(spectrum, boson)
            rooms = [mass - other - m for other in found.masses if mass - other > m]
            if width > _BROAD * min(rooms):
                notes.append(
                    f"{state} -> {boson}: made {min(rooms):.2g} GeV above threshold with a width of {width:.2g} GeV: the line "
                    "shape is in the width, exchange and interference with it are not"
                )
    if mixing_sum(spectrum) > _LARGE_MIXING:
        notes.append(f"{state}: |U|^2 adds up to {mixing_sum(spectrum):.2g}; channels through SM currents are at leading order in it")
    return notes


def mixing_sum(spectrum: Spectrum) -> float:
    """|U|^2 summed over flavours and heavy states."""
    return float(sum(spectrum.active_mixing2(state).sum() for state in spectrum.heavy_states))

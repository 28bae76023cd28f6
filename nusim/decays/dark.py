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
from ..constants import M_Z, SIN2_THETA_W
from ..kernels.arrays import Array
from ..model.model import DarkSector
from ..model.spectrum import Spectrum
from .boson_hadrons import CONTINUUM, M_B, M_D, M_PI0, NARROW, OMEGA_PI0_TOP
from .boson_strings import scalar_strings, zprime_strings
from .boson_terms import EmissionTerm, boson_decay_terms, emission_terms
from .channel import CascadeTerm, Channel
from .couplings import Couplings, couplings
from .dark_terms import three_body_terms, three_body_widths
from .dark_widths import boson_partial_widths, boson_width, boson_widths, emission_partial_widths, hadron_width, spectral_factor
from .scalar_hadrons import PERTURBATIVE_FROM
from .virtual_hadron_terms import virtual_hadron_terms
from .virtual_hadrons import standard_factors, virtual_hadron_widths

SOURCE = "arXiv:1903.07590, Eqs. 14-16, with exchange, interference and massive daughters"
ZPRIME_HADRONS = (
    "R(s) of e+e-: pi pi, K K, 3 pi, pi0 gamma, eta gamma of BaBar arXiv:1205.2228, hep-ph/0409080 and PDG peaks; the rest rising to "
    "quarks with QCD corrections at 1.75 GeV"
)
PHI_HADRONS = "leading chiral order below 1 GeV; gluons and quarks above 2 GeV, A. Djouadi, hep-ph/0503172, sec. 2"
PHOTONS = "loops of W, leptons and heavy quarks; A. Djouadi, hep-ph/0503172, sec. 2.3"
_NONE: Mapping[str, float] = {}
_NO_PARTONS: Mapping[str, Sequence[CascadeTerm]] = {}
_BROAD = 1e-2
"""Width of a boson over its room above threshold beyond which what is left out of it is said aloud."""
_LARGE_KINETIC = 0.1
"""Kinetic mixing beyond which first order is said aloud."""
_LARGE_ANGLE, _AROUND_Z = 0.1, 0.3
"""Angle between Z and Z' beyond which first order is said aloud, and the relative distance of their masses up to which it counts."""
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
    'nu hadrons' adds to the SM channel of this name.
    """
    if not isinstance(spectrum.model, DarkSector):
        return []
    found = couplings(spectrum)
    bare: dict[str, float] = {}
    if state in dark_parents(spectrum):
        bare = {"hadrons": float(hadron_width([found], state, np.array([boson_mass(spectrum, state)]))[0])}
        strings = (zprime_strings if state == "zprime" else scalar_strings)(found, bare["hadrons"])
        return _channels(state, boson_decay_terms(found, state), _boson_products(found, state), bare, {"hadrons": strings})
    widths = boson_width(found, "zprime"), boson_width(found, "phi")
    three = three_body_terms(found, state, widths, _portal(spectrum))
    terms: dict[str, Sequence[CascadeTerm]] = {**three, **_emissions(found, state, widths)}
    if _portal(spectrum):
        hadrons = virtual_hadron_widths([found], state, (np.array(widths[:1]), np.array(widths[1:])))
        bare = {name: float(width[0]) for name, width in hadrons.items()}
        terms |= virtual_hadron_terms(found, state, widths[0])
    return _channels(state, terms, [*_neutrino_products(found, state), *bare], bare)


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
        boson_widths(found, state)
        return boson_partial_widths(found, state)
    zprime, phi = (boson_widths(found, boson) for boson in ("zprime", "phi"))
    portal = any(_portal(spectrum) for spectrum in points)
    emitted = emission_partial_widths(found, state, (zprime, phi))
    hadrons = virtual_hadron_widths(found, state, (zprime, phi)) if portal else {}
    return {**three_body_widths(found, state, (zprime, phi), portal), **emitted, **hadrons}


def standard_with_dark(
    points: Sequence[Spectrum], state: str, standard: Mapping[str, Array], dark: Mapping[str, Array]
) -> dict[str, Array]:
    """Widths of all channels of a heavy neutrino at many points from those through SM currents and `dark_partial_widths`.

    A dark channel stands for the SM one of its name, but 'nu hadrons' adds to it; SM channels that kinetic mixing reaches get their
    factors.
    """
    joined = {**standard, **dark}
    if "nu hadrons" in standard and "nu hadrons" in dark:
        joined["nu hadrons"] = standard["nu hadrons"] + dark["nu hadrons"]
    if any(_portal(spectrum) for spectrum in points):
        found = [couplings(spectrum) for spectrum in points]
        for name, factor in standard_factors(found, state, boson_widths(found, "zprime")).items():
            if name in standard:
                joined[name] = standard[name] * factor
    return joined


def channels_with_dark(spectrum: Spectrum, state: str, standard: Sequence[Channel], dark: Sequence[Channel]) -> list[Channel]:
    """`standard_with_dark` for channels of one point, with their terms: those of 'nu rho0', ... keep their shape."""
    by_name = {channel.products: channel for channel in dark}
    factors: dict[str, Array] = {}
    if dark_parents(spectrum) and _portal(spectrum):
        found = couplings(spectrum)
        factors = standard_factors([found], state, np.array([boson_width(found, "zprime")]))
    listed = []
    for channel in standard:
        name = channel.products
        if name == "nu hadrons" and name in by_name:
            more = by_name.pop(name)
            if more.width > 0:
                via = tuple(sorted({*channel.via, *more.via}))
                source = f"{channel.source}; {more.source}"
                channel = replace(channel, width=channel.width + more.width, via=via, terms=(), partons=(), source=source)
        elif name in by_name:
            # what is not known of W and Z is not known of the whole
            by_name[name] = replace(by_name[name], errors=channel.errors)
            continue
        factor = float(factors[name][0]) if name in factors else 1.0
        listed.append(channel if factor == 1.0 else _scaled(channel, factor))
    return [*listed, *by_name.values()]


def _scaled(channel: Channel, factor: float) -> Channel:
    """A channel through SM currents whose |M|^2 kinetic mixing multiplies by a factor."""
    terms = []
    for term in channel.terms:
        changed = {name: getattr(term, name) * factor for name in ("width", "scale") if hasattr(term, name)}
        terms.append(replace(term, **changed))  # type: ignore[type-var]  # every term is a dataclass
    via = tuple(sorted({*channel.via, "Z'"}))
    width = math.fsum(term.width for term in terms) if terms else channel.width * factor
    errors = {cause: factor * error for cause, error in channel.errors.items()}
    return replace(channel, width=width, via=via, terms=tuple(terms), partons=(), errors=errors)


def _portal(spectrum: Spectrum) -> bool:
    """Whether kinetic or scalar mixing is on."""
    assert isinstance(spectrum.model, DarkSector)
    return spectrum.model.portals.kinetic != 0 or spectrum.model.portals.sin_alpha != 0


def _channels(
    state: str,
    terms: Mapping[str, Sequence[CascadeTerm]],
    closed: Iterable[str],
    bare: Mapping[str, float] = _NONE,
    partons: Mapping[str, Sequence[CascadeTerm]] = _NO_PARTONS,
) -> list[Channel]:
    """Channels with their terms, closed ones, and the `bare` ones of which the width alone is known, and the `partons` of some."""
    listed = []
    for name in dict.fromkeys([*terms, *closed]):
        own = tuple(term for term in terms.get(name, ()) if term.width > 0)
        via = tuple(dict.fromkeys(boson for term in own for boson in term.via))
        width = math.fsum(term.width for term in own) if own else bare.get(name, 0.0)
        if not own and width > 0:
            via = ("phi'",) if state == "phi" else ("Z'",)
        strings = tuple(partons.get(name, ())) if not own else ()
        listed.append(Channel(state, name, width, tuple(sorted(via)), own, _source(state, name), partons=strings))
    return listed


def _source(state: str, products: str) -> str:
    """Where the width of a dark channel comes from."""
    if products == "gamma gamma":
        return PHOTONS
    if products == "hadrons":
        return ZPRIME_HADRONS if state == "zprime" else PHI_HADRONS
    return f"virtual Z': {ZPRIME_HADRONS}; virtual phi': {PHI_HADRONS}" if "hadrons" in products.split() else SOURCE


def _neutrino_products(found: Couplings, state: str) -> list[str]:
    """Every final state that a heavy neutrino could have, were there room."""
    lighter = [name for name in found.names if name in pdg.HEAVY_STATE_CODES and found.heavy(name) < found.heavy(state)]
    labels = ["nu", *lighter]
    names = [" ".join(some) for some in combinations_with_replacement(labels, 3)]
    names += [f"{label} {boson}" for label in labels for boson in ("zprime", "phi")]
    leptons = [f"{a}- {b}+" for a in pdg.FLAVOURS for b in pdg.FLAVOURS]
    names += [f"{label} {pair}" for label in lighter for pair in (*leptons, "hadrons")]
    return [pdg.canonical_products(name) for name in names]


def _boson_products(found: Couplings, boson: str) -> list[str]:
    """Every final state that a boson could have, were there room."""
    heavy = [name for name in found.names if name in pdg.HEAVY_STATE_CODES]
    names = [" ".join(some) for some in combinations_with_replacement(["nu", *heavy], 2)]
    names += [f"{flavour}- {flavour}+" for flavour in pdg.FLAVOURS]
    names += ["zprime zprime", "gamma gamma", "hadrons"] if boson == "phi" else ["hadrons"]
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
    apart = abs(1 - (mediator.m_zprime / M_Z) ** 2)
    angle = abs(portals.kinetic) * math.sqrt(SIN2_THETA_W / (1 - SIN2_THETA_W)) / apart if portals.kinetic else 0.0
    if angle > _LARGE_ANGLE and abs(mediator.m_zprime / M_Z - 1) < _AROUND_Z:
        notes.append(f"{state}: Z and Z' mix by an angle of {angle:.2g}: it is at first order, corrections go as its square")
    if state in pdg.BOSONS:
        if boson_width(found, state) == 0:
            notes.append(f"{state}: no decay is open: it is stable")
        return notes + _hadron_notes(spectrum, state)
    mass = spectrum.mass(state)
    if portals.kinetic and mass > CONTINUUM[0]:
        notes.append(f"{state}: hadrons through kinetic mixing do not interfere with those of W and Z beyond rho, omega and phi")
    if portals.sin_alpha and mass > pions:
        notes.append(f"{state}: hadrons through scalar mixing are known to an order of magnitude")
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


def _hadron_notes(spectrum: Spectrum, boson: str) -> list[str]:
    """How well the hadronic width of a boson is known, where that is worse than 10%."""
    found, m, notes = couplings(spectrum), boson_mass(spectrum, boson), []
    if boson == "zprime" and found.electric:
        if OMEGA_PI0_TOP < m < CONTINUUM[1]:
            notes.append(f"{boson}: between 1.1 and 1.75 GeV its width into hadrons is known to about 20%")
        narrow = [name for name, mass in NARROW.items() if abs(m / mass - 1) < _NEAR]
        if narrow:
            notes.append(f"{boson}: within 1% of the {narrow[0]}, whose mixing with it is left out")
    if boson == "phi" and found.scalar_fermion and m > 2 * M_PI0:
        opening = any(0 < m - threshold < _OPENING for threshold in (2 * M_D, 2 * M_B))
        if m > PERTURBATIVE_FROM:
            accuracy = "a factor of two" if opening else "30%"
        else:
            accuracy = "an order of magnitude" if m > _CHIRAL_GOOD else "a factor of two"
        notes.append(f"{boson}: its width into hadrons is known to {accuracy}")
    return notes


_NEAR = 1e-2
_OPENING = 2.0
"""GeV above the threshold of charm or beauty up to which a scalar's width into them is between two prescriptions for the quark's mass."""
_CHIRAL_GOOD = 0.5
"""GeV above which rescattering of two pions enhances the width by more than two."""


def mixing_sum(spectrum: Spectrum) -> float:
    """|U|^2 summed over flavours and heavy states."""
    return float(sum(spectrum.active_mixing2(state).sum() for state in spectrum.heavy_states))

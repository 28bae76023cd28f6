"""Every channel of a heavy neutrino through SM currents, one list from which tables, widths and events follow; and whole decay tables.

A channel is a list of pieces: one light-neutrino flavour (or charged-lepton flavour) and one lepton number each. Pieces of a
channel do not interfere. A Dirac particle has the pieces that conserve lepton number, a Majorana neutrino all of them.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from .. import pdg
from ..constants import G_F, SIN2_THETA_W
from ..errors import ParameterError
from ..kernels.arrays import Array
from ..model.spectrum import Spectrum
from . import hadronic, leptonic
from .channel import Channel, DecayTable, Term
from .dark import boson_mass, channels_with_dark, dark_channels, dark_parents, dark_warnings
from .terms import ChiralTerm, TwoBodyTerm

CHARGED_CURRENT = "arXiv:1805.08567, sec. 3.1.1"
NEUTRAL_CURRENT = "arXiv:1805.08567, sec. 3.1.2"
ONE_MESON = "arXiv:1805.08567, sec. 3.2.1"
RADIATIVE = "P. Pal, L. Wolfenstein, Phys. Rev. D 25 (1982) 766; prefactor not re-derived"
Width = Callable[[Array], Array]


@dataclass(frozen=True, slots=True)
class Piece:
    """A channel's part with one flavour of the heavy neutrino's mixing and one lepton number."""

    flavour: int
    """Row of the mixing: 0, 1, 2 for e, mu, tau."""
    conserving: bool
    """Whether lepton number is conserved for a parent that counts as a particle."""
    via: tuple[str, ...]
    """Bosons that mediate it."""
    width: Width
    """Of masses (n,), GeV, for unit mixing."""
    term: Callable[[float, float, float], Term]
    """From the parent's mass, the |U|^2 and the width."""


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """A final state and its pieces."""

    products: str
    pieces: tuple[Piece, ...]
    source: str


def _codes(names: Iterable[str], neutrino: int) -> tuple[int, ...]:
    return tuple(neutrino if name == "nu" else pdg.CODES[name] for name in names)


def _two_body(
    codes: tuple[int, ...], masses: tuple[float, ...], asymmetry: Callable[[float], float], m: float, mixing: float, width: float
) -> Term:
    return TwoBodyTerm(codes, m, masses, width, asymmetry(m))


def _chiral(
    codes: tuple[int, ...], masses: tuple[float, ...], left: float, right: float, conserving: bool, m: float, mixing: float, width: float
) -> Term:
    """A contact three-body term: |M|^2 = 64 G_F^2 |U|^2 {...} for a polarised parent, half of the sum over its spins too."""
    first, second = (left**2, right**2) if conserving else (right**2, left**2)
    return ChiralTerm(codes, m, masses, width, first, second, left * right, -1.0 if conserving else 1.0, 64 * G_F**2 * mixing)


def _shared(share: float, width: Width, mass: Array) -> Array:
    return share * width(mass)


def _three_neutrinos() -> ChannelSpec:
    """N -> nu_a nu_b nubar_b: a quarter of Gamma_0 for each b != a, half of it for b = a, where exchange doubles the amplitude
    and two identical particles halve the phase space."""
    pieces = []
    for a, code in enumerate(pdg.NEUTRINO_OF_FLAVOUR):
        for b, other in enumerate(pdg.NEUTRINO_OF_FLAVOUR):
            share = 0.5 if a == b else 0.25
            for conserving in (True, False):
                sign = 1 if conserving else -1
                codes = (sign * code, sign * other, -sign * other)
                # neutrino: (H.c)(a.b) with c the antineutrino; conjugate: the same particles conjugated, the spin reversed
                term = partial(_three_neutrino_term, codes, share, conserving)
                pieces.append(Piece(a, conserving, ("Z",), partial(_shared, share, leptonic.width_three_neutrinos), term))
    return ChannelSpec("nu nu nu", tuple(pieces), NEUTRAL_CURRENT)


def _three_neutrino_term(codes: tuple[int, ...], share: float, conserving: bool, m: float, mixing: float, width: float) -> Term:
    return ChiralTerm(codes, m, (0.0, 0.0, 0.0), width, share, 0.0, 0.0, -1.0 if conserving else 1.0, 64 * G_F**2 * mixing)


def _lepton_pair(lepton: int) -> ChannelSpec:
    """N -> nu l- l+: Z for every flavour of the mixing, W and Z together for the matching one."""
    name = pdg.FLAVOURS[lepton]
    mass = pdg.mass(pdg.LEPTON_OF_FLAVOUR[lepton])
    names = ("nu", f"{name}-", f"{name}+")
    right = float(SIN2_THETA_W)
    pieces = []
    for flavour, neutrino in enumerate(pdg.NEUTRINO_OF_FLAVOUR):
        left = right - 0.5 + (1.0 if flavour == lepton else 0.0)
        width = partial(leptonic.width_nu_lepton_pair, m_lepton=mass, g_left=left, g_right=right)
        via = ("W", "Z") if flavour == lepton else ("Z",)
        for conserving in (True, False):
            codes = _codes(names, neutrino if conserving else -neutrino)
            pieces.append(Piece(flavour, conserving, via, width, partial(_chiral, codes, (0.0, mass, mass), left, right, conserving)))
    return ChannelSpec(" ".join(names), tuple(pieces), NEUTRAL_CURRENT)


def _two_flavours(negative: int, positive: int) -> ChannelSpec:
    """N -> nu l_a- l_b+: nu_b with the mixing of a, and for the conjugate current nubar_a with the mixing of b."""
    names = ("nu", f"{pdg.FLAVOURS[negative]}-", f"{pdg.FLAVOURS[positive]}+")
    m_negative, m_positive = (pdg.mass(pdg.LEPTON_OF_FLAVOUR[k]) for k in (negative, positive))
    width = partial(leptonic.width_nu_two_flavours, m_first=m_negative, m_second=m_positive)
    pieces = []
    for flavour, other, conserving in ((negative, positive, True), (positive, negative, False)):
        neutrino = pdg.NEUTRINO_OF_FLAVOUR[other] * (1 if conserving else -1)
        term = partial(_chiral, _codes(names, neutrino), (0.0, m_negative, m_positive), 1.0, 0.0, conserving)
        pieces.append(Piece(flavour, conserving, ("W",), width, term))
    return ChannelSpec(" ".join(names), tuple(pieces), CHARGED_CURRENT)


def _neutral(
    products: str, via: tuple[str, ...], m_boson: float, width: Width, asymmetry: Callable[[float], float], source: str
) -> ChannelSpec:
    """N -> nu X for a neutral X: every flavour, both lepton numbers with opposite asymmetries."""
    pieces = []
    for flavour, neutrino in enumerate(pdg.NEUTRINO_OF_FLAVOUR):
        for conserving in (True, False):
            codes = _codes(products.split(), neutrino if conserving else -neutrino)
            signed = partial(_signed, asymmetry, 1.0 if conserving else -1.0)
            pieces.append(Piece(flavour, conserving, via, width, partial(_two_body, codes, (0.0, m_boson), signed)))
    return ChannelSpec(products, tuple(pieces), source)


def _charged(lepton: int, meson: str, positive: bool, width: Width, asymmetry: Callable[[float], float], source: str) -> ChannelSpec:
    """N -> l- M+, or its conjugate l+ M-, which needs a Majorana parent."""
    flavour = pdg.FLAVOURS[lepton]
    names = (f"{flavour}-", meson) if positive else (f"{flavour}+", meson[:-1] + "-")
    masses = (pdg.mass(pdg.LEPTON_OF_FLAVOUR[lepton]), pdg.mass(pdg.CODES[meson]))
    signed = partial(_signed, asymmetry, 1.0 if positive else -1.0)
    piece = Piece(lepton, positive, ("W",), width, partial(_two_body, _codes(names, 0), masses, signed))
    return ChannelSpec(" ".join(names), (piece,), source)


def _signed(asymmetry: Callable[[float], float], sign: float, mass: float) -> float:
    return sign * asymmetry(mass)


def _meson_source(meson: str) -> str:
    note = hadronic.THEORY_NOTES.get(meson)
    return f"{ONE_MESON}; {note}" if note else ONE_MESON


@cache
def channels() -> tuple[ChannelSpec, ...]:
    """All channels through SM currents, in the order they are listed."""
    specs = [_three_neutrinos()]
    specs += [_lepton_pair(k) for k in range(3)]
    specs += [_two_flavours(a, b) for a in range(3) for b in range(3) if a != b]
    # a left-handed neutrino recoils against a photon of helicity -1 along the parent's spin: 1 + cos
    specs.append(_neutral("nu gamma", ("loop",), 0.0, leptonic.width_nu_gamma, lambda m: -1.0, RADIATIVE))
    for meson, coupling in hadronic.NEUTRAL_PSEUDOSCALARS.items():
        mass = pdg.mass(pdg.CODES[meson])
        width = partial(hadronic.width_nu_pseudoscalar, m_meson=mass, coupling=coupling)
        specs.append(_neutral(f"nu {meson}", ("Z",), mass, width, lambda m: 1.0, _meson_source(meson)))
    for meson, coupling in hadronic.NEUTRAL_VECTORS.items():
        mass = pdg.mass(pdg.CODES[meson])
        width = partial(hadronic.width_nu_vector, m_meson=mass, coupling=coupling)
        specs.append(
            _neutral(f"nu {meson}", ("Z",), mass, width, partial(hadronic.asymmetry_nu_vector, m_meson=mass), _meson_source(meson))
        )
    for mesons, width_of, asymmetry_of in (
        (hadronic.CHARGED_PSEUDOSCALARS, hadronic.width_lepton_pseudoscalar, hadronic.asymmetry_lepton_pseudoscalar),
        (hadronic.CHARGED_VECTORS, hadronic.width_lepton_vector, hadronic.asymmetry_lepton_vector),
    ):
        for meson, coupling in mesons.items():
            for lepton in range(3):
                pair = {"m_lepton": pdg.mass(pdg.LEPTON_OF_FLAVOUR[lepton]), "m_meson": pdg.mass(pdg.CODES[meson])}
                width, asymmetry = partial(width_of, **pair, coupling=coupling), partial(asymmetry_of, **pair)
                specs += [_charged(lepton, meson, positive, width, asymmetry, _meson_source(meson)) for positive in (True, False)]
    return tuple(specs)


_ROUNDING = 1e-9
"""Excess over 1 allowed to a mixing that is computed."""


def partial_widths(mass: Array, mixing2: Array, majorana: bool) -> dict[str, Array]:
    """Width of every channel through SM currents at many parameter points, GeV.

    `mass` (n,) in GeV; `mixing2` (3,) or (3, n): |U_e|^2, |U_mu|^2, |U_tau|^2. Each array has shape (n,), 0 where closed.
    Raises ParameterError for masses or mixings outside their domain, or shapes that do not fit.
    """
    mass, mixing = np.atleast_1d(np.asarray(mass, float)), np.asarray(mixing2, float)
    if mass.ndim != 1 or mixing.shape not in ((3,), (3, len(mass))):
        raise ParameterError(f"partial widths: mixing2 of shape {mixing.shape} for masses of shape {mass.shape}: expected (3,) or (3, n)")
    if not (np.all(mass > 0) and np.all(np.isfinite(mass)) and np.all(mixing >= 0) and np.all(mixing <= 1 + _ROUNDING)):
        raise ParameterError("partial widths: masses must be positive and finite, mixings between 0 and 1")
    out = {}
    for spec in channels():
        total = np.zeros(len(mass))
        known: dict[int, Array] = {}
        for piece in spec.pieces:
            if piece.conserving or majorana:
                if id(piece.width) not in known:
                    known[id(piece.width)] = piece.width(mass)
                total += mixing[piece.flavour] * known[id(piece.width)]
        out[spec.products] = total
    return out


MULTI_HADRON_MASS = 1.0
"""GeV above which final states of several hadrons matter and are missing here."""
NARROW_RHO_MASS = 0.6
"""GeV above which two pions from the rho's tail, missing for a narrow rho, pass 1% of the total width; 6% at 0.8 GeV."""


def standard_channels(spectrum: Spectrum, state: str) -> list[Channel]:
    """Every channel of a heavy neutrino through SM currents, closed ones included."""
    mass, mixing = spectrum.mass(state), spectrum.active_mixing2(state)
    listed = []
    for spec in channels():
        terms, open_pieces = [], []
        for piece in spec.pieces:
            share = float(mixing[piece.flavour])
            if share > 0 and (piece.conserving or spectrum.majorana):
                width = share * float(piece.width(np.array([mass]))[0])
                if width > 0:
                    terms.append(piece.term(mass, share, width))
                    open_pieces.append(piece)
        via = tuple(sorted({boson for piece in open_pieces or spec.pieces for boson in piece.via}))
        listed.append(Channel(state, spec.products, math.fsum(term.width for term in terms), via, tuple(terms), spec.source))
    return listed


def decay_table(spectrum: Spectrum, state: str) -> DecayTable:
    """Widths, branching ratios and the terms for events of 'nu4', 'nu5', ... or, in a dark-neutrino model, 'zprime' and 'phi'.

    Decays through W, Z, Z', the dark scalar and their mixing, with interference; warnings name what is missing. Raises ParameterError for a
    state the model does not have.
    """
    check_parent(spectrum, state)
    dark = dark_channels(spectrum, state)
    if state in dark_parents(spectrum):
        return DecayTable(state, boson_mass(spectrum, state), tuple(dark), table_warnings(spectrum, state))
    listed = channels_with_dark(spectrum, state, standard_channels(spectrum, state), dark)
    return DecayTable(state, spectrum.mass(state), tuple(listed), table_warnings(spectrum, state))


def check_parent(spectrum: Spectrum, state: str) -> None:
    """ParameterError, with the known ones, for a state that has no decay table."""
    known = (*spectrum.heavy_states, *dark_parents(spectrum))
    if state not in known:
        raise ParameterError(
            f"decay table of {state!r}: not a parent with known decays in model {spectrum.model.name}; parents: {', '.join(known)}"
        )


def table_warnings(spectrum: Spectrum, state: str) -> tuple[str, ...]:
    """What the table of a state leaves out, without making the table."""
    if state in dark_parents(spectrum):
        return tuple(dark_warnings(spectrum, state))
    mass, notes = spectrum.mass(state), []
    if NARROW_RHO_MASS < mass <= MULTI_HADRON_MASS:
        notes.append(f"{state}: the rho is taken as narrow: its tail of two pions, some per cent of the total width, is missing")
    if mass > MULTI_HADRON_MASS:
        notes.append(f"{state}: final states of several hadrons are missing; above 1 GeV the total width is too small")
    return (*notes, *dark_warnings(spectrum, state))

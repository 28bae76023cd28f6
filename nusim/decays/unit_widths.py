"""Every width of a heavy neutrino through SM currents for unit mixing, many masses together: what channels are put together from."""

from collections.abc import Mapping

import numpy as np

from .. import pdg
from ..constants import SIN2_THETA_W
from ..kernels.arrays import Array
from . import hadronic, leptonic, quarks
from .two_pions import two_pion_width


def lepton_pair_name(lepton: int, charged: bool) -> str:
    """Name of the width into nu l- l+ through Z alone, or through W and Z."""
    flavour = pdg.FLAVOURS[lepton]
    return f"nu {flavour}- {flavour}+ {'by W and Z' if charged else 'by Z'}"


def exclusive_widths(mass: Array) -> dict[str, Array]:
    """Widths into leptons, photons and single mesons by name, GeV; `mass` (n,) in GeV, each width (n,), 0 where closed.

    Of a Dirac particle into one charge state and one lepton number: 'mu- pi+', 'nu pi0', 'nu e- mu+', 'nu e- e+ by Z', ...
    """
    out = {"nu nu nu": leptonic.width_three_neutrinos(mass), "nu gamma": leptonic.width_nu_gamma(mass)}
    out |= _leptons(mass)
    masses = [pdg.mass(code) for code in pdg.LEPTON_OF_FLAVOUR]
    leptons = np.array(masses)[:, None, None]
    for mesons, charged in (
        (hadronic.CHARGED_PSEUDOSCALARS, hadronic.width_lepton_pseudoscalar),
        (hadronic.CHARGED_VECTORS, hadronic.width_lepton_vector),
    ):
        width = charged(mass, leptons, *_columns(mesons))
        out |= {f"{pdg.FLAVOURS[k]}- {meson}": width[k, j] for j, meson in enumerate(mesons) for k in range(3)}
    for mesons, neutral in (
        (hadronic.NEUTRAL_PSEUDOSCALARS, hadronic.width_nu_pseudoscalar),
        (hadronic.NEUTRAL_VECTORS, hadronic.width_nu_vector),
    ):
        out |= {f"nu {meson}": width for meson, width in zip(mesons, neutral(mass, *_columns(mesons)), strict=True)}
    out |= {f"{flavour}- rho+": two_pion_width(mass, m, True) for flavour, m in zip(pdg.FLAVOURS, masses, strict=True)}
    out["nu rho0"] = two_pion_width(mass, 0.0, False)
    return out


def _columns(mesons: Mapping[str, float]) -> tuple[Array, Array]:
    """Masses and couplings, shape (mesons, 1)."""
    return np.array([pdg.mass(pdg.CODES[meson]) for meson in mesons])[:, None], np.array(list(mesons.values()))[:, None]


def _leptons(mass: Array) -> dict[str, Array]:
    """nu l- l+ of one flavour and of two."""
    x = np.array([pdg.mass(code) for code in pdg.LEPTON_OF_FLAVOUR])[:, None] / mass
    unit, right = leptonic.unit_width(mass), float(SIN2_THETA_W)
    squares, interference = unit * leptonic.chiral_integral(0.0, x, x), unit * leptonic.interference_integral(x)
    out: dict[str, Array] = {}
    for charged in (False, True):
        left = right - 0.5 + charged
        width = (left**2 + right**2) * squares + left * right * interference
        out |= {lepton_pair_name(k, charged): width[k] for k in range(3)}
    pairs = ((0, 1), (0, 2), (1, 2))
    mixed = unit * leptonic.chiral_integral(0.0, x[[a for a, _ in pairs]], x[[b for _, b in pairs]])
    for (a, b), width in zip(pairs, mixed, strict=True):
        for one, other in ((a, b), (b, a)):
            out[f"nu {pdg.FLAVOURS[one]}- {pdg.FLAVOURS[other]}+"] = width
    return out


def hadronic_channels(lepton: str) -> tuple[str, ...]:
    """Names of the widths into one meson beside a lepton: 'e-', 'mu-', 'tau-' or 'nu'."""
    if lepton == "nu":
        return tuple(f"nu {meson}" for meson in (*hadronic.NEUTRAL_PSEUDOSCALARS, *hadronic.NEUTRAL_VECTORS, "rho0"))
    return tuple(f"{lepton} {meson}" for meson in (*hadronic.CHARGED_PSEUDOSCALARS, *hadronic.CHARGED_VECTORS, "rho+"))


def unit_widths(mass: Array) -> dict[str, Array]:
    """`exclusive_widths` and, as 'mu- hadrons', 'nu hadrons', what the quarks' width of each current has more, if any."""
    out = exclusive_widths(mass)
    heavy = np.flatnonzero(mass > quarks.LEAST_MASS)
    charged, neutral = quarks.inclusive_widths(mass[heavy]) if len(heavy) else ((), ())
    for k, lepton in enumerate(("e-", "mu-", "tau-", "nu")):
        rest = np.zeros(len(mass))
        if len(heavy):
            inclusive = neutral if lepton == "nu" else charged[k]
            listed = np.sum([out[name][heavy] for name in hadronic_channels(lepton)], axis=0)
            rest[heavy] = np.maximum(inclusive - listed, 0.0)
        out[f"{lepton} hadrons"] = rest
    return out

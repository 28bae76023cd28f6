"""Theory errors of the widths through SM currents, by cause: what channels and tables state as their uncertainty.

An error is one standard deviation in GeV with the sign by which its cause moves the width. Errors of one cause, such as a decay constant
that several channels share, add up with their signs; different causes are independent. Sizes marked as a choice are estimates.
"""

import math
from collections.abc import Mapping
from functools import cache

import numpy as np

from .. import pdg
from ..constants import (
    ALPHA_S_MZ,
    F_D,
    F_D_STAR,
    F_DS,
    F_DS_STAR,
    F_ETA_C,
    F_J_PSI,
    F_K,
    F_K_STAR,
    F_OMEGA,
    F_PHI,
    F_PI,
    F_S,
    M_BOTTOM_KINEMATIC,
    M_CHARM_KINEMATIC,
    M_W,
    PHI_ETA,
    SIN2_THETA_W,
    V_CD,
    V_CS,
    V_UD,
    V_US,
    Measured,
)
from ..kernels.arrays import Array
from . import quarks
from .running import THIRD_COEFFICIENT, alpha_s, series
from .unit_widths import hadronic_channels, lepton_pair_name

SIN2_SHIFT = Measured(
    0.00745, 0.00016, "sin^2 theta_W at q^2 = 0, 0.23867, less that at m_Z; Erler, Ramsey-Musolf, hep-ph/0409169 (recalled)"
)
SHORT_DISTANCE = Measured(0.020, 0.001, "S_EW - 1 of semileptonic decays, which the widths leave out; J. Erler, hep-ph/0211345 (recalled)")
_LEPTONIC = 0.005
"""Radiative corrections of purely leptonic charged currents: 0.4% for the muon."""
_INVISIBLE = 0.01
"""Radiative corrections of three neutrinos; a choice."""
_PHOTON = 0.1
"""Prefactor of nu gamma, taken from the literature; a choice."""
_FORM_FACTOR = 0.02
"""|F_pi|^2 under the integral: the breaking of isospin between e+e- and tau decays; a choice. tau -> pi pi0 nu comes out within 0.5%."""

_CHARGED = {
    "pi+": (("f_pi", F_PI), ("V_ud", V_UD)),
    "K+": (("f_K", F_K), ("V_us", V_US)),
    "D+": (("f_D", F_D), ("V_cd", V_CD)),
    "Ds+": (("f_Ds", F_DS), ("V_cs", V_CS)),
    "K*+": (("f_K*", F_K_STAR), ("V_us", V_US)),
    "D*+": (("f_D*", F_D_STAR), ("V_cd", V_CD)),
    "Ds*+": (("f_Ds*", F_DS_STAR), ("V_cs", V_CS)),
    "rho+": (("V_ud", V_UD),),
}
_NEUTRAL = {
    "pi0": (("f_pi", F_PI),),
    "eta": (("f_s", F_S),),
    "eta'": (("f_s", F_S),),
    "eta_c": (("f_eta_c", F_ETA_C),),
    "rho0": (),
    "omega": (("f_omega", F_OMEGA),),
    "phi_meson": (("f_phi", F_PHI),),
    "J/psi": (("f_J/psi", F_J_PSI),),
}
_VECTOR_CURRENTS: Mapping[str, tuple[float, float]] = {
    "rho0": (1.0, 2.0),
    "omega": (0.0, 2 / 3),
    "phi_meson": (0.5, 2 / 3),
    "J/psi": (0.5, 4 / 3),
}
"""Coupling of each meson to the Z: a - b sin^2 theta_W, up to a constant."""


@cache
def relative_errors() -> Mapping[str, Mapping[str, float]]:
    """Relative errors of every exclusive unit width that do not depend on the mass, by cause."""
    s2, shifted = float(SIN2_THETA_W), float(SIN2_THETA_W + SIN2_SHIFT)
    out: dict[str, dict[str, float]] = {"nu nu nu": {"electroweak": _INVISIBLE}, "nu gamma": {"nu gamma": _PHOTON}}
    for a, flavour in enumerate(pdg.FLAVOURS):
        for b, other in enumerate(pdg.FLAVOURS):
            if a != b:
                out[f"nu {flavour}- {other}+"] = {"electroweak": _LEPTONIC}
        for charged in (False, True):
            now, then = ((x - 0.5 + charged) ** 2 + x**2 for x in (s2, shifted))
            out[lepton_pair_name(a, charged)] = {"electroweak": _LEPTONIC, "sin2_theta_W": then / now - 1}
        for meson, inputs in _CHARGED.items():
            out[f"{flavour}- {meson}"] = {"short distance": float(SHORT_DISTANCE)} | {cause: 2 * x.error / x for cause, x in inputs}
        out[f"{flavour}- rho+"]["pion form factor"] = _FORM_FACTOR
    for meson, constants in _NEUTRAL.items():
        out[f"nu {meson}"] = {"short distance": float(SHORT_DISTANCE)} | {cause: 2 * x.error / x for cause, x in constants}
    for meson, (whole, slope) in _VECTOR_CURRENTS.items():
        out[f"nu {meson}"]["sin2_theta_W"] = ((whole - slope * shifted) / (whole - slope * s2)) ** 2 - 1
    out["nu rho0"]["pion form factor"] = _FORM_FACTOR
    out["nu eta"]["phi_eta"] = 2 * PHI_ETA.error / math.tan(PHI_ETA)
    out["nu eta'"]["phi_eta"] = -2 * PHI_ETA.error * math.tan(PHI_ETA)
    return out


def unit_errors(mass: float, unit: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Errors in GeV of every unit width of a state of the given mass, by name and cause; `unit`: its unit widths."""
    relative = relative_errors()
    out = {name: {cause: error * unit[name] for cause, error in errors.items()} for name, errors in relative.items() if unit[name] > 0}
    leptons = ("e-", "mu-", "tau-", "nu")
    if mass > quarks.LEAST_MASS:
        for lepton, own in zip(leptons, _of_quarks(mass), strict=True):
            rest = dict(own)
            # the remainder moves against the channels that are listed: in the sum only the quarks' errors stay
            for name in hadronic_channels(lepton):
                for cause, error in out.get(name, {}).items():
                    rest[cause] = rest.get(cause, 0.0) - error
            out[f"{lepton} hadrons"] = rest
    contact = 0.6 * (mass / M_W) ** 2
    for name, errors in out.items():
        errors["contact interaction"] = contact * unit[name]
    return out


@cache
def _neutral_shifts() -> Array:
    """Relative change of nu q qbar of massless quarks u, d, s with sin^2 theta_W, shape (3,)."""
    now, then = (np.sum(np.square(quarks.neutral_couplings(s2)), axis=0)[:, 0] for s2 in (float(SIN2_THETA_W), SIN2_THETA_W + SIN2_SHIFT))
    result: Array = (then / now - 1)[: quarks.LIGHT_FLAVOURS]
    return result


def _of_quarks(mass: float) -> list[dict[str, float]]:
    """Errors of the inclusive width of each lepton's current, by cause."""
    m = np.full(5, mass)
    charm, bottom = np.full(5, float(M_CHARM_KINEMATIC)), np.full(5, float(M_BOTTOM_KINEMATIC))
    charm[1:3] += np.array([-1, 1]) * M_CHARM_KINEMATIC.error
    bottom[3:] += np.array([-1, 1]) * M_BOTTOM_KINEMATIC.error
    masses = quarks.QuarkMasses(charm=charm, bottom=bottom)
    a = float(alpha_s(np.array([mass]))[0]) / math.pi
    # one loop: d(1/alpha) does not run
    shift = math.pi * a**2 / ALPHA_S_MZ**2 * ALPHA_S_MZ.error * (1 + a * (10.4 + 3 * THIRD_COEFFICIENT * a))
    plain, last = float(series(np.array(a))), THIRD_COEFFICIENT * a**3
    out = []
    charged, neutral = quarks.charged_current_quarks(m, masses), quarks.neutral_current_quarks(m, masses)
    closing, neutral_closing = quarks.charged_current_thresholds(m[:1])[:, :, 0], quarks.neutral_current_thresholds(m[:1])[:, 0]
    for widths, factors in (*zip(charged, closing, strict=True), (neutral, neutral_closing)):
        free, heavy = widths[: len(factors), 0], widths[len(factors) :].sum(axis=0)
        light = float(free @ factors)
        out.append(
            {
                "QCD series": light * last,
                "alpha_s": light * shift,
                # half of what the factor takes away
                "light thresholds": (1 + plain) * float(free @ (1 - factors)) / 2,
                "m_c": float(heavy[2] - heavy[1]) / 2,
                "m_b": float(heavy[4] - heavy[3]) / 2,
                # the correction of light quarks, which heavy ones are not given
                "heavy quarks": float(heavy[0]) * plain,
                "short distance": float(SHORT_DISTANCE) * (light * (1 + plain) + float(heavy[0])),
            }
        )
    out[-1]["sin2_theta_W"] = (1 + plain) * float((neutral[: quarks.LIGHT_FLAVOURS, 0] * neutral_closing) @ _neutral_shifts())
    return out

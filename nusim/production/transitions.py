"""The semileptonic transitions of nusim: form factors with their source, and what they are good for.

Widths of K -> pi carry the short-distance factor S_EW and K+ -> pi0 the strong isospin breaking; no other radiative correction enters.
Errors are of the rate: `error` of an absolute one, `shape_error` (a choice) of its ratio to that for a massless N. Numbers marked recalled
were written from memory of the source and checked by f_plus(0) = f_zero(0), A0(0) = A3(0) and the measured branching ratios.
"""

from functools import cache

from .. import pdg
from ..constants import V_CB, V_CD, V_CS, V_UB, V_US, Measured
from .form_factors import Bcl, HeavyQuark, ModifiedZ, Poles, QuarkModel
from .semileptonic import Transition

S_EW = Measured(1.0232, 0.0003, "short-distance correction of K -> pi l nu; W. Marciano, A. Sirlin; recalled")
ISOSPIN_K = Measured(0.0252, 0.0011, "of the amplitude of K+ -> pi0; V. Cirigliano et al., Rev. Mod. Phys. 84 (2012) 399; recalled")
F_K_PI = Measured(0.9698, 0.0017, "f_plus(0) of K -> pi; FLAG 2021, arXiv:2111.09849")
M_V_K = Measured(0.878, 0.006, "GeV; vector pole of K -> pi, PDG average of K_L; recalled")
M_S_K = Measured(1.252, 0.090, "GeV; scalar pole of K -> pi, PDG average of K_L; recalled")
F_D_K = Measured(0.7452, 0.0031, "f_plus(0) of D -> K; Fermilab/MILC, arXiv:2212.12648; recalled")
F_D_PI = Measured(0.6300, 0.0051, "f_plus(0) of D -> pi; Fermilab/MILC, arXiv:2212.12648; recalled")
F_DS_K = Measured(0.6307, 0.0020, "f_plus(0) of Ds -> K; Fermilab/MILC, arXiv:2212.12648; recalled")
F_DS_ETA = Measured(0.495, 0.030, "f_plus(0) of Ds -> eta; G. Duplancic, B. Melic, arXiv:1508.05287; recalled")
F_DS_ETA_PRIME = Measured(0.557, 0.048, "f_plus(0) of Ds -> eta'; G. Duplancic, B. Melic, arXiv:1508.05287; recalled")
F_D_ETA = Measured(0.429, 0.165, "f_plus(0) of D -> eta; G. Duplancic, B. Melic, arXiv:1508.05287; recalled")
M_DS0 = Measured(2.318, 0.001, "GeV; D_s0*(2317)")
M_D0 = Measured(2.300, 0.019, "GeV; D_0*(2300)")
M_BC_STAR = Measured(6.331, 0.010, "GeV; B_c*, quark models and lattice; recalled")
QUARK_MODEL = "D. Melikhov, B. Stech, hep-ph/0001113, tables of D and B transitions; recalled"
QUARK_MODEL_ERROR = 0.2
"""Of rates from quark-model form factors: the authors quote 10% on the form factors."""

ETM = "shape: ETM, arXiv:1706.03017; recalled"


def _d_to_kaon(at_zero: float, parent: int, daughter: int) -> ModifiedZ:
    return ModifiedZ(at_zero, -0.066, 0.2240, -2.084, 0.0, pdg.mass(abs(parent)), pdg.mass(abs(daughter)))


def _d_to_pion(at_zero: float, parent: int, daughter: int) -> ModifiedZ:
    return ModifiedZ(at_zero, -1.985, 0.1314, -1.188, 0.0342, pdg.mass(abs(parent)), pdg.mass(abs(daughter)))


def _scalar(
    parent: int,
    daughter: int,
    ckm: Measured,
    form: Poles | ModifiedZ | Bcl,
    quark: bool,
    error: float,
    shape: float,
    source: str,
    factor: float = 1.0,
) -> Transition:
    return Transition(parent, daughter, ckm, factor, form, None, quark, error, shape, source)


def _vector(
    parent: int,
    daughter: int,
    ckm: Measured,
    form: QuarkModel | HeavyQuark,
    quark: bool,
    error: float,
    shape: float,
    source: str,
    factor: float = 1.0,
) -> Transition:
    return Transition(parent, daughter, ckm, factor, None, form, quark, error, shape, source)


def _bottom_to_charm(parent: int, daughter: int) -> Bcl:
    big, small = pdg.mass(parent), pdg.mass(abs(daughter))
    return Bcl((0.896, -7.94, 51.4), (0.7821, -3.28), big, small, big + small)


def _kaons() -> tuple[Transition, ...]:
    poles = Poles(F_K_PI, M_V_K, M_S_K)
    source = F_K_PI.source + "; poles of K_L, PDG averages; recalled"
    isospin = float((1 + ISOSPIN_K) ** 2)
    return (
        _scalar(321, 111, V_US, poles, False, 0.01, 0.01, source, 0.5 * S_EW * isospin),
        _scalar(130, -211, V_US, poles, False, 0.01, 0.01, source, 0.5 * S_EW),
        _scalar(310, -211, V_US, poles, False, 0.01, 0.01, source, 0.5 * S_EW),
    )


def _charm() -> tuple[Transition, ...]:
    ds_star, ds, d_star, d = (pdg.mass(code) for code in (433, 431, 413, 411))
    kaon, pion = F_D_K.source + "; " + ETM, F_D_PI.source + "; " + ETM
    strange = QuarkModel((1.03, 0.27, 0), (0.76, 0.17, 0), (0.66, 0.30, 0.20), (0.49, 0.67, 0.16), ds, ds_star)
    light = QuarkModel((0.90, 0.46, 0), (0.66, 0.36, 0), (0.59, 0.50, 0), (0.49, 0.89, 0), d, d_star)
    phi = QuarkModel((1.10, 0.26, 0), (0.73, 0.10, 0), (0.64, 0.29, 0), (0.47, 0.63, 0), ds, ds_star)
    ds_to_k_star = QuarkModel((1.04, 0.24, 0), (0.67, 0.20, 0), (0.57, 0.29, 0.42), (0.42, 0.58, 0), d, d_star)
    ds_to_k = F_DS_K.source + "; " + ETM + " (D -> pi)"
    eta = Poles(F_DS_ETA, ds_star, M_DS0)
    eta_prime = Poles(F_DS_ETA_PRIME, ds_star, M_DS0)
    d_eta = Poles(F_D_ETA, d_star, M_D0)
    model, shape = QUARK_MODEL_ERROR, 0.05
    return (
        _scalar(411, -311, V_CS, _d_to_kaon(F_D_K, 411, 311), True, 0.04, 0.02, kaon),
        _scalar(421, -321, V_CS, _d_to_kaon(F_D_K, 421, 321), True, 0.04, 0.02, kaon),
        _scalar(421, -211, V_CD, _d_to_pion(F_D_PI, 421, 211), True, 0.08, 0.04, pion),
        _scalar(411, 111, V_CD, _d_to_pion(F_D_PI, 411, 111), True, 0.08, 0.04, pion, 0.5),
        _scalar(411, 221, V_CD, d_eta, True, 0.75, 0.05, F_D_ETA.source + "; poles D*, D_0*"),
        _scalar(431, 221, V_CS, eta, True, 0.13, 0.05, F_DS_ETA.source + "; poles Ds*, D_s0*"),
        _scalar(431, 331, V_CS, eta_prime, True, 0.18, 0.05, F_DS_ETA_PRIME.source + "; poles Ds*, D_s0*"),
        _scalar(431, 311, V_CD, _d_to_pion(F_DS_K, 431, 311), True, 0.10, 0.05, ds_to_k),
        _vector(411, -313, V_CS, strange, True, model, shape, QUARK_MODEL),
        _vector(421, -323, V_CS, strange, True, model, shape, QUARK_MODEL),
        _vector(421, -213, V_CD, light, True, model, shape, QUARK_MODEL),
        _vector(411, 113, V_CD, light, True, model, shape, QUARK_MODEL, 0.5),
        _vector(431, 333, V_CS, phi, True, model, shape, QUARK_MODEL),
        _vector(431, 313, V_CD, ds_to_k_star, True, model, shape, QUARK_MODEL),
    )


def _bottom() -> tuple[Transition, ...]:
    lattice = "FLAG 2021, arXiv:2111.09849, lattice and experiment; recalled"
    b_pi = "Fermilab/MILC, arXiv:1503.07839, lattice and experiment; recalled"
    hqet = "HFLAV 2016, arXiv:1612.07233 (slope, R1, R2), Fermilab/MILC arXiv:1403.0635 (norm), arXiv:1203.2654 (R0); recalled"
    strange = "R. Faustov, V. Galkin, arXiv:1212.3167, relativistic quark model; recalled"
    b_star = Measured(5.3247, 0.0002, "GeV; B*")
    found = []
    for parent, heavy, star, light, rho, factor in ((521, -421, -423, 111, 113, 0.5), (511, -411, -413, -211, -213, 1.0)):
        big, pion = pdg.mass(parent), pdg.mass(211)
        found += [
            _scalar(parent, heavy, V_CB, _bottom_to_charm(parent, heavy), False, 0.04, 0.02, lattice),
            _vector(parent, star, V_CB, HeavyQuark(0.906, 1.205, 1.404, 0.854, 1.14, big, pdg.mass(abs(star))), False, 0.04, 0.03, hqet),
            _scalar(
                parent,
                light,
                V_UB,
                Bcl((0.419, -0.495, -0.43, 0.22), (0.510, -1.700, 1.53, 4.52), big, pion, big + pion, b_star),
                False,
                0.07,
                0.04,
                b_pi,
                factor,
            ),
            _vector(
                parent,
                rho,
                V_UB,
                QuarkModel((0.31, 0.59, 0), (0.30, 0.54, 0), (0.26, 0.73, 0.10), (0.24, 1.40, 0.50), pdg.mass(521), b_star),
                False,
                0.3,
                0.10,
                QUARK_MODEL,
                factor,
            ),
        ]
    big, kaon = pdg.mass(531), pdg.mass(321)
    to_k = Bcl((0.374, -0.672, 0.07, 1.34), (0.2203, 0.089, 0.24), big, kaon, pdg.mass(511) + pdg.mass(211), b_star, 5.68)
    to_ds_star = QuarkModel((0.95, 0.372, 0.561), (0.67, 0.350, 0.600), (0.70, 0.463, 0.510), (0.75, 1.04, 0.070), pdg.mass(541), M_BC_STAR)
    return (
        *found,
        _scalar(531, -431, V_CB, _bottom_to_charm(531, 431), False, 0.10, 0.03, lattice + "; of B -> D, SU(3) symmetry assumed"),
        _vector(531, -433, V_CB, to_ds_star, False, QUARK_MODEL_ERROR, 0.05, strange),
        _scalar(531, -321, V_UB, to_k, False, 0.20, 0.10, "FLAG 2021, arXiv:2111.09849; recalled"),
    )


@cache
def transitions() -> tuple[Transition, ...]:
    """Every transition, for the parent that makes l+ N."""
    return (*_kaons(), *_charm(), *_bottom())

"""Hadrons with charm or beauty made by protons in a thick target, and the tau leptons they decay to.

They decay within millimetres, so that neither interactions nor the shape of the target matter: spectra, and how many per proton.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .. import pdg
from ..errors import ParameterError
from ..kernels.arrays import Array
from ..kernels.kinematics import two_body_momentum
from ..kernels.lorentz import boost


@dataclass(frozen=True, slots=True)
class QuarkPair:
    """Pairs of heavy quarks: cross section, spectrum of their hadrons, and how often each hadron is one of them."""

    cross_section: float
    """mb per nucleon."""
    mass_exponent: float
    """Cross section per nucleus over that per nucleon: the mass number to this power."""
    cascade_factor: float
    """Pairs made by the proton and all its secondaries over pairs made in the first interaction."""
    longitudinal: float
    """n of dsigma / dx_F dpT^2 ~ (1 - |x_F|)^n exp(-b pT^2)."""
    transverse: float
    """b there, GeV^-2."""
    fractions: Mapping[str, float]
    """Hadrons per pair, by name."""
    tau: Mapping[str, float] = field(default_factory=dict)
    """Branching ratios into tau nu of the hadrons whose taus count."""
    name: str = ""
    """Of the quark: charm, beauty."""
    cross_section_uncertainty: float = 0.0
    """Relative, one standard deviation."""
    cascade_factor_uncertainty: float = 0.0

    def __post_init__(self) -> None:
        if min(self.cross_section, self.cascade_factor, self.transverse) <= 0 or self.longitudinal <= -1:
            found = ", ".join(
                f"{key} = {getattr(self, key):g}" for key in ("cross_section", "cascade_factor", "transverse", "longitudinal")
            )
            raise ParameterError(f"pairs: {found}: the first three must be positive, longitudinal above -1")
        unknown = [name for name in (*self.fractions, *self.tau) if name not in pdg.CODES]
        if unknown:
            raise ParameterError(f"pairs: unknown hadron '{unknown[0]}'; hadrons are named D+, D0bar, Ds-, Lambda_c+, B+, B0, ...")
        absent = [name for name in self.tau if name not in self.fractions]
        if absent:
            raise ParameterError(f"pairs: tau: {absent[0]} is not among the fractions, {', '.join(self.fractions)}")

    def per_proton(self, mass_number: float, production_cross_section: float) -> float:
        """Pairs per proton that interacts, cascade included; the proton's cross section in mb per nucleus."""
        return self.cascade_factor * self.cross_section * float(mass_number**self.mass_exponent) / production_cross_section

    def yields(self) -> dict[int, float]:
        """Hadrons and taus per pair, by PDG code: a hadron's charge is its tau's."""
        made = {pdg.CODES[name]: number for name, number in self.fractions.items()}
        for name, ratio in self.tau.items():
            code = tau_of(pdg.CODES[name])
            made[code] = made.get(code, 0.0) + ratio * self.fractions[name]
        return made


def tau_of(code: int) -> int:
    """PDG code of the tau in a charged hadron's decay to tau nu."""
    return -15 * pdg.charge(code)


def draw_hadrons(pair: QuarkPair, code: int, n: int, beam_momentum: float, rng: np.random.Generator) -> Array:
    """Momenta (n, 3) of n hadrons of a species in the frame of the target, GeV.

    dsigma / dx_F dpT^2 ~ (1 - |x_F|)^n exp(-b pT^2), x_F = 2 p_L* / sqrt(s) in the proton-nucleon frame, within the kinematic
    limit: the lightest system beside the hadron is two nucleons and its own kind.
    """
    nucleon, mass = pdg.mass(2212), pdg.mass(abs(code))
    total = float(np.hypot(beam_momentum, nucleon)) + nucleon
    root_s = float(np.sqrt((total - beam_momentum) * (total + beam_momentum)))
    largest = (root_s**2 + mass**2 - (2 * nucleon + mass) ** 2) / (2 * root_s)
    if largest <= mass:
        raise ParameterError(f"pairs: {pdg.NAMES[code]} cannot be made by protons of {beam_momentum} GeV/c")
    out, found = np.empty((n, 3)), 0
    while found < n:
        u = rng.random((n, 4))
        x = (1 - (1 - u[:, 0]) ** (1 / (pair.longitudinal + 1))) * np.where(u[:, 1] < 0.5, -1.0, 1.0)
        transverse = np.sqrt(-np.log1p(-u[:, 2]) / pair.transverse)
        along = x * root_s / 2
        energy = np.sqrt(mass**2 + transverse**2 + along**2)
        good = np.flatnonzero(energy < largest)[: n - found]
        azimuth = 2 * np.pi * u[good, 3]
        rows = slice(found, found + len(good))
        out[rows, 0], out[rows, 1] = transverse[good] * np.cos(azimuth), transverse[good] * np.sin(azimuth)
        out[rows, 2] = (total * along[good] + beam_momentum * energy[good]) / root_s
        found += len(good)
    return out


def draw_taus(hadron: int, momentum: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Tau momenta (n, 3) from decays of hadrons with the given momenta to tau nu, and the distances (n,) the hadrons fly, metres.

    Isotropic in the hadron's frame: exact for a spin-0 hadron. The tau's polarisation is not kept.
    """
    mass, tau = pdg.mass(abs(hadron)), pdg.mass(15)
    n = len(momentum)
    u = rng.random((n, 3))
    p = np.linalg.norm(momentum, axis=1)
    flown = -np.log1p(-u[:, 0]) * p / mass * pdg.ctau(abs(hadron))
    star = float(two_body_momentum(mass, tau, 0.0))
    cosine, azimuth = 2 * u[:, 1] - 1, 2 * np.pi * u[:, 2]
    sine = np.sqrt(1 - cosine**2)
    rest = np.column_stack([np.full(n, np.hypot(star, tau)), star * sine * np.cos(azimuth), star * sine * np.sin(azimuth), star * cosine])
    return np.asarray(boost(rest, np.column_stack([np.hypot(p, mass), momentum]), mass)[:, 1:]), flown

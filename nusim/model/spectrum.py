"""From a model to its masses and mixings."""

import math
from dataclasses import dataclass

import numpy as np

from ..errors import ParameterError
from ..kernels.arrays import Array
from ..units import eV
from .casas_ibarra import dirac_matrix, orthogonal_matrix, pmns_matrix
from .families import Families, families, heavy_states, light_states
from .families_loop import light_masses, loop_matrix
from .mass_matrix import ComplexArray, Tree, from_mixing, mixing_matrix, orthogonal_pair, to_lagrangian, to_physical
from .model import FLAVOURS, DarkNeutrino, DarkNeutrinoFamilies, Hnl, Lagrangian, Matrices, Mediator, Model, Portals
from .radiative import family_from_mass, one_loop_mass

_LIGHT = ("nu1", "nu2", "nu3")
_LARGEST_COUPLING = math.sqrt(4.0 * math.pi)
_LARGEST_QUARTIC = 4.0 * math.pi
_UNITARITY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """Masses and mixings of a solved model; U is unitary to 1e-12 and the masses ascend.

    nu_X = sum_i U_Xi nu_i, M = U diag(m) U^T with m >= 0; column 4 of a hidden family carries the factor i. Light states carry
    their one-loop masses while their columns are massless tree-level states; with one hidden family nu1 and nu2 are massless.
    """

    model: Model
    masses: Array
    """GeV, ascending, shape (n,)."""
    U: ComplexArray
    """Shape (rows, n)."""
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    m3_sm_ev: float | None = None
    """Part of m3 from Z and Higgs loops, eV; None where the model has no such loop."""
    m3_dark_ev: float | None = None
    """Part of m3 from Z' and dark-scalar loops, eV."""
    mu_prime: float | None = None
    """m5 - m4 in GeV, carried without rounding."""
    m_dirac: float | None = None
    lambda_: float | None = None
    warnings: tuple[str, ...] = ()
    families: Families | None = None
    """Matrices of several hidden families; None for other models."""

    def __post_init__(self) -> None:
        n = len(self.columns)
        if self.masses.shape != (n,) or self.U.shape != (len(self.rows), n):
            raise ParameterError(f"spectrum: {self.masses.shape} masses and {self.U.shape} mixings for {n} states")
        if np.any(np.diff(self.masses) < 0.0):
            listed = ", ".join(f"{name} {mass:.6g}" for name, mass in zip(self.columns, self.masses, strict=True))
            raise ParameterError(
                f"spectrum: the masses do not ascend ({listed} GeV); the loop mass of nu3 must stay below m4: "
                "lower g_dark, m_phi/m_zprime or the mixing"
            )
        defect = float(np.max(np.abs(np.conj(self.U.T) @ self.U - np.eye(n))))
        if not defect <= _UNITARITY:
            raise ParameterError(f"spectrum: U is not unitary, |U^dagger U - 1| = {defect:.3g}")

    def __str__(self) -> str:
        kind = "Majorana" if self.majorana else "Dirac"
        states = ", ".join(f"{name} {self.mass(name):.6g} GeV (|U|^2 {self.active_mixing2(name).sum():.4g})" for name in self.heavy_states)
        light = "" if self.m3_ev is None else f"; m3 = {self.m3_ev:.4g} eV"
        return f"Spectrum of {self.model.name}, {kind}: {states}{light}"

    @property
    def majorana(self) -> bool:
        """Whether the heavy states are Majorana particles."""
        return self.model.majorana

    @property
    def heavy_states(self) -> tuple[str, ...]:
        """Names of the heavy states, lightest first."""
        return self.columns[len(_LIGHT) :]

    @property
    def m4(self) -> float:
        """Mass of nu4, GeV."""
        return float(self.masses[3])

    @property
    def m5(self) -> float | None:
        """Mass of nu5, GeV; None where there is no nu5."""
        return float(self.masses[4]) if len(self.masses) > 4 else None

    @property
    def m3_ev(self) -> float | None:
        """Mass of nu3, eV: SM and dark loops together; None for a model that does not predict it."""
        if self.m3_sm_ev is None or self.m3_dark_ev is None:
            return None
        return self.m3_sm_ev + self.m3_dark_ev

    def _column(self, state: str) -> int:
        if state not in self.columns:
            raise ParameterError(f"state {state!r} is not in the spectrum of {self.model.name}; known: {' '.join(self.columns)}")
        return self.columns.index(state)

    def mass(self, state: str) -> float:
        """Mass of a state in GeV; ParameterError for an unknown name."""
        return float(self.masses[self._column(state)])

    def mixing2(self, row: str, column: str) -> float:
        """|U_row,column|^2, as in mixing2("mu", "nu4"); ParameterError for an unknown name."""
        if row not in self.rows:
            raise ParameterError(f"row {row!r} is not in the mixing matrix of {self.model.name}; known: {' '.join(self.rows)}")
        return _modulus2(complex(self.U[self.rows.index(row), self._column(column)]))

    def active_mixing2(self, state: str) -> Array:
        """|U_e|^2, |U_mu|^2, |U_tau|^2 of a state, shape (3,); ParameterError for an unknown name."""
        return np.array([self.mixing2(flavour, state) for flavour in FLAVOURS])

    def summary(self) -> dict[str, object]:
        """Masses (GeV, m3 in eV) and |U|^2 as plain numbers, by the names cards and programs use; null where a model has none."""
        return {
            "m4": self.m4,
            "m5": self.m5,
            "mu_prime": self.mu_prime,
            "m_dirac": self.m_dirac,
            "lambda": self.lambda_,
            "m3_ev": self.m3_ev,
            "m3_sm_ev": self.m3_sm_ev,
            "m3_dark_ev": self.m3_dark_ev,
            "mixing2": {row: {column: self.mixing2(row, column) for column in self.columns} for row in self.rows},
            "warnings": list(self.warnings),
            **self._summary_of_families(),
        }

    def _summary_of_families(self) -> dict[str, object]:
        """What there is to say of several families besides: m6, ..., all light masses, non-unitarity and the matrices."""
        if self.families is None:
            return {}
        found = self.families
        entries = {"m_dirac": found.m_dirac, "lambda": found.lambda_, "mu": found.mu}
        return {
            **{f"m{state[2:]}": self.mass(state) for state in self.heavy_states[2:]},
            "light_masses_ev": [float(mass) / eV for mass in self.masses[:3]],
            "non_unitarity": dict(zip(FLAVOURS, np.diagonal(found.non_unitarity).real.tolist(), strict=True)),
            "matrices": {key: [[[z.real, z.imag] for z in row] for row in block.tolist()] for key, block in entries.items()},
        }


def _modulus2(z: complex) -> float:
    return z.real * z.real + z.imag * z.imag


def _coupling_warnings(lambda_: float, mediator: Mediator) -> list[str]:
    """Couplings beyond perturbativity, for the (largest) Lambda. Conventions: Lambda = y_N v_Phi/sqrt2 and m_phi^2 = 2 lambda v_Phi^2,
    m_Z' = g' v_Phi.
    """
    found = []
    yukawa = math.sqrt(2.0) * lambda_ / mediator.v_phi
    if yukawa > _LARGEST_COUPLING:
        found.append(f"y_N = sqrt(2) Lambda g'/m_Z' = {yukawa:.3g} exceeds sqrt(4 pi) = {_LARGEST_COUPLING:.3g}: not perturbative")
    if mediator.g_dark > _LARGEST_COUPLING:
        found.append(f"g_dark = {mediator.g_dark:.3g} exceeds sqrt(4 pi) = {_LARGEST_COUPLING:.3g}: not perturbative")
    quartic = (mediator.m_phi / mediator.v_phi) ** 2 / 2.0
    if quartic > _LARGEST_QUARTIC:
        found.append(f"quartic coupling m_phi^2/(2 v_Phi^2) = {quartic:.3g} exceeds 4 pi = {_LARGEST_QUARTIC:.3g}: not perturbative")
    return found


def _portal_warnings(portals: Portals) -> list[str]:
    values = {"epsilon": portals.kinetic, "sin_alpha": portals.sin_alpha}
    on = ", ".join(f"{name} = {value:.6g}" for name, value in values.items() if value != 0.0)
    return [f"portals are on ({on}): the one-loop mass assumes none (arXiv:1903.07590, Eq. 4)"] if on else []


def _family(model: DarkNeutrino) -> Tree:
    mass = model.mass
    if isinstance(mass, Lagrangian):
        return to_physical(mass.m_dirac, mass.lambda_, mass.mu_prime)
    m4, mu_prime = mass.masses
    if mass.mixing2 is not None:
        return from_mixing(m4, mass.m5, mu_prime, mass.mixing2)
    assert mass.m3_ev is not None  # Physical holds exactly one of the two
    mediator = model.mediator
    try:
        return family_from_mass(mass.m3_ev * eV, m4, mass.m5, mu_prime, mediator.m_zprime, mediator.m_phi, mediator.g_dark, mass.branch)
    except ParameterError as error:
        raise ParameterError(f"physical.{error}") from None


def _solve_dark_neutrino(model: DarkNeutrino) -> Spectrum:
    tree = _family(model)
    mediator = model.mediator
    u = mixing_matrix(tree, np.sqrt(np.array(model.flavour)))
    m_sm = m_dark = 0.0
    m_dirac = lambda_ = None
    warnings = _coupling_warnings(math.sqrt(float(tree.cos2) * float(tree.m4) * float(tree.m5)), mediator)
    if model.majorana:
        loop = one_loop_mass(tree, mediator.m_zprime, mediator.m_phi, mediator.g_dark)
        m_sm, m_dark = float(loop.standard), float(loop.dark)
        m_dirac, lambda_ = (float(entry) for entry in to_lagrangian(tree)[:2])
        warnings += _portal_warnings(model.portals)
    return Spectrum(
        model=model,
        masses=np.array([0.0, 0.0, m_sm + m_dark, float(tree.m4), float(tree.m5)]),
        U=u,
        rows=(*FLAVOURS, "N", "D"),
        columns=(*_LIGHT, "nu4", "nu5"),
        m3_sm_ev=m_sm / eV,
        m3_dark_ev=m_dark / eV,
        mu_prime=float(tree.mu_prime),
        m_dirac=m_dirac,
        lambda_=lambda_,
        warnings=tuple(warnings),
    )


def _families(model: DarkNeutrinoFamilies) -> Families:
    mass = model.mass
    lambda_, mu = np.array(mass.lambda_, dtype=complex), np.array(mass.mu, dtype=complex)
    if isinstance(mass, Matrices):
        return families(np.array(mass.m_dirac, dtype=complex), lambda_, mu)
    v = pmns_matrix(mass.sin2_theta12, mass.sin2_theta13, mass.sin2_theta23, mass.delta, *mass.majorana_phases)
    rotation = orthogonal_matrix(np.array(mass.rotation, dtype=complex), mass.reflection)
    light = np.array(mass.light_masses_ev) * eV
    return families(dirac_matrix(light, v, rotation, lambda_, mu, model.mediator), lambda_, mu)


def _solve_families(model: DarkNeutrinoFamilies) -> Spectrum:
    try:
        found = _families(model)
        heavy, columns = heavy_states(found)
    except ParameterError as error:
        section = "matrices" if isinstance(model.mass, Matrices) else "casas_ibarra"
        raise ParameterError(str(error) if str(error).startswith(section) else f"{section}.{error}") from None
    n = found.number
    light = light_masses(found, loop_matrix(found, model.mediator))
    singular = float(np.linalg.svd(found.lambda_, compute_uv=False)[0])
    hidden = [f"{row}{k}" for row in ("N", "D") for k in range(1, n + 1)] if n > 1 else ["N", "D"]
    return Spectrum(
        model=model,
        masses=np.concatenate([light.masses, heavy]),
        U=np.concatenate([light_states(found, light.basis), columns], axis=1),
        rows=(*FLAVOURS, *hidden),
        columns=(*_LIGHT, *(f"nu{k}" for k in range(4, 4 + 2 * n))),
        m3_sm_ev=float(light.standard[2]) / eV,
        m3_dark_ev=float(light.dark[2]) / eV,
        mu_prime=abs(complex(found.mu[0, 0])) if n == 1 else None,
        m_dirac=float(np.linalg.norm(found.m_dirac)) if n == 1 else None,
        lambda_=abs(complex(found.lambda_[0, 0])) if n == 1 else None,
        warnings=(*_coupling_warnings(singular, model.mediator), *_portal_warnings(model.portals)),
        families=found,
    )


def _solve_hnl(model: Hnl) -> Spectrum:
    mixing = np.array(model.mixing2)
    sin2 = float(mixing.sum())
    direction = np.sqrt(mixing / sin2) if sin2 > 0.0 else np.array([0.0, 1.0, 0.0])  # decoupled: any direction will do
    cosine = math.sqrt(max(1.0 - sin2, 0.0))
    u = np.zeros((4, 4), dtype=complex)
    u[:3, 0:2] = orthogonal_pair(direction)
    u[:3, 2] = cosine * direction
    u[3, 2] = -math.sqrt(sin2)
    u[:3, 3] = math.sqrt(sin2) * direction
    u[3, 3] = cosine
    return Spectrum(model=model, masses=np.array([0.0, 0.0, 0.0, model.m4]), U=u, rows=(*FLAVOURS, "N"), columns=(*_LIGHT, "nu4"))


def solve(model: Model) -> Spectrum:
    """Masses and mixings of a model.

    Several hidden families: the same with matrices, from the blocks of the mass matrix or from light masses and mixing (`families.py`).
    Dark neutrino: heavy masses and mixings at tree level in closed form, m3 at one loop (arXiv:1903.07590, Eqs. 2 and 4);
    a card with `m3_ev` has the mixing that gives this mass. With majorana = false nu4 and nu5 are separate Dirac states
    with the same mixing moduli, m3 = 0, and m_dirac and lambda_ are None. Hnl: nu4 with the card's mass and mixings.
    ParameterError where no mixing gives the mass asked for; the message holds the largest mass reachable.
    """
    if isinstance(model, Hnl):
        return _solve_hnl(model)
    if isinstance(model, DarkNeutrinoFamilies):
        return _solve_families(model)
    return _solve_dark_neutrino(model)

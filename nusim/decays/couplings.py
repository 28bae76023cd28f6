"""Couplings of mass eigenstates to the Z, the Z' and the dark scalar: what every dark decay is made of.

L = sum_B B_mu [ sum_ij N_ij nubar_i gamma^mu P_L nu_j + lbar gamma^mu (l_L P_L + l_R P_R) l ], N hermitian. For Majorana neutrinos
the vertex of any pair is gamma^mu (N_ij P_L - N_ij* P_R); for Dirac ones gamma^mu N_ij P_L. The dark scalar has the vertex
-i (S_ij P_L + T_ij P_R) with S_ij = (m_i V_ij + m_j V_ij*) / v_Phi, T = S* for Majorana neutrinos, and S_ij = m_i V_ij / v_Phi,
T_ij = m_j V_ij / v_Phi for Dirac ones, V_ij = U_Di* U_Dj. Kinetic mixing enters at first order in chi (arXiv:1903.07590, Eq. 1).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from ..constants import ALPHA, G_F, M_Z, SIN2_THETA_W, V_HIGGS
from ..errors import ParameterError
from ..kernels.spinors import ComplexArray
from ..model.model import FLAVOURS, DarkSector
from ..model.spectrum import Spectrum

CHARGE = math.sqrt(4 * math.pi * ALPHA)
"""e at q^2 = 0."""
G_LEFT, G_RIGHT = -0.5 + SIN2_THETA_W, float(SIN2_THETA_W)
"""Z couplings of charged leptons in units of g / c_W."""
NEUTRAL = math.sqrt(math.sqrt(2) * G_F) * M_Z
"""g / (2 c_W), so that (g / 2 c_W)^2 / m_Z^2 = sqrt2 G_F."""
_TOO_CLOSE = 1e-3
"""Relative distance of m_Z' from m_Z below which mixing at first order in chi means nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Vector:
    """A neutral vector boson."""

    name: str
    mass: float
    """GeV."""
    neutrino: ComplexArray
    """N_ij, shape (n, n)."""
    lepton_left: float
    lepton_right: float


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Couplings:
    """Everything neutral currents of a dark-neutrino spectrum need."""

    masses: tuple[float, ...]
    """GeV; light neutrinos massless."""
    names: tuple[str, ...]
    """nu1, nu2, nu3, nu4, ..."""
    majorana: bool
    z: Vector
    zprime: Vector
    m_phi: float
    scalar_left: ComplexArray
    """S_ij, shape (n, n)."""
    scalar_right: ComplexArray
    """T_ij."""
    scalar_fermion: float
    """sin(alpha) / v: the scalar couples to a fermion f with this times m_f."""
    v_phi: float
    charged: ComplexArray
    """U_alpha i, shape (3, n)."""
    electric: float = 0.0
    """epsilon e: coupling of the Z' to the electromagnetic current."""
    weak: float = 0.0
    """Coupling of the Z' to the Z's current, sum of fbar gamma (T3 P_L - Q s_W^2) f."""

    @property
    def light(self) -> tuple[int, ...]:
        """Columns of the massless neutrinos."""
        return tuple(k for k, mass in enumerate(self.masses) if mass == 0.0)

    def heavy(self, state: str) -> int:
        """Column of a heavy state."""
        return self.names.index(state)

    def label(self, column: int) -> str:
        """'nu' for a light neutrino, else the state's name."""
        mass = self.masses[column]
        return "nu" if isinstance(mass, float) and mass == 0.0 else self.names[column]

    def flavour(self, column: int) -> int:
        """Flavour 0, 1, 2 with the largest share in a light neutrino: the one its PDG code names."""
        return int(np.argmax(np.abs(self.charged[:, column])))


@lru_cache(maxsize=2048)
def couplings(spectrum: Spectrum) -> Couplings:
    """Couplings of a solved dark-neutrino model; the light neutrinos' loop mass is neglected.

    Raises ParameterError where kinetic mixing is asked of a Z' with the mass of the Z.
    """
    model = spectrum.model
    assert isinstance(model, DarkSector)
    mediator, portals = model.mediator, model.portals
    n_light = len(spectrum.columns) - len(spectrum.heavy_states)
    masses = np.where(np.arange(len(spectrum.columns)) < n_light, 0.0, spectrum.masses)
    active = np.array([spectrum.U[spectrum.rows.index(name)] for name in FLAVOURS])
    dark = spectrum.U[[k for k, row in enumerate(spectrum.rows) if row.startswith("D")]]
    weak, hidden = active.conj().T @ active, dark.conj().T @ dark
    chi = -portals.kinetic / math.sqrt(1 - SIN2_THETA_W)
    square_z, square = float(M_Z) ** 2, mediator.m_zprime**2
    if chi != 0.0 and abs(mediator.m_zprime / M_Z - 1) < _TOO_CLOSE:
        raise ParameterError(
            f"mediator.m_zprime = {mediator.m_zprime:.6g}: within 0.1% of m_Z = {float(M_Z):.6g}, where kinetic mixing has no expansion; "
            "move it away or set portals.epsilon = 0"
        )
    # first order in chi; the Z' takes up J_Z with weight `of_z`, the Z the dark current with `of_dark`
    mix = 0.0 if chi == 0.0 else chi * math.sqrt(SIN2_THETA_W) / (square_z - square)
    of_z, of_dark = -mix * square, mix * square_z
    g = mediator.g_dark
    electric = -portals.kinetic * CHARGE
    zprime = Vector(
        "Z'",
        mediator.m_zprime,
        g * hidden + of_z * NEUTRAL * weak,
        electric + 2 * of_z * NEUTRAL * G_LEFT,
        electric + 2 * of_z * NEUTRAL * G_RIGHT,
    )
    z = Vector("Z", float(M_Z), NEUTRAL * weak + of_dark * g * hidden, 2 * NEUTRAL * G_LEFT, 2 * NEUTRAL * G_RIGHT)
    row, column = masses[:, None], masses[None, :]
    if spectrum.majorana:
        left = row * hidden + column * hidden.conj()
        right = left.conj()
    else:
        left, right = row * hidden, column * hidden
    v_phi = mediator.v_phi
    return Couplings(
        tuple(float(m) for m in masses), spectrum.columns, spectrum.majorana, z, zprime, mediator.m_phi,
        left / v_phi, right / v_phi, portals.sin_alpha / float(V_HIGGS), v_phi, active,
        -electric, 2 * of_z * NEUTRAL,
    )  # fmt: skip


def stacked_couplings(points: Sequence[Couplings]) -> Couplings:
    """Couplings of many points of one kind as one: masses of heavy states (points,), matrices (points, n, n), other numbers (points,)."""

    def of(values: Sequence[Any]) -> Any:
        return np.array(values)

    def vector(name: str) -> Vector:
        own = [getattr(found, name) for found in points]
        parts = (of([getattr(one, part) for one in own]) for part in ("mass", "neutrino", "lepton_left", "lepton_right"))
        return Vector(own[0].name, *parts)

    first = points[0]
    masses = tuple(of([found.masses[k] for found in points]) if first.masses[k] else 0.0 for k in range(len(first.masses)))
    changed: dict[str, Any] = {name: of([getattr(found, name) for found in points]) for name in _STACKED}
    # matrices of the Z are divided by its mass
    z = vector("z")
    return replace(first, masses=masses, z=replace(z, mass=first.z.mass), zprime=vector("zprime"), **changed)


_STACKED = ("m_phi", "scalar_left", "scalar_right", "scalar_fermion", "v_phi", "charged")

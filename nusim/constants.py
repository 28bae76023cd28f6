"""Physics constants, each with its error and source on its line.

Masses and lifetimes of particles are not here: `nusim.pdg` takes them from the package `particle`.
"""

from typing import Self


class Measured(float):
    """A number that remembers its standard error and where it comes from; computes as a plain float."""

    __slots__ = ("error", "source")
    error: float
    source: str

    def __new__(cls, value: float, error: float, source: str) -> Self:
        self = super().__new__(cls, value)
        self.error = error
        self.source = source
        return self

    def __getnewargs__(self) -> tuple[float, float, str]:  # type: ignore[override]  # what __new__ needs
        return (float(self), self.error, self.source)


# Electroweak inputs
G_F = Measured(1.1663787e-5, 6e-12, "GeV^-2; MuLan 2013, PDG 2022")
ALPHA = Measured(1 / 137.035999084, 1.5e-12, "fine-structure constant at q^2 = 0; PDG 2022")
SIN2_THETA_W = Measured(0.23122, 0.00003, "MS-bar at m_Z; PDG 2022")
M_Z = Measured(91.1876, 0.0021, "GeV; PDG 2022")
M_W = Measured(80.377, 0.012, "GeV; PDG 2022")
M_HIGGS = Measured(125.25, 0.17, "GeV; PDG 2022")
V_HIGGS = Measured((2**0.5 * G_F) ** -0.5, 6e-5, "GeV; (sqrt2 G_F)^(-1/2)")
DM2_ATM_EV2 = Measured(2.5e-3, 3e-5, "eV^2; |Delta m^2_31|, PDG 2022; the paper rounds its root to 0.05 eV")

# Quark mixing
V_UD = Measured(0.97373, 0.00031, "PDG 2022")
V_US = Measured(0.2243, 0.0008, "PDG 2022")
V_UB = Measured(3.82e-3, 0.20e-3, "PDG 2022")
V_CD = Measured(0.221, 0.004, "PDG 2022")
V_CS = Measured(0.975, 0.006, "PDG 2022")
V_CB = Measured(40.8e-3, 1.4e-3, "PDG 2022")

# Decay constants of pseudoscalars, GeV, f_pi = 0.130 convention
F_PI = Measured(0.1302, 0.0008, "FLAG 2021")
F_K = Measured(0.1557, 0.0003, "FLAG 2021")
F_D = Measured(0.2120, 0.0007, "FLAG 2021")
F_DS = Measured(0.2499, 0.0005, "FLAG 2021")
F_B = Measured(0.1900, 0.0013, "FLAG 2021")
F_BC = Measured(0.427, 0.006, "HPQCD 2012, arXiv:1207.0994")
F_S = Measured(1.34 * F_PI, 0.06 * F_PI, "strange decay constant of eta-eta'; Feldmann, Kroll, Stech hep-ph/9802409")
PHI_ETA = Measured(0.685914, 0.0175, "rad (39.3 degrees); eta-eta' mixing angle; Feldmann, Kroll, Stech hep-ph/9802409")
F_ETA_C = Measured(0.3947, 0.0024, "HPQCD 2010, arXiv:1008.4018")

# Decay constants of vector mesons, GeV
F_RHO = Measured(0.209, 0.006, "from tau -> rho nu; e+e- -> rho gives 0.221: the spread is theory")
F_OMEGA = Measured(0.195, 0.003, "from omega -> e+e-")
F_PHI = Measured(0.229, 0.003, "from phi -> e+e-")
F_K_STAR = Measured(0.204, 0.007, "from tau -> K* nu")
F_D_STAR = Measured(0.2235, 0.0084, "ETM 2017, arXiv:1707.04529")
F_DS_STAR = Measured(0.2688, 0.0066, "ETM 2017, arXiv:1707.04529")
F_J_PSI = Measured(0.4104, 0.0017, "HPQCD 2020, arXiv:2005.01845")

# Strong coupling and quark masses, GeV
ALPHA_S_MZ = Measured(0.1180, 0.0009, "MS-bar at m_Z; PDG 2024")
M_UP = Measured(2.16e-3, 0.38e-3, "MS-bar at 2 GeV; PDG 2022")
M_DOWN = Measured(4.67e-3, 0.33e-3, "MS-bar at 2 GeV; PDG 2022")
M_STRANGE = Measured(93.4e-3, 6e-3, "MS-bar at 2 GeV; PDG 2022")
M_CHARM = Measured(1.27, 0.02, "MS-bar m_c(m_c); PDG 2022")
M_BOTTOM = Measured(4.18, 0.03, "MS-bar m_b(m_b); PDG 2022")
M_CHARM_KINEMATIC = Measured(1.5, 0.2, "a choice: between the MS-bar mass and the pole mass 1.67, which the error spans")
M_BOTTOM_KINEMATIC = Measured(4.5, 0.3, "a choice: between the MS-bar mass and the pole mass 4.78, which the error spans")

"""Measured branching ratios that fix the normalisation of production modes; keys are the parent and the charged products.

For K_L and K_S both charges together, as they are measured. Where e and mu are given as one average the mode of either takes it.
"""

from ..constants import Measured

PDG = "PDG 2026"

BRANCHING_RATIOS = {
    # two-body decays of mesons
    "pi+ -> e+": Measured(1.230e-4, 0.004e-4, "PDG 2022"),
    "pi+ -> mu+": Measured(0.9998770, 4e-7, "PDG 2022"),
    "K+ -> e+": Measured(1.582e-5, 0.007e-5, "PDG 2022"),
    "K+ -> mu+": Measured(0.6356, 0.0011, "PDG 2022"),
    "D+ -> mu+": Measured(4.02e-4, 0.09e-4, PDG),
    "Ds+ -> mu+": Measured(5.37e-3, 0.11e-3, PDG),
    "Ds+ -> tau+": Measured(5.39e-2, 0.09e-2, PDG),
    # strange mesons
    "K+ -> e+ pi0": Measured(5.07e-2, 0.04e-2, PDG),
    "K+ -> mu+ pi0": Measured(3.352e-2, 0.034e-2, PDG),
    "KL -> e pi": Measured(40.55e-2, 0.11e-2, PDG),
    "KL -> mu pi": Measured(27.04e-2, 0.07e-2, PDG),
    "KS -> e pi": Measured(7.14e-4, 0.06e-4, PDG),
    "KS -> mu pi": Measured(4.56e-4, 0.20e-4, PDG),
    # charmed mesons
    "D+ -> e+ K0bar": Measured(8.81e-2, 0.07e-2, PDG),
    "D+ -> mu+ K0bar": Measured(8.68e-2, 0.10e-2, PDG),
    "D+ -> e+ pi0": Measured(3.72e-3, 0.17e-3, PDG),
    "D+ -> mu+ pi0": Measured(3.50e-3, 0.15e-3, PDG),
    "D+ -> e+ eta": Measured(1.11e-3, 0.07e-3, PDG),
    "D+ -> mu+ eta": Measured(1.04e-3, 0.11e-3, PDG),
    "D+ -> e+ K*0bar": Measured(5.40e-2, 0.10e-2, PDG),
    "D+ -> mu+ K*0bar": Measured(5.26e-2, 0.15e-2, PDG),
    "D+ -> e+ rho0": Measured(1.87e-3, 0.06e-3, PDG),
    "D+ -> mu+ rho0": Measured(1.64e-3, 0.16e-3, PDG),
    "D0 -> e+ K-": Measured(3.537e-2, 0.017e-2, PDG),
    "D0 -> mu+ K-": Measured(3.418e-2, 0.019e-2, PDG),
    "D0 -> e+ pi-": Measured(2.91e-3, 0.04e-3, PDG),
    "D0 -> mu+ pi-": Measured(2.67e-3, 0.12e-3, PDG),
    "D0 -> e+ K*-": Measured(2.16e-2, 0.16e-2, PDG),
    "D0 -> mu+ K*-": Measured(2.01e-2, 0.06e-2, PDG),
    "D0 -> e+ rho-": Measured(1.46e-3, 0.08e-3, PDG),
    "D0 -> mu+ rho-": Measured(1.35e-3, 0.13e-3, PDG),
    "Ds+ -> e+ eta": Measured(2.27e-2, 0.06e-2, PDG),
    "Ds+ -> mu+ eta": Measured(2.24e-2, 0.07e-2, PDG),
    "Ds+ -> e+ eta'": Measured(8.1e-3, 0.4e-3, PDG),
    "Ds+ -> mu+ eta'": Measured(8.0e-3, 0.6e-3, PDG),
    "Ds+ -> e+ K0": Measured(2.88e-3, 0.26e-3, PDG),
    "Ds+ -> e+ K*0": Measured(2.05e-3, 0.20e-3, PDG),
    "Ds+ -> e+ phi_meson": Measured(2.34e-2, 0.12e-2, PDG),
    "Ds+ -> mu+ phi_meson": Measured(2.24e-2, 0.11e-2, PDG),
    # bottom mesons; l = average of e and mu
    "B+ -> l+ D0bar": Measured(2.21e-2, 0.06e-2, PDG),
    "B+ -> l+ D*0bar": Measured(5.53e-2, 0.22e-2, PDG),
    "B+ -> l+ pi0": Measured(7.80e-5, 0.27e-5, PDG),
    "B+ -> l+ rho0": Measured(1.58e-4, 0.11e-4, PDG),
    "B0 -> l+ D-": Measured(2.12e-2, 0.06e-2, PDG),
    "B0 -> l+ D*-": Measured(4.90e-2, 0.12e-2, PDG),
    "B0 -> l+ pi-": Measured(1.50e-4, 0.05e-4, PDG),
    "B0 -> l+ rho-": Measured(2.94e-4, 0.21e-4, PDG),
    "Bs0 -> mu+ Ds-": Measured(2.31e-2, 0.21e-2, PDG),
    "Bs0 -> mu+ Ds*-": Measured(5.2e-2, 0.5e-2, PDG),
    "Bs0 -> mu+ K-": Measured(1.06e-4, 0.09e-4, PDG),
    # leptons
    "tau- -> pi-": Measured(10.82e-2, 0.05e-2, PDG),
    "tau- -> K-": Measured(6.97e-3, 0.10e-3, PDG),
    "tau- -> rho-": Measured(25.49e-2, 0.09e-2, "tau- -> pi- pi0 nu, " + PDG),
    "tau- -> K*-": Measured(1.20e-2, 0.07e-2, PDG),
    "tau- -> e-": Measured(17.85e-2, 0.04e-2, PDG),
    "tau- -> mu-": Measured(17.37e-2, 0.04e-2, PDG),
    "mu- -> e-": Measured(1.0, 1e-4, "mu- -> e- nu nubar; other decays are radiative corrections to it"),
}
"""Branching ratios with light neutrinos in the place of the heavy one."""

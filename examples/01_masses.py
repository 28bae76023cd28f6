"""Masses and mixings of the paper's benchmark points from the neutrino-mass condition."""

import nusim

for name in ("circle", "star", "triangle"):
    spectrum = nusim.solve(nusim.read_model(name))
    print(f"{name:9} m4 = {spectrum.m4:.4f} GeV, m5 = {spectrum.m5:.4f} GeV, m3 = {spectrum.m3_ev:.4f} eV")
    for state in spectrum.heavy_states:
        print(f"          |U_mu|^2 of {state}: {spectrum.mixing2('mu', state):.4g}")

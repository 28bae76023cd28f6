"""Branching ratios and lifetime of a heavy neutral lepton, and many masses at once."""

import numpy as np

import nusim
from nusim.decays.table import partial_widths

spectrum = nusim.solve(nusim.read_model("hnl", set={"m4": 0.35, "mixing2.mu": 1e-8}))
table = nusim.decay_table(spectrum, "nu4")
print(f"c tau = {table.ctau:.3g} m")
for channel in sorted(table, key=lambda channel: -channel.width)[:6]:
    print(f"  {channel.products:12} {table.branching_ratio(channel.products):.4f}")

masses = np.geomspace(0.05, 0.9, 200)
widths = partial_widths(masses, np.array([0.0, 1e-8, 0.0]), majorana=True)
total = sum(widths.values())
print(f"nu e- e+ is largest at {1e3 * masses[np.argmax(widths['nu e- e+'] / total)]:.0f} MeV")

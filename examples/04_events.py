"""Events of a benchmark point in SBND, as arrays and as a file."""

import sys
from pathlib import Path

import numpy as np

import nusim

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(".")
spectrum = nusim.solve(nusim.read_model("circle"))
experiment = nusim.read_experiment("sbnd")
sample = nusim.generate(spectrum, experiment, n=2000, seed=1)

pair = np.abs(sample.pdg) == 11
energy = sample.momentum[pair, 0]
print(f"{len(sample)} events stand for {sample.weight.sum():.4f} decays")
print(f"mean electron energy {energy.mean():.3f} GeV, mean delay {sample.delay.mean() / nusim.units.ns:.3f} ns")
print("sha256", nusim.write(folder / "circle.lhe.gz", sample))

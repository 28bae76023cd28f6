"""Which mixings SBND can see over the mass, with and without background, beside another detector."""

import sys
from pathlib import Path

import numpy as np

import nusim

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(".")
model = nusim.read_model("hnl")
experiments = [nusim.read_experiment(name, set={"background": b}) for name, b in (("sbnd", 0.0), ("sbnd", 5.0), ("microboone", 0.0))]

found = []
for experiment in experiments:
    scan = nusim.scan(model, experiment, ("m4", np.geomspace(0.02, 0.48, 30)), ("mixing2", np.geomspace(1e-11, 1e-3, 30)))
    found.append(scan.reach())
    best = int(np.nanargmin(found[-1].lower))
    print(
        f"{experiment.name}, background {experiment.background:g}: {found[-1].events_needed:.3g} signal events; "
        f"|U_mu|^2 > {found[-1].lower[best]:.2g} at {found[-1].columns[best]:.3g} GeV"
    )

nusim.plot.reach(found).savefig(folder / "reach.pdf")

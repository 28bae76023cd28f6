"""Reach of one experiment and of six, beside a numpy calculation of known size, and how near scans come to full rates.

    python benchmarks/reach.py

Tables of parents are loaded first. Prints, for each experiment, seconds for a 100 x 100 scan in mass and mixing with its contour, in
units of a calibration loop as well, and the ratio of selected events to those of `expected_events` at a few points.
"""

from time import perf_counter

import numpy as np

import nusim
from nusim.experiment.source import parents_of

EXPERIMENTS = ("sbnd", "microboone", "icarus", "dune-nd", "na62-dump", "ship-ecn3")
HEAVIEST = {"na62-dump": 4.0, "ship-ecn3": 4.0}
"""GeV; 0.45 for the others."""
POINTS = ((20, 50), (50, 45), (70, 45), (85, 40))
"""Places in the grid at which rates are compared."""


def calibration() -> float:
    """Seconds for a million exponentials of uniforms, ten times."""
    rng = np.random.default_rng(1)
    start = perf_counter()
    for _ in range(10):
        np.exp(rng.random(1_000_000)).sum()
    return perf_counter() - start


def main() -> None:
    """Run and print."""
    model = nusim.read_model("hnl")
    experiments = [nusim.read_experiment(name) for name in EXPERIMENTS]
    for experiment in experiments:
        parents_of(experiment)
    # particle data are read once
    nusim.expected_events(nusim.solve(model), experiments[0], precision=None)
    whole = 0.0
    for experiment in experiments:
        masses = np.geomspace(0.05, HEAVIEST.get(experiment.name, 0.45), 100)
        unit, start = calibration(), perf_counter()
        scan = nusim.scan(model, experiment, ("m4", masses), ("mixing2", np.geomspace(1e-12, 1e-2, 100)))
        middle = perf_counter()
        scan.reach()
        took = perf_counter() - start
        whole += took
        print(f"{experiment.name}: scan {middle - start:.2f} s, with contour {took:.2f} s, {took / unit:.0f} calibrations")
        for i, j in POINTS:
            changes = {"m4": float(scan.x.values[i]), "mixing2": float(scan.y.values[j])}
            rate = nusim.expected_events(nusim.solve(nusim.read_model("hnl", set=changes)), experiment)
            if rate.selected_events > 0:
                ratio, error = scan.rates[i, j] / rate.selected_events, scan.stat_error[i, j] / rate.selected_events
                print(f"  m4 = {changes['m4']:.4g} GeV, mixing2 = {changes['mixing2']:.3g}: scan / rate {ratio:.3f} +- {error:.3f}")
    print(f"all six: {whole:.1f} s")


if __name__ == "__main__":
    main()

"""Heavy neutrinos aimed at detectors per second, beside a numpy calculation of known size run at the same time.

    python benchmarks/aimed.py

An aimed heavy neutrino is a line through the detector with the momentum it allows and its weight, survival and decay included: drawn
from two-body decays of the beam's parents; from all parents where decays into three and chains count too.
"""

from time import perf_counter

import numpy as np
from dark_sector import calibration

import nusim
from nusim.experiment.flight import HeavySource
from nusim.experiment.source import heavy_source, parents_of, tables_of
from nusim.kernels.arrays import IntArray
from nusim.kernels.random import uniforms

EXPERIMENTS = ("sbnd", "microboone", "icarus", "dune-nd", "na62-dump", "ship-ecn3")
CHUNK = 1 << 15


def speed(source: HeavySource, rows: IntArray) -> float:
    """Aimed states per second, the random numbers they use not counted."""
    u = uniforms(1, 0, np.arange(len(rows)), source.draws)
    source.weights(rows[:CHUNK], u[:CHUNK])
    start = perf_counter()
    for first in range(0, len(rows), CHUNK):
        source.weights(rows[first : first + CHUNK], u[first : first + CHUNK])
    return len(rows) / (perf_counter() - start)


def main() -> None:
    """Run and print."""
    unit = calibration()
    print(f"calibration (10 million exponentials of uniforms): {unit:.3f} s")
    spectrum = nusim.solve(nusim.read_model("circle"))
    tables = tables_of(spectrum)
    for name in EXPERIMENTS:
        experiment = nusim.read_experiment(name)
        source = heavy_source(spectrum, experiment, parents_of(experiment), tables, seed=1)
        direct, every = speed(source, np.flatnonzero(~source.is_spread)), speed(source, np.arange(len(source)))
        print(
            f"{name}: {direct / 1e6:.2f} M/s from two-body decays ({direct * unit / 1e6:.3f} M a calibration), {every / 1e6:.2f} M/s of all"
        )


if __name__ == "__main__":
    main()

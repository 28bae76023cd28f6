"""Widths through SM currents at many masses and whole decay tables, beside a numpy calculation of known size run at the same time.

    python benchmarks/sm_widths.py

Prints milliseconds (warm, median of several runs) for the widths of every channel at 100 masses and for one table at several masses; each
also in units of a calibration loop, since machines are noisy.
"""

from collections.abc import Callable
from time import perf_counter

import numpy as np

import nusim
from nusim.decays.table import decay_table, partial_widths

RUNS = 21
MIXING2 = {"e": 1e-7, "mu": 2e-7, "tau": 1e-7}


def calibration() -> float:
    """Seconds for a million exponentials of uniforms."""
    rng = np.random.default_rng(1)
    start = perf_counter()
    np.exp(rng.random(1_000_000)).sum()
    return perf_counter() - start


def median(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of one call, and in units of calibrations run in between."""
    work()
    times, units = [], []
    for _ in range(RUNS):
        units.append(calibration())
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return float(np.median(times)), float(np.median(times) / np.median(units))


def main() -> None:
    """Run and print."""
    mixing = np.array(list(MIXING2.values()))
    for low, high in ((0.001, 1.0), (0.05, 5.0), (1.0, 20.0)):
        mass = np.geomspace(low, high, 100)
        seconds, ratio = median(lambda mass=mass: partial_widths(mass, mixing, True))  # type: ignore[misc]
        print(f"every channel at 100 masses, {low:g} to {high:g} GeV: {1e3 * seconds:.1f} ms, {ratio:.2f} calibrations")
    for m4 in (0.1, 0.5, 1.5, 4.0, 12.0):
        changes: dict[str, float] = {"m4": m4, **{f"mixing2.{flavour}": value for flavour, value in MIXING2.items()}}
        spectrum = nusim.solve(nusim.read_model("hnl", set=changes))
        seconds, ratio = median(lambda spectrum=spectrum: decay_table(spectrum, "nu4"))  # type: ignore[misc]
        print(f"one table at {m4:g} GeV: {1e3 * seconds:.2f} ms, {ratio:.3f} calibrations")


if __name__ == "__main__":
    main()

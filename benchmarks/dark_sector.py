"""Decay tables of the whole dark sector and events with their chains, beside a numpy calculation of known size run at the same time.

    python benchmarks/dark_sector.py

Prints milliseconds for the tables of nu4, nu5, Z' and phi' at one point (warm), seconds for them at 1000 random points, and star events at
SBND per second, whole chains included; each also in units of a calibration loop, since machines are noisy.
"""

import warnings
from time import perf_counter

import numpy as np

import nusim
from nusim.cards.read import CardWarning
from nusim.decays.table import decay_table
from nusim.events.generate import prepare
from nusim.events.pool import samples
from nusim.rates.widths import width_scan

STATES = ("nu4", "nu5", "zprime", "phi")
POINTS = 1000
EVENTS = 1 << 20


def calibration() -> float:
    """Seconds for a million exponentials of uniforms, ten times."""
    rng = np.random.default_rng(1)
    start = perf_counter()
    for _ in range(10):
        np.exp(rng.random(1_000_000)).sum()
    return perf_counter() - start


def random_models(n: int) -> list[nusim.DarkNeutrino | nusim.Hnl]:
    """Points with every ordering of the masses that matters; the mixing is free, so each has a solution."""
    rng = np.random.default_rng(7)
    models = []
    for _ in range(n):
        m5 = 10 ** rng.uniform(-2, 0)
        changes = {
            "physical.m5": m5,
            "physical.mass_ratio": rng.uniform(0.05, 0.95),
            "physical.mixing2": 10 ** rng.uniform(-10, -4),
            "mediator.m_zprime": 10 ** rng.uniform(-2, 1),
            "mediator.m_phi": 10 ** rng.uniform(-2, 1),
            "portals.epsilon": 10 ** rng.uniform(-6, -3),
        }
        models.append(nusim.read_model("circle", set={key: float(value) for key, value in changes.items()}))
    return models


def main() -> None:
    """Run and print."""
    warnings.simplefilter("ignore", CardWarning)  # keys of the card are replaced on purpose
    unit = calibration()
    print(f"calibration (10 million exponentials of uniforms): {unit:.3f} s")
    for name in ("circle", "star", "triangle"):
        for changes in ({}, {"portals.epsilon": 1e-4}):
            spectrum = nusim.solve(nusim.read_model(name, set=changes))
            times = []
            for _ in range(7):
                start = perf_counter()
                for state in STATES:
                    decay_table(spectrum, state)
                times.append(perf_counter() - start)
            middle = float(np.median(times))
            what = f"{name}, {changes or 'no portals'}: tables of {' '.join(STATES)}"
            print(f"{what}: {1e3 * middle:.1f} ms, {middle / unit:.3f} of the calibration")
    models = random_models(POINTS)
    start = perf_counter()
    solved = [nusim.solve(model) for model in models]
    for state in STATES:
        width_scan(solved, state)
    took = perf_counter() - start
    print(f"{POINTS} random points, solved and the same four tables: {took:.2f} s, {took / unit:.1f} calibrations")
    run = prepare(nusim.solve(nusim.read_model("star")), nusim.read_experiment("sbnd"), EVENTS)
    run.events(0, 4096)
    for workers in (1, 2):
        made = samples(run, 65_536, workers)
        start = perf_counter()
        first = len(next(made))
        began = perf_counter()
        rest = sum(len(sample) for sample in made)
        took = perf_counter() - start
        # processes that are started import numpy first
        steady = rest / (perf_counter() - began) if workers > 1 else EVENTS / took
        print(f"star at sbnd, {workers} process(es): {(first + rest) / took:.0f} events/s with their chains, {steady:.0f} once started")


if __name__ == "__main__":
    main()

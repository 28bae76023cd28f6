"""Events per second of whole runs of `nusim events`, start included and left out, by format; peak memory; what adapted proposals gain.

    python benchmarks/events_end_to_end.py [--events N] [--workers W]

Each run is a process of its own. "once started" is what further events cost: the run of N events against one of a single event. Memory
is the largest of the run's process (its workers have their own), for N and, in the last line, for four times as many. Trust ratios to the
calibration (10 million exponentials of uniforms): absolute rates depend on the machine.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import nusim
from nusim.events.generate import prepare

FORMATS = ("lhe", "lhe.gz", "hepmc3", "hepevt", "root", "parquet")
POINTS = (("circle", "sbnd"), ("star", "sbnd"), ("circle", "dune-nd"), ("hnl", "sbnd"))


def calibration() -> float:
    """Seconds for 10 million exponentials of uniforms."""
    rng, begin = np.random.default_rng(1), time.perf_counter()
    for _ in range(100):
        np.exp(rng.random(100_000))
    return time.perf_counter() - begin


def whole_run(folder: str, suffix: str, n: int, workers: int) -> tuple[float, float]:
    """Seconds of a run and the largest memory of its process in MB."""
    command = ["-n", str(n), "--workers", str(workers), "-o", str(Path(folder) / f"events.{suffix}")]
    begin = time.perf_counter()
    command = [sys.executable, "-m", "nusim", "events", "circle", "sbnd", *command]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        _, status, usage = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode:
        raise SystemExit(f"nusim events failed with code {run.returncode}")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    n, workers = options.events, options.workers

    # first, while this process is small: a new one is credited with the memory of the one that starts it
    print(f"circle at sbnd, {n} events, {workers} process(es)")
    with tempfile.TemporaryDirectory() as folder:
        for suffix in FORMATS:
            unit = calibration()
            start, _ = whole_run(folder, suffix, 1, workers)
            seconds, memory = whole_run(folder, suffix, n, workers)
            size = (Path(folder) / f"events.{suffix}").stat().st_size / n
            rate, steady = n / seconds, n / max(seconds - start, 1e-3)
            print(
                f"{suffix:8} {rate:8.0f} events/s, {steady:8.0f} once started ({steady * unit:7.0f} a calibration of {unit:.3f} s), "
                f"{memory:5.0f} MB, {size:5.0f} bytes an event",
                flush=True,
            )
        _, memory = whole_run(folder, "lhe.gz", 4 * n, workers)
        print(f"lhe.gz   {4 * n} events: {memory:.0f} MB")

    print("candidates that become events: plain proposals, and those that runs of millions adapt with vegas")
    for model, experiment in POINTS:
        spectrum, place = nusim.solve(nusim.read_model(model)), nusim.read_experiment(experiment)
        plain, adapted = (prepare(spectrum, place, number) for number in (1000, 100_000_000))
        print(f"{model:8} {experiment:8} {plain.efficiency:.3f} {adapted.efficiency:.3f}", flush=True)


if __name__ == "__main__":
    main()

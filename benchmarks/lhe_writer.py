"""Events per second of nusim's LHE writer and of pylhe's, for the same events in the same run.

    python benchmarks/lhe_writer.py [--events N] [--pylhe-events M] [--shapes K]

The events are K+ -> mu+ nu4, nu4 -> nu e- e+: six particles, comment lines included. pylhe starts from its own event
objects, ready made; both write to the same folder. Last, events of two shapes and of K: nusim's writer makes a text
for each shape (which particles decay, whose spin is known), and chains of heavy states have many. Trust the ratios: the
absolute rates depend on the machine.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from comparison import Row, show

from nusim.events.sample import FINAL, INCOMING, INTERMEDIATE, EventSample
from nusim.io.write import write


def sample_of(n: int, seed: int = 1, shapes: int = 1) -> EventSample:
    """n events with numbers of realistic size, of at most 64 shapes in random order; their kinematics does not matter here."""
    rng = np.random.default_rng(seed)
    total = 6 * n
    momentum = rng.normal(0, 2, (total, 4))
    vertex = rng.normal(0, 100, (total, 4))
    time_of_flight = np.tile([3.0, 0, 500.0, 0, 0, 0], n) * rng.exponential(1, total)
    metadata = {
        "version": "benchmark",
        "kernel": "numpy",
        "seed": seed,
        "n": n,
        "protons": 6.6e20,
        "expected_events": float(n),
        "stat_error": 1.0,
        "frames": {"beam": "", "detector": {"local_origin": [0.7, 0.0, 112.5], "rotation": np.eye(3).tolist()}},
    }
    decay_vertex = vertex[3::6].copy()
    vertex[4::6] = vertex[5::6] = decay_vertex
    # whose spins are known tells shapes of one size apart
    bits = rng.integers(0, shapes, n)[:, None] >> np.arange(6) & 1
    return EventSample(
        offsets=np.arange(n + 1) * 6,
        pdg=np.tile([321, -13, 9900012, 14, 11, -11], n),
        status=np.tile(np.array([INCOMING, FINAL, INTERMEDIATE, FINAL, FINAL, FINAL], np.int8), n),
        mother=np.tile([-1, 0, 0, 2, 2, 2], n),
        momentum=momentum,
        mass=np.tile([0.493677, 0.1056583755, 0.3, 0.0, 0.00051099895, 0.00051099895], n),
        vertex=vertex,
        proper_time=time_of_flight,
        spin=np.where(bits == 1, 0.5, 9.0).ravel(),
        weight=np.ones(n),
        decay_vertex=decay_vertex,
        delay=rng.exponential(1, n),
        polarisation=rng.uniform(-1, 1, n),
        state=np.zeros(n, np.int16),
        route=np.zeros(n, np.int16),
        seen=np.full(n, 2),
        channel=np.zeros(n, np.int16),
        states=("nu4",),
        routes=("nu4",),
        channels=("nu e- e+",),
        weighted=False,
        metadata=metadata,
    )


def seconds(task: Callable[[], Any], repeat: int = 3) -> float:
    """The best of a few runs."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    import pylhe

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--pylhe-events", type=int, default=5_000)
    parser.add_argument("--shapes", type=int, default=30)
    arguments = parser.parse_args()
    sample, few = sample_of(arguments.events), sample_of(arguments.pylhe_events)
    with tempfile.TemporaryDirectory() as folder:
        start = Path(folder) / "start.lhe"
        write(start, few)
        print(f"{'':10} {'nusim events/s':>15} {'pylhe events/s':>15} {'ratio':>7} {'bytes/event':>12}")
        for name in ("plain.lhe", "packed.lhe.gz"):
            target, other = Path(folder) / name, Path(folder) / f"pylhe-{name}"
            ours = len(sample) / seconds(lambda target=target: write(target, sample))  # type: ignore[misc]
            file = pylhe.LHEFile.fromfile(start, generator=False)
            theirs = len(few) / seconds(lambda file=file, other=other: file.tofile(other), repeat=2)  # type: ignore[misc]
            print(f"{name:10} {ours:15.0f} {theirs:15.0f} {ours / theirs:7.1f} {target.stat().st_size / len(sample):12.0f}")
            show(Row(f"writing {name} (pylhe {version('pylhe')})", ours, theirs, "events/s"))
        print(f"\n{'':10} {'2 shapes':>15} {arguments.shapes:>8} shapes {'ratio':>7}   nusim events/s")
        two, many = sample_of(arguments.events, shapes=2), sample_of(arguments.events, shapes=arguments.shapes)
        for name in ("plain.lhe", "packed.lhe.gz", "plain.hepevt"):
            target = Path(folder) / name
            rates = [len(one) / seconds(lambda one=one, target=target: write(target, one)) for one in (two, many)]  # type: ignore[misc]
            print(f"{name:10} {rates[0]:15.0f} {rates[1]:15.0f} {rates[0] / rates[1]:7.2f}")


if __name__ == "__main__":
    main()

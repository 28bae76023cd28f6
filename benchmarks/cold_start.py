"""How long a person waits: cold runs of the program beside `python -c "import numpy"`, each in a fresh process.

    python benchmarks/cold_start.py [repetitions]

Medians; the ratio to the bare numpy import is what carries over to other machines.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def seconds(argv: list[str], repetitions: int) -> float:
    """Median wall time of a command."""
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "circle.lhe.gz")
        program = [sys.executable, "-m", "nusim"]
        commands = {
            'python -c "import numpy"': [sys.executable, "-c", "import numpy"],
            "nusim --version": [*program, "--version"],
            "nusim cards": [*program, "cards"],
            "nusim masses circle": [*program, "masses", "circle"],
            "nusim widths circle": [*program, "widths", "circle"],
            "nusim rate circle sbnd": [*program, "rate", "circle", "sbnd"],
            "nusim events circle sbnd -n 10000": [*program, "events", "circle", "sbnd", "-n", "10000", "-o", out],
        }
        base = 0.0
        for name, argv in commands.items():
            took = seconds(argv, repetitions)
            base = base or took
            print(f"{name:<36} {took:7.3f} s   {took / base:6.2f} x numpy")


if __name__ == "__main__":
    main()

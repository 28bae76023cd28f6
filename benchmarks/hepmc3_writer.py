"""Events per second of nusim's HepMC3 writer and of pyhepmc's, for the same events in the same run.

    python benchmarks/hepmc3_writer.py [--events N] [--pyhepmc-events M]

The events are those of lhe_writer.py: six particles and two vertices, with the attributes that nusim writes. pyhepmc starts from
its own event objects, read from nusim's file, ready made; both write to the same folder. Trust the ratios: the absolute rates depend
on the machine.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from lhe_writer import sample_of, seconds

from nusim.io.write import write


def main() -> None:
    import pyhepmc

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--pyhepmc-events", type=int, default=5_000)
    arguments = parser.parse_args()
    sample, few = sample_of(arguments.events), sample_of(arguments.pyhepmc_events)

    def rewrite(path: Path, events: list[Any]) -> None:
        with pyhepmc.open(path, "w") as file:
            for event in events:
                file.write(event)

    with tempfile.TemporaryDirectory() as folder:
        print(f"{'':16} {'nusim events/s':>15} {'pyhepmc events/s':>17} {'ratio':>7} {'bytes/event':>12}")
        for layout in ("chain", "nuhepmc"):
            start = Path(folder) / "start.hepmc3"
            write(start, few, layout=layout)
            with pyhepmc.open(start) as file:
                events = list(file)
            for suffix in ("hepmc3", "hepmc3.gz"):
                target, other = Path(folder) / f"a.{suffix}", Path(folder) / f"b.{suffix}"
                ours = len(sample) / seconds(lambda target=target, layout=layout: write(target, sample, layout=layout))  # type: ignore[misc]
                theirs = len(few) / seconds(lambda other=other, events=events: rewrite(other, events), repeat=3)  # type: ignore[misc]
                size = target.stat().st_size / len(sample)
                print(f"{layout + ' ' + suffix:16} {ours:15.0f} {theirs:17.0f} {ours / theirs:7.1f} {size:12.0f}")


if __name__ == "__main__":
    main()

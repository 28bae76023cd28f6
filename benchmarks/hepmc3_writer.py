"""Events per second of nusim's HepMC3 writer and of pyhepmc's, for the same events in the same run.

    python benchmarks/hepmc3_writer.py [--events N] [--pyhepmc-events M]

The events are those of lhe_writer.py: six particles and two vertices, with the attributes that nusim writes. Both start from the same
arrays and write to the same folder; pyhepmc makes its event objects first, as it must. The last column is the ratio to pyhepmc's writing
alone, of objects ready made. Trust the ratios: the absolute rates depend on the machine.
"""

import argparse
import tempfile
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from comparison import Row, show
from lhe_writer import sample_of, seconds

from nusim.events.sample import EventSample
from nusim.io.write import write


def main() -> None:
    import pyhepmc

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--pyhepmc-events", type=int, default=5_000)
    arguments = parser.parse_args()
    sample, few = sample_of(arguments.events), sample_of(arguments.pyhepmc_events)

    with tempfile.TemporaryDirectory() as folder:
        print(f"{'':16} {'nusim events/s':>15} {'pyhepmc events/s':>17} {'ratio':>7} {'bytes/event':>12} {'to writing alone':>17}")
        for layout in ("chain", "nuhepmc"):
            start = Path(folder) / "start.hepmc3"
            write(start, few, layout=layout)
            with pyhepmc.open(start) as file:
                events = list(file)
            for suffix in ("hepmc3", "hepmc3.gz"):
                target, other = Path(folder) / f"a.{suffix}", Path(folder) / f"b.{suffix}"
                ours = len(sample) / seconds(lambda target=target, layout=layout: write(target, sample, layout=layout))  # type: ignore[misc]
                made = len(few) / seconds(lambda other=other, run=events[0].run_info: rewrite(other, objects(few, run)))  # type: ignore[misc]
                ready = len(few) / seconds(lambda other=other, events=events: rewrite(other, events))  # type: ignore[misc]
                size = target.stat().st_size / len(sample)
                print(f"{layout + ' ' + suffix:16} {ours:15.0f} {made:17.0f} {ours / made:7.1f} {size:12.0f} {ours / ready:17.1f}")
                show(Row(f"writing {layout} {suffix} (pyhepmc {version('pyhepmc')}, objects made)", ours, made, "events/s"))


def rewrite(path: Path, events: Iterable[Any]) -> None:
    """pyhepmc's writer."""
    import pyhepmc

    with pyhepmc.open(path, "w") as file:
        for event in events:
            file.write(event)


def objects(sample: EventSample, run: Any) -> Iterator[Any]:
    """pyhepmc's events, with the particles, vertices, weights and attributes of nusim's layout `chain`."""
    import pyhepmc

    status = {-1: 4, 2: 2, 1: 1}
    momentum, mass, codes = sample.momentum[:, [1, 2, 3, 0]].tolist(), sample.mass.tolist(), sample.pdg.tolist()
    point, ctau, spin = (1e3 * sample.vertex[:, [1, 2, 3, 0]]).tolist(), (1e3 * sample.proper_time).tolist(), sample.spin.tolist()
    for i in range(len(sample)):
        event = pyhepmc.GenEvent(pyhepmc.Units.GEV, pyhepmc.Units.MM)
        event.run_info, event.event_number = run, i
        event.weights = [1.0, float(sample.weight[i])]
        first, last = int(sample.offsets[i]), int(sample.offsets[i + 1])
        particles, vertices = [], {}
        for k in range(first, last):
            particle = pyhepmc.GenParticle(momentum[k], codes[k], status[int(sample.status[k])])
            particle.generated_mass = mass[k]
            particles.append(particle)
            mother = int(sample.mother[k])
            if mother >= 0:
                if mother not in vertices:
                    vertices[mother] = pyhepmc.GenVertex(point[k])
                    vertices[mother].status = 1 if mother == sample.seen[i] else 21
                    vertices[mother].add_particle_in(particles[mother])
                vertices[mother].add_particle_out(particle)
        for vertex in vertices.values():
            event.add_vertex(vertex)
        for mother in vertices:
            particles[mother].attributes = {"ctau_mm": ctau[first + mother], "spin": spin[first + mother]}
        seen = point[first + 3]
        event.attributes = {
            "signal_process_id": 701,
            "lab_pos": " ".join(map(repr, seen)),
            "nusim.parent": codes[first],
            "nusim.heavy": 3,
            "nusim.delay_ns": float(sample.delay[i]),
            "nusim.polarisation": float(sample.polarisation[i]),
            "nusim.route": "nu4",
        }
        yield event


if __name__ == "__main__":
    main()

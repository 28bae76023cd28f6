"""Time to read a dk2nu file of a million entries, checks and all, beside that of uproot alone on the same branches.

    python benchmarks/read_flux.py [entries]

Prints megabytes, seconds of both, their ratio, and the resident memory of the process at its highest.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import uproot

from nusim.beams.dk2nu import NEUTRINOS_PER_DECAY
from nusim.beams.flux_files import FluxFiles, load_flux

LEAVES = ("ndecay", "ntype", "ptype", "vx", "vy", "vz", "pdpx", "pdpy", "pdpz", "nimpwt", "ppvx", "ppvy", "ppvz")


def columns(entries: int) -> dict[str, np.ndarray]:
    """Decays along a 50 m pipe, kinds in proportion to their number."""
    rng = np.random.default_rng(1)
    kinds = [(code, *key, ratio) for code, decays in NEUTRINOS_PER_DECAY.items() for key, ratio in decays.items()]
    table = np.array([kind[:3] for kind in kinds], np.int32)
    chances = np.array([kind[3] for kind in kinds])
    chosen = table[rng.choice(len(kinds), size=entries, p=chances / chances.sum())]
    flight = rng.exponential(2.0, (entries, 3)) * [0.1, 0.1, 1.0]
    return {
        "ptype": chosen[:, 0],
        "ndecay": chosen[:, 1],
        "ntype": chosen[:, 2],
        **{f"v{axis}": 5000 * rng.random(entries) * scale for axis, scale in zip("xyz", (0.02, 0.02, 1.0), strict=True)},
        **{f"pdp{axis}": flight[:, k] / 4 for k, axis in enumerate("xyz")},
        **{f"ppv{axis}": 70 * rng.random(entries) * scale for axis, scale in zip("xyz", (0.01, 0.01, 1.0), strict=True)},
        "nimpwt": rng.exponential(1.0, entries),
    }


def main() -> None:
    """Write, read with uproot alone, read with nusim."""
    entries = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.root"
        content = {
            f"dk2nu/decay/decay.{name}" if name[:2] != "pp" else f"dk2nu/{name}": values for name, values in columns(entries).items()
        }
        with uproot.recreate(path, compression=uproot.ZLIB(1)) as file:
            file.mktree("dk2nuTree", {name: values.dtype for name, values in content.items()}).extend(content)
            file.mktree("dkmetaTree", {"dkmeta/pots": np.float64}).extend({"dkmeta/pots": np.array([1e6])})
        begin = time.perf_counter()
        with uproot.open(path) as file:
            for branch in file["dk2nuTree"].itervalues():
                branch.array(library="np")
        bare = time.perf_counter() - begin
        begin = time.perf_counter()
        flux = load_flux(FluxFiles((path,), "dk2nu"))
        took = time.perf_counter() - begin
        assert flux.parents is not None
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{entries} entries, {path.stat().st_size / 1e6:.0f} MB: uproot alone {bare:.2f} s, nusim {took:.2f} s, ratio {took / bare:.2f}"
        )
        print(f"{len(flux.parents.pdg)} parents; at most {peak:.0f} MB resident")


if __name__ == "__main__":
    main()

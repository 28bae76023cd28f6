"""Unweighted decays nu4 -> nu e- e+ per second: from uniform numbers to momenta in the laboratory, on one core.

    python benchmarks/decay_kernel.py [--events N] [--chunk N] [--repeat N]

The calibration kernel of the same process, 12 uniform numbers an event and the exponential of each, takes the machine out of
the result: trust the ratio. Each figure is the best of several passes over all chunks.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from nusim.cards.read import read_model
from nusim.decays.channel import Term
from nusim.decays.draw import draw_products
from nusim.decays.table import decay_table
from nusim.kernels.arrays import Array, four_vectors
from nusim.kernels.lorentz import boost
from nusim.kernels.random import uniforms
from nusim.model.spectrum import solve


def laboratory(term: Term, mass: float, u: Array, spin: Array, frame: Array) -> Array:
    """Accepted decays in the laboratory, (n, 3, 4); column `draws` of `u` decides."""
    momenta, acceptance = term.propose(u[:, : term.draws], spin)
    kept = np.flatnonzero(u[:, term.draws] < acceptance)
    # along the contiguous axis: a mask on the first axis of (n, 3, 4) gathers numbers that lie far apart
    momenta = momenta.transpose(1, 2, 0)[:, :, kept].transpose(2, 0, 1)
    return boost(momenta, frame.T[:, kept].T[:, None, :], mass)


def best(work: Callable[[], int], repeat: int) -> float:
    """Largest number of events per second over `repeat` passes; `work` returns how many it made."""
    work()
    rates = []
    for _ in range(repeat):
        start = time.perf_counter()
        made = work()
        rates.append(made / (time.perf_counter() - start))
    return max(rates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=524_288)
    parser.add_argument("--chunk", type=int, default=32_768)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    n, chunks = options.chunk, max(options.events // options.chunk, 1)

    # once an array of this size is freed, glibc keeps the memory of smaller ones instead of returning it to the system at each
    # call; in a run the beam's table does this, in a fresh process the first kernel would pay for page faults
    np.ones(3_500_000).sum()
    rng = np.random.default_rng(1)
    exponents = np.empty((n, 12))

    def calibration() -> int:
        for _ in range(chunks):
            np.exp(rng.random(out=exponents), out=exponents)
        return n * chunks

    reference = best(calibration, options.repeat)
    print(f"calibration (12 uniforms and exponentials): {reference / 1e6:.2f} million events/s")

    for card, flavour in (("circle", "Z alone"), ("hnl", "W and Z: m4 = 0.25, |U_e|^2")):
        model = read_model(card, set={"mixing2.e": 1e-8, "mixing2.mu": 0.0} if card == "hnl" else None)
        table = decay_table(solve(model), "nu4")
        terms, mass = table.channel("nu e- e+").terms, table.mass
        term = terms[0]
        frame = four_vectors(n)
        frame[:, 1], frame[:, 2], frame[:, 3] = rng.normal(0, 0.05, n), rng.normal(0, 0.05, n), rng.exponential(3, n)
        frame[:, 0] = np.sqrt(np.sum(frame[:, 1:] ** 2, axis=1) + mass**2)
        spin = np.empty((3, n)).T
        spin[:] = 0.7 * frame[:, 1:] / np.sqrt(np.sum(frame[:, 1:] ** 2, axis=1))[:, None]
        numbers = [np.asfortranarray(rng.random((n, term.draws + 1))) for _ in range(chunks)]

        def kernel(term=term, mass=mass, spin=spin, frame=frame, numbers=numbers) -> int:
            return sum(len(laboratory(term, mass, u, spin, frame)) for u in numbers)

        def with_numbers(term=term, mass=mass, spin=spin, frame=frame) -> int:
            made = 0
            for i in range(chunks):
                u = uniforms(1, 0, np.arange(i * n, (i + 1) * n), term.draws + 1)
                made += len(laboratory(term, mass, u, spin, frame))
            return made

        def generated(terms=terms, mass=mass, spin=spin, frame=frame) -> int:
            made = 0
            for i in range(chunks):
                _, momenta, _ = draw_products(terms, spin, np.zeros(n, bool), 1, 0, np.arange(i * n, (i + 1) * n))
                made += len(boost(momenta, frame[:, None, :], mass))
            return made

        for label, work in (
            ("uniforms to laboratory", kernel),
            ("random streams included", with_numbers),
            (f"draw_products, {len(terms)} terms, to laboratory", generated),
        ):
            rate = best(work, options.repeat)
            print(f"{flavour}, {label}: {rate / 1e6:.2f} million events/s, {rate / reference:.3f} of the calibration")


if __name__ == "__main__":
    main()

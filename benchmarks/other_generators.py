"""Decays N -> nu e- e+ per second: nusim's unweighted ones from the exact |M|^2 beside the phase space of DarkNews and phasespace.

    python benchmarks/other_generators.py [--events N]

Each makes the momenta of N decays of a state of 0.3 GeV, its own random numbers included: nusim draws from |M|^2 with a polarised parent,
accepts, and boosts to the laboratory; DarkNews' `phase_space.three_body_decay` is flat in Dalitz variables and boosts; phasespace
(TensorFlow) gives flat phase space with weights at rest, on all cores. What is not installed is left out: pip install DarkNews phasespace.
"""

import argparse
import os
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec

import numpy as np
from comparison import Row, show
from decay_kernel import best

import nusim
from nusim.decays.draw import draw_products
from nusim.kernels.arrays import four_vectors
from nusim.kernels.lorentz import boost

MASS, ELECTRON = 0.3, 0.00051099895


def nusim_decays(n: int, frame: np.ndarray) -> Callable[[], int]:
    """Unweighted, polarised, in the laboratory."""
    model = nusim.read_model("hnl", set={"m4": MASS, "mixing2.e": 1e-8, "mixing2.mu": 0.0})
    table = nusim.decay_table(nusim.solve(model), "nu4")
    terms = table.channel("nu e- e+").terms
    spin = np.zeros((3, n)).T
    spin[:, 2] = 0.7

    def work() -> int:
        _, momenta, _ = draw_products(terms, spin, np.zeros(n, bool), 1, 0, np.arange(n))
        return len(boost(momenta, frame[:, None, :], table.mass))

    return work


def darknews_decays(n: int, frame: np.ndarray) -> Callable[[], int]:
    """Flat in Dalitz variables, in the laboratory."""
    from DarkNews.phase_space import three_body_decay

    size = np.sqrt(np.sum(frame[:, 1:] ** 2, axis=1))
    lab = {"EP_LAB": frame[:, 0], "costP_LAB": frame[:, 3] / size, "phiP_LAB": np.arctan2(frame[:, 2], frame[:, 1])}
    rng = np.random.default_rng(1)

    def work() -> int:
        samples = {name: rng.random(n) for name in ("unit_t", "unit_u", "unit_c3", "unit_phi34")}
        return len(three_body_decay(samples, boost=lab, m1=MASS, m2=0.0, m3=ELECTRON, m4=ELECTRON)[0])

    return work


def phasespace_decays(n: int, frame: np.ndarray) -> Callable[[], int]:
    """Weighted, at rest."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import phasespace

    decay = phasespace.nbody_decay(MASS, [0.0, ELECTRON, ELECTRON])

    def work() -> int:
        weights, momenta = decay.generate(n)
        for one in momenta.values():
            one.numpy()
        return len(weights.numpy())

    return work


OTHERS = {"DarkNews": darknews_decays, "phasespace": phasespace_decays}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=200_000)
    n = parser.parse_args().events
    rng = np.random.default_rng(1)
    frame = four_vectors(n)
    frame[:, 1], frame[:, 2], frame[:, 3] = rng.normal(0, 0.05, n), rng.normal(0, 0.05, n), 0.5 + rng.exponential(3, n)
    frame[:, 0] = np.sqrt(np.sum(frame[:, 1:] ** 2, axis=1) + MASS**2)
    own = best(nusim_decays(n, frame), 3)
    print(f"nusim: {own / 1e6:.2f} million decays/s")
    for name, made in OTHERS.items():
        if find_spec(name) is None:
            print(f"{name}: not installed (pip install {name})")
            continue
        other = best(made(n, frame), 3)
        show(Row(f"decays nu e- e+ ({name} {version(name)}: phase space only)", own, other, "decays/s"))


if __name__ == "__main__":
    main()

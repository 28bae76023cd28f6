"""A small invented beam and detector: closures do not need a real one."""

import numpy as np

from nusim.beams.beam import Beam
from nusim.beams.parents import ParentFlux
from nusim.experiment.experiment import Criterion, Experiment, Selection
from nusim.experiment.volumes import Box
from nusim.model.model import Hnl
from nusim.model.spectrum import Spectrum, solve

ROWS = 4000
BOX = Box((0.7, 0.2, 60.0), size=(4.0, 3.0, 5.0))


def parents(seed: int = 11) -> ParentFlux:
    """Charged kaons and pions of a few GeV that decay along 20 m."""
    rng = np.random.default_rng(seed)
    codes = np.repeat([-211, 211, -321, 321], ROWS)
    n = len(codes)
    momentum = np.column_stack([rng.normal(0, 0.08, n), rng.normal(0, 0.08, n), 0.4 + rng.exponential(1.5, n)])
    start = np.column_stack([rng.normal(0, 0.05, n), rng.normal(0, 0.05, n), rng.uniform(0, 1, n)])
    weight = rng.exponential(1.0, n) / n
    return ParentFlux(codes, momentum, start, start[:, 2].copy(), np.full(n, 20.0), weight, True, 1e4, "toy")


def experiment() -> Experiment:
    beam = Beam(name="toy", source="invented", momentum=8.9, tables={}, normalisation_uncertainty={"K+": 0.1, "K-": 0.2})
    return Experiment(
        "toy", "invented", 1e20, beam, "fhc", (BOX,), Selection(thresholds={"mu": 0.03, "pi": 0.1}), Criterion("count", events=2.3)
    )


def hnl(mass: float, majorana: bool = True, mixing2: tuple[float, float, float] = (0.0, 1e-6, 0.0)) -> Spectrum:
    return solve(Hnl(name="toy", source="invented", majorana=majorana, m4=mass, mixing2=mixing2))

"""Curves of Fig. 2 that nusim's own rates draw: what an experiment excludes, or would, of a standard heavy neutrino."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..experiment.experiment import Experiment
from ..kernels.arrays import Array
from ..kernels.processes import in_order
from ..model.model import Model
from ..rates.reach import Reach
from ..rates.scan import scan
from .counted import MIXINGS
from .curve import Curve, Role
from .experiment_bound import EXISTING, searched
from .signal import standard_model


def computed_curves(
    experiments: Sequence[Experiment],
    flavour: str = "mu",
    masses: tuple[float, float] = (0.01, 10.0),
    points: int = 24,
    *,
    majorana: bool = True,
    seed: int = 1,
    progress: Callable[[str], object] = lambda name: None,
    workers: int = 1,
    scheduler: str | None = None,
) -> list[Curve]:
    """Contours of each experiment for a heavy neutrino that mixes with one flavour and has no new decays, as in Fig. 2.

    By the criterion of its card, over the masses that searches covered (`SEARCHED`). Experiments that have run are labelled as bounds,
    others as projections. Contours are closed: above the upper edge the state decays before the detector. `workers` and `scheduler` share
    the experiments as in `rates.scan.scan`; `progress` is told which is done.
    """
    grid = np.geomspace(masses[0], masses[1], points)
    model = standard_model(float(grid[0]), flavour, 1e-8, majorana)
    work = _Computed(model, grid, flavour, majorana, seed)
    found = []
    for experiment, curve in zip(experiments, in_order(work, [(one,) for one in experiments], workers, scheduler), strict=True):
        progress(experiment.name)
        found += [curve] if curve is not None else []
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Computed:
    """Curves but for their experiments."""

    model: Model
    masses: Array
    flavour: str
    majorana: bool
    seed: int

    def __call__(self, experiment: Experiment) -> Curve | None:
        covered = self.masses[[searched(experiment.name, float(mass)) for mass in self.masses]]
        if len(covered) < 2:
            return None
        reached = scan(self.model, experiment, ("m4", covered), (f"mixing2.{self.flavour}", MIXINGS), self.seed).reach()
        return reach_curve(experiment, reached, self.flavour, "bound" if experiment.name in EXISTING else "projection", self.majorana)


def reach_curve(experiment: Experiment, reached: Reach, flavour: str, role: Role, majorana: bool) -> Curve:
    """A reach as a curve of the figure."""
    curve = Curve(
        experiment.name,
        _LABELS.get(experiment.name, experiment.name),
        role,
        "any",
        flavour,
        reached.contours,
        "scaled" if experiment.recast is not None else "computed",
        experiment.source,
        f"{reached.rule}, {experiment.protons:.4g} protons" if experiment.protons > 0 else reached.rule,
        reached.confidence,
        "Majorana" if majorana else "Dirac",
    )
    return curve if reached.contours else replace(curve, warnings=reached.warnings[:1])


_LABELS = {"sbn": "SBN", "dune-nd": "DUNE ND", "na62-dump": "NA62 dump", "ship-2015": "SHiP", "charm": "CHARM, nusim"}

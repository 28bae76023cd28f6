"""Limits of experiments whose events nusim computes: along the mixing, for a standard heavy neutrino and for a model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import ParameterError
from ..experiment.experiment import Experiment
from ..kernels.arrays import Array
from ..model.model import DarkNeutrino, Hnl, Model, Physical
from ..model.spectrum import solve
from ..rates.criterion import criterion_events
from ..rates.scan import Scan, scan
from .signal import largest_mixing, standard_model
from .strength import crossings

MIXINGS = np.geomspace(1e-13, 1.0, 79)
"""|U|^2 tried; between them events are interpolated as powers."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Selected events of an experiment over masses (m,) and mixings (n,)."""

    experiment: str
    mass: Array
    """Of the state the mixing belongs to, GeV."""
    mixing2: Array
    events: Array
    """(m, n); NaN where there is no such model."""
    threshold: float
    """Events excluded by the experiment's criterion."""
    scan: Scan
    """What they come from."""

    def at(self, mass: float, mixing2: float) -> float:
        """Events at one of the masses and a mixing, logarithms interpolated; 0 where there are none about it."""
        row = self.row(mass)
        if not row.any():
            return 0.0
        good = row > 0
        log = np.interp(np.log(mixing2), np.log(self.mixing2[good]), np.log(row[good]))
        return float(np.exp(log))

    def row(self, mass: float) -> Array:
        """Events along the mixing at one of the masses (n,)."""
        k = int(np.argmin(np.abs(self.mass - mass)))
        if abs(self.mass[k] - mass) > 1e-9 * mass:
            raise ParameterError(f"{self.experiment}: {mass:g} GeV is none of the masses of this line")
        found: Array = np.nan_to_num(self.events[k])
        return found

    def edges(self, mass: float, threshold: float | None = None) -> tuple[float, float]:
        """|U|^2 between which there are more events than `threshold`, the criterion's by default; NaN where there never are."""
        return crossings(self.mixing2, self.row(mass) / (self.threshold if threshold is None else threshold))

    def contours(self) -> tuple[Array, ...]:
        """The excluded area over the masses by the experiment's criterion, refined between them."""
        return self.scan.reach().contours


def standard_line(experiment: Experiment, flavour: str, masses: Sequence[float], majorana: bool, seed: int = 1) -> Line:
    """Of the minimal heavy neutral lepton that mixes with one flavour."""
    model = standard_model(float(masses[0]), flavour, 1e-8, majorana)
    return _line(model, experiment, "m4", f"mixing2.{flavour}", masses, 1.0, seed)


def model_line(model: Model, experiment: Experiment, masses: Sequence[float], seed: int = 1) -> Line:
    """Of a model over the masses of its heaviest state, m4/m5 kept: |U_4|^2 summed over flavours. ParameterError for several families."""
    if isinstance(model, Hnl):
        return _line(model, experiment, "m4", "mixing2", masses, 1.0, seed)
    if not isinstance(model, DarkNeutrino):
        raise ParameterError(f"{model.name}: bounds along the mixing need one hidden family or a minimal heavy neutral lepton")
    if not isinstance(model.mass, Physical):
        spectrum = solve(model)
        assert spectrum.m5 is not None
        model = replace(model, mass=Physical(m5=spectrum.m5, mass_ratio=spectrum.m4 / spectrum.m5, mixing2=1e-8))
    elif model.mass.m4 is not None:
        model = replace(model, mass=replace(model.mass, m4=None, mass_ratio=model.mass.m4 / model.mass.m5))
    return _line(model, experiment, "physical.m5", "mixing2", masses, largest_mixing(model), seed)


def _line(model: Model, experiment: Experiment, key: str, mixing: str, masses: Sequence[float], largest: float, seed: int) -> Line:
    wanted = np.unique(np.asarray(masses, float))
    # a scan's axis holds two values at least
    asked = wanted if len(wanted) > 1 else np.array([wanted[0], wanted[0] * (1 + 1e-6)])
    mixings = np.unique(np.append(MIXINGS[largest > MIXINGS], largest))
    found = scan(model, experiment, (key, asked), (mixing, mixings), seed)
    threshold = criterion_events(experiment.criterion, experiment.background)
    return Line(experiment.name, wanted, mixings, found.rates[: len(wanted)], threshold, found)

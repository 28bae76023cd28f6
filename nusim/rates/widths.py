"""Decay widths of one state over many parameter points at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..decays.table import decay_table, partial_widths
from ..kernels.arrays import Array
from ..model.model import Model
from ..model.spectrum import solve
from ..units import HBARC


@dataclass(frozen=True, slots=True, eq=False)
class WidthScan:
    """Widths of a state at m points; columns of shape (m,)."""

    mass: Array
    """GeV."""
    width: Mapping[str, Array]
    """By final state, GeV; only those open somewhere."""
    warnings: tuple[str, ...]

    @property
    def total_width(self) -> Array:
        """GeV."""
        return np.sum(list(self.width.values()), axis=0) if self.width else np.zeros(len(self.mass))

    @property
    def ctau(self) -> Array:
        """Metres; infinite for a state that does not decay."""
        with np.errstate(divide="ignore"):
            return np.asarray(HBARC / self.total_width)

    def branching_ratio(self, products: str) -> Array:
        """Share of a final state, zero where nothing is open."""
        total = self.total_width
        return np.divide(self.width[products], total, out=np.zeros(len(total)), where=total > 0)


def width_scan(models: Sequence[Model], state: str) -> WidthScan:
    """Widths of `state` in each of the models, which share one kind; the warnings are those of all points.

    The models are solved one by one; the widths are computed together. Raises ParameterError for a state that a model
    does not have.
    """
    spectra = [solve(model) for model in models]
    mass = np.array([spectrum.mass(state) for spectrum in spectra])
    mixing2 = np.array([spectrum.active_mixing2(state) for spectrum in spectra]).T
    widths = partial_widths(mass, mixing2, models[0].majorana)
    warnings = [warning for spectrum in spectra for warning in spectrum.warnings]
    # what the table leaves out does not depend on the point: its two ends say it
    warnings += [warning for spectrum in (spectra[0], spectra[-1]) for warning in decay_table(spectrum, state).warnings]
    return WidthScan(mass, {name: width for name, width in widths.items() if np.any(width > 0)}, tuple(dict.fromkeys(warnings)))

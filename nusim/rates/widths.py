"""Decay widths of one state over many parameter points at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .. import pdg
from ..decays.dark import boson_mass, dark_parents, dark_partial_widths, standard_with_dark
from ..decays.table import check_parent, partial_widths, table_warnings
from ..kernels.arrays import Array
from ..model.model import Model
from ..model.spectrum import Spectrum, solve
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


def width_scan(points: Sequence[Model | Spectrum], state: str) -> WidthScan:
    """Widths of `state` at each of the points, models or solved ones of one kind; the warnings are those of all points.

    Models are solved one by one; the widths are computed together. Raises ParameterError for a state that a model
    does not have.
    """
    spectra = [point if isinstance(point, Spectrum) else solve(point) for point in points]
    check_parent(spectra[0], state)
    warnings = [note for spectrum in spectra for note in (*spectrum.warnings, *table_warnings(spectrum, state))]
    mass, widths = widths_at(spectra, state)
    return WidthScan(mass, {name: width for name, width in widths.items() if np.any(width > 0)}, tuple(dict.fromkeys(warnings)))


def widths_at(spectra: Sequence[Spectrum], state: str) -> tuple[Array, dict[str, Array]]:
    """Mass of a state and its widths by final state, GeV, each of shape (points,)."""
    if state in pdg.BOSONS:
        return np.array([boson_mass(spectrum, state) for spectrum in spectra]), dark_partial_widths(spectra, state)
    mass = np.array([spectrum.mass(state) for spectrum in spectra])
    mixing2 = np.array([spectrum.active_mixing2(state) for spectrum in spectra]).T
    widths = partial_widths(mass, mixing2, spectra[0].majorana)
    if dark_parents(spectra[0]):
        widths = standard_with_dark(spectra, state, widths, dark_partial_widths(spectra, state))
    return mass, widths

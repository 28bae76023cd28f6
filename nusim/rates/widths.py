"""Decay widths of one state over many parameter points at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from .. import pdg
from ..decays.dark import boson_mass, dark_parents, dark_partial_widths, standard_with_dark
from ..decays.table import check_parent, decay_table, partial_widths, table_warnings
from ..errors import ParameterError
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
    """Those of all points, each once."""
    notes: tuple[tuple[str, ...], ...] = ()
    """Warnings of each point."""
    refused: Mapping[int, str] = field(default_factory=dict)
    """Why a point has no widths, by its place; its columns hold NaN."""
    uncertainty: Mapping[str, Array] = field(default_factory=dict)
    """Relative theory uncertainty of each width, NaN where it is closed or not known; empty unless asked for."""
    total_uncertainty: Array | None = None
    """Of the total width."""

    @property
    def total_width(self) -> Array:
        """GeV."""
        return np.sum(list(self.width.values()), axis=0) if self.width else 0.0 * self.mass

    @property
    def ctau(self) -> Array:
        """Metres; infinite for a state that does not decay."""
        with np.errstate(divide="ignore"):
            return np.asarray(HBARC / self.total_width)

    def branching_ratio(self, products: str) -> Array:
        """Share of a final state, zero where nothing is open, NaN where a point is refused."""
        total = self.total_width
        return np.divide(self.width[products], total, out=np.where(np.isnan(total), np.nan, 0.0), where=total > 0)


def width_scan(points: Sequence[Model | Spectrum | ParameterError], state: str, *, errors: bool = False) -> WidthScan:
    """Widths of `state` at each of the points, models or solved ones of one kind; the warnings are those of all points.

    Models are solved one by one; the widths are computed together. A point at which the physics is not defined, or that
    is given as the ParameterError its card met, is a gap. Raises ParameterError if every point is one, and for a state
    that a model does not have. `errors`: also theory uncertainties, from the tables point by point (some milliseconds each).
    """
    spectra, refused = dict[int, Spectrum](), dict[int, str]()
    notes: list[tuple[str, ...]] = [()] * len(points)
    for place, point in enumerate(points):
        try:
            if isinstance(point, ParameterError):
                raise point
            spectrum = point if isinstance(point, Spectrum) else solve(point)
            check_parent(spectrum, state)
            spectra[place] = spectrum
        except ParameterError as error:
            refused[place] = str(error)
    try:
        found = widths_at(list(spectra.values()), state) if spectra else None
    except ParameterError:
        for place, spectrum in list(spectra.items()):
            try:
                widths_at([spectrum], state)
            except ParameterError as error:
                refused[place] = str(error)
                del spectra[place]
        found = widths_at(list(spectra.values()), state) if spectra else None
    if found is None:
        raise ParameterError(next(iter(refused.values()), "a scan needs points"))
    kept = list(spectra)
    # what is remembered of the widths serves the warnings
    for place, spectrum in spectra.items():
        notes[place] = (*spectrum.warnings, *table_warnings(spectrum, state))

    def column(values: Array) -> Array:
        filled = np.full(len(points), np.nan)
        filled[kept] = values
        return filled

    mass, widths = found
    warnings = tuple(dict.fromkeys(note for place in kept for note in notes[place]))
    refused = dict(sorted(refused.items()))
    opened = {name: column(width) for name, width in widths.items() if np.any(width > 0)}
    scan = WidthScan(column(mass), opened, warnings, tuple(notes), refused)
    if not errors:
        return scan
    tables = [decay_table(spectrum, state) for spectrum in spectra.values()]
    known = [{channel.products: channel.uncertainty for channel in table if channel.errors and channel.width > 0} for table in tables]
    uncertainty = {name: column(np.array([one.get(name, np.nan) for one in known])) for name in opened}
    total = column(np.array([table.total_uncertainty or np.nan for table in tables]))
    return replace(scan, uncertainty=uncertainty, total_uncertainty=total)


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

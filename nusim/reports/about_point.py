"""Lines and planes about a model's point: where contours are drawn, and how its states decay at other masses."""

from dataclasses import dataclass, replace

import numpy as np

from .. import pdg
from ..errors import NusimError, ParameterError
from ..kernels.arrays import Array
from ..model.model import DarkNeutrino, Hnl, Model, Physical
from ..model.spectrum import Spectrum
from ..rates.widths import WidthScan, width_scan

LINES = 2000
"""Heavy neutrinos drawn at each mass of a contour: about 2%."""
_COLUMNS, _ROWS = 10, 11
_FACTOR = 3.0
"""Of the mass, to either side of the point."""
_DECADES = 3.0
"""Of the mixing, to either side of the point."""
_WIDTHS, _WIDTHS_FACTOR = 101, 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A grid of mass and mixing about a point."""

    key: str
    """Of the mass."""
    masses: Array
    mixings: Array
    """|U|^2 of nu4, summed over flavours."""
    point: tuple[float, float]

    @property
    def x(self) -> tuple[str, Array]:
        """As `nusim.scan` takes it."""
        return self.key, self.masses

    @property
    def y(self) -> tuple[str, Array]:
        """As `nusim.scan` takes it."""
        return "mixing2", self.mixings


def window(spectrum: Spectrum) -> Window:
    """Masses within a factor 3 and mixings within three decades of the point's; ParameterError where there is no one mass and mixing."""
    key, mass = mass_key(spectrum.model)
    value = float(spectrum.active_mixing2("nu4").sum())
    if value == 0:
        raise ParameterError(f"{spectrum.model.name}: |U|^2 = 0: a point without mixing has no place in the plane of mass and mixing")
    masses = _ends(mass / _FACTOR, mass * _FACTOR)
    mixings = _ends(value / 10**_DECADES, min(value * 10**_DECADES, 0.999 * _largest_mixing(spectrum)))
    return Window(key, np.geomspace(*masses, _COLUMNS), np.geomspace(*mixings, _ROWS), (mass, value))


def _ends(low: float, high: float) -> tuple[float, float]:
    """With three digits, so that a command line can name them."""
    return float(f"{low:.3g}"), float(f"{high:.3g}")


def mass_key(model: Model) -> tuple[str, float]:
    """The card's key of the heaviest state's mass, and that mass in GeV."""
    if isinstance(model, Hnl):
        return "m4", model.m4
    if isinstance(model, DarkNeutrino) and isinstance(model.mass, Physical):
        return "physical.m5", model.mass.m5
    if isinstance(model, DarkNeutrino):
        raise ParameterError(f"{model.name}: its card gives [lagrangian]: no key is a mass; nusim reach takes other axes, --x and --y")
    raise ParameterError(f"{model.name}: several families have no one mass and mixing; nusim reach takes other axes, --x and --y")


def _largest_mixing(spectrum: Spectrum) -> float:
    return 1.0 if spectrum.m5 is None else 1.0 / (1.0 + spectrum.m4 / spectrum.m5)


def widths_about(spectrum: Spectrum, state: str) -> tuple[WidthScan | None, str, tuple[float, ...]]:
    """Widths of a state while its mass, or the key of the card that sets it, goes through a factor of 10 to either side.

    All else on the card stays: of a dark neutrino the mass ratio and m3 or the mixing. None where there is no such key.
    """
    model = spectrum.model
    try:
        key, mass = mass_key(model)
    except ParameterError:
        return None, "", ()
    if state in pdg.BOSONS:
        return None, "", ()
    values = np.geomspace(mass / _WIDTHS_FACTOR, mass * _WIDTHS_FACTOR, _WIDTHS)
    points: list[Model | ParameterError] = []
    for value in values.tolist():
        try:
            points.append(_at_mass(model, value))
        except ParameterError as error:
            points.append(error)
    try:
        return width_scan(points, state), key, tuple(values.tolist())
    except NusimError:
        return None, "", ()


def _at_mass(model: Model, mass: float) -> Model:
    if isinstance(model, Hnl):
        return replace(model, m4=mass)
    assert isinstance(model, DarkNeutrino), "has one mass"
    assert isinstance(model.mass, Physical), "has one mass"
    return replace(model, mass=replace(model.mass, m5=mass))

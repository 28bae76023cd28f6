"""A model's heavy states as a search sees them: made by their mixing, decaying visibly or not, along a line of mixings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .. import pdg
from ..decays.dark import dark_parents
from ..decays.table import partial_widths
from ..errors import ParameterError
from ..kernels.arrays import Array, ArrayLike
from ..model.model import FLAVOURS, DarkNeutrino, Hnl, Model, Physical
from ..model.spectrum import Spectrum, solve
from ..rates.widths import WidthScan, width_scan
from ..units import HBARC


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """One heavy state at n points; arrays of shape (n,)."""

    state: str
    mass: Array
    """GeV."""
    mixing2: Array
    """(n, 3): |U_e|^2, |U_mu|^2, |U_tau|^2."""
    total_width: Array
    """GeV."""
    widths: Mapping[str, Array]
    """By final state."""
    boson_visible: Mapping[str, Array]
    """Share of a Z' or dark scalar's decays that are visible."""

    def visible_width(self, products: Sequence[str] = ()) -> Array:
        """Width into final states with a charged particle, a photon or a meson, or into those given, GeV.

        A Z' or dark scalar among the products counts with the visible share of its own decays: taken as prompt.
        """
        total = np.zeros(len(self.total_width))
        for name, width in self.widths.items():
            if products and name not in products:
                continue
            total += np.nan_to_num(width) * self._share(name)
        return total

    def _share(self, products: str) -> ArrayLike:
        if is_visible(products):
            return 1.0
        unseen: ArrayLike = 1.0
        for name in products.split():
            if name in self.boson_visible:
                unseen = unseen * (1.0 - self.boson_visible[name])
        return 1.0 - unseen

    def daughters(self, name: str) -> Array:
        """Mean number of states of this name per decay."""
        total = np.zeros(len(self.total_width))
        for products, width in self.widths.items():
            total += products.split().count(name) * np.nan_to_num(width)
        return np.divide(total, self.total_width, out=np.zeros_like(total), where=self.total_width > 0)

    def decays_between(self, near: float, far: float, momentum: ArrayLike) -> Array:
        """Chance to decay between two distances, metres, at a momentum in GeV."""
        rate = self.mass * self.total_width / (momentum * float(HBARC))
        result: Array = np.exp(-near * rate) * -np.expm1(-(far - near) * rate)
        return result


def signals(spectra: Sequence[Spectrum]) -> dict[str, Signal]:
    """The heavy states of models of one kind."""
    bosons = {boson: visible_share(width_scan(list(spectra), boson)) for boson in dark_parents(spectra[0])}
    out = {}
    for state in spectra[0].heavy_states:
        scan = width_scan(list(spectra), state)
        mixing2 = np.array([spectrum.active_mixing2(state) for spectrum in spectra])
        total = np.nan_to_num(scan.total_width) + np.zeros(len(spectra))
        out[state] = Signal(state, scan.mass, mixing2, total, scan.width, bosons)
    return out


def visible_share(scan: WidthScan) -> Array:
    """Share of a state's decays with a charged particle, a photon or a meson, shape (n,); 0 for a stable one."""
    seen = sum((np.nan_to_num(width) for name, width in scan.width.items() if is_visible(name)), np.zeros(len(scan.mass)))
    total = np.nan_to_num(scan.total_width)
    result: Array = np.divide(seen, total, out=np.zeros(len(scan.mass)), where=total > 0)
    return result


def is_visible(products: str) -> bool:
    """Whether a final state holds a charged particle, a photon or a meson."""
    return any(name not in ("nu", *pdg.HEAVY_STATE_CODES) for name in products.split())


def standard(mass: Array, flavour: str, mixing2: Array, majorana: bool) -> Signal:
    """A heavy neutral lepton without new interactions that mixes with one flavour, at each mass and mixing, shapes (n,)."""
    of_flavours = np.eye(len(FLAVOURS))[FLAVOURS.index(flavour)][:, None] * mixing2
    widths = partial_widths(mass, of_flavours, majorana)
    return Signal("nu4", mass, of_flavours.T, np.sum(list(widths.values()), axis=0), widths, {})


def standard_model(mass: float, flavour: str, mixing2: float, majorana: bool) -> Hnl:
    """The minimal heavy neutral lepton."""
    shares = tuple(mixing2 if one == flavour else 0.0 for one in FLAVOURS)
    return Hnl("hnl", "the minimal heavy neutral lepton", majorana, mass, shares)  # type: ignore[arg-type]


def with_mixing(model: Model, mixing2: float) -> Model:
    """The same masses with |U_4|^2, summed over flavours, as given: the mass condition is lifted. ParameterError for several families."""
    if isinstance(model, Hnl):
        total = sum(model.mixing2)
        if total == 0:
            raise ParameterError(f"{model.name}: all mixings are zero: there is no direction along which to raise them")
        e, mu, tau = (one / total * mixing2 for one in model.mixing2)
        return replace(model, mixing2=(e, mu, tau))
    if not isinstance(model, DarkNeutrino):
        raise ParameterError(f"{model.name}: bounds along the mixing need one hidden family or a minimal heavy neutral lepton")
    spectrum = solve(model)
    mass = model.mass
    m5 = spectrum.m5
    assert m5 is not None
    if isinstance(mass, Physical):
        return replace(model, mass=replace(mass, m3_ev=None, mixing2=mixing2))
    return replace(model, mass=Physical(m5=m5, m4=spectrum.m4, mixing2=mixing2))


def largest_mixing(model: Model) -> float:
    """The largest |U_4|^2 that unitarity allows."""
    if isinstance(model, DarkNeutrino):
        spectrum = solve(model)
        assert spectrum.m5 is not None
        return 1.0 / (1.0 + spectrum.m4 / spectrum.m5)
    return 1.0


def main_flavour(spectrum: Spectrum) -> str:
    """The flavour with which the lightest heavy state mixes most."""
    return FLAVOURS[int(np.argmax(spectrum.active_mixing2(spectrum.heavy_states[0])))]

"""What follows from a model's card at many points: masses, mixings, widths, in columns."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..bounds.signal import Signal, visible_share
from ..decays.dark import dark_parents
from ..kernels.arrays import Array
from ..model.model import FLAVOURS
from ..model.neutrinoless import effective_mass_summary
from ..model.spectrum import Spectrum
from ..rates.widths import width_scan
from ..units import HBARC

_SINGLE = {"mu_prime": "GeV", "m_dirac": "GeV", "lambda": "GeV", "m3_ev": "eV", "m3_sm_ev": "eV", "m3_dark_ev": "eV", "m_ee_ev": "eV"}
"""Numbers of a spectrum's summary, where the model has them, and their units."""


def derived(spectra: Sequence[Spectrum], heavy: Mapping[str, Signal]) -> dict[str, tuple[str, Array]]:
    """Unit and values, (n,), of each column, for solved models of one kind with their heavy states; '' where a column holds names."""
    found: dict[str, tuple[str, Array]] = {}
    for state, signal in heavy.items():
        found[f"m_{state}"] = "GeV", signal.mass
        for flavour, mixing2 in zip(FLAVOURS, signal.mixing2.T, strict=True):
            found[f"mixing2_{flavour}_{state}"] = "", mixing2
    summaries = [one.summary() | effective_mass_summary(one) for one in spectra]
    for name, unit in _SINGLE.items():
        values = [summary.get(name) for summary in summaries]
        if all(isinstance(value, float) for value in values):
            found[name] = unit, np.array(values)
    for state, signal in heavy.items():
        seen = np.divide(signal.visible_width(), signal.total_width, out=np.zeros(len(spectra)), where=signal.total_width > 0)
        found |= _decays(state, signal.widths, signal.total_width, seen)
    for boson in dark_parents(spectra[0]):
        scan = width_scan(list(spectra), boson)
        found[f"m_{boson}"] = "GeV", scan.mass
        found |= _decays(boson, scan.width, np.nan_to_num(scan.total_width), visible_share(scan))
    return found


def _decays(state: str, widths: Mapping[str, Array], total: Array, visible: Array) -> dict[str, tuple[str, Array]]:
    """Total width, c tau, visible share, and the leading final state with its share; a stable state has none."""
    names = np.array([*widths, ""])
    columns = np.nan_to_num(np.array([*widths.values(), np.zeros(len(total))]))
    leading = np.where(total > 0, np.argmax(columns, axis=0), len(names) - 1)
    share = np.divide(columns[leading, np.arange(len(total))], total, out=np.zeros(len(total)), where=total > 0)
    with np.errstate(divide="ignore"):
        ctau = float(HBARC) / total
    return {
        f"width_{state}": ("GeV", total),
        f"ctau_{state}": ("m", ctau),
        f"visible_{state}": ("", visible),
        f"leading_{state}": ("", names[leading]),
        f"leading_share_{state}": ("", share),
    }

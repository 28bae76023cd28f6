"""Bounds on the kinetic mixing of the Z', weakened where it decays into heavy neutrinos.

Published limits are for a dark photon that decays into Standard Model particles alone, or into nothing visible. The boson is made at a rate
~ epsilon^2, so a limit goes as 1/sqrt(branching ratio) of what is looked for. Limits here are flat figures of abstracts, rounded to the
weaker side; a scan of resonances fluctuates by a factor of a few below them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..constants import Measured
from ..decays.dark import dark_parents
from ..kernels.arrays import Array
from ..model.model import DarkSector
from ..model.spectrum import Spectrum
from ..rates.widths import WidthScan, width_scan
from .signal import Signal, is_visible, signals, visible_share

BABAR_VISIBLE = Measured(1e-3, 0.0, "BaBar, arXiv:1406.2980: 1e-4 to 1e-3 for 0.02 to 10.2 GeV, 90% CL, abstract [recalled]")
BABAR_INVISIBLE = Measured(1e-3, 0.0, "BaBar, arXiv:1702.03327: about 1e-3 up to 8 GeV, 90% CL, abstract [recalled]")
ELECTROWEAK = Measured(
    2.7e-2, 0.0, "electroweak precision data, any decay: A. Hook et al., arXiv:1006.0973, below the Z, 95% CL [recalled]"
)
_MOMENTUM, _LENGTH = 3.0, 3.0
"""GeV and metres, typical of heavy neutrinos from the Z' in BaBar: a choice."""


@dataclass(frozen=True, slots=True)
class DarkPhotonBound:
    """A limit on |epsilon| for a dark photon, and for the model's Z'."""

    name: str
    label: str
    looked_for: Literal["leptons", "nothing", "any"]
    published: float
    model: float
    """Infinite where the Z' never does what is looked for."""
    share: float
    """Branching ratio of what is looked for, over that of a dark photon."""
    source: str


@dataclass(frozen=True, slots=True)
class _Search:
    name: str
    label: str
    looked_for: Literal["leptons", "nothing", "any"]
    limit: Measured
    """On |epsilon|."""
    low: float
    """GeV."""
    high: float


_SEARCHES = (
    _Search("babar-visible", "BaBar, e+e- and mu+mu-", "leptons", BABAR_VISIBLE, 0.02, 10.2),
    _Search("babar-invisible", "BaBar, invisible", "nothing", BABAR_INVISIBLE, 0.0, 8.0),
    _Search("electroweak", "electroweak precision", "any", ELECTROWEAK, 0.0, 80.0),
)


def dark_photon_bounds(spectrum: Spectrum) -> list[DarkPhotonBound]:
    """Bounds on |epsilon| at the mass of the model's Z'; none for a model without one, or a Z' outside the searches' masses."""
    if not has_zprime(spectrum):
        return []
    found = limits_along([spectrum], signals([spectrum]))
    return [
        DarkPhotonBound(
            search.name, search.label, search.looked_for, float(search.limit), float(limit[0]), float(share[0]), search.limit.source
        )
        for search, limit, share in found
        if not np.isnan(limit[0])
    ]


def has_zprime(spectrum: Spectrum) -> bool:
    """Whether a model has a Z' that kinetic mixing is defined for."""
    return isinstance(spectrum.model, DarkSector) and "zprime" in dark_parents(spectrum)


def limits_along(spectra: Sequence[Spectrum], heavy: Mapping[str, Signal]) -> list[tuple[_Search, Array, Array]]:
    """Each search, its limit on |epsilon| at n models with a Z', NaN outside its masses, and the share of Z' decays it looks for.

    `heavy`: the models' heavy neutrinos, as `signals` gives them.
    """
    scan = width_scan(list(spectra), "zprime")
    shares = {"leptons": visible_share(scan), "nothing": _unseen(scan, heavy), "any": np.ones(len(spectra))}
    found = []
    for search in _SEARCHES:
        share = shares[search.looked_for]
        covered = (scan.mass >= search.low) & (scan.mass <= search.high)
        weakened = np.divide(float(search.limit), np.sqrt(share), out=np.full(len(share), np.inf), where=share > 0)
        found.append((search, np.where(covered, weakened, np.nan), share))
    return found


def _unseen(scan: WidthScan, heavy: Mapping[str, Signal]) -> Array:
    """Share of Z' decays of which nothing is seen: heavy neutrinos must leave the detector, or decay invisibly in it."""
    shown = {}
    for state, signal in heavy.items():
        seen, total = signal.visible_width(), signal.total_width
        share = np.divide(seen, total, out=np.zeros(len(total)), where=total > 0)
        shown[state] = share * signal.decays_between(0.0, _LENGTH, _MOMENTUM)
    unseen = np.zeros(len(scan.mass))
    for products, width in scan.width.items():
        if not is_visible(products):
            escape = np.ones(len(scan.mass))
            for name in products.split():
                escape = escape * (1.0 - shown[name]) if name in shown else escape
            unseen += np.nan_to_num(width) * escape
    total = np.nan_to_num(scan.total_width)
    result: Array = np.divide(unseen, total, out=np.zeros(len(total)), where=total > 0)
    return result

"""Bounds on the kinetic mixing of the Z', weakened where it decays into heavy neutrinos.

Published limits are for a dark photon that decays into Standard Model particles alone, or into nothing visible. The boson is made at a rate
~ epsilon^2, so a limit goes as 1/sqrt(branching ratio) of what is looked for. Limits here are flat figures of abstracts, rounded to the
weaker side; a scan of resonances fluctuates by a factor of a few below them.
"""

import math
from dataclasses import dataclass
from typing import Literal

from .. import pdg
from ..constants import Measured
from ..decays.dark import boson_mass, dark_parents
from ..decays.table import decay_table
from ..model.model import DarkSector
from ..model.spectrum import Spectrum
from ..units import HBARC

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


def dark_photon_bounds(spectrum: Spectrum) -> list[DarkPhotonBound]:
    """Bounds on |epsilon| at the mass of the model's Z'; none for a model without one, or a Z' outside the searches' masses."""
    model = spectrum.model
    if "zprime" not in dark_parents(spectrum) or not isinstance(model, DarkSector):
        return []
    mass = boson_mass(spectrum, "zprime")
    table = decay_table(spectrum, "zprime")
    seen = sum(channel.width for channel in table if channel.visible)
    visible = seen / table.total_width if table.total_width > 0 else 0.0
    unseen = _unseen(spectrum)
    found = []
    if 0.02 <= mass <= 10.2:
        limit = _weakened(float(BABAR_VISIBLE), visible)
        found.append(
            DarkPhotonBound(
                "babar-visible", "BaBar, e+e- and mu+mu-", "leptons", float(BABAR_VISIBLE), limit, visible, BABAR_VISIBLE.source
            )
        )
    if mass <= 8.0:
        limit = _weakened(float(BABAR_INVISIBLE), unseen)
        found.append(
            DarkPhotonBound("babar-invisible", "BaBar, invisible", "nothing", float(BABAR_INVISIBLE), limit, unseen, BABAR_INVISIBLE.source)
        )
    if mass < 80.0:
        limit = float(ELECTROWEAK)
        found.append(DarkPhotonBound("electroweak", "electroweak precision", "any", limit, limit, 1.0, ELECTROWEAK.source))
    return found


def _weakened(limit: float, share: float) -> float:
    return limit / share**0.5 if share > 0 else float("inf")


def _unseen(spectrum: Spectrum) -> float:
    """Share of Z' decays of which nothing is seen: heavy neutrinos must leave the detector, or decay invisibly in it."""
    table = decay_table(spectrum, "zprime")
    if table.total_width == 0:
        return 0.0
    shown = {}
    for state in spectrum.heavy_states:
        own = decay_table(spectrum, state)
        seen = sum(channel.width for channel in own if channel.visible)
        rate = own.mass / (_MOMENTUM * float(HBARC))
        decays = -math.expm1(-_LENGTH * rate * own.total_width)
        shown[state] = decays * seen / own.total_width if own.total_width > 0 else 0.0
    total = 0.0
    for channel in table:
        if not channel.visible:
            escape = [1.0 - shown.get(name, 0.0) for name in channel.products.split() if name in pdg.HEAVY_STATE_CODES]
            total += channel.width * math.prod(escape)
    return total / table.total_width

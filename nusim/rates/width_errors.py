"""Theory errors of widths at the points of a scan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..decays.channel import DecayTable
from ..kernels.arrays import Array
from .points import StatePoints


@dataclass(frozen=True, slots=True, eq=False)
class WidthErrors:
    """Relative errors of a state's widths, over its mass."""

    log_mass: Array
    """Ascending, shape (k,)."""
    relative: Mapping[str, Array]
    """By final state, (k,); 0 where none is known or the channel is closed."""

    def added_to(self, state: StatePoints) -> StatePoints:
        """The state with every width larger by its error."""
        where = np.log(state.mass)
        parts, total = [], state.total_width.copy()
        for widths in state.widths:
            changed = {}
            for products, width in widths.items():
                known = self.relative.get(products)
                more = 0.0 * width if known is None else width * np.interp(where, self.log_mass, known)
                changed[products] = width + more
                total += np.nan_to_num(more)
            parts.append(changed)
        return replace(state, total_width=total, widths=tuple(parts))


def width_errors(tables: Sequence[DecayTable]) -> WidthErrors:
    """From decay tables of a state at some masses, ascending; several of one mass give the larger error."""
    masses = np.unique([table.mass for table in tables])
    names = dict.fromkeys(channel.products for table in tables for channel in table)
    relative = {name: np.zeros(len(masses)) for name in names}
    for table in tables:
        place = int(np.searchsorted(masses, table.mass))
        for channel in table:
            relative[channel.products][place] = max(relative[channel.products][place], channel.uncertainty)
    return WidthErrors(np.log(masses), relative)

"""Light-neutrino fluxes by flavour and parent."""

from typing import TYPE_CHECKING

import numpy as np

from ..beams.neutrino_flux import NeutrinoFlux
from .style import COLOURS, legend_beside, new_figure, tex

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PARENT = {
    "pi+": {"color": COLOURS[0]},
    "pi-": {"color": COLOURS[0], "linestyle": "--"},
    "K+": {"color": COLOURS[1]},
    "K-": {"color": COLOURS[1], "linestyle": "--"},
    "KL": {"color": COLOURS[2]},
    "mu+": {"color": COLOURS[3]},
    "mu-": {"color": COLOURS[3], "linestyle": "--"},
}
"""A parent looks the same in every panel; black is the sum."""

_DECADES = 5
"""Decades below the largest flux that are shown."""


def flux(found: NeutrinoFlux, title: str) -> "Figure":
    """One panel a flavour: the flux per cm^2, GeV and proton with its statistical error, and its parts by parent."""
    flavours = tuple(found.flux)
    columns = 2 if len(flavours) > 1 else 1
    rows = -(-len(flavours) // columns)
    figure, axes = new_figure(columns, rows, width=5.2, height=3.6)
    panels = [axes] if columns * rows == 1 else list(axes.flat)
    width = np.diff(found.edges)
    top = max((float((found[flavour] / width).max()) for flavour in flavours), default=0.0)
    for panel, flavour in zip(panels, flavours, strict=False):
        total = found[flavour] / width
        error = found.stat_error[flavour] / width
        panel.stairs(total, found.edges, color="black", linewidth=1.8, label="all parents")
        panel.stairs(total + error, found.edges, baseline=np.maximum(total - error, 0), fill=True, color="black", alpha=0.2, linewidth=0)
        for parent, part in found.by_parent[flavour].items():
            panel.stairs(part / width, found.edges, label=tex(parent), linewidth=1.3, **_PARENT[parent])
        panel.set_xlim(found.edges[0], found.edges[-1])
        if top > 0:
            panel.set_ylim(top * 10.0**-_DECADES, top * 3)
            panel.set_yscale("log")
        panel.set_xlabel(f"energy of {tex(flavour)} [GeV]")
        panel.set_ylabel(r"flux [cm$^{-2}$ GeV$^{-1}$ proton$^{-1}$]")
        legend_beside(panel, len(found.by_parent[flavour]) + 1)
    for panel in panels[len(flavours) :]:
        panel.set_axis_off()
    figure.suptitle(f"Light neutrinos at {title}")
    return figure

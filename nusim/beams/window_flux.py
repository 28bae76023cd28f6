"""The light-neutrino flux that a GSimple file states: its rays, averaged over its flux window."""

from collections.abc import Mapping, Sequence

import numpy as np

from .. import pdg
from ..kernels.arrays import Array, BoolArray
from .flux_rows import Rays
from .neutrino_flux import FLAVOURS, NeutrinoFlux, checked_edges


def window_flux(
    rays: Rays,
    edges: Sequence[float] | Array,
    flavours: Sequence[str] = tuple(FLAVOURS),
    normalisation: Mapping[str, float] | None = None,
) -> NeutrinoFlux:
    """Neutrinos per cm^2 per proton in each energy bin, across their direction, averaged over the window of the file.

    `edges` in GeV. By parent where the file names it, else under 'unknown'. Errors are those of the number of rays.
    `normalisation`: factors by parent name.
    """
    edges = checked_edges(edges, flavours)
    flux: dict[str, Array] = {}
    error: dict[str, Array] = {}
    by_parent: dict[str, dict[str, Array]] = {}
    for flavour in flavours:
        own = np.flatnonzero(rays.pdg == FLAVOURS[flavour])
        fluence = rays.fluence[own].copy()
        parts: dict[str, BoolArray] = {}
        for code in np.unique(rays.parent[own]).tolist():
            name = pdg.NAMES.get(code, "unknown")
            parts[name] = parts.get(name, False) | (rays.parent[own] == code)
        for name, part in parts.items():
            fluence[part] *= (normalisation or {}).get(name, 1.0)
        flux[flavour] = _histogram(rays.energy[own], edges, fluence)
        error[flavour] = np.sqrt(_histogram(rays.energy[own], edges, fluence**2))
        by_parent[flavour] = {name: _histogram(rays.energy[own][part], edges, fluence[part]) for name, part in parts.items()}
    return NeutrinoFlux(edges, flux, error, by_parent)


def _histogram(energy: Array, edges: Array, weight: Array) -> Array:
    """Sums of weights in bins [low, high)."""
    place = np.searchsorted(edges, energy, side="right") - 1
    inside = (place >= 0) & (place < len(edges) - 1)
    counted: Array = np.asarray(np.bincount(place[inside], weights=weight[inside], minlength=len(edges) - 1), float)
    return counted

"""The light-neutrino flux that a GSimple file states: its rays, averaged over its flux window."""

from collections.abc import Sequence

import numpy as np

from .. import pdg
from ..kernels.arrays import Array
from .flux_rows import Rays
from .neutrino_flux import FLAVOURS, NeutrinoFlux, checked_edges


def window_flux(rays: Rays, edges: Sequence[float] | Array, flavours: Sequence[str] = tuple(FLAVOURS)) -> NeutrinoFlux:
    """Neutrinos per cm^2 per proton in each energy bin, across their direction, averaged over the window of the file.

    `edges` in GeV. By parent where the file names it, else under 'unknown'. Errors are those of the number of rays.
    """
    edges = checked_edges(edges, flavours)
    flux: dict[str, Array] = {}
    error: dict[str, Array] = {}
    by_parent: dict[str, dict[str, Array]] = {}
    for flavour in flavours:
        own = rays.pdg == FLAVOURS[flavour]
        flux[flavour] = _histogram(rays.energy[own], edges, rays.fluence[own])
        error[flavour] = np.sqrt(_histogram(rays.energy[own], edges, rays.fluence[own] ** 2))
        by_parent[flavour] = {
            pdg.NAMES.get(code, "unknown"): _histogram(
                rays.energy[own & (rays.parent == code)], edges, rays.fluence[own & (rays.parent == code)]
            )
            for code in np.unique(rays.parent[own]).tolist()
        }
    return NeutrinoFlux(edges, flux, error, by_parent)


def _histogram(energy: Array, edges: Array, weight: Array) -> Array:
    """Sums of weights in bins [low, high)."""
    place = np.searchsorted(edges, energy, side="right") - 1
    inside = (place >= 0) & (place < len(edges) - 1)
    counted: Array = np.asarray(np.bincount(place[inside], weights=weight[inside], minlength=len(edges) - 1), float)
    return counted

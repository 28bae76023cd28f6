"""The light-neutrino flux of an experiment's beam at its detector."""

from collections.abc import Sequence
from dataclasses import replace

from ..beams.flux_files import load_flux
from ..beams.neutrino_flux import NeutrinoFlux
from ..beams.neutrino_flux import neutrino_flux as flux_of_parents
from ..beams.window_flux import window_flux
from ..errors import ParameterError
from ..experiment.experiment import Experiment
from ..experiment.source import beam_of, parents_of
from ..kernels.arrays import Array

FLAVOURS = ("numu", "numubar", "nue", "nuebar")


def neutrino_flux(
    experiment: Experiment, edges: Sequence[float] | Array, flavours: Sequence[str] = FLAVOURS, seed: int = 1
) -> NeutrinoFlux:
    """Light neutrinos per cm^2 per proton in each energy bin, averaged over the detector's volume.

    Of a GSimple file, what it states itself: its neutrinos, averaged over its own flux window.

    `edges` in GeV, ascending. Indexed by flavour; `.by_parent` and `.stat_error` likewise. Raises ParameterError for a
    composite experiment or one without a beam, an unknown flavour and edges that do not ascend.
    """
    if experiment.members:
        names = ", ".join(member.name for member in experiment.members)
        raise ParameterError(f"{experiment.name}: a flux belongs to one detector; take one of the members: {names}")
    beam = beam_of(experiment)
    files = beam.files
    user = load_flux(files) if files is not None else None
    if user is not None and user.rays is not None:
        flux = window_flux(user.rays, edges, flavours, experiment.normalisation)
    else:
        flux = flux_of_parents(
            parents_of(experiment),
            experiment.detectors,
            edges,
            flavours,
            tunnel=beam.tunnel,
            normalisation=experiment.normalisation,
            seed=seed,
        )
    return flux if user is None else replace(flux, notes=user.notes)

"""The light-neutrino flux of an experiment's beam at its detector."""

from collections.abc import Sequence

from ..beams.neutrino_flux import NeutrinoFlux
from ..beams.neutrino_flux import neutrino_flux as flux_of_parents
from ..errors import ParameterError
from ..experiment.experiment import Experiment
from ..experiment.source import parents_of
from ..kernels.arrays import Array

FLAVOURS = ("numu", "numubar", "nue", "nuebar")


def neutrino_flux(
    experiment: Experiment, edges: Sequence[float] | Array, flavours: Sequence[str] = FLAVOURS, seed: int = 1
) -> NeutrinoFlux:
    """Light neutrinos per cm^2 per proton in each energy bin, averaged over the detector's volume.

    `edges` in GeV, ascending. Indexed by flavour; `.by_parent` and `.stat_error` likewise. Raises ParameterError for a
    composite experiment or one without a beam, an unknown flavour and edges that do not ascend.
    """
    if experiment.members:
        names = ", ".join(member.name for member in experiment.members)
        raise ParameterError(f"{experiment.name}: a flux belongs to one detector; take one of the members: {names}")
    parents = parents_of(experiment)
    assert experiment.beam is not None, "it has parents"
    return flux_of_parents(
        parents,
        experiment.detectors,
        edges,
        flavours,
        tunnel=experiment.beam.tunnel,
        normalisation=experiment.normalisation,
        seed=seed,
    )

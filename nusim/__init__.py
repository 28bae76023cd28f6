"""nusim: event generator and decay simulator for heavy neutrinos of a dark sector below the electroweak scale.

    model = nusim.read_model("circle")
    spectrum = nusim.solve(model)
    table = nusim.decay_table(spectrum, "nu4")
    rate = nusim.expected_events(spectrum, nusim.read_experiment("sbnd"))

Units: GeV, metres (also for c t), radians, unless a name says otherwise. Names are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import plot
    from .beams.build import beam_summary, rebuild
    from .beams.neutrino_flux import NeutrinoFlux
    from .beams.parents import ParentFlux
    from .bounds.recast import recast
    from .bounds.region import Region, region
    from .bounds.verdict import ModelBounds
    from .cards.read import CardWarning, read_beam, read_experiment, read_model, resolved
    from .decays.channel import Channel, DecayTable
    from .decays.table import decay_table, partial_widths
    from .errors import CardError, ConvergenceError, DataFileError, MissingExtraError, NusimError, ParameterError
    from .events.generate import generate
    from .events.options import EventOptions
    from .events.sample import EventSample
    from .experiment.experiment import Experiment
    from .explorations.explore import Exploration, explore
    from .io.convert import convert, merge
    from .io.inspect import info
    from .io.pyhf_workspace import pyhf_workspace
    from .io.slha import slha_text
    from .io.write import write, write_events
    from .model.model import DarkNeutrino, DarkNeutrinoFamilies, Hnl, Model
    from .model.spectrum import Spectrum, solve
    from .rates.neutrino_flux import neutrino_flux
    from .rates.rate import Rate, expected_events
    from .rates.reach import Reach
    from .rates.scan import Scan, scan
    from .reports.report import Report, report

    __version__: str

__all__ = [
    "CardError",
    "CardWarning",
    "Channel",
    "ConvergenceError",
    "DarkNeutrino",
    "DarkNeutrinoFamilies",
    "DataFileError",
    "DecayTable",
    "EventOptions",
    "EventSample",
    "Experiment",
    "Exploration",
    "Hnl",
    "MissingExtraError",
    "Model",
    "ModelBounds",
    "NeutrinoFlux",
    "NusimError",
    "ParameterError",
    "ParentFlux",
    "Rate",
    "Reach",
    "Region",
    "Report",
    "Scan",
    "Spectrum",
    "beam_summary",
    "convert",
    "decay_table",
    "expected_events",
    "explore",
    "generate",
    "info",
    "merge",
    "neutrino_flux",
    "partial_widths",
    "plot",
    "pyhf_workspace",
    "read_beam",
    "read_experiment",
    "read_model",
    "rebuild",
    "recast",
    "region",
    "report",
    "resolved",
    "scan",
    "slha_text",
    "solve",
    "write",
    "write_events",
]

_HOME = {
    "CardError": "errors",
    "CardWarning": "cards.read",
    "Channel": "decays.channel",
    "ConvergenceError": "errors",
    "DarkNeutrino": "model.model",
    "DarkNeutrinoFamilies": "model.model",
    "DataFileError": "errors",
    "DecayTable": "decays.channel",
    "EventOptions": "events.options",
    "EventSample": "events.sample",
    "Experiment": "experiment.experiment",
    "Exploration": "explorations.explore",
    "Hnl": "model.model",
    "MissingExtraError": "errors",
    "Model": "model.model",
    "ModelBounds": "bounds.verdict",
    "NeutrinoFlux": "beams.neutrino_flux",
    "NusimError": "errors",
    "ParameterError": "errors",
    "ParentFlux": "beams.parents",
    "Rate": "rates.rate",
    "Reach": "rates.reach",
    "Region": "bounds.region",
    "Report": "reports.report",
    "Scan": "rates.scan",
    "Spectrum": "model.spectrum",
    "beam_summary": "beams.build",
    "convert": "io.convert",
    "decay_table": "decays.table",
    "expected_events": "rates.rate",
    "explore": "explorations.explore",
    "generate": "events.generate",
    "info": "io.inspect",
    "merge": "io.convert",
    "neutrino_flux": "rates.neutrino_flux",
    "partial_widths": "decays.table",
    "pyhf_workspace": "io.pyhf_workspace",
    "read_beam": "cards.read",
    "read_experiment": "cards.read",
    "read_model": "cards.read",
    "rebuild": "beams.build",
    "recast": "bounds.recast",
    "region": "bounds.region",
    "report": "reports.report",
    "resolved": "cards.read",
    "scan": "rates.scan",
    "slha_text": "io.slha",
    "solve": "model.spectrum",
    "write": "io.write",
    "write_events": "io.write",
}
"""Where each public name lives."""


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("nusim")
    if name == "plot":
        return import_module(".plot", __name__)
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module 'nusim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])

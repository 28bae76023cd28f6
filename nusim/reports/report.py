"""Everything nusim computes of one model, gathered for one page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .. import pdg
from ..bounds.experiment_bound import EXISTING, PROJECTIONS
from ..bounds.recast import recast
from ..bounds.verdict import ModelBounds
from ..cards.read import read_experiment
from ..decays.channel import DecayTable
from ..decays.dark import dark_parents
from ..decays.table import decay_table
from ..errors import NusimError, ParameterError
from ..events.generate import generate
from ..events.sample import EventSample
from ..experiment.experiment import Experiment
from ..model.model import Model
from ..model.spectrum import Spectrum, solve
from ..rates.rate import Rate, expected_events, together
from ..rates.reach import Reach
from ..rates.scan import scan
from ..rates.widths import WidthScan
from .about_point import LINES, Window, widths_about, window

Progress = Callable[[str], object]

EVENTS = 2000
"""Drawn for the distributions, by default."""


@dataclass(frozen=True, slots=True, eq=False)
class AtExperiment:
    """What there is at one experiment; where something is missing, why."""

    experiment: Experiment
    rate: Rate | None
    no_rate: str = ""
    reach: Reach | None = None
    no_reach: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class OfState:
    """How one heavy state decays, at the point and about it."""

    table: DecayTable
    scan: WidthScan | None
    key: str
    """Of the card, that the scan changes."""
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A model's spectrum, decays, rates, contours, bounds and events; `html()` makes the page."""

    spectrum: Spectrum
    states: tuple[OfState, ...]
    experiments: tuple[AtExperiment, ...]
    window: Window | None
    """Of the contours."""
    no_contours: str
    bounds: ModelBounds | None
    no_bounds: str
    confidence: float
    sample: EventSample | None
    sampled: Experiment | None
    """Where the events are drawn."""
    no_events: str
    seed: int
    notes: tuple[str, ...] = ()
    """What there is to say of the cards."""

    @property
    def model(self) -> Model:
        """The model."""
        return self.spectrum.model

    @property
    def warnings(self) -> tuple[str, ...]:
        """All of them, each once."""
        of_states = [note for one in self.states for note in one.table.warnings]
        of_rates = [note for one in self.experiments for found in (one.rate, one.reach) if found is not None for note in found.warnings]
        of_bounds = self.bounds.warnings if self.bounds is not None else ()
        return tuple(dict.fromkeys([*self.notes, *self.spectrum.warnings, *of_states, *of_rates, *of_bounds]))

    def html(self, command: str = "", commands: Sequence[tuple[str, str]] = ()) -> str:
        """One page that needs nothing from outside, the same text for the same report.

        `command`: the line that made it; `commands`: what each part is and the line that gives its numbers. MissingExtraError without
        plotly and jinja2.
        """
        from .page import page

        return page(self, command, commands)


def report(
    model: Model | Spectrum,
    experiments: Sequence[Experiment | str] = PROJECTIONS,
    *,
    contours: bool = True,
    bounds: bool = True,
    events: int = EVENTS,
    existing: Sequence[str] = EXISTING,
    confidence: float = 0.90,
    seed: int = 1,
    notes: Sequence[str] = (),
    progress: Progress = lambda name: None,
) -> Report:
    """Spectrum, decay tables, rates, contours about the point, verdicts of bounds and some events of a model.

    `contours`: in the plane of the heaviest state's mass and the mixing, some seconds to half a minute an experiment. `bounds`: verdicts;
    events are counted at the experiments named in `existing`, those that have run, and at `experiments`. `events` are drawn at the
    experiment that selects most; 0 for none. What cannot be had at one experiment or for one kind of model is left out with the reason.
    `progress` is called with the name of each step, `steps(...)` of them.
    """
    spectrum = model if isinstance(model, Spectrum) else solve(model)
    model = spectrum.model
    if isinstance(events, bool) or not isinstance(events, int) or events < 0:
        raise ParameterError(f"events = {events}: a whole number is needed, not negative")
    progress("decays")
    states = tuple(_of_state(spectrum, state) for state in (*spectrum.heavy_states, *_bosons(spectrum)))
    opened = [read_experiment(one) if isinstance(one, str) else one for one in experiments]
    known: dict[str, Rate] = {}
    found = [_rates(spectrum, one, seed, known, progress) for one in opened]
    where, no_contours = _window(spectrum) if contours else (None, "left out on request")
    if where is not None:
        found = [_with_contour(one, model, where, seed, progress) for one in found]
    verdicts, no_bounds = None, "left out on request"
    if bounds:
        verdicts, no_bounds = _bounds(model, [*existing, *opened], confidence, seed, known, progress)
    progress("events")
    sample, sampled, no_events = _events(spectrum, found, known, events, seed)
    return Report(
        spectrum, states, tuple(found), where, no_contours, verdicts, no_bounds, confidence, sample, sampled, no_events, seed, tuple(notes)
    )  # fmt: skip


def steps(experiments: Sequence[Experiment | str], contours: bool, bounds: bool, existing: Sequence[str] = EXISTING) -> int:
    """How often `report` calls `progress`, at most."""
    n = len(experiments)
    return 2 + n + n * contours + (n + len(existing)) * bounds


def _bosons(spectrum: Spectrum) -> list[str]:
    """Z' and dark scalar where they decay as states of their own."""
    return [state for state in dark_parents(spectrum) if state in pdg.BOSONS]


def _of_state(spectrum: Spectrum, state: str) -> OfState:
    scan, key, values = widths_about(spectrum, state)
    return OfState(decay_table(spectrum, state), scan, key, values)


def _rates(spectrum: Spectrum, experiment: Experiment, seed: int, known: dict[str, Rate], progress: Progress) -> AtExperiment:
    progress(f"{experiment.name}: rate")
    try:
        for member in experiment.members:
            known.setdefault(member.name, expected_events(spectrum, member, seed))
        if experiment.members:
            rate = together(spectrum, experiment, [known[member.name] for member in experiment.members])
        else:
            rate = expected_events(spectrum, experiment, seed)
    except NusimError as error:
        return AtExperiment(experiment, None, str(error))
    known[experiment.name] = rate
    return AtExperiment(experiment, rate)


def _window(spectrum: Spectrum) -> tuple[Window | None, str]:
    try:
        return window(spectrum), ""
    except ParameterError as error:
        return None, str(error)


def _with_contour(one: AtExperiment, model: Model, where: Window, seed: int, progress: Progress) -> AtExperiment:
    progress(f"{one.experiment.name}: contour")
    if one.rate is None:
        return one
    try:
        reach = scan(model, one.experiment, where.x, where.y, seed, LINES).reach()
    except NusimError as error:
        return AtExperiment(one.experiment, one.rate, one.no_rate, None, str(error))
    return AtExperiment(one.experiment, one.rate, one.no_rate, reach, "")


def _bounds(
    model: Model,
    experiments: Sequence[Experiment | str],
    confidence: float,
    seed: int,
    known: Mapping[str, Rate],
    progress: Progress,
) -> tuple[ModelBounds | None, str]:
    once = {one if isinstance(one, str) else one.name: one for one in experiments}

    def begin(name: str) -> None:
        progress(f"{name}: bound")

    try:
        return recast(model, tuple(once.values()), confidence=confidence, limits=False, seed=seed, rates=known, progress=begin), ""
    except NusimError as error:
        return None, str(error)


def _events(
    spectrum: Spectrum, found: Sequence[AtExperiment], known: Mapping[str, Rate], n: int, seed: int
) -> tuple[EventSample | None, Experiment | None, str]:
    """Events at the experiment, or the member of one, that selects most; else why there are none."""
    if n == 0:
        return None, None, "left out on request"
    single = [member for one in found for member in (one.experiment.members or (one.experiment,)) if member.recast is None]
    some = [one for one in single if one.name in known and known[one.name].events > 0]
    if not some:
        reasons = [one.rate.warnings[0] for one in found if one.rate is not None and one.rate.events == 0 and one.rate.warnings]
        return None, None, "; ".join(dict.fromkeys(reasons)) or "none of the experiments is simulated with a beam of its own"
    best = max(some, key=lambda one: (known[one.name].selected_events, known[one.name].events))
    try:
        return generate(spectrum, best, n, seed), best, ""
    except NusimError as error:
        return None, best, str(error)

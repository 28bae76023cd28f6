"""Expected numbers of heavy-neutrino decays in an experiment, by state, parent and final state."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .. import pdg
from ..beams.nuisances import Nuisance
from ..errors import ParameterError
from ..experiment.experiment import Experiment
from ..experiment.source import FinalState, heavy_source, origins_of, parents_of, shares_of, visible_final_states, why_nothing
from ..experiment.survey import PRECISION, Survey, survey
from ..kernels.arrays import Array
from ..model.spectrum import Spectrum
from .criterion import criterion_events
from .recast import scaled_events
from .selected import Selected, select

PARTS = ("by_state", "by_contribution", "by_parent", "by_final_state")
"""The ways in which a rate is broken down."""

_Numbers = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Rate:
    """Decays of heavy states inside a detector for its protons on target."""

    model: str
    experiment: str
    protons: float
    decays: float
    """All decays in the volume, invisible ones included."""
    events: float
    """Decays with at least one charged particle, photon or meson."""
    selected_events: float
    """Events that pass the selection, efficiency included."""
    stat_error: float
    """Standard error of `events`: finite parent list and lines drawn."""
    norm_error: float
    """Error of `events` from the nuisances of the beam, in quadrature."""
    selected_stat_error: float
    decays_stat_error: float
    """Standard error of `decays`."""
    by_state: _Numbers = field(default_factory=dict)
    by_contribution: _Numbers = field(default_factory=dict)
    """Of `events`, by the state that decays and those it came through: 'nu4', 'nu4 from nu5', ..."""
    by_parent: _Numbers = field(default_factory=dict)
    by_final_state: _Numbers = field(default_factory=dict)
    error_by_state: _Numbers = field(default_factory=dict)
    error_by_contribution: _Numbers = field(default_factory=dict)
    error_by_parent: _Numbers = field(default_factory=dict)
    error_by_final_state: _Numbers = field(default_factory=dict)
    effective_parents: float = 0.0
    warnings: tuple[str, ...] = ()
    beam: str = ""
    crossing: float = 0.0
    """Heavy states on lines through the detector, decayed or not, times the visible share of their decays."""
    mean_boost: float | None = None
    """Of the states whose decays are `events`: gamma beta; None without events."""
    norm_by_nuisance: _Numbers = field(default_factory=dict)
    """Change of `events` for one standard deviation of each nuisance; in composites of several beams by 'beam: nuisance'."""
    selected_norm_by_nuisance: _Numbers = field(default_factory=dict)
    """The same of `selected_events`."""
    norm_error_by_state: _Numbers = field(default_factory=dict)
    norm_error_by_contribution: _Numbers = field(default_factory=dict)
    norm_error_by_parent: _Numbers = field(default_factory=dict)
    norm_error_by_final_state: _Numbers = field(default_factory=dict)
    selected_by_state: _Numbers = field(default_factory=dict)
    selected_by_contribution: _Numbers = field(default_factory=dict)
    selected_by_parent: _Numbers = field(default_factory=dict)
    selected_by_final_state: _Numbers = field(default_factory=dict)

    @property
    def acceptance(self) -> float | None:
        """Selected over visible events; None without events."""
        return self.selected_events / self.events if self.events > 0 else None

    @property
    def fraction_inside(self) -> float | None:
        """Of the heavy states on lines through the detector, those that decay inside it; None where there are none."""
        return self.events / self.crossing if self.crossing > 0 else None

    @property
    def selected_norm_error(self) -> float:
        """Error of `selected_events` from the nuisances of the beam."""
        return _quadrature(self.selected_norm_by_nuisance.values())

    def __str__(self) -> str:
        if self.events == 0:
            return f"{self.model} at {self.experiment}: no events" + (f": {self.warnings[0]}" if self.warnings else "")
        largest = " ".join(f"{name} {value / self.events:.0%}" for name, value in ranked(self.by_parent)[:3] if value > 0.01 * self.events)
        return (
            f"{self.model} at {self.experiment}: {self.events:.4g} events (stat {self.stat_error / self.events:.1%}, "
            f"norm {self.norm_error / self.events:.0%}), {self.selected_events:.4g} selected; parents {largest}; "
            f"gamma beta {self.mean_boost:.3g}"
        )


def ranked(part: _Numbers) -> list[tuple[str, float]]:
    """Names and numbers above 0, largest first."""
    return sorted(((name, value) for name, value in part.items() if value > 0), key=lambda item: -item[1])


def expected_events(spectrum: Spectrum, experiment: Experiment, seed: int = 1, precision: float | None = PRECISION) -> Rate:
    """Expected decays of every heavy state in the experiment's detector.

    The sum runs over all parents of the beam's list; `seed` fixes the azimuths, decay points and lines drawn. A
    composite experiment adds its members; one with [recast] has its events scaled from published limits. Statistical errors include the
    finite number of parents: `precision` is the relative one that more lines are drawn for where these allow it; None: one line a row.
    """
    if experiment.members:
        return together(spectrum, experiment, [expected_events(spectrum, member, seed, precision) for member in experiment.members])
    if experiment.recast is not None:
        return scaled_events(spectrum, experiment, criterion_events(experiment.criterion, experiment.background))
    origins = origins_of(spectrum, experiment, parents_of(experiment))
    tables, parents = origins.tables, origins.parents
    source = heavy_source(spectrum, experiment, parents, tables, seed, bosons=origins.modes)
    found = survey(source, seed, precision)
    warnings = [*parents.notes, *spectrum.warnings, *origins.warnings, *(w for table in tables.values() for w in table.warnings)]
    if found.total == 0:
        reason = why_nothing(spectrum, experiment, parents) if not source.routes else _NONE_INSIDE.format(experiment.name)
        return _nothing(spectrum, experiment, tuple(tables), (reason, *warnings))
    finals = tuple(final for table in tables.values() for final in visible_final_states(table, spectrum.majorana))
    share = {final: shares_of(source, final, tables) for final in finals}
    selected = select(experiment, found, tables, finals, share, seed)
    sums = _Sums(experiment, found, finals, share, selected)

    events = float(sums.events.sum())
    unseen = experiment.protons * float(sum(found.by_route @ share[final] for final in finals if final.channel.inclusive))
    if unseen > 0:
        names = ", ".join(dict.fromkeys(final.products for final in finals if final.channel.inclusive))
        warnings.append(f"{experiment.name}: {unseen:.4g} of the events are inclusive ({names}): without products, none is selected")
    if events == 0:
        total = experiment.protons * found.total
        warnings.insert(0, f"{experiment.name}: of {total:.4g} decays in the volume none leaves anything to see")
    by_nuisance, selected_by_nuisance = sums.by_nuisance(sums.events), sums.by_nuisance(sums.selected)
    return Rate(
        model=spectrum.model.name,
        experiment=experiment.name,
        protons=experiment.protons,
        decays=experiment.protons * found.total,
        events=events,
        selected_events=experiment.protons * selected.total,
        stat_error=experiment.protons * found.error(sums.visible),
        norm_error=_quadrature(by_nuisance.values()),
        selected_stat_error=experiment.protons * selected.error,
        decays_stat_error=experiment.protons * found.error(np.ones(len(source.routes))),
        effective_parents=found.effective_parents,
        warnings=tuple(dict.fromkeys(warnings)),
        beam=experiment.beam.name if experiment.beam else "",
        crossing=experiment.protons * float(found.crossing_by_route @ sums.visible),
        mean_boost=float(found.boost_by_route @ sums.visible) * experiment.protons / events if events > 0 else None,
        norm_by_nuisance=by_nuisance,
        selected_norm_by_nuisance=selected_by_nuisance,
        **sums.parts("by_state", sums.of_routes(source.of_route("state"), tuple(tables))),
        **sums.parts("by_contribution", sums.of_routes(source.of_route("name"))),
        **sums.parts("by_parent", sums.of_routes(sums.parent)),
        **sums.parts("by_final_state", sums.of_finals()),
    )


_NONE_INSIDE = "{}: no heavy neutrino decays inside the detector"


@dataclass(frozen=True)
class _Sums:
    """A survey's decays, for all protons, added up in different ways."""

    experiment: Experiment
    found: Survey
    finals: Sequence[FinalState]
    share: Mapping[FinalState, Array]
    chosen: Selected

    @cached_property
    def visible(self) -> Array:
        """Share of each route's decays that are visible."""
        result: Array = np.sum([np.zeros(len(self.found.source.routes)), *self.share.values()], axis=0)
        return result

    @cached_property
    def events(self) -> Array:
        """By route."""
        result: Array = self.experiment.protons * self.found.by_route * self.visible
        return result

    @cached_property
    def selected(self) -> Array:
        """By route."""
        return self.experiment.protons * self.chosen.by_route

    @cached_property
    def parent(self) -> Array:
        """Name of each route's beam parent."""
        return np.array([pdg.NAMES[code] for code in self.found.source.of_mode("parent").tolist()])

    @cached_property
    def _nuisances(self) -> tuple[Nuisance, ...]:
        return self.found.nuisances(self.experiment.nuisances)

    def by_nuisance(self, events: Array) -> dict[str, float]:
        """Change of the sum of `events`, given by route, for a standard deviation of each nuisance that acts on any."""
        effects = {nuisance.name: np.array([nuisance.effect.get(name, 0.0) for name in self.parent]) for nuisance in self._nuisances}
        return {name: float(effect @ events) for name, effect in effects.items() if effect.any()}

    def of_routes(self, name_of: Array, names: Sequence[str] = ()) -> dict[str, tuple[Array, float]]:
        """What `parts` takes, by a name of each route; `names` that no route has are listed first."""
        out = {}
        for name in dict.fromkeys([*names, *name_of.tolist()]):
            mine = name_of == name
            out[name] = np.where(mine, self.visible, 0.0), float(self.selected[mine].sum())
        return out

    def of_finals(self) -> dict[str, tuple[Array, float]]:
        """What `parts` takes, by final state."""
        out: dict[str, tuple[Array, float]] = {}
        for final, chosen in zip(self.finals, self.experiment.protons * self.chosen.by_final, strict=True):
            factor, before = out.get(final.products, (np.zeros(len(self.visible)), 0.0))
            out[final.products] = factor + self.share[final], before + float(chosen)
        return out

    def parts(self, name: str, factors: Mapping[str, tuple[Array, float]]) -> dict[str, dict[str, float]]:
        """Events, both errors and selected events by name, as fields of a rate; from factors on routes, and what is selected of each."""
        protons = self.experiment.protons
        return {
            name: {key: protons * float(self.found.by_route @ factor) for key, (factor, _) in factors.items()},
            f"error_{name}": {key: protons * self.found.error(factor) for key, (factor, _) in factors.items()},
            f"norm_error_{name}": {
                key: _quadrature(self.by_nuisance(protons * self.found.by_route * factor).values()) for key, (factor, _) in factors.items()
            },
            f"selected_{name}": {key: chosen for key, (_, chosen) in factors.items()},
        }


def _quadrature(errors: Iterable[float]) -> float:
    return math.sqrt(sum(error**2 for error in errors))


def _nothing(spectrum: Spectrum, experiment: Experiment, states: tuple[str, ...], warnings: tuple[str, ...]) -> Rate:
    """A rate of zero with its reason."""
    zero = dict.fromkeys(states, 0.0)
    return Rate(
        spectrum.model.name, experiment.name, experiment.protons, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
        warnings=tuple(dict.fromkeys(warnings)), beam=experiment.beam.name if experiment.beam else "",
        by_state=zero, error_by_state=zero, norm_error_by_state=zero, selected_by_state=zero,
    )  # fmt: skip


def together(spectrum: Spectrum, experiment: Experiment, rates: Sequence[Rate]) -> Rate:
    """The rate of a composite experiment from those of its members.

    Statistical errors add linearly: members on one beam share its parents, whose finite number dominates. So do changes by one
    nuisance of one beam, and the normalisation errors of parts.
    """
    if not rates:
        raise ParameterError(f"{experiment.name}: members = []: a composite experiment needs members")

    def total(name: str) -> dict[str, float]:
        keys = dict.fromkeys(key for rate in rates for key in getattr(rate, name))
        return {key: sum(getattr(rate, name).get(key, 0.0) for rate in rates) for key in keys}

    several = len({rate.beam for rate in rates}) > 1

    def by_nuisance(name: str) -> dict[str, float]:
        out: dict[str, float] = {}
        for rate in rates:
            for nuisance, change in getattr(rate, name).items():
                key = f"{rate.beam}: {nuisance}" if several else nuisance
                out[key] = out.get(key, 0.0) + change
        return out

    events = sum(rate.events for rate in rates)
    changes = by_nuisance("norm_by_nuisance")
    parts = {f"{kind}{part}": total(f"{kind}{part}") for part in PARTS for kind in ("", "error_", "norm_error_", "selected_")}
    return Rate(
        model=spectrum.model.name,
        experiment=experiment.name,
        protons=sum(rate.protons for rate in rates),
        decays=sum(rate.decays for rate in rates),
        events=events,
        selected_events=sum(rate.selected_events for rate in rates),
        stat_error=sum(rate.stat_error for rate in rates),
        norm_error=_quadrature(changes.values()),
        selected_stat_error=sum(rate.selected_stat_error for rate in rates),
        decays_stat_error=sum(rate.decays_stat_error for rate in rates),
        effective_parents=sum(rate.effective_parents for rate in rates),
        warnings=tuple(dict.fromkeys(warning for rate in rates for warning in rate.warnings)),
        beam="" if several else rates[0].beam,
        crossing=sum(rate.crossing for rate in rates),
        mean_boost=sum(rate.events * (rate.mean_boost or 0.0) for rate in rates) / events if events > 0 else None,
        norm_by_nuisance=changes,
        selected_norm_by_nuisance=by_nuisance("selected_norm_by_nuisance"),
        **parts,
    )

"""Points of a scan: two keys of cards, and the masses, mixings and widths of the heavy states at each pair of their values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..cards.model import GROUPS, expand_aliases, model_card, model_dict
from ..cards.toml import override
from ..decays.table import partial_widths, table_warnings
from ..errors import ParameterError
from ..experiment.experiment import Experiment
from ..kernels.arrays import Array, ArrayLike, IntArray
from ..model.model import FLAVOURS, Hnl, Model
from ..model.spectrum import Spectrum, solve
from .widths import widths_at

OF_EXPERIMENT = ("protons", "background")
"""Keys of an experiment's card that may be scanned."""
_MOST = 4_000_000
"""Points of a scan at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """A key of a card and the values it takes, ascending."""

    key: str
    values: Array

    def __post_init__(self) -> None:
        if not isinstance(self.key, str) or not self.key:
            raise ParameterError(f"scan: axis {self.key!r}: name a key of the model's card, as in ('physical.m5', values)")
        object.__setattr__(self, "values", np.asarray(self.values, float))
        if self.values.ndim != 1 or len(self.values) < 2:
            raise ParameterError(f"scan: axis {self.key}: {self.values.size} value(s); an axis needs a list of at least two")
        if not np.all(np.isfinite(self.values)):
            raise ParameterError(f"scan: axis {self.key}: holds a value that is not finite")
        if np.any(np.diff(self.values) <= 0):
            raise ParameterError(f"scan: axis {self.key}: its values must ascend, each once; found {_short(self.values)}")

    @property
    def is_log(self) -> bool:
        """Whether contours are followed in its logarithm: all values are positive."""
        return bool(self.values[0] > 0)

    def measure(self, values: ArrayLike) -> Array:
        """The coordinate in which grid and contours are straight."""
        return np.log(np.asarray(values, float)) if self.is_log else np.asarray(values, float)

    def value(self, measure: ArrayLike) -> Array:
        """Back from `measure`."""
        return np.exp(np.asarray(measure, float)) if self.is_log else np.asarray(measure, float)


def _short(values: Array) -> str:
    shown = ", ".join(f"{value:g}" for value in values[:3])
    return shown + (", ..." if len(values) > 3 else "")


def axis(given: "tuple[str, ArrayLike] | Axis", name: str) -> Axis:
    """An axis as it is given to `scan`."""
    if isinstance(given, Axis):
        return given
    try:
        key, values = given
    except (TypeError, ValueError):
        raise ParameterError(f"scan: {name} = {given!r}: write a key and its values, {name} = ('m4', values)") from None
    try:
        return Axis(key, np.asarray(values, float))
    except (TypeError, ValueError) as error:
        if isinstance(error, ParameterError):
            raise
        raise ParameterError(f"scan: axis {key}: its values are not numbers") from None


def check_keys(x: Axis, y: Axis, model: Model) -> None:
    """ParameterError for two axes that cannot stand together."""
    if x.key == y.key:
        raise ParameterError(f"scan: x and y are both {x.key}; give two keys")
    if len(x.values) * len(y.values) > _MOST:
        raise ParameterError(f"scan: {len(x.values)} x {len(y.values)} points; at most {_MOST}")
    whole = "mixing2" if isinstance(model, Hnl) else "physical.mixing2"
    one, other = (whole if key == "mixing2" else key for key in (x.key, y.key))
    if one == other or (isinstance(model, Hnl) and whole in (one, other) and one.startswith(whole) and other.startswith(whole)):
        raise ParameterError(f"scan: {x.key} and {y.key} are the same mixing; give one of them and another key")
    for group in GROUPS:
        depth = len(group.table)
        found = []
        for key in (one, other):
            path = tuple(key.split("."))
            rival = [
                place
                for place, keys in enumerate(group.rivals)
                if len(path) > depth and path[:depth] == group.table and path[depth] in keys
            ]
            found.append(rival[0] if rival else None)
        if None not in found and found[0] != found[1]:
            raise ParameterError(f"scan: {x.key} and {y.key} exclude each other on a card; give one of them and another key")


@dataclass(frozen=True, slots=True, eq=False)
class StatePoints:
    """One heavy state at the points of a scan, arrays of n; NaN where there is no such point."""

    state: str
    mass: Array
    """GeV."""
    mixing2: Array
    """|U_e|^2, |U_mu|^2, |U_tau|^2, shape (3, n)."""
    total_width: Array
    """GeV."""
    widths: tuple[Mapping[str, Array], ...]
    """By final state; in several parts where these have decays of different shape: those of each flavour's mixing."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Models at n points."""

    model: Model
    keys: tuple[str, str]
    states: tuple[StatePoints, ...]
    refused: Mapping[int, str]
    """Why there is no model at a point."""
    protons: Array
    """Factor on an experiment's protons, shape (n,)."""
    notes: tuple[str, ...]
    spectra: Sequence[Spectrum | None]
    """Solved models, where they were needed; empty for an hnl."""

    def parts(self) -> int:
        """Into how many parts the widths of each state fall."""
        return len(self.states[0].widths)


def points_at(model: Model, keys: tuple[str, str], values: tuple[Array, Array], experiment: Experiment, mixed: bool) -> Points:
    """Models with two keys at the given values, n of each. `mixed`: whether the scan changes the flavours' shares."""
    protons = np.ones(len(values[0]))
    changes: dict[str, Array] = {}
    for key, column in zip(keys, values, strict=True):
        if key == "protons":
            protons = column / experiment.protons
        elif key not in OF_EXPERIMENT:
            changes[key] = column
    if isinstance(model, Hnl) and set(changes) <= _HNL_KEYS:
        return _hnl_points(model, keys, changes, protons, mixed)
    return _solved_points(model, keys, changes, protons)


_HNL_KEYS = {"m4", "mixing2", *(f"mixing2.{flavour}" for flavour in FLAVOURS)}


def _hnl_points(model: Hnl, keys: tuple[str, str], changes: Mapping[str, Array], protons: Array, mixed: bool) -> Points:
    """All points together."""
    n = len(protons)
    mass = changes.get("m4", np.full(n, model.m4))
    mixing2 = np.repeat(np.array(model.mixing2)[:, None], n, axis=1)
    if "mixing2" in changes:
        # the card's own check of what is scaled
        expand_aliases(model_dict(model), {"mixing2": 1.0}, model.name)
        mixing2 = mixing2 / mixing2.sum(axis=0) * changes["mixing2"]
    for number, flavour in enumerate(FLAVOURS):
        if f"mixing2.{flavour}" in changes:
            mixing2[number] = changes[f"mixing2.{flavour}"]
    refused: dict[int, str] = {}
    bad = (mass <= 0) | (mixing2 < 0).any(axis=0) | (mixing2.sum(axis=0) > 1)
    for place in np.flatnonzero(bad).tolist():
        try:
            one = (float(mixing2[0, place]), float(mixing2[1, place]), float(mixing2[2, place]))
            solve(replace(model, m4=float(mass[place]), mixing2=one))
        except ParameterError as error:
            refused[place] = str(error)
    good = np.array([place not in refused for place in range(n)]) if refused else np.ones(n, bool)
    known = np.unique(np.where(good, mass, np.nan))
    fine = known[np.isfinite(known)]
    try:
        unit = [partial_widths(fine, np.eye(3)[flavour], model.majorana) for flavour in range(3)] if len(fine) else []
    except ParameterError:
        fine, unit, refused = _decaying(fine, mass, good, model.majorana, refused)
    full = np.searchsorted(fine, np.where(np.isin(mass, fine), mass, fine[0] if len(fine) else 0.0))
    lost = ~np.isin(mass, fine) | ~good
    total = np.zeros(n)
    names = unit[0].keys() if unit else ()
    columns = [{name: np.where(lost, np.nan, mixing2[k] * unit[k][name][full]) for name in names} for k in range(3)]
    for part in columns:
        total = total + sum(part.values(), np.zeros(n))
    parts = [part for k, part in enumerate(columns) if np.nanmax(mixing2[k], initial=0.0) > 0] if mixed else _summed(columns)
    state = StatePoints("nu4", np.where(lost, np.nan, mass), np.where(lost, 0.0, mixing2), np.where(lost, np.nan, total), tuple(parts))
    notes = tuple(dict.fromkeys(note for one in _some(fine) for note in table_warnings(solve(replace(model, m4=one)), "nu4")))
    return Points(model, keys, (state,), refused, protons, notes, ())


def _some(masses: Array) -> list[float]:
    """A few of many, the ends included."""
    return (
        [float(masses[k]) for k in sorted({0, len(masses) - 1, *range(0, len(masses), max(1, len(masses) // 20))})] if len(masses) else []
    )


def _summed(columns: Sequence[Mapping[str, Array]]) -> list[Mapping[str, Array]]:
    return [{name: np.sum([part[name] for part in columns], axis=0) for name in columns[0]}]


def _decaying(
    masses: Array, mass: Array, good: Array, majorana: bool, refused: dict[int, str]
) -> tuple[Array, list[dict[str, Array]], dict[int, str]]:
    """Masses whose widths are known, these widths, and why the others have none."""
    kept, reason = [], ""
    for one in masses:
        try:
            partial_widths(np.array([one]), np.eye(3)[0], majorana)
            kept.append(one)
        except ParameterError as error:
            reason = str(error)
            refused |= dict.fromkeys(np.flatnonzero(good & (mass == one)).tolist(), reason)
    if not kept:
        raise ParameterError(reason)
    found = np.array(kept)
    return found, [partial_widths(found, np.eye(3)[flavour], majorana) for flavour in range(3)], refused


def model_at(model: Model, changes: Mapping[str, Any]) -> tuple[Model, tuple[str, ...]]:
    """A model with keys of its card changed, and what that removed."""
    data = model_dict(model)
    changed, notes = override(data, expand_aliases(data, changes, model.name), GROUPS, model.name)
    return model_card(changed, model.name).model(), notes


def solved_at(model: Model, changes: Mapping[str, Array], n: int) -> tuple[list[Spectrum | None], dict[int, str], tuple[str, ...]]:
    """A model with keys of its card at the given values, each (n,), solved; why there is none at a point; what there is to say."""
    refused, notes = dict[int, str](), dict[str, None]()
    spectra: list[Spectrum | None] = [None] * n
    for place in range(n):
        try:
            changed, said = model_at(model, {key: float(column[place]) for key, column in changes.items()})
            spectra[place] = solve(changed)
            notes |= dict.fromkeys(said)
        except ParameterError as error:
            refused[place] = str(error)
    return spectra, refused, tuple(notes)


def _solved_points(model: Model, keys: tuple[str, str], changes: Mapping[str, Array], protons: Array) -> Points:
    """Each point's card solved; widths of all together."""
    n = len(protons)
    spectra, refused, said = solved_at(model, changes, n)
    notes = dict.fromkeys(said)
    good = [place for place in range(n) if spectra[place] is not None]
    if not good:
        raise ParameterError(f"scan: no point has a solution: {list(refused.values())[-1]}")
    solved = [one for one in spectra if one is not None]
    states = []
    for state in solved[0].heavy_states:
        mass, total = np.full((2, n), np.nan)
        mixing2 = np.zeros((3, n))
        mixing2[:, good] = np.array([one.active_mixing2(state) for one in solved]).T
        widths: dict[str, Array] = {}
        try:
            masses, found = _widths(solved, state)
        except ParameterError as error:
            raise ParameterError(f"scan: {error}") from None
        mass[good] = masses
        total[good] = np.sum(list(found.values()), axis=0)
        for name, column in found.items():
            if np.any(column > 0):
                widths[name] = np.full(n, np.nan)
                widths[name][good] = column
        states.append(StatePoints(state, mass, mixing2, total, (widths,)))
    for one in solved[:: max(1, len(solved) // 20)]:
        notes |= dict.fromkeys([*one.warnings, *(note for state in one.heavy_states for note in table_warnings(one, state))])
    return Points(model, keys, tuple(states), refused, protons, tuple(notes), spectra)


_AT_ONCE = 500


def _widths(spectra: Sequence[Spectrum], state: str) -> tuple[Array, dict[str, Array]]:
    """`widths_at`, some points at a time."""
    parts = [widths_at(spectra[first : first + _AT_ONCE], state) for first in range(0, len(spectra), _AT_ONCE)]
    names = dict.fromkeys(name for _, widths in parts for name in widths)
    mass = np.concatenate([one for one, _ in parts])
    columns = {name: np.concatenate([widths.get(name, np.zeros(len(one))) for one, widths in parts]) for name in names}
    return mass, columns


def median_point(mass: Array, value: float, good: IntArray) -> int:
    """The middle one of the points at which a state has this mass."""
    own = good[mass[good] == value]
    return int(own[len(own) // 2])

"""Cards by name or path, with overrides, as models, experiments and beams; and back to plain dictionaries."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import CardError, ParameterError
from .locate import KINDS, CardKind, card_folder, is_path, kinds_of, locate, shipped, suggest
from .toml import Table, override, read_toml

if TYPE_CHECKING:
    from ..beams.beam import Beam
    from ..experiment.experiment import Experiment
    from ..model.model import Model
    from .beam import BeamCard
    from .experiment import BeamTable


class CardWarning(UserWarning):
    """A card was read, but something in it is not what one may think."""


Changes = Mapping[str, Any]
Notes = tuple[str, ...]


def read_model(card: str | Path, set: Changes | None = None) -> "Model":
    """The model of a card: a shipped one by name, or a file by path.

    `set` holds overrides by dotted key, {"mediator.m_zprime": 0.5}; `mixing2` alone is |U|^2 of nu4 summed over flavours.
    What an override removed is said in a CardWarning. Raises CardError or ParameterError, with the file and the key.
    """
    model, notes = load_model(card, set)
    _warn(notes)
    return model


def read_experiment(
    card: str | Path, set: Changes | None = None, flux: str | Path | Sequence[str | Path] = (), flux_format: str | None = None
) -> "Experiment":
    """The experiment of a card, with its beam; `set` as in `read_model`, {"protons": 1e21}.

    `flux`: files of a user's own flux in the place of the card's beam (paths or globs), in `flux_format` dk2nu, gsimple, mevprtl or csv,
    found from the content if not given.
    """
    experiment, notes = load_experiment(card, set, [flux] if isinstance(flux, str | Path) else flux, flux_format)
    _warn(notes)
    return experiment


def read_beam(card: str | Path) -> "Beam":
    """The beam of a card: a shipped one by name, or a file by path."""
    from .beam import make_beam

    path, checked = _checked_beam(card)
    _warn(_name_note(path, checked.name))
    try:
        return make_beam(checked, path.parent)
    except (CardError, ParameterError) as error:
        raise type(error)(f"{_label(card, path)}: {error}") from None


def beam_card(card: str | Path) -> Table:
    """The checked content of a beam card in its own keys, defaults included."""
    content: Table = _checked_beam(card)[1].model_dump(exclude_none=True, by_alias=True)
    return content


def _checked_beam(card: str | Path) -> tuple[Path, "BeamCard"]:
    from .beam import BeamCard
    from .toml import validate

    path = locate(card, "beam")
    data, _ = read_toml(path)
    return path, validate(BeamCard, data, _label(card, path))


def _label(card: str | Path, path: Path) -> str:
    """What messages call a card: shipped ones by their file's name, others by the path that was given."""
    return str(card) if is_path(card) else path.name


def load_model(card: str | Path, set: Changes | None = None) -> tuple["Model", Notes]:
    """The model of a card and what there is to say about reading it; as `read_model`, without warnings."""
    from .model import GROUPS, expand_aliases, model_card

    path = locate(card, "model")
    label = _label(card, path)
    data, _ = read_toml(path)
    notes = _name_note(path, data.get("name"))
    if set:
        data, removed = override(data, expand_aliases(data, set, label), GROUPS, label)
        notes += removed
    checked = model_card(data, label)
    try:
        return checked.model(), notes
    except ParameterError as error:
        raise ParameterError(f"{label}: {error}") from None


def load_experiment(
    card: str | Path, set: Changes | None = None, flux: Sequence[str | Path] = (), flux_format: str | None = None
) -> tuple["Experiment", Notes]:
    """The experiment of a card and what there is to say about reading it; as `read_experiment`, without warnings."""
    if flux_format is not None and not flux:
        raise CardError(f"flux format '{flux_format}': goes with a flux file, and none is given")
    return _load_experiment(card, set, (), [str(name) for name in flux], flux_format)


def _load_experiment(
    card: str | Path, set: Changes | None, within: tuple[str, ...], flux: Sequence[str] = (), flux_format: str | None = None
) -> tuple["Experiment", Notes]:
    from .experiment import GROUPS, ExperimentCard
    from .toml import validate

    path = locate(card, "experiment")
    label = _label(card, path)
    if str(path) in within:
        raise CardError(f"{label}: members: the experiment is a member of itself")
    data, _ = read_toml(path)
    notes = _name_note(path, data.get("name"))
    if flux:
        data = _with_flux(data, flux, flux_format, path, label)
    if set:
        data, removed = override(data, set, GROUPS, label)
        notes += removed
    checked = validate(ExperimentCard, data, label)

    def files(table: "BeamTable") -> "Beam":
        from .flux import beam_of_files

        return beam_of_files(table, path.parent)

    def beam(name: str) -> "Beam":
        return read_beam(_beside(path, name))

    def member(name: str) -> "Experiment":
        return _load_experiment(_beside(path, name), None, (*within, str(path)))[0]

    try:
        return checked.experiment(beam, member, files), notes
    except ParameterError as error:
        raise ParameterError(f"{label}: {error}") from None
    except CardError as error:
        raise CardError(f"{label}: {error}") from None


def _with_flux(data: Table, flux: Sequence[str], flux_format: str | None, path: Path, label: str) -> Table:
    """A card's content with flux files, counted from the current folder, for its beam; the momentum of its protons stays."""
    from .flux import found_files

    if "members" in data:
        raise CardError(f"{label}: flux files belong to one detector; take one of the members: {', '.join(map(str, data['members']))}")
    paths = found_files(flux)
    old = data.get("beam")
    old = old if isinstance(old, dict) else {}
    kept = {key: old[key] for key in ("momentum", "polarity", "normalisation") if key in old}
    if isinstance(old.get("card"), str):
        kept["momentum"] = read_beam(_beside(path, old["card"])).momentum
    beam = {**kept, "file": [str(one.absolute()) for one in paths]}
    return {**data, "beam": beam if flux_format is None else {**beam, "format": flux_format}}


def resolved(thing: "Model | Experiment") -> Table:
    """A model or experiment as a plain dictionary in its card's keys, defaults included: what headers and JSON hold."""
    from ..model.model import Model

    if isinstance(thing, Model):
        from .model import model_dict

        return model_dict(thing)

    from .experiment import experiment_dict

    return experiment_dict(thing)


def kind_of_card(card: str | Path) -> CardKind:
    """Whether a name or a file is a model, an experiment or a beam; CardError if it is none."""
    if not is_path(card):
        kinds = kinds_of(str(card))
        if not kinds:
            known = {name: path for kind in KINDS for name, path in shipped(kind).items()}
            raise CardError(f"unknown card {str(card)!r}; {suggest(str(card), known)}a file is given by its path, ending in .toml")
        return kinds[0]
    data, _ = read_toml(Path(card))
    if "kind" in data:
        return "model"
    if "detector" in data or "members" in data or "protons" in data:
        return "experiment"
    if "momentum" in data:
        return "beam"
    raise CardError(f"{card}: neither a model (kind = ...), an experiment ([[detector]]) nor a beam (momentum = ...)")


def split_changes(card: str | Path, changes: Changes) -> tuple[Table, Table]:
    """Overrides for a model card and for an experiment card used with it, by the first part of their keys.

    Raises CardError for a key that neither knows.
    """
    from difflib import get_close_matches

    from .experiment import ExperimentCard
    from .model import SCHEMAS
    from .toml import tables_with

    data, _ = read_toml(locate(card, "model"))
    kind = data.get("kind")
    schemas = [SCHEMAS[kind]] if kind in SCHEMAS else list(SCHEMAS.values())
    known = list(dict.fromkeys(key for schema in schemas for key in schema.model_fields))
    model: Table = {}
    experiment: Table = {}
    for key, value in changes.items():
        first = key.split(".")[0]
        if first in known or first == "mixing2":
            model[key] = value
        elif first in ExperimentCard.model_fields:
            experiment[key] = value
        else:
            keys = list(dict.fromkeys([*known, *ExperimentCard.model_fields]))
            deeper = [one for schema in (*schemas, ExperimentCard) for one in tables_with(schema, key)]
            near = [*deeper, *get_close_matches(first, keys, n=1)]
            hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(keys)}"
            raise CardError(f"--set {key}: unknown to the model card and to the experiment card; {hint}")
    return model, experiment


def experiment_names() -> tuple[str, ...]:
    """Names of the shipped experiments, those of `all`."""
    return tuple(sorted(path.stem for path in card_folder("experiment").glob("*.toml")))


def _beside(path: Path, name: str) -> str | Path:
    """A card named in another card: paths count from the folder of the card that names them."""
    return path.parent / name if is_path(name) else name


def _name_note(path: Path, name: object) -> Notes:
    if name is None or name == path.stem:
        return ()
    return (f"{path.name}: name = '{name}' differs from the file's name; results are labelled '{name}'",)


def _warn(notes: Notes) -> None:
    for note in notes:
        warnings.warn(note, CardWarning, stacklevel=3)

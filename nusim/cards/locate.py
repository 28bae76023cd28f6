"""Where cards live: those shipped with nusim by name, anybody's own by path."""

from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from ..errors import CardError

CardKind = Literal["model", "experiment", "beam"]
KINDS: tuple[CardKind, ...] = ("model", "experiment", "beam")

_FOLDERS = {"model": "models", "experiment": "experiments", "beam": "experiments/beams"}


def card_root() -> Path:
    """The folder that holds models/ and experiments/: inside the installed package if there, else the checkout's top."""
    package = Path(__file__).parent.parent
    packaged = package / "_cards"
    return packaged if packaged.is_dir() else package.parent


def card_folder(kind: CardKind) -> Path:
    """The folder of the shipped cards of one kind."""
    return card_root() / _FOLDERS[kind]


def shipped(kind: CardKind) -> dict[str, Path]:
    """Name and file of every shipped card of one kind, by name."""
    return {path.stem: path for path in sorted(card_folder(kind).glob("*.toml"))}


def is_path(card: str | Path) -> bool:
    """Whether a card is meant as a file: anything with a path separator or ending in .toml."""
    text = str(card)
    return isinstance(card, Path) or "/" in text or "\\" in text or text.endswith(".toml")


def kinds_of(name: str) -> tuple[CardKind, ...]:
    """The kinds of which a shipped card has this name."""
    return tuple(kind for kind in KINDS if name in shipped(kind))


def locate(card: str | Path, kind: CardKind) -> Path:
    """The file of a card: a shipped one by name, or a path.

    Raises CardError for an unknown name, with the nearest ones.
    """
    if is_path(card):
        return Path(card)
    name = str(card)
    known = shipped(kind)
    if name in known:
        return known[name]
    elsewhere = kinds_of(name)
    if elsewhere:
        raise CardError(f"{name!r} is the name of {_a(elsewhere[0])} card; {_a(kind)} card is needed: {', '.join(known)}")
    raise CardError(f"unknown {kind} card {name!r}; {suggest(name, known)}a file is given by its path, ending in .toml")


def suggest(name: str, known: dict[str, Path]) -> str:
    """'did you mean 'sbnd'? ' where a name is close, otherwise the shipped names."""
    near = get_close_matches(name, known, n=3, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(repr(one) for one in near)}? "
    return f"shipped: {', '.join(known)}; "


def _a(kind: str) -> str:
    return f"an {kind}" if kind == "experiment" else f"a {kind}"

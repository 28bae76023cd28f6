"""What a shell needs to complete command lines of nusim: made by shtab, with the names of the shipped cards."""

import argparse
from collections.abc import Iterator
from typing import Any

from ..errors import MissingExtraError
from .examples import commands_of

SHELLS = ("bash", "zsh", "tcsh", "fish")
_CARDS = {"MODEL": ("model",), "EXPERIMENT": ("experiment",), "BEAM": ("beam",), "CARD": ("model", "experiment", "beam")}
_FILES = ("FILE", "FIG", "CSV", "IN", "OUT", "TABLE", "PART")


class PrintCompletion(argparse.Action):
    """--print-completion SHELL: its script on stdout, and nothing else done."""

    def __call__(self, parser: argparse.ArgumentParser, _: argparse.Namespace, values: Any, option: str | None = None) -> None:
        print(script(parser, str(values)))
        parser.exit()


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """The completion script for a shell. MissingExtraError without shtab."""
    try:
        import shtab
    except ImportError:
        raise MissingExtraError("completion scripts are made by shtab: pip install 'nusim[completion]'") from None
    names = {metavar: _names(kinds) for metavar, kinds in _CARDS.items()}
    for action in _actions(parser):
        if action.metavar in names and not action.choices:
            action.complete = names[str(action.metavar)]  # type: ignore[attr-defined]
        elif action.metavar in _FILES and not action.choices:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    return str(shtab.complete(parser, shell=shell))


def _names(kinds: tuple[str, ...]) -> Any:
    """Shipped cards of these kinds, and card files of the current folder."""
    import shtab

    from ..cards.locate import KINDS, shipped

    known = sorted({name for kind in KINDS if kind in kinds for name in shipped(kind)})
    return shtab.cmd(f"echo {' '.join(known)}; ls -p | grep -E '[.]toml$|/$'")


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    yield from parser._actions
    for below in commands_of(parser).values():
        yield from _actions(below)

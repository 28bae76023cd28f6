"""nusim show: a card resolved."""

import argparse
from typing import Any

from ..errors import CardError
from .options import Subparsers, add_command, add_json, add_set
from .output import plain, print_json, print_table, warn


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "show", "a card resolved: values, defaults, and what the card says of each", run)
    parser.add_argument("card", metavar="CARD", help="name of a shipped model, experiment or beam, or path of a .toml file")
    add_set(parser, "physical.m5=0.2")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the card as it is used."""
    from ..cards.key_units import unit_of
    from ..cards.locate import locate
    from ..cards.read import beam_card, kind_of_card, load_experiment, load_model, resolved
    from ..cards.toml import comments, leaves, read_toml, written

    kind = kind_of_card(args.card)
    changes = dict(args.set)
    notes: tuple[str, ...] = ()
    thing: Any
    if kind == "beam":
        if changes:
            raise CardError(f"{args.card}: --set changes models and experiments; a beam's table belongs to its card: copy the card")
        content = plain(beam_card(args.card))
    else:
        thing, notes = load_model(args.card, changes) if kind == "model" else load_experiment(args.card, changes)
        content = plain(resolved(thing))
    warn(notes)
    if args.json:
        print_json(content)
        return 0
    path = locate(args.card, kind)
    given, text = read_toml(path)
    print(f"{path.name}: {kind} card")
    print(f"  {content.pop('source')}")
    before = dict(leaves(given))
    said = comments(text)
    rows = [(key, written(value), unit_of(key), _remark(key, value, before, said)) for key, value in leaves(content)]
    print_table(("key", "value", "unit", "the card says"), rows, left=(0, 1, 2, 3))
    return 0


def _remark(key: str, value: Any, before: dict[str, Any], said: dict[str, str]) -> str:
    from ..cards.toml import written

    if key not in before:
        return "(not in the card)"
    if before[key] != value:
        return f"(changed from {written(before[key])})"
    return said.get(key, "")

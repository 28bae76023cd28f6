"""nusim cards: what is shipped."""

import argparse
from typing import Any

from .options import Subparsers, add_command, add_json
from .output import print_json, print_table


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "cards", "shipped models, experiments and beams, a line each", run)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """List the cards."""
    from ..cards.locate import KINDS, shipped
    from ..cards.toml import read_toml

    listed: dict[str, list[dict[str, Any]]] = {}
    for kind in KINDS:
        contents = [read_toml(path)[0] for path in shipped(kind).values()]
        listed[f"{kind}s"] = [{"name": card["name"], "kind": card.get("kind", kind), "source": card["source"]} for card in contents]
    if args.json:
        print_json(listed)
        return 0
    for title, entries in listed.items():
        print(title)
        print_table(("name", "kind", "source"), ((entry["name"], entry["kind"], entry["source"]) for entry in entries), left=(0, 1, 2))
    return 0

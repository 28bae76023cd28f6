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
    rows = [(key, written(value), _unit(key), _remark(key, value, before, said)) for key, value in leaves(content)]
    print_table(("key", "value", "unit", "the card says"), rows, left=(0, 1, 2, 3))
    return 0


def _unit(key: str) -> str:
    """Of a key: what is listed by particle or flavour has the unit of the list."""
    *table, last = key.split(".")
    if table and table[-1] in _OF_TABLES:
        return _OF_TABLES[table[-1]]
    return _UNITS.get(key, _UNITS.get(last, ""))


_OF_TABLES = {"thresholds": "GeV", "flavour": "", "mixing2": ""}
_UNITS = {
    **dict.fromkeys(("m5", "m4", "m_dirac", "lambda", "mu", "mu_prime", "m_zprime", "m_phi", "momentum"), "GeV"),
    **dict.fromkeys(("size", "front", "origin", "local_origin", "radius", "length", "begin", "end", "inner", "outer", "start", "z"), "m"),
    **dict.fromkeys(("m3_ev", "light_masses_ev"), "eV"),
    **dict.fromkeys(("delta", "majorana_phases", "casas_ibarra.rotation"), "rad"),
    "production_cross_section": "mb",
    "density": "g/cm3",
    "current": "A",
    "skin_depth": "m",
    **dict.fromkeys(("min_vertex_radius", "min_track_radius", "inner_radius"), "m"),
    "min_opening_angle": "rad",
}


def _remark(key: str, value: Any, before: dict[str, Any], said: dict[str, str]) -> str:
    from ..cards.toml import written

    if key not in before:
        return "(not in the card)"
    if before[key] != value:
        return f"(changed from {written(before[key])})"
    return said.get(key, "")

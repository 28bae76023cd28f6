"""nusim info: what an event file holds."""

import argparse

from .options import Subparsers, add_command, add_json
from .output import number, print_json, print_table


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "info", "what an event file holds, and whether it is consistent", run)
    parser.add_argument("file", metavar="FILE", help="an event file")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Inspect the file and say what is inconsistent in it."""
    from ..io.inspect import info

    found = info(args.file)
    if args.json:
        print_json(found)
    else:
        rows = []
        for key, value in found.items():
            if key in ("problems", "frames", "routes", "named_weights"):
                continue
            text = number(value) if isinstance(value, float) else str(value)
            rows.append((key.replace("_", " "), "-" if value is None else text))
        rows += [
            (f"route {name}", f"{route['events']} events, weights sum to {number(route['sum_of_weights'])}")
            for name, route in (found["routes"] or {}).items()
        ]
        rows += [(f"weight {name}", f"sums to {number(total)}") for name, total in (found["named_weights"] or {}).items()]
        print(args.file)
        print_table(("", ""), rows, left=(0, 1))
        for problem in found["problems"]:
            print(f"  problem: {problem}")
    return 0

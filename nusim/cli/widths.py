"""nusim widths: how a heavy state decays."""

import argparse
from typing import Any

from ..errors import ParameterError
from .options import Subparsers, add_command, add_json, add_model, add_plot, log_grid
from .output import folded, number, print_json, print_table, save_figure, save_text, warn

_SMALLEST_ERROR = 5e-4
"""Relative: a total that Z' and dark scalar make, whose widths follow from the card, has no theory error to show."""


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "widths", "decay widths, branching ratios and c tau of a heavy state", run)
    add_model(parser)
    parser.add_argument("--parent", metavar="STATE", default="nu4", help="the state that decays (default nu4)")
    parser.add_argument("--scan", metavar="KEY=lo:hi:n", type=log_grid, help="over a logarithmic grid of a key of the card, ends included")
    parser.add_argument("-o", "--output", metavar="CSV", help="write the table as CSV; a scan without it goes to stdout")
    parser.add_argument("--slha", metavar="FILE", help="write masses, mixings and the decays of every heavy state as an SLHA file")
    add_plot(parser, "branching ratios, against the scanned key")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the decay table at one point, or CSV over a scan."""
    if args.scan is None:
        return _one_point(args)
    if args.slha:
        raise ParameterError("--slha goes with one point, not with --scan")
    return _scan(args)


def _one_point(args: argparse.Namespace) -> int:
    from ..cards.read import load_model
    from ..decays.cosmology import bbn_flag
    from ..decays.table import decay_table
    from ..model.spectrum import solve
    from ..units import C_LIGHT

    model, notes = load_model(args.model, dict(args.set))
    spectrum = solve(model)
    table = decay_table(spectrum, args.parent)
    warnings = [*notes, *spectrum.warnings, *table.warnings]
    warn(warnings)
    flag = bbn_flag(table)
    channels = sorted(table, key=lambda channel: -channel.width)
    total = table.total_width
    share = {channel.products: table.branching_ratio(channel.products) for channel in channels}
    if args.output:
        lines = ["products,width_GeV,branching_ratio", *(f"{c.products},{c.width!r},{share[c.products]!r}" for c in channels)]
        save_text(args.output, "\n".join(lines) + "\n")
    if args.slha:
        from ..io.slha import slha_text

        save_text(args.slha, slha_text(spectrum))
    if args.plot:
        from ..plot.branching import branching_bars

        save_figure(args.plot, branching_bars(table))
    if args.json:
        document = {
            "parent": table.parent,
            "mass": table.mass,
            "total_width": total,
            "ctau": table.ctau,
            "channels": [
                {
                    "products": c.products,
                    "width": c.width,
                    "branching_ratio": share[c.products],
                    "via": list(c.via),
                    "uncertainty": c.uncertainty if c.errors else None,
                }
                for c in channels
            ],
            "warnings": warnings,
            "lifetime_s": table.ctau / C_LIGHT,
            "bbn": None if flag is None else {"late": flag.late, "limit_s": float(flag.limit), "source": flag.limit.source},
            "total_uncertainty": table.total_uncertainty,
        }
        print_json(document)
        return 0
    print(f"{model.name}: {table.parent}, {number(table.mass, 8)} GeV, {_nature(table.parent, model.majorana)}")
    theory = f"  +- {table.total_uncertainty:.1%} (theory)" if table.total_uncertainty > _SMALLEST_ERROR else ""
    print(f"  total width  {number(total)} GeV{theory}")
    print(f"  c tau        {number(table.ctau)} m")
    if flag is not None:
        print(f"  {flag.text}")
    rows = [
        (c.products, number(c.width), f"{c.uncertainty:.1%}" if c.errors else "", number(share[c.products], 4), " ".join(c.via))
        for c in channels
        if c.width > 0
    ]
    print_table(("products", "width [GeV]", "theory", "branching ratio", "via"), rows, left=(0, 4))
    closed = sum(c.width == 0 for c in channels)
    if closed:
        print(f"  {closed} more channels are closed at this mass")
    return 0


def _scan(args: argparse.Namespace) -> int:
    from ..cards.read import load_model
    from ..rates.widths import width_scan

    key, grid = args.scan
    changes = dict(args.set)
    points, notes = list[Any](), list[tuple[str, ...]]()
    for value in grid:
        said: tuple[str, ...] = ()
        try:
            model, said = load_model(args.model, {**changes, key: float(value)})
            points.append(model)
        except ParameterError as error:
            points.append(error)
        notes.append(said)
    scan = width_scan(points, args.parent, errors=True)
    refused = [(f"no widths: {scan.refused[place]}",) if place in scan.refused else () for place in range(len(grid))]
    said_of = [(*gap, *first, *then) for gap, first, then in zip(refused, notes, scan.notes, strict=True)]
    warnings = folded(said_of, key, grid.tolist())
    warn(warnings)
    columns: dict[str, Any] = {key: grid, "mass_GeV": scan.mass, "total_width_GeV": scan.total_width, "ctau_m": scan.ctau}
    columns |= {f"width[{name}]_GeV": width for name, width in scan.width.items()}
    columns |= {f"branching_ratio[{name}]": scan.branching_ratio(name) for name in scan.width}
    columns["total_uncertainty"] = scan.total_uncertainty
    columns |= {f"uncertainty[{name}]": scan.uncertainty[name] for name in scan.width}
    text = "\n".join([",".join(columns), *(",".join(_cell(value) for value in row) for row in zip(*columns.values(), strict=True))]) + "\n"
    if args.output:
        save_text(args.output, text)
    if args.plot:
        from ..plot.branching import width_figure

        save_figure(args.plot, width_figure(key, grid, scan, args.parent))
    if args.json:
        document = {
            "parent": args.parent,
            "scan": {"key": key, "values": grid},
            "mass": scan.mass,
            "total_width": scan.total_width,
            "ctau": scan.ctau,
            "channels": [
                {
                    "products": name,
                    "width": width,
                    "branching_ratio": scan.branching_ratio(name),
                    "uncertainty": scan.uncertainty[name],
                }
                for name, width in scan.width.items()
            ],
            "total_uncertainty": scan.total_uncertainty,
            "refused": [{"value": grid[place], "reason": reason} for place, reason in scan.refused.items()],
            "warnings": warnings,
        }
        print_json(document)
    elif not args.output:
        print(text, end="")
    return 0


def _nature(state: str, majorana: bool) -> str:
    return _BOSONS.get(state, "Majorana" if majorana else "Dirac")


_BOSONS = {"zprime": "vector", "phi": "scalar"}


def _cell(value: float) -> str:
    return "" if value in (float("inf"),) else repr(float(value))

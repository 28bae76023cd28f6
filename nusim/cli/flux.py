"""nusim flux: the light neutrinos of a beam at a detector."""

import argparse

from .options import Subparsers, add_command, add_flux, add_json, add_plot, add_seed, add_set, bin_edges
from .output import number, print_json, print_table, save_figure, save_text, warn, with_error


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "flux", "light-neutrino flux at a detector by flavour and parent", run)
    parser.add_argument("experiment", metavar="EXPERIMENT", help="name of a shipped experiment card, or path of a .toml file")
    parser.add_argument("--edges", metavar="lo:hi:step", type=bin_edges, default="0:5:0.1", help="energy bins in GeV (default 0:5:0.1)")
    add_set(parser, "sbnd: beam.polarity=rhc")
    add_flux(parser)
    add_seed(parser)
    parser.add_argument("-o", "--output", metavar="CSV", help="write the bins as CSV")
    add_plot(parser, "the flux by flavour and parent")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print totals by flavour and parent; the bins go to CSV, a figure or JSON."""
    import numpy as np

    from ..cards.read import load_experiment
    from ..rates.neutrino_flux import neutrino_flux

    experiment, notes = load_experiment(args.experiment, dict(args.set), args.flux, args.flux_format)
    edges = args.edges
    flux = neutrino_flux(experiment, edges, seed=args.seed)
    warn(list(dict.fromkeys([*notes, *flux.notes])))
    flavours = tuple(flux.flux)
    if args.output:
        header = ["low_GeV", "high_GeV", *(f"{flavour}{what}" for flavour in flavours for what in ("", "_stat_error"))]
        columns = [edges[:-1], edges[1:], *(column for flavour in flavours for column in (flux[flavour], flux.stat_error[flavour]))]
        lines = (",".join(repr(float(value)) for value in row) for row in zip(*columns, strict=True))
        save_text(args.output, "# neutrinos per cm^2 per proton on target in each bin\n" + "\n".join([",".join(header), *lines]) + "\n")
    if args.plot:
        from ..plot.flux import flux as draw

        save_figure(args.plot, draw(flux, f"{experiment.name}, {experiment.polarity.upper()}"))
    if args.json:
        document = {
            "experiment": experiment.name,
            "polarity": experiment.polarity,
            "edges": edges,
            "flux_per_cm2_per_proton": dict(flux.flux),
            "stat_error": dict(flux.stat_error),
            "by_parent": {flavour: dict(flux.by_parent[flavour]) for flavour in flavours},
        }
        print_json(document)
        return 0
    print(f"{experiment.name}: {experiment.polarity}, {edges[0]:g} to {edges[-1]:g} GeV, neutrinos per cm^2 per proton on target")
    middle = (edges[:-1] + edges[1:]) / 2
    rows = []
    for flavour in flavours:
        total = float(flux[flavour].sum())
        error = float(np.sqrt(np.sum(flux.stat_error[flavour] ** 2)))
        mean = float(middle @ flux[flavour]) / total if total > 0 else None
        shares = sorted(
            ((float(part.sum()) / total, parent) for parent, part in flux.by_parent[flavour].items() if total > 0), reverse=True
        )
        rows.append((flavour, with_error(total, error), number(mean, 3), "  ".join(f"{parent} {share:.1%}" for share, parent in shares)))
    print_table(("flavour", "flux", "mean E [GeV]", "parents"), rows, left=(0, 3))
    return 0

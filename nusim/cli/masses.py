"""nusim masses: the spectrum of a model."""

import argparse

from .options import Subparsers, add_command, add_json, add_model
from .output import number, print_json, print_table, warn


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "masses", "masses, mixings, m3 and its Standard Model and dark parts", run)
    add_model(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Solve the model and print its spectrum."""
    from ..cards.read import load_model
    from ..model.neutrinoless import effective_mass_summary
    from ..model.spectrum import solve
    from ..units import eV

    model, notes = load_model(args.model, dict(args.set))
    spectrum = solve(model)
    summary = spectrum.summary()
    summary |= effective_mass_summary(spectrum)
    warnings = [*notes, *spectrum.warnings]
    if summary["m_ee_excluded"]:
        warnings.append(f"m_ee = {summary['m_ee_ev']:.3g} eV: neutrinoless double beta decay excludes it for every nuclear model")
    warn(warnings)
    if args.json:
        print_json({**summary, "warnings": warnings})
        return 0
    print(f"{model.name}: {model.kind}, {'Majorana' if model.majorana else 'Dirac'}")
    rows = [(state, spectrum.mass(state), "GeV") for state in spectrum.heavy_states]
    rows += [(label, summary[key], "GeV") for label, key in (("mu'", "mu_prime"), ("m_D", "m_dirac"), ("Lambda", "lambda"))]  # type: ignore[misc]
    rows += [(f"m{k}", mass / eV, "eV") for k, mass in enumerate(spectrum.masses[:2], 1) if spectrum.families is not None]
    rows += [(label, summary[key], "eV") for label, key in (("m3", "m3_ev"), ("  SM loops", "m3_sm_ev"), ("  dark loops", "m3_dark_ev"))]  # type: ignore[misc]
    rows += [(label, summary[key], "eV") for label, key in (("m_ee", "m_ee_ev"), ("  heavy states", "m_ee_heavy_ev"))]  # type: ignore[misc]
    print_table(("mass", "", ""), ((label, number(value, 10), unit) for label, value, unit in rows if value is not None), left=(0, 2))
    columns = spectrum.columns
    print_table(("|U|^2", *columns), ((row, *(number(spectrum.mixing2(row, column), 6) for column in columns)) for row in spectrum.rows))
    return 0

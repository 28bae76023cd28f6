"""Writes docs/production_table.md: every way to make a heavy neutrino, for a massless one beside the PDG, and at a few masses.

python docs/make_production.py
"""

import warnings
from pathlib import Path

import numpy as np

import nusim
from nusim import pdg
from nusim.cards.read import CardWarning
from nusim.production.boson_emission import Line, boson_emission, width
from nusim.production.modes import branching_ratios, name_of, normalisation, reference
from nusim.production.processes import DECAY_CONSTANTS, Process, processes
from nusim.units import HBARC

PAGE = Path(__file__).with_name("production_table.md")
MASSES = (0.05, 0.2, 0.4, 1.0, 2.0, 3.0)
"""GeV."""


def computed(process: Process) -> float:
    """Branching ratio for a massless N from decay constants, form factors and the lifetime alone; K_L and K_S both charges."""
    charges = 2 if process.parent in (130, 310) else 1
    return charges * float(process.width(0.0)) * pdg.ctau(process.parent) / float(HBARC)


def against_measurements() -> list[str]:
    """Rows of processes that are measured themselves."""
    lines = ["| decay | measured | computed | computed / measured | theory error | inputs |", "|---|---|---|---|---|---|"]
    seen: set[int] = set()
    for process in processes():
        found = reference(process)
        if found is None or name_of(found[1]) != name_of(process) or id(found[0]) in seen:
            continue
        # the average of e and mu stands once
        seen.add(id(found[0]))
        measured, value = found[0], computed(process)
        name = name_of(process).replace(" N ", " nu ")
        if process.parent in (511, 521):
            name += " (mean of e and mu measured)"
        lines.append(
            f"| {name} | {float(measured):.4g} +- {measured.error:.2g} | {value:.4g} | {value / measured:.3f} "
            f"| {process.theory_error:.1%} | {process.source} |"
        )
    return lines


def at_masses() -> list[str]:
    """Branching ratios per unit mixing."""
    table = branching_ratios(np.array(MASSES))
    lines = ["| decay | flavour | " + " | ".join(f"{mass:g} GeV" for mass in MASSES) + " | error | normalised to |"]
    lines.append("|---" * (len(MASSES) + 4) + "|")
    for process in processes():
        norm = normalisation(process)
        values = " | ".join(f"{value:.3g}" if value > 0 else "0" for value in table[name_of(process)])
        rest = norm.source.split(";")[0]
        lines.append(f"| {name_of(process)} | {pdg.FLAVOURS[process.flavour]} | {values} | {norm.error:.1%} | {rest} |")
    return lines


def bosons() -> list[str]:
    """Branching ratios of K+ and pi+ into l nu Z'."""
    lines = [
        "| m_Z' [GeV] | parent | lepton | one massless neutrino, coupling 1 | circle, g' = 1 | triangle, g' = 1 |",
        "|---|---|---|---|---|---|",
    ]
    one = Line(True, 0.0, np.array([0.0]), np.array([1 + 0j]), np.array([0j]))
    for m_zprime in (0.003, 0.03, 0.2):
        points = [nusim.solve(nusim.read_model(card, set={"mediator.m_zprime": m_zprime})) for card in ("circle", "triangle")]
        for parent, lepton in ((321, 11), (321, 13), (211, 11), (211, 13)):
            f, ckm = DECAY_CONSTANTS[parent]
            alone = float(width(one, pdg.mass(parent), pdg.mass(lepton), np.array(m_zprime), float(f * ckm)))
            if alone == 0:
                continue
            cells = [f"{alone * pdg.ctau(parent) / float(HBARC):.3g}"]
            for spectrum in points:
                found = boson_emission(spectrum, "zprime", parent, lepton)
                names = f" (+ {' '.join(found.on_shell)})" if found.on_shell and lepton == 13 else ""
                cells.append(f"{found.branching_ratio:.3g}{names}")
            lines.append(f"| {m_zprime:g} | {pdg.NAMES[parent]} | {pdg.NAMES[lepton]} | {' | '.join(cells)} |")
    return lines


def page() -> str:
    """The text of the page."""
    warnings.simplefilter("ignore", CardWarning)
    return "\n".join(
        [
            "# Production of heavy neutrinos in numbers",
            "",
            "Written by `python docs/make_production.py`: every number is computed there. What is behind them:",
            "[production](physics/production.md).",
            "",
            "## A massless neutrino against the PDG",
            "",
            "Computed from decay constants, form factors, CKM elements and lifetimes. Where a decay is measured nusim does not use",
            "this number but the measurement: the fourth column says by how much they differ. K_L and K_S: both charges.",
            "",
            *against_measurements(),
            "",
            "## Branching ratios for |U|^2 = 1",
            "",
            "Of one charge state, at masses of N; the flavour is that of the mixing. The error is relative and at fixed mixing; for",
            "semileptonic decays normalised to a measurement it holds a share chosen for the shape of the form factors.",
            "",
            *at_masses(),
            "",
            "## A Z' from the virtual neutrino",
            "",
            "Branching ratios of P+ -> l+ nu Z' without portals. In brackets the states that can be on their shell: their production",
            "and decay comes on top, what stands here is the rest, which can be negative. The cards' mixing is with muons alone.",
            "",
            *bosons(),
            "",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

"""Masses, mixings and decay tables in the SUSY Les Houches Accord, for showering programs.

Blocks SPINFO, MASS and DECAY are those of P. Skands et al., hep-ph/0311123, and QNUMBERS that of J. Alwall et al., arXiv:0712.3311, Sec. 3:
readers take new particles from it. SLHA has no block for the mixing matrix of heavy neutrinos: NUSIMMIX and IMNUSIMMIX are nusim's own.
"""

from importlib.metadata import version

from .. import pdg
from ..decays.channel import DecayTable
from ..decays.dark import dark_parents
from ..decays.table import decay_table
from ..model.spectrum import Spectrum

_LEAST = 1e-15
"""Branching ratios below this are left out."""


def slha_text(spectrum: Spectrum) -> str:
    """The spectrum and the decays of all its heavy states, Z' and dark scalar included, as the text of an SLHA file.

    Masses and widths in GeV. Light neutrinos stand with their flavour, particle and antiparticle apart; of a Dirac state the decays are
    those of the particle. Final states that are inclusive ('mu- hadrons') have no codes: they are named in a comment, and the
    branching ratios of their state sum to less than 1.
    """
    states = [*spectrum.heavy_states, *dark_parents(spectrum)]
    tables = [decay_table(spectrum, state) for state in states]
    lines = [f"# {spectrum.model.name}: {spectrum.model.source}", "BLOCK SPINFO", "     1   nusim", f"     2   {version('nusim')}"]
    lines += [f"     3   {note}" for note in dict.fromkeys((*spectrum.warnings, *(one for table in tables for one in table.warnings)))]
    for table in tables:
        lines += _numbers(table, spectrum.majorana)
    lines += ["BLOCK MASS", *(f"  {pdg.HEAVY_STATE_CODES[table.parent]}  {table.mass:.12e}  # {table.parent}" for table in tables)]
    lines += _mixing(spectrum)
    for table in tables:
        lines += _decays(table)
    return "\n".join(lines) + "\n"


def _numbers(table: DecayTable, majorana: bool) -> list[str]:
    """Charge, spin and colour of a state, and whether it has an antiparticle."""
    boson = table.parent in pdg.BOSONS
    spin = 3 if table.parent in pdg.VECTOR_STATES else 1 if boson else 2
    other = int(not (boson or majorana))
    code = pdg.HEAVY_STATE_CODES[table.parent]
    rows = ((1, 0, "3 times electric charge"), (2, spin, "2 S + 1"), (3, 1, "colour"), (4, other, "antiparticle: 0 its own"))
    return [f"BLOCK QNUMBERS {code}  # {table.parent}", *(f"     {key}   {value}  # {what}" for key, value, what in rows)]


def _mixing(spectrum: Spectrum) -> list[str]:
    """The mixing matrix: rows e, mu, tau, N, D, columns nu1, nu2, ..., counted from 1."""
    names = f"rows {' '.join(spectrum.rows)}, columns {' '.join(spectrum.columns)}"
    lines = []
    for block, values in (("NUSIMMIX", spectrum.U.real), ("IMNUSIMMIX", spectrum.U.imag)):
        lines.append(f"BLOCK {block}  # {names}")
        lines += [f"  {i + 1}  {j + 1}  {value:.12e}" for i, row in enumerate(values.tolist()) for j, value in enumerate(row)]
    return lines


def _decays(table: DecayTable) -> list[str]:
    """Width and branching ratios of a state."""
    lines = [f"DECAY {pdg.HEAVY_STATE_CODES[table.parent]}  {table.total_width:.12e}  # {table.parent}"]
    for channel in sorted(table, key=lambda one: -one.width):
        if channel.inclusive:
            lines.append(f"#     {channel.width / table.total_width:.6e}  {channel.products}, inclusive")
        for term in channel.terms:
            share = term.width / table.total_width if table.total_width > 0 else 0.0
            if share > _LEAST:
                lines.append(f"     {share:.12e}  {len(term.pdg)}  {'  '.join(map(str, term.pdg))}  # {channel.products}")
    return lines

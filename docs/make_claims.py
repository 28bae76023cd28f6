"""Writes docs/claims.md: what arXiv:1903.07590 says about decays, with nusim's number and verdict beside each sentence.

    python docs/make_claims.py

Every number on the page is computed here, by the public functions; the words around them are chosen by what the numbers say.
"""

import math
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.optimize import brentq

import nusim
from nusim.cards.read import CardWarning
from nusim.constants import M_Z
from nusim.decays.dark import mixing_sum

POINTS = ("circle", "star", "triangle")
PAGE = Path(__file__).with_name("claims.md")


def solved(card: str, **changes: float) -> nusim.Spectrum:
    """A benchmark with keys changed; double underscores stand for dots."""
    return nusim.solve(nusim.read_model(card, set={key.replace("__", "."): value for key, value in changes.items()}))


def ratio(spectrum: nusim.Spectrum, parent: str, products: str) -> float:
    """Branching ratio."""
    return nusim.decay_table(spectrum, parent).branching_ratio(products)


def verdict(holds: bool) -> str:
    """The first word of a verdict."""
    return "**Holds.**" if holds else "**Does not hold.**"


def crossing(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function of the logarithm's argument changes sign."""
    return math.exp(brentq(lambda x: function(math.exp(x)), math.log(low), math.log(high), xtol=1e-6))


def leading(table: nusim.DecayTable, number: int = 3) -> str:
    """The main channels with their branching ratios."""
    some = sorted(table, key=lambda channel: -channel.width)[:number]
    return ", ".join(f"`{channel.products}` {_percent(table.branching_ratio(channel.products))}" for channel in some if channel.width > 0)


def _percent(value: float) -> str:
    if value > 0.999 and value < 1:
        return f"1 - {1 - value:.1e}"
    return f"{value:.2%}" if value > 1e-3 else f"{value:.1e}"


def table_of_points() -> list[str]:
    """Widths of both heavy neutrinos at the three points."""
    lines = ["| point | S | state | width [GeV] | c tau [m] | main channels |", "|---|---|---|---|---|---|"]
    for name in POINTS:
        spectrum = solved(name)
        for state in ("nu5", "nu4"):
            table = nusim.decay_table(spectrum, state)
            lines.append(
                f"| {name} | {mixing_sum(spectrum):.3e} | {state} | {table.total_width:.3e} | {table.ctau:.3g} | {leading(table)} |"
            )
    return lines


def triangle() -> tuple[str, str]:
    """Nearly degenerate states decay as an ordinary heavy neutrino does."""
    spectrum = solved("triangle")
    share = ratio(spectrum, "nu5", "nu4 nu nu")
    m5, kept = spectrum.mass("nu5"), spectrum.mixing2("mu", "nu4")

    def half(difference: float) -> float:
        return ratio(solved("triangle", physical__one_minus_mass_ratio=difference, physical__mixing2=kept), "nu5", "nu4 nu nu") - 0.5

    split = crossing(half, 0.02, 0.4)
    text = (
        f"{verdict(share < 0.01)} BR(nu5 -> nu4 nu nu) = {share:.2e} at the triangle. It passes one half only for m4/m5 below "
        f"{1 - split:.2f} (m5 = {m5:g} GeV, the mixing kept)."
    )
    return (
        "At the triangle both states decay like a standard sterile neutrino; nu5 -> nu4 nu nu through the Z' is suppressed by phase space.",
        text,
    )


def invisible_nu4() -> tuple[str, str]:
    """nu4 -> 3 nu through the Z' alone, and its interference with the Z."""
    points = np.geomspace(1e-8, 1e-6, 9)
    total, standard = [], []
    for mixing2 in points:
        changes = {"physical__mixing2": float(mixing2)}
        total.append(nusim.decay_table(solved("circle", **changes), "nu4").width("nu nu nu"))
        standard.append(nusim.decay_table(solved("circle", **changes, mediator__g_dark=1e-6), "nu4").width("nu nu nu"))
    # the width is a S + b S^2 + c S^3: Z, interference and Z'
    fit = np.linalg.lstsq(
        np.column_stack([points, points**2, points**3]) / np.array(standard)[:, None], np.array(total) / standard, rcond=None
    )[0]
    s = 4.5e-7 / (1 + 0.5)  # |U_mu4|^2 where the sum is 4.5e-7
    pure, cross = fit[2] * s**2 / fit[0], fit[1] * s / fit[0]
    text = (
        f"{verdict(pure < 0.01)} The width is a S + b S^2 + c S^3 in the mixing; at the paper's rounded mixings (S = 4.5e-7) the "
        f"Z' alone is "
        f"{pure:.1e} of the SM width into three neutrinos. Its interference, which the sentence leaves out and which goes as "
        f"|U|^4, is {cross:+.1%}: destructive, "
        "so that the new current first makes nu4 live longer."
    )
    return "The invisible nu4 decay through the Z' is subdominant as it scales as |U_mu4|^6.", text


def circle() -> tuple[str, str]:
    """nu5 -> nu4 nu nu at the circle, and the condition the paper gives for it."""
    spectrum = solved("circle")
    table = nusim.decay_table(spectrum, "nu5")
    share = table.branching_ratio("nu4 nu nu")
    condition = (spectrum.model.mediator.m_zprime / M_Z) ** 4  # type: ignore[union-attr]

    def half(mixing2: float) -> float:
        return ratio(solved("circle", physical__mixing2=mixing2), "nu5", "nu4 nu nu") - 0.5

    equal = crossing(half, 1e-11, 1e-6)
    u5 = solved("circle", physical__mixing2=equal).mixing2("mu", "nu5")
    text = (
        f"{verdict(share > 0.5)} BR(nu5 -> nu4 nu nu) = {share:.2%}, c tau = {table.ctau:.3g} m. The condition is sufficient but "
        f"conservative: half of the decays go "
        f"there already at |U_mu5|^2 = {u5:.1e}, {condition / u5:.1f} times below (m_Z'/m_Z)^4 = {condition:.2e}."
    )
    return "At the circle nu5 decays predominantly into nu4 nu nu through the Z' (provided |U_mu5|^2 >~ (m_Z'/m_Z)^4).", text


def detection() -> tuple[str, str]:
    """What of nu4 can be seen."""
    table, five = (nusim.decay_table(solved("circle"), state) for state in ("nu4", "nu5"))
    share = table.branching_ratio("nu e- e+")
    seen = sum(channel.width for channel in table if channel.visible)
    text = (
        f"{verdict(share * table.total_width > 0.5 * seen)} `nu e- e+` is the best visible channel of nu4, with a branching ratio "
        f"of only {share:.1%}: with c tau = {table.ctau:.2g} m "
        f"whether it is seen is a question of rates, which `nusim rate circle sbnd` answers. nu5 decays "
        f"{five.total_width / table.total_width:.0f} times faster, a share "
        f"{sum(channel.width for channel in five if channel.visible) / five.total_width:.2%} of it visibly: it gives more events "
        f"in a detector than nu4."
    )
    return "The best candidate for detection is nu4 via the SM weak decays nu4 -> nu e+ e-.", text


def star() -> tuple[str, str]:
    """nu5 -> 3 nu4 at the star."""
    table = nusim.decay_table(solved("star"), "nu5")
    share = table.branching_ratio("nu4 nu4 nu4")
    text = f"{verdict(share > 0.5)} BR = 1 - {1 - share:.1e}, c tau = {table.ctau:.3g} m: prompt, three nu4 for every nu5."
    return "At the star the Z'-mediated decay nu5 -> nu4 nu4 nu4 dominates, inducing a large nu4 population.", text


def on_shell() -> tuple[str, str]:
    """m5 > m4 + m_Z', and m_Z' < m4."""
    open5 = nusim.decay_table(solved("star", mediator__m_zprime=0.1), "nu5")
    open4 = solved("circle", mediator__m_zprime=0.05)
    four, boson = nusim.decay_table(open4, "nu4"), nusim.decay_table(open4, "zprime")
    a, b = open5.branching_ratio("nu4 zprime"), four.branching_ratio("nu zprime")
    text = (
        f"{verdict(a > 0.5 and b > 0.99 and boson.branching_ratio('nu nu') > 0.99)} Star with m_Z' = 0.1 GeV: BR(nu5 -> nu4 Z') = "
        f"{_percent(a)}. Circle with m_Z' = 0.05 GeV: "
        f"BR(nu4 -> nu Z') = {_percent(b)}, and the Z' goes to light neutrinos, {boson.branching_ratio('nu nu'):.0%}, with a "
        f"width of {boson.total_width:.1e} GeV "
        f"(c tau = {boson.ctau:.2g} m: it may fly far)."
    )
    return (
        "If m5 > m4 + m_Z' the Z' can be on its shell in the nu5 decay; if m_Z' < m4 both heavy neutrinos decay into neutrinos and the Z'.",
        text,
    )


def portal() -> tuple[str, str]:
    """Kinetic mixing at the circle: the paper's chi^2 = 1e-8."""
    pieces = []
    rounded = {"physical__mixing2": 3e-7}  # the paper's |U_mu4|^2
    for epsilon in (1e-4, -1e-4):
        four = ratio(solved("circle", portals__epsilon=epsilon), "nu4", "nu e- e+")
        pieces.append(f"{four:.1%} (epsilon = {epsilon:+g})")
    five = ratio(solved("circle", portals__epsilon=1e-4), "nu5", "nu4 e- e+")
    hyper = [ratio(solved("circle", portals__chi_hypercharge=chi), "nu4", "nu e- e+") for chi in (1e-4, -1e-4)]

    def half(sign: float) -> float:
        def above(square: float) -> float:
            return ratio(solved("circle", portals__epsilon=sign * math.sqrt(square), **rounded), "nu4", "nu e- e+") - 0.5

        return crossing(above, 1e-11, 1e-6)

    start = crossing(lambda square: ratio(solved("circle", portals__epsilon=math.sqrt(square)), "nu5", "nu4 e- e+") - 0.5, 1e-16, 1e-8)
    star5 = ratio(solved("star", portals__epsilon=1e-4), "nu5", "nu4 nu4 nu4")
    text = (
        f"{verdict(five > 0.5)} At the circle with epsilon^2 = 1e-8: BR(nu5 -> nu4 e- e+) = {five:.1%}, BR(nu4 -> nu e- e+) = "
        f"{' or '.join(pieces)}; "
        f"{min(hyper):.0%} to {max(hyper):.0%} if chi is that of hypercharge. One half is passed at epsilon^2 = {half(1.0):.2e} "
        f"(epsilon > 0) or {half(-1.0):.2e} (epsilon < 0) for nu4 with "
        f"the paper's mixings (S = 4.5e-7) and at {start:.1e} for nu5. Not so at the star: there nu5 -> 3 nu4 keeps {_percent(star5)}."
    )
    return "For the circle, chi^2 as low as 1e-8 would make nu e+ e- (and nu mu+ mu-) the main channels.", text


def pseudoscalars() -> tuple[str, str]:
    """A vector current makes no pseudoscalar."""
    spectrum, mixed = solved("triangle"), solved("triangle", portals__epsilon=1e-3)
    widths = [nusim.decay_table(one, "nu4").width("nu pi0") for one in (spectrum, mixed)]
    leptons = [nusim.decay_table(one, "nu4").width("nu e- e+") for one in (spectrum, mixed)]
    text = (
        f"{verdict(widths[0] == widths[1])} The mixed Z' couples to the electromagnetic current, a vector: at the triangle "
        f"epsilon = 1e-3 multiplies the width into `nu e- e+` by "
        f"{leptons[1] / leptons[0]:.3g} and that into `nu pi0` by {widths[1] / widths[0]:.6g}."
    )
    return "Pseudo-scalar final states are suppressed due to the vector nature of the Z'.", text


def mixing() -> tuple[str, str]:
    """U_D5."""
    spectrum = solved("circle")
    five, four = spectrum.mixing2("D", "nu5"), spectrum.mixing2("D", "nu4")
    text = (
        f"{verdict(five > 0.9)} |U_D5|^2 = r / (1 + r) up to the active mixing, r = m4/m5: {five:.4f} at the circle, at most one "
        f"half. It is |U_D4|^2 + |U_D5|^2 = {four + five:.6f} "
        "that tends to 1."
    )
    return "U_D5^2 ~ 1 for small U_mu4.", text


def page() -> str:
    """The text of the page."""
    warnings.simplefilter("ignore", CardWarning)  # keys of the benchmarks are replaced on purpose
    lines = [
        "# What the paper says about decays, and what nusim finds",
        "",
        'The section "Searching for the origin of neutrino masses" of arXiv:1903.07590, sentence by sentence. Written by',
        "`python docs/make_claims.py`: every number is computed there. Unless said otherwise m_Z' = 1 GeV, m_phi' = 2 GeV, g' = 1,",
        "Majorana, muon mixing, m3 = 0.05 eV. S is the sum of |U|^2 over nu4, nu5 and flavours: rates go as S, S^2 or S^3, so it stands",
        "beside the widths. The mass condition is Eq. 4, exactly; where the paper's rounded mixings differ, the cards' points hold.",
        "",
        *table_of_points(),
        "",
    ]
    for number, claim in enumerate((triangle, invisible_nu4, circle, detection, star, on_shell, portal, pseudoscalars, mixing), 1):
        said, found = claim()
        lines += [f"## {number}. {said}", "", found, ""]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

"""nusim's names and numbers as HTML."""

import re
from html import escape

_WHOLE = {
    **{f"nu{k}": f"ν<sub>{k}</sub>" for k in range(1, 10)},
    **{"nu": "ν", "zprime": "Z′", "phi": "φ′", "gamma": "γ", "phi_meson": "φ", "eta_c": "η<sub>c</sub>", "J/psi": "J/ψ"},
    **{"KL": "K<sub>L</sub>", "KS": "K<sub>S</sub>", "numu": "ν<sub>μ</sub>", "nue": "ν<sub>e</sub>", "nutau": "ν<sub>τ</sub>"},
}
_LETTERS = {"mu": "μ", "tau": "τ", "pi": "π", "rho": "ρ", "omega": "ω", "eta": "η", "Ds": "D<sub>s</sub>", "Bs": "B<sub>s</sub>"}
_OVERLINE = "\u0304"
_SIGNS = str.maketrans({"-": "−", "'": "′"})


def particles(text: str) -> str:
    """'nu4 from nu5' or 'nu e- e+' with letters, indices and charges; any other text is escaped."""
    return " ".join(_one(word) for word in text.split())


def _one(word: str) -> str:
    if word in _WHOLE:
        return _WHOLE[word]
    if word.endswith("bar") and len(word) > 3:
        conjugate = _one(word.removesuffix("bar"))
        return conjugate[0] + _OVERLINE + conjugate[1:]
    body = word.rstrip("+-0*'")
    tail = word[len(body) :]
    if body not in _LETTERS and not body.isalpha():
        return escape(word)
    letter, tail = _LETTERS.get(body, body), tail.translate(_SIGNS)
    return f"{letter}<sup>{tail}</sup>" if tail and tail != "′" else letter + tail


_POWER = re.compile(r"(?<=[\d)])e([+-])0*(\d+)\b")


def typeset(text: str) -> str:
    """'(1.2 +- 0.1)e-05' as it is printed: a plus-minus sign, a cross, a raised power."""
    safe = escape(text).replace(" +- ", " ± ").replace("infinite", "∞")
    # blanks at which no line breaks
    return _POWER.sub(lambda found: f"\u00a0×\u00a010<sup>{'−' if found[1] == '-' else ''}{found[2]}</sup>", safe)

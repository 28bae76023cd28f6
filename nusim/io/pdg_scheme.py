"""PDG codes of the heavy states as different readers know them: one table, chosen when a file is written."""

from ..errors import DataFileError
from ..kernels.arrays import IntArray
from ..pdg import HEAVY_STATE_CODES

SCHEMES: dict[str, dict[str, int]] = {
    "default": dict(HEAVY_STATE_CODES),
    "darknews": {**{f"nu{k}": 5910 + k for k in range(4, 10)}, "zprime": 5921, "phi": 5901},
    "genie": {**{f"nu{k}": 2000020000 + k - 4 for k in range(4, 10)}, "zprime": 32, "phi": 9900025},
}
"""`darknews`: the codes of DarkNews; general tools decode 5914 as a charged hadron. `genie`: 2000020000 is GENIE's HNL;
it knows no second one, nu5 to nu9 take the codes after it."""


def scheme_codes(scheme: str) -> dict[str, int]:
    """Codes of nusim's states by name; DataFileError for an unknown scheme."""
    if scheme not in SCHEMES:
        raise DataFileError(f"pdg scheme {scheme!r}: unknown; known: {' '.join(SCHEMES)}")
    return SCHEMES[scheme]


def translate(codes: IntArray, scheme: str) -> IntArray:
    """Codes in nusim's default scheme, antiparticles negative, in another scheme."""
    table = scheme_codes(scheme)
    if table == HEAVY_STATE_CODES:
        return codes
    translated = codes.copy()
    for name, code in HEAVY_STATE_CODES.items():
        translated[codes == code] = table[name]
        translated[codes == -code] = -table[name]
    return translated


def translate_back(codes: IntArray, scheme: str) -> IntArray:
    """Codes in a scheme in nusim's default one."""
    table = scheme_codes(scheme)
    if table == HEAVY_STATE_CODES:
        return codes
    translated = codes.copy()
    for name, code in table.items():
        translated[codes == code] = HEAVY_STATE_CODES[name]
        translated[codes == -code] = -HEAVY_STATE_CODES[name]
    return translated

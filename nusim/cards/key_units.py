"""Units of the keys of cards."""

_BY_NAME = {"thresholds": "GeV", "flavour": "", "mixing2": ""}
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


def unit_of(key: str) -> str:
    """Of a key: what is listed by particle or flavour has the unit of the list."""
    *table, last = key.split(".")
    if table and table[-1] in _BY_NAME:
        return _BY_NAME[table[-1]]
    return _UNITS.get(key, _UNITS.get(last, ""))

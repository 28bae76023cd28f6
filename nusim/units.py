"""Units as factors: multiply to enter nusim's policy units, divide to leave them.

Policy: GeV for energy, momentum, mass and width; metres for lengths and for times c t; radians.
`3 * cm` is a length in metres, `length / mm` the number of millimetres in it.
"""

GeV = 1.0
MeV = 1e-3
keV = 1e-6
eV = 1e-9

metre = 1.0
cm = 1e-2
mm = 1e-3
km = 1e3

C_LIGHT = 299_792_458.0
"""Speed of light in m/s, exact (SI)."""

second = C_LIGHT
ns = 1e-9 * C_LIGHT

HBARC = 1.973269804e-16
"""hbar c in GeV m, exact to the digits shown (SI 2019; PDG 2024, Table 1.1)."""

tesla_metre = 0.299792458
"""Magnetic rigidity: p[GeV/c] = 0.299792458 B[T] rho[m] for unit charge."""

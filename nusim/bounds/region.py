"""Fig. 2 of arXiv:1903.07590: where the loops give the light neutrino its mass, beside what is excluded and what can be reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import ParameterError
from ..kernels.arrays import Array
from ..model.model import FLAVOURS, DarkNeutrino, Mediator, Physical
from ..model.spectrum import solve
from .band import ATMOSPHERIC_EV, PAPER_MEDIATOR, PAPER_RATIOS, MassBand, mass_band, type1_loop, type1_tree
from .curve import Curve, area, line
from .published import MISSING_EXTRA, NOT_AT_HAND, installed, published

BENCHMARKS = {"circle": (0.150, 0.50), "star": (0.150, 0.12), "triangle": (0.800, 0.99)}
"""m5 in GeV and m4/m5 of the paper's points; their mixings follow from m3."""
STATES = "nu5", "nu4"
"""Left and right panel."""
MASSES = np.geomspace(0.01, 10.0, 241)

_PAPER = "arXiv:1903.07590, Fig. 2"


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Everything in the two panels."""

    curves: tuple[Curve, ...]
    flavour: str
    mediator: Mediator
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"Region for |U_{self.flavour}|^2: {len(self.curves)} curves: {', '.join(curve.name for curve in self.curves)}"

    def of(self, name: str, state: str = "any") -> Curve:
        """The curve of a name, and of a state where there is one for each; ParameterError for an unknown one."""
        for curve in self.curves:
            if curve.name == name and (state == "any" or curve.state in (state, "any")):
                return curve
        raise ParameterError(f"region: no curve {name!r} of {state}; known: {', '.join(dict.fromkeys(c.name for c in self.curves))}")

    def panel(self, state: str) -> list[Curve]:
        """The curves to draw in the panel of a state."""
        return [curve for curve in self.curves if curve.state in (state, "any")]


def region(
    mediator: Mediator = PAPER_MEDIATOR,
    flavour: str = "mu",
    *,
    ratios: tuple[float, float] = PAPER_RATIOS,
    m3_ev: float = ATMOSPHERIC_EV,
    masses: Array = MASSES,
    confidence: float = 0.90,
    bounds: str = "all",
    computed: Sequence[Curve] = (),
) -> Region:
    """Band, benchmark points, Type-I lines and bounds of Fig. 2 for these mediators and this flavour of mixing.

    `ratios`: m4/m5 of the band's ends; `bounds`: 'paper' those of the paper's figure, 'all' later ones as well, 'none'; `confidence`
    0.90 or 0.95 for all of them, for Majorana states. `computed`: curves of nusim's own rates (`computed.py`), kept as they are.
    Without the package HNLimits there are these alone, and a warning.
    """
    if flavour not in FLAVOURS:
        raise ParameterError(f"flavour {flavour!r}: {', '.join(FLAVOURS)}")
    if bounds not in ("paper", "all", "none"):
        raise ParameterError(f"bounds {bounds!r}: paper, all or none")
    curves: list[Curve] = []
    warnings: list[str] = []
    for state in STATES:
        found = mass_band(state, masses, mediator, ratios, m3_ev)
        curves.append(_band_curve(found, flavour, ratios, m3_ev))
        warnings += _about(found)
        curves += _type1(state, masses, flavour, ratios, m3_ev)
    for name in BENCHMARKS:
        try:
            curves += benchmark(name, mediator, flavour, m3_ev)
        except ParameterError as error:
            warnings.append(f"{name}: left out: {error}")
    if bounds != "none":
        if installed():
            limits = published(flavour, True, confidence, paper_only=bounds == "paper")
            curves += [limit.curve() for limit in limits]
            warnings += [f"{name}: {why}" for name, why in NOT_AT_HAND.items()] if flavour == "mu" else []
        else:
            warnings.append(f"{MISSING_EXTRA}; bounds and projections shown are nusim's own")
    return Region((*curves, *computed), flavour, mediator, tuple(warnings))


def benchmark_model(name: str, mediator: Mediator, flavour: str, m3_ev: float) -> DarkNeutrino:
    """One of the paper's three points with these mediators, for one flavour of mixing."""
    m5, ratio = BENCHMARKS[name]
    shares = tuple(1.0 if one == flavour else 0.0 for one in FLAVOURS)
    return DarkNeutrino(name, _PAPER, True, shares, Physical(m5=m5, mass_ratio=ratio, m3_ev=m3_ev), mediator)  # type: ignore[arg-type]


def benchmark(name: str, mediator: Mediator, flavour: str, m3_ev: float) -> list[Curve]:
    """The markers of a point, one for each state; ParameterError where no mixing gives m3."""
    spectrum = solve(benchmark_model(name, mediator, flavour, m3_ev))
    m5, ratio = BENCHMARKS[name]
    return [
        Curve(
            name,
            f"{name}: m5 = {m5:g} GeV, m4/m5 = {ratio:.0%}",
            "marker",
            state,
            flavour,
            (np.array([[spectrum.mass(state), spectrum.mixing2(flavour, state)]]),),
            "model",
            _PAPER,
            f"m3 = {m3_ev:.4g} eV",
            warnings=spectrum.warnings,
        )
        for state in STATES
    ]


def _band_curve(found: MassBand, flavour: str, ratios: tuple[float, float], m3_ev: float) -> Curve:
    label = f"m3 = {m3_ev:.3g} eV, {ratios[0]:.3g} < m4/m5 < {ratios[1]:.3g}"
    contours = area(found.mass, found.low, found.high)
    return Curve("band", label, "band", found.state, flavour, contours, "model", f"{_PAPER}; Eq. 4 exactly", f"m3 = {m3_ev:.4g} eV")


def _type1(state: str, masses: Array, flavour: str, ratios: tuple[float, float], m3_ev: float) -> list[Curve]:
    """Both readings of the dashed line."""
    contours = line(masses, type1_tree(masses, m3_ev))
    tree = Curve("type-1-tree", "Type-I seesaw, tree level: m3/m", "line", state, flavour, contours, "model", _PAPER)
    loops = [
        replace(
            tree,
            name=f"type-1-loop-{ratio:g}",
            label=f"Type-I seesaw, Z and h loops (Eq. 7), m4/m5 = {ratio:g}",
            contours=line(masses, type1_loop(state, masses, ratio, m3_ev)),
        )
        for ratio in ratios
    ]
    return [tree, *loops]


def _about(found: MassBand) -> list[str]:
    """What there is to say of a band: where it has no solution, and where y_N is not perturbative."""
    said = []
    there = np.isfinite(found.low)
    if not there.all():
        end = found.mass[there][0] if there.any() else None
        where = "nowhere" if end is None else f"from {end:.3g} GeV on"
        said.append(f"{found.state}: the mass condition has a solution {where} in the range asked for")
    strong = there & ~found.perturbative
    if strong.any():
        said.append(
            f"{found.state}: from {found.mass[strong][0]:.3g} GeV on y_N exceeds sqrt(4 pi) at an edge of the band: not perturbative there"
        )
    return said


def excluded_above(curves: Mapping[str, Curve] | Sequence[Curve], mass: float) -> float:
    """The least |U|^2 at a mass from which on any of the bounds excludes; infinite where none does.

    Reads the lower edges of the contours; upper edges, above which a state is too short-lived, lie over other bounds in the paper's figure.
    """
    listed = list(curves.values()) if isinstance(curves, Mapping) else list(curves)
    least = np.inf
    for curve in listed:
        for points in curve.contours:
            x, y = np.log(points[:, 0]), np.log(points[:, 1])
            crossing = (np.minimum(x[:-1], x[1:]) <= np.log(mass)) & (np.maximum(x[:-1], x[1:]) >= np.log(mass)) & (x[:-1] != x[1:])
            for k in np.flatnonzero(crossing):
                share = (np.log(mass) - x[k]) / (x[k + 1] - x[k])
                least = min(least, float(np.exp(y[k] + share * (y[k + 1] - y[k]))))
    return least

"""Published bounds and projections as the package HNLimits holds them (extra [bounds]), at one confidence level and for one kind of state.

HNLimits 1.2.0 (E. Fernandez-Martinez et al., arXiv:2304.06772, MIT licence) ships files of masses and mixings; only these are read, never
its online sheet. What the files do not say, unit, confidence level, Dirac or Majorana, stands in the table below with how it is known:
[file] the file's own head or name, [recalled] from the experiment's paper, not looked up. Where the kind of state is not known a curve is
taken as that of the state it is asked for, so that no bound is made stronger by a guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.util import find_spec

import numpy as np

from ..errors import DataFileError, MissingExtraError, ParameterError
from ..kernels.arrays import Array
from ..model.model import FLAVOURS
from .curve import Curve, Role
from .harmonise import Counting, to_confidence, to_nature

MISSING_EXTRA = "published bounds are read from the package HNLimits, which is not installed: pip install 'nusim[bounds]'"


@dataclass(frozen=True, slots=True)
class Apparatus:
    """Where a peak search would see its heavy neutrino decay."""

    parent: str
    lepton: str
    momentum: float
    """Of the parent, GeV; 0 at rest."""
    length: float
    """Metres that the heavy neutrino flies within reach of vetoes, trackers or calorimeters; generous, a choice."""


@dataclass(frozen=True, slots=True)
class Flight:
    """Where a search scaled from its published limit looks for decays."""

    near: float
    far: float
    """Metres from where the state is made."""
    momentum: float
    """GeV, typical."""
    visible: tuple[str, ...]
    """Final states; empty: everything with something to see."""


@dataclass(frozen=True, slots=True)
class Published:
    """One curve of HNLimits and what is known of it."""

    name: str
    label: str
    flavour: str
    lower: str
    """File below HNLimits' data folder; of a closed curve both edges unless `upper` has the other."""
    unit: float
    """GeV per unit of mass in the file."""
    confidence: float
    counting: Counting
    source: str
    upper: str = ""
    nature: str = ""
    """Of the state the curve holds for; empty: not known."""
    in_paper: bool = False
    """Among the bounds or projections of arXiv:1903.07590, Fig. 2."""
    role: Role = "bound"
    peak: Apparatus | None = None
    flight: Flight | None = None
    violating: bool = False
    """Whether the selection favours lepton number violation."""


_MEV, _GEV = 1e-3, 1.0
# vacuum tanks and detectors behind the decay: a choice, long rather than short
_KEK = Apparatus("K+", "mu", 0.0, 1.5)
_E949 = Apparatus("K+", "mu", 0.0, 1.5)
_NA62 = Apparatus("K+", "mu", 75.0, 150.0)
_NA48 = Apparatus("K+", "mu", 74.0, 120.0)
_PIENU = Apparatus("pi+", "mu", 0.0, 1.0)
# decays are looked for up to the muon chambers of DELPHI, and in CMS in its tracker
_DELPHI = Flight(0.0, 2.5, 45.6, ())
_CMS = Flight(0.0, 0.5, 60.0, ())
_PROMPT_CMS = Flight(0.0, 0.01, 60.0, ())
_NA3 = Flight(2.5, 10.0, 60.0, ())

# fmt: off
PUBLISHED: tuple[Published, ...] = (
    # |U_mu|^2, peak searches
    Published("psi", "PSI 1987", "mu", "umu4/PSI_1987.dat", _MEV, 0.90, "peak",
        "M. Daum et al., Phys. Rev. D 36 (1987) 2624; CL [recalled]", peak=_PIENU),
    Published("pienu-high", "PIENU", "mu", "umu4/PIENU_2019_highT.dat", _MEV, 0.90, "peak",
        "PIENU, arXiv:1904.03269; CL [recalled]", peak=_PIENU),
    Published("pienu-low", "PIENU", "mu", "umu4/PIENU_2019_lowT.dat", _MEV, 0.90, "peak",
        "PIENU, arXiv:1904.03269; CL [recalled]", peak=_PIENU),
    Published("kek", "KEK", "mu", "KEK/KEK_mu.dat", _MEV, 0.90, "peak",
        "T. Yamazaki et al., Leipzig 1984, as drawn in arXiv:1909.11198; CL [file]", in_paper=True, peak=_KEK),
    Published("e949", "E949", "mu", "bnl_e949/E949_Um42_90.dat", _MEV, 0.90, "peak",
        "E949, arXiv:1411.3963; CL [file]", in_paper=True, peak=_E949),
    Published("na62-2007", "NA62 (2007 data)", "mu", "peak_searches/NA62_(2017)_K_nu_mu.dat", _MEV, 0.90, "peak",
        "NA62, arXiv:1705.07510; CL [recalled]", peak=_NA48),
    Published("na62", "NA62", "mu", "umu4/NA62_2021_mu.dat", _MEV, 0.90, "peak",
        "NA62, arXiv:2101.12304; CL [recalled]", peak=_NA62),
    # decays in flight
    Published("ps191", "PS191", "mu", "umu4/PS191_bottom.dat", _GEV, 0.90, "displaced",
        "G. Bernardi et al., Phys. Lett. B 166 (1986) 479 and 203 (1988) 332; CL, Dirac [recalled]; disputed by 2112.06800",
        upper="umu4/PS191_top.dat", nature="Dirac", in_paper=True),
    Published("t2k", "T2K", "mu", "T2K_2019/T2K_2019_profiled_Umu4.dat", _MEV, 0.90, "displaced",
        "T2K, arXiv:1902.07598, other mixings profiled; CL, Majorana [recalled]", nature="Majorana"),
    Published("microboone-2022", "MicroBooNE 2022", "mu", "MicroBooNE_2022/umu4_majorana.dat", _MEV, 0.90, "displaced",
        "MicroBooNE, arXiv:2207.03840; Majorana [file], CL [recalled]", nature="Majorana"),
    Published("microboone-2023", "MicroBooNE 2023", "mu", "MicroBooNE_2023/Umu4.dat", _MEV, 0.90, "displaced",
        "MicroBooNE, arXiv:2310.07660; CL [recalled]"),
    Published("na3", "NA3", "mu", "NA3/NA3.dat", _GEV, 0.90, "displaced",
        "NA3, Z. Phys. C 31 (1986) 21; CL [recalled]", in_paper=True, flight=_NA3),
    Published("bebc", "BEBC", "mu", "umu4/BEBC.dat", _GEV, 0.90, "displaced",
        "WA66, Phys. Lett. B 160 (1985) 207; CL [recalled]", upper="umu4/BEBC_top.dat", in_paper=True),
    Published("nutev", "NuTeV", "mu", "umu4/NuTeV_bottom.dat", _GEV, 0.90, "displaced",
        "NuTeV, hep-ex/9908011; CL [recalled]", upper="umu4/NuTeV_top.dat", in_paper=True),
    Published("fmmf", "FMMF", "mu", "umu4/FMMF_bottom.dat", _GEV, 0.90, "displaced",
        "FMMF, Phys. Rev. D 52 (1995) 6; CL [recalled]", upper="umu4/FMMF_top.dat"),
    Published("charm-ii", "CHARM II", "mu", "CHARMII/CHARMII.dat", _GEV, 0.90, "displaced",
        "CHARM II, Phys. Lett. B 343 (1995) 453; CL [recalled]"),
    # colliders
    Published("delphi-long", "DELPHI (long-lived)", "mu", "umu4/DELPHI_long_95CL.dat", _GEV, 0.95, "displaced",
        "DELPHI, Z. Phys. C 74 (1997) 57; CL [file]", in_paper=True, flight=_DELPHI),
    Published("delphi-short", "DELPHI (short-lived)", "mu", "umu4/DELPHI_short_95CL.dat", _GEV, 0.95, "prompt",
        "DELPHI, Z. Phys. C 74 (1997) 57; CL [file]", in_paper=True, flight=_DELPHI),
    Published("l3", "L3", "mu", "umu4/L3.dat", _GEV, 0.95, "prompt",
        "L3, Phys. Lett. B 295 (1992) 371; CL [recalled]", flight=_DELPHI),
    Published("cms", "CMS 2018", "mu", "CMS_18/CMS18_Umu42_trilepton_cut.dat", _GEV, 0.95, "prompt",
        "CMS, arXiv:1802.02965; CL [file], Majorana [recalled]", nature="Majorana", in_paper=True, flight=_PROMPT_CMS, violating=True),
    Published("cms-displaced", "CMS 2022", "mu", "CMS_22/CMS_majorana_mu4.dat", _GEV, 0.95, "displaced",
        "CMS, arXiv:2201.05578; Majorana [file], CL [recalled]", nature="Majorana", flight=_CMS),
    # projections
    Published("dune-published", "DUNE (1905.00284)", "mu", "DUNE_Ballett/Umu4.dat", _GEV, 0.90, "displaced",
        "P. Ballett, T. Boschi, S. Pascoli, arXiv:1905.00284; CL [recalled]",
        upper="DUNE_Ballett/Umu4_top.dat", in_paper=True, role="projection"),
    Published("na62-dump-published", "NA62 dump (1806.00100)", "mu", "NA62_beam_dump/NA62.dat", _GEV, 0.90, "displaced",
        "M. Drewes et al., arXiv:1806.00100; CL [recalled]", upper="NA62_beam_dump/NA62_upper.dat", in_paper=True, role="projection"),
    Published("ship-published", "SHiP (1811.00930)", "mu", "SHiP/Umu4.dat", _GEV, 0.90, "displaced",
        "SHiP, arXiv:1811.00930; CL [recalled]", upper="SHiP/Umu4_top.dat", in_paper=True, role="projection"),
    # |U_e|^2
    Published("triumf", "TRIUMF 1992", "e", "ue4/TRIUMF_1992.dat", _MEV, 0.90, "peak",
        "D. I. Britton et al., Phys. Rev. D 46 (1992) R885; CL [recalled]", peak=Apparatus("pi+", "e", 0.0, 1.0)),
    Published("pienu", "PIENU", "e", "PIENU_2017/PIENU_ue4.dat", _MEV, 0.90, "peak",
        "PIENU, arXiv:1712.03275; CL [recalled]", peak=Apparatus("pi+", "e", 0.0, 1.0)),
    Published("kek", "KEK", "e", "ue4/KEK.dat", _MEV, 0.90, "peak",
        "T. Yamazaki et al., Leipzig 1984; CL [recalled]", peak=Apparatus("K+", "e", 0.0, 1.5)),
    Published("na62", "NA62", "e", "NA62_2020/NA62_2020.dat", _MEV, 0.90, "peak",
        "NA62, arXiv:2005.09575; CL [recalled]", peak=Apparatus("K+", "e", 75.0, 150.0)),
    Published("ps191", "PS191", "e", "ue4/PS191_v1.dat", _GEV, 0.90, "displaced",
        "G. Bernardi et al., Phys. Lett. B 166 (1986) 479 and 203 (1988) 332; CL, Dirac [recalled]", nature="Dirac"),
    Published("t2k", "T2K", "e", "T2K_2019/T2K_2019_profiled_Ue4.dat", _MEV, 0.90, "displaced",
        "T2K, arXiv:1902.07598, other mixings profiled; CL, Majorana [recalled]", nature="Majorana"),
    Published("bebc", "BEBC", "e", "ue4/BEBC_1985.dat", _GEV, 0.90, "displaced",
        "WA66, Phys. Lett. B 160 (1985) 207; CL [recalled]"),
    Published("charm", "CHARM", "e", "ue4/CHARM.dat", _GEV, 0.90, "displaced",
        "CHARM, Phys. Lett. B 128 (1983) 361 and 166 (1986) 473; CL [recalled]"),
    Published("na3", "NA3", "e", "ue4/NA3_bottom.dat", _GEV, 0.90, "displaced",
        "NA3, Z. Phys. C 31 (1986) 21; CL [recalled]", upper="ue4/NA3_top.dat", flight=_NA3),
    Published("delphi-long", "DELPHI (long-lived)", "e", "ue4/DELPHI_long_95CL.dat", _GEV, 0.95, "displaced",
        "DELPHI, Z. Phys. C 74 (1997) 57; CL [file]", flight=_DELPHI),
    Published("delphi-short", "DELPHI (short-lived)", "e", "ue4/DELPHI_short_95CL.dat", _GEV, 0.95, "prompt",
        "DELPHI, Z. Phys. C 74 (1997) 57; CL [file]", flight=_DELPHI),
    Published("cms", "CMS 2018", "e", "CMS_18/CMS18_Ue42_trilepton_cut.dat", _GEV, 0.95, "prompt",
        "CMS, arXiv:1802.02965; CL, Majorana [recalled]", nature="Majorana", flight=_PROMPT_CMS, violating=True),
    Published("cms-displaced", "CMS 2022", "e", "CMS_22/CMS_majorana_e4.dat", _GEV, 0.95, "displaced",
        "CMS, arXiv:2201.05578; Majorana [file], CL [recalled]", nature="Majorana", flight=_CMS),
    Published("ship-published", "SHiP (1811.00930)", "e", "SHiP/Ue4.dat", _GEV, 0.90, "displaced",
        "SHiP, arXiv:1811.00930; CL [recalled]", upper="SHiP/Ue4_top.dat", role="projection"),
    # |U_tau|^2
    Published("charm", "CHARM", "tau", "utau4/Boyarska_CHARM_bottom.dat", _GEV, 0.90, "displaced",
        "I. Boiarska et al., arXiv:2107.14685, from CHARM; CL [recalled]", upper="utau4/Boyarska_CHARM_top.dat"),
    Published("nomad", "NOMAD", "tau", "utau4/NOMAD_UL_90CL_2002.dat", _MEV, 0.90, "displaced",
        "NOMAD, hep-ex/0101041; CL [file], Dirac [recalled]", nature="Dirac", in_paper=True),
    Published("delphi-long", "DELPHI (long-lived)", "tau", "utau4/DELPHI_long_95CL.dat", _GEV, 0.95, "displaced",
        "DELPHI, Z. Phys. C 74 (1997) 57; CL [file]", flight=_DELPHI),
    Published("delphi-short", "DELPHI (short-lived)", "tau", "utau4/DELPHI_short_95CL.dat", _GEV, 0.95, "prompt",
        "DELPHI, Z. Phys. C 74 (1997) 57; CL [file]", flight=_DELPHI),
    Published("ship-published", "SHiP (1811.00930)", "tau", "SHiP/Utau4.dat", _GEV, 0.90, "displaced",
        "SHiP, arXiv:1811.00930; CL [recalled]", upper="SHiP/Utau4_top.dat", role="projection"),
)
# fmt: on
"""Curves that are read. `in_paper`: references 33-44 and 46-50 of arXiv:1903.07590."""

NOT_AT_HAND = {
    "NA48/2": "arXiv:1612.04723, a search for K -> mu N, N -> pi mu, whose limit depends on the lifetime: no numbers in HNLimits",
    "OPAL": "Phys. Lett. B 247 (1990) 448: no numbers in HNLimits; DELPHI's limits at the same energy are stronger",
    "CHARM, |U_mu|^2": "no numbers in HNLimits for muon mixing; nusim's own rate in the card `charm` takes its place",
    "SBN": "arXiv:1610.08512: no numbers in HNLimits; the curve drawn is nusim's own",
}
"""Curves of the paper's figure for which no public numbers are at hand, and what stands in their place."""


@dataclass(frozen=True, slots=True, eq=False)
class Limit:
    """A published limit at one confidence level for one kind of state."""

    entry: Published
    confidence: float
    nature: str
    mass: Array
    """GeV, ascending."""
    lower: Array
    """|U|^2 from which on values are excluded."""
    upper_mass: Array
    upper: Array
    """|U|^2 up to which they are: too short-lived above; empty where the file has no such edge. As published: neither rule for
    confidence nor for the kind of state is meant for it."""
    factor: float
    """By which the published numbers were multiplied."""

    def at(self, mass: float) -> float:
        """|U|^2 at a mass in GeV, logarithms interpolated; NaN outside the curve."""
        return float(self.along(np.array([mass]))[0])

    def along(self, mass: Array) -> Array:
        """`at` for masses (n,)."""
        result: Array = np.exp(np.interp(np.log(mass), np.log(self.mass), np.log(self.lower), left=np.nan, right=np.nan))
        return result

    def upper_at(self, mass: float) -> float:
        """Upper edge at a mass; infinite where there is none."""
        if len(self.upper) == 0:
            return np.inf
        return float(np.exp(np.interp(np.log(mass), np.log(self.upper_mass), np.log(self.upper), left=np.inf, right=np.inf)))

    def curve(self) -> Curve:
        """As a curve of the figure."""
        entry = self.entry
        points = np.column_stack([self.mass, self.lower])
        if len(self.upper):
            points = np.concatenate([points, np.column_stack([self.upper_mass, self.upper])[::-1]])
            if self.upper_mass[0] < _NEAR * self.mass[0]:
                points = np.concatenate([points, points[:1]])
        known = entry.nature or "not stated"
        said = f"{entry.confidence:.0%} CL, {known} as published; times {self.factor:.4g} for {self.confidence:.0%} CL, {self.nature}"
        return Curve(
            entry.name,
            entry.label,
            entry.role,
            "any",
            entry.flavour,
            (points,),
            "published",
            f"{entry.source}; HNLimits {entry.lower}",
            said,
            self.confidence,
            self.nature,
        )


_NEAR = 1.2
"""An upper edge that begins within this factor of the lower edge's first mass closes the curve."""


def installed() -> bool:
    """Whether HNLimits is there."""
    return find_spec("HNLimits") is not None


def published(
    flavour: str,
    majorana: bool = True,
    confidence: float = 0.90,
    *,
    paper_only: bool = False,
    roles: Sequence[str] = ("bound", "projection"),
) -> list[Limit]:
    """Published limits on |U_flavour|^2, at `confidence` (0.90 or 0.95) and for Majorana or Dirac states.

    `paper_only`: those of arXiv:1903.07590, Fig. 2. Raises MissingExtraError without HNLimits.
    """
    if flavour not in FLAVOURS:
        raise ParameterError(f"flavour {flavour!r}: {', '.join(FLAVOURS)}")
    wanted = "Majorana" if majorana else "Dirac"
    chosen = [one for one in PUBLISHED if one.flavour == flavour and one.role in roles and (one.in_paper or not paper_only)]
    return [_harmonised(one, wanted, confidence) for one in chosen]


def _harmonised(entry: Published, wanted: str, confidence: float) -> Limit:
    factor = to_confidence(entry.counting, entry.confidence, confidence)
    factor *= to_nature(entry.counting, entry.nature or wanted, wanted, entry.violating)
    lower, upper = _edges(_points(entry.lower))
    if entry.upper:
        upper = _ascending(_points(entry.upper))
    return Limit(entry, confidence, wanted, lower[:, 0] * entry.unit, lower[:, 1] * factor, upper[:, 0] * entry.unit, upper[:, 1], factor)


@cache
def _points(name: str) -> Array:
    """Masses and mixings of a file as they stand, shape (n, 2); what follows # is comment."""
    if not installed():
        raise MissingExtraError(MISSING_EXTRA)
    file = resources.files("HNLimits").joinpath("include", "data", *name.split("/"))
    if not file.is_file():
        raise DataFileError(f"HNLimits has no {name}: the extra [bounds] was made for version 1.2.0")
    rows = [line.split("#")[0].replace(",", " ").split() for line in file.read_bytes().decode(errors="replace").splitlines()]
    found = np.array([[float(row[0]), float(row[1])] for row in rows if len(row) >= 2])
    return found[(found[:, 0] > 0) & (found[:, 1] > 0)]


_TURNS = 0.15
"""Share of steps backwards in mass from which on a file is a closed curve and not a line with noise."""


def _edges(points: Array) -> tuple[Array, Array]:
    """Lower and upper edge, each ascending in mass, of a line or of a closed curve."""
    back = np.sum(np.diff(points[:, 0]) < 0)
    if back < _TURNS * len(points) or back > (1 - _TURNS) * (len(points) - 1):
        return _ascending(points), np.zeros((0, 2))
    # a closed curve is cut at its least and largest mass; the lower edge is the one with the smaller mixings
    begin, end = sorted((int(np.argmin(points[:, 0])), int(np.argmax(points[:, 0]))))
    parts = points[begin : end + 1], np.concatenate([points[end:], points[: begin + 1]])
    lower, upper = sorted(parts, key=lambda part: float(np.mean(np.log(part[:, 1]))))
    return _ascending(lower), _ascending(upper)


def _ascending(points: Array) -> Array:
    """Sorted by mass, one point a mass: the first given."""
    order = np.argsort(points[:, 0], kind="stable")
    sorted_ = points[order]
    result: Array = sorted_[np.concatenate([[True], np.diff(sorted_[:, 0]) > 0])]
    return result

"""Chains of decays drawn without any aim: what the aimed estimates must agree with."""

from dataclasses import dataclass, replace

import numpy as np

from nusim.decays.channel import Channel, DecayTable
from nusim.experiment.flight import HeavySource
from nusim.experiment.routes import routes_from
from nusim.experiment.volumes import Box
from nusim.kernels.lorentz import boost, unboost
from nusim.pdg import HEAVY_STATE_CODES
from nusim.production.table import ProductionMode
from nusim.units import HBARC

REACH = 120.0
"""Metres."""
M_MESON, M_LEPTON = 0.493677, 0.105658


@dataclass(frozen=True)
class TwoBody:
    """nu5 -> nu4 + a light neutrino, linear in the cosine to the spin; nu4 its spin along its momentum, of modulus `handed`."""

    m_parent: float
    masses: tuple[float, float]
    width: float
    asymmetry: float
    handed: float
    pdg: tuple[int, int] = (HEAVY_STATE_CODES["nu4"], 14)
    draws: int = 2
    via: tuple[str, ...] = ("Z'",)

    def momentum(self):
        m, a, b = self.m_parent, *self.masses
        return np.sqrt((m - a - b) * (m + a + b) * (m - a + b) * (m + a - b)) / (2 * m)

    def msq(self, momenta, spin):
        along = np.sum(momenta[:, 0, 1:] * spin, axis=1) / self.momentum()
        return 1 - self.asymmetry * along

    def sample(self, u):
        cosine, azimuth = 2 * u[:, 0] - 1, 2 * np.pi * u[:, 1]
        sine = np.sqrt(1 - cosine**2)
        direction = np.column_stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine])
        q = self.momentum()
        out = np.zeros((len(u), 2, 4))
        for place, sign in ((0, 1), (1, -1)):
            out[:, place, 0] = np.hypot(q, self.masses[place])
            out[:, place, 1:] = sign * q * direction
        return out, np.ones(len(u))

    def propose(self, u, spin):
        momenta, _ = self.sample(u)
        return momenta, self.msq(momenta, spin) / 2

    def polarisation(self, momenta, spin, place, u):
        return self.handed * momenta[:, place, 1:] / self.momentum()

    def conjugate(self):
        return replace(self, asymmetry=-self.asymmetry, handed=-self.handed)


def tables(m5, m4, ctau5, ctau4, asymmetry=0.7, handed=-0.8):
    """nu5 -> nu4 nu only, and a nu4 that decays invisibly."""
    width5, width4 = HBARC / ctau5, HBARC / ctau4
    term = TwoBody(m5, (m4, 0.0), width5, asymmetry, handed)
    down = Channel("nu5", "nu4 nu", width5, ("Z'",), (term,), "toy")
    end = Channel("nu4", "nu nu nu", width4, ("Z",), (), "toy")
    return {"nu5": DecayTable("nu5", m5, (down,)), "nu4": DecayTable("nu4", m4, (end,))}


def source(parents, volumes, decays, m5):
    """Kaons that make nu5, which make nu4: both ways to a decay in the detector."""
    energy = (M_MESON**2 + m5**2 - M_LEPTON**2) / (2 * M_MESON)
    mode = ProductionMode("nu5", 321, -13, 1.0, -0.6, M_MESON, M_LEPTON, m5, energy, np.sqrt(energy**2 - m5**2), False)
    routes = tuple(routes_from([mode], decays, True))
    rows = np.flatnonzero(parents.pdg == 321)
    n, k = len(rows), len(routes)
    zeros, route = np.zeros(n * k), np.repeat(np.arange(k), n).astype(np.int16)
    return HeavySource(parents, routes, volumes, np.tile(rows, k), route, np.tile(parents.weight[rows], k), zeros, zeros)


def crossed(volumes, vertex, direction, length):
    """Chances to decay inside, by where lines enter and leave."""
    weight = np.zeros(len(vertex))
    for volume in volumes:
        enter, leave = volume.crossing(vertex, direction)
        inside = leave > enter
        weight[inside] += np.exp(-enter[inside] / length[inside]) * -np.expm1((enter - leave)[inside] / length[inside])
    return weight


def brute(parents, volumes, decays, m5, n, seed, seen=crossed):
    """Weights of nu4 decays in the detector, the nu4's momenta (n, 4) and the spins' cosines to them, everything isotropic.

    A nu5 that flies far is made to decay within REACH in half of the tries: the weight knows.
    """
    rng = np.random.default_rng(seed)
    rows = np.flatnonzero(parents.pdg == 321)
    row = rng.choice(rows, n, p=parents.weight[rows] / parents.weight[rows].sum())
    kaon = np.zeros((n, 4))
    kaon[:, 1:] = parents.momentum[row]
    kaon[:, 0] = np.sqrt(np.sum(kaon[:, 1:] ** 2, axis=1) + M_MESON**2)
    energy = (M_MESON**2 + m5**2 - M_LEPTON**2) / (2 * M_MESON)

    def isotropic(e, m):
        v = rng.normal(size=(n, 3))
        v /= np.linalg.norm(v, axis=1)[:, None]
        return np.column_stack([np.full(n, e), np.sqrt(e**2 - m**2) * v])

    nu5_rest = isotropic(energy, m5)
    nu5 = boost(nu5_rest, kaon, M_MESON)
    back = unboost(kaon, nu5, m5)[:, 1:]
    spin5 = 0.6 * back / np.linalg.norm(back, axis=1)[:, None]  # polarisation -0.6, opposite to the direction of the kaon
    length5 = np.linalg.norm(nu5[:, 1:], axis=1) / m5 * decays["nu5"].ctau
    soon = (rng.random(n) < 0.5) & (length5 > REACH)
    distance = np.where(soon, rng.uniform(0, REACH, n), rng.exponential(size=n) * length5)
    true = np.exp(-distance / length5) / length5
    drawn = np.where(length5 > REACH, 0.5 * true + 0.5 * (distance < REACH) / REACH, true)
    vertex = parents.start[row] + distance[:, None] * nu5[:, 1:] / np.linalg.norm(nu5[:, 1:], axis=1)[:, None]
    term = decays["nu5"].channels[0].terms[0]
    m4 = decays["nu4"].mass
    momenta, _ = term.sample(rng.random((n, 2)))
    keep = term.msq(momenta, spin5) * true / drawn
    nu4_rest = momenta[:, 0]
    nu4 = boost(nu4_rest, nu5, m5)
    p4 = np.linalg.norm(nu4[:, 1:], axis=1)
    direction = nu4[:, 1:] / p4[:, None]
    length = p4 / m4 * decays["nu4"].ctau
    weight = seen(volumes, vertex, direction, length)
    spin = np.zeros((n, 4))
    spin[:, 1:] = term.handed * nu4_rest[:, 1:] / term.momentum()
    lab = boost(boost(spin, nu4_rest, m4), nu5, m5)
    cosine = np.sum(unboost(lab, nu4, m4)[:, 1:] * direction, axis=1)
    return weight * keep * parents.weight[rows].sum(), nu4, cosine


WIDE = (Box((1.0, 0.5, 25.0), size=(12.0, 10.0, 15.0)),)

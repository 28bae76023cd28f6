"""Where each use of random numbers has its place in a seed's streams: the stages of `random.uniforms`.

A stage belongs to one use; uses that need several take a range. Within a stage numbers belong to rows of a source or to events of a run, so
nothing depends on how work is cut up.
"""

SURVEY = 1
"""Heavy states by which a source is surveyed; by row."""
PILOT, CANDIDATE, CHANNEL = 2, 3, 4
"""Candidates of the trial run and of events, and the final state of each event."""
SPILL = 6
"""Times of the protons; by event."""
SOURCE = 5
"""Azimuths and decay points of parents; by row."""
NEUTRINO_FLUX = 11
"""Light neutrinos: + copy."""
MUONS = 30
"""Muons that parents leave, by row, and the choice among them: two stages."""
SCAN = 40
"""Lines of scans, by number of the line, an attempt for each process."""
SCAN_DECAYS = 5000
"""Decays of scans that try a selection: the decays themselves, then two stages for each final state."""
CHAIN = 50
"""What happens along the chain of a candidate: + the candidate's stage."""
SELECTION = 100
"""Decays that try a selection: the decays themselves, then two stages for each final state."""
SEEN_PRODUCTS = 1000
"""Momenta of the products that the detector sees: + number of the final state."""
HADRONS = 6000
"""Seeds of what makes hadrons of quarks: + place of the decaying state in its event, 0 for the one that is seen."""
LATER_DECAYS = 7000
"""Flights of ordinary particles that are to decay, and seeds of their decays: + place of the particle in its event."""
SMEARING = 8500
"""Measured momenta: + place of the particle in its event."""
EXPLORATION, EXPLORATION_DESIGN = 9500, 9501
"""Values of the keys that an exploration draws: at each of its points, and at those from which it is prepared."""
FLIGHT = 10_000
"""How far states besides the one that is seen fly, and how they decay: + place of the state in its event."""

_SPIN, _PRODUCTS, _CHAIN_LEVEL = 20_000, 30_000, 1000
_PRODUCTS_OF_A_DECAY, _CHANNELS_OF_A_STATE = 4, 512


MADE = 900
"""In place of a mother: the beam parent's decay, whose second heavy product has a spin."""


def spin_of_product(mother: int, product: int) -> int:
    """Spins of the heavy products of a state at the place `mother` of its event, or of the step number `chain_step` of a chain."""
    return _SPIN + _PRODUCTS_OF_A_DECAY * mother + product


def chain_step(level: int) -> int:
    """What stands for the place of a mother along a chain, whose products' spins are told apart from those of all other states."""
    return _CHAIN_LEVEL + level


def products_of(place: int, channel: int) -> int:
    """Momenta of the products of a state at a place of its event that decays by the channel of this number."""
    assert channel < _CHANNELS_OF_A_STATE, "more channels than their streams have room for"
    return _PRODUCTS + _CHANNELS_OF_A_STATE * place + channel

"""The shipped BNB card."""

import pytest

from nusim.beams.beam import Beam
from nusim.cards.read import read_beam


@pytest.fixture(scope="session")
def bnb() -> Beam:
    return read_beam("bnb")

"""Array types, and four-vectors whose components are contiguous.

A set of n four-vectors has shape (n, 4) in the order (E, px, py, pz) everywhere. `four_vectors` lays it out
component by component in memory, so that p[:, 0] is a contiguous array and kernels run at full speed.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
ArrayLike = float | NDArray[np.float64]


def four_vectors(n: int) -> Array:
    """Uninitialised four-vectors, shape (n, 4), each component contiguous."""
    return np.empty((4, n)).T

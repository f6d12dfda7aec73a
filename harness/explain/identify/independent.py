"""Which columns say something that those before them do not."""

import numpy as np

from harness.records import Array

DEPENDENT = 1e-9


def independent(a: Array) -> list[int]:
    """Indices of columns that are no combination of those before them; columns that are zero or not finite are left out."""
    kept: list[int] = []
    basis: list[Array] = []
    for i in range(a.shape[1]):
        v = a[:, i]
        size = float(np.sqrt(v @ v))
        if not np.isfinite(size) or size == 0.0:
            continue
        v = v / size
        for _ in range(2):
            for b in basis:
                v = v - (b @ v) * b
        left = float(np.sqrt(v @ v))
        if left > DEPENDENT:
            kept.append(i)
            basis.append(v / left)
    return kept

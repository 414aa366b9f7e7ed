"""Stacked regressions of Lin, Naselaris, Kay and Wehbe (2024) in NumPy: `python make.py > golden.json`.

For each target the weights w of least |y - sum_b w_b p_b|^2 over w >= 0 with sum(w) = 1, where p_b are the held-out predictions of ridge regression on band b
(scikit-learn's Ridge with an intercept, one penalty) over folds of the training part. The quadratic programme is solved exactly: on every set of
bands that may hold weight, the equality-constrained optimum; of those without a negative weight, the best.
"""
import itertools
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold

sys.path.insert(0, str(Path(__file__).parents[2] / "rsatoolbox"))
from inputs import uniform

N, TRAIN, TARGETS, PENALTY, FOLDS = 70, 56, 6, 0.8, 4
bands = [uniform(801 + band, (N, p)) - 0.5 for band, p in enumerate((6, 10, 4))]
# Targets 0 to 2 are driven by one band each, 3 by the first two, 4 by all, 5 by none.
drive = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0.7, 0], [1, 1, 1], [0, 0, 0]], float)
y = sum(band @ (uniform(811 + at, (band.shape[1], TARGETS)) - 0.5) * drive[:, at] for at, band in enumerate(bands)) + 0.4 * (uniform(821, (N, TARGETS)) - 0.5)


def predicted(x, train, test):
    return Ridge(PENALTY, solver="cholesky").fit(x[train], y[train]).predict(x[test])


def simplex_weights(gram):
    """The w of least w' gram w on the simplex."""
    best, least = None, np.inf
    for size in range(1, len(gram) + 1):
        for support in map(list, itertools.combinations(range(len(gram)), size)):
            solved = np.linalg.solve(gram[np.ix_(support, support)], np.ones(size))
            w = np.zeros(len(gram))
            w[support] = solved / solved.sum()
            if (w >= 0).all() and w @ gram @ w < least:
                best, least = w, w @ gram @ w
    return best


whole, test = np.arange(TRAIN), np.arange(TRAIN, N)
held_out = np.zeros((len(bands), TRAIN, TARGETS))
for inner, outer in KFold(FOLDS).split(whole):
    for at, band in enumerate(bands):
        held_out[at, outer] = predicted(band, inner, outer)
residual = y[:TRAIN] - held_out
weights = np.array([simplex_weights(residual[:, :, t] @ residual[:, :, t].T) for t in range(TARGETS)])
stacked = np.einsum("bnt,tb->nt", np.array([predicted(band, whole, test) for band in bands]), weights)
print(json.dumps({
    "versions": {name: version(name) for name in ("numpy", "scikit-learn")} | {"python": platform.python_version()},
    "weights": weights.tolist(), "predicted": stacked.tolist(),
}, indent=1))

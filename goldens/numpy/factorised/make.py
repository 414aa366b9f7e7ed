"""A factorised what/where read-out in NumPy and SciPy: `python make.py > golden.json`.

Minimises |y - X(s, w)|^2 + alpha |w|^2 + lambda sum(s) over s >= 0 and w by turns from an even mask: w by ridge regression (normal equations), s by
non-negative least squares (scipy.optimize.nnls on the problem with lambda / 2 taken off the products), until the objective falls by less than
1e-6 of itself. Features: all positions of the first channel first. Everything is centred with the training part.
"""
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

sys.path.insert(0, str(Path(__file__).parents[2] / "rsatoolbox"))
from inputs import uniform

N, TRAIN, CHANNELS, POSITIONS, ALPHA, LAMBDA = 60, 48, 3, 8, 0.7, 0.4
x = uniform(501, (N, CHANNELS * POSITIONS)) - 0.5
mask, weights = np.zeros(POSITIONS), np.array([1.0, -0.6, 0.3])
mask[2], mask[3], mask[6] = 1.0, 0.5, 0.2
y = np.einsum("ncp,p,c->n", x.reshape(N, CHANNELS, POSITIONS), mask, weights) + 0.3 * (uniform(502, (N, 1))[:, 0] - 0.5)
centre, level = x[:TRAIN].mean(0), y[:TRAIN].mean()
maps = (x - centre).reshape(N, CHANNELS, POSITIONS)
trained, observed = maps[:TRAIN], y[:TRAIN] - level

s, before = np.full(POSITIONS, 1 / POSITIONS), np.inf
for _ in range(100):
    seen = trained @ s
    w = np.linalg.solve(seen.T @ seen + ALPHA * np.eye(CHANNELS), seen.T @ observed)
    seen = np.einsum("ncp,c->np", trained, w)
    # |y - A s|^2 + lambda 1's = |L' s - L^-1 b|^2 + constant, with A'A = L L' and b = A'y - lambda / 2.
    lower = np.linalg.cholesky(seen.T @ seen + 1e-10 * np.mean(np.diag(seen.T @ seen)) * np.eye(POSITIONS))
    s, _ = nnls(lower.T, np.linalg.solve(lower, seen.T @ observed - LAMBDA / 2), maxiter=1000)
    objective = ((observed - seen @ s) ** 2).sum() + ALPHA * (w**2).sum() + LAMBDA * s.sum()
    if before - objective <= 1e-6 * objective:
        break
    before = objective
total = s.sum()
predicted = np.einsum("ncp,p,c->n", maps[TRAIN:], s, w) + level
print(json.dumps({
    "versions": {name: version(name) for name in ("numpy", "scipy")} | {"python": platform.python_version()},
    "mask": (s / total).tolist(), "weights": (w * total).tolist(), "predicted": predicted.tolist(),
}, indent=1))

"""Shape distances of Williams et al. (2021), with the rotation itself: `python make.py > golden.json`.

For responses X and Y of the same stimuli: units are centred, the smaller side is padded with units of 0, both are scaled to Frobenius norm 1, and
Q is the rotation that brings Y nearest to X (orthogonal Procrustes). The angle is arccos <X, Y Q> (equation 5 with alpha = 1: no
whitening), the squared distance |X - Y Q|^2.

With alpha below 1 (section 2.3 there, and netrep's `LinearMetric`), the centred responses in their own unit are first multiplied by
alpha I + (1 - alpha)(X'X)^(-1/2), the root taken where X'X has variance, and the angle is that between the whitened responses at their best rotation.
"""
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy.linalg import orthogonal_procrustes

sys.path.insert(0, str(Path(__file__).parents[2] / "rsatoolbox"))
from inputs import uniform

# Stimuli, units of X, units of Y, seed: as many units, fewer and more than stimuli, and both more than stimuli.
CASES = [(20, 6, 6, 301), (20, 4, 9, 311), (12, 30, 5, 321), (10, 25, 40, 331)]


def prepared(x, n_units):
    x = x - x.mean(0)
    x = np.pad(x, ((0, 0), (0, n_units - x.shape[1])))
    return x / np.linalg.norm(x)


def partly_whitened(x, y, alpha):
    both = []
    for responses in (x, y):
        padded = np.pad(responses - responses.mean(0), ((0, 0), (0, max(x.shape[1], y.shape[1]) - responses.shape[1])))
        values, vectors = np.linalg.eigh(padded.T @ padded)
        roots = np.array([value**-0.5 if value > 1e-10 * values.max() else 0.0 for value in values])
        both.append(padded @ (alpha * np.eye(len(values)) + (1 - alpha) * (vectors * roots) @ vectors.T))
    a, b = both
    rotation, _ = orthogonal_procrustes(b, a)
    return float(np.arccos((a * (b @ rotation)).sum() / np.linalg.norm(a) / np.linalg.norm(b)))


out = {"versions": {name: version(name) for name in ("numpy", "scipy")} | {"python": platform.python_version()}, "cases": []}
for n, p, q, seed in CASES:
    x = uniform(seed, (n, p))
    shared = min(p, q)
    y = 0.5 * uniform(seed + 1, (n, q))
    y[:, :shared] += x[:, :shared]
    a, b = prepared(x, max(p, q)), prepared(y, max(p, q))
    rotation, _ = orthogonal_procrustes(b, a)
    aligned = b @ rotation
    whitened = {}
    for alpha in (0.0, 0.25, 0.7):
        # With as many dimensions as stimuli the two meet whatever they are.
        if alpha > 0 or min(p, n - 1) + min(q, n - 1) < n:
            whitened[str(alpha)] = partly_whitened(x, y, alpha)
    out["cases"].append({"shape": [n, p, q], "seed": seed, "angle": float(np.arccos((a * aligned).sum())), "squared distance": float(((a - aligned) ** 2).sum()), "whitened": whitened})
print(json.dumps(out, indent=1))

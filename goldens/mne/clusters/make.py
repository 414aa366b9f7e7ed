"""Sign-flip cluster tests over subjects by MNE-Python, every pattern of signs: `python make.py > golden.json`.

`permutation_cluster_1samp_test` on a row of times and on a grid of times by times (its default adjacency), clusters by t above the two-sided threshold
of p = 0.05, their mass the sum of t (t_power = 1). MNE tries 2^(n - 1) - 1 patterns of signs, that of the data among them: of the 2^(n - 1) pairs of a
pattern and its mirror image it leaves one out, so its p is a count over 255 for 9 subjects where all patterns give a count over 256.
"""
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from mne.stats import permutation_cluster_1samp_test
from scipy import stats

sys.path.insert(0, str(Path(__file__).parents[2] / "rsatoolbox"))
from inputs import uniform

SUBJECTS, TIMES, SIDE = 9, 40, 8
line = uniform(701, (SUBJECTS, TIMES)) - 0.5
line[:, 12:18] += 0.25
line[:, 30:33] -= 0.22
grid = uniform(702, (SUBJECTS, SIDE * SIDE)) - 0.5
block = np.zeros((SIDE, SIDE))
block[2:5, 3:6] = 0.25
grid = (grid + block.ravel()).reshape(SUBJECTS, SIDE, SIDE)
threshold = float(stats.t.ppf(0.975, SUBJECTS - 1))
out = {"versions": {name: version(name) for name in ("mne", "numpy", "scipy")} | {"python": platform.python_version()}, "threshold": threshold}
for name, values in (("line", line), ("grid", grid)):
    t, clusters, p, null = permutation_cluster_1samp_test(
        values, threshold=threshold, n_permutations="all", tail=0, out_type="mask", verbose=False, seed=1)
    found = []
    for cluster, p_value in zip(clusters, p):
        # In one dimension a mask is given as a slice.
        mask = np.zeros(t.shape, bool)
        mask[cluster] = True
        found.append({"points": np.flatnonzero(mask).tolist(), "mass": float(t[mask].sum()), "p": float(p_value)})
    found.sort(key=lambda one: -abs(one["mass"]))
    out[name] = {"t": t.ravel().tolist(), "clusters": found, "patterns": int(len(null))}
print(json.dumps(out, indent=1))

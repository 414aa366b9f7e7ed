"""Eigenspectra shared by two repetitions and the power law through them, in NumPy: `python make.py > golden.json`.

- cross-validated variances (Stringer et al. 2019, cvPCA): principal directions of one repetition, both repetitions projected on them, the sum over stimuli of the products of the
  projections over n - 1; the mean of both directions;
- power law: np.polyfit between logarithms, component n weighted 1/n (np.polyfit takes the root of weights) or alike.
"""
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "rsatoolbox"))
from inputs import uniform, versions

# Stimuli, units, seed: more stimuli than units, and fewer.
CASES = [(40, 12, 841), (14, 30, 851)]
out = {"versions": versions(), "cases": []}
for n, p, seed in CASES:
    signal = (uniform(seed, (n, 6)) - 0.5) * np.array([5, 3, 2, 1.5, 1, 0.7]) @ (uniform(seed + 1, (6, p)) - 0.5)
    repetitions = [signal + 0.2 * (uniform(seed + 2 + at, (n, p)) - 0.5) for at in range(2)]
    centred = [x - x.mean(0) for x in repetitions]
    variances = np.zeros(min(n - 1, p))
    for own, other in (centred, centred[::-1]):
        directions = np.linalg.svd(own, full_matrices=False)[2][: len(variances)].T
        variances += ((own @ directions) * (other @ directions)).sum(0) / (2 * (n - 1))
    fits = {}
    for name, weights in (("one over component", lambda c: 1 / np.sqrt(c)), ("equal", np.ones_like)):
        component = np.arange(2.0, 6.0)
        slope, level = np.polyfit(np.log(component), np.log(variances[1:5]), 1, w=weights(component))
        fits[name] = [-slope, float(np.exp(level))]
    out["cases"].append({"n_stimuli": n, "n_units": p, "seed": seed, "variances": variances.tolist(), "power law of 2 to 5": fits})
print(json.dumps(out, indent=1))

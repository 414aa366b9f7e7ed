"""Error consistency of two observers as Cohen's kappa of which trials each has right: `python make.py > golden.json`.

Observers share a difficulty of each trial, more or less; one case has observers that are never both wrong.
"""
import json
import sys
from pathlib import Path

import numpy as np
from sklearn.metrics import cohen_kappa_score

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import versions

generator = np.random.default_rng(12)
cases = []
for n, shared, limits in ((40, 0.9, (0.0, 0.0)), (160, 0.5, (0.5, -0.2)), (1280, 0.0, (0.8, 1.2)), (37, -1.0, (0.0, 0.0))):
    difficulty = generator.standard_normal(n)
    own = generator.standard_normal((2, n))
    strengths = [difficulty, np.sign(shared) * difficulty] if abs(shared) == 1 else shared * difficulty + (1 - shared) * own
    right = [(one < limit).tolist() for one, limit in zip(strengths, limits)]
    cases.append({"first": right[0], "second": right[1], "kappa": float(cohen_kappa_score(*right))})
print(json.dumps({"versions": versions("scikit-learn", "numpy"), "cases": cases}))

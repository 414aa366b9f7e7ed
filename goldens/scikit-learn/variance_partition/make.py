"""The R2 of every combination of three sets of features, cross-validated by scikit-learn, and its parts: `python make.py > golden.json`.

LinearRegression, KFold(5), r2_score for each unit, mean over folds. Parts by the formulas of commonality analysis for three sets, written out.
"""
import json
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import regression, versions

N, P, M, SEED = 80, 12, 4, 2112
x, y = regression(SEED, N, P, M)
sets = {"a": x[:, :3], "b": x[:, 3:7], "c": x[:, 7:]}
r2 = {}
for size in (1, 2, 3):
    for names in combinations("abc", size):
        features = np.hstack([sets[name] for name in names])
        folds = [r2_score(y[test], LinearRegression().fit(features[train], y[train]).predict(features[test]), multioutput="raw_values") for train, test in KFold(5).split(x)]
        r2["".join(names)] = np.mean(folds, axis=0)
parts = {
    "a": r2["abc"] - r2["bc"], "b": r2["abc"] - r2["ac"], "c": r2["abc"] - r2["ab"],
    "ab": r2["ac"] + r2["bc"] - r2["c"] - r2["abc"],
    "ac": r2["ab"] + r2["bc"] - r2["b"] - r2["abc"],
    "bc": r2["ab"] + r2["ac"] - r2["a"] - r2["abc"],
    "abc": r2["a"] + r2["b"] + r2["c"] - r2["ab"] - r2["ac"] - r2["bc"] + r2["abc"],
}
print(json.dumps({
    "versions": versions("scikit-learn", "numpy"), "n_stimuli": N, "n_features": P, "n_targets": M, "seed": SEED,
    "joint": {name: values.tolist() for name, values in r2.items()}, "shared": {name: values.tolist() for name, values in parts.items()},
}, indent=1))

"""One unit to one unit, cross-validated: each target by the feature of greatest Pearson correlation over the training part: `python make.py > golden.json`.

The partner is found by NumPy's correlations, brought to its target by scikit-learn's LinearRegression, and scored by Pearson over each test part of KFold(5).
"""
import json
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import regression, versions

cases = []
for n, p, m in ((60, 20, 5), (40, 90, 4)):
    x, y = regression(2000 + p, n, p, m)
    partners, predicted, scores = [], [], []
    for train, test in KFold(5).split(x):
        between = np.corrcoef(x[train].T, y[train].T)[:p, p:]
        partner = between.argmax(0)
        found = np.column_stack([LinearRegression().fit(x[train][:, [f]], y[train][:, t]).predict(x[test][:, [f]]) for t, f in enumerate(partner)])
        partners.append(partner.tolist())
        predicted.append(found.tolist())
        scores.append([float(np.corrcoef(found[:, t], y[test, t])[0, 1]) for t in range(m)])
    cases.append({"n_stimuli": n, "n_features": p, "n_targets": m, "seed": 2000 + p, "partners": partners, "predicted": predicted, "scores": scores})
print(json.dumps({"versions": versions("scikit-learn", "numpy"), "cases": cases}))

"""Predictions and chosen penalties of scikit-learn's Ridge and RidgeCV: `python make.py > golden.json`."""
import json
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LinearRegression, Ridge, RidgeCV

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import regression, versions

PENALTIES = np.logspace(-3, 3, 25)
cases = []
for n, p, m in ((60, 20, 5), (40, 90, 4)):
    x, y = regression(2000 + p, n, p, m)
    train, test = np.arange(n - 10), np.arange(n - 10, n)
    each = RidgeCV(PENALTIES, alpha_per_target=True).fit(x[train], y[train])
    one = RidgeCV(PENALTIES).fit(x[train], y[train])
    cases.append({
        "n_stimuli": n, "n_features": p, "n_targets": m, "seed": 2000 + p,
        "penalty 0.7": Ridge(0.7, solver="cholesky").fit(x[train], y[train]).predict(x[test]).tolist(),
        "least squares": LinearRegression().fit(x[train], y[train]).predict(x[test]).tolist(),
        "each target": {"penalties": each.alpha_.tolist(), "predicted": each.predict(x[test]).tolist()},
        "all targets": {"penalties": [float(one.alpha_)] * m, "predicted": one.predict(x[test]).tolist()},
    })
print(json.dumps({"versions": versions("scikit-learn", "numpy"), "penalties": PENALTIES.tolist(), "cases": cases}))

"""Rates and scores of scikit-learn's PoissonRegressor, converged: `python make.py > golden.json`."""
import json
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import PoissonRegressor
from sklearn.metrics import d2_tweedie_score

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import regression, versions

cases = []
for n, p, m in ((60, 20, 5), (40, 90, 4)):
    x, y = regression(2000 + p, n, p, m)
    counts = np.floor(np.exp(2 * (y - y.mean(0))) * 3)
    train, test = np.arange(n - 10), np.arange(n - 10, n)
    case = {"n_stimuli": n, "n_features": p, "n_targets": m, "seed": 2000 + p}
    for penalty in (0.01, 1.0):
        fits = [PoissonRegressor(alpha=penalty, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x[train], c) for c in counts[train].T]
        rates = np.stack([fit.predict(x[test]) for fit in fits], 1)
        explained = [d2_tweedie_score(counts[test][:, k], rates[:, k], power=1) for k in range(m)]
        case[str(penalty)] = {"predicted": rates.tolist(), "deviance explained": explained}
    cases.append(case)
print(json.dumps({"versions": versions("scikit-learn", "numpy"), "cases": cases}))

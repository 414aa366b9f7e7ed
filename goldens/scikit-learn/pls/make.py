"""Predictions of scikit-learn's PLSRegression, its iteration run to convergence, and of ikpls: `python make.py > golden.json`."""
import json
import sys
import warnings
from pathlib import Path

import numpy as np
from ikpls.numpy import PLS
from sklearn.cross_decomposition import PLSRegression

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import regression, versions

warnings.filterwarnings("ignore")
cases = []
for n, p, m, components in ((60, 20, 5, 6), (40, 90, 4, 5), (50, 12, 1, 4)):
    x, y = regression(1000 + p, n, p, m)
    train, test = np.arange(n - 10), np.arange(n - 10, n)
    case = {"n_stimuli": n, "n_features": p, "n_targets": m, "n_components": components, "seed": 1000 + p}
    for scale in (False, True):
        fit = PLSRegression(components, scale=scale, tol=1e-15, max_iter=1_000_000).fit(x[train], y[train])
        case["scaled" if scale else "unscaled"] = fit.predict(x[test]).reshape(10, m).tolist()
    default = PLSRegression(components, scale=False).fit(x[train], y[train]).predict(x[test]).reshape(10, m)
    case["largest_difference_at_default_tolerance"] = float(np.abs(default - np.array(case["unscaled"])).max())
    ikpls = PLS(algorithm=2, center_X=True, center_Y=True, scale_X=False, scale_Y=False)
    ikpls.fit(x[train], y[train], components)
    case["ikpls"] = np.asarray(ikpls.predict(x[test], n_components=components)).reshape(10, m).tolist()
    cases.append(case)
print(json.dumps({"versions": versions("scikit-learn", "ikpls", "numpy"), "cases": cases}))

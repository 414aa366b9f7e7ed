"""Predictions and chosen penalties of himalaya's RidgeCV and KernelRidgeCV in double precision: `python make.py > golden.json`."""
import json
import sys
import warnings
from pathlib import Path

import numpy as np
from himalaya.kernel_ridge import KernelRidgeCV
from himalaya.ridge import RidgeCV

sys.path.insert(0, str(Path(__file__).parents[2] / "scikit-learn"))
from inputs import regression, versions

warnings.filterwarnings("ignore")
PENALTIES = np.logspace(-3, 3, 13)
KERNELS = {"linear": {}, "polynomial": {"degree": 3, "gamma": None, "coef0": 1}, "rbf": {"gamma": None}}
cases = []
for n, p, m in ((60, 20, 5), (40, 90, 4)):
    x, y = regression(2000 + p, n, p, m)
    train, test = np.arange(n - 10), np.arange(n - 10, n)
    case = {"n_stimuli": n, "n_features": p, "n_targets": m, "seed": 2000 + p}
    for scope, local in (("each target", True), ("all targets", False)):
        ridge = RidgeCV(alphas=PENALTIES, cv=5, fit_intercept=True, solver_params={"local_alpha": local, "warn": False})
        ridge.fit(x[train], y[train])
        case["ridge, " + scope] = {"penalties": ridge.best_alphas_.tolist(), "predicted": ridge.predict(x[test]).tolist()}
    for kernel, params in KERNELS.items():
        for name, intercept in (("with intercept", True), ("without intercept", False)):
            model = KernelRidgeCV(alphas=PENALTIES, cv=5, kernel=kernel, kernel_params=params, fit_intercept=intercept)
            model.fit(x[train], y[train])
            case[f"{kernel}, {name}"] = {"penalties": model.best_alphas_.tolist(), "predicted": model.predict(x[test]).tolist()}
    cases.append(case)
print(json.dumps({"versions": versions("himalaya", "numpy", "scipy"), "penalties": PENALTIES.tolist(), "cases": cases}))

"""himalaya's random search over band weights, its Dirichlet draws, predictions and split scores: `python make.py > golden.json`."""
import json
import sys
import warnings
from pathlib import Path

import numpy as np
from himalaya.kernel_ridge import MultipleKernelRidgeCV
from himalaya.kernel_ridge import generate_dirichlet_samples, linear_kernel, rbf_kernel
from himalaya.scoring import r2_score_split

sys.path.insert(0, str(Path(__file__).parents[2] / "scikit-learn"))
from inputs import regression, versions

warnings.filterwarnings("ignore")
PENALTIES = np.logspace(-3, 3, 13)
cases = []
for n, p, m in ((60, 20, 5), (40, 90, 4)):
    x, y = regression(2000 + p, n, p, m)
    train, test = np.arange(n - 10), np.arange(n - 10, n)
    bands = [x[:, : p // 4], x[:, p // 4 : p // 2], x[:, p // 2 :]]
    case = {"n_stimuli": n, "n_features": p, "n_targets": m, "seed": 2000 + p}
    for name, kernels in (("linear", [linear_kernel]), ("linear and rbf", [linear_kernel, rbf_kernel])):
        whole = np.stack([kernel(band) for band in bands for kernel in kernels])
        inner, outer = whole[:, train][:, :, train], whole[:, test][:, :, train]
        for word, intercept in (("with intercept", True), ("without intercept", False)):
            model = MultipleKernelRidgeCV(
                kernels="precomputed", solver="random_search", cv=5, random_state=3, fit_intercept=intercept,
                solver_params={"n_iter": 9, "alphas": PENALTIES, "progress_bar": False, "return_alphas": True})
            model.fit(inner, y[train])
            weights = np.exp(model.deltas_) * model.best_alphas_
            case[f"{name}, {word}"] = {
                "penalties": model.best_alphas_.tolist(), "weights": weights.T.tolist(),
                "predicted": model.predict(outer).tolist(), "criterion": model.cv_scores_.max(0).tolist(),
            }
            if not intercept:
                split = model.predict(outer, split=True)
                case[f"{name}, {word}"]["of bands"] = split.tolist()
                case[f"{name}, {word}"]["split scores"] = r2_score_split(y[test] - y[test].mean(0), split).tolist()
    cases.append(case)
draws = {str(seed): generate_dirichlet_samples(7, 4, [0.1, 1.0], random_state=seed).tolist() for seed in (0, 1, 42)}
print(json.dumps({"versions": versions("himalaya", "numpy", "scipy"), "penalties": PENALTIES.tolist(), "dirichlet": draws, "cases": cases}))

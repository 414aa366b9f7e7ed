"""Coefficients and choices of scikit-learn's linear classifiers, converged: `python make.py > golden.json`."""
import json
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import uniform, versions

warnings.filterwarnings("error")
MODELS = {
    "logistic C=1": lambda: LogisticRegression(C=1.0, tol=1e-10, max_iter=100_000),
    "logistic C=0.01": lambda: LogisticRegression(C=0.01, tol=1e-10, max_iter=100_000),
    "lda auto": lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    "lda 0.3": lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3),
    "svm C=1": lambda: LinearSVC(C=1.0, dual=False, tol=1e-10, max_iter=1_000_000),
    "svm C=0.1": lambda: LinearSVC(C=0.1, dual=False, tol=1e-10, max_iter=1_000_000),
}
cases = []
for n, p, k in ((90, 6, 2), (90, 8, 4), (40, 70, 3)):
    seed = 3000 + p
    classes = np.arange(n) % k
    # Classes of unlike size: the last stimuli are all of the first two classes.
    classes[-n // 5:] %= 2
    x = 2 * uniform(seed, (n, p)) + uniform(seed + 1, (k, p))[classes] + 0.5
    train, test = np.arange(n - n // 3), np.arange(n - n // 3, n)
    case = {"n_stimuli": n, "n_features": p, "n_classes": k, "seed": seed}
    for name, make in MODELS.items():
        model = make().fit(x[train], classes[train])
        case[name] = {
            "coefficients": model.coef_.tolist(), "intercepts": np.atleast_1d(model.intercept_).tolist(),
            "choices": model.predict(x[test]).tolist(),
        }
    cases.append(case)
print(json.dumps({"versions": versions("scikit-learn", "numpy", "scipy"), "cases": cases}))

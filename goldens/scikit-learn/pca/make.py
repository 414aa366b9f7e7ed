"""Components, scores and variances of scikit-learn's PCA: `python make.py > golden.json`."""
import json
import sys
from pathlib import Path

from sklearn.decomposition import PCA

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import regression, versions

cases = []
for n, p in ((30, 12), (20, 50)):
    x, _ = regression(2000 + p, n, p, 1)
    model = PCA(5, svd_solver="full").fit(x)
    cases.append({
        "n_stimuli": n, "n_features": p, "n_targets": 1, "seed": 2000 + p, "scores": model.transform(x).tolist(),
        "components": model.components_.tolist(), "variances": model.explained_variance_.tolist(),
        "shares": model.explained_variance_ratio_.tolist(),
    })
print(json.dumps({"versions": versions("scikit-learn", "numpy", "scipy"), "cases": cases}))

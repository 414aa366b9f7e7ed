"""Partial correlation and regression of RDMs by NumPy's and SciPy's least squares: `python make.py > golden.json`."""
import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import nnls
from scipy.stats import rankdata

sys.path.insert(0, str(Path(__file__).parents[2] / "rsatoolbox"))
from inputs import uniform, versions

PAIRS = 45
models = uniform(81, (3, PAIRS))
subjects = 0.8 * models[0] - 0.3 * models[1] + uniform(82, (4, PAIRS))
out = {"versions": versions(), "partial": {}, "regression": {}}


def z(a):
    a = a - a.mean(-1, keepdims=True)
    return a / np.linalg.norm(a, axis=-1, keepdims=True)


def residual(y, controls):
    x = np.column_stack([np.ones(PAIRS), controls.T])
    return y - x @ np.linalg.lstsq(x, y, rcond=None)[0]


for name, scale in (("values", lambda a: a), ("ranks", lambda a: np.apply_along_axis(rankdata, -1, a))):
    m, s = scale(models), scale(subjects)
    out["partial"][name] = [float(np.corrcoef(residual(m[0], m[1:]), residual(y, m[1:]))[0, 1]) for y in s]
    for sign in ("free", "non-negative"):
        rows = []
        for y in z(s):
            x = z(m).T
            w = np.linalg.lstsq(x, y, rcond=None)[0] if sign == "free" else nnls(x, y)[0]
            rows.append(w.tolist() + [1 - float(((y - x @ w) ** 2).sum())])
        out["regression"][f"{name}, {sign}"] = rows
print(json.dumps(out, indent=1))

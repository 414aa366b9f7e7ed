"""Patterns of object discrimination and psychometric fits, written out in NumPy and SciPy: `python make.py > golden.json`."""
import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.stats import norm

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import uniform, versions

IMAGES, OBJECTS = 24, 4
truth = np.arange(IMAGES) % OBJECTS


def patterns(probabilities):
    rates = np.full((IMAGES, OBJECTS), np.nan)
    for i in range(IMAGES):
        for o in range(OBJECTS):
            if o != truth[i]:
                rates[i, o] = probabilities[i, o] / (probabilities[i, o] + probabilities[i, truth[i]])
    by_object = np.array([[np.mean(rates[truth == t, o]) if t != o else np.nan for o in range(OBJECTS)] for t in range(OBJECTS)])
    clip = lambda d: np.clip(d, -5, 5)
    i2 = np.array([[clip(norm.ppf(1 - rates[i, o]) - norm.ppf(by_object[o, truth[i]])) for o in range(OBJECTS)] for i in range(IMAGES)])
    i2n = i2.copy()
    for t in range(OBJECTS):
        i2n[truth == t] -= i2[truth == t].mean(axis=0)
    o2 = np.array([[clip(norm.ppf(1 - by_object[o, t]) - norm.ppf(by_object[t, o])) for o in range(OBJECTS)] for t in range(OBJECTS)])
    return {"i1": np.nanmean(i2, axis=1), "i1n": np.nanmean(i2n, axis=1), "i2": i2, "i2n": i2n, "o1": np.nanmean(o2, axis=1), "o2": o2}


first, second = patterns(uniform(501, (IMAGES, OBJECTS))), patterns(uniform(502, (IMAGES, OBJECTS)))
out = {"versions": versions(), "pattern": {}, "consistency": {}, "psychometric": {}}
for name in first:
    a, b = first[name].ravel(), second[name].ravel()
    kept = np.isfinite(a) & np.isfinite(b)
    out["pattern"][name] = a[np.isfinite(a)].tolist()
    out["consistency"][name] = float(np.corrcoef(a[kept], b[kept])[0, 1])

LEVELS = np.array([0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5])
RIGHT, TRIALS = np.array([11, 12, 19, 26, 35, 38, 39]), np.full(7, 40)
shapes = {
    "cumulative-gaussian": lambda x, t, w: norm.cdf((x - t) / w),
    "logistic": lambda x, t, w: 1 / (1 + np.exp(-(x - t) / w)),
    "weibull": lambda x, t, w: -np.expm1(-((x / t) ** (1 / w))),
}
for name, shape in shapes.items():
    for kind, lapse in (("lapse fixed", 0.02), ("lapse fitted", None)):

        def cost(p):
            rate = lapse if lapse is not None else 0.1 * 0.5 * (1 - np.cos(p[2]))
            share = 0.25 + (0.75 - rate) * shape(LEVELS, p[0], np.exp(p[1]))
            return -np.sum(RIGHT * np.log(share) + (TRIALS - RIGHT) * np.log1p(-share))

        start = [2.0, np.log(0.4)] + ([] if lapse is not None else [0.9])
        best = min((minimize(cost, np.array(start) + shift, method="Nelder-Mead", options={"xatol": 1e-11, "fatol": 1e-13, "maxiter": 20000}) for shift in (0.0, 0.2, -0.2)), key=lambda r: r.fun)
        out["psychometric"][f"{name}, {kind}"] = {"threshold": float(best.x[0]), "width": float(np.exp(best.x[1])), "log_likelihood": float(-best.fun)}
print(json.dumps(out, separators=(",", ":")))

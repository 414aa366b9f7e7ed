"""Rank-sum tests and contrast responses in SciPy: `python make.py > golden.json`."""
import json
import sys
from pathlib import Path

import numpy as np
from scipy import stats
from scipy.optimize import curve_fit

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import uniform, versions

out = {"versions": versions(), "rank_sum": {}, "naka_rushton": {}}
for name, n_in, n_out, levels in (("untied", 7, 12, None), ("tied", 9, 15, 5), ("unbalanced", 3, 40, None)):
    values = uniform(700 + n_in, (n_in + n_out,))
    if levels:
        values = np.floor(values * levels)
    test = stats.mannwhitneyu(values[:n_in], values[n_in:], alternative="two-sided", method="asymptotic")
    out["rank_sum"][name] = {"auc": float(test.statistic / (n_in * n_out)), "p": float(test.pvalue)}

CONTRASTS = np.array([0.0125, 0.025, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0])
for seed, (r_max, c50, n) in ((710, (10.0, 0.15, 2.2)), (711, (3.0, 0.4, 1.4))):
    ratio = lambda c, r_max, c50, n: r_max * c**n / (c**n + c50**n)
    noise = r_max * 0.04 * (uniform(seed, (CONTRASTS.size,)) - 0.5)
    responses = ratio(CONTRASTS, r_max, c50, n) + noise
    found, _ = curve_fit(ratio, CONTRASTS, responses, p0=(r_max, c50, n), ftol=1e-14, xtol=1e-14, gtol=1e-14)
    cost = float(np.sum((responses - ratio(CONTRASTS, *found)) ** 2))
    out["naka_rushton"][str(seed)] = {"r_max": float(found[0]), "c50": float(found[1]), "n": float(found[2]), "cost": cost, "responses": responses.tolist()}
print(json.dumps(out, separators=(",", ":")))

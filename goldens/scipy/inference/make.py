"""Tests over subjects and control over many tests in SciPy: `python make.py > golden.json`."""
import json
import sys
from pathlib import Path

import numpy as np
from scipy import stats

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import uniform, versions

out = {"versions": versions(), "signed_rank": {}, "sign": {}, "t": {}}
for n in (5, 9, 23):
    values = uniform(600 + n, (n,)) - 0.4
    for name, alternative in (("greater", "greater"), ("two-sided", "two-sided")):
        out["signed_rank"][f"{n}, {name}"] = float(stats.wilcoxon(values, alternative=alternative, method="exact").pvalue)
        out["sign"][f"{n}, {name}"] = float(stats.binomtest(int((values > 0).sum()), n, 0.5, alternative=alternative).pvalue)
p = uniform(650, (12,)) ** 2
out["fdr"] = stats.false_discovery_control(p, method="bh").tolist()
points = uniform(660, (8, 5)) - 0.3
out["t"]["points"] = stats.ttest_1samp(points, 0.0, axis=0).statistic.tolist()
out["t"]["threshold"] = float(stats.t.ppf(0.975, 7))
print(json.dumps(out, separators=(",", ":")))

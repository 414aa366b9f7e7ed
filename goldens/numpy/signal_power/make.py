"""Signal power and scores relative to it, by the formulas of their papers: `python make.py > golden.json`.

- signal power: Sahani and Linden (2003), equation 1, and in the form of Schoppe et al. (2016), equation 3, which must agree;
- signal power explained: Sahani and Linden (2003), section 3;
- CC_norm: Schoppe et al. (2016), equation 7, and as CC_abs / CC_max with CC_max = sqrt(SP / var(mean)), which must agree;
- explainable variance and its bias correction: voxelwise_tutorials' `explainable_variance`.
All variances over stimuli with ddof 1.
"""
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "rsatoolbox"))
from inputs import uniform

N, CASES = 40, [(2, 401), (5, 411), (11, 421)]
out = {"versions": {"numpy": version("numpy"), "python": platform.python_version()}, "cases": []}
for r, seed in CASES:
    signal = uniform(seed, (N, 1))
    trials = signal + 1.2 * (uniform(seed + 1, (N, r)) - 0.5)
    predicted = signal[:, 0] + 0.6 * uniform(seed + 2, (N, 1))[:, 0]
    mean = trials.mean(1)
    variances = trials.var(0, ddof=1)
    power = (r * mean.var(ddof=1) - variances.mean()) / (r - 1)
    again = (trials.sum(1).var(ddof=1) - variances.sum()) / (r * (r - 1))
    assert abs(power - again) < 1e-12
    explained = (mean.var(ddof=1) - (mean - predicted).var(ddof=1)) / power
    normalized = np.cov(mean, predicted)[0, 1] / np.sqrt(predicted.var(ddof=1) * power)
    absolute, most = np.corrcoef(mean, predicted)[0, 1], np.sqrt(power / mean.var(ddof=1))
    assert abs(normalized - absolute / most) < 1e-12
    # The variance of the mean against the mean over repetitions of the variance.
    ev = mean.var(ddof=1) / variances.mean()
    out["cases"].append({
        "repetitions": r, "seed": seed, "signal power": float(power), "signal power explained": float(explained),
        "normalized correlation": float(normalized), "explainable variance": float(ev),
        "explainable variance, corrected": float(ev - (1 - ev) / (r - 1)),
    })
print(json.dumps(out, indent=1))

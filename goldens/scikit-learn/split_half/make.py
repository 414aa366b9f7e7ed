"""Brain-Score's internal consistency with scikit-learn's splits and SciPy's correlation: `python make.py > golden.json`.

Ten random halves of the repetitions (ShuffleSplit, train_size 0.5, random_state 1), means of each half, Pearson's r of each unit over stimuli,
Spearman-Brown 2 r / (1 + r), median over units, mean over splits; error: standard deviation over splits (ddof 0) over the root of their number.
"""
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy.stats import pearsonr
from sklearn.model_selection import ShuffleSplit

sys.path.insert(0, str(Path(__file__).parents[2] / "rsatoolbox"))
from inputs import uniform

STIMULI, out = 30, []
for units, repetitions, seed in ((6, 8, 801), (5, 7, 811)):
    signal = uniform(seed, (STIMULI, units))
    trials = signal[:, :, None] + 1.5 * (uniform(seed + 1, (STIMULI * units, repetitions)).reshape(STIMULI, units, repetitions) - 0.5)
    reliability = []
    for first, second in ShuffleSplit(n_splits=10, train_size=0.5, random_state=1).split(np.arange(repetitions)):
        r = np.array([pearsonr(trials[:, u][:, first].mean(1), trials[:, u][:, second].mean(1))[0] for u in range(units)])
        reliability.append(2 * r / (1 + r))
    reliability = np.array(reliability)
    of_splits = np.median(reliability, axis=1)
    out.append({"units": units, "repetitions": repetitions, "seed": seed, "reliability": reliability.tolist(),
                "ceiling": float(of_splits.mean()), "error": float(of_splits.std() / np.sqrt(10))})
print(json.dumps({"versions": {name: version(name) for name in ("numpy", "scipy", "scikit-learn")} | {"python": platform.python_version()}, "cases": out}, indent=1))

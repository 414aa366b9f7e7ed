"""RDMs over time against models, other times and regions by SciPy's correlations: `python make.py > golden.json`."""
import json
import sys
from pathlib import Path

import numpy as np
from scipy.stats import kendalltau, pearsonr, spearmanr

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import uniform, versions

SUBJECTS, BINS, PAIRS = 3, 4, 21
movies = uniform(861, (SUBJECTS, BINS, PAIRS))
models = uniform(862, (2, PAIRS)) + movies[:, 1].mean(0)
# One region, measured in two other subjects.
region = uniform(863, (2, PAIRS)) + movies[:, 2].mean(0)
COMPARATORS = {"pearson": pearsonr, "spearman": spearmanr, "tau-b": kendalltau}
out = {"versions": versions()}
for name, of in COMPARATORS.items():
    agree = lambda a, b: float(of(a, b).statistic)
    others = [np.delete(movies, subject, axis=0).mean(0) for subject in range(SUBJECTS)]
    out[name] = {
        "models": [[[agree(model, movies[s, t]) for t in range(BINS)] for s in range(SUBJECTS)] for model in models],
        "within": [[[agree(movies[s, t], movies[s, u]) for u in range(BINS)] for t in range(BINS)] for s in range(SUBJECTS)],
        "between": [[[agree(movies[s, t], others[s][u]) for u in range(BINS)] for t in range(BINS)] for s in range(SUBJECTS)],
        "fusion": [[agree(region.mean(0), movies[s, t]) for t in range(BINS)] for s in range(SUBJECTS)],
    }
print(json.dumps(out))

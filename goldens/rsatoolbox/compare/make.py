"""Comparators and noise ceilings of rsatoolbox on fixed RDMs: `python make.py > golden.json`."""
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import rsatoolbox

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import uniform, versions

warnings.filterwarnings("ignore")
N = 14
PAIRS = N * (N - 1) // 2
METHODS = ["cosine", "corr", "spearman", "rho-a", "tau-a", "tau-b", "cosine_cov", "corr_cov", "bures", "bures_metric"]
CEILINGS = ["cosine", "corr", "spearman", "rho-a", "tau-a", "tau-b", "cosine_cov", "corr_cov"]


def rdms(vectors):
    return rsatoolbox.rdm.RDMs(vectors, pattern_descriptors={"index": np.arange(vectors.shape[0] * 0 + N)})


# Distances of random patterns, so that they are Euclidean; the second model is one of three categories, full of ties.
def distances(seed, units):
    patterns = uniform(seed, (N, units))
    return np.array([((patterns[i] - patterns[j]) ** 2).sum() for i in range(N) for j in range(i + 1, N)])


category = np.array([float(i % 3 != j % 3) for i in range(N) for j in range(i + 1, N)])
models = np.stack([distances(11, 6), category, distances(12, 20)])
subjects = np.stack([models[0] * 0.3 + distances(20 + s, 8) for s in range(5)])
whole = {"versions": versions(), "n_stimuli": N, "compare": {}, "ceiling": {}}
for method in METHODS:
    whole["compare"][method] = rsatoolbox.rdm.compare(rdms(models), rdms(subjects), method).tolist()
for method in CEILINGS:
    whole["ceiling"][method] = [float(x) for x in rsatoolbox.inference.boot_noise_ceiling(rdms(subjects), method)]
# The Riemannian distance needs more units than stimuli on both sides.
whole["neg_riem_dist"] = rsatoolbox.rdm.compare(rdms(distances(13, 30)[None]), rdms(distances(14, 30)[None]), "neg_riem_dist").tolist()
print(json.dumps(whole, indent=1))

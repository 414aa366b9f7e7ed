"""rsatoolbox's two-factor bootstrap on fixed RDMs and fixed draws: `python make.py > golden.json`.

The draws come from the generator of inputs.py instead of NumPy's, handed to rsatoolbox through its `numpy.random.randint`.
"""
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import rsatoolbox

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import uniform, versions

warnings.filterwarnings("ignore")
N, SUBJECTS, SAMPLES = 12, 6, 8
PAIRS = N * (N - 1) // 2
truth = uniform(31, (3, PAIRS))
models = truth.copy()
models[1] = np.floor(models[1] * 4)
subjects = np.stack([truth[0] + 0.4 * truth[1] + 1.5 * uniform(40 + s, (PAIRS,)) for s in range(SUBJECTS)])
draws = [(np.floor(uniform(100 + i, (SUBJECTS,)) * SUBJECTS).astype(int), np.floor(uniform(200 + i, (N,)) * N).astype(int)) for i in range(SAMPLES)]


def run(method):
    queue = [part for draw in draws for part in draw]
    original = np.random.randint
    np.random.randint = lambda low, high, size: queue.pop(0)
    try:
        data = rsatoolbox.rdm.RDMs(subjects)
        fixed = [rsatoolbox.model.ModelFixed(f"m{i}", rsatoolbox.rdm.RDMs(models[i : i + 1])) for i in range(3)]
        result = rsatoolbox.inference.eval_dual_bootstrap(fixed, data, method=method, N=SAMPLES)
    finally:
        np.random.randint = original
    evaluations, ceiling = result.evaluations[:, :, 0, 0, :], result.noise_ceiling[:, :, 0, :]
    kinds = {}
    for k, kind in enumerate(("both", "subjects", "stimuli")):
        kinds[kind] = np.concatenate([evaluations[:, :, k], ceiling[:, :, k].T], axis=1).tolist()
    return kinds | {"model_var": result.model_var.tolist(), "diff_var": result.diff_var.tolist(), "noise_ceil_var": result.noise_ceil_var.tolist()}


methods = ["cosine", "corr", "spearman", "rho-a", "tau-a", "tau-b", "cosine_cov", "corr_cov"]
print(json.dumps({"versions": versions(), "results": {m: run(m) for m in methods}}, indent=1))

"""Fitted models of rsatoolbox and their cross-validation, alone and in its two-factor bootstrap: `python make.py > golden.json`.

Draws and divisions into parts come from the generator of inputs.py, handed to rsatoolbox through `numpy.random`; what it made of them is written
down as how often each subject and stimulus counts in each part.
"""
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import rsatoolbox
from rsatoolbox.inference import evaluate
from rsatoolbox.model import ModelFixed, ModelInterpolate, ModelSelect, ModelWeighted, fitter

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import uniform, versions

warnings.filterwarnings("ignore")
N, SUBJECTS, SAMPLES = 15, 6, 5
PAIRS = N * (N - 1) // 2
parts = uniform(131, (4, PAIRS))
subjects = np.stack([0.6 * parts[0] + 0.3 * parts[1] - 0.2 * parts[3] + 0.8 * uniform(140 + s, (PAIRS,)) for s in range(SUBJECTS)])


def rdms(vectors):
    return rsatoolbox.rdm.RDMs(vectors.copy(), pattern_descriptors={"index": np.arange(N)})


def models():
    return {
        "weighted": (ModelWeighted("w", rdms(parts)), fitter.fit_regress),
        "non-negative": (ModelWeighted("n", rdms(parts)), fitter.fit_regress_nn),
        "selected": (ModelSelect("s", rdms(parts)), fitter.fit_select),
        "interpolated": (ModelInterpolate("i", rdms(parts)), fitter.fit_interpolate),
        "fixed": (ModelFixed("f", rdms(parts[2:3])), fitter.fit_mock),
    }


out = {"versions": versions(), "fit": {}, "crossval": {}, "bootstrap": {}}
for method in ("cosine", "corr", "cosine_cov", "corr_cov"):
    out["fit"][method] = {}
    for name, (model, fit) in models().items():
        if name == "fixed" or (name == "interpolated" and method.endswith("_cov")):
            continue
        theta = fit(model, rdms(subjects), method=method)
        out["fit"][method][name] = np.eye(4)[theta].tolist() if name == "selected" else np.asarray(theta).ravel().tolist()

# Two parts of subjects by three of stimuli, in order.
subject_parts = [list(range(0, 3)), list(range(3, 6))]
stimulus_parts = [list(range(0, 5)), list(range(5, 10)), list(range(10, 15))]
for method in ("cosine", "corr", "spearman", "tau-a"):
    train, test = [], []
    for s in subject_parts:
        for p in stimulus_parts:
            other_s, other_p = [i for i in range(SUBJECTS) if i not in s], [i for i in range(N) if i not in p]
            train.append([rdms(subjects[other_s]).subset_pattern("index", other_p), other_p])
            test.append([rdms(subjects[s]).subset_pattern("index", p), p])
    # Weights are fitted to values, so a comparator of ranks is left to models that are selected or fixed.
    chosen = {k: v for k, v in models().items() if method in ("cosine", "corr") or k in ("selected", "fixed")}
    result = evaluate.crossval([m for m, _ in chosen.values()], rdms(subjects), train, test, method=method, fitter=[f for _, f in chosen.values()], calc_noise_ceil=False)
    out["crossval"][method] = {name: result.evaluations[0, k].tolist() for k, name in enumerate(chosen)}


def counts(indices, n):
    return np.bincount(np.asarray(indices, dtype=int), minlength=n).tolist()


def bootstrap(method):
    queue = []
    for i in range(SAMPLES):
        queue += [np.floor(uniform(300 + i, (SUBJECTS,)) * SUBJECTS).astype(int), np.floor(uniform(400 + i, (N,)) * N).astype(int)]
    calls = [0]

    def shuffle(items):
        calls[0] += 1
        order = np.argsort(uniform(1000 + calls[0], (len(items),)))
        items[:] = np.asarray(items)[order]

    recorded = []
    inner = evaluate.crossval

    def record(ms, data, train, test, **rest):
        recorded.append([
            [counts(train_part[0].rdm_descriptors["index"], SUBJECTS), counts(train_part[1], N), counts(test_part[0].rdm_descriptors["index"], SUBJECTS), counts(test_part[1], N)]
            for train_part, test_part in zip(train, test)
        ])
        return inner(ms, data, train, test, **rest)

    kept = np.random.randint, np.random.shuffle
    np.random.randint, np.random.shuffle, evaluate.crossval = (lambda low, high, size: queue.pop(0)), shuffle, record
    try:
        chosen = [models()["weighted"], models()["fixed"]]
        result = evaluate.eval_dual_bootstrap([m for m, _ in chosen], rdms(subjects), method=method, fitter=[f for _, f in chosen], k_pattern=2, k_rdm=2, N=SAMPLES, n_cv=2)
    finally:
        np.random.randint, np.random.shuffle = kept
        evaluate.crossval = inner
    assert np.isfinite(result.evaluations).all() and len(recorded) == SAMPLES * 2 * 3
    # (sample, model, part, division, kind) to (sample, division, kind, part, model), the order of `parts`.
    evaluations = result.evaluations.transpose(0, 3, 4, 2, 1)
    return {"parts": recorded, "evaluations": evaluations.tolist(), "model_var": result.model_var.tolist(), "diff_var": result.diff_var.tolist()}


for method in ("cosine", "corr"):
    out["bootstrap"][method] = bootstrap(method)
print(json.dumps(out, separators=(",", ":")))

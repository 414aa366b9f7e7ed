"""RDM measures, noise covariances, transforms and joins of rsatoolbox on fixed inputs: `python make.py > golden.json`."""
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import rsatoolbox as rsa

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import uniform, versions

warnings.filterwarnings("ignore")
N, UNITS, FOLDS = 7, 9, 3
patterns = uniform(1, (N, UNITS))
residuals = uniform(2, (20, UNITS)) - 0.5
few = uniform(3, (6, UNITS)) - 0.5
# Balanced observations: every condition once in each fold, observation = fold * N + condition.
observed = np.tile(patterns, (FOLDS, 1)) + 0.5 * uniform(4, (FOLDS * N, UNITS))
condition, fold = np.tile(np.arange(N), FOLDS), np.repeat(np.arange(FOLDS), N)
balanced = rsa.data.Dataset(observed, obs_descriptors={"cond": condition, "fold": fold})
# Unbalanced: some observations are left out, condition 2 is missing from fold 1.
kept = [i for i in range(FOLDS * N) if i not in (N + 2, 3, 2 * N + 5)]
unbalanced = rsa.data.Dataset(observed[kept], obs_descriptors={"cond": condition[kept], "fold": fold[kept]})


def vector(rdms):
    return np.asarray(rdms.dissimilarities[0]).tolist()


single = rsa.data.Dataset(patterns.copy())
out = {"versions": versions(), "rdm": {}, "noise": {}, "transform": {}}
out["rdm"]["correlation"] = vector(rsa.rdm.calc_rdm(single, method="correlation"))
out["rdm"]["squared-euclidean-per-unit"] = vector(rsa.rdm.calc_rdm(single, method="euclidean"))
for name, data in (("", residuals), (" of few", few)):
    for method in ("shrinkage_diag", "shrinkage_eye", "diag", "full"):
        out["noise"][method + name] = rsa.data.noise.cov_from_residuals(data.copy(), method=method).ravel().tolist()
out["noise"]["shrinkage_diag with 15 degrees of freedom"] = rsa.data.noise.cov_from_residuals(residuals.copy(), dof=15, method="shrinkage_diag").ravel().tolist()
precision = rsa.data.noise.prec_from_residuals(residuals.copy(), method="shrinkage_diag")
out["rdm"]["mahalanobis"] = vector(rsa.rdm.calc_rdm(single, method="mahalanobis", noise=precision))
out["rdm"]["crossnobis"] = vector(rsa.rdm.calc_rdm(balanced, method="crossnobis", descriptor="cond", cv_descriptor="fold"))
out["rdm"]["crossnobis whitened"] = vector(rsa.rdm.calc_rdm(balanced, method="crossnobis", descriptor="cond", cv_descriptor="fold", noise=precision))
per_fold = [rsa.data.noise.cov_from_residuals(uniform(50 + f, (20, UNITS)) - 0.5, method="shrinkage_diag") for f in range(FOLDS)]
out["rdm"]["crossnobis noise per fold"] = vector(rsa.rdm.calc_rdm_crossnobis(balanced, "cond", noise=[np.linalg.inv(c) for c in per_fold], cv_descriptor="fold"))
# Conditions come out in the order in which they first appear; here they are put in their own.
raw = rsa.rdm.calc_rdm_unbalanced(unbalanced, method="crossnobis", descriptor="cond", cv_descriptor="fold")
order = np.argsort(raw.pattern_descriptors["cond"])
out["rdm"]["crossnobis unbalanced"] = raw.get_matrices()[0][np.ix_(order, order)][np.triu_indices(N, 1)].tolist()
counts = rsa.data.Dataset(np.floor(10 * patterns))
out["rdm"]["poisson"] = vector(rsa.rdm.calc_rdm(counts, method="poisson"))
# rsatoolbox returns the last fold's values only, so each fold is made the last in turn and the mean is taken here.
folds = []
for last in range(FOLDS):
    data = rsa.data.Dataset(np.floor(10 * observed), obs_descriptors={"cond": condition, "fold": (fold - last - 1) % FOLDS})
    folds.append(rsa.rdm.calc_rdm(data, method="poisson_cv", descriptor="cond", cv_descriptor="fold").dissimilarities[0])
out["rdm"]["poisson cross-validated"] = np.mean(folds, axis=0).tolist()


def base():
    """A fresh RDM each time: rsatoolbox's transforms change their input in place."""
    return rsa.rdm.RDMs(uniform(5, (1, N * (N - 1) // 2)) - 0.2)


out["transform"]["rank"] = vector(rsa.rdm.rank_transform(base()))
out["transform"]["sqrt"] = vector(rsa.rdm.sqrt_transform(base()))
out["transform"]["positive"] = vector(rsa.rdm.positive_transform(base()))
out["transform"]["minmax"] = vector(rsa.rdm.minmax_transform(base()))
# rsatoolbox compares values that are already scaled with the upper bound again; bounds above 1 keep that from mattering.
out["transform"]["geotopological"] = vector(rsa.rdm.geotopological_transform(rsa.rdm.RDMs(10 * base().dissimilarities + 3), 0.2, 0.7))
out["transform"]["geodesic"] = vector(rsa.rdm.geodesic_transform(base()))
parts = []
sets = [[0, 1, 2, 3, 4], [2, 3, 4, 5, 6], [0, 1, 5, 6], [0, 2, 5, 6], [1, 3, 4, 6], [0, 4, 5]]
for k, members in enumerate(sets):
    parts.append(rsa.rdm.RDMs(uniform(60 + k, (1, len(members) * (len(members) - 1) // 2)), pattern_descriptors={"conds": [str(m) for m in members]}))
joined = rsa.rdm.combine.from_partials(parts, all_patterns=[str(i) for i in range(N)])
out["join"] = {"sets": sets}
for method in ("evidence", "setsize", "simple"):
    aligned = rsa.rdm.combine.rescale(joined, method=method, threshold=1e-22)
    weights = aligned.rdm_descriptors["rescalingWeights"]
    out["join"][method] = rsa.rdm.combine._mean(aligned.dissimilarities, weights).tolist()
print(json.dumps(out, indent=1))

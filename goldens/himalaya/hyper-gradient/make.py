"""Weights of bands refined by himalaya's hyper-gradient from the best of its random search: `python make.py > golden.json`.

The random search is that of ../banded-ridge. The refinement runs for 600 steps, with inner problems solved to 1e-12 and the gradient by its direct method; its step is
not guarded, so that one of the targets ends above where it began. The least error is therefore also searched by SciPy (BFGS over the logarithms
of the weights, from the same start). Every error is the mean squared error over folds by NumPy.
"""
import json
import sys
import warnings
from pathlib import Path

import numpy as np
from himalaya.kernel_ridge import MultipleKernelRidgeCV, solve_multiple_kernel_ridge_hyper_gradient
from scipy.optimize import minimize
from sklearn.model_selection import KFold

sys.path.insert(0, str(Path(__file__).parents[2] / "scikit-learn"))
from inputs import regression, versions

warnings.filterwarnings("ignore")
PENALTIES = np.logspace(-3, 3, 13)
N, P, M = 60, 20, 5


def criterion(kernels, y, deltas):
    errors = []
    for train, test in KFold(5).split(y):
        of_targets = []
        for target in range(y.shape[1]):
            kernel = np.tensordot(np.exp(deltas[:, target]), kernels, 1)
            dual = np.linalg.solve(kernel[np.ix_(train, train)] + np.eye(len(train)), y[train, target])
            of_targets.append(np.mean((y[test, target] - kernel[np.ix_(test, train)] @ dual) ** 2))
        errors.append(of_targets)
    return np.mean(errors, axis=0)


x, y = regression(2000 + P, N, P, M)
train = np.arange(N - 10)
kernels = np.stack([band[train] @ band[train].T for band in (x[:, : P // 4], x[:, P // 4 : P // 2], x[:, P // 2 :])])
search = MultipleKernelRidgeCV(
    kernels="precomputed", solver="random_search", cv=5, random_state=3, fit_intercept=False,
    solver_params={"n_iter": 9, "alphas": PENALTIES, "progress_bar": False, "return_alphas": True}).fit(kernels, y[train])
start = np.maximum(search.deltas_, np.log(1e-8))
deltas, _, _ = solve_multiple_kernel_ridge_hyper_gradient(
    kernels, y[train], cv=5, initial_deltas=start, max_iter=600, tol=1e-12, max_iter_inner_dual=100, max_iter_inner_hyper=1, cg_tol=1e-12,
    hyper_gradient_method="direct", kernel_ridge_method="conjugate_gradient", progress_bar=False)
least = [
    float(minimize(lambda d, t=t: criterion(kernels, y[train][:, [t]], d[:, None])[0], start[:, t], method="BFGS", options={"gtol": 1e-9}).fun)
    for t in range(M)
]
print(json.dumps({
    "versions": versions("himalaya", "scikit-learn", "scipy", "numpy"), "penalties": PENALTIES.tolist(),
    "n_stimuli": N, "n_features": P, "n_targets": M, "seed": 2000 + P,
    "start": criterion(kernels, y[train], start).tolist(), "himalaya": criterion(kernels, y[train], deltas).tolist(), "least": least,
}, indent=1))

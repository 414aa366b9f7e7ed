"""Similarities of representations written out from their papers in NumPy and SciPy: `python make.py > golden.json`."""
import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import linprog

sys.path.insert(0, str(Path(__file__).parents[2] / "rsatoolbox"))
from inputs import uniform, versions

N = 24
x = uniform(71, (N, 5))
y = x[:, :3] @ uniform(72, (3, 7)) + 0.3 * uniform(73, (N, 7))
n = N


def centre(k):
    h = np.eye(n) - 1 / n
    return h @ k @ h


def hsic_biased(k, l):
    return np.trace(centre(k) @ centre(l))


def hsic_unbiased(k, l):
    """Song et al. 2012, equation 5."""
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    one = np.ones(n)
    return (np.trace(k @ l) + one @ k @ one * (one @ l @ one) / ((n - 1) * (n - 2)) - 2 / (n - 2) * one @ k @ l @ one) / (n * (n - 3))


def cka(k, l, hsic):
    return hsic(k, l) / np.sqrt(hsic(k, k) * hsic(l, l))


def gaussian(a, width):
    d2 = ((a[:, None] - a[None]) ** 2).sum(-1)
    median = np.median(np.sqrt(d2[np.triu_indices(n, 1)]))
    return np.exp(-d2 / (2 * (width * median) ** 2))


def reduce(a, share):
    a = a - a.mean(0)
    u, s, _ = np.linalg.svd(a, full_matrices=False)
    kept = int(np.searchsorted(np.cumsum(s**2) / np.sum(s**2), share * (1 - 1e-12))) + 1 if share < 1 else int((s > s[0] * 1e-12).sum())
    return u[:, :kept]


def canonical(a, b, share):
    qa, qb = reduce(a, share), reduce(b, share)
    u, s, _ = np.linalg.svd(qa.T @ qb, full_matrices=False)
    return s, qa @ u


def unit_frobenius(a):
    a = a - a.mean(0)
    return a / np.linalg.norm(a)


out = {"versions": versions()}
kx, ky = x @ x.T, y @ y.T
out["linear biased"] = cka(kx, ky, hsic_biased)
out["linear debiased"] = cka(kx, ky, hsic_unbiased)
out["rbf biased"] = cka(gaussian(x, 0.5), gaussian(y, 0.5), hsic_biased)
out["rbf debiased"] = cka(gaussian(x, 0.5), gaussian(y, 0.5), hsic_unbiased)
out["svcca"] = float(np.mean(canonical(x, y, 0.9)[0]))
s, h = canonical(x, y, 1.0)
weights = np.abs(h.T @ (x - x.mean(0))).sum(1)
out["pwcca"] = float((s * weights).sum() / weights.sum())
fit = np.linalg.svd(unit_frobenius(x).T @ unit_frobenius(y), compute_uv=False).sum()
out["procrustes"], out["angular"] = 2 - 2 * fit, float(np.arccos(fit))
r = np.corrcoef(x.T, y.T)[:5, 5:]
rows, columns = np.kron(np.eye(5), np.ones(7)), np.kron(np.ones(5), np.eye(7))
solved = linprog(-r.ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.concatenate([np.full(5, 1 / 5), np.full(7, 1 / 7)]))
out["soft matching"] = -float(solved.fun)
variances = np.linalg.eigvalsh(np.cov(y.T))[::-1]
out["variances"] = variances.tolist()
out["effective dimensionality"] = float(variances.sum() ** 2 / (variances**2).sum())
out["slope"] = -float(np.polyfit(np.log(np.arange(2, 7)), np.log(variances[1:6]), 1)[0])
print(json.dumps(out, indent=1))

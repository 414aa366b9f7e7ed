"""Reweighted RDMs: weights of features by SciPy's non-negative least squares over pairs, and mixed RSA by ridge regression: `python make.py > golden.json`.

- weights: minimise sum over pairs (d - sum_f w_f (x_if - x_jf)^2)^2 + lambda m sum w^2 over w >= 0, m the mean over features of the sum over pairs of the
  fourth powers of differences (Jozwik et al. 2017, without a constant): nnls on the rows of all pairs with sqrt(lambda m) I below;
- mixed RSA: responses of training stimuli regressed on features (scikit-learn's Ridge, one penalty), RDM (1 - Pearson) of the predicted responses of test
  stimuli, compared by Pearson with that of the measured ones (Khaligh-Razavi et al. 2017).
"""
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy.optimize import nnls
from scipy.spatial.distance import pdist
from sklearn.linear_model import Ridge

sys.path.insert(0, str(Path(__file__).parents[2] / "rsatoolbox"))
from inputs import uniform

N, FEATURES, UNITS, TRAIN, LAMBDA, PENALTY = 24, 7, 9, 16, 0.02, 1.5
x = uniform(601, (N, FEATURES))
truth = np.array([2.0, 0.0, 0.5, 0.0, 1.0, 0.1, 0.0])
i, j = np.triu_indices(N, 1)
squares = (x[i] - x[j]) ** 2
rdm = squares @ truth + 0.2 * uniform(602, (len(i), 1))[:, 0]
m = (squares**2).sum(0).mean()
rows = np.vstack([squares, np.sqrt(LAMBDA * m) * np.eye(FEATURES)])
weights, _ = nnls(rows, np.concatenate([rdm, np.zeros(FEATURES)]))

responses = x @ (uniform(603, (FEATURES, UNITS)) - 0.5) * np.array([1.0]) + 0.3 * uniform(604, (N, UNITS))
model = Ridge(alpha=PENALTY).fit(x[:TRAIN], responses[:TRAIN])
predicted = pdist(model.predict(x[TRAIN:]), "correlation")
measured = pdist(responses[TRAIN:], "correlation")
plain = pdist(x[TRAIN:], "correlation")
print(json.dumps({
    "versions": {name: version(name) for name in ("numpy", "scipy", "scikit-learn")} | {"python": platform.python_version()},
    "weights": weights.tolist(), "predicted rdm": predicted.tolist(),
    "reweighted": float(np.corrcoef(predicted, measured)[0, 1]), "as they are": float(np.corrcoef(plain, measured)[0, 1]),
}, indent=1))

"""Classical and metric scaling by scikit-learn, the latter from the classical solution: `python make.py > golden.json`."""
import json
import sys
from pathlib import Path

import numpy as np
from scipy.spatial.distance import pdist, squareform
from sklearn.manifold import ClassicalMDS, smacof

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import uniform, versions

cases = []
for n, p, seed in ((20, 5, 3001), (31, 8, 3002)):
    dissimilarities = squareform(pdist(uniform(seed, (n, p))))
    classical = ClassicalMDS(2, metric="precomputed").fit(dissimilarities)
    points, stress = smacof(
        dissimilarities, metric=True, n_components=2, init=classical.embedding_, n_init=1, max_iter=100_000, eps=1e-13,
        normalized_stress=False,
    )
    cases.append({
        "n_stimuli": n, "n_units": p, "seed": seed,
        "classical_distances": pdist(classical.embedding_).tolist(),
        "metric_distances": pdist(points).tolist(),
        # Kruskal's stress-1 from the same points, with the sum over each pair once.
        "metric_stress_1": float(np.sqrt(((pdist(points) - squareform(dissimilarities)) ** 2).sum() / (pdist(points) ** 2).sum())),
        "metric_raw_stress": float(stress),
    })
print(json.dumps({"versions": versions("scikit-learn", "scipy", "numpy"), "cases": cases}))

"""UMAP's graph, curve and neighbourhoods on six clusters, by umap-learn, and trustworthiness by scikit-learn.

Writes golden.json.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import umap
from sklearn.manifold import trustworthiness
from umap.umap_ import find_ab_params, fuzzy_simplicial_set, nearest_neighbors, smooth_knn_dist

sys.path.insert(0, str(Path(__file__).parents[2] / "scikit-learn"))
from inputs import uniform, versions

N_POINTS, N_FEATURES, N_CLUSTERS, N_NEIGHBOURS = 300, 20, 6, 15


def points():
    centres = 6 * uniform(71, (N_CLUSTERS, N_FEATURES)) - 3
    noise = 2 * uniform(72, (N_POINTS, N_FEATURES)) - 1
    return centres[np.arange(N_POINTS) % N_CLUSTERS] + noise


def graph(x, metric):
    """Neighbourhoods and fuzzy graph, from exact neighbours."""
    indices, distances, _ = nearest_neighbors(x, N_NEIGHBOURS, metric, {}, False, np.random.RandomState(0))
    sigmas, rhos = smooth_knn_dist(distances, float(N_NEIGHBOURS))
    fuzzy, _, _ = fuzzy_simplicial_set(
        x, N_NEIGHBOURS, np.random.RandomState(0), metric, knn_indices=indices, knn_dists=distances
    )
    fuzzy = fuzzy.tocsr()
    return {
        "sigmas": [float(s) for s in sigmas[:8]],
        "rhos": [float(r) for r in rhos[:8]],
        "sum_of_sigmas": float(sigmas.astype(float).sum()),
        "n_edges": int(fuzzy.nnz),
        "sum_of_weights": float(fuzzy.data.astype(float).sum()),
        "sum_of_squares": float((fuzzy.data.astype(float) ** 2).sum()),
        "first_row": [[int(j), float(fuzzy[0, j])] for j in fuzzy[0].nonzero()[1]],
    }


def main():
    warnings.simplefilter("ignore")
    x = points()
    golden = {
        "versions": versions("umap-learn", "pynndescent", "numba", "scikit-learn", "numpy", "scipy"),
        "curve": [
            {"min_distance": d, "spread": s, "a": float(a), "b": float(b)}
            for d, s in [(0.1, 1.0), (0.01, 1.0), (0.5, 1.0), (0.0, 1.0), (0.25, 2.0)]
            for a, b in [find_ab_params(s, d)]
        ],
        "euclidean": graph(x, "euclidean"),
        "cosine": graph(x, "cosine"),
        "trustworthiness_of_first_two_features": {
            str(k): float(trustworthiness(x, x[:, :2], n_neighbors=k)) for k in (5, 12)
        },
        "trustworthiness_of_first_two_features_cosine": float(
            trustworthiness(x, x[:, :2], n_neighbors=7, metric="cosine")
        ),
        "embeddings": [],
    }
    for metric in ("euclidean", "cosine"):
        for init in ("pca", "spectral"):
            values = []
            for seed in range(5):
                model = umap.UMAP(
                    n_neighbors=N_NEIGHBOURS, min_dist=0.1, metric=metric, init=init, random_state=seed, n_jobs=1
                )
                values.append(float(trustworthiness(x, model.fit_transform(x), n_neighbors=10, metric=metric)))
            golden["embeddings"].append({"metric": metric, "init": init, "trustworthiness": values})
    Path(sys.argv[0]).with_name("golden.json").write_text(json.dumps(golden, indent=1) + "\n")


main()

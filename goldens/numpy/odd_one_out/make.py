"""Odd-one-out choices, their ceilings and the similarity they imply, by their definitions: `python make.py > golden.json`.

Hebart, Zheng, Pereira and Baker (2020): of three objects the pair of greatest similarity stays (ties shared); the upper ceiling is the mean over triplets of the
share of the most frequent answer; the similarity of two objects is the mean over all third ones of softmax(s_ij; s_ij, s_ik, s_jk). The lower ceiling
leaves each answer out of the majority that it is held against. Answers: with u of "answer" below 0.55 the most similar pair, else pair floor(3 v).
"""
import json
import sys
from itertools import combinations
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "rsatoolbox"))
from inputs import uniform, versions

N, ANSWERS = 9, 4
embedding = uniform(831, (N, 4)) * 1.5
products = embedding @ embedding.T
triplets = list(combinations(range(N), 3))
u, v = uniform(832, (len(triplets), ANSWERS)), uniform(833, (len(triplets), ANSWERS))


def pairs(i, j, k):
    return [(i, j, k), (i, k, j), (j, k, i)]


answers = []
for at, triplet in enumerate(triplets):
    best = int(np.argmax([products[a, b] for a, b, _ in pairs(*triplet)]))
    answers.append([best if u[at, n] < 0.55 else int(3 * v[at, n]) for n in range(ANSWERS)])


def accuracy(similarity):
    credits = []
    for triplet, chosen in zip(triplets, answers):
        values = np.array([similarity[a, b] for a, b, _ in pairs(*triplet)])
        winners = np.flatnonzero(values == values.max())
        credits += [1 / len(winners) if answer in winners else 0.0 for answer in chosen]
    credits = np.array(credits)
    return [float(credits.mean()), float(credits.std() / np.sqrt(len(credits)))]


lower, upper = [], []
for chosen in answers:
    counts = np.bincount(chosen, minlength=3)
    upper.append(counts.max() / ANSWERS)
    agreed = []
    for answer in chosen:
        others = counts.copy()
        others[answer] -= 1
        most = np.flatnonzero(others == others.max())
        agreed.append(1 / len(most) if answer in most else 0.0)
    lower.append(np.mean(agreed))
implied = np.eye(N)
for i, j in combinations(range(N), 2):
    chances = []
    for k in set(range(N)) - {i, j}:
        e = np.exp([products[i, j], products[i, k], products[j, k]])
        chances.append(e[0] / e.sum())
    implied[i, j] = implied[j, i] = np.mean(chances)
print(json.dumps({
    "versions": versions(), "accuracy": accuracy(products), "accuracy with ties": accuracy(np.floor(products)),
    "ceiling": [float(np.mean(lower)), float(np.mean(upper))], "similarity": implied.tolist(),
}, indent=1))

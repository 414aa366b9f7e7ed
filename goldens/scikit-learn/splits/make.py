"""scikit-learn's splits for fixed seeds: `python make.py > golden.json`."""
import json
import sys
from pathlib import Path

import numpy as np
from sklearn import model_selection as ms

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import versions

labels = [f"object{(7 * i * i + i) % 5}" for i in range(37)]
groups = [f"movie{(i * 3) % 7}" for i in range(33)] + ["movie0"] * 3


def listed(splits):
    return [[train.tolist(), test.tolist()] for train, test in splits]


cases = {}
for seed in (0, 1, 42, 4294967295):
    cases[f"shuffle n=33 train=0.9 splits=3 seed={seed}"] = listed(ms.ShuffleSplit(3, train_size=0.9, random_state=seed).split(np.zeros(33)))
    cases[f"stratified-shuffle train=0.7 splits=3 seed={seed}"] = listed(ms.StratifiedShuffleSplit(3, train_size=0.7, random_state=seed).split(labels, labels))
    cases[f"k-fold n=23 folds=4 seed={seed}"] = listed(ms.KFold(4, shuffle=True, random_state=seed).split(np.zeros(23)))
    cases[f"stratified-k-fold folds=3 seed={seed}"] = listed(ms.StratifiedKFold(3, shuffle=True, random_state=seed).split(labels, labels))
cases["shuffle n=20 train=8 test=0.25 splits=2 seed=5"] = listed(ms.ShuffleSplit(2, train_size=8, test_size=0.25, random_state=5).split(np.zeros(20)))
cases["k-fold n=23 folds=4 as given"] = listed(ms.KFold(4).split(np.zeros(23)))
cases["stratified-k-fold folds=3 as given"] = listed(ms.StratifiedKFold(3).split(labels, labels))
cases["group-k-fold folds=3"] = listed(ms.GroupKFold(3).split(groups, groups=groups))
cases["leave-one-group-out"] = listed(ms.LeaveOneGroupOut().split(groups, groups=groups))
print(json.dumps({"versions": versions("scikit-learn", "numpy"), "labels": labels, "groups": groups, "cases": cases}))

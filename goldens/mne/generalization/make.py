"""Decoding generalised across time by MNE-Python's GeneralizingEstimator: `python make.py > golden.json`.

scikit-learn's discriminant analysis with Ledoit and Wolf's shrinkage (lsqr), StratifiedKFold(4) without shuffling, mean over folds of the share of correct choices.
"""
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import mne
import numpy as np
from mne.decoding import GeneralizingEstimator, cross_val_multiscore
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import StratifiedKFold

sys.path.insert(0, str(Path(__file__).parents[2] / "rsatoolbox"))
from inputs import uniform

mne.set_log_level("error")
TRIALS, UNITS, BINS, CLASSES = 60, 5, 4, 3
classes = np.arange(TRIALS) % CLASSES
noise, centres = uniform(871, (TRIALS, UNITS * BINS)).reshape(TRIALS, UNITS, BINS), uniform(872, (CLASSES, UNITS))
# The code is there in bins 1 and 2, with its sign turned in bin 3.
signs = np.array([0.0, 1.0, 1.0, -1.0])
responses = noise + centres[classes][:, :, None] * signs
decoder = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
scores = cross_val_multiscore(GeneralizingEstimator(decoder, scoring="accuracy", n_jobs=1, verbose=False), responses, classes, cv=StratifiedKFold(4), n_jobs=1)
print(json.dumps({
    "versions": {name: version(name) for name in ("mne", "scikit-learn", "numpy")} | {"python": platform.python_version()},
    "accuracy": scores.mean(0).tolist(),
}, indent=1))

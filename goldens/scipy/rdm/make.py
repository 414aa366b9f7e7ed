"""Plain Euclidean and cosine distances by SciPy's pdist: `python make.py > golden.json`."""
import json
import sys
from pathlib import Path

from scipy.spatial.distance import pdist

sys.path.insert(0, str(Path(__file__).parents[1]))
from inputs import uniform, versions

x = uniform(901, (9, 13)) - 0.3
print(json.dumps({"versions": versions(), "euclidean": pdist(x).tolist(), "cosine": pdist(x, "cosine").tolist()}, indent=1))

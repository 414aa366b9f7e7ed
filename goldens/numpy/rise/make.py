"""RISE written out from its paper in NumPy: `python make.py > golden.json`.

Petsiuk, Das, Saenko 2018 (arXiv 1806.07421), equation 6 and section 3.2: masks of h x w cells, each shown with probability p,
enlarged bilinearly to (h + 1) C_H x (w + 1) C_W pixels with C = ceil(size / cells), cut out at a random offset below C. The paper
does not say what lies outside the outermost centres; here, as in PyTorch's interpolate (align_corners=False), their value goes on.

Both sides make the same inputs. Tensors of the network and the image come from the counter-based generator of homolog
(crates/homolog/src/network/weights/counter.rs); masks from its SplitMix64 (crates/homolog/src/stimuli/generate/random.rs): the
stream of a mask gives its cells row by row, then the offset down, then the offset across.

    network  convolution of 4 filters 3 x 3, padding 1, rectified, averaged over positions, 3 classes; probability of class 1
    image    3 x 12 x 14, "rise image" in -2 .. 2; baselines: 0, and the image's own mean in each channel
"""
import json
import platform

import numpy as np

C, H, W, CELLS, SHOWN, MASKS, SEED = 3, 12, 14, 5, 0.4, 200, 9
BITS = (1 << 64) - 1
STEP = 0x9E3779B97F4A7C15


def scrambled(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & BITS
    z = (z ^ z >> 27) * 0x94D049BB133111EB & BITS
    return z ^ z >> 31


def tensor(name, shape, low, high):
    key = 0xCBF29CE484222325
    for byte in name.encode():
        key = (key ^ byte) * 0x100000001B3 & BITS
    count = int(np.prod(shape))
    units = [(scrambled((key + (i + 1) * STEP) & BITS) >> 40) / (1 << 24) for i in range(count)]
    return np.array([np.float32(low + (high - low) * u) for u in units], dtype=np.float64).reshape(shape)


class Random:
    def __init__(self, seed, stream):
        inner = (scrambled(seed) + scrambled(stream * STEP & BITS)) & BITS
        self.state = scrambled(inner ^ 0x5851F42D4C957F2D)

    def uniform(self):
        self.state = (self.state + STEP) & BITS
        return (scrambled(self.state) >> 11) / (1 << 53)

    def index(self, n):
        return min(int(self.uniform() * n), n - 1)


def enlarged(grid, height, width):
    def along(size, to):
        at = np.clip((np.arange(to) + 0.5) * size / to - 0.5, 0, size - 1)
        low = np.floor(at).astype(int)
        return low, np.minimum(low + 1, size - 1), at - low

    (top, bottom, down), (left, right, across) = along(CELLS, height), along(CELLS, width)
    rows = grid[top] * (1 - down)[:, None] + grid[bottom] * down[:, None]
    return rows[:, left] * (1 - across) + rows[:, right] * across


def mask(place):
    random = Random(SEED, place)
    grid = np.array([[1.0 if random.uniform() < SHOWN else 0.0 for _ in range(CELLS)] for _ in range(CELLS)])
    cell = [-(-size // CELLS) for size in (H, W)]
    down, across = random.index(cell[0]), random.index(cell[1])
    return enlarged(grid, (CELLS + 1) * cell[0], (CELLS + 1) * cell[1])[down:down + H, across:across + W]


image = tensor("rise image", (C, H, W), -2, 2)
filters, biases = tensor("rise conv.weight", (4, C, 3, 3), -1, 1), tensor("rise conv.bias", (4,), -1, 1)
classes, offsets = tensor("rise fc.weight", (3, 4), -2, 2), tensor("rise fc.bias", (3,), -1, 1)


def probability(x):
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    maps = np.einsum("cyxij,fcij->fyx", windows, filters) + biases[:, None, None]
    logits = classes @ np.maximum(maps, 0).mean(axis=(1, 2)) + offsets
    return float(np.exp(logits[1]) / np.exp(logits).sum())


def rise(baseline):
    total = np.zeros((H, W))
    for place in range(MASKS):
        shown = mask(place)
        total += probability(image * shown + baseline * (1 - shown)) * shown
    return total / (MASKS * SHOWN)


mean = image.mean(axis=(1, 2), keepdims=True) * np.ones_like(image)
print(json.dumps({
    "versions": {"python": platform.python_version(), "numpy": np.__version__},
    "probability": probability(image),
    "zero": [round(float(v), 12) for v in rise(np.zeros_like(image)).ravel()],
    "mean": [round(float(v), 12) for v in rise(mean).ravel()],
}, indent=1))

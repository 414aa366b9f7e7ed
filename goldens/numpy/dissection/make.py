"""Network dissection written out from its paper in NumPy: `python make.py > golden.json`.

Bau et al. 2017 (arXiv 1704.05796), section 2.2 and equation 1. The inputs come from the counter-based generator of
homolog (crates/homolog/src/network/weights/counter.rs), so that both sides hold the same bits:

    images   4 of 20 x 28 pixels, bytes floor(256 u) of the tensor "dissection image I", rows first, red green blue
    filters  5 of 3 x 3 x 3, the tensor "dissection weight" in -1 .. 1; stride 2, padding 1; no bias, no rectification
    labels   blocks of 4 x 4 pixels; block value floor(5 u) of "dissection labels I": 0 shows a1, 1 a2, 2 b1, 3 a1 and b1,
             4 nothing; 2 and 3 show nothing in image 0. a1 and a2 are of category a, b1 of b.

A map is upsampled in two ways: "grid" by torch.nn.functional.interpolate (bilinear, align_corners=False), and "fields", with its
positions at the centres of their receptive fields, here image pixel 2 i.
"""
import json
import platform
from importlib.metadata import version

import numpy as np
import torch

N, H, W, UNITS, SHARE = 4, 20, 28, 5, 0.05
MASK = (1 << 64) - 1


def uniform(name, n, low=0.0, high=1.0):
    key = 0xCBF29CE484222325
    for byte in name.encode():
        key = (key ^ byte) * 0x100000001B3 & MASK
    values = []
    for i in range(n):
        z = (key + (i + 1) * 0x9E3779B97F4A7C15) & MASK
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        z ^= z >> 31
        values.append(np.float32(low + (high - low) * ((z >> 40) / (1 << 24))))
    return np.array(values, dtype=np.float32)


images = np.stack([np.floor(256 * uniform(f"dissection image {i}", H * W * 3)).reshape(H, W, 3) for i in range(N)])
inputs = torch.tensor(images.transpose(0, 3, 1, 2) / 255.0, dtype=torch.float32)
weight = torch.tensor(uniform("dissection weight", UNITS * 27, -1.0, 1.0).reshape(UNITS, 3, 3, 3))
maps = torch.nn.functional.conv2d(inputs, weight, stride=2, padding=1).double().numpy()

CONCEPTS, CATEGORY = ["a1", "a2", "b1"], [0, 0, 1]
SHOWN = {0: [0], 1: [1], 2: [2], 3: [0, 2], 4: []}
labels = np.zeros((N, 3, H, W), dtype=bool)
for i in range(N):
    blocks = np.floor(5 * uniform(f"dissection labels {i}", H // 4 * W // 4)).astype(int).reshape(H // 4, W // 4)
    if i == 0:
        blocks[(blocks == 2) | (blocks == 3)] = 4
    pixels = blocks.repeat(4, 0).repeat(4, 1)
    for value, concepts in SHOWN.items():
        for concept in concepts:
            labels[i, concept] |= pixels == value

thresholds = np.quantile(maps.transpose(1, 0, 2, 3).reshape(UNITS, -1), 1 - SHARE, axis=1)


def grid(a):
    return torch.nn.functional.interpolate(torch.tensor(a), size=(H, W), mode="bilinear", align_corners=False).numpy()


def along(a, axis, n):
    """Linear interpolation at n pixels of an axis whose positions lie at pixels 0, 2, 4, ..."""
    place = np.clip(np.arange(n) / 2, 0, a.shape[axis] - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, a.shape[axis] - 1)
    shape = [1] * a.ndim
    shape[axis] = n
    part = (place - low).reshape(shape)
    return np.take(a, low, axis) * (1 - part) + np.take(a, high, axis) * part


def fields(a):
    return along(along(a, 2, H), 3, W)


def overlaps(upsampled):
    above = upsampled > thresholds[None, :, None, None]
    ious = np.zeros((UNITS, len(CONCEPTS)))
    for concept, category in enumerate(CATEGORY):
        in_category = [c for c, other in enumerate(CATEGORY) if other == category]
        seen = labels[:, in_category].any((1, 2, 3))
        for unit in range(UNITS):
            m, l = above[seen, unit], labels[seen, concept]
            ious[unit, concept] = (m & l).sum() / (m | l).sum()
    return ious.tolist()


print(json.dumps({
    "versions": {name: version(name) for name in ("numpy", "torch")} | {"python": platform.python_version()},
    "share": SHARE,
    "thresholds": thresholds.tolist(),
    "concept pixels": labels.sum((0, 2, 3)).tolist(),
    "grid": overlaps(grid(maps)),
    "fields": overlaps(fields(maps)),
}, indent=1))

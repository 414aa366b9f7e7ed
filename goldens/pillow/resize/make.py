"""Pillow's resampling at many sizes: the hash of each result.

    python make.py        adds the cases of the installed Pillow to golden.json beside this file

Run it with Pillow 12.0.0 and with 13.0.0: version 13 does the vertical pass first where height - to_height > 2 (width - to_width).

Needs numpy and pillow. The source image is a formula, so that the test makes it itself:
value(x, y, c) = ((x * 29 + y * 53 + c * 101) ^ (x * y + c * 7) ^ ((x * x) >> 3)) & 255, or a checkerboard of 0 and 255 with squares of 3.
"""
import hashlib, json
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

HERE = Path(__file__).resolve().parent
FILTERS = {"box": Image.BOX, "bilinear": Image.BILINEAR, "hamming": Image.HAMMING, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}
SIZES = [((64, 48), (32, 24)), ((64, 48), (227, 227)), ((112, 112), (227, 227)), ((175, 175), (224, 224)), ((300, 200), (224, 224)),
         ((500, 375), (341, 256)), ((333, 500), (256, 384)), ((37, 23), (37, 11)), ((37, 23), (5, 23)), ((37, 23), (36, 24)), ((1, 1), (7, 5)),
         ((1, 9), (3, 2)), ((200, 3), (2, 200)), ((257, 129), (1, 1)), ((101, 103), (97, 89)), ((13, 17), (131, 127)), ((256, 256), (224, 224)),
         ((640, 480), (64, 64)),
         ((100, 200), (50, 60)), ((333, 500), (227, 227))]


def source(kind, width, height):
    y, x, c = np.mgrid[:height, :width, :3]
    if kind == "checkerboard":
        return (((x // 3 + y // 3) % 2) * 255).astype(np.uint8)
    return (((x * 29 + y * 53 + c * 101) ^ (x * y + c * 7) ^ ((x * x) >> 3)) & 255).astype(np.uint8)


if __name__ == "__main__":
    cases = []
    for kind in ("texture", "checkerboard"):
        for (w, h), (to_w, to_h) in SIZES:
            image = Image.fromarray(source(kind, w, h))
            for name, code in FILTERS.items():
                a = np.asarray(image.resize((to_w, to_h), code))
                cases.append({"source": kind, "from": [w, h], "to": [to_w, to_h], "filter": name, "sha256": hashlib.sha256(a.tobytes()).hexdigest()})
    path = HERE / "golden.json"
    golden = json.loads(path.read_text()) if path.exists() else {}
    golden[PIL.__version__] = cases
    version = lambda name: f'"{name}": [\n' + ",\n".join(json.dumps(case) for case in golden[name]) + "\n]"
    path.write_text("{" + ",\n".join(version(name) for name in sorted(golden)) + "}\n")

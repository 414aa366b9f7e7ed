"""One hash for the pixels of each set of real images, as Pillow decodes them.

    python make.py DATA        writes golden.json beside this file; DATA is the folder of the real data

Needs pillow and numpy. Names are taken in the order of the numbers in them; the hash is SHA-256 over the SHA-256 of each image's RGB bytes.
"""
import hashlib, io, json, re, sys, zipfile
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, features

SETS = [f"v4_cowley2023/images/images_{s}.zip" for s in (190923, 210224, 210305, 210325)] + [
    "algonauts2019/92images/stimuli", "algonauts2019/118images/stimuli", "imagenet_sample_1000", "v1_henaff2021/stimuli_256/zoom1x/movie1"]


def number_order(name):
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def members(path):
    """(name, bytes) of every image, in order."""
    if path.suffix == ".zip":
        archive = zipfile.ZipFile(path)
        names = [n for n in archive.namelist() if n.endswith((".jpg", ".png")) and "__MACOSX" not in n]
        return [(n.split("/")[-1], archive.read(n)) for n in sorted(names, key=number_order)]
    files = [f for f in path.rglob("*") if f.suffix in (".jpg", ".png")]
    return [(f.name, f.read_bytes()) for f in sorted(files, key=lambda f: number_order(str(f.relative_to(path))))]


if __name__ == "__main__":
    data, sets = Path(sys.argv[1]), {}
    for name in SETS:
        images, total = members(data / name), hashlib.sha256()
        for _, content in images:
            total.update(hashlib.sha256(np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).tobytes()).digest())
        sets[name] = {"n_images": len(images), "first": images[0][0], "last": images[-1][0], "sha256": total.hexdigest()}
    golden = {"pillow": PIL.__version__, "libjpeg_turbo": features.version("libjpeg_turbo"), "sets": sets}
    (Path(__file__).resolve().parent / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")

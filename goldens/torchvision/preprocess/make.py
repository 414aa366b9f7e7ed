"""Whole preprocessing recipes as torchvision, Caffe's users and Brain-Score run them: the hash of the float32 input, and a few values.

    python make.py        writes golden.json beside this file

Needs numpy, pillow, torch and torchvision. The image is the texture of ../../pillow/resize/make.py. Results are (3, height, width) float32,
little-endian. The screen is Brain-Score's place_on_screen (brainscore_vision/benchmark_helpers/screen.py), restated here from its description.
"""
import hashlib, json, sys
from pathlib import Path

import numpy as np
import PIL, torch, torchvision
from PIL import Image
from torchvision import transforms as T
from torchvision.transforms import InterpolationMode

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "pillow" / "resize"))
from make import source  # noqa: E402

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
normalized = [T.ToTensor(), T.Normalize(MEAN, STD)]
BILINEAR, BICUBIC = InterpolationMode.BILINEAR, InterpolationMode.BICUBIC


def torch_recipe(*steps):
    return lambda image: T.Compose(list(steps))(image).numpy()


def caffe(image):
    x = np.asarray(image.resize((227, 227), Image.BILINEAR), np.float32)
    return (x[..., ::-1] - np.array([103.939, 116.779, 123.68], np.float32)).transpose(2, 0, 1).copy()


def lite(image):
    x = np.asarray(T.CenterCrop(224)(T.Resize(256, BICUBIC)(image)), np.float32)
    return ((x - np.float32(127)) / np.float32(128)).transpose(2, 0, 1).copy()


RECIPES = {
    "torchvision": torch_recipe(T.Resize(256, BILINEAR), T.CenterCrop(224), *normalized),
    "torchvision-inception": torch_recipe(T.Resize(342, BILINEAR), T.CenterCrop(299), *normalized),
    "caffe-227": caffe,
    "brain-score": torch_recipe(T.Resize((224, 224), BILINEAR), *normalized),
    "brain-score-inception": torch_recipe(T.Resize(256, BILINEAR), T.CenterCrop(224), T.ToTensor(), T.Normalize((0.5,) * 3, (0.5,) * 3)),
    "efficientnet-lite": lite,
    "cifar10": torch_recipe(T.Resize((32, 32), BILINEAR), *normalized),
    "unit-64": torch_recipe(T.Resize((64, 64), BILINEAR), T.ToTensor()),
}
SIZES = [(112, 112), (175, 175), (500, 375), (333, 500), (257, 300), (32, 32), (640, 213)]
DEGREES = [(4.0, 8.0), (2.9, 8.0), (8.0, 5.0), (10.0, 3.3), (8.0, 8.0)]


def on_screen(image, from_deg, to_deg):
    ratio, size = to_deg / from_deg, np.array(image.size)
    target = (ratio * size).round().astype(int)
    if ratio >= 1:
        screen = Image.new("RGB", tuple(int(s) for s in target), "gray")
        screen.paste(image, tuple(int(s) for s in ((target - size) / 2).round()))
        return screen
    left, upper = (int(s) for s in ((size - target) / 2).round())
    return image.crop((left, upper, left + int(target[0]), upper + int(target[1])))


def entry(x):
    x = np.ascontiguousarray(x, "<f4")
    flat = x.reshape(-1)
    return {"shape": list(x.shape), "sha256": hashlib.sha256(x.tobytes()).hexdigest(), "values": {str(i): float(flat[i]) for i in (0, len(flat) // 3, len(flat) - 1)}}


if __name__ == "__main__":
    cases = []
    for size in SIZES:
        image = Image.fromarray(source("texture", *size))
        for name, recipe in RECIPES.items():
            cases.append({"recipe": name, "from": list(size), **entry(recipe(image))})
    screens = []
    for size in [(112, 112), (175, 175), (101, 64)]:
        for from_deg, to_deg in DEGREES:
            image = on_screen(Image.fromarray(source("texture", *size)), from_deg, to_deg)
            screens.append({"from": list(size), "from_deg": from_deg, "to_deg": to_deg, "size": list(image.size),
                            "sha256": hashlib.sha256(np.asarray(image).tobytes()).hexdigest()})
    lines = lambda rows: ",\n".join(json.dumps(row) for row in rows)
    (HERE / "golden.json").write_text(
        f'{{"torch": "{torch.__version__}", "torchvision": "{torchvision.__version__}", "pillow": "{PIL.__version__}", "cases": [\n{lines(cases)}\n], "screens": [\n{lines(screens)}\n]}}\n')

"""Outputs of every stage of every architecture in the zoo, as torchvision computes them, without any trained weights.

    python make.py            writes golden.json beside this file (a few minutes, 2 GB for the VGGs)

Every number fed in comes from one counter-based generator that homolog implements too (crates/homolog, network/weights/
counter.rs): element i of the tensor called `name` is

    key   = FNV-1a 64 of the bytes of name
    z     = key + (i + 1) * 0x9E3779B97F4A7C15                    (mod 2^64)
    z     = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;  z = (z ^ z >> 27) * 0x94D049BB133111EB;  z = z ^ z >> 31
    u     = (z >> 40) / 2^24                                      in [0, 1)
    value = f32(low + (high - low) * u)                           computed in f64

with (low, high) by the kind of parameter: weights of two axes or more +-sqrt(6 / fan_in), fan_in being the product of all
axes but the first; one-axis weights 0.3 .. 0.9; running_var 0.5 .. 1.5; running_mean +-0.2; biases +-0.1; anything else
(class token, position embedding) +-1. The image is the tensor "image", -2 .. 2.

A stage is what a forward hook on a module sees at the moment the module returns. Of a module that is called several times,
`name` is the last call and `name#1`, `name#2`, ... are the calls before it. For each stage the file holds
[shape without the batch axis, norm, a, b]: the L2 norm of the stage, and a = sqrt(3) sum_i r_i x_i / norm, where r_i are the
values of the tensor "projection a" in -1 .. 1 (so a has mean 0 and variance 1 over projections, and an error of relative
norm e moves it by about e); b likewise. Of the output it also holds 8 elements, spread evenly from the first to the last.
"""

import json
import math
import platform
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
import torchvision

import more_models

warnings.filterwarnings("ignore")
torch.set_num_threads(2)

TORCHVISION = [
    "alexnet", "vgg11", "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn", "googlenet", "inception_v3",
    "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "densenet121", "densenet161", "densenet169", "densenet201",
    "squeezenet1_0", "squeezenet1_1", "mobilenet_v2", "vit_b_16", "vit_b_32",
]
CIFAR_DEPTHS = [20, 32, 44, 56, 110]

M = (1 << 64) - 1


def fnv1a64(text):
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = (h ^ byte) * 0x100000001B3 & M
    return h


def uniform(name, n, low, high):
    with np.errstate(over="ignore"):
        z = np.uint64(fnv1a64(name)) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    u = (z >> np.uint64(40)).astype(np.float64) / 2.0**24
    return (low + (high - low) * u).astype(np.float32)


def bounds(name, shape):
    if name.endswith("running_var"):
        return 0.5, 1.5
    if name.endswith("running_mean"):
        return -0.2, 0.2
    if name.endswith("bias"):
        return -0.1, 0.1
    if name.endswith("weight") and len(shape) == 1:
        return 0.3, 0.9
    if name.endswith("weight"):
        limit = math.sqrt(6.0 / math.prod(shape[1:]))
        return -limit, limit
    return -1.0, 1.0


def fill(model):
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith("num_batches_tracked"):
                continue
            low, high = bounds(name, tensor.shape)
            tensor.copy_(torch.from_numpy(uniform(name, tensor.numel(), low, high).reshape(tensor.shape)))


PROJECTIONS = {}


def projection(name, n):
    if n not in PROJECTIONS.setdefault(name, {}):
        PROJECTIONS[name][n] = uniform(name, n, -1.0, 1.0).astype(np.float64)
    return PROJECTIONS[name][n]


def summary(tensor):
    x = tensor.detach().numpy().astype(np.float64).ravel()
    norm = math.sqrt(float(x @ x))
    scale = norm / math.sqrt(3.0)
    a, b = (round(float(projection(f"projection {p}", x.size) @ x) / scale, 5) for p in "ab")
    return [list(tensor.shape[1:]), float(f"{norm:.6g}"), a, b]


def stages(model, image):
    calls, order = {}, []

    def hook_for(name):
        def hook(_module, _inputs, output):
            output = output[0] if isinstance(output, tuple) else output
            if name not in calls:
                order.append(name)
            calls.setdefault(name, []).append(summary(output))
        return hook

    handles = [m.register_forward_hook(hook_for(n)) for n, m in model.named_modules() if n]
    with torch.inference_mode():
        output = model(image)
    for handle in handles:
        handle.remove()
    found = {}
    for name in order:
        if len(calls[name]) > 1:
            for number, golden in enumerate(calls[name][:-1], 1):
                found[f"{name}#{number}"] = golden
        found[name] = calls[name][-1]
    flat = output.numpy().ravel()
    where = [i * (flat.size - 1) // 7 for i in range(8)]
    return found, summary(output), [float(f"{flat[i]:.7g}") for i in where]


def build(name):
    if name.startswith("resnet") and name.endswith("_cifar10"):
        return more_models.CifarResNet(int(name[len("resnet"):-len("_cifar10")])), 32
    if name == "efficientnet_lite0":
        return more_models.EfficientNetLite0(), 224
    arguments = {"transform_input": True, "init_weights": False} if name in ("googlenet", "inception_v3") else {}
    model = torchvision.models.get_model(name, weights=None, **arguments)
    return model, 299 if name == "inception_v3" else 224


def main():
    names = sys.argv[1:] or TORCHVISION + [f"resnet{d}_cifar10" for d in CIFAR_DEPTHS] + ["efficientnet_lite0"]
    models = {}
    for name in names:
        model, size = build(name)
        model.eval()
        fill(model)
        image = torch.from_numpy(uniform("image", 3 * size * size, -2.0, 2.0).reshape(1, 3, size, size))
        found, output, elements = stages(model, image)
        models[name] = {"image_px": size, "output": output, "elements": elements, "stages": found}
        print(name, len(found), "stages, output norm", output[1], "largest", max(s[1] for s in found.values()), file=sys.stderr, flush=True)
        del model
        PROJECTIONS.clear()
    golden = {
        "made_by": "goldens/torchvision/make.py",
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "torchvision": torchvision.__version__, "numpy": np.__version__},
        "models": models,
    }
    text = json.dumps(golden, separators=(",", ":"))
    (Path(__file__).parent / "golden.json").write_text(text.replace('},"', '},\n"') + "\n")


if __name__ == "__main__":
    main()

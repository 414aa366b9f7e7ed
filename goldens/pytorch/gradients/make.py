"""Gradients of SqueezeNet 1.1 and of a CIFAR ResNet-20 by PyTorch, as random projections.

    python make.py DATA

DATA is the folder that holds weights/. Writes golden.json beside this file.

A gradient g of n numbers is kept as its norm and as S g with 256 rows of random signs in S, divided by 16: for any
other gradient h, the norm of S g - S h estimates that of g - h without bias and to about 4 % (Johnson-Lindenstrauss), so
the relative error of a whole gradient is checked without keeping it. Signs, images and cotangents come from a
counter-based generator (splitmix64 of the counter), which the test repeats.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision

ROWS = 256
MASK = (1 << 64) - 1


def splitmix64(counter):
    z = counter * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def bits(stream, n):
    return splitmix64(np.uint64(stream << 40) + np.arange(n, dtype=np.uint64))


def uniform(stream, n):
    """In [-1, 1), in steps of 2^-23, so that every value is a 32-bit float."""
    return ((bits(stream, n) >> np.uint64(40)).astype(np.float64) / 2**23 - 1).astype(np.float32)


def signs(stream, n):
    return np.where(bits(stream, n) >> np.uint64(63) == 0, 1.0, -1.0)


def sketch(gradient):
    g = gradient.detach().double().numpy().ravel()
    rows = [float(signs(1000 + row, g.size) @ g) / ROWS**0.5 for row in range(ROWS)]
    return {"n": g.size, "norm": float(np.linalg.norm(g)), "sketch": [round(x, 9) if abs(x) < 1 else float(f"{x:.9g}") for x in rows]}


class Block(nn.Module):
    """Two 3 x 3 convolutions with a shortcut that drops every other pixel and adds empty channels where it has to."""

    def __init__(self, channels, filters, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.is_wider = filters != channels

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.is_wider:
            added = (y.shape[1] - x.shape[1]) // 2
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, added, added))
        return F.relu(y + x)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(*[Block(16, 16, 1) for _ in range(3)])
        self.layer2 = nn.Sequential(*[Block(16 if i == 0 else 32, 32, 2 if i == 0 else 1) for i in range(3)])
        self.layer3 = nn.Sequential(*[Block(32 if i == 0 else 64, 64, 2 if i == 0 else 1) for i in range(3)])
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


def case(model, images, objective, values, parameters):
    """Gradients of <signs, objective> with respect to the images, the outputs of modules and parameters."""
    kept = {}

    def keep(name):
        def hook(_module, _inputs, output):
            output.retain_grad()
            kept[name] = output
        return hook

    modules = dict(model.named_modules())
    hooks = [modules[name].register_forward_hook(keep(name)) for name in {objective, *values}]
    images = images.clone().requires_grad_(True)
    model.zero_grad()
    model(images)
    out = kept[objective]
    cotangent = torch.from_numpy(signs(2, out.numel()).astype(np.float32)).reshape(out.shape)
    (out * cotangent).sum().backward()
    for hook in hooks:
        hook.remove()
    named = dict(model.named_parameters())
    return {
        "objective": objective,
        "value": float((out * cotangent).sum()),
        "images": sketch(images.grad),
        "values": {name: sketch(kept[name].grad) for name in values},
        "parameters": {name: sketch(named[name].grad) for name in parameters},
    }


def main(data):
    torch.set_num_threads(1)
    squeezenet = torchvision.models.squeezenet1_1(weights=None)
    squeezenet.load_state_dict(torch.load(data / "weights/squeezenet1_1/squeezenet1_1.pth", weights_only=True))
    # In-place activations would overwrite what a hook keeps.
    for module in squeezenet.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    from safetensors.torch import load_file

    resnet = ResNet20()
    state = {k.removeprefix("module."): v for k, v in load_file(data / "weights/resnet_cifar10_akamaster/resnet20-12fca82f.safetensors").items()}
    missing = resnet.load_state_dict(state, strict=False)
    assert not missing.unexpected_keys and all("num_batches" in k for k in missing.missing_keys), missing
    large = torch.from_numpy(uniform(1, 2 * 3 * 227 * 227) * 100).reshape(2, 3, 227, 227)
    small = torch.from_numpy(uniform(1, 4 * 3 * 32 * 32) * 2).reshape(4, 3, 32, 32)
    squeezenet.eval(), resnet.eval()
    golden = {
        "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__, "numpy": np.__version__},
        "squeezenet1_1": [
            case(squeezenet, large, "features.12", ["features.0", "features.5", "features.9"],
                 ["features.0.weight", "features.0.bias", "features.4.squeeze.weight", "features.6.expand3x3.weight"]),
            case(squeezenet, large, "classifier.3", ["features.2"], ["classifier.1.weight", "classifier.1.bias"]),
        ],
        "resnet20": [
            case(resnet, small, "layer3", ["layer1"], ["conv1.weight", "bn1.weight", "layer2.0.bn2.bias", "layer3.1.conv1.weight"]),
            case(resnet, small, "linear", ["layer2"], ["linear.weight", "linear.bias", "layer1.2.conv2.weight"]),
        ],
    }
    path = Path(__file__).with_name("golden.json")
    path.write_text(json.dumps(golden, indent=1) + "\n")
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

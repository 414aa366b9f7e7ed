"""Accuracy of SqueezeNet 1.1 under the attacks of torchattacks.

    python make.py DATA [CASE...]

DATA is the folder with imagenet_sample_1000/ and weights/. Writes golden.json beside this file, after each case; with names of cases,
only these are made again. All take some eight minutes of one core.

The images are every tenth of the 1,000, of classes 0, 10, ..., 990, resized to 227 pixels (bilinear). Only those that the network
has right are attacked; the others count as wrong, as in RobustBench. Budgets are of images from 0 to 1. For attacks that look for
the nearest image (CW) an image counts as fooled at a budget when its change is no longer than that, in L2.

DeepFool is compared with foolbox: torchattacks' leaves a third of these images unfooled however far it goes.
"""

import json
import platform
import sys
from pathlib import Path

import numpy as np
import PIL
import torch
import torchattacks
import torchvision
from PIL import Image

# At the first of each about half of the clean images' accuracy is left, at the second little.
LINF = [0.25 / 255, 0.5 / 255]
L2 = [0.1, 0.2]


class Prepared(torch.nn.Module):
    """The network with its preprocessing: blue, green, red from 0 to 255, less Caffe's means."""

    def __init__(self, network):
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1))

    def forward(self, images):
        return self.network(images[:, [2, 1, 0]].contiguous() * 255 - self.mean)


def sized(file, side=227):
    picture = Image.open(file).convert("RGB").resize((side, side), Image.BILINEAR)
    return np.asarray(picture).transpose(2, 0, 1)


def main():
    torch.set_num_threads(1)
    data = Path(sys.argv[1])
    files = sorted((data / "imagenet_sample_1000").glob("*.jpg"))[::10]
    labels = torch.tensor([int(file.name[:4]) for file in files])
    images = torch.from_numpy(np.ascontiguousarray(np.stack([sized(file) for file in files]))).float().contiguous() / 255
    network = torchvision.models.squeezenet1_1()
    network.load_state_dict(torch.load(data / "weights/squeezenet1_1/squeezenet1_1.pth", weights_only=True))
    model = Prepared(network.eval()).eval()
    with torch.inference_mode():
        logits = torch.cat([model(part) for part in images.split(20)])
    right = torch.nonzero(logits.argmax(1) == labels).ravel()
    n_images = len(files)
    x, y = images[right].clone(), labels[right].clone()

    def predicted(adversarial):
        with torch.inference_mode():
            return torch.cat([model(part) for part in adversarial.split(20)]).argmax(1)

    def attacked(attack):
        parts = [attack(a, b) for a, b in zip(x.split(16), y.split(16))]
        return torch.cat(parts)

    def accuracy(adversarial):
        return float((predicted(adversarial) == y).sum()) * 100 / n_images

    ta = torchattacks

    def within(make_attack, budgets):
        return [accuracy(attacked(make_attack(eps))) for eps in budgets]

    def apgd(norm, loss):
        return lambda eps: ta.APGD(model, norm=norm, eps=eps, steps=10, loss=loss, seed=0)

    def nearest(adversarial):
        fooled = predicted(adversarial) != y
        lengths = (adversarial - x).flatten(1).double().norm(dim=1)
        kept = [float((~(fooled & (lengths <= eps))).sum()) * 100 / n_images for eps in L2]
        return {"accuracy": kept, "accuracy_at_any_length": accuracy(adversarial),
                "median_l2_of_fooled": float(f"{lengths[fooled].quantile(0.5):.6g}")}

    def carlini_wagner():
        # One image at a time: torchattacks stops a whole batch when its sum of costs rises.
        attack = ta.CW(model, c=1, kappa=0, steps=40, lr=0.01)
        return nearest(torch.cat([attack(a, b) for a, b in zip(x.split(1), y.split(1))]))

    cases = {
        "fgsm": lambda: within(lambda eps: ta.FGSM(model, eps=eps), LINF),
        "pgd-linf": lambda: within(lambda eps: ta.PGD(model, eps=eps, alpha=eps / 4, steps=10, random_start=False), LINF),
        "pgd-l2": lambda: within(lambda eps: ta.PGDL2(model, eps=eps, alpha=eps / 4, steps=10, random_start=False), L2),
        "apgd-ce-linf": lambda: within(apgd("Linf", "ce"), LINF),
        "apgd-ce-l2": lambda: within(apgd("L2", "ce"), L2),
        "apgd-dlr-linf": lambda: within(apgd("Linf", "dlr"), LINF),
        "apgd-dlr-l2": lambda: within(apgd("L2", "dlr"), L2),
        "carlini-wagner": carlini_wagner,
    }
    versions = {"python": platform.python_version(), "torch": torch.__version__, "torchvision": torchvision.__version__,
                "torchattacks": "3.5.1", "pillow": PIL.__version__, "numpy": np.__version__}
    file = Path(__file__).parent / "golden.json"
    kept = json.loads(file.read_text())["percent_right"] if file.exists() else {}
    for name in sys.argv[2:] or cases:
        kept[name] = cases[name]()
        golden = {"made_by": "goldens/torchattacks/adversarial/make.py", "versions": versions, "n_images": n_images,
                  "n_right": len(right), "linf": LINF, "l2": L2, "percent_right": kept}
        file.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()

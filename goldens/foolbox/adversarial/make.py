"""Accuracy of SqueezeNet 1.1 under foolbox's DeepFool.

    python make.py DATA

DATA is the folder with imagenet_sample_1000/ and weights/. Writes golden.json beside this file; a minute or two of one core. Images, network
and budgets are those of goldens/torchattacks/adversarial/make.py. An image counts as fooled at a budget when its change is no longer
than that, in L2.
"""

import importlib.util
import json
import platform
import sys
from pathlib import Path

import foolbox
import numpy as np
import torch
import torchvision

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("attacked", HERE.parents[1] / "torchattacks/adversarial/make.py")
attacked = importlib.util.module_from_spec(spec)
spec.loader.exec_module(attacked)


def main():
    torch.set_num_threads(1)
    data = Path(sys.argv[1])
    files = sorted((data / "imagenet_sample_1000").glob("*.jpg"))[::10]
    labels = torch.tensor([int(file.name[:4]) for file in files])
    images = torch.from_numpy(np.stack([attacked.sized(file) for file in files])).float() / 255
    network = torchvision.models.squeezenet1_1()
    network.load_state_dict(torch.load(data / "weights/squeezenet1_1/squeezenet1_1.pth", weights_only=True))
    model = foolbox.PyTorchModel(attacked.Prepared(network.eval()).eval(), bounds=(0, 1))
    right = torch.cat([model(part).argmax(1) for part in images.split(20)]) == labels
    x, y = images[right], labels[right]
    attack = foolbox.attacks.L2DeepFoolAttack(steps=50, candidates=10, overshoot=0.02, loss="logits")
    lengths, fooled = [], []
    for a, b in zip(x.split(16), y.split(16)):
        _, clipped, success = attack(model, a, b, epsilons=None)
        lengths.append((clipped - a).flatten(1).double().norm(dim=1))
        fooled.append(success)
    lengths, fooled = torch.cat(lengths), torch.cat(fooled)
    kept = [float((~(fooled & (lengths <= eps))).sum()) * 100 / len(files) for eps in attacked.L2]
    golden = {
        "made_by": "goldens/foolbox/adversarial/make.py",
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "torchvision": torchvision.__version__,
                     "foolbox": foolbox.__version__, "numpy": np.__version__},
        "n_images": len(files), "n_right": int(right.sum()), "l2": attacked.L2,
        "percent_right": {"deepfool": {"accuracy": kept, "accuracy_at_any_length": float((~fooled).sum()) * 100 / len(files),
                                       "median_l2_of_fooled": float(f"{lengths[fooled].quantile(0.5):.6g}")}},
    }
    (HERE / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()

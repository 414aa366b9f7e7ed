"""Outputs of trained networks, as PyTorch computes them from the weights in the real data.

    python make.py DATA            DATA is the folder with weights/; writes golden.json beside this file

The image is the tensor "image" of goldens/torchvision/make.py, in a range like that of preprocessed images. For each network:
the norm of its output, the class with the largest output, and 10 elements spread evenly from the first to the last.
"""

import json
import math
import platform
import sys
from pathlib import Path

import numpy as np
import safetensors
import safetensors.torch
import torch
import torchvision

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "torchvision"))
import make  # noqa: E402
import more_models  # noqa: E402

# model, file, class, image size, half the range of the image
NETWORKS = [
    ("squeezenet1_1", "squeezenet1_1/squeezenet1_1.pth", torchvision.models.squeezenet1_1, 227, 120.0),
    ("resnet20_cifar10", "resnet_cifar10_akamaster/resnet20-12fca82f.safetensors", lambda: more_models.CifarResNet(20), 32, 2.0),
    ("efficientnet_lite0", "efficientnet_lite0/efficientnet-lite0.safetensors", more_models.EfficientNetLite0, 224, 1.0),
]


def main():
    data = Path(sys.argv[1])
    models = {}
    for name, file, build, size, half_range in NETWORKS:
        path = data / "weights" / file
        state = safetensors.torch.load_file(path) if file.endswith("safetensors") else torch.load(path, weights_only=True)
        model = build().eval()
        missing = model.load_state_dict(state, strict=False)
        assert not missing.unexpected_keys and all(k.endswith("num_batches_tracked") for k in missing.missing_keys), missing
        image = torch.from_numpy(make.uniform("image", 3 * size * size, -half_range, half_range).reshape(1, 3, size, size))
        with torch.inference_mode():
            output = model(image).numpy().ravel().astype(np.float64)
        where = [i * (output.size - 1) // 9 for i in range(10)]
        models[name] = {
            "file": file,
            "image_px": size,
            "half_range": half_range,
            "norm": float(f"{math.sqrt(output @ output):.7g}"),
            "largest": int(output.argmax()),
            "elements": [float(f"{output[i]:.7g}") for i in where],
        }
    versions = {"python": platform.python_version(), "torch": torch.__version__, "torchvision": torchvision.__version__, "safetensors": safetensors.__version__}
    golden = {"made_by": "goldens/pytorch/real_weights/make.py", "versions": versions, "models": models}
    (HERE / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()

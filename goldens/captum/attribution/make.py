"""Attributions of SqueezeNet 1.1's largest logit to 8 photographs, as captum computes them in double precision.

    python make.py DATA            DATA is the folder with weights/ and imagenet_sample_1000/; writes golden.json beside this file

The photographs are the first 8 of imagenet_sample_1000, resized to 227 x 227 by Pillow's bilinear filter, blue first, less the
mean (103.939, 116.779, 123.68): the network's own preprocessing. Neither pixels nor weights are kept. For each map: its sum, its
norm, and its values at 200 places (of a Grad-CAM, at all of its places); of an occlusion, whose three channels are equal, the
places are those of one.

SmoothGrad's noise is drawn by the counter-based generator below instead of torch's, so that both sides add the same.
"""

import json
import math
import platform
import sys
from pathlib import Path

import captum
import captum.attr
import numpy as np
import PIL
import torch
import torchvision
from PIL import Image

HERE = Path(__file__).parent
SIDE = 227
MEAN = [103.939, 116.779, 123.68]
N_IMAGES = 8
N_STEPS = 50
WINDOW, STRIDE = 32, 24
N_SAMPLES, NOISE, SEED = 8, 0.1, 5
CAM_STAGE = "features.12"
STEP = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1


def scrambled(z):
    z = z.astype(np.uint64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def one(z):
    return int(scrambled(np.array([z & MASK], dtype=np.uint64))[0])


def normal(seed, stream, n):
    """n normal numbers: SplitMix64 of a stream, two uniforms for each number by the Box-Muller transform."""
    start = one(seed) + one((stream * STEP) & MASK) & MASK
    state = one(start ^ 0x5851F42D4C957F2D)
    counters = np.uint64(state) + np.arange(1, 2 * n + 1, dtype=np.uint64) * np.uint64(STEP)
    uniform = (scrambled(counters) >> np.uint64(11)).astype(np.float64) / float(1 << 53)
    first, second = uniform[0::2], uniform[1::2]
    return np.sqrt(-2.0 * np.log(1.0 - first)) * np.cos(2.0 * np.pi * second)


def network(data):
    model = torchvision.models.squeezenet1_1()
    model.load_state_dict(torch.load(data / "weights/squeezenet1_1/squeezenet1_1.pth", weights_only=True))
    for module in model.modules():
        if isinstance(module, torch.nn.ReLU):
            module.inplace = False
    return model.double().eval()


def photographs(data):
    files = sorted((data / "imagenet_sample_1000").rglob("*.jpg"))[:N_IMAGES]
    for file in files:
        picture = Image.open(file).convert("RGB").resize((SIDE, SIDE), Image.BILINEAR)
        pixels = np.asarray(picture, dtype=np.float32)[:, :, ::-1] - np.array(MEAN, dtype=np.float32)
        yield file.name, torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1))[None].astype(np.float64))


def places(n):
    return sorted(int(place) for place in np.random.default_rng(n).choice(n, min(n, 200), replace=False))


def kept(values):
    flat = values.detach().numpy().ravel().astype(np.float64)
    numbers = [float(f"{flat[place]:.7g}") for place in places(flat.size)]
    return {"sum": float(f"{flat.sum():.9g}"), "norm": float(f"{math.sqrt(flat @ flat):.9g}"), "values": numbers}


def smooth(saliency, image, target):
    deviation = NOISE * float(image.max() - image.min())
    noise = np.stack([normal(SEED, sample, image.numel()) for sample in range(N_SAMPLES)])
    noise = torch.from_numpy(noise).reshape(N_SAMPLES, *image.shape[1:])
    drawn = torch.normal
    # A gradient jumps where a rectifier switches: the copies are rounded to single precision, in which the other side holds them.
    torch.normal = lambda mean, deviations: (image + noise * deviations).float().double() - image
    try:
        tunnel = captum.attr.NoiseTunnel(saliency)
        return tunnel.attribute(image, nt_type="smoothgrad", nt_samples=N_SAMPLES, stdevs=deviation, target=target, abs=False)
    finally:
        torch.normal = drawn


def attributions(model, image, target):
    saliency = captum.attr.Saliency(model)
    integrated = captum.attr.IntegratedGradients(model)
    along, gap = integrated.attribute(image, target=target, n_steps=N_STEPS, return_convergence_delta=True)
    cam = captum.attr.LayerGradCam(model, model.get_submodule(CAM_STAGE))
    occlusion = captum.attr.Occlusion(model)
    with torch.no_grad():
        hidden = occlusion.attribute(
            image, sliding_window_shapes=(3, WINDOW, WINDOW), strides=(3, STRIDE, STRIDE), target=target, perturbations_per_eval=10
        )
    maps = {
        "gradient": kept(saliency.attribute(image, target=target, abs=False)),
        "input-x-gradient": kept(captum.attr.InputXGradient(model).attribute(image, target=target)),
        "deconvnet": kept(captum.attr.Deconvolution(model).attribute(image, target=target)),
        "guided-backpropagation": kept(captum.attr.GuidedBackprop(model).attribute(image, target=target)),
        "integrated-gradients": kept(along),
        "smoothgrad": kept(smooth(saliency, image, target)),
        "grad-cam": kept(cam.attribute(image, target=target)),
        "occlusion": kept(hidden[:, :1]),
    }
    maps["integrated-gradients"]["gap"] = float(f"{gap.item():.7g}")
    return maps


def main():
    torch.set_num_threads(1)
    data = Path(sys.argv[1])
    model = network(data)
    cases = []
    for name, image in photographs(data):
        with torch.no_grad():
            logits = model(image)[0]
        target = int(logits.argmax())
        maps = attributions(model, image, target)
        cases.append({"image": name, "class": target, "logit": float(f"{logits[target].item():.9g}"), "maps": maps})
    versions = {
        "python": platform.python_version(),
        "captum": captum.__version__,
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "pillow": PIL.__version__,
        "numpy": np.__version__,
    }
    settings = {"n_steps": N_STEPS, "window": WINDOW, "stride": STRIDE, "n_samples": N_SAMPLES, "noise": NOISE, "seed": SEED}
    golden = {
        "made_by": "goldens/captum/attribution/make.py",
        "versions": versions,
        "settings": {**settings, "grad_cam_stage": CAM_STAGE},
        "places": {str(n): places(n) for n in (3 * SIDE * SIDE, SIDE * SIDE, 14 * 14)},
        "cases": cases,
    }
    (HERE / "golden.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()

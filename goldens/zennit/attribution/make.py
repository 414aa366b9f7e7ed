"""Layer-wise relevance propagation through SqueezeNet 1.1 for 8 photographs, as zennit computes it in double precision.

    python make.py DATA            DATA is the folder with weights/ and imagenet_sample_1000/; writes golden.json beside this file

Photographs, places and what is kept of each map are those of goldens/captum/attribution/make.py. The relevance at the start is
the largest logit. The box of the first layer is that of pixels from 0 to 255 less the mean.
"""

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import torch
import torchvision
import zennit.attribution
import zennit.composites
import zennit.rules
import zennit.types

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "captum" / "attribution"))
import make as captum_make  # noqa: E402


def everywhere(rule):
    return zennit.composites.LayerMapComposite(zennit.composites.layer_map_base() + [(zennit.types.Linear, rule)])


def composites():
    mean = torch.tensor(captum_make.MEAN, dtype=torch.float64)[None, :, None, None]
    return {
        "lrp-epsilon": everywhere(zennit.rules.Epsilon()),
        "lrp-zplus": everywhere(zennit.rules.ZPlus()),
        "lrp-gamma": everywhere(zennit.rules.Gamma()),
        "lrp-epsilon-plus": zennit.composites.EpsilonPlus(),
        "lrp-epsilon-plus-flat": zennit.composites.EpsilonPlusFlat(),
        "lrp-epsilon-alpha2-beta1": zennit.composites.EpsilonAlpha2Beta1(),
        "lrp-epsilon-gamma-box": zennit.composites.EpsilonGammaBox(low=-mean, high=255.0 - mean),
    }


def main():
    torch.set_num_threads(1)
    data = Path(sys.argv[1])
    model = captum_make.network(data)
    cases = []
    for name, image in captum_make.photographs(data):
        with torch.no_grad():
            logits = model(image)[0]
        target = int(logits.argmax())
        maps = {}
        for composite_name, composite in composites().items():
            with zennit.attribution.Gradient(model=model, composite=composite) as attributor:
                chosen = torch.nn.functional.one_hot(torch.tensor([target]), 1000).double()
                _, relevance = attributor(image.clone(), lambda output: output.detach() * chosen)
            maps[composite_name] = captum_make.kept(relevance)
        cases.append({"image": name, "class": target, "logit": float(f"{logits[target].item():.9g}"), "maps": maps})
    versions = {
        "python": platform.python_version(),
        "zennit": version("zennit"),
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
    }
    n = 3 * captum_make.SIDE * captum_make.SIDE
    golden = {
        "made_by": "goldens/zennit/attribution/make.py",
        "versions": versions,
        "places": {str(n): captum_make.places(n)},
        "cases": cases,
    }
    (HERE / "golden.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()

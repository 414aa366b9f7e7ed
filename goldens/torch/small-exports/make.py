"""A small network as PyTorch's exporters write it, with what PyTorch's own modules put out.

Writes golden.json beside this file: for each exporter and operator set the ONNX file's bytes (hexadecimal); once the
images, and for each module its output's shape, sum and first numbers.
Needs torch, onnx and onnxscript. Run: python make.py
"""

import io
import json
import warnings
from pathlib import Path

import onnx
import torch
from torch import nn

warnings.filterwarnings("ignore")

EXPORTS = [("torchscript", 9), ("torchscript", 11), ("torchscript", 13), ("torchscript", 17), ("torchscript", 20), ("dynamo", 18), ("dynamo", 20)]
N_NUMBERS = 12


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.activation = nn.Hardswish()
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, 4, 1), nn.SiLU(), nn.Conv2d(4, channels, 1), nn.Hardsigmoid())

    def forward(self, x):
        y = self.activation(self.norm(self.depthwise(x)))
        return x + y * self.squeeze(y)


class Attention(nn.Module):
    """Written out, so that every operator set can express it."""

    def __init__(self, width, n_heads):
        super().__init__()
        self.n_heads = n_heads
        self.norm = nn.LayerNorm(width)
        self.project = nn.Linear(width, 3 * width)
        self.merge = nn.Linear(width, width)

    def forward(self, x):
        n, tokens, width = x.shape
        q, k, v = self.project(self.norm(x)).reshape(n, tokens, 3, self.n_heads, width // self.n_heads).permute(2, 0, 3, 1, 4)
        scores = (q @ k.transpose(-2, -1)) * (width // self.n_heads) ** -0.5
        mixed = scores.softmax(dim=-1) @ v
        return x + self.merge(mixed.transpose(1, 2).reshape(n, tokens, width))


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
            Block(8),
            nn.AvgPool2d(2, padding=1),
        )
        self.attention = Attention(8, 2)
        self.mlp = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Dropout(0.5), nn.Linear(16, 8))
        self.classifier = nn.Linear(8, 5)

    def forward(self, image):
        x = self.features(image).flatten(2).transpose(1, 2)
        x = self.mlp(self.attention(x))
        return self.classifier(x.mean(dim=1))


def filled():
    """The network with numbers that no initialization leaves at 0 or 1."""
    torch.manual_seed(0)
    net = Small().eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.4)
        for name, buffer in net.named_buffers():
            if name.endswith("running_mean"):
                buffer.copy_(torch.randn(buffer.shape, generator=generator) * 0.3)
            if name.endswith("running_var"):
                buffer.copy_(torch.rand(buffer.shape, generator=generator) + 0.5)
    return net


def exported(net, images, exporter, opset):
    buffer = io.BytesIO()
    names = {"input_names": ["image"], "output_names": ["logits"], "opset_version": opset}
    if exporter == "torchscript":
        axes = {"image": {0: "batch"}, "logits": {0: "batch"}}
        torch.onnx.export(net, (images[:1],), buffer, dynamo=False, dynamic_axes=axes, **names)
    else:
        shapes = {"image": {0: torch.export.Dim("batch")}}
        torch.onnx.export(net, (images,), dynamo=True, dynamic_shapes=shapes, **names).save(buffer)
    model = onnx.load_from_string(buffer.getvalue())
    for node in model.graph.node:
        node.doc_string = ""
        # The stack traces hold paths of this machine.
        kept = [entry for entry in node.metadata_props if entry.key == "pkg.torch.onnx.name_scopes"]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
    for values in [model.graph.input, model.graph.output, model.graph.value_info]:
        for value in values:
            del value.metadata_props[:]
    del model.graph.metadata_props[:], model.metadata_props[:]
    found = next(entry.version for entry in model.opset_import if entry.domain == "")
    assert found == opset, (exporter, opset, found)
    return model.SerializeToString().hex()


def recorded(net, images):
    outputs = {}
    for name, module in net.named_modules():
        if name:
            module.register_forward_hook(lambda _, __, output, name=name: outputs.__setitem__(name, output.clone()))
    with torch.no_grad():
        outputs["logits"] = net(images)
    return outputs


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.flatten().tolist()]


def main():
    images = torch.randn((2, 3, 18, 22), generator=torch.Generator().manual_seed(2))
    golden = {
        "made_by": "goldens/torch/small-exports/make.py",
        "torch": torch.__version__,
        "onnx": onnx.__version__,
        "images": {"shape": list(images.shape), "values": numbers(images)},
        "stages": [
            {
                "name": name,
                "shape": list(output.shape),
                "sum_of_absolutes": float(f"{output.double().abs().sum().item():.9g}"),
                "first": numbers(output)[:N_NUMBERS],
            }
            for name, output in recorded(filled(), images).items()
        ],
        "exports": [
            {"exporter": exporter, "opset": opset, "onnx": exported(filled(), images, exporter, opset)}
            for exporter, opset in EXPORTS
        ],
    }
    path = Path(__file__).parent / "golden.json"
    path.write_text(json.dumps(golden, indent=1).replace("\n    ", " ").replace("\n   ", " ") + "\n")
    print(f"{len(golden['stages'])} stages, {len(golden['exports'])} exports, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()

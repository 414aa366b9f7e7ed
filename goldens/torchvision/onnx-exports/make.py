"""Every classification architecture of torchvision, exported to ONNX and run by homolog.

    cargo build --release --example run_onnx -p homolog
    python make.py PROGRAM [--architectures A,B] [--exports torchscript:9,torchscript:17,dynamo:18]

For each architecture and export: the network gets numbers that no initialization leaves at 0 or 1, PyTorch computes its
output for two images, the export is read by homolog (PROGRAM is target/release/examples/run_onnx) and run on Burn and on
ONNX Runtime. passed.txt beside this file then has one line for each: the largest difference relative to the largest
number of PyTorch's output. A line says NOT EXPORTED where PyTorch itself cannot write the network in that operator set.

Lines of architectures that were not asked for are kept. The whole list takes hours and up to 10 GB of memory, so continuous
integration does not run it. Needs torch, torchvision, onnx, onnxscript and onnxruntime.
"""

import argparse
import contextlib
import io
import subprocess
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
import torchvision

warnings.filterwarnings("ignore")
torch.set_num_threads(1)

PASSED = Path(__file__).parent / "passed.txt"
IMAGE_PX = {"inception_v3": 299}
TOLERANCE = 1e-4


def filled(name):
    """The network with every parameter and statistic drawn anew."""
    torch.manual_seed(0)
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    net = torchvision.models.get_model(name, weights=None, **options).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for key, parameter in net.named_parameters():
            if parameter.dim() < 2:
                # Scales near 1 and offsets near 0, so that deep networks neither vanish nor overflow.
                offset = 1.0 if key.endswith(("norm.weight", "weight")) else 0.0
                parameter.copy_(parameter * 0 + offset + 0.1 * torch.randn(parameter.shape, generator=generator))
            elif parameter.abs().max() == 0:
                parameter.copy_(0.05 * torch.randn(parameter.shape, generator=generator))
        for key, buffer in net.named_buffers():
            if key.endswith("running_mean"):
                buffer.copy_(0.1 * torch.randn(buffer.shape, generator=generator))
            if key.endswith("running_var"):
                buffer.copy_(0.8 + 0.4 * torch.rand(buffer.shape, generator=generator))
    return net


def export(net, images, exporter, opset, path):
    names = {"input_names": ["image"], "output_names": ["logits"], "opset_version": opset}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        if exporter == "torchscript":
            axes = {"image": {0: "batch"}, "logits": {0: "batch"}}
            torch.onnx.export(net, (images[:1],), path, dynamo=False, dynamic_axes=axes, **names)
        else:
            # Some networks fix the number of images while they are traced; those are exported for it.
            try:
                shapes = ({0: torch.export.Dim("batch")},)
                program = torch.onnx.export(net, (images,), dynamo=True, dynamic_shapes=shapes, **names)
            except Exception:
                program = torch.onnx.export(net, (images,), dynamo=True, **names)
            program.save(path, external_data=False)


def relative_error(found, expected):
    error = np.abs(found.reshape(expected.shape) - expected).max() / np.abs(expected).max()
    return error if np.isfinite(error) else np.inf


def line(name, exporter, opset, program, folder):
    place = f"{name} {exporter} {opset}"
    net = filled(name)
    side = IMAGE_PX.get(name, 224)
    images = torch.randn((2, 3, side, side), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        expected = net(images).numpy()
    model, array, output = (str(folder / file) for file in ["model.onnx", "images.npy", "output.npy"])
    np.save(array, images.numpy())
    try:
        export(net, images, exporter, opset, model)
    except Exception as problem:
        return f"{place} NOT EXPORTED by PyTorch: {type(problem).__name__}"
    del net
    words = []
    for engine in ["burn", "onnxruntime"]:
        run = subprocess.run([program, model, array, output, engine], capture_output=True, text=True)
        if run.returncode != 0:
            words.append(f"{engine} FAILED {run.stderr.strip().splitlines()[-1][:300]}")
            continue
        error = relative_error(np.load(output), expected)
        words.append(f"{engine} {error:.1e}" + ("" if error <= TOLERANCE else " FAILED"))
    return f"{place} {' '.join(words)}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--architectures")
    parser.add_argument("--exports", default="torchscript:9,torchscript:11,torchscript:13,torchscript:17,dynamo:18")
    arguments = parser.parse_args()
    known = torchvision.models.list_models(module=torchvision.models)
    wanted = arguments.architectures.split(",") if arguments.architectures else known
    exports = [entry.split(":") for entry in arguments.exports.split(",")]
    lines = {}
    if PASSED.exists():
        kept = [text for text in PASSED.read_text().splitlines() if not text.startswith("#")]
        lines = {tuple(text.split(" ")[:3]): text for text in kept}
    for name in wanted:
        for exporter, opset in exports:
            with tempfile.TemporaryDirectory() as folder:
                text = line(name, exporter, int(opset), arguments.program, Path(folder))
            print(text, flush=True)
            lines[(name, exporter, opset)] = text
            head = f"# made by goldens/torchvision/onnx-exports/make.py, torch {torch.__version__}, torchvision {torchvision.__version__}"
            ordered = [lines[key] for key in sorted(lines, key=lambda key: (key[0], key[1], int(key[2])))]
            PASSED.write_text("\n".join([head, *ordered]) + "\n")


if __name__ == "__main__":
    main()

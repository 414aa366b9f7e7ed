"""Outputs of the ONNX files in the real data, as ONNX Runtime computes them.

    python make.py DATA            DATA is the folder with weights/; writes golden.json beside this file

The input is the tensor "image" of goldens/torchvision/make.py, in a range like that of the network's own inputs. For each
output: its shape, its norm, and 12 elements spread evenly from the first to the last.
"""

import json
import math
import platform
import sys
from pathlib import Path

import numpy as np
import onnxruntime

HERE = Path(__file__).parent

# file, shape of the input, half the range of its numbers
NETWORKS = [
    ("squeezenet1_1/squeezenet1_1.onnx", [2, 3, 227, 227], 120.0),
    ("audio_openwakeword/melspectrogram.onnx", [2, 16000], 20000.0),
    ("audio_openwakeword/embedding_model.onnx", [2, 76, 32, 1], 3.0),
    ("audio_basic_pitch/nmp.onnx", [2, 43844, 1], 0.5),
]


def fnv1a64(text):
    state = 0xCBF29CE484222325
    for byte in text.encode():
        state = (state ^ byte) * 0x100000001B3 % 2**64
    return state


def uniform(name, n, low, high):
    """As goldens/torchvision/make.py says; here without its libraries."""
    with np.errstate(over="ignore"):
        bits = np.uint64(fnv1a64(name)) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        bits = bits ^ (bits >> np.uint64(31))
    return (low + (high - low) * ((bits >> np.uint64(40)).astype(np.float64) / 2.0**24)).astype(np.float32)


def summary(output):
    flat = output.astype(np.float64).ravel()
    places = [index * (flat.size - 1) // 11 for index in range(12)]
    return {
        "shape": list(output.shape),
        "norm": float(f"{math.sqrt((flat**2).sum()):.9g}"),
        "values": [float(f"{flat[place]:.9g}") for place in places],
    }


def main():
    data = Path(sys.argv[1])
    files = {}
    for file, shape, half_range in NETWORKS:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(data / "weights" / file), options, providers=["CPUExecutionProvider"])
        given = uniform("image", math.prod(shape), -half_range, half_range).reshape(shape)
        outputs = session.run(None, {session.get_inputs()[0].name: given})
        names = [output.name for output in session.get_outputs()]
        files[file] = {
            "input": shape,
            "half_range": half_range,
            "outputs": {name: summary(output) for name, output in zip(names, outputs, strict=True)},
        }
    golden = {
        "made_by": "goldens/onnxruntime/real-files/make.py",
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "onnxruntime": onnxruntime.__version__},
        "files": files,
    }
    (HERE / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()

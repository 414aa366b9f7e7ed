"""Small files as torch.save writes them, for the tests of the reader of .pth files: good ones and ones to refuse.

    python make.py            writes *.pth beside this file (each below 3 kB)

Every good file holds fc.weight = [[0, 0.5, 1], [1.5, 2, 2.5]] and fc.bias = [-1, 3] in some wrapping or format.
"""

import collections
import json
import os
import platform
from pathlib import Path

import torch

HERE = Path(__file__).parent


def weights(dtype=torch.float32, prefix=""):
    return collections.OrderedDict([
        (prefix + "fc.weight", (torch.arange(6).reshape(2, 3) / 2).to(dtype)),
        (prefix + "fc.bias", torch.tensor([-1.0, 3.0]).to(dtype)),
    ])


class AsksForTheSystem:
    def __reduce__(self):
        return os.system, ("touch executed",)


def main():
    batch_norm = weights()
    batch_norm["bn.num_batches_tracked"] = torch.tensor(7)
    strided = weights()
    strided["fc.weight"] = (torch.arange(6).reshape(2, 3) / 2).t().contiguous().t()
    files = {
        "plain": weights(),
        "half": weights(torch.float16),
        "bfloat16": weights(torch.bfloat16),
        "double": weights(torch.float64),
        "strided": strided,
        "batch_norm": batch_norm,
        "checkpoint": {"epoch": 3, "arch": "tiny", "best": 0.5, "state_dict": weights(prefix="module."), "optimizer": {"lr": 0.1, "momentum": torch.zeros(2)}},
        "asks_for_the_system": {"fc.weight": torch.zeros(2), "extra": AsksForTheSystem()},
        "is_a_call": AsksForTheSystem(),
        "integers": {"fc.weight": torch.zeros(2, dtype=torch.int32)},
        "sparse": {"fc.weight": torch.eye(2).to_sparse()},
        "no_tensors": {"epoch": 3},
    }
    for name, saved in files.items():
        torch.save(saved, HERE / f"{name}.pth")
    torch.save(weights(), HERE / "stream.pth", _use_new_zipfile_serialization=False)
    versions = {"python": platform.python_version(), "torch": torch.__version__}
    (HERE / "versions.json").write_text(json.dumps(versions) + "\n")


if __name__ == "__main__":
    main()

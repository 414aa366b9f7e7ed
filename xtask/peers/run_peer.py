"""The peer's side of `cargo xtask peers`: one workload of the peers' scripts, timed as ours is, with the peak memory of this process.

    python run_peer.py inputs  PEERS INPUTS              make the arrays and the divisions that both sides read
    python run_peer.py images  PEERS FOLDER              the first 400 images of V4 session 190923, as files that both sides read
    python run_peer.py stats   PEERS INPUTS NAME         a workload of peers_stats.py
    python run_peer.py extract PEERS FOLDER OURS STORE   decode the images of FOLDER, record all stages of SqueezeNet, store them in
                                                         STORE; then compare every value with the recording OURS
    python run_peer.py visualize PEERS                   the workload of peers_vision.py: seconds a step of one optimised image

PEERS is the folder of peers_stats.py and peers_vision.py, which are imported from there.
"""
import json, os, sys, time, zipfile
from pathlib import Path


def peak_resident_bytes():
    """As Linux counts it, the figure that homolog prints of itself too."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


def inputs(folder):
    import numpy as np
    import peers_stats
    folder = Path(folder)
    if not (folder / "pca_x.npy").exists():
        peers_stats.make(folder)
    for n_stimuli in (3200, 2304):
        fold_of = np.empty(n_stimuli, np.int64)
        for fold, (_, test) in enumerate(peers_stats.folds(n_stimuli, 10, 0)):
            fold_of[test] = fold
        np.save(folder / f"folds_{n_stimuli}.npy", fold_of)
    return {}


def images(folder):
    import peers_vision
    archive = zipfile.ZipFile(peers_vision.DATA / "v4_cowley2023/images/images_190923.zip")
    names = sorted(name for name in archive.namelist() if name.endswith(".jpg") and "__MACOSX" not in name)
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name in names[:400]:
        (Path(folder) / Path(name).name).write_bytes(archive.read(name))
    return {"weights": str(peers_vision.DATA / "weights/squeezenet1_1/squeezenet1_1.pth")}


def stats(folder, name):
    import peers_stats
    # Too slow to be among the scripts' own: over four minutes for 100 samples.
    slow = {"bootstrap_cosine_cov": peers_stats._bootstrap("cosine_cov", 100)}
    seconds, peer, values = (peers_stats.WORK | slow)[name](Path(folder))
    return {"seconds": seconds, "peer": peer, "values": values, "peak_resident_bytes": peak_resident_bytes()}


def visualize():
    import peers_vision
    import torch
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    seconds, values = peers_vision.visualize()
    return {"seconds": seconds, "peer": f"torch {torch.__version__}", "values": values, "peak_resident_bytes": peak_resident_bytes()}


def extract(folder, ours, store):
    import numpy as np
    import peers_vision
    import torch, torchvision  # noqa: F401  not in the time: a user's session has them loaded
    from PIL import Image

    begun = time.perf_counter()
    decoded = [np.asarray(Image.open(path).convert("RGB")) for path in sorted(Path(folder).glob("*.jpg"))]
    decoding = time.perf_counter()
    stages = peers_vision.record(decoded)
    recording = time.perf_counter()
    for name, values in stages.items():
        np.save(Path(store) / f"{name}.npy", values)
    stored = time.perf_counter()
    peak = peak_resident_bytes()
    parts = {"decode": decoding - begun, "record": recording - decoding, "store": stored - recording}
    difference = max(largest_difference(values, Path(ours) / "activations.zarr" / name) for name, values in stages.items())
    means = {name: [round(float(values.mean()), 6), round(float(values.std()), 6)] for name, values in stages.items()}
    return {"seconds": stored - begun, "parts": parts, "peer": f"torch {torch.__version__}", "values": means,
            "largest_difference": difference, "peak_resident_bytes": peak}


def largest_difference(theirs, array):
    """Between a stage and the same one in our Zarr folder (uncompressed float32 chunks that end in a checksum), as a share of its largest value."""
    import numpy as np
    described = json.loads((array / "zarr.json").read_text())
    assert described["shape"] == list(theirs.shape), f"{array}: {described['shape']} is not {theirs.shape}"
    rows, units = described["chunk_grid"]["configuration"]["chunk_shape"]
    largest = 0.0
    for row in range(0, theirs.shape[0], rows):
        for unit in range(0, theirs.shape[1], units):
            chunk = np.frombuffer((array / "c" / str(row // rows) / str(unit // units)).read_bytes()[:-4], "<f4").reshape(rows, units)
            part = theirs[row:row + rows, unit:unit + units]
            # A NaN, which is what a row that was never written holds, must not pass as equal.
            difference = np.abs(chunk[:part.shape[0], :part.shape[1]] - part).max()
            largest = float("inf") if np.isnan(difference) else max(largest, float(difference))
    return largest / float(np.abs(theirs).max())


if __name__ == "__main__":
    tasks = {"inputs": inputs, "images": images, "stats": stats, "extract": extract, "visualize": visualize}
    if len(sys.argv) < 3 or sys.argv[1] not in tasks:
        sys.exit(__doc__)
    sys.path.insert(0, sys.argv[2])
    print(json.dumps(tasks[sys.argv[1]](*sys.argv[3:])))

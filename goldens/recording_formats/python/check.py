"""Opens what homolog's writers wrote with xarray, NumPy and zarr-python, and keeps the hashes of what was seen to be right.

Run the test suite once (it writes the files and says where), then: python check.py FOLDER > checked.json
"""

import hashlib
import json
import math
import os
import sys

import numpy
import xarray
import zarr

folder = sys.argv[1]


def expected(row, unit, time_bin):
    return math.nan if (row, unit, time_bin) == (1, 1, 0) else row * 100 + unit * 10 + time_bin + 0.5


EXPECTED = numpy.array([[[expected(r, u, t) for t in range(2)] for u in range(2)] for r in range(3)])

for engine in ["netcdf4", "h5netcdf"]:
    with xarray.open_dataarray(os.path.join(folder, "recording.nc"), engine=engine) as assembly:
        assert assembly.dims == ("presentation", "neuroid", "time_bin"), assembly.dims
        numpy.testing.assert_array_equal(assembly.values, EXPECTED)
        coordinates = {name: list(values.values) for name, values in assembly.coords.items()}
        assert coordinates["stimulus_id"] == ["face, left", "gr\u00fc\u00df", "face, left"]
        assert coordinates["repetition"] == [0, 0, 1]
        assert coordinates["is_face"] == [True, False, True] and assembly["is_face"].dtype == bool
        assert coordinates["subject"] == ["BE", "BE", "KO"]
        assert coordinates["neuroid_subject"] == ["BE", "KO"]
        assert coordinates["neuroid_id"] == ["n1", "n2"] and assembly["neuroid_id"].dims == ("neuroid",)
        assert coordinates["region"] == ["V4", "IT"]
        assert coordinates["depth_mm"][0] == 0.5 and math.isnan(coordinates["depth_mm"][1])
        assert coordinates["time_bin_start"] == [70, 90] and coordinates["time_bin_end"] == [90, 110]
    with xarray.open_dataset(os.path.join(folder, "recording.nc"), engine=engine) as dataset:
        assert list(dataset.data_vars) == ["data"]
        assert dataset.attrs == {"identifier": "test.assembly", "stimulus_set_identifier": "test.stimuli"}, dataset.attrs
    with xarray.open_dataarray(os.path.join(folder, "recording_without_time.nc"), engine=engine) as assembly:
        assert assembly.dims == ("presentation", "neuroid")

with numpy.load(os.path.join(folder, "recording.npz"), allow_pickle=False) as archive:
    numpy.testing.assert_array_equal(archive["values"], EXPECTED)
    assert archive["presentation.stimulus_id"].tolist() == ["face, left", "gr\u00fc\u00df", "face, left"]
    assert archive["presentation.is_face"].tolist() == [True, False, True]
    assert archive["unit.unit_id"].tolist() == ["n1", "n2"]
    assert archive["time_bin.end_ms"].tolist() == [90, 110]
    assert dict(archive["attributes"].tolist()) == {
        "identifier": "test.assembly",
        "stimulus_set_identifier": "test.stimuli",
    }

group = zarr.open_group(os.path.join(folder, "run.zarr"), mode="r")
assert group["stimulus_id"][:].tolist() == ["a", "gr\u00fc\u00df", "c", "d", "e"]
stages = {array.attrs["stage"]: array for _, array in group.arrays() if "stage" in array.attrs}
assert sorted(stages) == ["/classifier/Conv_output_0", "features.8"], stages
for array in stages.values():
    assert array.shape == (5, 4) and array.dtype == numpy.float32 and array.chunks == (2, 3)
    values = array[:]
    numpy.testing.assert_array_equal(values[:4], [[10 * s + u for u in range(4)] for s in range(4)])
    assert numpy.isnan(values[4]).all()

hashes = {}
for here, _, files in os.walk(folder):
    for name in files:
        path = os.path.join(here, name)
        hashes[os.path.relpath(path, folder)] = hashlib.sha256(open(path, "rb").read()).hexdigest()
versions = {
    "python": sys.version.split()[0],
    "numpy": numpy.__version__,
    "xarray": xarray.__version__,
    "zarr": zarr.__version__,
}
json.dump({"versions": versions, "sha256": dict(sorted(hashes.items()))}, sys.stdout, indent=1)
print()

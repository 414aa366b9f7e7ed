"""Small files as Python's libraries write them, and what they hold.

Run: python make.py > golden.json
No MATLAB was at hand: the version 7.3 file is written with h5py in MATLAB's layout (a 512-byte block, reversed axes,
MATLAB_class attributes, cells as references into #refs#).
"""

import io
import json
import os
import sys
import tempfile

import h5py
import numpy
import scipy
import scipy.io
import xarray


def npy(array):
    stream = io.BytesIO()
    numpy.save(stream, array, allow_pickle=False)
    return stream.getvalue().hex()


def npy_files():
    counted = numpy.arange(6).reshape(2, 3)
    return {
        "float64": npy(counted + 0.5),
        "float32_fortran": npy(numpy.asfortranarray(counted, dtype="<f4")),
        "float64_big_endian": npy((counted + 0.5).astype(">f8")),
        "float16": npy(numpy.array([1.5, -2.0, 65504.0, 6e-8, numpy.inf, numpy.nan], dtype="<f2")),
        "int16_big_endian": npy(counted.astype(">i2") - 3),
        "uint64": npy(counted.astype("<u8")),
        "uint8": npy(counted.astype("u1")),
        "bool": npy(counted % 2 == 0),
        "text": npy(numpy.array([["gr\u00fc\u00df", "b"], ["", "\U0001f600c"]])),
        "text_big_endian": npy(numpy.array(["ab", "c"]).astype(">U2")),
        "bytes": npy(numpy.array([b"ab", b"c"])),
        "scalar": npy(numpy.float64(7.25)),
        "empty": npy(numpy.zeros((0, 4))),
    }


def refused_npy_files():
    stream = io.BytesIO()
    numpy.save(stream, numpy.array([{"a": 1}], dtype=object), allow_pickle=True)
    return {
        "object": stream.getvalue().hex(),
        "complex": npy(numpy.array([1 + 2j])),
        "structured": npy(numpy.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])),
        "huge_uint64": npy(numpy.array([2**63], dtype="u8")),
    }


def npz():
    stream = io.BytesIO()
    numpy.savez_compressed(stream, rdm=numpy.eye(3), ids=numpy.array(["a", "bb"]))
    return stream.getvalue().hex()


def mat5(compressed):
    rdms = numpy.zeros((1, 2), dtype=[("RDM", object), ("name", object)])
    for session in range(2):
        rdms[0, session]["RDM"] = numpy.arange(6.0).reshape(2, 3) + 10 * session
        rdms[0, session]["name"] = f"Session {session + 1}"
    labels = numpy.empty((2, 2), dtype=object)
    labels[:] = [["a", "bb"], ["ccc", ""]]
    variables = {
        "RDMs": rdms,
        "labels": labels,
        "pixels": numpy.arange(24, dtype="u1").reshape(2, 3, 4),
        "whole": numpy.array([[1.0, 2.0, 300.0]]),
        "single": numpy.array([[0.5]], dtype="f4"),
        "truth": numpy.array([[True, False]]),
        "signed": numpy.array([[-5]], dtype="i2"),
        "rows": numpy.array(["ab ", "cde"]),
        "sparse": scipy.sparse.csc_matrix(numpy.eye(3)),
        "complex": numpy.array([[1 + 2j]]),
        "nested": {"inner": {"value": 3.0}},
    }
    stream = io.BytesIO()
    scipy.io.savemat(stream, variables, do_compression=compressed)
    return stream.getvalue().hex()


def mat73():
    path = os.path.join(tempfile.mkdtemp(), "file.mat")
    with h5py.File(path, "w", userblock_size=512) as file:

        def put(group, name, array, matlab_class):
            dataset = group.create_dataset(name, data=numpy.ascontiguousarray(numpy.asarray(array).T))
            dataset.attrs["MATLAB_class"] = numpy.bytes_(matlab_class)
            return dataset

        def text(group, name, string):
            put(group, name, [[ord(letter) for letter in string]], "char").attrs["MATLAB_int_decode"] = 2

        references = file.create_group("#refs#")
        put(file, "rdm", numpy.arange(6.0).reshape(2, 3), "double")
        put(file, "pixels", numpy.arange(24, dtype="u1").reshape(2, 3, 4), "uint8")
        put(file, "truth", numpy.array([[1, 0]], dtype="u1"), "logical")
        text(file, "name", "hIT")
        put(file, "nothing", numpy.array([[0], [0]], dtype="u8").T, "double").attrs["MATLAB_empty"] = 1
        labels = [["a", "bb"], ["ccc", "d"]]
        cells = numpy.empty((2, 2), dtype=h5py.ref_dtype)
        for row in range(2):
            for column in range(2):
                text(references, f"label{row}{column}", labels[row][column])
                cells[column, row] = references[f"label{row}{column}"].ref
        file.create_dataset("labels", data=cells, dtype=h5py.ref_dtype).attrs["MATLAB_class"] = numpy.bytes_("cell")
        structure = file.create_group("info")
        structure.attrs["MATLAB_class"] = numpy.bytes_("struct")
        put(structure, "n", [[92.0]], "double")
        array = file.create_group("RDMs")
        array.attrs["MATLAB_class"] = numpy.bytes_("struct")
        fields = numpy.empty((2, 1), dtype=h5py.ref_dtype)
        for session in range(2):
            put(references, f"rdm{session}", numpy.arange(6.0).reshape(2, 3) + 10 * session, "double")
            fields[session, 0] = references[f"rdm{session}"].ref
        array.create_dataset("RDM", data=fields, dtype=h5py.ref_dtype)
    content = bytearray(open(path, "rb").read())
    header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    content[:128] = header
    return bytes(content).hex()


def netcdf():
    path = os.path.join(tempfile.mkdtemp(), "assembly.nc")
    assembly = xarray.DataArray(
        numpy.array([[[1.0], [numpy.nan]], [[3.0], [4.0]], [[5.0], [6.0]]]),
        dims=("presentation", "neuroid", "time_bin"),
        coords={
            "stimulus_id": ("presentation", ["a", "b", "a"]),
            "repetition": ("presentation", [0, 0, 1]),
            "is_face": ("presentation", [True, False, True]),
            "neuroid_id": ("neuroid", ["n1", "n2"]),
            "region": ("neuroid", ["V4", "IT"]),
            "depth_mm": ("neuroid", [0.5, numpy.nan]),
            "time_bin_start": ("time_bin", [70]),
            "time_bin_end": ("time_bin", [170]),
        },
        attrs={"identifier": "test.assembly", "stimulus_set_identifier": "test.stimuli"},
    )
    assembly.to_netcdf(path, engine="netcdf4")
    return open(path, "rb").read().hex()


json.dump(
    {
        "versions": {
            "python": sys.version.split()[0],
            "numpy": numpy.__version__,
            "scipy": scipy.__version__,
            "h5py": h5py.__version__,
            "xarray": xarray.__version__,
        },
        "npy": npy_files(),
        "refused_npy": refused_npy_files(),
        "npz": npz(),
        "mat5": mat5(False),
        "mat5_compressed": mat5(True),
        "mat73": mat73(),
        "netcdf": netcdf(),
    },
    sys.stdout,
    indent=1,
)
print()

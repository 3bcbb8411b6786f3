"""ONNX models of one operator: any operator in any version, with any types, shapes, attributes and values.

Much of it is nearly right, since what is wholly wrong is refused at once. Each model is stored and run.
"""

import functools
import json
import pathlib
import random

import numpy
import onnx

from frame.case import Case, Stream

from .onnx_attributes import attribute
from .onnx_tensors import ELEMENT_TYPES, WIRE_TYPES, elements, initializer, shape_near, some_shape

UNIT = "models"
FULL = 20_000
SHORT = 300

FILE = pathlib.Path(__file__).parent / "onnx_operators.json"
IR_VERSIONS = [8, 8, 8, 10, 10, 7, 3]
OPSETS = [7, 11, 13, 17, 17, 21, 23]


@functools.cache
def operators():
    """All operators, each with the lists of types in place."""
    content = json.loads(FILE.read_text())
    for one in content["operators"]:
        one["types"] = {name: content["lists"][index] for name, index in one["types"].items()}
    return content["operators"]


def case(seed, number):
    source = random.Random(f"onnx {seed} {number}")
    operator = source.choice(operators())
    model = Model(operator, source)
    outputs = [f"o{index}" for index in range(len(model.node.output))]
    run = ["AI.MODELEXECUTE", "m", "INPUTS", len(model.fed), *model.fed, "OUTPUTS", len(outputs), *outputs]
    store = ["AI.MODELSTORE", "m", "ONNX", "CPU", "BLOB", model.proto.SerializeToString()]
    # Not the elements: an output may have so many of them that to send them takes its time.
    read = [["AI.TENSORGET", name, "META"] for name in outputs[:2]]
    commands = [*model.tensors, store, run, run, *read]
    note = f"{operator['domain'] or 'ai.onnx'} {operator['name']} {operator['since']}: {model.note}"
    return Case("onnx_operators", seed, number, [Stream(commands)], note[:2000])


def count(case):
    return 1


class Model:
    """One model with an operator, and the commands that store what it takes."""

    def __init__(self, operator, source):
        self.operator = operator
        self.source = source
        self.proto = onnx.ModelProto(ir_version=source.choice(IR_VERSIONS))
        self.graph = self.proto.graph
        self.graph.name = "g"
        self.node = onnx.NodeProto(op_type=operator["name"], domain=operator["domain"])
        # The inputs of the model, and the commands that store tensors for them.
        self.fed = []
        self.tensors = []
        self.notes = []
        self.types = {name: self.chosen(listed) for name, listed in operator["types"].items()}
        self.shape = some_shape(source)
        self.is_uniform = source.random() < 0.5
        for index, (type_name, option) in enumerate(self.parameters()):
            self.add_input(index, type_name, option)
        if not self.fed:
            self.feed("unused", "tensor(float)", [1])
        self.add_attributes()
        self.add_outputs()
        self.graph.node.append(self.node)
        self.import_domains()

    @property
    def note(self):
        return ", ".join(self.notes)

    def chosen(self, listed):
        """One of the allowed types: plain tensors mostly."""
        plain = [name for name in listed if name in WIRE_TYPES]
        usual = [name for name in ("tensor(float)", "tensor(int64)", "tensor(int32)") if name in plain]
        chance = self.source.random()
        if usual and chance < 0.4:
            return self.source.choice(usual)
        return self.source.choice(plain if plain and chance < 0.95 else listed)

    def parameters(self):
        """The inputs that this model has; of many it is a random number."""
        listed = self.operator["inputs"]
        wanted = self.source.randint(self.operator["least"][0], max(len(listed), self.operator["least"][0]))
        if listed and listed[-1][1] == "v":
            wanted = max(wanted, len(listed) - 1 + self.source.randint(0, 3))
            listed = listed + [listed[-1]] * 4
        return listed[:wanted]

    def add_input(self, index, type_name, option):
        source = self.source
        if option == "o" and source.random() < 0.3:
            self.node.input.append("")
            return
        name = f"i{index}"
        kind = self.types.get(type_name, type_name)
        if source.random() < 0.02:
            kind = source.choice(list(WIRE_TYPES))
        element = kind
        for wrapper in ("optional(", "seq("):
            if element.startswith(wrapper):
                element = element[len(wrapper):-1]
        if element not in ELEMENT_TYPES:
            element = "tensor(float)"
        self.value(name, element, self.input_shape(index, type_name))
        if kind.startswith("seq(") or kind.startswith("optional("):
            operation = "SequenceConstruct" if "seq(" in kind else "Optional"
            self.graph.node.append(onnx.NodeProto(op_type=operation, input=[name], output=[name + "w"]))
            name += "w"
        self.node.input.append(name)

    def input_shape(self, index, type_name):
        """A shape that goes with the first input's, more or less."""
        source = self.source
        if type_name in ("tensor(int64)", "tensor(int32)") and source.random() < 0.7:
            return source.choice([[], [1], [len(self.shape)], [2 * len(self.shape)], [2]])
        if index == 0 or (self.is_uniform and source.random() < 0.9):
            return self.shape
        return shape_near(self.shape, source)

    def value(self, name, element, shape):
        """A value in the model, or one that comes from a client."""
        if element in WIRE_TYPES and self.source.random() < 0.6:
            self.feed(name, element, shape)
            return
        self.graph.initializer.append(initializer(name, element, shape, self.source))
        self.notes.append(f"{name} {element} {shape} in the model")

    def feed(self, name, element, shape):
        source = self.source
        info = self.graph.input.add(name=name)
        tensor = info.type.tensor_type
        tensor.elem_type = ELEMENT_TYPES[element]
        if source.random() < 0.8:
            tensor.shape.SetInParent()
            for size in shape:
                dimension = tensor.shape.dim.add()
                if source.random() < 0.5:
                    dimension.dim_value = size
        self.fed.append(name)
        # A dimension of 0 may come out of a model but not from a client.
        shape = [max(size, 1) for size in shape]
        content = elements(element, shape, source)
        words = ["AI.TENSORSET", name, WIRE_TYPES[element], *shape]
        if element == "tensor(string)":
            self.tensors.append([*words, "VALUES", *content])
        else:
            self.tensors.append([*words, "BLOB", numpy.ascontiguousarray(content).tobytes()])
        self.notes.append(f"{name} {element} {shape}")

    def add_attributes(self):
        rank = len(self.shape)
        length = self.source.choice([0, 1, 2, 3, 4, 8])
        for name, (kind, required, *words) in self.operator["attributes"].items():
            if self.source.random() > (0.97 if required else 0.5):
                continue
            made = attribute(name, kind, words[0] if words else [], rank, length, self.source)
            if made is not None:
                self.node.attribute.append(made)
                self.notes.append(f"{name}={onnx.helper.printable_attribute(made)[len(name) + 3:]}"[:200])

    def add_outputs(self):
        least, listed = self.operator["least"][1], self.operator["outputs"]
        wanted = self.source.randint(max(least, 1), max(len(listed), least, 1))
        for index in range(wanted):
            name = f"o{index}"
            self.node.output.append(name)
            self.graph.output.add(name=name)

    def import_domains(self):
        domain, since = self.operator["domain"], self.operator["since"]
        self.proto.opset_import.add(domain=domain, version=since)
        if domain:
            self.proto.opset_import.add(domain="", version=self.source.choice(OPSETS))



"""Graphs that would read or write files, reach others or end the process: one for each way and each place.

They are written node by node, so that none of it runs here. Paths are relative: a test starts the server in
a folder of its own and looks at what is in it. Each has the input `x` and the output `y`, FLOAT.
"""

from tensorflow.core.framework import graph_pb2, types_pb2

STRING = types_pb2.DT_STRING
FLOAT = types_pb2.DT_FLOAT


def node(holder, name, operation, *inputs, **attributes):
    """Adds a node; attributes are types, or what their Python type says."""
    made = holder.add(name=name, op=operation, input=inputs)
    for key, value in attributes.items():
        place = made.attr[key]
        if key in ("T", "dtype", "Tin", "Tout", "dtypes", "element_dtype", "key_dtype", "value_dtype",
                   "output_types", "send_type", "tensor_type", "out_type"):
            if isinstance(value, list):
                place.list.type.extend(value)
            else:
                place.type = value
        elif isinstance(value, bool):
            place.b = value
        elif isinstance(value, int):
            place.i = value
        elif isinstance(value, list):
            place.list.s.extend(word.encode() for word in value)
        else:
            place.s = value.encode()
    return made


def text(holder, name, *words, scalar=True):
    """A constant of words."""
    made = holder.add(name=name, op="Const")
    made.attr["dtype"].type = STRING
    tensor = made.attr["value"].tensor
    tensor.dtype = STRING
    if not scalar:
        tensor.tensor_shape.dim.add(size=len(words))
    else:
        tensor.tensor_shape.SetInParent()
    tensor.string_val.extend(word.encode() for word in words)


def through(graph, *controls):
    """The rest of a graph: y = x, once what is listed has run."""
    node(graph.node, "x", "Placeholder", dtype=FLOAT)
    node(graph.node, "y", "Identity", "x", *[f"^{name}" for name in controls], T=FLOAT)
    return graph


# For each way the nodes that go it; `path` is a constant before them.
WAYS = {
    "read_file": [("ReadFile", ["path"], {})],
    "write_file": [("WriteFile", ["path", "path"], {})],
    "matching_files": [("MatchingFiles", ["path"], {})],
    "restore": [("RestoreV2", ["path", "paths", "paths"], {"dtypes": [FLOAT]})],
    "restore_old": [("Restore", ["path", "path"], {"dt": 1})],
    "save": [("SaveV2", ["path", "paths", "paths", "path"], {"dtypes": [STRING]})],
    "merge_checkpoints": [("MergeV2Checkpoints", ["paths", "path"], {})],
    "table_from_file": [
        ("HashTableV2", [], {"key_dtype": STRING, "value_dtype": STRING}),
        ("InitializeTableFromTextFileV2", ["way0", "path"], {"key_index": -2, "value_index": -2})],
    "text_lines": [("TextLineDataset", ["path", "path", "path"], {})],
    "records": [("TFRecordDataset", ["path", "path", "path"], {})],
    "whole_file_reader": [("WholeFileReaderV2", [], {})],
    "region_of_memory": [("ImmutableConst", [], {"dtype": FLOAT, "memory_region_name": "dump.rdb"})],
    "vocabulary": [("FixedUnigramCandidateSampler", ["path"], {"vocab_file": "dump.rdb", "num_true": 1,
                    "num_sampled": 1, "unique": True, "range_max": 1})],
    "descriptor": [("DecodeProtoV2", ["path"], {"descriptor_source": "dump.rdb", "message_type": "a",
                    "field_names": ["a"], "output_types": [STRING]})],
    "python": [("PyFunc", ["path"], {"token": "f", "Tin": [STRING], "Tout": [STRING]})],
    "send": [("Send", ["path"], {"T": STRING, "tensor_name": "t", "send_device": "/cpu:0",
              "send_device_incarnation": 1, "recv_device": "/cpu:0"})],
    "print_to_file": [("PrintV2", ["path"], {"output_stream": "file://written"})],
    "debug_to_file": [("DebugIdentity", ["path"], {"T": STRING, "debug_urls": ["file://written"]})],
    "summary": [("SummaryWriter", [], {}),
                ("CreateSummaryFileWriter", ["way0", "path", "path", "path", "path"], {})],
    "data_service": [("DataServiceDatasetV2", ["path"] * 8, {})],
    "abort": [("Abort", [], {"error_msg": "the end"})],
    "of_the_runtime": [("_Send", ["path"], {"T": STRING, "tensor_name": "t", "send_device": "/cpu:0",
                        "send_device_incarnation": 1, "recv_device": "/cpu:0"})],
}


def way(name, holder):
    """Adds the nodes of a way; returns the name of the last one."""
    text(holder, "path", "dump.rdb")
    text(holder, "paths", "dump.rdb", scalar=False)
    for index, (operation, inputs, attributes) in enumerate(WAYS[name]):
        node(holder, f"way{index}", operation, *inputs, **attributes)
    return f"way{len(WAYS[name]) - 1}"


def straight(name):
    graph = graph_pb2.GraphDef()
    return through(graph, way(name, graph.node))


def function(graph, name):
    """An empty function without parameters."""
    made = graph.library.function.add()
    made.signature.name = name
    return made


def in_function():
    """ReadFile in a function that a node is named after."""
    graph = graph_pb2.GraphDef()
    inside = function(graph, "reads")
    inside.control_ret["done"] = way("read_file", inside.node_def)
    inside.signature.control_output.append("done")
    node(graph.node, "call", "reads")
    return through(graph, "call")


def in_called_function():
    """ReadFile in a function that is called within one that an attribute names."""
    graph = graph_pb2.GraphDef()
    inside = function(graph, "reads")
    way("read_file", inside.node_def)
    outside = function(graph, "calls")
    node(outside.node_def, "call", "reads")
    call = node(graph.node, "call", "StatefulPartitionedCall", Tin=[], Tout=[])
    call.attr["f"].func.name = "calls"
    return through(graph, "call")


def named_by_attribute():
    """ReadFile itself as the function that is to be called."""
    graph = graph_pb2.GraphDef()
    call = node(graph.node, "call", "PartitionedCall", Tin=[], Tout=[])
    call.attr["f"].func.name = "ReadFile"
    return through(graph, "call")


def function_in_disguise():
    """A function that has the name of an operation."""
    graph = graph_pb2.GraphDef()
    function(graph, "ReadFile")
    node(graph.node, "call", "ReadFile")
    return through(graph, "call")


def not_connected():
    """WriteFile beside what is asked for."""
    graph = straight("write_file")
    graph.node[-1].input.pop()
    return graph


def recursion():
    """A function that calls itself."""
    graph = graph_pb2.GraphDef()
    inside = function(graph, "again")
    node(inside.node_def, "call", "again")
    node(graph.node, "call", "again")
    return through(graph, "call")


PLACES = {
    "in_function": in_function, "in_called_function": in_called_function,
    "named_by_attribute": named_by_attribute, "function_in_disguise": function_in_disguise,
    "not_connected": not_connected,
}


def graphs():
    """All of them by their names."""
    made = {name: straight(name) for name in WAYS}
    made.update({name: build() for name, build in PLACES.items()})
    return made

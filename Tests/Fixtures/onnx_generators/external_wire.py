"""The same attempts, hidden in the encoding: bytes that a reader accepts and a writer never makes."""

# Field numbers of the format.
MODEL_GRAPH = 7
GRAPH_INITIALIZER = 5
TENSOR_DATA_LOCATION = 14

VARINT, LENGTH, GROUP_START, GROUP_END = 0, 2, 3, 4


def varint(number, padding=0):
    """A number in groups of seven bits; `padding` adds groups that only carry zeros."""
    groups = []
    while True:
        groups.append(number & 0x7F)
        number >>= 7
        if number == 0:
            break
    groups += [0] * padding
    return bytes(group | 0x80 for group in groups[:-1]) + bytes(groups[-1:])


def key(field, kind, padding=0):
    """The bytes before a field's value."""
    return varint(field << 3 | kind, padding)


def message(field, content, padding=0):
    """A field that holds a message."""
    return key(field, LENGTH) + varint(len(content), padding) + content


def with_initializer(reader, tensor, padding=0):
    """The model with a second part of its graph, which holds the tensor: a reader joins both parts."""
    return reader + message(MODEL_GRAPH, message(GRAPH_INITIALIZER, tensor, padding))


def payloads(reader, external):
    """Each hiding place's name and the bytes of its model.

    `reader` lacks a definition of `secret`; `external` is the tensor that would give it from the file.
    """
    base = reader.SerializeToString(deterministic=True)
    flag = key(TENSOR_DATA_LOCATION, VARINT)
    tensor = external.SerializeToString(deterministic=True)
    assert tensor.endswith(flag + b"\x01"), "the flag is the tensor's last field"
    body = tensor[: -len(flag) - 1]

    unknown = key(200, GROUP_START) + key(1, VARINT) + b"\x05" + key(200, GROUP_END)
    tensors = {
        "wire_graph_in_two_parts": body + flag + b"\x01",
        "wire_long_key": body + key(TENSOR_DATA_LOCATION, VARINT, padding=2) + b"\x01",
        "wire_long_flag": body + flag + varint(1, padding=3),
        "wire_flag_beyond_32_bits": body + flag + varint(1 | 1 << 32),
        "wire_flag_set_then_cleared": body + flag + b"\x01" + flag + b"\x00",
        "wire_flag_cleared_then_set": body + flag + b"\x00" + flag + b"\x01",
        "wire_after_unknown_group": unknown + body + unknown + flag + b"\x01",
        "wire_after_unknown_field": message(199, b"\xff\xff\xff") + body + flag + b"\x01",
    }
    for name, bytes_of_tensor in tensors.items():
        yield name, with_initializer(base, bytes_of_tensor)
    yield "wire_long_length", with_initializer(base, tensor, padding=2)
    yield "wire_group_in_graph", base + message(
        MODEL_GRAPH, unknown + message(GRAPH_INITIALIZER, tensor))

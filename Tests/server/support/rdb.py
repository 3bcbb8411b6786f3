"""Payloads as DUMP gives them and RESTORE takes them, built field by field.

A field is a pair: ("u", number) for an unsigned or signed integer, ("s", bytes) for a string,
("raw", bytes) for bytes that are put in as they are.
"""

TENSOR = "AI_TENSOR"
MODEL = "AI__MODEL"
SCRIPT = "AI_SCRIPT"
SCRIPT = "AI_SCRIPT"

# The oldest format number that all servers of the tests read.
RDB_VERSION = 9

TYPE_MODULE_2 = 7
OPCODE_EOF, OPCODE_SIGNED, OPCODE_UNSIGNED, OPCODE_FLOAT, OPCODE_DOUBLE, OPCODE_STRING = range(6)

NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

# DLPack's codes of the element types that the original stores, with their bits.
CODES = {
    "INT8": (0, 8), "INT16": (0, 16), "INT32": (0, 32), "INT64": (0, 64), "UINT8": (1, 8), "UINT16": (1, 16),
    "FLOAT": (2, 32), "DOUBLE": (2, 64), "BOOL": (6, 8), "STRING": (7, 8),
}

TF, TFLITE, TORCH, ONNX = range(4)


def checksum_table():
    """The table of CRC-64 as the server computes it: Jones' polynomial, reflected."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x95AC9329AC4BC9B5 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = checksum_table()


def checksum(content):
    result = 0
    for byte in content:
        result = TABLE[(result ^ byte) & 0xFF] ^ result >> 8
    return result


def length(number):
    """A number in the server's variable-length form."""
    number &= 2**64 - 1
    if number < 1 << 6:
        return bytes([number])
    if number < 1 << 14:
        return bytes([0x40 | number >> 8, number & 0xFF])
    if number < 1 << 32:
        return b"\x80" + number.to_bytes(4, "big")
    return b"\x81" + number.to_bytes(8, "big")


def string(content):
    """A string as the server saves it with compression off: short decimal numbers become integers."""
    if 0 < len(content) <= 11:
        try:
            number = int(content)
        except ValueError:
            number = None
        if number is not None and str(number).encode() == content:
            for kind, size in ((0, 1), (1, 2), (2, 4)):
                if -(1 << 8 * size - 1) <= number < 1 << 8 * size - 1:
                    return bytes([0xC0 | kind]) + number.to_bytes(size, "little", signed=True)
    return length(len(content)) + content


def encoded(field):
    kind, content = field
    if kind == "u":
        return length(OPCODE_UNSIGNED) + length(content)
    if kind == "s":
        return length(OPCODE_STRING) + string(content)
    return content


def module_id(name, version):
    """The number that names a module's type and its encoding version."""
    number = 0
    for character in name:
        number = number << 6 | NAME_CHARACTERS.index(character)
    return number << 10 | version


def value(name, version, fields):
    """A value as it lies in an RDB file."""
    content = b"".join(encoded(field) for field in fields)
    return bytes([TYPE_MODULE_2]) + length(module_id(name, version)) + content + length(OPCODE_EOF)


def sealed(content, rdb_version=RDB_VERSION):
    """The content with the format number and the checksum that RESTORE wants to see."""
    content += rdb_version.to_bytes(2, "little")
    return content + checksum(content).to_bytes(8, "little")


def payload(name, version, fields, rdb_version=RDB_VERSION):
    """What DUMP gives for a value."""
    return sealed(value(name, version, fields), rdb_version)


def numbers(*values):
    return [("u", number) for number in values]


def tensor_fields(element_type, shape, data, offsets=()):
    """A tensor in encoding version 4; a STRING tensor has the offset of each element."""
    return numbers(*CODES[element_type], len(shape), *shape) + [("s", data)] + numbers(*offsets)


def old_tensor_fields(element_type, shape, data, device_id=0, byte_offset=0):
    """A tensor in encoding versions 0 to 3."""
    code, bits = CODES[element_type]
    strides, step = [], 1
    for dimension in reversed(shape):
        strides.insert(0, step)
        step *= dimension
    head = numbers(1, device_id, bits, code, 1, len(shape), *shape, *strides, byte_offset)
    return head + [("s", data)]


def ended(text):
    """A string whose saved bytes include a NUL at the end."""
    return ("s", text.encode() + b"\0")


def names(listed):
    return numbers(len(listed)) + [ended(name) for name in listed]


def model_fields(blob, inputs=(), outputs=(), version=4, backend=ONNX, device="CPU", tag="", batch=(0, 0, 0)):
    """A model in any encoding version; `batch` is the batch size, its minimum, and the minimum's timeout."""
    fields = numbers(backend) + [ended(device)]
    fields.append(ended(tag) if version == 0 else ("s", tag.encode()))
    fields += numbers(*(batch if version >= 2 else batch[:2]))
    fields += names(inputs) + names(outputs)
    if version == 0:
        return fields + [("s", blob)]
    return fields + numbers(len(blob), 1) + [("s", blob)]


def script_fields(source, entry_points=(), version=4, device="CPU", tag=""):
    """A script in any encoding version."""
    fields = [ended(device), ended(tag) if version == 0 else ("s", tag.encode()), ended(source)]
    return fields if version < 3 else fields + names(entry_points)

"""Tensors, models and scripts of the stand-in, as small as the tests of `redisAI` need them."""

import array
import mmap
import os
import socket
import struct

_ANNOUNCEMENT = struct.Struct("<qQ")
# Elements of so many bytes go through shared memory.
SHARED_FROM = 16 * 1024


class Refusal(Exception):
    """The server's answer to a call is this error."""


class Models:
    """Keys hold (type, dims, bytes). The model `m` multiplies two FLOAT tensors, the script `s` adds two."""

    def __init__(self, stand_in):
        self._stand_in = stand_in
        self.keys = {}
        self.held = {}
        # The slot of all tensors that a flow wants to know.
        self.slot = None
        self._theirs = stand_in.regions
        # How many regions the other side has made.
        self.region_count = 0

    # Tensors

    def tensor_get(self, asker, keys):
        for key in keys:
            if key not in self.keys:
                raise Refusal("ERR tensor key is empty")
        return [self._hold(self.keys[key]) for key in keys]

    def tensor_find(self, asker, key, is_tracked):
        return self.tensor_get(asker, [key])[0], self.slot if is_tracked else None

    def tensor_set(self, asker, pairs):
        if any(key == b"string" for key, _ in pairs):
            raise Refusal("ERR Key is already set with non tensor values.")
        self.keys.update((key, self._read(reference)) for key, reference in pairs)

    def tensor_data(self, asker, number):
        _, _, data = self.held[number]
        if len(data) < SHARED_FROM:
            return data
        number = self._stand_in.new_number()
        descriptor = os.memfd_create("test")
        os.write(descriptor, data)
        socket.send_fds(self._stand_in.side, [_ANNOUNCEMENT.pack(number, len(data))], [descriptor])
        os.close(descriptor)
        return (number, 0, len(data))

    def _hold(self, tensor):
        number = self._stand_in.new_number()
        self.held[number] = tensor
        return (number, tensor[0], tuple(tensor[1]))

    def _read(self, reference):
        if isinstance(reference, int):
            return self.held[reference]
        if len(reference) == 3:
            return reference
        type_name, dims, region, length = reference
        while region not in self._theirs:
            data, descriptors, _, _ = socket.recv_fds(self._stand_in.side, _ANNOUNCEMENT.size, 1)
            found, size = _ANNOUNCEMENT.unpack(data)
            self._theirs[found] = mmap.mmap(descriptors[0], size, prot=mmap.PROT_READ)
            os.close(descriptors[0])
            self.region_count += 1
        return type_name, dims, bytes(self._theirs[region][:length])

    # Models and scripts

    def model_find(self, asker, key, is_tracked):
        return (1, None) if key == b"m" else None

    def script_find(self, asker, key, is_tracked):
        return (2, None) if key == b"s" else None

    def model_run(self, asker, number, names, tensors, outputs):
        if not names or not outputs:
            raise Refusal("Must specify at least one target to fetch or execute.")
        return [self._hold(self._combine(tensors, lambda a, b: a * b))]

    def script_run(self, asker, number, function, tensors, count):
        if function != b"bar":
            raise Refusal("function does not exist")
        flat = [item for tensor in tensors for item in (tensor if isinstance(tensor, list) else [tensor])]
        return [self._hold(self._combine(flat, lambda a, b: a + b))]

    model_start, script_start = model_run, script_run

    def _combine(self, references, operation):
        first, second = (self._read(reference) for reference in references)
        numbers = map(operation, array.array("f", first[2]), array.array("f", second[2]))
        return first[0], first[1], array.array("f", numbers).tobytes()

    # DAGs

    def dag_model(self, asker, key, inputs, outputs):
        return 1 if key == b"m" else self._refuse("ERR model key is empty")

    def dag_script(self, asker, key, function):
        return 2 if function == b"bar" else self._refuse("ERR Function does not exist in the given script")

    def dag_check(self, asker, text):
        if not text.startswith(b"|>"):
            self._refuse("ERR unsupported command within DAG")

    def dag_run(self, asker, operations):
        values, results = {}, []
        for name, *words in operations:
            if name in ("input", "set"):
                values[words[0]] = words[1]
            elif name == "get":
                results.append(self._hold(self._read(values[words[0]])))
            elif name in ("model", "script"):
                inputs, outputs = words[-2:]
                values[outputs[0]] = self._hold(
                    self._combine([values[item] for item in inputs],
                                  (lambda a, b: a * b) if name == "model" else (lambda a, b: a + b)))[0]
        return results

    def _refuse(self, text):
        raise Refusal(text)

#!/usr/bin/env python3
"""Sorts TensorFlow's operations into those that a model from a client may have, and all others.

Asks the library for what it knows and writes `Sources/Backends/TensorFlow/TensorFlowOperations.swift` and
`Tests/Fixtures/tensorflow_refused_operations.txt`; a test compares both with the library. Run it when the
library's version changes, and look at what is new:

    python3 Tests/Fixtures/make_tensorflow_operations.py build/backends/redisai_tensorflow

An operation is allowed if it computes its outputs from its inputs and attributes: the processor can run it,
TensorFlow does not mark it as one that has an effect, and no word below says that it reaches out of the
model. Those with an effect that stays inside the model are named one by one.
"""

import ctypes
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SWIFT = ROOT / "Sources" / "Backends" / "TensorFlow" / "TensorFlowOperations.swift"
REFUSED = ROOT / "Tests" / "Fixtures" / "tensorflow_refused_operations.txt"

# Parts of names, each with the reason why such operations are refused.
REACHING_OUT = {
    "^_": "made by the runtime itself, and not checked as those of a model are",
    "File|Reader|Restore|Save|Checkpoint|ImmutableConst|Vocab|LoadAndRemap|RecordInput": "files",
    "Dataset|Iterator|MemoryCache|ElementAtIndex|CompressElement": "pipelines that begin with files",
    "Proto": "descriptions of messages, read from a file",
    "Debug|Summary|Print|Dump|Copy|Stats|Calibration|CustomAggregator|Timestamp": "reports to elsewhere",
    "PyFunc|Mlir|Abort|Sleep|Test": "other code, and the end of the process",
    "Rpc|Remote|Send|Recv|Collective|Nccl|AllReduce|AllToAll|Mesh|DTensor|Relayout": "other machines",
    "TPU|Tpu|Xla|SparseCore|Cudnn|Embedding|Infeed|Outfeed|Prelinearize|Dedup|Risc": "other devices",
    "Queue|Barrier|Stage|Mutex|Accumulator|^Batch$|^BatchFunction$|^Unbatch": "waiting for another run",
    "Session|TemporaryVariable|Boosted|Sdca|^Skipgram$|^NegTrain$|^Anonymous": "what outlives a run",
    "^(Resource|Sparse)?Apply|^ResourceSparseApply|^ResourceScatter|^Scatter(?!Nd$)": "training",
    "UnigramCandidateSampler": "words, read from a file",
    "^Inplace": "tensors that change under others",
}

# Operations with an effect that ends with the run or with the model.
INSIDE = """
    Assert Case CheckNumerics CheckNumericsV2 Empty GuaranteeConst If While StatefulPartitionedCall
    Multinomial ParameterizedTruncatedNormal RandomGamma RandomPoisson RandomPoissonV2 RandomShuffle
    RandomStandardNormal RandomUniform RandomUniformInt SampleDistortedBoundingBox
    SampleDistortedBoundingBoxV2 TruncatedNormal StatelessRandomGetAlg NonDeterministicInts
    RngReadAndSkip RngSkip StatefulRandomBinomial StatefulStandardNormalV2 StatefulTruncatedNormal
    StatefulUniform StatefulUniformFullInt StatefulUniformInt
    TensorArrayV3 TensorArrayCloseV3 TensorArrayConcatV3 TensorArrayGatherV3 TensorArrayReadV3
    TensorArrayScatterV3 TensorArraySizeV3 TensorArraySplitV3 TensorArrayWriteV3
    StackV2 StackCloseV2 StackPopV2 StackPushV2
    VarHandleOp VarIsInitializedOp VariableShape ReadVariableOp AssignVariableOp AssignAddVariableOp
    AssignSubVariableOp DestroyResourceOp DisableCopyOnRead ResourceGather ResourceGatherNd Variable
    VariableV2
    HashTable HashTableV2 InitializeTableV2 LookupTableFindV2 LookupTableImportV2 LookupTableSizeV2
    MutableHashTableV2 MutableHashTableOfTensorsV2 MutableDenseHashTableV2 LookupTableExportV2
""".split()


def fields(message):
    """The fields of a protobuf message as pairs of number and value."""
    place = 0

    def number():
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while place < len(message):
        key = number()
        if key & 7 == 0:
            yield key >> 3, number()
        elif key & 7 == 2:
            length = number()
            yield key >> 3, message[place:place + length]
            place += length
        else:
            size = {1: 8, 5: 4}[key & 7]
            yield key >> 3, message[place:place + size]
            place += size


class Buffer(ctypes.Structure):
    """Bytes of the library."""

    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t), ("free", ctypes.c_void_p)]

    @property
    def content(self):
        return ctypes.string_at(self.data, self.length)


def known(folder):
    """All operations with whether they have an effect, and those that the processor can run."""
    library = ctypes.CDLL(str(folder / "libtensorflow_cc.so.2"))
    library.TF_GetAllOpList.restype = ctypes.POINTER(Buffer)
    library.TF_GetAllRegisteredKernels.restype = ctypes.POINTER(Buffer)
    library.TF_NewStatus.restype = ctypes.c_void_p
    status = ctypes.c_void_p(library.TF_NewStatus())
    operations = [dict(fields(one)) for _, one in fields(library.TF_GetAllOpList().contents.content)]
    kernels = library.TF_GetAllRegisteredKernels(status).contents.content
    kernels = [dict(fields(one)) for _, one in fields(kernels)]
    effects = {one[1].decode(): bool(one.get(17)) for one in operations}
    return effects, {one[1].decode() for one in kernels if one[2] in (b"CPU", b"DEFAULT")}


def is_allowed(name, has_effect, runs_here):
    """Whether a model from a client may have the operation."""
    if name in INSIDE:
        return True
    return runs_here and not has_effect and not any(re.search(words, name) for words in REACHING_OUT)


def lines(names, width):
    """The names, separated by blanks, in lines."""
    line = ""
    for name in names:
        if line and len(line) + 1 + len(name) > width:
            yield line
            line = ""
        line += (" " if line else "") + name
    yield line


SOURCE = '''/// The operations that a model from a client may have.
///
/// Written by `Tests/Fixtures/make_tensorflow_operations.py`, which says by what rule, for the version of
/// TensorFlow that `make backends` brings. What is not here is refused, also what a newer version may add.
enum TensorFlowOperations {{
    /// Whether a model may have an operation of this name.
    static func allow(_ name: String) -> Bool {{ names.contains(name) }}

    /// Sorted by their bytes.
    static let all = text.split {{ $0 == " " || $0 == "\\n" }}.map(String.init)

    private static let names = Set(all)

    private static let text = """
{}
        """
}}
'''


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/backends/redisai_tensorflow")
    effects, runnable = known(folder.absolute())
    missing = sorted(set(INSIDE) - set(effects))
    if missing:
        raise SystemExit(f"the library does not know {' '.join(missing)}")
    allowed = sorted(name for name in effects if is_allowed(name, effects[name], name in runnable))
    SWIFT.parent.mkdir(parents=True, exist_ok=True)
    SWIFT.write_text(SOURCE.format("\n".join(" " * 8 + line for line in lines(allowed, 100))))
    REFUSED.write_text("\n".join(sorted(set(effects) - set(allowed))) + "\n")
    print(f"{len(allowed)} operations are allowed, {len(effects) - len(allowed)} refused")


if __name__ == "__main__":
    main()

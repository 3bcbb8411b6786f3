"""Tensors, models, scripts and DAGs of the server, for flows: `import redisAI`.

The functions and their words are those of the original. Tensors stay in the server; a flow holds their
numbers until it looks at their elements. Beyond the original: `tensorAsArray` shows the elements to numpy,
and `createEmptyTensor` makes a tensor whose elements are then written there.
"""

from redisai_flows.dags import PyDAGRunner, createDAGRunner
from redisai_flows.errors import GearsError
from redisai_flows.runners import (
    PyGraphRunner, PyTorchScriptRunner, createModelRunner, createScriptRunner, modelRunnerAddInput,
    modelRunnerAddOutput, modelRunnerRun, modelRunnerRunAsync, scriptRunnerAddInput, scriptRunnerAddInputList,
    scriptRunnerAddOutput, scriptRunnerRun, scriptRunnerRunAsync)
from redisai_flows.tensor_functions import (
    createEmptyTensor, createTensorFromBlob, createTensorFromValues, getTensorFromKey,
    mgetTensorsFromKeyspace, msetTensorsInKeyspace, setTensorInKey, tensorAsArray, tensorGetDataAsBlob,
    tensorGetDims, tensorToFlatList)
from redisai_flows.tensors import PyTensor

__all__ = [
    "GearsError", "PyDAGRunner", "PyGraphRunner", "PyTensor", "PyTorchScriptRunner", "createDAGRunner",
    "createEmptyTensor", "createModelRunner", "createScriptRunner", "createTensorFromBlob",
    "createTensorFromValues", "getTensorFromKey", "mgetTensorsFromKeyspace", "modelRunnerAddInput",
    "modelRunnerAddOutput", "modelRunnerRun", "modelRunnerRunAsync", "msetTensorsInKeyspace",
    "scriptRunnerAddInput", "scriptRunnerAddInputList", "scriptRunnerAddOutput", "scriptRunnerRun",
    "scriptRunnerRunAsync", "setTensorInKey", "tensorAsArray", "tensorGetDataAsBlob", "tensorGetDims",
    "tensorToFlatList"]

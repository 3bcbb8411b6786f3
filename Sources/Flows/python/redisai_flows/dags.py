"""`redisAI.createDAGRunner`: several models and scripts in one request."""

from . import calling
from .calling import arguments, ask, ask_async
from .channel import Held
from .errors import GearsError
from .tensors import PyTensor, from_answer


class PyDAGRunner:
    """Operations of a DAG in their order; methods return the runner. `Run` spends it, however it ends."""

    def __init__(self, service):
        self._service = service
        self._operations = []
        self._tensors = []
        self._held = []
        self._is_spent = False

    def _add(self, *operation):
        self._operations.append(operation)
        return self

    def _check(self):
        if self._is_spent:
            raise GearsError("PyDAGRunner is invalid")

    def _hold(self, number):
        """The number of something that the server keeps until the DAG is gone."""
        self._held.append(Held(self._service.channel, number))
        return number

    def _add_tensor(self, operation, given, wrong_count):
        self._check()
        if len(given) != 2:
            raise GearsError(wrong_count)
        name, tensor = given
        name = calling.text(name, "Tensor name argument must be a string")
        if not isinstance(tensor, PyTensor):
            raise GearsError("Given argument is not of type PyTensorType")
        if operation == "input" and any(item[:2] == ("input", name) for item in self._operations):
            raise GearsError(f"ERR the input {name.decode()!r} is given twice")
        self._tensors.append(tensor)
        return self._add(operation, name, tensor.reference)

    def Input(self, *given):  # noqa: N802 - the original's names
        """`Input(name, tensor)`: a value by name, given with the request."""
        return self._add_tensor("input", given, "Wrong number of args to DAG load input")

    def TensorSet(self, *given):  # noqa: N802
        """`TensorSet(name, tensor)`: a value by name."""
        return self._add_tensor("set", given, "Wrong number of args to TensorGet op")

    def TensorGet(self, *given):  # noqa: N802
        """`TensorGet(name)`: the value is part of the result."""
        self._check()
        if len(given) != 1:
            # The original has this text here and the other one there.
            raise GearsError("Wrong number of args to TensorSet op")
        return self._add("get", calling.text(given[0], "Tensor name argument must be a string"))

    def ModelRun(self, *given, **words):  # noqa: N802
        """`ModelRun(name=key, inputs=names, outputs=names)`."""
        self._check()
        words = _named(given, words, ("name", "inputs", "outputs"))
        if "name" not in words:
            raise GearsError("Model key name was not given")
        key = calling.text(words["name"], "Model name argument must be a string")
        if words.get("inputs") is None:
            raise GearsError("Must specify model inputs")
        inputs = _names(words["inputs"], "Model inputs must be iterable", "Input name must be a string")
        if words.get("outputs") is None:
            raise GearsError("Must specify model outputs")
        outputs = _names(words["outputs"], "Model outputs must be iterable", "Output name must be a string")
        number = ask("dag.model", key, len(inputs), len(outputs), take=self._hold)
        return self._add("model", number, inputs, outputs)

    def ScriptRun(self, *given, **words):  # noqa: N802
        """`ScriptRun(name=key, func=function, inputs=names, outputs=names)`; without names there are none."""
        self._check()
        words = _named(given, words, ("name", "func", "inputs", "outputs"))
        if "name" not in words:
            raise GearsError("Script key name was not given")
        key = calling.text(words["name"], "Script name argument must be a string")
        if "func" not in words:
            raise GearsError("Function name was not given")
        function = calling.text(words["func"], "Function name argument must be a string")
        inputs = _names(words.get("inputs") or (), "Script inputs must be iterable",
                        "Input name must be a string")
        outputs = _names(words.get("outputs") or (), "Script outputs must be iterable",
                         "Output name must be a string")
        number = ask("dag.script", key, function, take=self._hold)
        return self._add("script", number, function, inputs, outputs)

    def OpsFromString(self, *given):  # noqa: N802
        """`OpsFromString(text)`: commands as in AI.DAGEXECUTE."""
        self._check()
        if len(given) != 1:
            raise GearsError("Wrong number of args")
        text = calling.text(given[0], "ops argument must be a string")
        ask("dag.check", text)
        return self._add("text", text)

    def Run(self, *given):  # noqa: N802
        """Runs it; an awaitable of a list of tensors, one for each `TensorGet`."""
        self._check()
        if given:
            raise GearsError("Wrong number of args")
        self._is_spent = True
        return ask_async(_tensors, self, "dag.run", self._operations)


def _tensors(service, answer):
    return [from_answer(service, item) for item in answer]


def _named(given, words, names):
    """Arguments by their names, however they were given."""
    if len(given) > len(names) or not set(words) <= set(names):
        raise GearsError("Wrong number of args")
    return dict(zip(names, given)) | words


def _names(value, no_list, no_text):
    return [calling.text(name, no_text) for name in calling.items(value, no_list)]


@arguments(0)
def createDAGRunner():  # noqa: N802
    """A DAG without operations."""
    return PyDAGRunner(calling.service())

"""The functions of `redisAI` for models and scripts."""

from . import calling
from .calling import arguments, ask, ask_async
from .errors import GearsError
from .tensors import PyTensor, from_answer


class PyGraphRunner:
    """A model of the server with named inputs and outputs, in the order in which they were added."""

    __slots__ = ("_service", "_held", "is_spent", "names", "tensors", "outputs", "__weakref__")

    def __init__(self, service, held):
        self._service = service
        # Runners of one model may share it.
        self._held = held
        self.is_spent = False
        self.names, self.tensors, self.outputs = [], [], []

    def words(self):
        """What a run is asked with."""
        return self._held.number, self.names, [tensor.reference for tensor in self.tensors], self.outputs


class PyTorchScriptRunner:
    """A function of a script of the server. Inputs are tensors and lists of tensors."""

    __slots__ = ("_service", "_held", "is_spent", "function", "tensors", "output_count", "__weakref__")

    def __init__(self, service, held, function):
        self._service = service
        self._held = held
        self.is_spent = False
        self.function = function
        self.tensors = []
        self.output_count = 0

    def words(self):
        """What a run is asked with."""
        references = [[item.reference for item in tensor] if isinstance(tensor, list) else tensor.reference
                      for tensor in self.tensors]
        return self._held.number, self.function, references, self.output_count


def _tensors(service, answer):
    return [from_answer(service, item) for item in answer]


def _model(runner):
    if not isinstance(runner, PyGraphRunner):
        raise GearsError("Given argument is not of type PyGraphRunner")
    if runner.is_spent:
        raise GearsError("PyGraphRunner is invalid")
    return runner


def _script(runner):
    if not isinstance(runner, PyTorchScriptRunner):
        raise GearsError("Given argument is not of type PyTorchScriptRunner")
    if runner.is_spent:
        raise GearsError("PyTorchScriptRunner is invalid")
    return runner


def _run(operation, runner):
    return ask(operation, *runner.words(), take=lambda answer: _tensors(runner._service, answer))


def _run_async(operation, runner):
    runner.is_spent = True
    return ask_async(_tensors, runner, operation, *runner.words())


# Models

@arguments(1)
def createModelRunner(key):  # noqa: N802 - the original's name
    """A runner of the model at a key, which it keeps whatever happens to the key."""
    calling.check_text(key, "key argument must be a string")
    who = calling.asker()
    held = who.session.models.find(who, key)
    if held is None:
        raise GearsError("given key do not contain RedisAI model")
    return PyGraphRunner(who.session.service, held)


@arguments(3)
def modelRunnerAddInput(runner, name, tensor):  # noqa: N802
    """Adds an input; 1."""
    runner = _model(runner)
    name = calling.text(name, "input name argument must be a string")
    if not isinstance(tensor, PyTensor):
        raise GearsError("Given argument is not of type PyTensorType")
    runner.names.append(name)
    runner.tensors.append(tensor)
    return 1


@arguments(2)
def modelRunnerAddOutput(runner, name):  # noqa: N802
    """Adds an output; 1."""
    _model(runner).outputs.append(calling.text(name, "output name argument must be a string"))
    return 1


@arguments(1)
def modelRunnerRun(runner):  # noqa: N802
    """Runs the model and waits; a list of tensors."""
    return _run("model.run", _model(runner))


@arguments(1)
def modelRunnerRunAsync(runner):  # noqa: N802
    """Runs the model; an awaitable of a list of tensors. The runner is spent."""
    return _run_async("model.start", _model(runner))


# Scripts

@arguments(2)
def createScriptRunner(key, function):  # noqa: N802
    """A runner of a function of the script at a key."""
    calling.check_text(key, "key name argument must be a string")
    function = calling.text(function, "function name argument must be a string")
    who = calling.asker()
    held = who.session.scripts.find(who, key)
    if held is None:
        raise GearsError("given key do not contain RedisAI script")
    return PyTorchScriptRunner(who.session.service, held, function)


@arguments(2)
def scriptRunnerAddInput(runner, tensor):  # noqa: N802
    """Adds an input."""
    runner = _script(runner)
    if not isinstance(tensor, PyTensor):
        raise GearsError("Given argument is not of type PyTensorType")
    runner.tensors.append(tensor)


@arguments(2, name="scriptRunnerAddInput")
def scriptRunnerAddInputList(runner, tensors):  # noqa: N802
    """Adds an input that is a list of tensors."""
    runner = _script(runner)
    tensors = calling.items(tensors, "Tensors argument must be iterable")
    if not all(isinstance(tensor, PyTensor) for tensor in tensors):
        raise GearsError("Given argument is not of type PyTensorType")
    runner.tensors.append(tensors)


@arguments(1)
def scriptRunnerAddOutput(runner):  # noqa: N802
    """Adds an output; 1."""
    _script(runner).output_count += 1
    return 1


@arguments(1)
def scriptRunnerRun(runner):  # noqa: N802
    """Runs the function and waits; a list of tensors."""
    return _run("script.run", _script(runner))


@arguments(1)
def scriptRunnerRunAsync(runner):  # noqa: N802
    """Runs the function; an awaitable of a list of tensors. The runner is spent."""
    return _run_async("script.start", _script(runner))

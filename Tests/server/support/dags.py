"""Short forms of DAG commands, and the sentences with which they are refused."""

from .models import execution
from .wire import error

NO_INPUT = "ERR INPUT key cannot be found in DAG"
UNSUPPORTED = "Unsupported command within DAG"
WITHOUT_KEYS = ("ERR AI.DAGEXECUTE and AI.DAGEXECUTE_RO commands must contain at least one out of "
                "ROUTING, LOAD, PERSIST keywords")
NOT_AVAILABLE = b"+NA\r\n"


def unexpected(word):
    """The error for a word that has no place among the options: two blanks stand before the word."""
    return f"ERR Invalid DAG command. Unexpected argument:  {word}"


def dag(*commands, load=(), persist=(), name="AI.DAGEXECUTE"):
    """The words of a DAG whose commands are lists of words, or texts of words divided by blanks."""
    words = [name]
    if load:
        words += ["LOAD", len(load), *load]
    if persist:
        words += ["PERSIST", len(persist), *persist]
    if not load and not persist:
        words += ["ROUTING", "r"]
    for command in commands:
        words += ["|>", *(command.split() if isinstance(command, str) else command)]
    return words


def run(model, inputs, outputs):
    """The words of an AI.MODELEXECUTE from names divided by blanks."""
    return execution(model, inputs.split(), outputs.split())


def expect_refusals(connection, name, cases):
    """Each text of words must be refused in exactly its words, and with nothing more."""
    for words, text in cases:
        assert connection.call(name, *words.split()) == error(text), words
    assert connection.nothing_more_came()

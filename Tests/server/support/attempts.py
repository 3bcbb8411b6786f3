"""What users and scripts try that is none of their business: the rows of SECURITY.md that are commands."""

from typing import NamedTuple

COMMAND = "no right to the command"
KEY = "no right to the key"
FOLDER = "ALLOW_LOAD"
CALL = "the caller's rights"
NEVER = "not for scripts"


class Attempt(NamedTuple):
    """Words that a user sends, and what keeps it from being done.

    `reply` is in the error; `older` is in that of Redis 6.2, or None where it does not know the command.
    """

    who: str
    tries: str
    words: str
    by: str = COMMAND
    reply: str = "NOPERM"
    older: str | None = "NOPERM"

    @property
    def name(self):
        """The row's name in the test and in SECURITY.md."""
        return f"{self.who}: {self.tries}"


def script(tries, words, by=CALL, **options):
    """Something that a script tries when `scorer` calls it."""
    listed = words.split()
    return Attempt("script", tries, f"AI.SCRIPTEXECUTE script:s call INPUTS 0 ARGS {len(listed)} {words}", by,
                   "Redis command returned an error", "ALLOW_UNCHECKED_SCRIPTS", **options)


A = Attempt
RUN = "INPUTS 2 tensor:a tensor:b OUTPUTS 1 tensor:y"
OTHERS = "AI.MODELEXECUTE secret:m INPUTS 2 tensor:a tensor:a OUTPUTS 1 y"

ATTEMPTS = [
    # Reading
    A("scorer", "read a string", "GET secret"),
    A("scorer", "read a tensor of others", "AI.TENSORGET secret:t", KEY),
    A("scorer", "run a model of others", f"AI.MODELEXECUTE secret:m {RUN}", KEY),
    A("scorer", "run a model on tensors of others",
      "AI.MODELEXECUTE model:m INPUTS 2 secret:t tensor:b OUTPUTS 1 tensor:y", KEY),
    A("scorer", "load a tensor of others into a DAG",
      "AI.DAGEXECUTE LOAD 1 secret:t |> AI.TENSORGET secret:t", KEY),
    A("scorer", "run a model of others in a DAG",
      f"AI.DAGEXECUTE LOAD 1 tensor:a |> {OTHERS}", KEY),
    A("scorer", "run a model of others in a DAG that only reads",
      f"AI.DAGEXECUTE_RO LOAD 1 tensor:a |> {OTHERS}", KEY),
    A("scorer", "give a key of others to a script of a DAG",
      "AI.DAGEXECUTE ROUTING tensor:a |> AI.SCRIPTEXECUTE script:s call KEYS 1 secret ARGS 2 GET secret",
      KEY),
    A("scorer", "take a model away", "AI.MODELGET model:m BLOB"),
    A("scorer", "read a script", "AI.SCRIPTGET script:s SOURCE"),
    A("scorer", "take a model away as a dump", "DUMP model:m"),
    A("scorer", "send a model to another server", "MIGRATE 127.0.0.1 1 model:m 0 10"),
    A("scorer", "list the keys", "KEYS *"),
    A("scorer", "walk over the keys", "SCAN 0"),
    A("scorer", "list the models", "AI._MODELSCAN"),
    A("scorer", "list the scripts", "AI._SCRIPTSCAN"),
    A("scorer", "read the names of all models in the metrics", "AI.METRICS"),
    A("scorer", "watch what others send", "MONITOR"),
    A("scorer", "read what others have sent", "SLOWLOG GET"),
    A("scorer", "read the server's password", "CONFIG GET requirepass"),
    A("scorer", "read the server's memory", "DEBUG OBJECT secret"),
    A("scorer", "take the whole data set", "PSYNC ? -1"),
    # Writing
    A("scorer", "write a string", "SET secret other"),
    A("scorer", "write a tensor of others", "AI.TENSORSET secret:t INT8 1 VALUES 7", KEY),
    A("scorer", "store an output at a key of others",
      "AI.MODELEXECUTE model:m INPUTS 2 tensor:a tensor:b OUTPUTS 1 secret:t", KEY),
    A("scorer", "store an output in place of a model",
      "AI.MODELEXECUTE model:m INPUTS 2 tensor:a tensor:b OUTPUTS 1 model:m", KEY, older="WRONGTYPE"),
    A("scorer", "persist a value of a DAG at a key of others",
      "AI.DAGEXECUTE PERSIST 1 secret:t |> AI.TENSORSET secret:t INT8 1 VALUES 7", KEY),
    A("scorer", "store a model", "AI.MODELSTORE model:x ONNX CPU BLOB x"),
    A("scorer", "store a model in the older spelling", "AI.MODELSET model:x ONNX CPU BLOB x"),
    A("scorer", "store a script", "AI.SCRIPTSTORE script:x CPU ENTRY_POINTS 1 f SOURCE x"),
    A("scorer", "store a script in the older spelling", "AI.SCRIPTSET script:x CPU SOURCE x"),
    A("scorer", "restore a model", "RESTORE model:x 0 x"),
    A("scorer", "remove a model", "AI.MODELDEL model:m"),
    A("scorer", "remove a script", "AI.SCRIPTDEL script:s"),
    A("scorer", "delete a key", "DEL model:m"),
    A("scorer", "rename a model", "RENAME model:m model:x"),
    A("scorer", "set statistics back", "AI.INFO model:m RESETSTAT"),
    A("scorer", "empty the server", "FLUSHALL"),
    # Running code
    A("scorer", "load a module", "MODULE LOAD /nowhere/x.so"),
    A("scorer", "load a module with settings", "MODULE LOADEX /nowhere/x.so", older=None),
    A("scorer", "load a runtime", "AI.CONFIG LOADBACKEND ONNX /nowhere/x.so"),
    A("scorer", "name another folder of runtimes", "AI.CONFIG BACKENDSPATH /nowhere"),
    A("scorer", "run Lua", "EVAL return 0"),
    A("scorer", "store a function", "FUNCTION LOAD x", older=None),
    A("scorer", "have a file of its own made", "REPLICAOF 127.0.0.1 1"),
    # Raising rights
    A("scorer", "give itself rights", "ACL SETUSER scorer +@all"),
    A("scorer", "read the users' rules", "ACL LIST"),
    A("scorer", "change a setting of the server", "CONFIG SET dir /nowhere"),
    A("scorer", "change a setting of the module", "CONFIG SET ai.torch_allow_all_operators yes"),
    A("scorer", "change the size of pieces", "AI.CONFIG MODEL_CHUNK_SIZE 1"),
    A("scorer", "end other clients", "CLIENT KILL TYPE normal"),
    A("scorer", "end the server", "SHUTDOWN NOSAVE"),
    A("publisher", "read a tensor", "AI.TENSORGET secret:t"),
    A("publisher", "run a model", f"AI.MODELEXECUTE model:m {RUN}"),
    A("publisher", "run a script", "AI.SCRIPTEXECUTE script:s call INPUTS 0"),
    A("publisher", "run a model in a DAG",
      "AI.DAGEXECUTE ROUTING model:m |> AI.MODELEXECUTE model:m INPUTS 1 x OUTPUTS 1 y"),
    A("publisher", "store a model at a key of others", "AI.MODELSTORE secret:m ONNX CPU BLOB x", KEY),
    A("publisher", "read a model of others", "AI.MODELGET secret:m BLOB", KEY),
    A("publisher", "remove a model of others", "AI.MODELDEL secret:m", KEY),
    A("publisher", "store a model unseen, as a dump", "RESTORE model:x 0 x"),
    A("publisher", "load a runtime", "AI.CONFIG LOADBACKEND ONNX /nowhere/x.so"),
    A("publisher", "allow native code", "CONFIG SET ai.torch_allow_native_code yes"),
    A("publisher", "have a file of its own made", "REPLICAOF 127.0.0.1 1"),
    A("publisher", "give itself rights", "ACL SETUSER publisher +@all"),
    A("publisher", "read the names of all models in the metrics", "AI.METRICS"),
    A("operator", "load a library from elsewhere", "AI.CONFIG LOADBACKEND ONNX /nowhere/x.so", FOLDER,
      "ALLOW_LOAD", "ALLOW_LOAD"),
    A("operator", "load a library through a path that leads out",
      "AI.CONFIG LOADBACKEND ONNX ../../nowhere/x.so", FOLDER, "ALLOW_LOAD", "ALLOW_LOAD"),
    A("operator", "name another folder of runtimes", "AI.CONFIG BACKENDSPATH /nowhere", FOLDER, "ALLOW_LOAD",
      "ALLOW_LOAD"),
    A("operator", "read a model", "AI.MODELGET model:m BLOB"),
    A("operator", "read a tensor", "AI.TENSORGET tensor:a"),
    A("operator", "run a model", f"AI.MODELEXECUTE model:m {RUN}"),
    A("operator", "store a model", "AI.MODELSTORE model:m ONNX CPU BLOB x"),
    A("operator", "change a setting of the server", "CONFIG SET dir /nowhere"),
    A("operator", "load a module", "MODULE LOAD /nowhere/x.so"),
    A("operator", "give itself rights", "ACL SETUSER operator +@all"),
    # Scripts
    script("read a key that its caller may not read", "GET secret"),
    script("write a key that its caller may not write", "SET secret other"),
    script("read a tensor that its caller may not read", "AI.TENSORGET secret:t"),
    script("store a model", "AI.MODELSTORE model:x ONNX CPU BLOB x"),
    script("load a runtime", "AI.CONFIG LOADBACKEND ONNX /nowhere/x.so"),
    script("load a module", "MODULE LOAD /nowhere/x.so"),
    script("change a setting", "CONFIG SET dir /nowhere"),
    script("give its caller rights", "ACL SETUSER scorer +@all"),
    script("have a file of its own made", "REPLICAOF 127.0.0.1 1"),
    script("run Lua", "EVAL return 0"),
    script("start another run while it holds the server", f"AI.MODELEXECUTE model:m {RUN}", NEVER),
    script("empty the server", "FLUSHALL"),
    script("end the server", "SHUTDOWN NOSAVE", NEVER),
    Attempt("script", "run a model that its caller may not run",
            "AI.SCRIPTEXECUTE script:s model INPUTS 1 tensor:a ARGS 1 secret:m OUTPUTS 1 tensor:y", CALL,
            "NOPERM", "ALLOW_UNCHECKED_SCRIPTS"),
]

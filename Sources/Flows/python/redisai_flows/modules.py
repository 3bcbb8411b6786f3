"""Modules that flows import by the original's names."""

import sys
import types

from .errors import GearsError
from .runtime import runtime


def _forward(name):
    def function(*arguments, **words):
        return getattr(runtime(), name)(*arguments, **words)
    function.__name__ = name
    function.__doc__ = f"`{name}` of the session whose code runs."
    return function


def _module(name, document, names):
    module = types.ModuleType(name, document)
    for alias, own_name in names.items():
        setattr(module, alias, _forward(own_name))
    sys.modules[name] = module
    return module


redisgears = _module("redisgears", "The functions of the runtime by their older names.", {
    "executeCommand": "execute", "callNext": "call_next", "atomicCtx": "atomic", "getMyHashTag": "hashtag",
    "log": "log", "config_get": "configGet", "isAsyncAllow": "isAsyncAllow",
    "isInAtomicBlock": "isInAtomicBlock",
    "gearsFutureCtx": "gearsFuture", "overrideReply": "override_reply", "flatError": "flat_error"})
redisgears.GearsError = GearsError

gears = types.ModuleType("gears", "Where the class of the runtime's errors says that it lives.")
gears.error = GearsError
sys.modules["gears"] = gears

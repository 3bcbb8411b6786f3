"""Messages between the server and this process.

A message is its length in bytes (4, little-endian, without themselves) and a tuple `(kind, number, ...)` in
version 2 of the `marshal` format, which both sides write and read quickly. Of that format only these types
travel:

| code | type |
|---|---|
| `N` `T` `F` | None, True, False |
| `i` | an integer of 32 bits |
| `l` | an integer of 64 bits at most, in digits of 15 bits |
| `g` | a double |
| `s` `u` | bytes; text in UTF-8 |
| `(` `[` `{` | a tuple, a list, a dict |

What the server sends is trusted: nobody else holds the other end. What it gets is not.
"""

from ._core import MessageTooLong, decoded, encoded

# What the server reads of one message: bytes, values, levels of values within others, itself among them.
# Longer results travel in pieces; longer arguments of `execute` are an error.
MESSAGE_LIMIT = 64 * 1024 * 1024
VALUE_LIMIT = 1_000_000
DEPTH_LIMIT = 32

# From the server. The second field of each message is a number; after it:
HELLO = 1          # 0, settings: dict
PING = 2           # any number, which PONG returns
SCRIPT = 3         # session's number, its description: dict (see `sessions.Session`)
START = 4          # execution's number, its description: see `executions`
REPLY = 5          # call's number, whether it failed, value or error text
ABORT = 6          # execution's number
DROP = 7           # session's number: its registrations are gone, what runs may finish
SETTINGS = 8       # 0, settings that changed: dict
PLACE = 9          # 0, number of the processor on which the server's thread runs
FORGET = 10        # registration's number: it sees no more events
INVALIDATE = 11    # a slot, or -1 for all: what was said of keys in it is true no longer (see `tracking`)

# To the server.
READY = 1          # 0, what this process is: dict
PONG = 2           # the number of PING
SCRIPTED = 3       # session's number, error text or None
RESULTS = 4        # execution's number, a piece of its results: list
DONE = 5           # execution's number, status, milliseconds, the last results: list, errors: list
CALL = 6           # call's number, number of who asks, operation: str, arguments
LOG = 7            # 0, level, text
RELEASE = 8        # 0, numbers of tensors and regions that nobody here holds any more: list
PARKED = 9         # execution's number: it goes on without the server's thread
ARM = 10           # registration's number: it may see events; those of a script may when it has ended well

__all__ = ["MessageTooLong", "decoded", "encoded"]

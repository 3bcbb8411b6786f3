"""The Python side of AI flows: a process beside the server that runs functions over its data.

The server starts it with one end of a socket pair and a script that makes sessions; from then on both sides
exchange messages (`wire`). Nothing here trusts the flows that it runs, and nothing that leaves here is
trusted by the server. Only the standard library is needed; numpy is used when it is there.
"""

# Both sides have to speak the same version; the server refuses another one.
PROTOCOL_VERSION = 1

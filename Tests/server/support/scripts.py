"""Scripts for tests that need no runtime: a script gets into its key as an RDB payload."""

from support import rdb

SOURCE = "def f(tensors: List[Tensor], keys: List[str], args: List[str]):\n    return tensors\n"


def restore(client, key, source=SOURCE, entry_points=("f",), device="CPU", tag=""):
    """Puts a script at a key, as an RDB file would; its source is not looked at before it is used."""
    fields = rdb.script_fields(source, entry_points, device=device, tag=tag)
    client.restore(key, 0, rdb.payload(rdb.SCRIPT, 4, fields), replace=True)

"""DEBUG DIGEST-VALUE tells values of different content apart, and only those."""

from support.models import execute, prepare_product, store


def digest(client, key):
    [text] = client.execute_command("DEBUG", "DIGEST-VALUE", key)
    return text


DIFFERENT = [
    ["FLOAT", 2, "VALUES", 1, 2], ["FLOAT", 2, "VALUES", 2, 1], ["FLOAT", 1, 2, "VALUES", 1, 2],
    ["FLOAT", 2, 1, "VALUES", 1, 2], ["INT32", 2, "BLOB", b"\0\0\x80\x3f\0\0\0\x40"], ["FLOAT", "VALUES", 1],
    ["FLOAT", 1, "VALUES", 1], ["STRING", 2, "VALUES", "a", "bc"], ["STRING", 2, "VALUES", "ab", "c"],
    ["STRING", 1, "VALUES", ""], ["INT8", 1, "VALUES", 0],
    ["UINT8", 1, "VALUES", 0], ["BOOL", 1, "VALUES", 0],
]


def test_tensors_of_different_content_have_different_digests(client):
    found = set()
    for number, words in enumerate(DIFFERENT):
        client.execute_command("AI.TENSORSET", f"t{number}", *words)
        found.add(digest(client, f"t{number}"))
    assert len(found) == len(DIFFERENT)


def test_tensors_of_equal_content_have_equal_digests(client):
    for number, words in enumerate(DIFFERENT):
        client.execute_command("AI.TENSORSET", "one", *words)
        client.execute_command("AI.TENSORSET", "two", *words)
        assert digest(client, "one") == digest(client, "two")


def test_models_have_digests_of_their_content(client):
    variants = {
        "same": [], "tagged": ["TAG", "v1"], "batched": ["BATCHSIZE", 2],
        "minimum": ["BATCHSIZE", 2, "MINBATCHSIZE", 2],
    }
    for key, options in variants.items():
        store(client, key, "add_1", *options)
    store(client, "device", "add_1", device="CPU:1")
    store(client, "bytes", "add_100")
    keys = [*variants, "device", "bytes"]
    assert len({digest(client, key) for key in keys}) == len(keys)
    store(client, "again", "add_1")
    assert digest(client, "again") == digest(client, "same")


def test_a_run_does_not_change_a_models_digest(client):
    prepare_product(client)
    before = digest(client, "m")
    execute(client, "m", ["a", "b"], ["y"])
    assert digest(client, "m") == before

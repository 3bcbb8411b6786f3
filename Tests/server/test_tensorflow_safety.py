"""A model of TF neither reaches out nor ends the server, and a library that would harm it is refused."""

import random
import shutil
import subprocess

import numpy
import pytest

from support import paths, rdb
from support.clients import refusal
from support.damage import damaged, damaged_within
from support.models import execution, floats, get_tensor, set_tensor, execute
from support.patience import runs_may_be_stopped
from support.tensorflow import graph_bytes, names, store, store_words

# `make fuzz` does many more.
COUNT = 250
SETTING = "the setting TF_ALLOW_ALL_OPERATIONS allows it"
STUB = """
#include <stddef.h>
void *zcalloc(void *owner, unsigned count, unsigned size) { return count * size > 0 ? owner : NULL; }
const char *TF_Version(void) { return "a stub"; }
"""


def files(server):
    """The files in the server's folder, with what those hold that a model could write."""
    return {str(path.relative_to(server.folder)) for path in server.folder.rglob("*") if path.is_file()}


@pytest.fixture
def saved(server, client):
    """A server with a dump.rdb that no reply may show."""
    client.set("confidential", "confidential")
    client.save()
    return client


@pytest.mark.parametrize("name", names("refused", ".pb"))
def test_a_graph_that_reaches_out_is_refused(server, saved, name):
    before = files(server)
    dump = (server.folder / "dump.rdb").read_bytes()
    text = refusal(saved, *store_words("m", graph_bytes(f"refused/{name}"), ["x"], ["y"]))
    assert text.startswith("ERR the operation ") and text.endswith(SETTING)
    assert saved.exists("m") == 0
    assert files(server) == before
    assert (server.folder / "dump.rdb").read_bytes() == dump


@pytest.mark.parametrize("name", names("saved/refused", ".zip"))
def test_an_archive_that_reaches_out_is_refused(server, saved, name):
    before = files(server)
    text = refusal(saved, *store_words("m", graph_bytes(f"saved/refused/{name}.zip")))
    assert "not allowed" in text
    assert saved.exists("m") == 0
    assert files(server) == before


@pytest.mark.parametrize("name", ["read_file", "in_called_function"])
def test_one_from_a_payload_never_runs(saved, name):
    floats(saved, "x", 1)
    fields = rdb.model_fields(graph_bytes(f"refused/{name}"), ["x"], ["y"], backend=rdb.TF)
    saved.restore("m", 0, rdb.payload(rdb.MODEL, 4, fields))
    text = refusal(saved, *execution("m", ["x"], ["y"]))
    assert text.startswith("ERR the operation ReadFile ")
    saved.delete("m")


def test_the_setting_lets_it_reach_out(start_server):
    server = start_server(
        words=["TF_ALLOW_ALL_OPERATIONS", "yes"], settings=["enable-protected-configs yes"])
    client = server.client()
    store(client, "m", "refused/write_file", ["x"], ["y"])
    floats(client, "x", 1)
    execute(client, "m", ["x"], ["y"])
    assert (server.folder / "dump.rdb").read_bytes() == b"dump.rdb"
    client.config_set("ai.tf_allow_all_operations", "no")
    text = refusal(client, *store_words("n", graph_bytes("refused/write_file"), ["x"], ["y"]))
    assert text.startswith("ERR the operation WriteFile ")
    (server.folder / "dump.rdb").unlink()


@pytest.mark.parametrize("name", names("fatal", ".pb"))
def test_what_would_end_the_process_is_refused(client, name):
    inputs = ["count"] if "count" in name or "loop" in name else ["x"]
    text = refusal(client, *store_words("m", graph_bytes(f"fatal/{name}"), inputs, ["y"]))
    assert text.startswith("ERR ")
    assert client.ping()


@pytest.mark.parametrize("name, inputs, outputs, feed", [
    ("sum_difference", ["a", "b"], ["sum", "difference"], ["x", "x"]),
    ("count", ["count"], ["total"], ["few"]), ("rows_filter", ["x"], ["y"], ["flat"]),
    ("saved/line.zip", [], [], ["x"]), ("saved/words.zip", [], [], ["words"]),
])
def test_a_damaged_model_never_harms_the_server(client, name, inputs, outputs, feed):
    whole = graph_bytes(name)
    source = random.Random(name)
    set_tensor(client, "x", "FLOAT", [[1, 2]])
    floats(client, "flat", 1, -1)
    set_tensor(client, "few", "INT64", [3])
    client.execute_command("AI.TENSORSET", "words", "STRING", 1, "VALUES", "one")
    results = [f"out{index}" for index in range(len(outputs) or 2)]
    damage = damaged_within if name.endswith(".zip") else damaged
    with runs_may_be_stopped(client):
        for _ in range(COUNT):
            if refusal(client, *store_words("m", damage(whole, source), inputs, outputs)) is None:
                refusal(client, *execution("m", feed, results))
    client.delete("m")


@pytest.mark.parametrize("name, inputs, outputs", [
    ("sum_difference", ["a", "b"], ["sum", "difference"]), ("count", ["count"], ["total"]),
    ("saved/line.zip", [], [])])
def test_a_model_cut_anywhere_never_harms_the_server(client, name, inputs, outputs):
    """A graph may end early and still have what is asked for; an archive has lost its list of files."""
    whole = graph_bytes(name)
    source = random.Random(name)
    for _ in range(COUNT):
        cut = whole[:source.randrange(len(whole))]
        text = refusal(client, *store_words("m", cut, inputs, outputs))
        if text is None:
            assert not name.endswith(".zip")
        else:
            assert text and "\n" not in text
    assert refusal(client, *store_words("m", whole, inputs, outputs)) is None


@pytest.mark.parametrize("mark", [b"", b"PK\x03\x04"])
def test_random_bytes_are_refused(client, mark):
    source = random.Random(len(mark))
    for _ in range(COUNT):
        blob = mark + source.randbytes(source.randint(1, 400))
        text = refusal(client, *store_words("m", blob, ["x"], ["y"]))
        assert text and "\n" not in text
    assert client.ping()


@pytest.fixture
def stub(tmp_path):
    """A folder with a library that has the name in question, as TensorFlow's has before it is made ready."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    folder = tmp_path / "redisai_tensorflow"
    folder.mkdir()
    (tmp_path / "stub.c").write_text(STUB)
    library, source = folder / "redisai_tensorflow.so", tmp_path / "stub.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    return tmp_path


def test_a_library_that_would_damage_the_servers_memory_is_refused(start_server, stub):
    server = start_server(backends=stub)
    if server.product == "valkey":
        pytest.skip("Valkey has no function of that name")
    client = server.client()
    words = store_words("m", graph_bytes("mul"), ["a", "b"], ["c"])
    assert refusal(client, *words) == "ERR Could not load backend"
    assert "exports zcalloc, as the server does" in server.log_path.read_text()
    assert "type `make backends`" in server.log_path.read_text()


def test_two_threads_of_the_server_run_graphs_beside_each_other(start_server):
    client = start_server(words=["THREADS_PER_QUEUE", 2, "INLINE_RUN_BUDGET", 0]).client()
    store(client, "m", "dense", ["x"], ["y"])
    set_tensor(client, "x", "FLOAT", [[1] * 16])
    execute(client, "m", ["x"], ["y"])
    first = get_tensor(client, "y").tolist()
    for _ in range(50):
        execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == first


@pytest.mark.parametrize("name", names("unwritten", ".pb"))
def test_new_memory_shows_nothing_of_others(client, name):
    """Of memory that other models have used: what kernels leave as it was is zero."""
    secret = numpy.float32(1234567)
    store(client, "spill", "sum_difference", ["a", "b"], ["sum", "difference"])
    store(client, "m", f"unwritten/{name}", ["x"], ["y"])
    floats(client, "x", 0)
    for rows in (100, 150, 200, 600):
        set_tensor(client, f"secret{rows}", "FLOAT", numpy.full((rows, 2), secret))
    for _ in range(5):
        for rows in (100, 150, 200, 600):
            execute(client, "spill", [f"secret{rows}", f"secret{rows}"], ["p", "q"])
        execute(client, "m", ["x"], ["y"])
        content = get_tensor(client, "y")
        assert content.size > 0
        # The one step that an LSTM has computed.
        assert numpy.count_nonzero(content) <= 8, numpy.unique(content)

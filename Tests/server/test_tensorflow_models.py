"""Models of TF: graphs with given names, SavedModels in archives, and the texts of their errors."""

import numpy
import pytest

from support import paths, rdb
from support.clients import refusal
from support.models import execute, execution, floats, get_tensor, set_tensor
from support.patience import FOREVER, text_of_stop
from support.servers import wait_until
from support.tensorflow import graph_bytes, store, store_words
from support.wire import OK



def test_a_first_model_as_clients_write_it(client):
    blob = graph_bytes("mul")
    assert client.execute_command("AI.TENSORSET", "tA", "FLOAT", 2, "VALUES", 2, 3) == b"OK"
    assert client.execute_command("AI.TENSORSET", "tB", "FLOAT", 2, "VALUES", 3, 5) == b"OK"
    assert client.execute_command(
        "AI.MODELSTORE", "mymodel", "TF", "CPU", "INPUTS", 2, "a", "b", "OUTPUTS", 1, "c",
        "BLOB", blob) == b"OK"
    assert client.execute_command(
        "AI.MODELEXECUTE", "mymodel", "INPUTS", 2, "tA", "tB", "OUTPUTS", 1, "tResult") == b"OK"
    assert client.execute_command("AI.TENSORGET", "tResult", "VALUES") == [b"6", b"15"]
    assert client.execute_command("AI.MODELGET", "mymodel") == [
        b"backend", b"TF", b"device", b"CPU", b"tag", b"", b"batchsize", 0, b"minbatchsize", 0,
        b"inputs", [b"a", b"b"], b"outputs", [b"c"], b"minbatchtimeout", 0, b"blob", blob]


def test_the_older_spelling_stores_the_same(client):
    blob = graph_bytes("mul")
    assert client.execute_command(
        "AI.MODELSET", "m", "TF", "CPU", "INPUTS", "a", "b", "OUTPUTS", "c", "BLOB", blob) == b"OK"
    floats(client, "a", 2, 3)
    execute(client, "m", ["a", "a"], ["c"])
    assert get_tensor(client, "c").tolist() == [4, 9]


@pytest.mark.parametrize("name, inputs, outputs, text", [
    ("mul", ["a", "nowhere"], ["c"], 'ERR Input node named "nowhere" not found in TF graph.'),
    ("mul", ["a", "c"], ["c"], 'ERR Input node named "c" not found in TF graph.'),
    ("mul", ["a", "b"], ["nowhere"], 'ERR Output node named "nowhere" not found in TF graph'),
    ("mul", ["a", "b"], ["c:1"], 'ERR Output node named "c:1" not found in TF graph'),
])
def test_a_wrong_name_is_refused_in_the_known_words(client, name, inputs, outputs, text):
    assert refusal(client, *store_words("m", graph_bytes(name), inputs, outputs)) == text
    assert client.exists("m") == 0


@pytest.mark.parametrize("blob", [b"", b"x", b"garbage that is no protobuf", b"\xff" * 100])
def test_bytes_that_are_no_graph_are_refused_in_the_known_words(client, blob):
    assert refusal(client, *store_words("m", blob, ["a"], ["c"])) == "Invalid GraphDef"


def test_a_gpu_that_is_not_there_is_refused_in_the_known_words(client):
    words = store_words("m", graph_bytes("mul"), ["a", "b"], ["c"], device="GPU")
    assert refusal(client, *words) == "ERR GPU requested but TF couldn't find CUDA"


def test_counts_and_shapes_that_do_not_fit_are_refused(client):
    store(client, "m", "sum_difference", ["a", "b"], ["sum", "difference"])
    floats(client, "x", 1, 2, 3)
    wrong_count = "Number of keys given as INPUTS here does not match model definition"
    assert refusal(client, *execution("m", ["x"], ["s", "d"])) == wrong_count
    assert refusal(client, *execution("m", ["x", "x"], ["s", "d"])) == (
        "ERR input 'a' has shape [3], the model takes [?, 2]")
    set_tensor(client, "i", "INT64", [[1, 2]])
    assert refusal(client, *execution("m", ["i", "i"], ["s", "d"])) == (
        "ERR input 'a' has type INT64, the model takes FLOAT")


@pytest.mark.parametrize("element_type", [
    "FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32",
    "UINT64", "BOOL"])
def test_every_type_goes_in_and_comes_out(client, element_type):
    store(client, "m", f"identity_{element_type.lower()}", ["x"], ["y"])
    set_tensor(client, "x", element_type, [0, 1, 1])
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == get_tensor(client, "x").tolist()


def test_strings_and_scalars_go_in_and_come_out(client):
    store(client, "m", "string_concat", ["a", "b"], ["joined"])
    client.execute_command("AI.TENSORSET", "a", "STRING", 2, "VALUES", "", "long " * 100)
    client.execute_command("AI.TENSORSET", "b", "STRING", 2, "VALUES", "x", "y")
    execute(client, "m", ["a", "b"], ["c"])
    assert client.execute_command("AI.TENSORGET", "c", "VALUES") == [b"x", b"long " * 100 + b"y"]
    store(client, "double", "scalar_double", ["x"], ["y"])
    client.execute_command("AI.TENSORSET", "x", "FLOAT", "VALUES", 21)
    execute(client, "double", ["x"], ["y"])
    assert client.execute_command("AI.TENSORGET", "y", "META", "VALUES")[3] == []
    assert get_tensor(client, "y").tolist() == 42


def test_what_unzips_runs_right_inside_the_server(client):
    """TensorFlow's zlib must not meet the server's function of the same name."""
    store(client, "text", "decode_compressed", ["which"], ["unpacked"])
    store(client, "picture", "decode_png", ["which"], ["pixels"])
    rows, columns = numpy.mgrid[0:100, 0:80]
    for which in (0, 1) * 5:
        set_tensor(client, "which", "INT32", which)
        execute(client, "text", ["which"], ["unpacked"])
        expected = b"".join(b"line %d\n" % (index * (which + 1)) for index in range(1000))
        assert client.execute_command("AI.TENSORGET", "unpacked", "VALUES") == [expected]
        execute(client, "picture", ["which"], ["pixels"])
        assert (get_tensor(client, "pixels")[:, :, 0] == (rows * columns + which + 1) % 256).all()


def test_requests_share_a_run(start_server):
    server = start_server(words=["INLINE_RUN_BUDGET", 0])
    client = server.client()
    store(client, "m", "sum_difference", ["a", "b"], ["sum", "difference"],
          "BATCHSIZE", 4, "MINBATCHSIZE", 4)
    for number in range(4):
        set_tensor(client, f"x{number}", "FLOAT", [[number, 1]])
    connections = [server.wire() for _ in range(4)]
    for number, connection in enumerate(connections):
        connection.send(*execution("m", [f"x{number}"] * 2, [f"s{number}", f"d{number}"]))
    for connection in connections:
        assert connection.receive() == OK
        connection.close()
    for number in range(4):
        assert get_tensor(client, f"s{number}").tolist() == [[2 * number, 2]]
    stats = client.execute_command("AI.STATS", "m")
    batch = stats[stats.index(b"batch") + 1]
    assert batch[batch.index(b"runs") + 1] == 1


def test_a_dag_runs_graphs_one_after_the_other(client):
    store(client, "m", "mul", ["a", "b"], ["c"])
    reply = client.execute_command(
        "AI.DAGEXECUTE_RO", "ROUTING", "m",
        "|>", "AI.TENSORSET", "x", "FLOAT", 2, "VALUES", 2, 3,
        "|>", "AI.MODELEXECUTE", "m", "INPUTS", 2, "x", "x", "OUTPUTS", 1, "y",
        "|>", "AI.MODELEXECUTE", "m", "INPUTS", 2, "x", "y", "OUTPUTS", 1, "z",
        "|>", "AI.TENSORGET", "z", "VALUES")
    assert reply == [b"OK", b"OK", b"OK", [b"8", b"27"]]


@pytest.mark.parametrize("name", ["line", "line_in_folder", "line_not_packed"])
def test_a_saved_model_needs_no_names(client, name):
    store(client, "m", f"saved/{name}.zip")
    assert client.execute_command("AI.MODELGET", "m", "META")[10:14] == [
        b"inputs", [b"x"], b"outputs", [b"d", b"y"]]
    set_tensor(client, "x", "FLOAT", [[10, 20]])
    execute(client, "m", ["x"], ["d", "y"])
    assert get_tensor(client, "d").tolist() == [[9, 19]]
    assert get_tensor(client, "y").tolist() == [[21, 61]]


def test_a_saved_model_takes_keys_of_its_signature(client):
    store(client, "m", "saved/line.zip", ["x"], ["y"])
    set_tensor(client, "x", "FLOAT", [[10, 20]])
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == [[21, 61]]
    blob = graph_bytes("saved/line.zip")
    assert client.execute_command("AI.MODELSET", "n", "TF", "CPU", "BLOB", blob) == b"OK"
    assert refusal(client, *store_words("o", blob, ["nowhere"], ["y"])) == (
        'ERR Input node named "nowhere" not found in TF graph.')


def test_only_an_archive_may_leave_the_names_out(client):
    for blob in (b"", b"PK", b"x" + graph_bytes("saved/line.zip"), graph_bytes("mul")):
        text = refusal(client, "AI.MODELSTORE", "m", "TF", "CPU", "BLOB", blob)
        assert text == "ERR INPUTS not specified for TF"
        assert refusal(client, "AI.MODELSET", "m", "TF", "CPU", "BLOB", blob) == (
            "ERR Insufficient arguments, INPUTS and OUTPUTS not specified")


def test_graphs_and_archives_come_back_after_a_restart(start_server):
    server = start_server()
    client = server.client()
    store(client, "m", "mul", ["a", "b"], ["c"])
    store(client, "s", "saved/line.zip")
    client.save()
    server.restart()
    client = server.client()
    set_tensor(client, "x", "FLOAT", [[10, 20]])
    execute(client, "m", ["x", "x"], ["c"])
    execute(client, "s", ["x"], ["d", "y"])
    assert get_tensor(client, "c").tolist() == [[100, 400]]
    assert get_tensor(client, "y").tolist() == [[21, 61]]


@pytest.mark.parametrize("name", ["count", "count_in_frames"])
def test_a_run_without_end_is_stopped_and_the_model_goes_on(start_server, name):
    client = start_server().client()
    store(client, "m", name, ["count"], ["total"])
    set_tensor(client, "forever", "INT64", [FOREVER])
    set_tensor(client, "few", "INT64", [10])
    for _ in range(2):
        words = execution("m", ["forever"], ["y"])
        assert "cancelled" in text_of_stop(client, lambda: refusal(client, *words))
        assert client.exists("y") == 0
        execute(client, "m", ["few"], ["y"])
        assert get_tensor(client, "y").tolist() == [10]
        client.delete("y")


def test_the_version_is_the_librarys_own(start_server):
    server = start_server()
    assert "ai_TensorFlow_version" not in server.info("MODULES")
    store(server.client(), "m", "mul", ["a", "b"], ["c"])
    assert "ai_TensorFlow_version:2.21.0" in server.info("MODULES")


def test_an_original_servers_file_with_a_graph_runs(start_server):
    """A model that was saved without the runtime is built when the library is there."""
    server = start_server(backends=paths.ROOT / "Tests", words=["ALLOW_LOAD", "yes"])
    client = server.client()
    fields = rdb.model_fields(graph_bytes("mul"), ["a", "b"], ["c"], backend=rdb.TF)
    client.restore("m", 0, rdb.payload(rdb.MODEL, 4, fields))
    floats(client, "a", 2, 3)
    assert refusal(client, *execution("m", ["a", "a"], ["c"])) == "ERR Backend not loaded: TF"
    client.execute_command("AI.CONFIG", "BACKENDSPATH", str(paths.BACKENDS))
    library = paths.BACKENDS / "redisai_tensorflow" / "redisai_tensorflow.so"
    assert client.execute_command("AI.CONFIG", "LOADBACKEND", "TF", str(library)) == b"OK"
    wait_until(lambda: refusal(client, *execution("m", ["a", "a"], ["c"])) is None)
    assert get_tensor(client, "c").tolist() == [4, 9]

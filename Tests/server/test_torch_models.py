"""TorchScript models, from storing to running: what is special to them."""

import os
import random
import threading
import zipfile
from io import BytesIO

import numpy
import pytest

from support import paths, rdb
from support.clients import refusal
from support.models import NUMPY_TYPES, execute, execution, floats, get_tensor, set_tensor
from support.patience import FOREVER, runs_may_be_stopped, text_of_stop
from support.torch import store_torch, torch_bytes

# Runs go to the workers, of which there are two; what is sent in transactions runs on the main thread.
MODULE_WORDS = ("THREADS_PER_QUEUE", "2", "INLINE_RUN_BUDGET", "0", "EXECUTE_IN_TRANSACTIONS", "yes")

COUNT = 1000
TYPES = sorted(NUMPY_TYPES)
NO_GPU = "GPU requested but Torch couldn't find CUDA"


def refused(client, blob, *options, device="CPU"):
    """The error of storing these bytes; None if they are taken."""
    return refusal(client, "AI.MODELSTORE", "m", "TORCH", device, *options, "BLOB", blob)


def test_a_model_is_stored_and_run(client):
    store_torch(client, "m", "mul_2x2")
    set_tensor(client, "a", "FLOAT", [[1, 2], [3, 4]])
    set_tensor(client, "b", "FLOAT", [[2, 3], [4, 5]])
    for _ in range(3):
        execute(client, "m", ["a", "b"], ["y"])
        assert get_tensor(client, "y").tolist() == [[2, 6], [12, 20]]


def test_archives_older_than_pytorch_1_4_run(client):
    store_torch(client, "minimal", "old/minimal")
    set_tensor(client, "a", "FLOAT", [[2, 3], [2, 3]])
    execute(client, "minimal", ["a", "a"], ["y"])
    assert get_tensor(client, "y").tolist() == [[4, 6], [4, 6]]
    store_torch(client, "layers", "old/layers", "BATCHSIZE", 4)
    assert client.execute_command("AI.MODELGET", "layers", "META")[11] == [b"x"]
    set_tensor(client, "x", "FLOAT", [[1, 2, 3], [0, 0, 0]])
    execute(client, "layers", ["x"], ["y"])
    # The first layer gives [-1.5, 3.5] and [0.5, -0.5], of which only what is above 0 goes on.
    assert get_tensor(client, "y").tolist() == [[11.5 + 10], [2 + 10]]


def test_modelset_and_modelrun_do_the_same(client):
    words = ["AI.MODELSET", "m", "TORCH", "CPU", "BLOB", torch_bytes("mul_2x2")]
    assert client.execute_command(*words) == b"OK"
    set_tensor(client, "a", "FLOAT", [[1, 2], [3, 4]])
    assert client.execute_command("AI.MODELRUN", "m", "INPUTS", "a", "a", "OUTPUTS", "y") == b"OK"
    assert get_tensor(client, "y").tolist() == [[1, 4], [9, 16]]


def test_a_model_runs_in_a_transaction(client):
    store_torch(client, "m", "mul_2x2")
    set_tensor(client, "a", "FLOAT", [[1, 2], [3, 4]])
    pipeline = client.pipeline(transaction=True)
    pipeline.execute_command(*execution("m", ["a", "a"], ["y"]))
    assert pipeline.execute() == [b"OK"]
    assert get_tensor(client, "y").tolist() == [[1, 4], [9, 16]]


def test_inputs_are_named_by_forward_and_outputs_have_no_names(client):
    store_torch(client, "m", "sum_difference", "TAG", "t")
    reply = client.execute_command("AI.MODELGET", "m", "META")
    assert reply[1:6] == [b"TORCH", b"device", b"CPU", b"tag", b"t"]
    assert reply[11] == [b"a", b"b"]
    assert reply[13] == [b"", b""]
    assert client.execute_command("AI.MODELGET", "m", "BLOB") == torch_bytes("sum_difference")


@pytest.mark.parametrize("element_type", TYPES)
def test_every_type_goes_in_and_comes_out(client, element_type):
    store_torch(client, "m", f"identity_{element_type.lower()}")
    set_tensor(client, "x", element_type, [1, 0, 1])
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == get_tensor(client, "x").tolist()


def test_strings_are_refused(client):
    store_torch(client, "m", "identity_float")
    client.execute_command("AI.TENSORSET", "x", "STRING", 1, "VALUES", "word")
    assert refusal(client, *execution("m", ["x"], ["y"])) == "Unsupported code 7"


def test_scalars_are_tensors_like_others(client):
    store_torch(client, "m", "scalar_double")
    client.execute_command("AI.TENSORSET", "x", "FLOAT", "VALUES", 21)
    execute(client, "m", ["x"], ["y"])
    assert client.execute_command("AI.TENSORGET", "y", "META", "VALUES") == [
        b"dtype", b"FLOAT", b"shape", [], b"values", [b"42"]]


def test_an_output_is_made_contiguous(client):
    store_torch(client, "m", "strided_output")
    set_tensor(client, "x", "FLOAT", [[1, 2, 3], [4, 5, 6]])
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == [[1, 4], [2, 5], [3, 6]]


@pytest.mark.parametrize("name", ["number_output", "none_output", "mixed_output"])
def test_what_is_no_tensor_is_refused_by_name(client, name):
    text = refused(client, torch_bytes(name))
    if text is None:
        outputs = [f"y{index}" for index in range(2 if name == "mixed_output" else 1)]
        floats(client, "x", 1, 2)
        text = refusal(client, *execution("m", ["x"], outputs))
    assert text == "Function returned non-tensor valuesforward"


def test_tensors_of_other_kinds_are_refused_in_one_line(client):
    store_torch(client, "m", "complex_output")
    floats(client, "x", 1, 2)
    text = refusal(client, *execution("m", ["x"], ["y"]))
    assert text and "\n" not in text


def test_a_failing_run_tells_libtorchs_words_in_one_line(client):
    store_torch(client, "m", "sum_difference")
    floats(client, "x", 1, 2, 3)
    text = refusal(client, *execution("m", ["x", "x"], ["sum", "difference"]))
    assert "a and b must have the shape [rows, 2]" in text
    assert "\n" not in text and "\r" not in text


@pytest.mark.parametrize("device", ["GPU", "GPU:0"])
def test_a_gpu_that_is_not_there_is_refused(client, device):
    assert refused(client, torch_bytes("mul_2x2"), device=device) == NO_GPU


@pytest.mark.parametrize(
    "name, operator", [
        ("reads_a_file", "aten::from_file"), ("reads_a_file_elsewhere", "aten::from_file"),
        ("reads_a_file_in_a_fork", "aten::from_file"), ("reads_a_file_when_loaded", "aten::from_file"),
        ("writes_a_file", "aten::save")])
def test_models_that_reach_files_are_refused_by_operator(client, server, name, operator):
    before = sorted(os.listdir(server.folder))
    text = f"ERR operator '{operator}' is not allowed; the setting TORCH_ALLOW_ALL_OPERATORS allows it"
    assert refused(client, torch_bytes(name)) == text
    assert sorted(os.listdir(server.folder)) == before


@pytest.mark.parametrize("name", ["overwriting", "clearing", "checkpoint"])
def test_an_archive_with_operators_of_ours_is_refused(client, name):
    """Those switch the clearing of memory, and more, for what stands behind them."""
    call = f"    ops.redisai.{name}()\n    return torch.mul".encode()
    blob = rewritten(torch_bytes("mul_2x2"), lambda record: record.replace(b"    return torch.mul", call))
    assert f"ERR operator 'redisai::{name}' is not allowed" in refused(client, blob)


def test_one_from_a_payload_never_runs(client):
    set_tensor(client, "x", "FLOAT", [[1]])
    fields = rdb.model_fields(torch_bytes("reads_a_file"), backend=rdb.TORCH)
    client.restore("m", 0, rdb.payload(rdb.MODEL, 4, fields))
    assert refusal(client, *execution("m", ["x"], ["y"])).endswith("TORCH_ALLOW_ALL_OPERATORS allows it")
    client.delete("m")


def test_the_setting_lets_models_reach_files(start_server):
    server = start_server(
        words=["TORCH_ALLOW_ALL_OPERATORS", "yes"], settings=["enable-protected-configs yes"])
    client = server.client()
    (server.folder / "four_bytes").write_bytes(bytes([1, 2, 3, 4]))
    blob = rewritten(
        torch_bytes("reads_a_file"), lambda record: record.replace(b"/etc/hostname", b"four_bytes"))
    assert refused(client, blob) is None
    set_tensor(client, "x", "FLOAT", [[1]])
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == [1, 2, 3, 4]
    client.config_set("ai.torch_allow_all_operators", "no")
    assert refused(client, blob).startswith("ERR operator 'aten::from_file' ")
    (server.folder / "four_bytes").unlink()


def test_a_run_without_end_is_stopped(start_server):
    client = start_server(words=MODULE_WORDS).client()
    store_torch(client, "m", "spin")
    set_tensor(client, "forever", "INT64", [FOREVER])
    set_tensor(client, "few", "INT64", [10])
    for _ in range(2):
        text = text_of_stop(client, lambda: refusal(client, *execution("m", ["forever"], ["y"])))
        assert "Exiting due to terminate flag being set to true" in text
        execute(client, "m", ["few"], ["y"])
        assert get_tensor(client, "y").tolist() == [10]


def test_two_workers_on_one_model_give_right_values(server, client):
    store_torch(client, "m", "linear")
    wrong = []

    def run(number):
        with server.client() as own:
            for step in range(300):
                rows = 1 + step % 4
                content = numpy.full((rows, 3), number + step, "f4")
                set_tensor(own, f"x{number}", "FLOAT", content)
                execute(own, "m", [f"x{number}"], [f"y{number}"])
                weight = numpy.arange(6, dtype="f4").reshape(2, 3)
                expected = content @ weight.T + numpy.array([0.5, -0.5], "f4")
                if not numpy.array_equal(get_tensor(own, f"y{number}"), expected):
                    wrong.append((number, step))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_requests_of_several_clients_share_a_run(server, client):
    store_torch(client, "m", "linear", "BATCHSIZE", 4, "MINBATCHSIZE", 4)
    set_tensor(client, "x", "FLOAT", [[1, 2, 3]])
    with server.wire() as one, server.wire() as two, server.wire() as three, server.wire() as four:
        for number, connection in enumerate((one, two, three, four)):
            connection.send(*execution("m", ["x"], [f"y{number}"]))
        for connection in (one, two, three, four):
            assert connection.receive() == b"+OK\r\n"
    for number in range(4):
        assert get_tensor(client, f"y{number}").tolist() == [[8.5, 25.5]]


def test_a_model_is_there_after_a_restart(server, client):
    store_torch(client, "m", "linear")
    client.execute_command("DEBUG", "RELOAD")
    set_tensor(client, "x", "FLOAT", [[1, 2, 3]])
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == [[8.5, 25.5]]


# Damaged archives

def rewritten(archive, change):
    """The archive with the bytes of its records changed, and with checksums that fit them."""
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(archive)) as given, zipfile.ZipFile(made, "w") as changed:
        for record in given.infolist():
            changed.writestr(record.filename, change(given.read(record)))
    return made.getvalue()


def damaged(whole, source):
    """The bytes with one to four of them changed."""
    changed = bytearray(whole)
    for _ in range(source.randint(1, 4)):
        if changed:
            changed[source.randrange(len(changed))] = source.randrange(256)
    return bytes(changed)


def run_whatever_it_takes(client):
    """Runs a damaged model with as many inputs and outputs as it says it has."""
    reply = client.execute_command("AI.MODELGET", "m", "META")
    outputs = [f"out{index}" for index in range(len(reply[13]))]
    refusal(client, *execution("m", ["x"] * len(reply[11]), outputs))


@pytest.mark.parametrize("how", ["bytes", "records", "cut", "random"])
def test_a_damaged_archive_never_harms_the_server(client, server, how):
    set_tensor(client, "x", "FLOAT", [[1, 2, 3]])
    source = random.Random(how)
    names = ("linear", "sum_difference", "keeps_its_input", "spin_forked", "old/layers")
    with runs_may_be_stopped(client):
        for number in range(COUNT):
            whole = torch_bytes(names[number % len(names)])
            blob = {
                "bytes": lambda: damaged(whole, source),
                "records": lambda: rewritten(whole, lambda record: (
                    damaged(record, source) if source.random() < 0.4 else record)),
                "cut": lambda: whole[:source.randrange(len(whole))],
                "random": lambda: source.randbytes(source.randint(1, 400)),
            }[how]()
            try:
                text = refused(client, blob)
                if text is None:
                    run_whatever_it_takes(client)
                else:
                    assert text and "\n" not in text
            except OSError:
                pytest.fail(f"the server ended on damage number {number}")
    assert server.alive()
    if how == "random":
        assert refused(client, source.randbytes(100)).startswith("PytorchStreamReader")

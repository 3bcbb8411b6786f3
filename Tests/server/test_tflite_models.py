"""TFLite models, from storing to running: what is special to them."""

import threading

import numpy
import pytest

from support import paths
from support.clients import refusal
from support.models import (
    NUMPY_TYPES, execute, execution, floats, get_tensor, set_tensor,
)
from support.patience import FOREVER, text_of_stop
from support.texts import NO_BACKEND
from support.tflite import store_tflite, tflite_bytes

# Runs go to the workers, of which there are two; `test_tflite_damaged_models.py` runs on the main thread.
MODULE_WORDS = ("THREADS_PER_QUEUE", "2", "INLINE_RUN_BUDGET", "0")

TYPE_ERROR = "Input tensor type doesn't match the type expected by the model definition"
NO_GPU = "ERR GPU requested but TFLITE couldn't find CUDA"
TYPES = sorted(NUMPY_TYPES)


def refused(client, blob, *options, device="CPU"):
    """The error of storing these bytes; None if they are taken."""
    return refusal(client, "AI.MODELSTORE", "m", "TFLITE", device, *options, "BLOB", blob)


def test_a_model_is_stored_and_run(client):
    store_tflite(client, "m", "mul_2x2")
    set_tensor(client, "a", "FLOAT", [[1, 2], [3, 4]])
    for _ in range(3):
        execute(client, "m", ["a", "a"], ["y"])
        assert get_tensor(client, "y").tolist() == [[1, 4], [9, 16]]


def test_modelset_stores_one_too(client):
    reply = client.execute_command(
        "AI.MODELSET", "m", "TFLITE", "CPU", "BLOB", tflite_bytes("mul_2x2"))
    assert reply == b"OK"
    set_tensor(client, "a", "FLOAT", [[1, 2], [3, 4]])
    assert client.execute_command("AI.MODELRUN", "m", "INPUTS", "a", "a", "OUTPUTS", "y") == b"OK"
    assert get_tensor(client, "y").tolist() == [[1, 4], [9, 16]]


def test_modelset_refuses_batches(client):
    words = ["AI.MODELSET", "m", "TFLITE", "CPU", "BATCHSIZE", "2", "BLOB", tflite_bytes("mul_2x2")]
    assert refusal(client, *words) == "ERR Auto-batching not supported by the TFLITE backend"


def test_modelset_knows_no_other_device(client):
    words = ["AI.MODELSET", "m", "TFLITE", "TPU", "BLOB", tflite_bytes("mul_2x2")]
    assert refusal(client, *words) == "ERR Unsupported device"


@pytest.mark.parametrize("device", ["GPU", "GPU:0", "gpu:1"])
def test_a_gpu_that_is_not_there_is_refused(client, device):
    assert refused(client, tflite_bytes("mul_2x2"), device=device) == NO_GPU


@pytest.mark.parametrize(
    "name, inputs, outputs",
    [("sum_difference", [b"a", b"b"], [b"sum", b"difference"]), ("without_signature", [b"x"], [b"y"]),
     ("several_signatures", [b"twice_in"], [b"twice_out"]),
     ("renamed", [b"bottom", b"top"], [b"quotient"])])
def test_names_are_those_of_the_first_signature_in_the_order_of_its_graph(client, name, inputs, outputs):
    store_tflite(client, "m", name, "TAG", "t")
    reply = client.execute_command("AI.MODELGET", "m", "META")
    assert reply[1:6] == [b"TFLITE", b"device", b"CPU", b"tag", b"t"]
    assert reply[11] == inputs
    assert reply[13] == outputs
    assert client.execute_command("AI.MODELGET", "m", "BLOB") == tflite_bytes(name)


def test_inputs_are_taken_in_that_order(client):
    store_tflite(client, "m", "renamed")
    floats(client, "bottom", 2, 4)
    floats(client, "top", 10, 10)
    execute(client, "m", ["bottom", "top"], ["y"])
    assert get_tensor(client, "y").tolist() == [5, 2.5]


@pytest.mark.parametrize("element_type", TYPES)
def test_every_type_goes_in_and_comes_out(client, element_type):
    store_tflite(client, "m", f"identity_{element_type.lower()}")
    set_tensor(client, "x", element_type, [1, 0, 1])
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == get_tensor(client, "x").tolist()


@pytest.mark.parametrize("name", ["identity_string", "identity_complex64"])
def test_types_that_cannot_be_handed_in_are_refused_when_stored(client, name):
    text = "ERR element type of input 'x' is not supported by TFLITE"
    assert refused(client, tflite_bytes(name)) == text


@pytest.mark.parametrize("name, element_type", [("quantized_int8", "INT8"), ("quantized_uint8", "UINT8")])
def test_quantised_tensors_are_passed_as_they_are(client, name, element_type):
    zero = {"INT8": -10, "UINT8": 128}[element_type]
    store_tflite(client, "m", name)
    set_tensor(client, "a", element_type, [[zero + 1, zero + 2]])
    set_tensor(client, "b", element_type, [[zero + 3, zero - 2]])
    execute(client, "m", ["a", "b"], ["y"])
    assert get_tensor(client, "y").tolist() == [[zero + 4, zero]]


def test_rows_may_change_from_run_to_run(client):
    store_tflite(client, "m", "matrix")
    for rows in (1, 5, 2, 100, 1):
        content = numpy.arange(3 * rows, dtype="f4").reshape(rows, 3)
        set_tensor(client, "x", "FLOAT", content)
        execute(client, "m", ["x"], ["y"])
        weights = numpy.array([[1, 2], [3, 4], [5, 6]], "f4")
        assert numpy.array_equal(get_tensor(client, "y"), content @ weights)


def test_a_model_of_one_row_takes_more(client):
    store_tflite(client, "m", "fixed_row")
    set_tensor(client, "x", "FLOAT", [[1, 2], [3, 4], [5, 6]])
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == [[2, 4], [6, 8], [10, 12]]


@pytest.mark.parametrize(
    "shape, text",
    [([1, 3], "Failed to resize input tensors: input 'b' has shape [-1, 2], not [1, 3]"),
     ([2], "Failed to resize input tensors: input 'b' has shape [-1, 2], not [2]")])
def test_another_shape_is_refused(client, shape, text):
    store_tflite(client, "m", "sum_difference")
    set_tensor(client, "a", "FLOAT", [[1, 2]])
    set_tensor(client, "b", "FLOAT", numpy.zeros(shape))
    assert refusal(client, *execution("m", ["a", "b"], ["sum", "difference"])) == text
    execute(client, "m", ["a", "a"], ["sum", "difference"])
    assert get_tensor(client, "sum").tolist() == [[2, 4]]


def test_inputs_that_do_not_fit_each_other_are_refused(client):
    store_tflite(client, "m", "sum_difference")
    set_tensor(client, "a", "FLOAT", numpy.zeros([2, 2]))
    set_tensor(client, "b", "FLOAT", numpy.zeros([3, 2]))
    text = refusal(client, *execution("m", ["a", "b"], ["sum", "difference"]))
    assert text.startswith("Failed to allocate tensors: ")


def test_another_type_is_refused(client):
    store_tflite(client, "m", "sum_difference")
    set_tensor(client, "a", "DOUBLE", [[1, 2]])
    assert refusal(client, *execution("m", ["a", "a"], ["s", "d"])) == TYPE_ERROR


def test_another_number_of_keys_is_refused(client):
    store_tflite(client, "m", "sum_difference")
    set_tensor(client, "a", "FLOAT", [[1, 2]])
    text = "Number of keys given as INPUTS here does not match model definition"
    assert refusal(client, *execution("m", ["a"], ["s", "d"])) == text


@pytest.mark.parametrize(
    "name, text",
    [("unknown_operator", "Failed to allocate tensors: Encountered unresolved custom op: NobodysOperator."),
     ("endless_subgraphs", "Failed to load model from buffer: graphs use each other without end"),
     ("without_graph", "Failed to load model from buffer: there is no graph"),
     ("nothing_computed", "Failed to load model from buffer: nothing computes an output"),
     ("beyond_the_end", "Failed to load model from buffer: weights are beyond the end"),
     ("huge", "Failed to load model from buffer: a tensor is too large"),
     ("nine_dimensions", "ERR a tensor of more than 8 dimensions is not supported in TFLITE models"),
     ("outside_absolute", "ERR models with weights in files are not allowed"),
     ("outside_relative", "ERR models with weights in files are not allowed")])
def test_what_cannot_run_is_refused_when_it_is_stored(client, name, text):
    assert refused(client, tflite_bytes(name)) == text


def test_bytes_that_are_no_model_are_refused(client):
    for blob in (b"", b"x", b"garbage that is no model", bytes(1000), tflite_bytes("mul_2x2")[:-100]):
        assert refused(client, blob) == "Failed to load model from buffer"


def test_shapes_of_outputs_may_depend_on_values(client):
    store_tflite(client, "m", "places")
    for truths in ([1, 0, 1], [0, 1, 0], [1, 1, 1, 1], [1, 0, 1]):
        set_tensor(client, "x", "BOOL", truths)
        execute(client, "m", ["x"], ["y"])
        assert get_tensor(client, "y").tolist() == [[place] for place in numpy.flatnonzero(truths)]


def test_an_output_without_elements_is_refused(client):
    store_tflite(client, "m", "places")
    set_tensor(client, "x", "BOOL", [0, 0])
    text = "Failed to invoke TfLite: output 'y' has no elements, which LiteRT cannot give"
    assert refusal(client, *execution("m", ["x"], ["y"])) == text


def test_shapes_of_outputs_may_be_computed(client):
    store_tflite(client, "m", "reshaped")
    assert client.execute_command("AI.MODELGET", "m", "META")[11:14:2] == [[b"x"], [b"y", b"twice"]]
    assert client.execute_command("AI.MODELGET", "m", "BLOB") == tflite_bytes("reshaped")
    for rows in (1, 3, 2, 1, 50):
        content = numpy.arange(6 * rows, dtype="f4").reshape(rows, 2, 3)
        set_tensor(client, "x", "FLOAT", content)
        execute(client, "m", ["x"], ["y", "twice"])
        assert numpy.array_equal(get_tensor(client, "y"), content.reshape(rows, 6))
        assert numpy.array_equal(get_tensor(client, "twice"), 2 * content.reshape(rows, 6))


@pytest.mark.parametrize("element_type", TYPES)
def test_every_type_is_copied_where_shapes_are_computed(client, element_type):
    store_tflite(client, "m", f"given_shape_{element_type.lower()}")
    set_tensor(client, "x", element_type, [1, 0, 1, 1, 0, 0])
    for shape in ([2, 3], [3, 2], [1, 6]):
        set_tensor(client, "shape", "INT32", shape)
        execute(client, "m", ["x", "shape"], ["y"])
        assert get_tensor(client, "y").tolist() == get_tensor(client, "x").reshape(shape).tolist()


def test_outputs_that_nothing_computes_are_right_as_well(client):
    floats(client, "x", 1, 2, 3, 4)
    expected = {
        "passed_through": [[1, 2, 3, 4], [2, 4, 6, 8]],
        "listed_twice": [[2, 4, 6, 8], [2, 4, 6, 8]],
        "weight_as_output": [[5, 6, 7, 8], [6, 8, 10, 12]],
    }
    for name, outputs in expected.items():
        store_tflite(client, "m", name)
        for _ in range(2):
            execute(client, "m", ["x"], ["p", "q"])
            assert [get_tensor(client, key).tolist() for key in ("p", "q")] == outputs


def in_parallel(count, body):
    """Calls body(number) on as many threads; raises what one of them raised."""
    errors = []

    def guarded(number):
        try:
            body(number)
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.mark.parametrize("options", [(), ("BATCHSIZE", "16")])
def test_two_workers_give_each_client_its_own_values(server, client, options):
    store_tflite(client, "m", "sum_difference", *options)

    def run(number):
        own = server.client()
        for turn in range(150):
            value = 1000 * number + turn
            rows = 1 + turn % 3
            set_tensor(own, f"a{number}", "FLOAT", numpy.full([rows, 2], value))
            set_tensor(own, f"b{number}", "FLOAT", numpy.ones([rows, 2]))
            execute(own, "m", [f"a{number}", f"b{number}"], [f"s{number}", f"d{number}"])
            assert (get_tensor(own, f"s{number}") == numpy.full([rows, 2], value + 1)).all()
            assert (get_tensor(own, f"d{number}") == numpy.full([rows, 2], value - 1)).all()

    in_parallel(6, run)


@pytest.mark.parametrize(
    "options",
    [(), ("BATCHSIZE", "16"), ("BATCHSIZE", "8", "MINBATCHSIZE", "2", "MINBATCHTIMEOUT", "20")])
def test_computed_shapes_of_many_clients_are_their_own(server, client, options):
    store_tflite(client, "m", "reshaped", *options)

    def run(number):
        own = server.client()
        for turn in range(100):
            rows = 1 + (number + turn) % 4
            content = numpy.full([rows, 2, 3], 1000 * number + turn, "f4")
            set_tensor(own, f"x{number}", "FLOAT", content)
            execute(own, "m", [f"x{number}"], [f"y{number}", f"t{number}"])
            assert numpy.array_equal(get_tensor(own, f"y{number}"), content.reshape(rows, 6))
            assert numpy.array_equal(get_tensor(own, f"t{number}"), 2 * content.reshape(rows, 6))

    in_parallel(6, run)


def test_waiting_requests_run_as_one_batch(server, client):
    store_tflite(client, "m", "matrix", "BATCHSIZE", "4", "MINBATCHSIZE", "4")

    def run(number):
        own = server.client()
        set_tensor(own, f"x{number}", "FLOAT", [[number, 0, 1]])
        execute(own, "m", [f"x{number}"], [f"y{number}"])
        assert get_tensor(own, f"y{number}").tolist() == [[number + 5, 2 * number + 6]]

    in_parallel(4, run)


def test_a_dag_runs_one(client):
    store_tflite(client, "m", "mul_2x2")
    set_tensor(client, "a", "FLOAT", [[1, 2], [3, 4]])
    reply = client.execute_command(
        "AI.DAGEXECUTE", "LOAD", 1, "a",
        "|>", *execution("m", ["a", "a"], ["b"]), "|>", *execution("m", ["b", "a"], ["c"]),
        "|>", "AI.TENSORGET", "c", "VALUES")
    assert reply[:2] == [b"OK", b"OK"]
    assert [float(value) for value in reply[2]] == [1, 8, 27, 64]


def test_a_run_that_takes_too_long_is_stopped(start_server):
    client = start_server().client()
    store_tflite(client, "m", "count")
    set_tensor(client, "x", "INT64", [FOREVER])
    text = text_of_stop(client, lambda: refusal(client, *execution("m", ["x"], ["y"])))
    assert text == "Failed to invoke TfLite: Client requested cancel during Invoke()"
    set_tensor(client, "x", "INT64", [5])
    execute(client, "m", ["x"], ["y"])
    assert get_tensor(client, "y").tolist() == [5]


def test_a_model_is_there_after_a_restart(start_server):
    server = start_server()
    client = server.client()
    store_tflite(client, "m", "sum_difference", "BATCHSIZE", "8")
    server.restart()
    client = server.client()
    set_tensor(client, "a", "FLOAT", [[1, 2]])
    execute(client, "m", ["a", "a"], ["s", "d"])
    assert get_tensor(client, "s").tolist() == [[2, 4]]
    assert client.execute_command("AI.MODELGET", "m", "META")[11] == [b"a", b"b"]


def test_the_version_is_told(client):
    store_tflite(client, "m", "mul_2x2")
    assert client.info("modules")["ai_TensorFlowLite_version"] == "2.3.0"


def test_a_missing_library_is_an_error_in_one_line(start_server, tmp_path):
    server = start_server(backends=tmp_path)
    client = server.client()
    assert refused(client, tflite_bytes("mul_2x2")) == NO_BACKEND


def test_another_library_is_refused(start_server, tmp_path):
    folder = tmp_path / "redisai_tflite"
    folder.mkdir()
    library = paths.BACKENDS / "redisai_tflite" / "redisai_tflite.so"
    (folder / "redisai_tflite.so").write_bytes(library.read_bytes() + b"\0")
    server = start_server(backends=tmp_path)
    client = server.client()
    assert refused(client, tflite_bytes("mul_2x2")) == NO_BACKEND
    assert "is not LiteRT 2.3.0" in server.log_path.read_text()

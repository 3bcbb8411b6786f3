"""redisai-py, the original's client, in RESP2 and RESP3; `test_client_redis5.py` runs this with redis-py 5.

Where the client itself is at fault, a test says so and shows what works instead.
"""

import numpy
import pytest
import redis
from redisai import Client

from support import paths, patience
from support.gates import Gate
from support.models import PRODUCT, floats, model_bytes, set_tensor

# It warns whenever one of its older methods is called.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Experimental:UserWarning")

MODEL = model_bytes("mul_2x2")
FLOATS_AS_LIST = {"dtype": "FLOAT", "shape": [2], "values": [1.5, -2.0]}
NUMPY_NAMES = ["float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
               "uint64", "bool"]


def connect(server, protocol, **options):
    return Client(unix_socket_path=str(server.socket_path), protocol=protocol,
                  socket_timeout=patience.SECONDS, **options)


@pytest.fixture(params=[2, 3])
def protocol(request):
    """The version of the protocol that the client speaks."""
    return request.param


@pytest.fixture
def ai(server, protocol):
    """A client of the file's server."""
    with connect(server, protocol) as connected:
        yield connected


@pytest.fixture
def product(ai):
    """The client of a server that holds the model m and its inputs a and b."""
    assert ai.modelstore("m", "ONNX", "CPU", MODEL, tag="v1") == "OK"
    assert ai.tensorset("a", numpy.array([[1, 2], [3, 4]], "float32")) == "OK"
    assert ai.tensorset("b", numpy.array([[2, 3], [4, 5]], "float32")) == "OK"
    return ai


@pytest.fixture
def busy(server, product):
    """The client of a server whose only worker is busy for as long as the test lasts."""
    with Gate(server) as gate:
        gate.hold()
        yield product


# Tensors

@pytest.mark.parametrize("kind", NUMPY_NAMES)
def test_an_array_comes_back_as_it_went(ai, kind):
    held = numpy.array([[0, 1, 1], [1, 0, 1]], kind)
    assert ai.tensorset("t", held) == "OK"
    read = ai.tensorget("t")
    assert read.dtype == held.dtype
    assert read.tolist() == held.tolist()


@pytest.mark.parametrize("kind", NUMPY_NAMES[2:10])
def test_the_limits_of_an_integer_come_back(ai, kind):
    limits = numpy.iinfo(kind)
    ai.tensorset("t", numpy.array([limits.min, limits.max], kind))
    assert ai.tensorget("t").tolist() == [limits.min, limits.max]
    assert ai.tensorget("t", as_numpy=False)["values"] == [limits.min, limits.max]


def test_texts_come_back(ai):
    held = numpy.array([["a", "déjà"], ["", "vu"]])
    ai.tensorset("t", held)
    assert ai.tensorget("t").tolist() == held.tolist()
    assert ai.tensorget("t", as_numpy=False) == {
        "dtype": "STRING", "shape": [2, 2], "values": ["a", "déjà", "", "vu"]}


def test_a_scalar_comes_back(ai):
    ai.tensorset("t", numpy.array(2.5))
    assert ai.tensorget("t").shape == ()
    assert ai.tensorget("t") == 2.5


@pytest.mark.parametrize("kind, name, values", [
    ("float", "FLOAT", [0.5, -2.0]),
    ("double", "DOUBLE", [0.1, 1e300]),
    ("float32", "FLOAT", [0.5, 2.0]),
    ("float64", "DOUBLE", [0.1, 2.0]),
    ("int8", "INT8", [-127, 127]),
    ("int16", "INT16", [-5, 32767]),
    ("int32", "INT32", [-5, 7]),
    ("int64", "INT64", [-5, 2**63 - 1]),
    ("uint8", "UINT8", [0, 255]),
    ("uint16", "UINT16", [0, 65535]),
    ("uint32", "UINT32", [0, 2**32 - 1]),
    ("uint64", "UINT64", [0, 2**64 - 1]),
    ("bool", "BOOL", [0, 1]),
    ("str", "STRING", ["a", "b"]),
])
def test_a_list_comes_back_as_it_went(ai, kind, name, values):
    assert ai.tensorset("t", values, dtype=kind) == "OK"
    assert ai.tensorget("t", as_numpy=False) == {"dtype": name, "shape": [2], "values": values}
    assert ai.tensorget("t").tolist() == values


def test_a_list_has_the_shape_that_is_given(ai):
    ai.tensorset("t", (1, 2, 3, 4, 5, 6), shape=(2, 3), dtype="int32")
    assert ai.tensorget("t").tolist() == [[1, 2, 3], [4, 5, 6]]


def test_type_and_shape_can_be_asked_alone(ai):
    ai.tensorset("t", numpy.zeros((2, 3), "float32"))
    assert ai.tensorget("t", meta_only=True) == {"dtype": "FLOAT", "shape": [2, 3]}


def test_an_array_to_write_in_is_a_copy(ai):
    """`as_numpy_mutable` calls a function that numpy has no more since 2.3; `copy` is the same."""
    ai.tensorset("t", [1, 2], dtype="int32")
    read = ai.tensorget("t").copy()
    read[0] = 7
    assert read.tolist() == [7, 2]


def test_halves_are_read_as_arrays(ai, protocol):
    """The client knows no FLOAT16. It reads one as an array, and cannot store one.

    As a list it takes the values for integers: an error in RESP2, and in RESP3 they lose their fractions.
    """
    set_tensor(ai, "t", "FLOAT16", [1.5, -0.25])
    assert ai.tensorget("t").tolist() == [1.5, -0.25]
    with pytest.raises(TypeError):
        ai.tensorset("t", numpy.array([1.5], "float16"))
    if protocol == 2:
        with pytest.raises(ValueError):
            ai.tensorget("t", as_numpy=False)
    else:
        assert ai.tensorget("t", as_numpy=False)["values"] == [1, 0]


def test_replies_can_be_left_as_they_are(server, protocol):
    with connect(server, protocol, enable_postprocess=False) as client:
        assert client.tensorset("t", numpy.array([1], "int8")) == b"OK"
        assert client.tensorget("t") == [b"dtype", b"INT8", b"shape", [1], b"blob", b"\1"]
        assert client.modelstore("m", "ONNX", "CPU", MODEL) == b"OK"


def test_commands_can_be_printed(server, protocol, capsys):
    with connect(server, protocol, debug=True) as client:
        assert client.tensorset("t", numpy.array([7], "int8")) == "OK"
    assert capsys.readouterr().out == "AI.TENSORSET t INT8 1 BLOB b'\\x07'\n"


# Models

def test_a_model_is_told_as_it_was_stored(ai):
    assert ai.modelstore(
        "m", "onnx", "cpu:1", MODEL, batch=8, minbatch=2, minbatchtimeout=10, tag="v1") == "OK"
    meta = {"backend": "ONNX", "device": "cpu:1", "tag": "v1", "batchsize": 8, "minbatchsize": 2,
            "inputs": ["a", "b"], "outputs": ["mul"], "minbatchtimeout": 10}
    assert ai.modelget("m", meta_only=True) == meta
    assert ai.modelget("m") == {**meta, "blob": MODEL}


def test_a_model_goes_in_and_comes_out_in_pieces(ai):
    """The client asks for the size of a piece, and leaves it to its user to join them."""
    size = ai.config("MODEL_CHUNK_SIZE")
    try:
        assert ai.config("MODEL_CHUNK_SIZE", 100) == "OK"
        assert ai.modelstore("m", "ONNX", "CPU", MODEL) == "OK"
        pieces = ai.modelget("m")["blob"]
    finally:
        ai.config("MODEL_CHUNK_SIZE", size)
    assert len(pieces) == -(-len(MODEL) // 100)
    assert b"".join(pieces) == MODEL


def test_a_model_is_stored_in_the_older_way(ai):
    assert ai.modelset("m", "ONNX", "CPU", MODEL, batch=8, minbatch=2, tag="v1") == "OK"
    told = ai.modelget("m", meta_only=True)
    assert (told["tag"], told["batchsize"], told["minbatchsize"]) == ("v1", 8, 2)


def test_a_model_is_deleted(product):
    assert product.modeldel("m") == "OK"
    with pytest.raises(redis.ResponseError, match="model key is empty"):
        product.modeldel("m")


def test_models_are_listed(product):
    assert product.modelscan() == [["m", "v1"]]


@pytest.mark.parametrize("outputs", ["y", ["y"]])
def test_a_model_runs(product, outputs):
    assert product.modelexecute("m", ["a", "b"], outputs, timeout=patience.AN_HOUR) == "OK"
    assert product.tensorget("y").tolist() == PRODUCT


def test_a_model_runs_in_the_older_way(product):
    assert product.modelrun("m", ["a", "b"], ["y"]) == "OK"
    assert product.tensorget("y").tolist() == PRODUCT


def test_a_deadline_is_an_ordinary_reply(busy):
    assert busy.modelexecute("m", ["a", "b"], "y", timeout=20) == "TIMEDOUT"


def test_what_ran_is_counted_until_it_is_reset(product):
    product.modelexecute("m", ["a", "b"], "y")
    told = product.infoget("m")
    assert told.pop("duration") >= 0
    counted = {"key": "m", "type": "MODEL", "backend": "ONNX", "device": "CPU", "tag": "v1"}
    assert told == {**counted, "samples": 2, "calls": 1, "errors": 0}
    assert product.inforeset("m") == "OK"
    assert product.infoget("m") == {**counted, "duration": 0, "samples": 0, "calls": 0, "errors": 0}


# The server

def test_settings_are_read_and_changed(ai):
    folder = ai.config("BACKENDSPATH")
    assert folder == str(paths.BACKENDS)
    assert ai.config("BACKENDSPATH", folder) == "OK"
    assert ai.config("NOSUCH") is None


def test_a_runtime_is_loaded_once(start_server, tmp_path, protocol):
    server = start_server(backends=tmp_path, words=["ALLOW_LOAD", "local"])
    library = paths.BACKENDS / "redisai_onnxruntime" / "redisai_onnxruntime.so"
    with connect(server, protocol) as client:
        assert client.loadbackend("ONNX", library) == "OK"
        assert client.modelstore("m", "ONNX", "CPU", MODEL) == "OK"
        with pytest.raises(redis.ResponseError, match="error loading backend"):
            client.loadbackend("ONNX", library)


# DAGs

def test_a_dag_does_all_that_it_can(product):
    dag = product.dag(load=["a"], persist=["y"], routing="r", timeout=patience.AN_HOUR)
    dag.tensorset("b", numpy.array([[2, 3], [4, 5]], "float32")).tensorset("f", [1.5, -2], dtype="float")
    dag.modelexecute("m", ["a", "b"], ["y"]).modelrun("m", ["y", "b"], "z")
    dag.tensorget("y").tensorget("z").tensorget("f", as_numpy=False)
    *done, first, second, floats_ = dag.execute()
    assert done == ["OK"] * 4
    assert first.tolist() == PRODUCT
    assert second.tolist() == [[4, 18], [48, 100]]
    assert floats_ == FLOATS_AS_LIST
    assert product.tensorget("y").tolist() == PRODUCT
    assert not product.exists("z")


def test_a_dag_that_only_reads_stores_nothing(product):
    dag = product.dag(load=["a", "b"], readonly=True).modelexecute("m", ["a", "b"], "y").tensorget("y")
    assert dag.execute()[1].tolist() == PRODUCT
    assert not product.exists("y")


@pytest.mark.parametrize("readonly", [False, True])
def test_a_dag_of_the_older_way(product, readonly):
    dag = product.dag(readonly=readonly).tensorset("x", numpy.ones((2, 2), "float32"))
    *done, read = dag.modelrun("m", ["x", "x"], "y").tensorget("y").run()
    assert done == ["OK", "OK"]
    assert read.tolist() == [[1, 1], [1, 1]]


def test_a_dag_tells_type_and_shape_with_the_bytes(product):
    """`meta_only` of a DAG asks for the bytes all the same."""
    [told] = product.dag(load="a").tensorget("a", meta_only=True).execute()
    assert (told["dtype"], told["shape"]) == ("FLOAT", [2, 2])


def test_an_error_in_a_dag_is_in_the_reply_as_it_is(product):
    """The client cannot read a reply with an error in it, and says nothing of the error."""
    floats(product, "short", 1)
    dag = product.dag(load=["a", "short"]).modelexecute("m", ["a", "short"], "y").tensorget("y")
    with pytest.raises(TypeError):
        dag.execute()
    dag.enable_postprocess = False
    failed, missing = dag.execute()
    assert "Please fix either the inputs" in str(failed)
    assert missing == b"NA"


def test_the_deadline_of_a_dag_is_the_reply_as_it_is(busy):
    """The client cannot read TIMEDOUT where it expects a list."""
    dag = busy.dag(load=["a", "b"], timeout=20).modelexecute("m", ["a", "b"], "y")
    with pytest.raises(TypeError):
        dag.execute()
    dag.enable_postprocess = False
    assert dag.execute() == b"TIMEDOUT"


def test_what_a_dag_could_not_store_is_in_the_reply_as_it_is(product):
    """The client drops the error that stands behind the replies of the commands."""
    product.set("text", "x")
    dag = product.dag(persist="text").tensorset("text", [1.5, -2], dtype="float")
    assert dag.execute() == ["OK"]
    dag.enable_postprocess = False
    stored, refused = dag.execute()
    assert stored == b"OK"
    assert str(refused).startswith("WRONGTYPE")


# Pipelines

@pytest.mark.parametrize("transaction", [False, True])
def test_a_pipeline_takes_tensors_and_other_commands(ai, transaction):
    pipeline = ai.pipeline(transaction=transaction)
    pipeline.set("key", 1).tensorset("t", [1.5, -2], dtype="float")
    pipeline.tensorget("t").tensorget("t", as_numpy=False).tensorget("t", meta_only=True)
    done, stored, array, values, meta = pipeline.execute()
    assert (done, stored) == (True, b"OK")
    assert array.tolist() == [1.5, -2]
    assert values == FLOATS_AS_LIST
    assert meta == {"dtype": "FLOAT", "shape": [2]}


def test_a_pipeline_runs_models(product):
    pipeline = product.pipeline(transaction=False)
    pipeline.execute_command("AI.MODELEXECUTE", "m", "INPUTS", 2, "a", "b", "OUTPUTS", 1, "y")
    done, read = pipeline.tensorget("y").execute()
    assert done == b"OK"
    assert read.tolist() == PRODUCT

"""Products of quantized factors are right and end no server, whatever the shapes of their scales."""

import pytest

from support import paths
from support.models import execute, get_tensor, set_tensor, store

ROWS, VECTOR = [[255], [510], [765]], [[255, 510, 765]]
RESULTS = {
    "dequantized_columns": [[255, 510]], "dequantized_number": [[510, 510]],
    "dequantized_rows": [[510, 510]], "dequantized_rows_of_one": [[510]],
    "dequantized_transposed": [[255, 510]], "dequantized_transposed_rows": [[510]],
    "integers_columns": [[255, 510]], "integers_number": [[510, 510]],
    "integers_rows": ROWS, "integers_rows_renamed": ROWS, "integers_vector": VECTOR}


def test_every_model_is_tried():
    assert sorted(RESULTS) == sorted(path.stem for path in (paths.MODELS / "products").glob("*.onnx"))


@pytest.mark.parametrize("name", RESULTS)
def test_the_product_is_right(client, name):
    store(client, "m", f"products/{name}.onnx")
    set_tensor(client, "x", "FLOAT", [[0, 255]])
    for _ in range(20):
        execute(client, "m", ["x"], ["y"])
        assert get_tensor(client, "y").tolist() == RESULTS[name]

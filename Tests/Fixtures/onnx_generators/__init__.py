"""The models of `Tests/Fixtures/models`, one module for each family; `make_onnx_models.py` runs them all."""

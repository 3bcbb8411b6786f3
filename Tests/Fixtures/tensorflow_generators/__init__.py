"""The models of `Tests/Fixtures/models/tensorflow`; `make_tensorflow_models.py` writes them all."""

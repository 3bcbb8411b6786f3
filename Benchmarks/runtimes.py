"""The runtimes that are measured, by the names that the server, `floor` and the libraries have for them."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Runtime:
    title: str
    backend: str  # On the wire.
    floor: str
    name: str  # Of the library and its folder.

    @property
    def library(self):
        return f"{self.name}/{self.name}.so"


ONNX = Runtime("ONNX Runtime", "ONNX", "onnx", "redisai_onnxruntime")
TENSORFLOW = Runtime("TensorFlow", "TF", "tensorflow", "redisai_tensorflow")
LITERT = Runtime("LiteRT", "TFLITE", "litert", "redisai_tflite")
TORCH = Runtime("libtorch", "TORCH", "torch", "redisai_torch")

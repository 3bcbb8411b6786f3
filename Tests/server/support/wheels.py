"""Packages for pip in tests: tiny wheels in a folder, and an index that never answers."""

import contextlib
import socket
import zipfile

TAG = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def make(folder, name, version, needs=(), source=""):
    """Makes a wheel whose one module says its `version`; `needs` are its requirements."""
    information = f"{name}-{version}.dist-info"
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + "".join(
        f"Requires-Dist: {need}\n" for need in needs)
    files = {
        f"{name}.py": f"version = {version!r}\n{source}", f"{information}/METADATA": about,
        f"{information}/WHEEL": TAG,
        f"{information}/entry_points.txt": f"[console_scripts]\n{name}-tool = {name}:main\n"}
    files[f"{information}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{information}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)


def environment(temporary, **variables):
    """The variables of a server whose pip has no network, and whose temporary files are apart."""
    temporary.mkdir(exist_ok=True)
    return {"HOME": str(temporary), "PATH": "/usr/bin:/bin", "LC_ALL": "C", "TMPDIR": str(temporary)} | {
        name: str(value) for name, value in variables.items()}


@contextlib.contextmanager
def silent_index():
    """The address of an index that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/simple"

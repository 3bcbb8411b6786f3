"""`make install`, and servers that load what it lays, as Debian's service would."""

import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import threading

import pytest
import redis

from support import paths, service
from support.flow_servers import register, trigger
from support.runtimes import run_all, store_all

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user and mounts")
CLIENTS = 8


@pytest.fixture(scope="module")
def installed():
    """All runtimes, as root installs them."""
    with tempfile.TemporaryDirectory(prefix="redisai-") as folder:
        yield service.Installation(folder)


@pytest.fixture
def start_service(start_server, installed):
    """Starts a server as the service's user, with the lines of `make install` in its configuration."""

    def start(words, settings=(), **options):
        lines = installed.fragment.read_text().splitlines()
        return start_server(settings=[*lines, *settings], **service.launch_options(words) | options)

    return start


@needs_root
@pytest.mark.parametrize("name", ["calls", "code", "places", "all"])
def test_all_runtimes_serve_and_restart_as_the_service(start_service, installed, name):
    server = start_service(service.restrictions(installed)[name])
    store_all(server.client())
    run_all(server.client())
    server.restart()
    run_all(server.client())
    assert " ".join(server.process.args).find(f"--user {service.user()}") > 0


@needs_root
def test_many_clients_are_served_under_all_restrictions(start_service, installed):
    """A short form of `make soak`."""
    server = start_service(service.restrictions(installed)["all"])
    store_all(server.client())
    failures = []

    def work(number):
        try:
            run_all(server.client(database=0), prefix=f"{{client{number}}}")
        except Exception as failure:  # pytest does not see what other threads raise.
            failures.append(failure)

    clients = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert failures == []


@needs_root
def test_a_rewritten_configuration_loads_the_module_once(start_service, installed):
    server = start_service([])
    server.client().config_rewrite()
    text = (server.folder / "redis.conf").read_text()
    assert text.count("loadmodule") == 1 + installed.fragment.read_text().count("`loadmodule`")
    server.write_configuration = lambda: None  # As it was rewritten.
    server.restart()
    store_all(server.client(), kinds=["ONNX"])


@needs_root
def test_a_runtime_where_no_code_may_run_is_refused_in_words(start_service, installed):
    module = installed.libraries / "redis/modules/redisai/redisai.so"
    server = start_service(
        [module if word == installed.libraries else word for word in service.places(installed)])
    with pytest.raises(redis.exceptions.ResponseError, match="ackend"):
        store_all(server.client(), kinds=["ONNX"])
    assert "or the server's service runs no code from there; `make install` lays it where" in server.log()


@needs_root
def test_a_runtime_in_a_private_folder_is_refused_in_words(start_server, installed):
    with tempfile.TemporaryDirectory(prefix="redisai-") as private:
        (pathlib.Path(private) / "backends").symlink_to(paths.BACKENDS)
        line = installed.fragment.read_text().strip() + f" BACKENDSPATH {private}/backends"
        server = start_server(settings=[line], **service.launch_options([]))
        with pytest.raises(redis.exceptions.ResponseError, match="ackend"):
            store_all(server.client(), kinds=["ONNX"])
        assert f"the server's user may not enter {private}, or its service hides it" in server.log()


@needs_root
def test_a_package_where_no_code_may_run_is_refused_in_words(start_server, installed):
    """As under the service's PrivateTmp, its TMPDIR can be written to, but runs nothing."""
    words = service.places(installed)
    words.insert(words.index("{folder}"), tempfile.gettempdir())
    line = installed.fragment.read_text().strip() + " TORCH_ALLOW_NATIVE_CODE yes"
    server = start_server(settings=[line], **service.launch_options(words))
    with pytest.raises(redis.exceptions.ResponseError, match="set TMPDIR to a folder from which the server"):
        store_torch_package(server.client())


def store_torch_package(client):
    package = (paths.MODELS / "torch/package_sum_difference.pt2").read_bytes()
    client.execute_command("AI.MODELSTORE", "package", "TORCH", "CPU", "BLOB", package)


def test_what_is_installed_belongs_to_who_installs_it_alone(installed):
    for place in installed.folder.rglob("*"):
        mode = place.lstat()
        assert mode.st_uid == os.geteuid()
        assert stat.S_ISLNK(mode.st_mode) or not mode.st_mode & (stat.S_IWGRP | stat.S_IWOTH), place
        assert stat.S_ISLNK(mode.st_mode) or mode.st_mode & stat.S_IROTH, place


def test_other_modules_find_the_header(installed):
    header = installed.folder / "usr/include/redisai.h"
    assert "RedisAI_Initialize" in header.read_text()


def test_a_second_installation_replaces_the_first(installed):
    stray = installed.libraries / "redis/modules/redisai/backends/old.so"
    stray.touch()
    installed.make("install")
    assert not stray.exists()


def test_a_service_is_told_of_a_folder_that_it_runs_nothing_from(tmp_path):
    other = service.Installation(tmp_path, backends="tflite")
    drop_in = tmp_path / "etc/systemd/system/redis-server.service.d/redisai.conf"
    assert f"ExecPaths={tmp_path}/usr/lib/redis/modules/redisai" in drop_in.read_text()
    assert "sudo systemctl daemon-reload" in other.text


def test_a_service_is_told_of_the_python_of_flows(tmp_path):
    service.Installation(tmp_path, backends="tflite", PREFIX="/usr", SYSCONFDIR="/etc", DESTDIR=tmp_path,
                         FLOWS="yes")
    drop_in = (tmp_path / "etc/systemd/system/redis-server.service.d/redisai.conf").read_text()
    python = pathlib.Path(shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin")).resolve()
    assert drop_in.splitlines()[1:] == ["[Service]", f"ExecPaths={python}", "SystemCallFilter=@sandbox"]
    fragment = (tmp_path / "etc/redis/redisai.conf").read_text()
    assert f"redisai.so FLOWS yes FLOWS_PYTHON {python}\n" in fragment
    assert (tmp_path / "usr/lib/redis/modules/redisai/flows/redisai_flows/wire.py").exists()


@needs_root
@pytest.mark.parametrize("allowed", [True, False])
def test_flows_run_under_the_service_if_it_knows_their_python(start_server, installed, allowed):
    python = pathlib.Path(shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin")).resolve()
    words = service.places(installed)
    words.insert(words.index("{folder}"), tempfile.gettempdir())
    if allowed:
        words.insert(words.index(installed.libraries), python)
    line = installed.fragment.read_text().strip() + f" FLOWS yes FLOWS_PYTHON {python}"
    server = start_server(settings=[line], **service.launch_options(words))
    if allowed:
        register(server, "GB('CommandReader').count().register(trigger='count')")
        assert trigger(server, "count") == [b"1"]
    else:
        with pytest.raises(redis.exceptions.ResponseError, match=f"add ExecPaths={python} to its unit"):
            register(server, "GB('CommandReader').register(trigger='count')")


def test_nothing_is_left_and_no_other_file_is_touched(tmp_path):
    other = tmp_path / "etc/systemd/system/redis-server.service.d/other.conf"
    other.parent.mkdir(parents=True)
    other.write_text("[Service]\n")
    installed = service.Installation(tmp_path, backends="tflite")
    assert "is removed" in installed.make("uninstall")
    left = [place for place in tmp_path.rglob("*") if place.is_file()]
    assert left == [other]


def test_a_package_is_staged_for_its_own_place(tmp_path):
    """Below /usr/lib nothing needs to be said to Debian's service."""
    service.Installation(tmp_path, backends="tflite", PREFIX="/usr", SYSCONFDIR="/etc", DESTDIR=tmp_path)
    assert (tmp_path / "usr/lib/redis/modules/redisai/redisai.so").exists()
    assert "loadmodule /usr/lib/redis/modules/redisai/redisai.so" in (
        tmp_path / "etc/redis/redisai.conf").read_text()
    assert not (tmp_path / "etc/systemd").exists()


@pytest.mark.parametrize("name", ["a blank", "it's", 'quo"ted', "back\\slash"])
def test_a_prefix_that_the_server_could_not_write_down_is_refused(tmp_path, name):
    variables = {"PREFIX": str(tmp_path / name), "SYSCONFDIR": str(tmp_path / "etc"), "DESTDIR": "",
                 "BACKENDS": "tflite"}
    done = subprocess.run([sys.executable, paths.ROOT / "Scripts/install.py"], env=os.environ | variables,
                          capture_output=True, text=True)
    assert done.returncode == 1
    assert "PREFIX has a blank, a quote or a backslash" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_lines_for_the_shell_do_what_they_say_in_any_folder(tmp_path):
    settings, program = tmp_path / "it's a place", tmp_path / "bin"
    installed = service.Installation(
        tmp_path, backends="tflite", SYSCONFDIR=settings, PREFIX=tmp_path / "usr[1]%n")
    program.mkdir()
    (program / "sudo").write_text('#!/bin/sh\nexec "$@"\n')
    (program / "sudo").chmod(0o755)

    def type_in(text, word):
        line = next(line for line in text.splitlines() if line.startswith(f"    sudo {word}"))
        subprocess.run(line, shell=True, check=True, env={"PATH": f"{program}:/usr/bin:/bin"})
        return (settings / "redis/redis.conf").read_text()

    loading = f"loadmodule {tmp_path}/usr[1]%n/lib/redis/modules/redisai/redisai.so\n"
    assert loading in type_in(installed.text, "sh")
    drop_in = settings / "systemd/system/redis-server.service.d/redisai.conf"
    assert f"ExecPaths={tmp_path}/usr[1]%%n/lib" in drop_in.read_text()
    assert loading not in type_in(installed.make("uninstall"), "sed")

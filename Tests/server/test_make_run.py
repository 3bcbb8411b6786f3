"""What `make run` does with the data that it finds: none of it is ever lost."""

import os
import pathlib
import shlex
import signal
import subprocess
import sys
import tempfile

import pytest
import redis

from support import paths, patience
from support.models import PRODUCT, execute, get_tensor, prepare_product
from support.servers import wait_until

RUN = paths.ROOT / "Scripts/run.py"
APPENDING = ["--appendonly", "yes"]


class Run:
    """One `make run` with its data in a folder of the test's own."""

    def __init__(self, folder, *words, server=paths.SERVER):
        self.socket = folder / "redis.sock"
        arguments = ["--dir", str(folder / "data"), "--unixsocket", str(self.socket), *words]
        self.process = subprocess.Popen(
            [sys.executable, str(RUN), "BACKENDSPATH", str(paths.BACKENDS)], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=os.environ | {"PORT": "0", "REDIS_SERVER": server, "REDIS_ARGS": shlex.join(arguments)})
        self.client = redis.Redis(unix_socket_path=str(self.socket), protocol=2)

    def answers(self):
        assert self.process.poll() is None, self.process.stdout.read()
        try:
            return self.client.ping()
        except redis.exceptions.ConnectionError:
            return False

    def ready(self):
        wait_until(self.answers, what="an answer to PING")
        return self

    def end(self, how=signal.SIGINT):
        """Ends the server, as Ctrl-C does unless another signal is named; returns what was printed."""
        self.process.send_signal(how)
        text, _ = self.process.communicate()
        assert self.process.returncode == (0 if how == signal.SIGINT else -how), text
        return text

    def refused(self):
        """What is printed by a run that starts no server."""
        text, _ = self.process.communicate(timeout=patience.SECONDS)
        assert self.process.returncode == 1, text
        assert "The server was not started. " in text
        return text


@pytest.fixture
def run():
    """Starts runs in one folder; ends what is left of them."""
    runs = []
    with tempfile.TemporaryDirectory(prefix="redisai-") as folder:

        def start(*words, **options):
            runs.append(Run(pathlib.Path(folder), *words, **options))
            return runs[-1]

        start.data = pathlib.Path(folder) / "data"
        yield start
        for each in runs:
            if each.process.poll() is None:
                each.process.kill()
                each.process.communicate()


def fill(run):
    """Stores a model and its inputs, and a word."""
    prepare_product(run.client)
    run.client.set("word", "first")


def check(run, word=b"first"):
    execute(run.client, "m", ["a", "b"], ["c"])
    assert (get_tensor(run.client, "c") == PRODUCT).all()
    assert run.client.get("word") == word


def test_data_is_there_again(run):
    first = run().ready()
    fill(first)
    first.end()
    check(run().ready())


def test_an_append_only_file_is_made_of_an_rdb_file(run):
    first = run().ready()
    fill(first)
    first.end()
    saved = (run.data / "dump.rdb").read_bytes()
    second = run(*APPENDING).ready()
    check(second)
    second.client.set("word", "second")
    text = second.end()
    assert "==> making an append-only file of" in text
    assert "appended to a file" in text
    assert (run.data / "dump.rdb").read_bytes() == saved
    check(run(*APPENDING).ready(), word=b"second")


def test_a_setting_counts_in_capitals_too(run, tmp_path):
    first = run().ready()
    fill(first)
    first.end()
    second = run("--APPENDONLY", "YES").ready()
    check(second)
    assert "appended to a file" in second.end()
    (run.data / "appendonlydir").rename(run.data / "elsewhere")
    included = tmp_path / "more.conf"
    included.write_text("AppendOnly Yes\n")
    check(run("--include", str(included)).ready())


def test_a_conversion_that_nobody_is_let_in_to_is_refused(run, tmp_path):
    run().ready().end()
    users = tmp_path / "users.acl"
    users.write_text("user default off\n")
    assert "`aclfile`) forbid it" in run(*APPENDING, "--aclfile", str(users)).refused()
    assert "`aclfile`) forbid it" in run(*APPENDING, "--user", "default", "on", "-@all").refused()
    users.write_text("user default on nopass ~* +@all -shutdown\n")
    assert "refuses SHUTDOWN" in run(*APPENDING, "--aclfile", str(users)).refused()


def test_a_relative_folder_is_entered_once(run):
    run.data.mkdir()
    first = run("--dir", "deeper").ready()
    first.client.set("word", "first")
    first.end()
    assert [file.name for file in (run.data / "deeper").iterdir() if file.name != ".in-use"] == ["dump.rdb"]


def test_a_conversion_that_fails_changes_nothing(run):
    run.data.mkdir()
    (run.data / "dump.rdb").write_bytes(b"REDIS0010, but not really")
    text = run(*APPENDING).refused()
    assert "ends by itself. Its log ends with:" in text
    assert [file.name for file in run.data.iterdir() if file.name != ".in-use"] == ["dump.rdb"]


def test_an_append_only_file_is_read_unasked(run):
    first = run(*APPENDING).ready()
    fill(first)
    first.end()
    second = run().ready()
    check(second)
    second.client.set("word", "second")
    assert "so the server goes on with --appendonly yes" in second.end()
    check(run().ready(), word=b"second")


def test_a_killed_server_loses_nothing_that_was_appended(run):
    first = run(*APPENDING, "--appendfsync", "always").ready()
    fill(first)
    first.end(signal.SIGKILL)
    check(run().ready())


def test_an_append_only_file_is_not_passed_over(run):
    run(*APPENDING).ready().end()
    assert "CONFIG SET appendonly no, and SAVE" in run("--appendonly", "no").refused()


def test_appending_that_was_switched_off_is_noticed(run):
    first = run(*APPENDING).ready()
    first.client.set("word", "first")
    first.client.config_set("appendonly", "no")
    first.client.set("word", "second")
    first.client.save()
    first.end()
    assert "is newer than the append-only file beside it" in run().refused()
    assert "the next `save` would overwrite it" in run(*APPENDING, "--save", "3600", "1").refused()
    older = run(*APPENDING).ready()
    assert older.client.get("word") == b"first"
    older.client.set("word", "third")
    assert "it is not read, and stays as it is" in older.end()
    (run.data / "appendonlydir").rename(run.data / "elsewhere")
    assert run().ready().client.get("word") == b"second"


def test_one_folder_has_one_server(run):
    first = run().ready()
    fill(first)
    assert "Another one runs on the data in" in run().refused()
    check(first)
    first.end(signal.SIGKILL)
    run().ready()


def test_a_run_that_keeps_nothing_says_so(run):
    silent = run("--save", "").ready()
    silent.client.set("word", "first")
    assert "NOTHING OF THIS RUN IS KEPT" in silent.end()
    assert "A killed server loses what came after its last save" in run().ready().end()


def test_settings_of_included_files_count(run, tmp_path):
    run(*APPENDING).ready().end()
    included = tmp_path / "more.conf"
    included.write_text("# Words of its own.\nappendonly no\n")
    assert "CONFIG SET appendonly no, and SAVE" in run("--include", str(included)).refused()
    assert "cannot be read: No such file" in run("--include", str(tmp_path / "none.conf")).refused()


def test_included_files_are_read_as_the_server_reads_them(run, tmp_path):
    run(*APPENDING).ready().end()
    (tmp_path / "0.conf").write_text('# it\'s a comment\r\n\tappendonly "\\x6eo"\r\n')
    (tmp_path / "1.conf").write_text("# it's a comment\nlogfile a#b\n")
    assert "CONFIG SET appendonly no, and SAVE" in run("--include", str(tmp_path / "0.conf")).refused()
    assert "CONFIG SET appendonly no, and SAVE" in run("--include", str(tmp_path / "[0].conf")).refused()
    run("--include", str(tmp_path / "1.conf")).ready().end()
    assert (run.data / "a#b").exists()
    run("--include", str(tmp_path / "none*.conf")).ready().end()
    (tmp_path / "4.conf").write_text("requirepass it's\n")
    assert "in which a quote is not closed: requirepass it's" in (
        run("--include", str(tmp_path / "4.conf")).refused())
    (tmp_path / "5.conf").write_text(f"include {tmp_path}/5.conf\n")
    assert "include each other" in run("--include", str(tmp_path / "5.conf")).refused()


def test_files_of_a_newer_server_are_not_passed_over(run):
    run(*APPENDING).ready().end()
    text = run(*APPENDING, server=paths.SERVER_62).refused()
    assert "append-only files of Redis 7 or newer" in text


def test_an_older_server_converts_too_and_a_newer_one_goes_on(run):
    first = run(server=paths.SERVER_62).ready()
    fill(first)
    first.end()
    second = run(*APPENDING, server=paths.SERVER_62).ready()
    check(second)
    second.client.set("word", "second")
    second.end()
    check(run().ready(), word=b"second")

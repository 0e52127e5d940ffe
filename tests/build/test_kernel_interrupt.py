"""A fetch that is stopped while apt downloads from a server that stalls in the middle of a file."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rkmbuild.kernel import fetch, find
from tests.build.apt_archive import RELEASE, Archive
from tests.cli import started


class _Stalling(SimpleHTTPRequestHandler):
    """Sends the first half of an image's package, and the rest once it is let go."""

    reached: threading.Event
    let_go: threading.Event

    def copyfile(self, source: object, outputfile: object) -> None:
        content = source.read()  # type: ignore[attr-defined]
        half = len(content) // 2
        send = outputfile.write  # type: ignore[attr-defined]
        if "linux-image" not in self.path:
            send(content)
            return
        send(content[:half])
        self.reached.set()
        self.let_go.wait(60)
        send(content[half:])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def stalling(
    tmp_path: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[type[_Stalling]]:
    class Handler(_Stalling):
        reached = threading.Event()
        let_go = threading.Event()

    archive = Archive(tmp_path / "archive")
    archive.add_kernel("6.12.117-1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=archive.pool))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    archive.serve_from(f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("APT_CONFIG", str(archive.config))
    assert not empty_cache.exists()
    yield Handler
    Handler.let_go.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_a_fetch_that_is_stopped_while_it_downloads_leaves_no_kernel(
    stalling: type[_Stalling], number: signal.Signals, status: int
) -> None:
    command = [sys.executable, "-m", "rkmbuild", "kernel", "fetch", "6.12"]
    with started(command, stderr=subprocess.PIPE) as process:
        assert stalling.reached.wait(30)
        download = _child(process.pid)
        process.send_signal(number)
        said = process.communicate(timeout=30)[1].decode()
    assert process.returncode == status, said
    assert "Traceback" not in said
    if number is not signal.SIGKILL:
        assert "interrupted" in said
        assert not Path(f"/proc/{download}").exists()
    assert find.fetched() == []
    stalling.let_go.set()
    assert fetch.fetch("6.12").release == RELEASE


def _child(parent: int) -> int:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == parent:
                return int(entry.name)
    pytest.fail("the fetch has no child")

"""qemu's control socket, with what qemu 7.2 said when a machine was kept."""

import os
import socket
import threading
from collections.abc import Sequence

import pytest

from rkmbuild.base.errors import MachineError
from rkmbuild.guest.qmp import Control

_GREETING = (
    '{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": '
    '"Debian 1:7.2+dfsg-7+deb12u18+b3"}, "capabilities": ["oob"]}}'
)
_DONE = '{"return": {}}'
_NO_FILE = (
    '{"error": {"class": "GenericError", "desc": "No file descriptor supplied via SCM_RIGHTS"}}'
)
_SETUP = (
    '{"timestamp": {"seconds": 1795907213, "microseconds": 431888}, "event": "MIGRATION", '
    '"data": {"status": "setup"}}'
)
_COMPLETED = (
    '{"timestamp": {"seconds": 1795907213, "microseconds": 66736}, "event": "STOP"}\r\n'
    '{"return": {"status": "completed", "setup-time": 0, "downtime": 2, "total-time": 2, "ram": '
    '{"total": 77824, "postcopy-requests": 0, "dirty-sync-count": 2, "multifd-bytes": 0}}}'
)


def _answering(control: Control, answers: Sequence[str]) -> threading.Thread:
    theirs = socket.socket(fileno=os.dup(control.file))

    def answer() -> None:
        with theirs:
            theirs.sendall(f"{_GREETING}\r\n".encode())
            for each in answers:
                theirs.recv(4096)
                theirs.sendall(f"{each}\r\n".encode())

    thread = threading.Thread(target=answer)
    thread.start()
    return thread


def test_an_answer_is_found_among_events() -> None:
    with Control() as control:
        thread = _answering(control, [_DONE, _DONE, _COMPLETED, f"{_SETUP}\r\n{_DONE}"])
        control.begin()
        assert control.ask("query-migrate")["status"] == "completed"
        assert control.ask("migrate-incoming", {"uri": "fd:9"}) == {}
        thread.join()


def test_what_qemu_refuses_it_says() -> None:
    with Control() as control:
        thread = _answering(control, [_DONE, _DONE, _NO_FILE])
        control.begin()
        with pytest.raises(MachineError, match="getfd: No file descriptor supplied"):
            control.ask("getfd", {"fdname": "state"})
        thread.join()


def test_a_qemu_that_ends_is_told_of() -> None:
    with Control() as control:
        thread = _answering(control, [_DONE])
        with pytest.raises(MachineError, match="migrate-set-capabilities"):
            control.begin()
        thread.join()

"""qemu's control socket: commands go in, answers come out (QEMU Machine Protocol)."""

import contextlib
import json
import socket
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self

from rkmbuild.base.errors import MachineError

# For a crowded machine: it takes some milliseconds.
_ANSWER_SECONDS = 60.0


class Control:
    """Both ends of a control socket: qemu inherits one of them, so that it has no path."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()
        self._ours.settimeout(_ANSWER_SECONDS)
        self._lines = self._ours.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for each in (self._lines, self._ours, self._theirs):
            with contextlib.suppress(OSError):
                each.close()

    @property
    def file(self) -> int:
        """The descriptor that qemu has to inherit."""
        return self._theirs.fileno()

    @property
    def words(self) -> tuple[str, ...]:
        """The arguments of qemu that have it listen there."""
        device = f"socket,id=control,fd={self.file}"
        return ("-chardev", device, "-mon", "chardev=control,mode=control")

    def begin(self) -> None:
        """Begin to talk, and have memory that is shared be no part of what qemu writes and reads.

        Raises:
            MachineError: qemu has no such thing (it has since 4.0).
        """
        self._theirs.close()
        self.ask("qmp_capabilities")
        self.ask(
            "migrate-set-capabilities",
            {"capabilities": [{"capability": "x-ignore-shared", "state": True}]},
        )

    def ask(
        self, command: str, arguments: dict[str, Any] | None = None, files: Sequence[int] = ()
    ) -> dict[str, Any]:
        """Have qemu carry out a command, and return its answer.

        Args:
            command: Its name.
            arguments: Its arguments.
            files: Descriptors that it is given.

        Raises:
            MachineError: qemu does not carry it out.
        """
        text = json.dumps({"execute": command, "arguments": arguments or {}}).encode()
        try:
            socket.send_fds(self._ours, [text], files)
            for answer in self._answers():
                if "return" in answer:
                    found: dict[str, Any] = answer["return"]
                    return found
                if "error" in answer:
                    raise MachineError(f"qemu: {command}: {answer['error'].get('desc')}")
        except (OSError, ValueError) as error:
            raise MachineError(f"qemu: {command}: {error}") from None
        raise MachineError(f"qemu ended at {command}")

    def _answers(self) -> Iterator[dict[str, Any]]:
        for line in self._lines:
            yield json.loads(line)

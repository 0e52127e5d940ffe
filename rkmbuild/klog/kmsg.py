"""The kernel's log, record by record, from /dev/kmsg (Documentation/ABI/testing/dev-kmsg)."""

import errno
import os
import re
import select
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rkmbuild.base import console
from rkmbuild.base.errors import PermissionDeniedError, RefusedError
from rkmbuild.kernel.names import module_name

DEVICE = Path("/dev/kmsg")
LEVELS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")

# A read gives one record whole or EINVAL; the kernel's own buffer for it has 8 KiB.
_BUFFER = 32 << 10
# Milliseconds without a record; those of one report come within far less, serial consoles aside.
_PAUSE = 500
_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")


@dataclass(frozen=True, kw_only=True)
class Record:
    r"""A message of the kernel.

    Attributes:
        sequence: Its number since boot.
        microseconds: When, on the kernel's clock since boot.
        level: 0 (emerg) to 7 (debug), the index of a word in LEVELS.
        facility: 0 for the kernel's own; others were written by programs.
        flags: As the kernel wrote them: `-`, or `c` for a part of a line.
        text: The message; several lines where it has `\n`.
        fields: What the kernel knows besides, as SUBSYSTEM and DEVICE.
        lost: Records before this one that were overwritten before they could be read.
    """

    sequence: int
    microseconds: int
    level: int
    facility: int
    flags: str
    text: str
    fields: dict[str, str] = field(default_factory=dict)
    lost: int = 0

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        return {
            "sequence": self.sequence,
            "seconds": self.microseconds / 1e6,
            "level": LEVELS[self.level],
            "facility": self.facility,
            "text": self.text,
            "fields": self.fields,
            "lost": self.lost,
        }

    def lines(self) -> Iterator[str]:
        """Give it as `dmesg` shows it; what could steer a terminal is shown as a backslash code."""
        head = f"[{self.microseconds // 1_000_000:>5}.{self.microseconds % 1_000_000:06}] "
        for line in self.text.split("\n"):
            yield head + console.visible(line)
            head = " " * len(head)

    def is_about(self, module: str) -> bool:
        """Tell whether `module` printed it, or a trace names the module.

        Modules put their name and a colon first (pr_fmt); a trace has it in brackets.
        """
        names = "|".join({re.escape(module_name(module)), re.escape(module.replace("_", "-"))})
        return bool(re.search(rf"^(?:{names}):|\[(?:{names})\]|\b(?:{names})\(", self.text))


def parse(data: bytes) -> Record:
    r"""Read one record: `priority,sequence,microseconds,flags[,...];text`, then dictionary lines.

    Bytes that are no printable ASCII come as `\x..` and are taken back; the text is UTF-8.

    Raises:
        ValueError: it has another form.
    """
    head, _, body = data.partition(b";")
    priority, sequence, microseconds, flags, *_ = head.decode("ascii").split(",")
    text, *dictionary = body.split(b"\n")
    fields = {}
    for line in dictionary:
        if line.startswith(b" "):
            key, _, value = _plain(line[1:]).partition("=")
            fields[key] = value
    return Record(
        sequence=int(sequence),
        microseconds=int(microseconds),
        level=int(priority) & 7,
        facility=int(priority) >> 3,
        flags=flags,
        text=_plain(text),
        fields=fields,
    )


class Reader:
    """The log, opened for reading at a place in it.

    Args:
        from_now: Begin after the newest record instead of at the oldest.
        device: What to read.

    Raises:
        PermissionDeniedError: only root can read this kernel's log (kernel.dmesg_restrict).
        RefusedError: there is no log to read.
    """

    def __init__(self, *, from_now: bool = False, device: Path = DEVICE) -> None:
        try:
            self._file = os.open(device, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except PermissionError:
            raise PermissionDeniedError(
                "only root can read this kernel's log",
                hint="run it as root; or allow it to all: sudo sysctl kernel.dmesg_restrict=0",
            ) from None
        except OSError as error:
            raise RefusedError(f"cannot read {device}: {error.strerror}") from None
        self._next: int | None = None
        if from_now:
            os.lseek(self._file, 0, os.SEEK_END)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the device; nothing can be read after that."""
        os.close(self._file)

    def available(self) -> Iterator[Record]:
        """Give the records that are there, without waiting for more."""
        while record := self._read():
            yield record

    def follow(self) -> Iterator[Record | None]:
        """Give the records that are there, and then each new one, without end.

        None stands for a pause: nothing has come for a moment.
        """
        poll = select.poll()
        poll.register(self._file, select.POLLIN)
        while True:
            yield from self.available()
            if not poll.poll(_PAUSE):
                yield None
                poll.poll()

    def _read(self) -> Record | None:
        while True:
            try:
                data = os.read(self._file, _BUFFER)
            except BlockingIOError:
                return None
            except OSError as error:
                # EPIPE: the next record was overwritten; the kernel goes on with the oldest one.
                if error.errno != errno.EPIPE:
                    raise RefusedError(f"cannot read the log: {error.strerror}") from None
                continue
            if not data:
                return None
            with suppress(ValueError):
                record = parse(data)
                lost = 0 if self._next is None else max(0, record.sequence - self._next)
                self._next = record.sequence + 1
                return replace(record, lost=lost)


def next_sequence(device: Path = DEVICE) -> int | None:
    """Return the number that the next record after the newest one will have, or None.

    None where the log may not be read or is empty.
    """
    try:
        with Reader(device=device) as reader:
            newest = deque(reader.available(), maxlen=1)
    except (PermissionDeniedError, RefusedError):
        return None
    return newest[0].sequence + 1 if newest else None


def _plain(data: bytes) -> str:
    return _ESCAPE.sub(lambda code: bytes([int(code[1], 16)]), data).decode(errors="replace")

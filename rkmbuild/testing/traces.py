"""What the traces in a test's log are in the source."""

from dataclasses import replace
from pathlib import Path

from rkmbuild.module import modinfo
from rkmbuild.testing.results import Status, TestResult
from rkmbuild.trace.decode import Decoded, Decoder
from rkmbuild.trace.search import Search, of_module

_ENDED_BADLY = (Status.CRASHED, Status.TIMEOUT)


def explained(result: TestResult, ko: Path) -> TestResult:
    """Return a result with its traces decoded, and the place in its message.

    Args:
        result: What came of a test.
        ko: The module that was loaded, with its debug information beside it.
    """
    if not result.log or not (result.troubles or result.status in _ENDED_BADLY):
        return result
    decoded = _decoded(result, ko)
    message = result.message
    where = next((each.where for each in decoded if each.where), None)
    if where and result.status in _ENDED_BADLY and "panicked at" not in message:
        # The kernel's own word for the place is then of no use.
        head = message.partition("; it was in ")[0]
        message = f"{head}, in {where.function} at {_shown(where.file)}:{where.line}"
    return replace(result, decoded=tuple(decoded), message=message)


def _decoded(result: TestResult, ko: Path) -> list[Decoded]:
    module = modinfo.read(ko)
    search = Search(
        of_module(ko),
        loaded=False,
        release=result.release,
        known=lambda name: module.build_id if name == module.name else "",
    )
    decoder = Decoder(search)
    found = [decoder.feed(message.text) for message in result.log]
    return [each for each in (*found, decoder.flush()) if each]


def _shown(file: str) -> str:
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)

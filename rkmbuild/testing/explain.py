"""What the traces in a test's log are in the source."""

from dataclasses import replace

from rkmbuild.ko import modinfo
from rkmbuild.testing.cases import CaseKind
from rkmbuild.testing.results import Status, TestResult
from rkmbuild.testing.script import Group
from rkmbuild.trace import guest_log
from rkmbuild.trace.decoded import Decoded
from rkmbuild.trace.text import here

_ENDED_BADLY = (Status.CRASHED, Status.TIMEOUT)


def explained(result: TestResult, group: Group) -> TestResult:
    """Return a result with its traces decoded, and the place in its message.

    Args:
        result: What came of a test.
        group: What it belongs to; the module has its debug information beside it.
    """
    if not result.log or not (result.troubles or result.status in _ENDED_BADLY):
        return result
    decoded = _decoded(result, group)
    message = result.message
    where = next((each.where for each in decoded if each.where), None)
    if where and result.status in _ENDED_BADLY and "panicked at" not in message:
        # The kernel's own word for the place is then of no use.
        head = message.partition("; it was in ")[0]
        message = f"{head}, in {where.function} at {here(where.file)}:{where.line}"
    return replace(result, decoded=tuple(decoded), message=message)


def _decoded(result: TestResult, group: Group) -> list[Decoded]:
    planned = group.needed
    if result.case.kind is CaseKind.KERNEL:
        # With tests inside, it is another file than the one that the plan is about.
        files = {**planned.files, f"/{group.module}.ko": group.with_tests}
        planned = replace(planned, module=modinfo.read(group.with_tests), files=files)
    decoder = guest_log.decoder(planned)
    found = [decoder.feed(message.text) for message in result.log]
    return [each for each in (*found, decoder.flush()) if each]

"""The table of reports, against the formats by which three versions of Linux print them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rkmbuild.klog import klog, outcome, table
from rkmbuild.klog.kinds import TroubleKind, Verdict
from rkmbuild.klog.report import TRACE, Report
from rkmbuild.klog.reports import collected
from rkmbuild.klog.trouble import Trouble

_FORMATS = Path(__file__).parent.parent / "data" / "reports" / "formats.txt"
_FRAME = "f+0x8/0x10 [crashy]"
# For %s and %pV, in their order, where a plain word would be none that the kernel has there.
_WORDS: dict[str, tuple[str, ...]] = {
    "kasan-address": ("null-ptr-deref",),
    "slub": ("kmalloc-64", "Tainted: G           OE     ", "Object already free"),
    "usercopy": ("exposure", "from", "SLUB object", " 'kmalloc-64'", "", ""),
    "page-allocation": ("insmod", "page allocation failure: order:10"),
    "lock-irq-order": ("HARDIRQ", "HARDIRQ"),
    "hung-task": ("dd", " in I/O wait"),
    "rcu-stall": ("rcu_preempt",),
    "csd-lock": ("Detected",),
    "odebug-freed": ("free", "active"),
    "kobject": ("kobject_add_internal", "crashy"),
    "stack-overflow": ("TASK",),
    "ubsan": ("UBSAN: array index out of bounds",),
    "dma": ("crashy", "0000:00:02.0"),
}
_CONVERSION = re.compile(r"%(?:p[A-Za-z]*|[-#0*]*\d*(?:ll|l|h|z|t)?[a-z])")


@dataclass(frozen=True)
class Format:
    """The first line of a report, as one version prints it."""

    name: str
    version: str
    text: str


def _filled(name: str, form: str) -> str:
    words = iter(_WORDS.get(name, ()))

    def value(conversion: re.Match[str]) -> str:
        match conversion[0]:
            case "%s" | "%pV":
                return next(words, "insmod")
            case "%pS" | "%pB" | "%pSb":
                return _FRAME
            case "%ps":
                return "f"
            case "%p" | "%px":
                return "ffff888003ae6000"
            case other if other.startswith("%p"):
                return "0"
        return "7"

    return _CONVERSION.sub(value, form)


def _formats() -> Iterator[Format]:
    for line in _FORMATS.read_text().splitlines():
        if not line.startswith("#"):
            name, versions, _, form = line.split(" | ", 3)
            for version in versions.split():
                yield Format(name, version, _filled(name, form))


_ALL = tuple(_formats())
# A trace as each version heads it: lib/dump_stack.c, dump_stack_print_info.
_HEADS = {
    "6.1": "CPU: 0 PID: 136 Comm: insmod Tainted: G           OE      6.1.0-56-amd64 #1",
    "6.12": "CPU: 0 UID: 0 PID: 136 Comm: insmod Tainted: G        OE      6.12.117-amd64 #1",
    "7.3": "CPU: 0 UID: 0 PID: 136 Comm: insmod Tainted: G        OE      7.3.4-amd64 #1 PREEMPT",
}
_WARNS = {
    "6.1": "WARNING: CPU: 0 PID: 136 at lib/refcount.c:28 refcount_warn_saturate+0xba/0x110",
    "7.3": "WARNING: lib/refcount.c:28 at refcount_warn_saturate+0xba/0x110, CPU#0: insmod/136",
}
_CUT = "------------[ cut here ]------------"
_END = "---[ end trace 0000000000000000 ]---"


def _trace(version: str) -> list[str]:
    return [_HEADS[version], "Call Trace:", " <TASK>", f" {_FRAME}", " g+0x1/0x2", " </TASK>"]


def _read(lines: list[str]) -> tuple[list[Report], tuple[Trouble, ...]]:
    log = [klog.parse(f"<4>[    2.345678] {line}") for line in lines]
    return collected(message.text for message in log), outcome.troubles(log)


@pytest.mark.parametrize("form", _ALL, ids=lambda form: f"{form.name}-{form.version}")
def test_each_kind_is_one_report_with_its_verdict_and_its_frames(form: Format) -> None:
    lines = ["crashy: hello", form.text, *_trace(form.version), "crashy: bye"]
    (report, *traces), (trouble,) = _read(lines)
    assert report.name == trouble.name == form.name
    assert report.title in form.text
    assert (report.kind, report.verdict) == (trouble.kind, trouble.verdict)
    assert trouble.trace[0].text == form.text
    # What is one line takes no trace that comes after it.
    alone = next(kind for kind in table.TABLE if kind.name == form.name).alone
    assert [other.name for other in traces] == ([TRACE] if alone else [])
    if not alone:
        assert [str(frame) for frame in report.frames][-2:] == [_FRAME, "g+0x1/0x2"]
        assert report.release in _HEADS[form.version]


def test_every_row_but_the_last_resorts_is_printed_by_each_version_that_has_it() -> None:
    printed = {form.name for form in _ALL}
    assert printed == {kind.name for kind in table.TABLE}
    everywhere = {"6.1", "6.12", "7.3"}
    whole = [name for name in printed if {f.version for f in _ALL if f.name == name} == everywhere]
    assert len(whole) >= 47
    assert all(kind.source for kind in table.TABLE)


def test_what_corrupts_memory_or_ends_something_fails_and_the_rest_does_not() -> None:
    verdicts: dict[Verdict, set[str]] = {verdict: set() for verdict in Verdict}
    for kind in table.TABLE:
        verdicts[kind.verdict].add(kind.name)
    assert verdicts[Verdict.FAILS] >= {
        "kasan", "kfence", "kmsan", "slub", "list", "refcount", "odebug-freed", "bad-page",
        "lock-freed", "lock-wait-context", "hard-lockup", "hung-task", "netdev-reference", "cfi",
    }  # fmt: skip
    assert verdicts[Verdict.WARNS] >= {"warning", "ubsan", "lock-circular", "page-allocation"}
    assert verdicts[Verdict.NOTE] == {
        "suppressed", "lockdep-limit", "blocker", "workqueue-hogged", "tool",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("refcount_t: underflow; use-after-free.", "refcount"),
        ("refcount_t: saturated; leaking memory.", "refcount-leak"),
        (
            "ODEBUG: free active (active state 0) object: ff1 object type: timer_list",
            "odebug-freed",
        ),
        ("ODEBUG: init active (active state 0) object: ff1 object type: work_struct", "odebug"),
        ("DMA-API: crashy 0000:00:02.0: device driver tries to free DMA memory", "dma"),
        ("list_add corruption. prev->next should be next (ff1), but was ff2.", "list"),
    ],
)
@pytest.mark.parametrize("version", ["6.1", "7.3"])
def test_the_words_of_a_WARN_are_its_title_whichever_comes_first(  # noqa: N802 - the macro's name
    words: str, name: str, version: str
) -> None:
    heads = [words, _WARNS[version]] if version == "6.1" else [_WARNS[version], words]
    (report,), (trouble,) = _read([_CUT, *heads, *_trace(version), _END])
    assert (report.name, report.title) == (name, words)
    assert trouble.trace[0].text == _CUT
    assert trouble.trace[-1].text == _END
    assert trouble.fatal == (report.verdict is Verdict.FAILS)


@pytest.mark.parametrize(
    "words",
    [
        "list_del corruption, ffff888003ae6000->next is NULL",
        "detected buffer overflow in memcpy",
        "usercopy: Kernel memory overwrite attempt detected to SLUB object 'x' (offset 0, size 1)!",
    ],
)
def test_what_a_BUG_was_for_is_its_title(words: str) -> None:  # noqa: N802 - the macro's name
    oops = ["kernel BUG at lib/list_debug.c:49!", "Oops: invalid opcode: 0000 [#1] SMP"]
    (report,), _ = _read([words, _CUT, *oops, f"RIP: 0010:{_FRAME}", *_trace("6.12"), _END])
    assert report.title == words.removeprefix("usercopy: ")
    assert report.kind is TroubleKind.BUG
    assert report.frames[0].exact


def test_a_call_of_the_wrong_type_is_told_in_the_words_of_cfi() -> None:
    words = f"CFI failure at {_FRAME} (target: cb+0x0/0x10; expected type: 0x00000000)"
    oops = "Oops: invalid opcode: 0000 [#1] PREEMPT SMP"
    (report,), _ = _read([words, oops, f"RIP: 0010:{_FRAME}", *_trace("6.12"), _END])
    assert (report.title, report.kind) == (words, TroubleKind.OOPS)
    # With CONFIG_CFI_PERMISSIVE the call is made.
    (report,), (trouble,) = _read([words, _WARNS["6.1"], *_trace("6.12"), _END])
    assert (report.title, report.kind) == (words, TroubleKind.WARNING)
    assert not trouble.fatal


def test_a_trap_of_ubsan_is_an_oops() -> None:
    words = f"UBSAN: array index out of bounds at {_FRAME}"
    oops = "Oops: invalid opcode: 0000 [#1] PREEMPT SMP"
    (report,), (trouble,) = _read([words, oops, f"RIP: 0010:{_FRAME}", *_trace("6.12"), _END])
    assert (report.name, report.title, report.kind) == ("ubsan", words, TroubleKind.OOPS)
    assert trouble.fatal


@pytest.mark.parametrize(
    ("stack", "size"),
    [
        ("ffffc90000004000..ffffc90000007fff", 16),
        ("ffffc90000008000..ffffc9000000ffff", 32),
        # Before 7.3 they are hashes.
        ("000000008fb872c3..0000000089cc514e", 16),
    ],
)
def test_a_stack_overflow_is_called_one(stack: str, size: int) -> None:
    head = f"BUG: TASK stack guard page was hit at ffffc90000003ff8 (stack is {stack})"
    oops = "Oops: stack guard page: 0000 [#1] PREEMPT SMP NOPTI"
    (report,), (trouble,) = _read([head, oops, f"RIP: 0010:{_FRAME}", *_trace("6.12"), _END])
    assert report.name == "stack-overflow"
    assert trouble.title == f"stack overflow: the stack of {size} KiB ended in {_FRAME}"


def test_what_was_reported_before_the_first_command_is_no_failure_of_it() -> None:
    lines = ["BUG: KASAN: slab-out-of-bounds in f+0x1/0x2", *_trace("6.12"), "=" * 66]
    boot = [klog.parse(f"<4>[    1.0] {line}") for line in lines]
    loading = [klog.parse(f"<4>[    2.0] {line}", step=0) for line in ("crashy: hello", *lines)]
    early, late = outcome.troubles([*boot, *loading])
    assert (early.early, early.fatal) == (True, False)
    assert (late.early, late.fatal) == (False, True)
    # Of a log that has no commands all counts.
    (alone,) = outcome.troubles(boot)
    assert alone.fatal

"""Real crashes of a module, decoded: each names the function, the file and the line."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rkmbuild.kernel.tree import KernelTree
from tests.cli import rkmbuild
from tests.vm import crate_guest
from tests.vm.host_steps import GONE
from tests.vm.marks import marked

DEVICE = "/dev/crashes"
# The last line that the kernel says of it, which comes after what begins so.
UNTIL = "until dmesg | sed -n '/{}/,$p' | grep -q '{}'; do sleep 0.1; done"
# The guest's command line makes a panic of each oops; a usual system does not.
USUAL = "cd /proc/sys/kernel && echo 0 > panic_on_oops && echo 1 > watchdog_thresh"
SCRIPT = (
    "insmod /crashes.ko",
    USUAL,
    f"echo warn > {DEVICE}",
    # Before the first oops: a kernel that has met one looks for hung tasks no more.
    "echo 1 > /proc/sys/kernel/hung_task_timeout_secs",
    f"(echo mutex > {DEVICE} &); {UNTIL.format('blocked for', '</TASK>')}",
    "echo 0 > /proc/sys/kernel/hung_task_timeout_secs",
    *(f"echo {way} > {DEVICE}" for way in ("null", "wild", "list", "index", "panic")),
    f"(echo spin > {DEVICE} &); {UNTIL.format('soft lockup', '</TASK>')}",
    # The last one: an exception on the stack for exceptions is the end of the machine.
    f"echo stack > {DEVICE}",
)
# In a guest of its own: some kernels fill what was unloaded with breakpoints, which end them.
LEAVES = (
    USUAL,
    "insmod /leaves.ko && cat /sys/module/leaves/sections/.text",
    f"rmmod leaves; {GONE}",
)


@dataclass(frozen=True)
class Expected:
    """What a report has to tell: marks of lines, the innermost first, each with its function.

    Its title is a pattern.
    """

    title: str
    places: tuple[tuple[str, str], ...]


WRITE = ("write", "write_iter")
EXPECTED = (
    Expected("WARNING: ", (("warn", "crashes_warn"), ("warn, from", "crashes::ways::warn"), WRITE)),
    Expected("INFO: task sh:", (("mutex", "crashes::ways::mutex"), WRITE)),
    Expected(
        "BUG: kernel NULL pointer dereference",
        (("read", "crashes::ways::read"), ("null", "crashes::ways::null"), WRITE),
    ),
    Expected(
        "general protection fault",
        (("read", "crashes::ways::read"), ("wild", "crashes::ways::wild"), WRITE),
    ),
    Expected("list_add corruption", (("list", "crashes_list"), WRITE)),
    Expected("kernel BUG at ", (("index", "crashes::ways::index"), WRITE)),
    Expected("kernel BUG at ", (("panic", "crashes::ways::crash"), WRITE)),
    Expected("BUG: soft lockup", (("spin", "crashes::ways::spin"), WRITE)),
    Expected("BUG: TASK stack guard page was hit", (("stack", "crashes::ways::stack"), WRITE)),
    Expected("BUG: unable to handle page fault|Oops: int3", (("stay", "leaves::stay"),)),
)


@pytest.fixture(scope="module")
def crashed(kernel: KernelTree, tmp_path_factory: pytest.TempPathFactory) -> "Crashed":
    """All the crashes, one after the other."""
    modules = {
        name: crate_guest.build(crate_guest.MODULES / name, kernel)
        for name in ("crashes", "leaves")
    }
    crashes = crate_guest.run(kernel, modules, SCRIPT, cpus=2)
    leaves = crate_guest.run(kernel, modules, LEAVES, cpus=2)
    log = tmp_path_factory.mktemp("log") / "dmesg.txt"
    log.write_text("".join(f"{message}\n" for message in (*crashes.log, *leaves.log)))
    (address,) = leaves.steps[1].lines
    return Crashed(log, modules, address)


@dataclass(frozen=True)
class Crashed:
    log: Path
    modules: dict[str, Path]
    text_of_leaves: str

    def reports(self, *words: str) -> list[dict[str, Any]]:
        options = [word for path in self.modules.values() for word in ("--module", path)]
        done = rkmbuild("decode", self.log, "--json", *options, *words)
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)["reports"]
        # What hangs is told of again and again.
        again = re.compile(r"INFO: task|BUG: soft lockup")
        return [
            report
            for number, report in enumerate(found)
            if not (
                number and again.match(report["title"]) and again.match(found[number - 1]["title"])
            )
        ]


def spots(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [s for frame in report["frames"] if frame["reliable"] for s in frame["source"]]


def test_each_crash_is_decoded_to_its_function_its_file_and_its_line(crashed: Crashed) -> None:
    reports = crashed.reports()
    assert len(reports) == len(EXPECTED), [report["title"] for report in reports]
    for expected, report in zip(EXPECTED, reports, strict=True):
        assert re.search(expected.title, report["title"])
        rest = iter(spots(report))
        for mark, function in expected.places:
            file, line = marked(mark)
            wanted = {"file": file, "line": line, "origin": "module"}
            found = next((s for s in rest if s.items() >= wanted.items()), None)
            assert found, (expected, report)
            assert found["function"].endswith(function)
            assert f"place: {mark}" in found["text"]
        innermost, _ = expected.places[0]
        # The stack ends in whatever the function does first.
        if innermost != "stack":
            assert report["where"]["line"] == marked(innermost)[1]
            assert report["meaning"] is None
        else:
            assert report["meaning"].startswith("stack overflow: the stack of 16 KiB ended in ")
            assert "crashes::ways::stack at " in report["meaning"]


def test_an_address_in_an_unloaded_module_is_told_by_its_last_digits_or_by_where_it_was(
    crashed: Crashed,
) -> None:
    place = marked("stay")
    for words, guessed in ((), True), (("--loaded-at", f"leaves={crashed.text_of_leaves}"), False):
        report = crashed.reports(*words)[-1]
        assert report["last_unloaded"] == "leaves"
        (frame,) = (frame for frame in report["frames"] if frame["module"])
        assert frame["guessed"] is guessed
        assert frame["text"].startswith("0xffffffff")
        assert place in [(spot["file"], spot["line"]) for spot in frame["source"]]


def test_the_log_is_shown_whole_with_the_decoded_traces_in_it(crashed: Crashed) -> None:
    options = [word for path in crashed.modules.values() for word in ("--module", path)]
    done = rkmbuild("decode", crashed.log, *options)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    ours = [line for line in lines if line.startswith("    | ")]
    assert [line for line in lines if line not in ours] == crashed.log.read_text().splitlines()
    assert "leaves, which was unloaded; by its last digits:" in done.stdout
    assert "crashes: by its name only (crashes.ko.debug)" in done.stdout
    alone = rkmbuild("decode", "--quiet", crashed.log, *options)
    assert alone.stdout.splitlines() == ours

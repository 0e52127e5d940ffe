"""`rkmbuild test` on real projects: each way a test can go, in booted kernels."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import junitparser
import pytest

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.klog import ktap
from rkmbuild.ko import modinfo
from tests import matrix
from tests.cli import complaints, rkmbuild, started

_MODULES = Path(__file__).parents[1] / "modules"
# On a machine that is busy with other guests, too, a test that is over in time has to be seen so.
_TIMEOUT = "8"


def _copy(name: str, folder: Path) -> Path:
    return shutil.copytree(_MODULES / name, folder / name, ignore=shutil.ignore_patterns("target"))


def _statuses(document: dict[str, list[dict[str, str]]]) -> dict[str, tuple[str, str | None]]:
    return {test["name"]: (test["status"], test["message"]) for test in document["tests"]}


@pytest.mark.dear
@pytest.mark.parametrize("kernel", matrix.ALWAYS[1:], indirect=True, ids=matrix.NAMES[1:])
def test_each_way_a_test_can_go_is_told(tmp_path: Path, kernel: KernelTree) -> None:
    root = _copy("tested", tmp_path)
    junit = tmp_path / "out" / "junit.xml"
    done = rkmbuild(
        "test", root, "--kernel", kernel.release, "--timeout", _TIMEOUT, "--json",
        "--junit", junit, "--append", "slub_debug=FZPU,kmalloc-64",
    )  # fmt: skip
    assert done.returncode == 24, done.stderr
    assert not complaints(done.stderr)
    document = json.loads(done.stdout)
    (ran,) = document["kernels"]
    assert ran["release"] == kernel.release
    statuses = _statuses(ran)
    # Of memory that was overwritten it fails, though the kernel lives on.
    how, why = statuses.pop("tests::writes_behind")
    assert how == "crashed"
    assert re.match(r"BUG kmalloc-64 \(.*: Object corrupt: kmalloc Redzone overwritten", str(why))
    assert statuses == {
        "tests::passes": ("passed", None),
        "tests::fails": ("failed", "ASSERTION FAILED at src/lib.rs:58"),
        "tests::fails_in_a_closure": ("failed", "ASSERTION FAILED at src/lib.rs:65"),
        "tests::returns_an_error": ("failed", "returned Err(AllocError)"),
        "tests::does_not_apply": ("skipped", "there is no device"),
        "tests::panics": (
            "crashed",
            "panicked at src/lib.rs:81:28: called `Option::unwrap()` on a `None` value",
        ),
        "tests::comes_after_a_panic": ("passed", None),
        "as_upstream::two_and_two": ("passed", None),
        "as_upstream::one_returns": ("passed", None),
        "tests/fails.sh": ("failed", "exit status 3"),
        "tests/hangs.sh": ("timeout", f"not over after {_TIMEOUT} s"),
        "tests/harness.rs": ("failed", "exit status 101"),
        "tests/passes.sh": ("passed", None),
        "tests/program.rs": ("passed", None),
        "tests/reports.sh": ("failed", "exit status 0, but 1 of its own results say `not ok`"),
        "tests/skips.sh": ("skipped", "there is no card reader"),
        "tests/unloads.sh": ("passed", None),
    }
    hangs = {test["name"]: test["messages"] for test in ran["tests"]}["tests/hangs.sh"]
    assert hangs[-1]["text"] == "sysrq: Show Blocked State"  # and no word on an idle processor
    # Two of them lost it, and those that were left had another one each time.
    assert ran["guests"] == 3
    told = {test["name"]: test for test in ran["tests"]}
    assert "  left: 3" in told["tests::fails"]["output"]
    said = [message["text"] for message in told["tests::fails"]["messages"]]
    assert "tested: said by a test that fails" in said
    assert not [text for text in said if "KTAP" in text or "not reached" in text]
    assert told["tests/fails.sh"]["output"] == ["to standard output", "to standard error"]
    (trouble,) = [t for t in told["tests::panics"]["troubles"] if t["kind"] == "bug"]
    assert any("Call Trace" in line for line in trouble["trace"])
    (decoded,) = told["tests::panics"]["decoded"]
    assert decoded["where"]["function"] == "tested::tests::panics"
    assert (Path(decoded["where"]["file"]).name, decoded["where"]["line"]) == ("lib.rs", 81)
    read = junitparser.JUnitXml.fromfile(str(junit))
    assert (read.tests, read.failures, read.errors, read.skipped) == (18, 6, 3, 2)


@pytest.mark.usefixtures("kernel_6_1")
def test_several_kernels_are_a_table_and_pass_together(
    tmp_path: Path, kernel_6_1: KernelTree, kernel_6_12: KernelTree
) -> None:
    root = tmp_path / "fresh"
    assert rkmbuild("new", root, "--author", "").returncode == 0
    kernels = ("--kernel", kernel_6_1.release, "--kernel", kernel_6_12.release)
    done = rkmbuild("test", root, *kernels)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not complaints(done.stderr)
    *_, first, second, third, empty, last = done.stdout.splitlines()
    assert first.split() == ["test", kernel_6_1.release, kernel_6_12.release]
    assert second.split() == ["tests::the_message_is_whole", "ok", "ok"]
    assert third.split() == ["tests/says_hello.sh", "ok", "ok"]
    assert (empty, last.partition(";")[0]) == ("", "test result: ok. 4 passed")
    # What was built for it is not built again.
    again = rkmbuild("build", root, "--kernel", kernel_6_12.release)
    assert "Fresh" in again.stderr, again.stderr


def test_the_tests_of_6_1_run_alike_and_come_as_ktap(
    tmp_path: Path, kernel_6_1: KernelTree
) -> None:
    root = _copy("tested", tmp_path)
    words = [word for name in ("::f", "upstream", "_not_") for word in ("--filter", name)]
    done = rkmbuild("test", root, "--kernel", kernel_6_1.release, "--ktap", *words)
    assert done.returncode == 24, done.stderr
    report = ktap.parse(done.stdout.splitlines())
    assert report
    assert report.problems == ()
    assert {sub.name: sub.outcome.value for sub in report.results[0].subtests} == {
        "tests::fails": "failed",
        "tests::fails_in_a_closure": "failed",
        "tests::does_not_apply": "skipped",
        "as_upstream::two_and_two": "passed",
        "as_upstream::one_returns": "passed",
    }
    # What a build for tests has is in it alone.
    folder = root / "target" / "rkmbuild" / kernel_6_1.release
    plain, with_tests = folder / "tested.ko", folder / "tests" / "tested.ko"
    assert modinfo.read(with_tests).field("kernel_test")
    assert not modinfo.read(plain).field("kernel_test")
    names = subprocess.run(["nm", plain], capture_output=True, text=True, check=True).stdout
    assert "init_module" in names
    assert "kunit" not in names
    for trace in (b"KTAP", b"rkmbuild_test", b"said by a test", b"ASSERTION"):
        assert trace not in plain.read_bytes()
        assert trace in with_tests.read_bytes()


def test_an_interrupted_run_leaves_no_guest(tmp_path: Path, kernel_6_12: KernelTree) -> None:
    root = _copy("tested", tmp_path)
    words: list[str | Path] = ["test", root, "--kernel", kernel_6_12.release, "--filter", "hangs"]
    with started(
        [sys.executable, "-m", "rkmbuild", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        deadline = time.monotonic() + 120
        while not (guests := _emulators(process.pid)) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert guests
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 130
    assert not any(Path(f"/proc/{guest}").exists() for guest in guests)


def _emulators(parent: int) -> list[int]:
    """The emulators that a process has started."""
    children = [
        int(child)
        for listed in Path(f"/proc/{parent}/task").glob("*/children")
        for child in listed.read_text().split()
    ]
    return [c for c in children if b"qemu-system" in Path(f"/proc/{c}/cmdline").read_bytes()]


@pytest.mark.dear
def test_a_leak_is_found_and_none_where_there_is_none(tmp_path: Path, kernel: KernelTree) -> None:
    release = ("--kernel", kernel.release)
    clean = rkmbuild(
        "test", _copy("tested", tmp_path), *release, "--cycles", "20", "--filter", "cycles"
    )
    assert clean.returncode == 0, clean.stdout + clean.stderr
    leaking = rkmbuild("test", _copy("leaks", tmp_path), *release, "--cycles", "20", "--json")
    assert leaking.returncode == 24, leaking.stdout + leaking.stderr
    ((test,),) = [each["tests"] for each in json.loads(leaking.stdout)["kernels"]]
    assert test["message"].startswith("memory leaks: ")
    found = test["output"]
    numbers = dict(re.findall(r"^(.*): (\d+) (?:more|KiB)", "\n".join(found), re.MULTILINE))
    # The kernel itself may have taken, or given back, one or two meanwhile.
    assert 18 <= int(numbers["slab kmalloc-128"]) <= 25, found
    assert 18 <= int(numbers["vmalloc by the module"]) <= 25, found
    assert any(line.startswith("slabs and large kmallocs: ") for line in found)


def test_a_module_that_is_refused_fails_its_tests_with_the_reason(
    tmp_path: Path, kernel_6_12: KernelTree
) -> None:
    root = _copy("tested", tmp_path)
    source = root / "src" / "lib.rs"
    text = source.read_text()
    source.write_text(
        text.replace("        Ok(Self {\n", "        Err(ENODEV)?;\n        Ok(Self {\n")
    )
    words = ("--filter", "::passes", "--filter", "fails.sh", "--filter", "skips")
    done = rkmbuild("test", root, "--kernel", kernel_6_12.release, "--json", *words)
    assert done.returncode == 24, done.stderr
    (kernel,) = json.loads(done.stdout)["kernels"]
    statuses = {status for status, _ in _statuses(kernel).values()}
    assert statuses == {"error"}
    told = {name: message for name, (_, message) in _statuses(kernel).items()}
    assert told["tests::passes"] == "the kernel refused to load the module: No such device"
    # The scripts with the same parameters are not tried one by one.
    assert told["tests/skips.sh"] == f"not run: {told['tests/fails.sh']}"
    assert kernel["guests"] == 2

"""`rkmbuild run` tells where in the source a module crashed or hangs."""

import json

from rkmbuild.kernel.tree import KernelTree
from tests.cli import rkmbuild
from tests.vm import crate_guest
from tests.vm.marks import marked

_TIME = "60"


def test_a_crash_is_decoded_under_its_trace_and_told_with_the_error(kernel: KernelTree) -> None:
    root = crate_guest.MODULES / "crashes"
    module = crate_guest.build(root, kernel)
    done = rkmbuild("run", module, "--param", "how=null", "--timeout", _TIME, cwd=root)
    assert done.returncode == 22
    lines = done.stdout.splitlines()
    head = next(n for n, line in enumerate(lines) if line.startswith("    | decoded: BUG: kernel"))
    assert "---[ end trace" in lines[head - 1]
    assert "crashes: matched by its build id (crashes.ko.debug)" in lines[head + 1]
    for mark in ("read", "null", "init"):
        assert f"at src/{marked(mark)[0].rpartition('/')[2]}:{marked(mark)[1]}" in done.stdout
    assert f"crashes::ways::read at src/ways.rs:{marked('read')[1]}" in done.stderr


def test_memory_that_was_overwritten_fails_though_the_kernel_lives_on(kernel: KernelTree) -> None:
    root = crate_guest.MODULES / "crashes"
    module = crate_guest.build(root, kernel)
    words = ("--param", "how=overrun", "--append", "slub_debug=FZPU", "--timeout", _TIME)
    done = rkmbuild("run", module, *words, cwd=root)
    assert done.returncode == 22, done.stderr
    assert "reported a bug when loading `crashes`: BUG kmalloc-" in done.stderr
    decoded = [line for line in done.stdout.splitlines() if line.startswith("    | ")]
    assert "Right Redzone overwritten" in decoded[0]
    # Once where it was found, once where the memory came from.
    title = next(n for n, line in enumerate(decoded) if "|   Allocated in " in line)
    place = f"at src/ways.rs:{marked('overrun')[1]}"
    assert any("crashes::ways::overrun" in line for line in decoded[:title])
    assert any(place in line for line in decoded[title:]), done.stdout


def test_a_hang_is_decoded_in_the_document(kernel_6_12: KernelTree) -> None:
    module = crate_guest.build(crate_guest.MODULES / "crashes", kernel_6_12)
    done = rkmbuild("run", module, "--param", "how=mutex", "--timeout", "8", "--json")
    assert done.returncode == 23, done.stderr
    wheres = [report["where"] for report in json.loads(done.stdout)["decoded"]]
    file, line = marked("mutex")
    assert {"function": "crashes::ways::mutex", "file": file, "line": line} in wheres


def test_the_log_is_left_as_it_is_where_that_is_wanted(kernel_6_12: KernelTree) -> None:
    module = crate_guest.build(crate_guest.MODULES / "crashes", kernel_6_12)
    done = rkmbuild("run", module, "--param", "how=index", "--timeout", _TIME, "--raw")
    assert done.returncode == 22
    assert "Call Trace:" in done.stdout
    assert "    | " not in done.stdout

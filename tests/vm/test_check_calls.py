"""What `check` calls dangerous by a module's calls takes the thread down that runs it."""

from rkmbuild.guest import boot
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.verdict import check
from rkmbuild.verdict.findings import Severity
from tests.vm import c_modules

# What init has left is unmapped a moment after it, and for good when a module is loaded. Who may
# read the kernel's log sees addresses as they are (lib/vsprintf.c, kptr_restrict of 1).
UNMAPPED = (
    "echo 1 > /proc/sys/kernel/kptr_restrict;"
    " at=$(dmesg | sed -n 's/.*late: init is at \\(.*\\)...$/0x\\1000/p');"
    ' echo "$at"; while grep "^$at-" /proc/vmallocinfo | grep -qv unpurged; do :; done'
)


def found(tree: KernelTree, name: str) -> dict[tuple[str, str], str]:
    """Return what is said of a module: severity and message, by rule and place."""
    verdict = check.check(c_modules.built(tree) / f"{name}.ko", tree)
    assert verdict.refusal is None
    return {
        (finding.rule.id, finding.place): f"{finding.severity.word}: {finding.message}"
        for finding in verdict.findings
        if not finding.rule.ordinary
    }


def run(tree: KernelTree, *commands: str) -> tuple[list[int], str]:
    """Return which of the commands went well in a guest, by their numbers, and the log.

    A thread that crashes is killed there, and the machine goes on where it can.
    """
    folder = c_modules.built(tree)
    result = boot.boot(
        tree,
        files={f"{name}.ko": folder / f"{name}.ko" for name in ("circles", "quits", "late")},
        script=["echo 0 > /proc/sys/kernel/panic_on_oops", *commands],
    )
    well = [number for number, step in enumerate(result.steps) if step.status == 0]
    assert well[:1] == [0], result
    return [number - 1 for number in well[1:]], "\n".join(found.text for found in result.log)


def test_what_is_foretold_of_calls_happens(kernel: KernelTree) -> None:
    circles = found(kernel, "circles")
    assert set(circles) == {
        ("recursion", "circles_bounded"),
        ("endless-recursion", "circles_endless"),
        ("endless-recursion", "circles_right, circles_left"),
    }
    assert "itself, on every path: 2" in circles["endless-recursion", "circles_endless"]

    quits = found(kernel, "quits")
    assert set(quits) == {("not-in-init", "quits_helper")}
    assert "init reaches this function" in quits["not-in-init", "quits_helper"]

    well, said = run(
        kernel,
        "insmod circles.ko deep=5",
        "rmmod circles",
        "insmod quits.ko",
        "grep '^quits .* Loading' /proc/modules",
        "insmod circles.ko deep=9",
    )
    # A kernel without kthread_exit() ends the thread as if it had asked for that, and says nothing.
    header = (kernel.source / "include/linux/kthread.h").read_text()
    ends_quietly = "#define kthread_exit(" in header
    assert well == ([0, 1, 2, 3] if ends_quietly else [0, 1, 3]), said
    assert ends_quietly or "kthread_exit+" in said
    # The machine, at last.
    assert "stack guard page was hit" in said


def test_what_is_foretold_of_freed_code_happens(kernel: KernelTree) -> None:
    late = found(kernel, "late")
    assert set(late) == {("freed-code-used", "cleanup_module"), ("freed-code-kept", "late_pointer")}
    assert late["freed-code-kept", "late_pointer"].startswith(Severity.NOTE.word)

    well, said = run(
        kernel,
        "insmod late.ko",
        UNMAPPED,
        # It may lie where late's init was, and is gone before that is called.
        "insmod circles.ko deep=5",
        "rmmod circles",
        # Kernels that keep freed code in large pages (CONFIG_ARCH_HAS_EXECMEM_ROX) fill it with
        # breakpoints, which take the machine down.
        "rmmod late",
    )
    assert well == [0, 1, 2, 3], said
    assert "late_exit+" in said

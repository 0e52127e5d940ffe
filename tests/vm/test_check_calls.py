"""What `check` calls dangerous by a module's calls takes the thread down that runs it."""

import pytest

from rkmbuild.guest import boot
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.verdict import check
from rkmbuild.verdict.findings import Severity
from tests.vm import c_modules

# What init has left is unmapped a moment after it (kernel/module/main.c, do_free_init). Who may
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


@pytest.mark.parametrize("kernel", ["kernel_6_1", "kernel_6_12"])
def test_what_is_foretold_of_calls_happens(kernel: str, request: pytest.FixtureRequest) -> None:
    tree: KernelTree = request.getfixturevalue(kernel)

    circles = found(tree, "circles")
    assert set(circles) == {
        ("recursion", "circles_bounded"),
        ("endless-recursion", "circles_endless"),
        ("endless-recursion", "circles_right, circles_left"),
    }
    assert "itself, on every path: 2" in circles["endless-recursion", "circles_endless"]

    quits = found(tree, "quits")
    assert set(quits) == {("not-in-init", "quits_helper")}
    assert "init reaches this function" in quits["not-in-init", "quits_helper"]

    late = found(tree, "late")
    assert set(late) == {("freed-code-used", "cleanup_module"), ("freed-code-kept", "late_pointer")}
    assert late["freed-code-kept", "late_pointer"].startswith(Severity.NOTE.word)

    folder = c_modules.built(tree)
    result = boot.boot(
        tree,
        files={f"{name}.ko": folder / f"{name}.ko" for name in ("circles", "quits", "late")},
        script=[
            "echo 0 > /proc/sys/kernel/panic_on_oops",
            "insmod quits.ko",
            "grep '^quits .* Loading' /proc/modules",
            # Before the other one, or it gets the memory that this one's init leaves.
            "insmod circles.ko deep=5",
            "insmod late.ko",
            UNMAPPED,
            "rmmod late",
            "rmmod circles",
            "insmod circles.ko deep=9",
        ],
    )
    # Those that should, went well; each of the others was killed, and the last with the machine.
    statuses = [step.status for step in result.steps]
    assert [at for at, status in enumerate(statuses) if status == 0] == [0, 2, 3, 4, 5, 7], result
    said = "\n".join(message.text for message in result.log)
    for what in ("kthread_exit+", "late_exit+", "stack guard page was hit"):
        assert what in said, what

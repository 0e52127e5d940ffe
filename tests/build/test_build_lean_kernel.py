"""A kernel without the options that some parts of the `kernel` crate are for has all the others."""

import re
from pathlib import Path

from rkmbuild.kernel.tree import KernelTree
from tests import kernel_trees, projects
from tests.cli import complaints, rkmbuild

CONFIGURATION = ("include/generated/autoconf.h", "include/config/auto.conf", ".config")
LACKS = (
    "DEBUG_FS", "MODULE_UNLOAD", "PROC_FS", "PROC_SYSCTL", "SYSCTL", "SYSFS",
    "KPROBES", "KPROBES_ON_FTRACE", "KPROBE_EVENTS", "KRETPROBES", "KRETPROBE_ON_RETHOOK",
    "DYNAMIC_FTRACE", "DYNAMIC_FTRACE_WITH_ARGS", "DYNAMIC_FTRACE_WITH_DIRECT_CALLS",
    "DYNAMIC_FTRACE_WITH_REGS", "FPROBE", "FTRACE", "FUNCTION_GRAPH_TRACER", "FUNCTION_TRACER",
    "RETHOOK", "EVENT_TRACING", "TRACEPOINTS", "TRACING",
)  # fmt: skip
OPTION = re.compile(rf"^(#define )?CONFIG_({'|'.join(LACKS)})[ =].*\n", re.MULTILINE)


def lean(tree: KernelTree, root: Path) -> Path:
    """Give the tree as it would be if its kernel had been configured with less."""
    build = kernel_trees.copied(tree, root)
    for name in CONFIGURATION:
        kernel_trees.replace(build / name, lambda text: OPTION.sub("", text))
    return build


def test_a_module_is_built_for_a_kernel_that_lacks_what_it_does_not_use(
    kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    build = lean(kernel_6_12, tmp_path / "usr")
    done = rkmbuild("build", projects.make(tmp_path / "calls", "calls"), "--kernel", build)
    assert done.returncode == 0, done.stderr
    assert not complaints(done.stderr)

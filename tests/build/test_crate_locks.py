"""The helpers for locks, and for what has locks, compile for kernels whose locks are others."""

import subprocess
from itertools import chain, combinations

from rkmbuild.kernel import cflags, overlay
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import pipeline, probe, target_kernel
from rkmbuild.pipeline.api.portable import PortableApi
from rkmbuild.project.request import BuildRequest
from tests.kernel_crates import CRATES, ROOT

# Timers, counters, queues, classes of devices and files in /sys have locks in them.
SOURCES = ("chrdev", "percpu", "sync", "sysfs", "timer", "workqueue")
# No distribution has a kernel with the first beside the second.
OPTIONS = {
    "debug": (
        "DEBUG_SPINLOCK", "DEBUG_MUTEXES", "DEBUG_RWSEMS", "DEBUG_LOCK_ALLOC", "LOCKDEP",
        "DEBUG_OBJECTS", "DEBUG_OBJECTS_TIMERS", "DEBUG_OBJECTS_WORK",
    ),
    "rt": ("PREEMPT_RT", "RT_MUTEXES"),
}  # fmt: skip
# A lock with debugging is larger than what kbuild found a lock to be.
_LARGE_LOCKS = """\
#include <generated/bounds.h>
#undef SPINLOCK_SIZE
#define SPINLOCK_SIZE 64
"""


def test_locks_compile_with_debugging_and_in_real_time(kernel: KernelTree) -> None:
    example = ROOT / "examples" / "hello_world"
    plan = pipeline.prepare(BuildRequest(path=example, kernel=str(kernel.build), cc="gcc"))
    assert isinstance(plan.api, PortableApi)
    compiler = plan.tools.compiler
    shadow = overlay.prepare(kernel, foreign_compiler=False)
    variables = {"CC": str(compiler.path), **target_kernel.answers(compiler, kernel)}
    flags = cflags.module_c_flags(shadow, variables)
    folder = CRATES / "kernel" / "helpers"
    text = probe.defines(plan.api.has) + _LARGE_LOCKS
    text += "".join(f'#include "{folder / name}.c"\n' for name in SOURCES)
    for chosen in chain.from_iterable(combinations(OPTIONS, count) for count in range(3)):
        names = [name for option in chosen for name in OPTIONS[option]]
        # lockdep's table of classes has a size of its own.
        defined = [f"-DCONFIG_{name}=1" for name in names] + ["-DCONFIG_LOCKDEP_BITS=15"]
        done = subprocess.run(
            [compiler.path, *flags, *defined, "-fsyntax-only", "-xc", "-"],
            input=text,
            cwd=shadow.build,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), chosen

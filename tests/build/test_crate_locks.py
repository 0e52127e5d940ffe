"""The helpers for locks compile for kernels whose locks are of other kinds."""

import subprocess
from itertools import chain, combinations

from rkmbuild.kernel import cflags, overlay
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import c_compiler, target_kernel
from tests.kernel_crates import CRATES

SOURCE = CRATES / "kernel" / "helpers" / "sync.c"
# No distribution has a kernel with the first beside the second.
OPTIONS = {
    "debug": ("DEBUG_SPINLOCK", "DEBUG_MUTEXES", "DEBUG_RWSEMS", "DEBUG_LOCK_ALLOC", "LOCKDEP"),
    "rt": ("PREEMPT_RT", "RT_MUTEXES"),
}


def test_locks_compile_with_debugging_and_in_real_time(kernel: KernelTree) -> None:
    compiler = c_compiler.choose("gcc", kernel).compiler
    shadow = overlay.prepare(kernel, foreign_compiler=False)
    variables = {"CC": str(compiler.path), **target_kernel.answers(compiler, kernel)}
    flags = cflags.module_c_flags(shadow, variables)
    for chosen in chain.from_iterable(combinations(OPTIONS, count) for count in range(3)):
        names = [name for option in chosen for name in OPTIONS[option]]
        # lockdep's table of classes has a size of its own.
        defined = [f"-DCONFIG_{name}=1" for name in names] + ["-DCONFIG_LOCKDEP_BITS=15"]
        done = subprocess.run(
            [compiler.path, *flags, *defined, "-fsyntax-only", SOURCE],
            cwd=shadow.build,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), chosen

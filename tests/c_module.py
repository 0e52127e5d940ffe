"""A module in plain C, built through the overlay by a kernel's own gcc or the nearest, or clang."""

from pathlib import Path

from rkmbuild.base import process
from rkmbuild.kernel import overlay
from rkmbuild.kernel.modfinal import KBUILD_LINES
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import c_compiler, foreign_cc, target_kernel
from rkmbuild.toolchain.parts import CCompiler
from tests.cli import warnings

# Enough for the compiler to need each mitigation: a call through a pointer, a switch that asks for
# a jump table, returns, an array on the stack, per-CPU data, and asm goto of the kernel's headers.
SOURCE = """\
#include <linux/jump_label.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>

static DEFINE_STATIC_KEY_FALSE(key);
static DEFINE_MUTEX(lock);
static int (*chosen)(int);

static int twice(int x)
{
	return x * 2;
}

static int thrice(int x)
{
	return x * 3;
}

static noinline int pick(int n)
{
	char text[64];

	snprintf(text, sizeof(text), "%d", n);
	switch (n) {
	case 1: return text[0] + 4;
	case 2: return text[0] * 9;
	case 3: return 77 + n;
	case 4: return text[1];
	case 5: return n << 3;
	case 6: return text[0] ^ 4;
	default: return chosen(n);
	}
}

static int __init start(void)
{
	int *value = kmalloc(sizeof(*value), GFP_KERNEL);

	if (!value)
		return -ENOMEM;
	chosen = static_branch_unlikely(&key) ? twice : thrice;
	mutex_lock(&lock);
	*value = pick(14);
	mutex_unlock(&lock);
	pr_info("%s: %d for %s\\n", KBUILD_MODNAME, *value, current->comm);
	kfree(value);
	return 0;
}

static void __exit stop(void)
{
	pr_info("%s: goodbye\\n", KBUILD_MODNAME);
}

module_init(start);
module_exit(stop);
MODULE_DESCRIPTION("A module in C");
MODULE_LICENSE("GPL");
"""


def build(
    tree: KernelTree,
    folder: Path,
    name: str,
    clang: CCompiler | None = None,
    *,
    source: str = SOURCE,
    extra: str = "",
) -> Path:
    """Build the module `name` in `folder` and return it; with the kernel's own compiler or clang.

    Nothing may be said on the way: no warning of make, compiler, objtool or modpost.

    Args:
        source: What it is made from.
        extra: More lines for its Kbuild.
    """
    folder.mkdir()
    (folder / f"{name}-main.c").write_text(source)
    lines = f"obj-m := {name}.o\n{name}-y := {name}-main.o\n"
    (folder / "Kbuild").write_text(lines + extra)
    return make(tree, folder, name, clang)


def make(tree: KernelTree, folder: Path, name: str, clang: CCompiler | None = None) -> Path:
    """Build the module `name` of a folder with a Kbuild file, as `build` does, and return it.

    The Kbuild file gets lines for compilers that are not the kernel's own.
    """
    shadow = overlay.prepare(tree, foreign_compiler=clang is not None)
    variables = target_kernel.common_variables(tree.config)
    compiler = clang or c_compiler.choose(tree.compiler.kind, tree).compiler
    variables["CC"] = str(compiler.path)
    if clang is None:
        variables |= target_kernel.answers(compiler, tree)
    else:
        variables |= foreign_cc.variables(shadow, clang, variables)[0]
    kbuild = folder / "Kbuild"
    kbuild.write_text(KBUILD_LINES + kbuild.read_text())
    words = [f"{variable}={value}" for variable, value in variables.items()]
    done = process.run(
        ["make", "-C", shadow.build, f"M={folder}", *words, "modules"], doing="building a C module"
    )
    assert done.stderr == ""
    assert not warnings(done.stdout)
    return folder / f"{name}.ko"

"""A tracepoint is what the kernel says it is, or the module is not built."""

from pathlib import Path

from rkmbuild.base.errors import BuildError
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import pipeline, tracepoints
from rkmbuild.pipeline.tracepoints import Argument, Said
from rkmbuild.project.request import BuildRequest
from tests import projects
from tests.cli import complaints, rkmbuild
from tests.kernel_crates import ROOT

BOOL = Argument("more", "b", 1, "-")
IRQ, ACTION = Argument("irq", "s", 4, "-"), Argument("action", "p", 8, "-")
# What is said of irq_handler_entry, TP_PROTO(int irq, struct irqaction *action), and what is wrong.
SAID: tuple[tuple[tuple[Argument, ...], list[str]], ...] = (
    ((IRQ, ACTION), []),
    ((IRQ,), []),
    ((Argument("irq", "?", 4, "-"), Argument("action", "w", 8, "-")), []),
    (
        (Argument("irq", "u", 4, "-"), Argument("action", "p", 8, "t")),
        ["irq is said to be an unsigned", "action is said to be a pointer to struct task_struct"],
    ),
    (
        (Argument("irq", "w", 8, "-"), Argument("action", "s", 8, "-"), BOOL),
        ["irq is said to be", "action is said to be a signed", "there is no argument 3"],
    ),
    ((Argument("irq", "b", 1, "-"),), ["irq is said to be a bool"]),
    ((Argument("irq", "p", 8, "-"),), ["irq is said to be a pointer"]),
    ((Argument("irq", "s", 8, "-"),), ["irq is said to be a signed number of 8 bytes"]),
)  # fmt: skip

PROBE = """\
use kernel::tracepoint::{declare_tracepoint, Probe, TracepointProbe};

declare_tracepoint! {
    unsafe pub struct Newtask<'a>: "task_newtask" { task: &'a kernel::task::Task, flags: FLAGS }
}

struct Watch;

impl Probe for Watch {
    type Tracepoint = Newtask<'static>;
    fn hit(&self, _event: Newtask<'_>) {}
}
"""
REGISTER = "drop(KBox::pin_init(TracepointProbe::register(Watch), GFP_KERNEL)?);"


def test_arguments_are_compared_with_the_kernels_own(kernel: KernelTree) -> None:
    example = ROOT / "examples" / "hello_world"
    plan = pipeline.prepare(BuildRequest(path=example, kernel=str(kernel.build)))
    (declared,) = tracepoints.declarations(kernel.source, "irq_handler_entry")
    pairs = [(Said("irq_handler_entry", arguments), declared) for arguments, _ in SAID]
    found = tracepoints.differences(pairs, plan.kernel, plan.tools.compiler)
    for (arguments, expected), lines in zip(SAID, found, strict=True):
        assert len(lines) == len(expected), (arguments, lines)
        for line, text in zip(lines, expected, strict=True):
            assert text in line


def test_a_module_that_says_otherwise_is_refused(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    root = projects.make(tmp_path / "p", body=REGISTER, before=PROBE.replace("FLAGS", "u32"))
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release)
    assert done.returncode == BuildError.code, done.stderr
    assert f"gives task_newtask other arguments than {kernel_6_12.release} has" in done.stderr
    assert "argument 2 is `unsigned long clone_flags`; flags is said to be" in done.stderr
    assert (
        "it is TP_PROTO(struct task_struct *task, unsigned long clone_flags) in "
        "include/trace/events/task.h" in done.stderr
    )
    assert not list((root / "target" / "rkmbuild").glob("*/*.ko"))
    source = root / "src" / "lib.rs"
    source.write_text(source.read_text().replace("flags: u32", "flags: usize"))
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release)
    assert done.returncode == 0, done.stderr
    assert not complaints(done.stderr)

"""A panic in a module: its thread dies as by BUG(), the kernel lives, the module stays."""

from rkmbuild.guest.result import Outcome
from rkmbuild.kernel.tree import KernelTree
from tests.vm import crate_guest

DEVICE = "/dev/panics"
SCRIPT = (
    # The guest's command line makes a panic of each oops; a usual system does not.
    "echo 0 > /proc/sys/kernel/panic_on_oops",
    "insmod /panics.ko && rmmod panics && insmod /panics.ko",
    f"echo index > {DEVICE}",
    f"echo memory > {DEVICE}",
    f"echo 'stop %s' > {DEVICE}",
    f"echo keep > {DEVICE}",
    "rmmod panics",
    "echo alive && cat /proc/sys/kernel/tainted",
    # A panic in an interrupt is one of the machine.
    f"echo timer > {DEVICE}; sleep 10",
)


def test_a_panic_ends_its_thread_and_no_more(kernel: KernelTree) -> None:
    module = crate_guest.build(crate_guest.MODULES / "panics", kernel)
    result = crate_guest.run(kernel, {"panics": module}, SCRIPT)
    _, loaded, index, memory, asked, kept, unload, alive, _ = range(len(SCRIPT))

    assert result.steps[loaded].status == 0
    messages = {
        index: "index out of bounds: the len is 0 but the index is 6",
        memory: f"memory allocation of {1 << 45} bytes failed",
        asked: "asked to stop %s",
        kept: "a file that is being closed cannot be kept",
    }
    for step, message in messages.items():
        said = "\n".join(crate_guest.texts(result, step))
        assert result.steps[step].status != 0
        assert "panics: panicked at " in said, said
        assert message in said, said
        assert "kernel BUG at" in said, said
    assert "src/lib.rs:" in "\n".join(crate_guest.texts(result, index))
    assert result.steps[unload].status != 0, "a module that panicked was unloaded"
    assert result.steps[alive].status == 0
    assert result.steps[alive].lines[0] == "alive"
    # Better than to wait for itself.
    assert result.outcome is Outcome.CRASHED
    last = [message.text for message in result.log]
    assert any("a timer was dropped by its own function" in text for text in last), last

"""An interactive guest on the user's own terminal."""

import contextlib
import sys
from pathlib import Path

from rkmbuild import console, runner
from rkmbuild.errors import MachineError, UsageError
from rkmbuild.run import accel, arch, guest, initramfs, module, vm
from rkmbuild.run.vm import Configuration

# The boot is quiet; init then lets every line of the kernel through.
_COMMAND_LINE = "quiet printk.devkmsg=on panic=-1 sysrq_always_enabled"


def interact(planned: module.Plan, *, memory_mib: int = guest.MEMORY_MIB) -> None:
    """Boot a guest with the module loaded, and give its shell to the user until it is left.

    qemu puts the terminal into raw mode and back; Ctrl-A x ends it.

    Raises:
        UsageError: we have no terminal.
        MachineError: the machine cannot be started, or does not work.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("--shell needs a terminal", hint="leave it out to load and unload only")
    tree = planned.tree
    architecture = arch.of(tree.arch)
    emulator = vm.emulator(tree.arch)
    chosen = accel.choose(emulator)
    if not chosen.proven:
        # Nobody watches this guest for progress, so another one has to show first that KVM works.
        guest.boot(tree, files={}, script=[])
        chosen = accel.choose(emulator)
    configuration = Configuration(
        architecture=architecture,
        emulator=emulator.path,
        accelerator=chosen.name,
        image=guest.bootable(tree),
        memory_mib=memory_mib,
    )
    root = initramfs.build(
        vm.busybox(),
        files=planned.files,
        script=["echo 8 >/proc/sys/kernel/printk", *planned.script[: planned.counting]],
        port=architecture.port,
        interactive=True,
    )
    console.note("Ctrl-A x ends the machine, and so does `exit`; Ctrl-A h shows more")
    with contextlib.ExitStack() as stack:
        initrd = Path(stack.enter_context(vm.folder())) / "initramfs.cpio"
        initrd.write_bytes(root)
        line = guest.command_line(chosen, "", "-", words=_COMMAND_LINE)
        process = runner.popen(
            [*vm.bound_to_us(), *vm.command(configuration, initrd, line), "-serial", "mon:stdio"],
            stdin=sys.stdin.fileno(),
            stdout=None,
            stderr=None,
            own_group=False,
        )
        stack.callback(runner.stop, process)
        if process.wait() != 0:
            raise MachineError(f"the virtual machine failed with status {process.returncode}")

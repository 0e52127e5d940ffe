"""An interactive guest on the user's own terminal."""

import contextlib
import sys
from pathlib import Path

from rkmbuild.base import console, process
from rkmbuild.base.errors import MachineError, UsageError
from rkmbuild.guest import accel, boot, image, initramfs, qemu_machine, trial
from rkmbuild.guest.machine import Configuration

# The boot is quiet; init then lets every line of the kernel through.
_COMMAND_LINE = "quiet printk.devkmsg=on panic=-1 {reboot} sysrq_always_enabled cryptomgr.notests=1"


def interact(planned: trial.Plan, *, memory_mib: int = boot.MEMORY_MIB) -> None:
    """Boot a guest with the module loaded, and give its shell to the user until it is left.

    qemu puts the terminal into raw mode and back; Ctrl-A x ends it.

    Raises:
        UsageError: we have no terminal.
        MachineError: the machine cannot be started, or does not work.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("--shell needs a terminal", hint="leave it out to load and unload only")
    tree = planned.tree
    arch = boot.bootable_arch(tree)
    emulator = qemu_machine.emulator(arch)
    chosen = accel.choose(emulator)
    if not chosen.proven:
        # Nobody watches this guest for progress, so another one has to show first that KVM works.
        boot.boot(tree, files={}, script=[])
        chosen = accel.choose(emulator)
    packed = boot.bootable(tree)
    root = initramfs.build(
        qemu_machine.busybox(),
        files=planned.files,
        script=["echo 8 >/proc/sys/kernel/printk", *planned.script[: planned.counting]],
        port=arch.guest.port,
        interactive=True,
    )
    configuration = Configuration(
        arch=arch,
        image=image.unpacked(packed, arch.guest) or packed,
        initramfs=root,
        command_line=boot.command_line(arch, chosen, planned.append, "-", words=_COMMAND_LINE),
        memory_mib=memory_mib,
    )
    console.note("Ctrl-A x ends the machine, and so does `exit`; Ctrl-A h shows more")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(qemu_machine.folder()))
        child = process.popen(
            [
                *qemu_machine.bound_to_us(),
                *qemu_machine.command(configuration, folder, emulator.path, chosen.name),
                *("-serial", "mon:stdio"),
            ],
            stdin=sys.stdin.fileno(),
            stdout=None,
            stderr=None,
            own_group=False,
        )
        stack.callback(process.stop, child)
        if child.wait() != 0:
            raise MachineError(f"the virtual machine failed with status {child.returncode}")

"""Boot a kernel with some files, run a script in it, and tell what came of it."""

import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from rkmbuild.arch import architectures
from rkmbuild.arch.arch import Arch
from rkmbuild.base import console
from rkmbuild.base.errors import MachineError, UsageError
from rkmbuild.guest import accel, frozen, image, initramfs, no_init, qemu_machine
from rkmbuild.guest.attempt import Attempt
from rkmbuild.guest.freezer import Freezer
from rkmbuild.guest.frozen import ThawedMachine
from rkmbuild.guest.hardware import NONE as NO_HARDWARE
from rkmbuild.guest.hardware import Hardware
from rkmbuild.guest.machine import Configuration, Machine
from rkmbuild.guest.qemu_machine import QemuMachine
from rkmbuild.guest.result import GuestResult, Step
from rkmbuild.guest.transcript import Transcript
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.klog.klog import KernelMessage

MEMORY_MIB = 512
TIMEOUT = 30.0

# Everything printed is wanted, with its level and without limits on what init may mark; an oops
# becomes a panic, and a panic ends the machine, since -no-reboot makes a reboot its end. The
# kernel's tests of its own ciphers at each boot take a fifth of one that is emulated; init has
# those again of what a module registers (crypto/testmgr.c, notests).
_COMMAND_LINE = (
    "loglevel=8 console_msg_format=syslog printk.time=1 printk.devkmsg=on "
    "panic=-1 oops=panic {reboot} sysrq_always_enabled cryptomgr.notests=1"
)

_COUNTED = accel.Accel(name="tcg", reason="instructions are counted", proven=True)


def boot(
    tree: KernelTree,
    *,
    files: Mapping[str, initramfs.Content],
    script: Sequence[str],
    timeout: float = TIMEOUT,
    memory_mib: int = MEMORY_MIB,
    cpus: int = 1,
    counting: bool = False,
    append: str = "",
    hardware: Hardware = NO_HARDWARE,
    stop_on_failure: bool | Collection[int] = False,
    step_timeout: float | None = None,
    on_line: Callable[[str], None] | None = None,
    on_message: Callable[[KernelMessage], None] | None = None,
    on_step: Callable[[int, Step, tuple[KernelMessage, ...]], None] | None = None,
) -> GuestResult:
    """Boot the kernel of `tree`, run `script` in it as root, and power it off.

    Args:
        tree: The kernel; it needs an image.
        files: What the guest is to have: path there -> text, bytes, a file or folder of the host.
        script: Shell commands, each run in a shell of its own.
        timeout: Seconds that the script may take, counted from when init runs.
        memory_mib: The guest's memory.
        cpus: The guest's processors.
        counting: Have the guest's clocks, its time stamp counter among them, count instructions in
            place of time: what is measured in it repeats, whatever else the host does. It runs
            under TCG then, on one processor.
        append: More of the kernel's command line.
        hardware: What the guest has for drivers to find.
        stop_on_failure: Leave out the rest of the script after a command that failed; or after
            those alone that have these numbers.
        step_timeout: Seconds that each command may take.
        on_line: Called with each line that the script prints, as it comes.
        on_message: Called with each line that the kernel prints, as it comes.
        on_step: Called when a command has ended: with its number, what came of it, and what the
            kernel printed meanwhile.

    Raises:
        MachineError: there is no emulator, no image, no busybox; the emulator does not know a
            device; or the kernel does not get to its init.
    """
    arch = bootable_arch(tree)
    packed = bootable(tree)
    plain = image.unpacked(packed, arch.guest)
    busybox, emulator = qemu_machine.busybox(), qemu_machine.emulator(arch)
    chosen = _COUNTED if counting else accel.choose(emulator)
    if counting:
        # The last word that is said of a clock counts.
        append = " ".join([*arch.guest.counting_words, *([append] if append else [])])

    def attempt() -> Attempt:
        return Attempt(script, on_line=on_line, on_message=on_message, on_step=on_step)

    def run_in(machine: Machine, run: Attempt, under: accel.Accel) -> GuestResult | None:
        return run.in_machine(machine, timeout=timeout, step_timeout=step_timeout, chosen=under)

    freezer = None
    # What qemu keeps of a machine lacks what is in pci-testdev and edu (its hw/misc/pci-testdev.c
    # and edu.c have no `vmsd`): they would have lost their addresses.
    if chosen.name == "tcg" and not append and not hardware:
        freezer = Freezer(
            arch,
            plain or packed,
            line=kernel_words(arch, chosen, append),
            memory_mib=memory_mib,
            cpus=cpus,
            busybox=busybox,
            emulator=emulator,
        )
    waiting = freezer.find() if freezer else None
    work = waiting and initramfs.work(
        files=files, script=script, port=arch.guest.port, stop_on_failure=stop_on_failure
    )
    if freezer and waiting and work and frozen.fits(work):
        console.detail(f"{tree.release} has booted before, and goes on from there")
        run = attempt()
        with contextlib.suppress(MachineError):
            result = run_in(ThawedMachine(waiting, work, run.nonce, emulator.path), run, chosen)
            if result is not None:
                _tell_of_port(run.transcript, tree.release, arch.guest.port)
                return result
        console.detail("it did not go on, and boots anew")
        freezer.forget()
    root = initramfs.build(
        busybox, files=files, script=script, port=arch.guest.port, stop_on_failure=stop_on_failure
    )
    silent = 0
    for tried in _attempts(chosen):
        run = attempt()
        configuration = Configuration(
            arch=arch,
            image=plain or packed,
            initramfs=root,
            command_line=command_line(arch, tried, append, run.nonce),
            memory_mib=memory_mib,
            cpus=cpus,
            counting=counting,
            hardware=hardware,
        )
        result = run_in(QemuMachine(configuration, emulator.path, tried.name), run, tried)
        if result is not None:
            if not chosen.proven:
                # Only now: an image that boots nowhere says nothing of KVM.
                accel.remember(emulator, works=tried is chosen)
            if freezer:
                freezer.note()
            _tell_of_port(run.transcript, tree.release, arch.guest.port)
            return result
        if not tried.proven:
            console.note("KVM is there but no kernel boots under it; using TCG instead")
            continue
        silent += run.silent
        # What did not boot is not tried again in the same way.
        refused, plain = bool(plain) and not run.silent and not run.transcript.log, None
        if silent > 1 or (no_init.is_final(run) and not refused):
            break
        console.detail(f"{tree.release} did not get as far as its init; trying once more")
    raise no_init.failure(run, tree, arch.guest.console_option)


def bootable_arch(tree: KernelTree) -> Arch:
    """Return the architecture of a kernel.

    Raises:
        MachineError: no kernel of it can be booted.
    """
    arch = architectures.find(tree.arch)
    if not arch or not arch.complete:
        raise MachineError(
            f"kernels for {tree.arch} cannot be booted yet",
            hint=f"machines that can: {', '.join(map(str, architectures.complete()))}",
        )
    return arch


def bootable(tree: KernelTree) -> Path:
    """Return the file that a kernel's image is in.

    Raises:
        MachineError: there is none, or it cannot be read: Ubuntu's in /boot are root's alone.
    """
    if tree.image is None or not tree.image.exists():
        series = f"{tree.version.major}.{tree.version.minor}"
        raise MachineError(
            f"there is no image of {tree.release} to boot",
            hint=f"`rkmbuild kernel fetch {series}` fetches headers and an image that fit",
        )
    try:
        with tree.image.open("rb"):
            return tree.image
    except OSError as error:
        raise MachineError(
            f"cannot read the kernel's image {tree.image}: {error.strerror}"
        ) from None


def command_line(
    arch: Arch, chosen: accel.Accel, append: str, nonce: str, *, words: str = _COMMAND_LINE
) -> str:
    """Return the kernel's command line, but for the console.

    Args:
        arch: What is booted.
        chosen: What the guest runs under.
        append: What the caller adds.
        nonce: Becomes init's argument.
        words: What it begins with; `{reboot}` is the way to reboot.
    """
    return f"{kernel_words(arch, chosen, append, words=words)} -- {nonce}"


def kernel_words(
    arch: Arch, chosen: accel.Accel, append: str, *, words: str = _COMMAND_LINE
) -> str:
    """Return the kernel's part of the command line; the arguments are those of `command_line`."""
    line = words.format(reboot=arch.guest.reboot).split()
    if chosen.name == "tcg":
        line += arch.guest.clock_words(Path("/"))
    elif not chosen.proven:
        line.append(arch.guest.early_console)
    return " ".join([*line, *([append] if append else [])])


def appended(texts: Sequence[str]) -> str:
    """Return what a user adds to the kernel's command line, as one text.

    Raises:
        UsageError: it would end the kernel's part of the line, or is none of it.
    """
    words = " ".join(texts).split()
    if "--" in words:
        raise UsageError(
            "--append: behind `--` are words for init, not for the kernel",
            hint="leave the `--` out",
        )
    line = " ".join(words)
    if not (line.isascii() and line.isprintable()):
        raise UsageError(f"--append: {console.visible(line)} is no text for a command line")
    return line


def _tell_of_port(said: Transcript, release: str, port: str) -> None:
    if said.portless:
        console.warning(
            f"{release} has no second serial port, {port}: what commands printed came in its log, "
            "after each of them"
        )
    elif said.mixed:
        console.warning(
            f"{release} does not have its second serial port as {port}: its log and what commands "
            "print were told apart by their form"
        )
    elif not said.port_heard:
        console.warning(
            f"nothing came over the second serial port of {release}, {port}: what the commands "
            "printed is not known"
        )


def _attempts(chosen: accel.Accel) -> list[accel.Accel]:
    """Return what to try, one after the other.

    On a busy host a guest of several processors dies of its clocks now and then, seconds after its
    start; one that falls silent takes long, and is tried twice only.
    """
    if chosen.name == "kvm" and not chosen.proven:
        fallback = accel.Accel(
            name="tcg", reason="no kernel boots under this host's KVM", proven=True
        )
        return [chosen, fallback, fallback, fallback]
    return [chosen, chosen, chosen]

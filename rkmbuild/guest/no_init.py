"""Why a kernel did not get as far as its init, in words for who wants it to."""

import re

from rkmbuild.base.errors import MachineError
from rkmbuild.guest.attempt import Attempt
from rkmbuild.kernel.tree import KernelTree

# A second try would meet the same: init/main.c, init/do_mounts.c, kernel/exit.c, mm/oom_kill.c,
# the same words in 6.1 and 6.12.
_FINAL = re.compile(
    r"Kernel panic - not syncing: (?:No working init found|Requested init .* failed"
    r"|VFS: Unable to mount root fs|Attempted to kill init|System is deadlocked on memory)"
)
_OF_MEMORY = re.compile(
    r"Kernel panic - not syncing: .*(?i:memory|alloc)|Out of memory|.*page allocation failure"
    r"|Initramfs unpacking failed"
)
# What the guest's init is and needs: a script in an archive, with a console that is written to.
_NEEDED = ("PRINTK", "TTY", "BLK_DEV_INITRD", "BINFMT_ELF", "BINFMT_SCRIPT", "PROC_FS")


def is_final(tried: Attempt) -> bool:
    """Tell whether another try would end as this one did, whose machine went off by itself."""
    log = tried.transcript.log
    if not log:
        return bool(tried.errors)  # the machine was not even started
    return any(_FINAL.match(message.text) for message in log)


def failure(tried: Attempt, tree: KernelTree, console_option: str) -> MachineError:
    """Return what to tell.

    Args:
        tried: The last attempt.
        tree: The kernel.
        console_option: The option without which it prints nothing on the first serial port.
    """
    log = tried.transcript.log
    told = f"{tree.release} did not get as far as its init in the virtual machine"
    if log:
        told += f"; the last it said was: {log[-1].text}"
    elif not tried.errors:
        told += ", and said nothing"
    hints = [f"the image is {tree.image}"]
    needed = (*_NEEDED, console_option)
    lacking = [f"CONFIG_{option}" for option in needed if not tree.config.on(option)]
    if tree.config and lacking:
        hints.insert(0, f"a guest needs what this kernel was built without: {', '.join(lacking)}")
    elif not log or any(_OF_MEMORY.match(message.text) for message in log):
        hints.insert(0, "more memory may help")
    return MachineError(told, hint="\n".join(hints), output=tried.last_words())

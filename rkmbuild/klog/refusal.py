"""Why the kernel refused a module: from its own lines, its error number and its settings."""

import re
from collections.abc import Sequence
from pathlib import Path

# What kernel/module/main.c, signing.c and security/lockdown print (Linux 6.1 to 7.3), what it
# means, and what helps. The first that fits is taken.
_LINES = (
    (
        r"Lockdown: .*: unsigned module loading is restricted",
        "the kernel is locked down and refuses unsigned modules (Secure Boot?)",
        "sign the module with a key that this machine trusts, or disable Secure Boot",
    ),
    (
        r"Loading of .* is rejected",
        "it refuses unsigned modules",
        "sign the module with a key that this machine trusts",
    ),
    (
        r"disagrees about version of symbol (?P<what>\S+)",
        "`{what}` differs from the one that the module was built with",
        "build it for this very kernel and flavour",
    ),
    (
        r"[Uu]nknown symbol (?P<what>\S+)",
        "it does not export the symbol `{what}`",
        "the module that has the symbol has to be loaded first",
    ),
    (
        r"version magic '(?P<what>[^']*)'",
        "the module was built for `{what}`",
        "build it for this kernel",
    ),
    (
        r"`(?P<what>[^']*)' invalid for parameter `(?P<which>[^']*)'",
        "`{what}` is no value for parameter `{which}`",
        None,
    ),
    (
        r"No module found in object|Invalid ELF|symbol string table|extended version crc",
        "the file is damaged",
        None,
    ),
)

# What kmod and busybox print for an error number (strerror; kmod's mod_strerror).
_WORDS = (
    (r"[Kk]ey was rejected|Required key not available|Loading of unsigned", "it needs a signature"),
    (r"[Oo]peration not permitted", "permission denied"),
    (r"[Ff]ile exists", "a module of this name is already loaded"),
    (r"[Cc]annot allocate memory", "out of memory"),
    (r"[Uu]nknown symbol", "it does not export a symbol that the module needs"),
    (r"[Ii]nvalid module format|Exec format", "the module does not match this kernel"),
    (r"[Ii]nvalid (?:parameters?|argument)", "an argument is not valid"),
    (r"[Rr]esource temporarily unavailable", "it is in use"),
    (r"[Dd]evice or resource busy", "the module, or what it asked for, is busy"),
)

_DISABLED = Path("/proc/sys/kernel/modules_disabled")
_LOCKDOWN = Path("/sys/kernel/security/lockdown")


def explain(lines: Sequence[str], said: str, missing: Sequence[str]) -> tuple[str, str | None]:
    """Return the reason in a few words, and what helps.

    Args:
        lines: What the kernel printed.
        said: What the program that asked it printed.
        missing: Modules that this one depends on and that are not loaded.
    """
    if missing and re.search(r"[Uu]nknown symbol", said):
        names = ", ".join(missing)
        hint = (
            f"load it first: sudo modprobe -a {' '.join(missing)}, if the kernel came with it; "
            "`rkmbuild load` for a module of your own"
        )
        return f"it depends on {names}, not loaded yet", hint
    if modules_disabled():
        reason = "modules can no longer be loaded or unloaded (kernel.modules_disabled=1)"
        return reason, "only a reboot allows it again"
    return told(lines, said)


def told(lines: Sequence[str], said: str) -> tuple[str, str | None]:
    """Return what the words alone tell, for a kernel that is not the one under us.

    Args:
        lines: What the kernel printed.
        said: What the program that asked it printed.
    """
    for pattern, reason, hint in _LINES:
        for line in lines:
            found = re.search(pattern, line)
            if found:
                return reason.format(**found.groupdict()), hint
    for pattern, reason in _WORDS:
        if re.search(pattern, said):
            return reason, None
    # The module's own init function may fail with any number.
    return said.strip().rpartition(": ")[2] or "it gave no reason", None


def is_about_rights(lines: Sequence[str], said: str) -> bool:
    """Tell whether it was us who may not do this, and not the module that is refused."""
    told = "\n".join(lines)
    return (
        "Operation not permitted" in said
        and not modules_disabled()
        and not is_locked_down()
        and not re.search(r"Lockdown|is rejected", told)
    )


def modules_disabled(file: Path = _DISABLED) -> bool:
    """Tell whether kernel.modules_disabled is on: no module goes in or out until a reboot."""
    try:
        return file.read_text().strip() == "1"
    except OSError:
        return False


def is_locked_down(file: Path = _LOCKDOWN) -> bool:
    """Tell whether the kernel is locked down: `[integrity]` or `[confidentiality]` is chosen."""
    try:
        return bool(re.search(r"\[(integrity|confidentiality)\]", file.read_text()))
    except OSError:
        return False

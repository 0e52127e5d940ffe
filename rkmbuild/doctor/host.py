"""What the running kernel would say to a module: root, Secure Boot, lockdown, signatures, taint."""

import os
import re
from pathlib import Path

from rkmbuild.base import search_path
from rkmbuild.doctor.table import Check, State, Use
from rkmbuild.host.privilege import may_load

# Documentation/admin-guide/tainted-kernels.rst, as of 6.12; the letter is what an oops shows.
TAINTS = (
    ("P", "a proprietary module was loaded"),
    ("F", "a module was loaded by force"),
    ("S", "the processor runs outside its specification"),
    ("R", "a module was unloaded by force"),
    ("M", "the processor reported a machine check"),
    ("B", "a bad page was found"),
    ("U", "a program in user space asked for it"),
    ("D", "the kernel has died: an oops or a BUG"),
    ("A", "an ACPI table was overridden"),
    ("W", "a warning was issued"),
    ("C", "a staging driver was loaded"),
    ("I", "a workaround for broken firmware is in use"),
    ("O", "a module from outside the tree was loaded"),
    ("E", "an unsigned module was loaded"),
    ("L", "a soft lockup occurred"),
    ("K", "the kernel was patched while it ran"),
    ("X", "the distribution's own taint"),
    ("T", "the layout of structures was randomised"),
    ("N", "a test was run in the kernel"),
)
# A kernel that has oopsed may do anything; the rest says where a module came from.
_SERIOUS = frozenset("FRMBDWL")
# EFI_GLOBAL_VARIABLE, UEFI specification 3.3: four bytes of attributes, then the value.
_SECURE_BOOT = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"


def host(root: Path = Path("/")) -> list[Check]:
    """Return what matters for loading a module into the running kernel.

    Args:
        root: Where proc/ and sys/ are.
    """
    return [
        _privilege(root),
        _secure_boot(root),
        _lockdown(root),
        _signatures(root),
        _taint(root),
    ]


def taints(value: int) -> list[tuple[str, str]]:
    """Return letter and meaning of each bit in /proc/sys/kernel/tainted."""
    known = [row for bit, row in enumerate(TAINTS) if value >> bit & 1]
    unknown = value >> len(TAINTS)
    return [*known, *([("?", f"unknown bits {unknown << len(TAINTS):#x}")] if unknown else [])]


def _fact(part: str, remark: str, *, good: bool = True, path: Path | str = "") -> Check:
    state = State.OK if good else State.NOTE
    return Check(
        part=part, use=Use.LOAD, state=state, required=False, remark=remark, path=str(path)
    )


def _privilege(root: Path) -> Check:
    if os.geteuid() == 0:
        if not may_load(root):
            return _fact(
                "root", "root, without CAP_SYS_MODULE, as in a container: cannot load", good=False
            )
        return _fact("root", "root")
    sudo = search_path.named("sudo")
    if sudo:
        return _fact("root", "not root; sudo is asked for the step that needs it", path=sudo)
    return _fact("root", "not root, and no sudo: cannot load", good=False)


def _secure_boot(root: Path) -> Check:
    if not (root / "sys/firmware/efi").is_dir():
        return _fact("Secure Boot", "off: not booted through UEFI")
    try:
        value = (root / _SECURE_BOOT).read_bytes()
    except FileNotFoundError:
        return _fact("Secure Boot", "off: the firmware has none")
    except OSError as error:
        return _fact("Secure Boot", f"unknown: {error.strerror}", good=False)
    if len(value) == 5 and value[4] == 1:
        remark = "on: the kernel is locked down, and refuses modules without an enrolled key"
        return _fact("Secure Boot", remark, good=False)
    return _fact("Secure Boot", "off")


def _lockdown(root: Path) -> Check:
    text = _read(root / "sys/kernel/security/lockdown")
    found = re.search(r"\[(\w+)\]", text)
    if not found:
        return _fact("lockdown", "none: the kernel does not say")
    if found[1] == "none":
        return _fact("lockdown", "none")
    return _fact("lockdown", f"{found[1]}: unsigned modules are refused", good=False)


def _signatures(root: Path) -> Check:
    text = _read(root / "sys/module/module/parameters/sig_enforce").strip()
    if text == "Y":
        return _fact("sig_enforce", "on: unsigned modules are refused", good=False)
    return _fact("sig_enforce", "off" if text else "off: the kernel does not know signatures")


def _taint(root: Path) -> Check:
    text = _read(root / "proc/sys/kernel/tainted").strip()
    if not text.isdigit():
        return _fact("taint", "unknown", good=False)
    found = taints(int(text))
    said = "; ".join(f"{letter}: {meaning}" for letter, meaning in found)
    serious = any(letter in _SERIOUS for letter, _ in found)
    return _fact("taint", f"{text} ({said})" if found else "none", good=not serious)


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""

"""Module parameters as a user types them, checked against what the module says it takes."""

import re
from collections.abc import Iterable, Sequence

from rkmbuild.arch import names
from rkmbuild.base.errors import UsageError
from rkmbuild.base.suggest import did_you_mean
from rkmbuild.ko.modinfo import Modinfo, Parameter

# Bits and sign of the integer kinds of include/linux/moduleparam.h, on a 64-bit kernel.
_INTEGERS = {
    "byte": (8, False),
    "hexint": (32, False),
    "short": (16, True),
    "ushort": (16, False),
    "int": (32, True),
    "uint": (32, False),
    "long": (64, True),
    "ulong": (64, False),
    "ullong": (64, False),
}
_LONG = ("long", "ulong")
# kstrtobool looks at one character, at two after an "o" (lib/kstrtox.c; t and f since Linux 5.19).
_BOOLEAN = re.compile(r"[yY1nN0tTfF]|[oO][nNfF]")
_BOOLEANS = ("bool", "invbool", "bint")
# The kernel handles these for every module (kernel/module/main.c, unknown_module_param_cb).
_EVERY_MODULE = ("async_probe", "dyndbg")
_PLAIN = re.compile(r"[!-!#-~]*")


def check(module: Modinfo, words: Sequence[str]) -> tuple[str, ...]:
    """Return `words`, each `name=value` or a lone name, as the kernel wants to read them.

    The kernel itself loads a module whose parameter it does not know, and only remarks on it.

    Raises:
        UsageError: the module has no such parameter, or the value is not of its kind.
    """
    return tuple(_checked(module, word) for word in words)


def for_each(
    module: Modinfo, others: Iterable[Modinfo], words: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Return the parameters of each module that is to be loaded, by its name, as `check` does.

    Args:
        module: The one that a lone `name=value` is for.
        others: Those that are loaded with it, which `other.name=value` is for, as on the kernel's
            command line.
        words: What the user typed.

    Raises:
        UsageError: as `check`; or no module of such a name is to be loaded.
    """
    known = {module.name: module, **{other.name: other for other in others}}
    parted: dict[str, list[str]] = {}
    for word in words:
        owner, dot, rest = word.partition(".")
        # A dot may also be in the value.
        if not dot or "=" in owner:
            owner, rest = module.name, word
        owner = owner.replace("-", "_")
        if owner not in known:
            raise UsageError(
                f"`{word}` is for {owner}, which is not to be loaded now",
                hint=f"to be loaded: {', '.join(known)}",
            )
        parted.setdefault(owner, []).append(rest)
    return {name: check(known[name], rest) for name, rest in parted.items()}


def _checked(module: Modinfo, word: str) -> str:
    name, equals, value = word.partition("=")
    # To the kernel a dash and an underscore in a name are the same (kernel/params.c, parameq).
    plain_name = name.replace("-", "_")
    known = {parameter.name.replace("-", "_"): parameter for parameter in module.parameters}
    if plain_name not in known and plain_name not in _EVERY_MODULE:
        raise UsageError(f"{module.name} has no parameter `{name}`", hint=_known(module, name))
    if plain_name in known:
        _check_value(module, known[plain_name], value if equals else None)
    return _quoted(name, value) if equals else name


def _check_value(module: Modinfo, parameter: Parameter, value: str | None) -> None:
    kind = parameter.kind
    if value is None:
        if kind in ("", "bool", "invbool"):
            return
        raise UsageError(f"parameter `{parameter.name}` of {module.name} needs a value: {kind}")
    known = names.of_uname(module.machine)
    bits = known.bits if known else 64
    inner = kind.removeprefix("array of ")
    for item in value.split(",") if inner != kind else [value]:
        problem = _problem(inner, item, bits=bits)
        if problem:
            raise UsageError(
                f"parameter `{parameter.name}` of {module.name} is of kind {kind}: "
                f"`{item}` {problem}"
            )


def _problem(kind: str, text: str, *, bits: int) -> str | None:
    if kind in _BOOLEANS:
        return None if _BOOLEAN.match(text) else "is neither y, n, 1, 0, on nor off"
    if kind not in _INTEGERS:
        return None
    size, signed = _INTEGERS[kind]
    size = min(size, bits) if kind in _LONG else size
    number = _integer(text)
    if number is None:
        return "is no integer"
    low, high = (-(1 << size - 1), (1 << size - 1) - 1) if signed else (0, (1 << size) - 1)
    return None if low <= number <= high else f"is outside {low} to {high}"


def _integer(text: str) -> int | None:
    """Read an integer as kstrtoll with base 0 does: 0x for hexadecimal, 0 for octal."""
    found = re.fullmatch(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))", text)
    if not found:
        return None
    sign, hexadecimal, octal, decimal = found.groups()
    digits, base = decimal, 10
    if hexadecimal:
        digits, base = hexadecimal, 16
    elif octal:
        digits, base = octal, 8
    return int(f"{sign}{digits}", base)


def _quoted(name: str, value: str) -> str:
    """Put quotes around a value with spaces, which the kernel takes off (lib/cmdline.c, next_arg).

    The kernel takes byte 0xa0, a part of many UTF-8 letters, for a space too.
    """
    if _PLAIN.fullmatch(value):
        return f"{name}={value}"
    if '"' in value:
        raise UsageError(f"parameter `{name}`: the kernel cannot read a double quote")
    return f'{name}="{value}"'


def _known(module: Modinfo, name: str) -> str:
    names = [parameter.name for parameter in module.parameters]
    if not names:
        return "it has none"
    listed = ", ".join(f"{p.name} ({p.kind})" if p.kind else p.name for p in module.parameters)
    return f"{did_you_mean(name, names)} it has: {listed}".lstrip()

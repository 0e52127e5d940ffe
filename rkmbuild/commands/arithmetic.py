"""Shows the arithmetic of relocations, for `rkmbuild check --explain-relocations`."""

from typing import TYPE_CHECKING

from rkmbuild.base import console

if TYPE_CHECKING:
    from rkmbuild.verdict.arithmetic import Explained, Term
    from rkmbuild.verdict.explain import Explanation

_MASK = (1 << 64) - 1


def show(explanation: "Explanation") -> None:
    """Print what is explained, as a document with --json."""
    if console.is_json():
        console.result(explanation.document())
        return
    kernel = explanation.kernel or "a kernel"
    where = "where they are now" if explanation.real else "where the loader could put them"
    console.line(f"{explanation.file}: relocations for {kernel}, with its sections {where}")
    for each in explanation.relocations:
        console.line()
        _one(each)
    if not explanation.real:
        console.note(
            "as root, with --running and the module loaded, the addresses are the kernel's own"
        )


def _one(each: "Explained") -> None:
    console.line(f"{each.type}, number {each.number}: entry {each.entry} of {each.table}")
    if each.kind is None:
        _row("refused", "the loader does not apply this type")
        return
    if not each.formula:
        _row("nothing", "the loader changes nothing for this type")
        return
    width = each.kind.width
    _row("fills", f"{width} bytes at {each.section} + {each.offset:#x}, in {each.function}")
    _row("S", f"{_address(each.s)}  {each.symbol}: {each.s.text}")
    _row("A", f"{each.a}")
    _row("P", f"{_address(each.p)}  {each.p.text}")
    _row(each.formula, _sum(each))
    _row("fits", _range(each))
    if each.written is not None:
        _row("written", f"{each.written.hex(' ')}, the lowest byte first")
    elif each.value is None:
        _row("written", "what comes of it where the kernel has the symbol")
    else:
        _row("written", "nothing: the module is refused")
    if each.later:
        _row("later", each.later)


def _row(name: str, text: str) -> None:
    console.line(f"  {name:<10}  {text}")


def _address(term: "Term") -> str:
    """Return an address; in brackets where it is one that could be."""
    if term.value is None:
        return "?"
    return f"{term.value:#x}" if term.real else f"[{term.value:#x}]"


def _sum(each: "Explained") -> str:
    place, addend = each.p.value, f"{'-' if each.a < 0 else '+'} {abs(each.a):#x}"
    first = each.symbol if each.s.value is None else f"{each.s.value:#x}"
    text = f"{first} {addend}"
    if "page" in each.formula:
        text = f"page({text}) - page({place or 0:#x})"
    elif "P" in each.formula:
        text = f"{text} - {'?' if place is None else f'{place:#x}'}"
    if each.value is None:
        return text
    # An address has no sign, and a distance has; 32 bits with a sign can be either.
    if each.kind and each.kind.fits and (each.value >= 0 or "P" in each.formula):
        return f"{text} = {each.value:#x}"
    signed = f", {each.value:#x} as a number with a sign" if each.kind and each.kind.fits else ""
    return f"{text} = {each.value & _MASK:#x}{signed}"


def _range(each: "Explained") -> str:
    if not each.kind or not each.kind.fits:
        return "always: all 64 bits are written"
    least, most = each.kind.fits
    limits = f"between {least:#x} and {most:#x}"
    otherwise = {
        "refused": "the loader refuses another value",
        "truncated": "the loader cuts another value off without a word",
        "trampoline": "the loader goes another way where it does not",
    }[each.overflow]
    answer = {True: "yes,", False: "NO, not", None: "if"}[each.fits]
    return f"{answer} {limits}; {otherwise}"

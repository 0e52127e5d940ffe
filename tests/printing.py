"""What a module's source says that it prints: the texts of its printing macros, as patterns."""

import re

# The macro and its text: what is before it names a device, and has neither quote nor semicolon.
_CALL = re.compile(r'\b(?:pr|dev)_(\w+)!\(\s*(?:[^";]*?,\s*)?"((?:[^"\\]|\\.)*)"')
_DBG = re.compile(r"\bdbg!\((\w+)\)")
_VALUE = re.compile(r"\\?\{[^{}]*\\?\}")
# These are compiled only with debug assertions (rust/kernel/print.rs, device.rs: pr_debug).
_NOT_COMPILED = ("dbg", "debug")


def texts(source: str) -> list[str]:
    """Return each text that a module in Rust prints by pr_*! and dev_*!; `{}` is a value.

    What `pr_cont!` prints belongs to the text before it, and what is not compiled is left out.
    """
    code = "\n".join(line for line in source.splitlines() if not line.lstrip().startswith("//"))
    found: list[tuple[int, str]] = []
    for call in _CALL.finditer(code):
        level, text = call[1], call[2].replace("\\n", "")
        if level == "cont":
            at, before = found.pop()
            found.append((at, before + text))
        elif level not in _NOT_COMPILED:
            found.append((call.start(), text))
    found += [(call.start(), f"[{{}}] {call[1]} = {{}}") for call in _DBG.finditer(code)]
    return [text for _, text in sorted(found)]


def pattern(text: str) -> re.Pattern[str]:
    """Return what a line of the kernel's log is that such a text became, behind its prefixes."""
    return re.compile(r"(?:.*?: )?" + _VALUE.sub(".*", re.escape(text)), re.DOTALL)

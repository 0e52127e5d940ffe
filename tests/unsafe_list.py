"""The list of all that is unsafe in crates/: where, and why it is sound, as the source says."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIST = ROOT / "docs" / "unsafe.md"

_HEAD = """\
# What is unsafe in the crates

Each unsafe block, implementation and trait in `crates/`, with the reason that stands beside it in
the source. An unsafe function is no use of its own: its callers are. The tests make this list anew
and compare; `RKMBUILD_UPDATE_DOCS=1 pytest tests/build/test_crate_unsafe.py` writes it.

Besides being read, it is run: in booted kernels by the modules in `tests/modules/`, and, where it
needs no kernel (lists, boxes, counted references, strings, initialisers), on the host by
`cargo test`, over memory that is filled when it is given out and when it is taken back, and
counted. Miri has not been run: it needs a nightly toolchain with a component that distributions do
not package. Nor have kernels with KASAN, KCSAN or lockdep, which they do not package either.

"""
_USE = re.compile(r"\bunsafe\s+(extern\b.*?\bfn\b|fn\b|impl\b|trait\b|\{)|\bunsafe\s*\{")
_KINDS = {"impl": "impl", "trait": "trait", "fn": "function"}


def make() -> str:
    """Return the list as Markdown."""
    files = sorted(
        file
        for file in (ROOT / "crates").rglob("*.rs")
        if "target" not in file.parts and "tests" not in file.parts
    )
    parts, total = [], 0
    for file in files:
        rows = _uses(file.read_text().splitlines())
        if rows:
            total += len(rows)
            parts.append(f"## {file.relative_to(ROOT)} ({len(rows)})\n")
            parts += [f"- {kind}: {reason}" for kind, reason in rows]
            parts.append("")
    return f"{_HEAD}{total} uses in {len(files)} files.\n\n" + "\n".join(parts)


def _uses(lines: list[str]) -> list[tuple[str, str]]:
    rows = []
    for number, line in enumerate(lines):
        code = line.split("//")[0]
        for found in _USE.finditer(code):
            words = (found[1] or "{").split()
            kind = next((_KINDS[word] for word in words if word in _KINDS), "block")
            if kind != "function":
                rows.append((kind, _reason(lines, number, kind)))
    return rows


def _reason(lines: list[str], number: int, kind: str) -> str:
    """Return the nearest comment above that gives the reason."""
    marker = "SAFETY" if kind in ("block", "impl") else "# Safety"
    for start in range(number, -1, -1):
        if marker not in lines[start]:
            continue
        words = lines[start].split(marker)[1].lstrip(": ").split()
        for line in lines[start + 1 : number + 1]:
            text = line.strip()
            if not text.startswith("//"):
                break
            words += text.lstrip("/").split()
        # A link of rustdoc leads nowhere from here; its text says enough.
        return re.sub(r"\[(`[^`]+`|[^]]+)\]\([^)]+\)", r"\1", " ".join(words)) or "(see the source)"
    return "(see the source)"

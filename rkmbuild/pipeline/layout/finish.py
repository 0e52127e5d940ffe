"""From what bindgen wrote to bindings that are as C has it, with assertions of that for rustc."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base.errors import BuildError
from rkmbuild.pipeline.layout import (
    accessors,
    ask,
    assertions,
    lighter,
    macros,
    mend,
    rebuild,
    rust_text,
    traits,
)
from rkmbuild.pipeline.layout.ask import Answers, C, Preprocessed
from rkmbuild.pipeline.layout.compare import Comparison
from rkmbuild.pipeline.layout.macros import Known, Value
from rkmbuild.pipeline.layout.mend import Mended
from rkmbuild.pipeline.layout.rust_layout import RustLayout
from rkmbuild.project.naming import RUST_KEYWORDS

_ANY_CONSTANT = re.compile(r"\bpub\s+const\s+(?:r#)?(\w+)\s*:")
_ANY_FUNCTION = re.compile(r"\bpub\s+(?:fn|static(?:\s+mut)?)\s+(?:r#)?(\w+)")
_BOUND = re.compile(r"\b(?:let|for)\s+(?:mut\s+)?(\w+)|[(,]\s*(\w+)\s*:")


@dataclass(frozen=True)
class Finished:
    """Bindings that were compared with C.

    Attributes:
        text: Their text.
        assertions: Rust that asserts, while it is compiled, that each structure is as in C.
        accessors: Functions of C that they call.
        notes: What was put right, a line each.
        comparison: Each structure beside what it is in C.
    """

    text: str
    assertions: str
    accessors: str
    notes: tuple[str, ...]
    comparison: Comparison


def finish(
    draft: str,
    c: C,
    said: Preprocessed,
    work: Path,
    *,
    wanted: str,
    named: Collection[str] | None = None,
) -> Finished:
    """Compare what bindgen wrote with what the C compiler says, and put it right.

    Args:
        draft: bindgen's text.
        said: What the preprocessor says.
        work: A folder for what the compiler needs and makes.
        wanted: What the macro's name begins with that asks for a function of C.
        named: The names that may be used of it; None for all.

    Raises:
        BuildError: the headers do not compile, or bindings come out that are not as in C.
    """
    text, twice = mend.once(mend.apart(draft))
    notes = [f"{name}: there twice" for name in twice]
    parsed = rust_text.parse(text)
    known = Known({*parsed.records, *parsed.aliases}, set(_ANY_CONSTANT.findall(text)))
    names = [name for name in parsed.records if not name.startswith("__Bindgen")]
    answers = ask.ask(c, said, names, known, work)
    comparison = Comparison(RustLayout(parsed), answers.types, answers.aligned)
    rust = comparison.rust
    mended = mend.mend(comparison)
    for record in traits.derivable(rust, text):
        rust.replace(record)
    text = mend.written(text, parsed.records, rust.records)
    text, corrected = _with_values(text, answers, known)
    left = comparison.differences()
    if left:
        raise BuildError(
            f"the bindings of {left[0].name} are not as in C: {left[0].why}",
            hint="another bindgen or libclang may do better: `rkmbuild doctor` shows those here",
        )
    made = [each for one in mended for each in one.accessors]
    methods = "".join(accessors.in_rust(one.accessors) for one in mended)
    bits = "".join(
        rebuild.functions(record, {each.name: rust.of(each.kind).size for each in record.bits})
        for record in rust.records.values()
        if record.bits and not record.bits_are_bindgens
    )
    return Finished(
        text=f"{lighter.lightened(text, named)}\n{methods}{bits}",
        assertions="".join(assertions.of(comparison)),
        accessors=accessors.in_c(made, wanted),
        # What C only declares can be held by pointer alone, in both: that is no news.
        notes=(*notes, *(_note(m) for m in mended if m.name in comparison.pairs), *corrected),
        comparison=comparison,
    )


def _note(mended: Mended) -> str:
    what = "opaque" if mended.opaque else "laid out anew"
    return f"{mended.name}: {what}, as {mended.why}"


def _with_values(text: str, answers: Answers, known: Known) -> tuple[str, list[str]]:
    """Return bindings with the constants as C's compiler has them, and which bindgen had wrong."""
    have = macros.constants(text)
    pieces, end, notes = [], 0, []
    for name, (number, span) in sorted(have.items(), key=lambda each: each[1][1]):
        value = answers.values.get(name)
        if value is None or value.number == number or _is_flag(number, value):
            continue
        notes.append(f"{name}: {value.number} in C, and not {number}")
        pieces += [text[end : span[0]], f"pub const {name}: {value.rust} = {value.number};"]
        end = span[1]
    # A constant of a name that bindgen's functions bind would be a pattern there.
    bound = {name for pair in _BOUND.findall(text) for name in pair}
    taken = {*known.constants, *known.types, *_ANY_FUNCTION.findall(text), *bound, *RUST_KEYWORDS}
    new = {name: value for name, value in answers.values.items() if name not in taken}
    return "".join([*pieces, text[end:], "\n", macros.declared(new)]), notes


def _is_flag(number: int, value: Value) -> bool:
    """Tell whether bindgen's number is the unsigned one of the same 32 bits: `1 << 31`, an int."""
    return value.number < 0 and number == value.number + (1 << 32)

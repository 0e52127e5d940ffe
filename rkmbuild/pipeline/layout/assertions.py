"""Assertions for rustc, which has the last word: that structures are laid out as was worked out."""

from collections.abc import Collection, Iterator

from rkmbuild.pipeline.layout.compare import Comparison, member_of


def of(comparison: Comparison, without: Collection[str] = ()) -> Iterator[str]:
    """Yield Rust that does not compile where a structure of the bindings is not as in C.

    Args:
        comparison: The bindings beside C. Their names have to be in scope.
        without: Structures of which nothing is asserted.
    """
    yield "// Sizes, alignments and places that the kernel's own C compiler gave.\n"
    for name, pair in comparison.pairs.items():
        if name in without:
            continue
        record = comparison.rust.records[name]
        checks = [f"size_of::<{name}>() == {pair.c.size}"]
        if name in comparison.aligned:
            checks.append(f"align_of::<{name}>() == {comparison.aligned[name]}")
        for field, _ in record.fields:
            member = pair.members.get(field)
            if member:
                checks.append(f"offset_of!({name}, {field}) == {member.offset}")
        for bits in record.bits:
            member = member_of(pair.c, bits.name)
            if member:
                at = f"offset_of!({name}, {bits.unit}) * 8 + {bits.bit}"
                checks.append(f"{at} == {member.bit}")
        held = " && ".join(f"::core::mem::{check}" for check in checks)
        yield f'const _: () = assert!({held}, "{name} is not laid out as in C");\n'

"""The `tag=value` strings of .modinfo, read as the loader reads them."""

from rkmbuild.ko.elf import Elf, decoded

# include/linux/license.h: license_is_gpl_compatible, 6.1 and 6.12
GPL_COMPATIBLE = frozenset(
    {
        "GPL",
        "GPL v2",
        "GPL and additional rights",
        "Dual BSD/GPL",
        "Dual MIT/GPL",
        "Dual MPL/GPL",
    }
)


def modinfo(file: Elf, index: int) -> dict[str, list[str]]:
    """Return the fields of the .modinfo section `index`, each with its values in order.

    As get_next_modinfo and module_next_tag_pair (kernel/module/main.c, 6.1 and 6.12) walk it: the
    first string starts at the section's first byte, NULs between strings are skipped, and a string
    that begins within the section is read to its NUL even where that lies behind the end.
    """
    fields: dict[str, list[str]] = {}
    if not index:
        return fields
    section = file.sections[index]
    content = bytes(file.content(section))
    at = 0
    while at < len(content):
        end = content.find(b"\0", at)
        text = content[at:end] if end >= 0 else file.string(section.offset + at)
        tag, equals, value = text.partition(b"=")
        if equals:
            fields.setdefault(decoded(tag), []).append(decoded(value))
        at = end + 1 if end >= 0 else len(content)
    return fields


def ends_within(file: Elf, index: int) -> bool:
    """Tell whether the last string of the section `index` ends within it."""
    content = file.content(file.sections[index])
    return not len(content) or content[-1] == 0

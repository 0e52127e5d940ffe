"""Namespaces of exported symbols: who may use what is in one."""

from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.rules import refusals
from rkmbuild.verdict.subject import Subject

# EXPORT_SYMBOL_FOR_MODULES (include/linux/export.h): what follows is a list of modules.
_OF_MODULES = "module:"


def check_imports(subject: Subject, report: FindingList) -> None:
    """Apply setup_modinfo (kernel/module/main.c): from 6.16 on such a list is not imported."""
    if not subject.target.since(6, 16):
        return
    for space in subject.fields.get("import_ns", ()):
        if space.startswith(_OF_MODULES):
            message = f"the module imports {space}, which is not for importing"
            log = f"module tries to import module namespace: {space}"
            report.add(refusals.NAMESPACE_OF_MODULES, message, place=".modinfo", log=log)
            return


def is_open_to(space: str, module: str) -> bool:
    """Tell whether a namespace lists the module: verify_module_namespace (kernel/module/main.c).

    The list has commas; a pattern may end in a star; a dash is as good as an underscore.
    """
    if not space.startswith(_OF_MODULES):
        return False
    name = module.replace("-", "_")
    patterns = space.removeprefix(_OF_MODULES).replace("-", "_").split(",")
    return any(
        name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
        for pattern in patterns
    )

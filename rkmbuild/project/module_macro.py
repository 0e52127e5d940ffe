"""What a module's source says in `module!`, compared with the package that it is in."""

import re
from pathlib import Path

from rkmbuild.kernel.names import module_name
from rkmbuild.project import package
from rkmbuild.project.project import Project

_COMMENT = re.compile(r"/\*.*?\*/|^\s*//[^\n]*", re.DOTALL | re.MULTILINE)
# Upstream's macros for drivers (`module_pci_driver!` and its like) take the same name.
_NAME = re.compile(r'(?<!\w)module(?:_\w+)?!\s*[({\[][^"]*?(?<!\w)name\s*:\s*b?"([^"]*)"')


def remarks(project: Project) -> list[str]:
    """Return what is to know of the name in `module!`, a sentence each.

    kbuild calls the module by the package; what it logs under, and what the kernel shows of it in
    places that it registers, is the name in the macro.
    """
    return [
        f"{file} calls the module `{name}`, and the package makes it `{project.module}`: it is "
        f"{project.module}.ko, and logs as `{name}`; give both one name"
        for file in package.sources(project.root)
        for name in _names(file)
        if module_name(name) != project.module
    ]


def _names(file: Path) -> list[str]:
    try:
        text = file.read_text(errors="replace")
    except OSError:
        return []  # cargo says it better
    return _NAME.findall(_COMMENT.sub("", text)) if "module" in text else []

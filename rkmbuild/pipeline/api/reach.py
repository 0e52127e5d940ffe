"""How far a build reaches into the bindings: to all of the kernel's headers, or as the crate does.

What the `kernel` crate itself names is a tenth of what its headers declare. A project that never
speaks of `bindings` cannot tell the rest from what is not there, and binding and compiling it is
most of what another kernel costs. A project that may name more has all of it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rkmbuild.pipeline.api import facts
from rkmbuild.project import manifest, package
from rkmbuild.project.project import Project

_WORD = re.compile(r"[A-Za-z_]\w*")
# Beside the bindings and what is asked of them: exports, whose macros look for the name among them,
# and source that lies where nobody looked.
_SPOKEN_OF = re.compile(
    rf"\b(?:bindings|{'|'.join(facts.KINDS)}|export(?:_symbol\w*)?)\b"
    r"|\binclude!|#\s*\[\s*path\b"
)
# A dependency from elsewhere than crates.io may be written for the `kernel` crate, too.
_ELSEWHERE = frozenset({"git", "registry", "registry-index", "patch", "replace"})


def words(sources: Iterable[Path]) -> list[str]:
    """Return all names that Rust sources may mean, those of C among them.

    bindgen goes by the name of an enumeration, not by those of its values: sources that use a value
    say the enumeration's name as well, in a comment where nowhere else.
    """
    return sorted({word for file in sources for word in _WORD.findall(file.read_text())})


def everything(project: Project) -> bool:
    """Tell whether a project may name anything that the kernel's headers declare.

    That is so where it has headers bound itself, where its source speaks of the bindings or asks
    what they have, where a script may write such source, and where it depends on crates that may
    have it.
    """
    packages = project.packages()
    if project.bound or any(map(package.has_script, packages)):
        return True
    manifests = {project.workspace / "Cargo.toml", *(each / "Cargo.toml" for each in packages)}
    if any(_names(manifest.read(file), _ELSEWHERE) for file in manifests):
        return True
    return _spoken_of(file for each in packages for file in package.sources(each))


def _spoken_of(sources: Iterable[Path]) -> bool:
    return any(_SPOKEN_OF.search(file.read_text(errors="replace")) for file in sources)


def _names(table: object, keys: frozenset[str]) -> bool:
    """Tell whether a TOML table, or one in it, has any of the keys."""
    if isinstance(table, Mapping):
        return not keys.isdisjoint(table) or any(_names(each, keys) for each in table.values())
    if isinstance(table, Sequence) and not isinstance(table, str):
        return any(_names(each, keys) for each in table)
    return False

"""Other names for folders that kbuild cannot work in: make ends a path at a space.

The tools that note what a C file includes (scripts/basic/fixdep.c) end it there too, so quoting is
no way out. kbuild sees links with plain names instead, which lie in its own folder.
"""

from dataclasses import dataclass, field
from pathlib import Path

from rkmbuild.base.errors import ProjectError
from rkmbuild.kernel.overlay import unfit_for_make


@dataclass
class PlainPaths:
    """Plain names for the folders of one build.

    Attributes:
        folder: Where kbuild works, which has a plain name itself.
        links: The links that have to lie there, by name, each with what it leads to.
    """

    folder: Path
    links: dict[str, Path] = field(default_factory=dict)

    def directory(self, path: Path) -> Path:
        """Return a folder under a name that kbuild can work with."""
        if not unfit_for_make(path):
            return path
        for name, known in self.links.items():
            if known == path:
                return self.folder / name
        name = f"folder-{len(self.links)}"
        self.links[name] = path
        return self.folder / name

    def file(self, path: Path) -> Path:
        """Return a file under a name that kbuild can work with.

        Raises:
            ProjectError: its own name is none.
        """
        problem = unfit_for_make(Path(path.name))
        if problem:
            raise ProjectError(
                f"kbuild cannot work with {path}, a file with {problem} in its name",
                hint="give the file a plain name",
            )
        return self.directory(path.parent) / path.name

    def include(self, line: str) -> str:
        """Return an include line as kbuild can work with it.

        Raises:
            ProjectError: the name of the file is none that it can work with.
        """
        start, quoted, rest = line.partition('"')
        return f'{start}"{self.file(Path(rest[:-1]))}"' if quoted else line

    def lay(self) -> None:
        """Put the links in their place."""
        for name, path in self.links.items():
            link = self.folder / name
            if not link.is_symlink() or link.readlink() != path:
                link.unlink(missing_ok=True)
                link.symlink_to(path)

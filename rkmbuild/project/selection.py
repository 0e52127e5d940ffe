"""Which modules of a workspace a command is about, and which come before which."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rkmbuild.base.errors import ProjectError, UsageError
from rkmbuild.base.suggest import did_you_mean
from rkmbuild.project import manifest, project, workspace
from rkmbuild.project.project import Project
from rkmbuild.project.request import CargoOptions


def select(path: Path, packages: Sequence[str] = ()) -> list[Project]:
    """Return the modules that are asked for, in an order in which they can be built.

    Args:
        path: The folder of a module's package, or of a workspace.
        packages: Names of packages in the workspace; where empty, the package at `path`, or all
            modules of a workspace that is no package itself.

    Raises:
        ProjectError: there is no module, or a Cargo.toml says something we cannot follow.
        UsageError: the workspace has no such package.
    """
    root = (path.parent if path.name == "Cargo.toml" else path).absolute()
    document = manifest.read(root / "Cargo.toml")
    if not packages and "package" in document:
        return [project.load(root)]
    known = modules(workspace.of(root, document))
    if not packages and not known:
        raise ProjectError(
            f"{root / 'Cargo.toml'} is a workspace without a module",
            hint='a module is a member with a library of the kind "staticlib"',
        )
    for name in packages:
        if name not in known:
            hint = did_you_mean(name, known, listed_as="modules are")
            raise UsageError(f"{root} has no module `{name}`", hint=hint)
    wanted = set(packages or known)
    return [module for module in in_order(known.values(), known) if module.package in wanted]


def select_one(path: Path, package: str | None = None) -> Project:
    """Return the one module that a command is about.

    In a workspace of several that is the one that none of the others uses.

    Raises:
        ProjectError, UsageError: as for `select`; or there are several such modules.
    """
    found = select(path, [package] if package else [])
    used = {name for module in found for name in module.metadata.depends}
    ends = [module for module in found if module.package not in used]
    if len(ends) > 1:
        names = ", ".join(module.package for module in ends)
        raise UsageError(
            f"{path} has several modules: {names}",
            hint=f"name one: --package {ends[0].package}, or the folder of its package",
        )
    return ends[0]


def modules(folder: Path) -> dict[str, Project]:
    """Return the modules of the workspace in `folder`, by the names of their packages."""
    members = workspace.members(folder).items()
    found = (project.load(member) for member, said in members if manifest.is_module(said))
    return {module.package: module for module in found}


def used_by(module: Project) -> list[Project]:
    """Return the modules whose symbols a module uses, and those that these use, in their order.

    Raises:
        ProjectError: one is no module of the workspace, or they use each other in a circle.
    """
    if not module.metadata.depends:
        return []
    known = modules(module.workspace) | {module.package: module}
    return [found for found in in_order([module], known) if found != module]


def in_order(wanted: Iterable[Project], known: Mapping[str, Project]) -> list[Project]:
    """Return modules, and those that they use, so that each comes after what it uses."""
    done: dict[str, Project] = {}

    def add(module: Project, users: tuple[str, ...]) -> None:
        if module.package in users:
            circle = " -> ".join((*users[users.index(module.package) :], module.package))
            raise ProjectError(f"modules that use each other's symbols in a circle: {circle}")
        for name in module.metadata.depends:
            if name not in known:
                raise ProjectError(
                    f"{module.root / 'Cargo.toml'}: [package.metadata.rkmbuild]: `depends` names "
                    f"`{name}`, which is no module of the workspace",
                    hint=did_you_mean(name, known) or None,
                )
            add(known[name], (*users, module.package))
        done.setdefault(module.package, module)

    for module in wanted:
        add(module, ())
    return list(done.values())


def features(options: CargoOptions, wanted: Sequence[Project]) -> dict[str, CargoOptions]:
    """Return cargo's options for each module: those of its features that it has.

    Raises:
        UsageError: none has one of them.
    """
    if len(wanted) == 1:
        return {wanted[0].package: options}  # cargo says itself what it does not know
    left = set(options.features)
    found = {}
    for module in wanted:
        own = {f"{module.package}/{name}": name for name in module.features}
        own |= {name: name for name in module.features}
        mine = [name for name in options.features if name in own]
        left -= set(mine)
        named = tuple(dict.fromkeys(own[name] for name in mine))
        found[module.package] = replace(options, features=named)
    if left:
        raise UsageError(f"no module has a feature {', '.join(sorted(left))}")
    return found

"""The crates that a project is built from, and who brings which: asked of cargo after a failure."""

import json
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rkmbuild.base import process
from rkmbuild.base.errors import BuildError
from rkmbuild.project.project import Project
from rkmbuild.project.request import CargoOptions
from rkmbuild.toolchain import cargo
from rkmbuild.toolchain.parts import Rust
from rkmbuild.toolchain.rust_facts import RustFacts


@dataclass(frozen=True)
class Package:
    """A package in the graph.

    Attributes:
        id: cargo's name for it, unlike all others.
        name: Its name.
        version: Its version.
        crate: The name of its library in Rust source.
        features: All of its features, each with what it turns on, in cargo's words.
        enabled: Those that are on.
        declared: What its manifest says of its dependencies, in the form of `cargo metadata`.
        edges: The packages that its code is compiled against, by id.
    """

    id: str
    name: str
    version: str
    crate: str
    features: Mapping[str, list[str]]
    enabled: frozenset[str]
    declared: tuple[Mapping[str, Any], ...]
    edges: tuple[str, ...]

    def wants(self, other: "Package") -> Mapping[str, Any]:
        """Return what the manifest says of a dependency that is compiled into the module."""
        for entry in self.declared:
            if entry["name"] == other.name and entry["kind"] is None:
                return entry
        return {}


@dataclass(frozen=True)
class Graph:
    """The packages of a build.

    Attributes:
        root: The module's own package, by id.
        packages: All of them, by id.
    """

    root: str
    packages: Mapping[str, Package]

    def chain(self, wanted: str) -> list[Package]:
        """Return the shortest way from the module's package to another, both included.

        Only what ends in the module counts, not build scripts; empty where there is no way.
        """
        before: dict[str, str] = {self.root: ""}
        queue = deque([self.root])
        while queue:
            here = queue.popleft()
            if here == wanted:
                way = [here]
                while before[way[0]]:
                    way.insert(0, before[way[0]])
                return [self.packages[step] for step in way]
            for edge in self.packages[here].edges:
                if edge not in before:
                    before[edge] = here
                    queue.append(edge)
        return []

    def of_crate(self, crate: str) -> Package | None:
        """Return the package with a library of this name that is compiled into the module."""
        found = [package for package in self.packages.values() if package.crate == crate]
        return next((package for package in found if self.chain(package.id)), None)


def load(
    project: Project, rust: Rust, facts: RustFacts, target: Path, options: CargoOptions
) -> Graph:
    """Ask cargo for the packages of a build that it has tried before.

    Args:
        target: The target specification.

    Raises:
        BuildError: cargo does not say; `output` is what it says instead.
    """
    command: list[str | Path] = [rust.cargo, "metadata", "--format-version", "1"]
    command += ["--manifest-path", project.root / "Cargo.toml", *options.feature_arguments()]
    # With neither platform named, cargo asks for the manifests of all that exist.
    command += cargo.opening_arguments(facts)
    command += ["--filter-platform", target, "--filter-platform", rust.host]
    env = cargo.environment(rust, [])
    done = process.run([*command, "--offline"], doing="asking cargo", env=env)
    return _read(json.loads(done.stdout), project.root)


def _read(document: Mapping[str, Any], root: Path) -> Graph:
    nodes = {node["id"]: node for node in document["resolve"]["nodes"]}
    packages = {
        entry["id"]: _package(entry, nodes[entry["id"]])
        for entry in document["packages"]
        if entry["id"] in nodes
    }
    manifest = root.resolve() / "Cargo.toml"
    for entry in document["packages"]:
        if Path(entry["manifest_path"]) == manifest:
            return Graph(entry["id"], packages)
    raise BuildError(f"cargo knows of no package in {root}")


def _package(entry: Mapping[str, Any], node: Mapping[str, Any]) -> Package:
    libraries = [target["name"] for target in entry["targets"] if _is_library(target["kind"])]
    return Package(
        id=entry["id"],
        name=entry["name"],
        version=entry["version"],
        crate=(libraries or [entry["name"]])[0].replace("-", "_"),
        features=entry["features"],
        enabled=frozenset(node["features"]),
        declared=tuple(entry["dependencies"]),
        edges=tuple(
            dep["pkg"]
            for dep in node["deps"]
            if any(kind["kind"] is None for kind in dep["dep_kinds"])
        ),
    )


def _is_library(kinds: Iterable[str]) -> bool:
    return any(kind in ("lib", "rlib", "staticlib", "proc-macro") for kind in kinds)


def arrows(chain: Iterable[Package]) -> str:
    """Return a chain as the user reads it: `a -> b -> c`."""
    return " -> ".join(package.name for package in chain)

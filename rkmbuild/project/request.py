"""What the user asks of a build."""

from dataclasses import dataclass, field, replace
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class CargoOptions:
    """What the user asks of cargo, in cargo's own words."""

    profile: str = "release"
    features: tuple[str, ...] = ()
    all_features: bool = False
    no_default_features: bool = False
    locked: bool = False
    offline: bool = False
    jobs: int | None = None

    def arguments(self) -> list[str]:
        """Return the arguments of cargo."""
        arguments = ["--profile", self.profile, *self.feature_arguments()]
        if self.locked:
            arguments.append("--locked")
        if self.offline:
            arguments.append("--offline")
        return arguments + jobs_arguments(self.jobs)

    def without_features(self) -> "CargoOptions":
        """Return the same, for a package that the user's features are not about."""
        return replace(self, features=(), all_features=False, no_default_features=False)

    def feature_arguments(self) -> list[str]:
        """Return the arguments of cargo that choose features."""
        arguments = ["--features", ",".join(self.features)] if self.features else []
        if self.all_features:
            arguments.append("--all-features")
        if self.no_default_features:
            arguments.append("--no-default-features")
        return arguments


def jobs_arguments(jobs: int | None) -> list[str]:
    """Return cargo's `--jobs`, if a number was asked for."""
    return ["--jobs", str(jobs)] if jobs else []


@dataclass(frozen=True, kw_only=True)
class BuildRequest:
    """What the user asks for.

    Attributes:
        path: The project's folder.
        kernel: A release, a part of one, or a path; None for the default.
        cc: `auto`, `gcc` or `clang`.
        toolchain: The Rust toolchain, or None for the best one.
        symvers: Files that say what other external modules export, beside those that the
            environment names.
        cargo: What is handed to cargo.
        tests: Whether the module is to have the tests that run inside it; it is then built in a
            folder of its own.
    """

    path: Path
    kernel: str | None = None
    cc: str = "auto"
    toolchain: str | None = None
    symvers: tuple[Path, ...] = ()
    cargo: CargoOptions = field(default_factory=CargoOptions)
    tests: bool = False

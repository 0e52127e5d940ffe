"""Choose the Rust toolchain: the best rustc of this machine that can build for the kernel."""

import re
from pathlib import Path
from typing import Any, NamedTuple

from rkmbuild.arch import architectures
from rkmbuild.base import process, search_path
from rkmbuild.base.errors import ToolchainError, WantedPart
from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.toolchain import rust_places, versions
from rkmbuild.toolchain.parts import PassedOver, Rust, Version
from rkmbuild.toolchain.remembered import remembered
from rkmbuild.toolchain.rust_places import Place
from rkmbuild.toolchain.unusable import UnusablePartError, unusable

# What crates/Cargo.toml says (rust-version), and clippy holds the crates to.
OLDEST = Version(1, 78, 0)


class Found(NamedTuple):
    """A rustc that was looked at.

    Attributes:
        place: Where it is.
        rust: The toolchain, or None where it cannot be used.
        why: What it lacks, where it cannot be used.
        repair: The command that gives it what it lacks, or None.
        stable: Whether it is a release, not a nightly or a beta.
    """

    place: Place
    rust: Rust | None
    why: str = ""
    repair: tuple[str, ...] | None = None
    stable: bool = True


def choose(toolchain: str | None = None) -> tuple[Rust, list[PassedOver]]:
    """Return the Rust toolchain to build with, and those that were passed over.

    What the user names is taken or refused; else the newest usable release is, and a nightly
    only where there is no release.

    Args:
        toolchain: A rustup name or a path to rustc (`--toolchain`).

    Raises:
        ToolchainError: the one named cannot be used, or none on this machine can.
    """
    place = rust_places.named(toolchain)
    if place:
        found = look_at(place)
        if not found.rust:
            raise UnusablePartError(
                f"the Rust toolchain asked for ({place.origin}: {place.rustc}) cannot be used: "
                f"{found.why}",
                wanted=WantedPart("rust", found.repair),
                passed_over=[_passed_over(found)],
            )
        return found.rust, []
    return _best([look_at(place) for place in rust_places.all_places()])


def _best(looked_at: list[Found]) -> tuple[Rust, list[PassedOver]]:
    usable = [found for found in looked_at if found.rust]
    if not usable:
        raise _none_fits(looked_at)
    # Of equals the one with vendored crates, which needs no network; else the one found first.
    best = max(usable, key=_rank)
    chosen = best.rust
    if not chosen:
        raise _none_fits(looked_at)
    return chosen, [_passed_over(found, chosen) for found in looked_at if found is not best]


def look_at(place: Place) -> Found:
    """Find out whether the rustc at `place` can build for the kernel."""
    try:
        answer = remembered("rustc", [place.rustc], lambda: _ask_rustc(place.rustc))
    except ToolchainError as error:
        return Found(place, None, error.message)
    except OSError as error:
        return Found(place, None, f"it cannot be read: {error.strerror}")
    return _judge(place, answer)


def _judge(place: Place, answer: dict[str, Any]) -> Found:
    version = Version(*answer["version"])
    stable = "-" not in answer["release"]
    if version < OLDEST:
        why = f"it is release {version}, and {OLDEST} is the oldest that can be used"
        return Found(place, None, why, _rustup(place, "update"), stable)
    if not answer["takes_target"]:
        return Found(place, None, f"it does not know the target {_probed_target()}", None, stable)
    sysroot = Path(answer["sysroot"])
    library = library_source(sysroot, version)
    if not library:
        why = f"its library source (rust-src) is missing, release {version}"
        return Found(place, None, why, _rustup(place, "component", "add", "rust-src"), stable)
    cargo, why = _cargo(place.rustc, version)
    if not cargo:
        return Found(place, None, why, None, stable)
    rust = Rust(
        rustc=place.rustc,
        cargo=cargo,
        version=version,
        verbose=answer["verbose"],
        host=answer["host"],
        sysroot=sysroot,
        library=library,
        vendored=(library / "vendor").is_dir(),
        origin=place.origin,
    )
    return Found(place, rust, stable=stable)


def library_source(sysroot: Path, version: Version) -> Path | None:
    """Return the folder with core/ and alloc/ of this very release, or None.

    rustup's rust-src and the distributions' packages put it below the sysroot; Debian's and
    Ubuntu's versioned packages keep it in /usr/src.
    """
    folders = [sysroot / "lib/rustlib/src/rust/library"]
    # A distribution patches its library; that source is not of rustup's compiler of that number.
    if sysroot.is_relative_to("/usr"):
        folders.append(Path(f"/usr/src/rustc-{version}/library"))
    for folder in folders:
        if (folder / "core/src/lib.rs").is_file() and (folder / "alloc/src/lib.rs").is_file():
            return folder
    return None


def read_verbose(text: str) -> dict[str, str]:
    """Read `rustc -vV`: a line with the name, then `key: value` lines."""
    return dict(re.findall(r"^([^:\n]+): (.*)$", text, re.MULTILINE))


def ask_verbose(rustc: Path) -> str:
    """Return what `rustc -vV` prints, asked now.

    Raises:
        ToolchainError: it cannot be asked.
    """
    doing = "asking rustc for its version"
    return process.run([rustc, "-vV"], doing=doing, timeout=60, failure=ToolchainError).stdout


def _probed_target() -> str:
    """Return a target that every usable rustc has built in, and that ours is modelled on."""
    return architectures.host().bare_target


def _ask_rustc(rustc: Path) -> dict[str, Any]:
    def ask(*arguments: str, success: tuple[int, ...] = (0,)) -> process.Completed:
        return process.run(
            [rustc, *arguments],
            doing="asking rustc for its version",
            env=tool_environment({"RUSTC_BOOTSTRAP": "1"}),
            success=success,
            timeout=60,
            failure=ToolchainError,
        )

    verbose = ask("-vV").stdout
    facts = read_verbose(verbose)
    version = versions.first(facts.get("release", ""))
    if not version or "host" not in facts:
        raise ToolchainError("its output is not that of rustc")
    spec = ("-Zunstable-options", "--print", "target-spec-json", "--target", _probed_target())
    return {
        "verbose": verbose,
        "release": facts["release"],
        "version": list(version),
        "host": facts["host"],
        "sysroot": ask("--print", "sysroot").stdout.strip(),
        "takes_target": ask(*spec, success=(0, 1)).returncode == 0,
    }


def _cargo(rustc: Path, version: Version) -> tuple[Path | None, str]:
    # -Zbuild-std follows the layout of the library, which changes with the release: a cargo of
    # another one fails in the middle.
    suffix = rustc.name.removeprefix("rustc")
    beside = rustc.parent / f"cargo{suffix}"
    candidates = [beside] if search_path.is_program(beside) else []
    candidates += [c for c in search_path.every(r"cargo(-[\d.]+)?") if not rust_places.is_proxy(c)]
    seen: list[str] = []
    for cargo in dict.fromkeys(candidates):
        try:
            its = _cargo_version(cargo)
        except (ToolchainError, OSError):
            continue
        if its[:2] == version[:2]:
            return cargo, ""
        seen.append(f"{cargo} is {its}")
    return None, f"no cargo of release {version.major}.{version.minor} is beside it" + (
        f" ({'; '.join(seen)})" if seen else ""
    )


def _cargo_version(cargo: Path) -> Version:
    def ask() -> dict[str, Any]:
        doing = "asking cargo for its version"
        done = process.run([cargo, "-V"], doing=doing, timeout=60, failure=ToolchainError)
        return {"text": done.stdout}

    text: str = remembered("cargo -V", [cargo], ask)["text"]
    version = versions.first(text)
    if not version or not text.startswith("cargo "):
        raise ToolchainError("its output is not that of cargo")
    return version


def _rank(found: Found) -> tuple[bool, Version, bool]:
    rust = found.rust
    return (found.stable, rust.version, rust.vendored) if rust else (False, Version(0), False)


def _passed_over(found: Found, chosen: Rust | None = None) -> PassedOver:
    what = f"{found.place.origin} ({found.place.rustc})"
    if found.why or not found.rust or not chosen:
        return PassedOver(what, found.why)
    if not found.stable:
        return PassedOver(what, f"{found.rust.version} is no stable release")
    if found.rust.version < chosen.version:
        return PassedOver(what, f"{found.rust.version} is older than {chosen.version}")
    return PassedOver(what, "it is the same release")


def _rustup(place: Place, *words: str) -> tuple[str, ...] | None:
    kind, _, name = place.origin.partition(":")
    if kind != "rustup":
        return None
    rustup = rust_places.rustup()
    if not rustup:
        return None
    return (rustup, *words, *(("--toolchain", name) if words[0] == "component" else ()))


def _none_fits(looked_at: list[Found]) -> UnusablePartError:
    wanted = WantedPart(
        "rust",
        repair=next((found.repair for found in looked_at if found.repair and found.stable), None),
        # The distribution's packages need no more than is trusted already; but where rustup itself
        # is one of them, they exclude it.
        packages_first=not search_path.is_program(Path("/usr/bin/rustup")),
    )
    return unusable("rustc", wanted, [_passed_over(found) for found in looked_at])

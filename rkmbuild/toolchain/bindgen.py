"""Choose a bindgen and a libclang that work together, and try them once before they are used."""

import re
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from rkmbuild.base import process
from rkmbuild.base.errors import ToolchainError, WantedPart
from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.toolchain import bindgen_places, versions
from rkmbuild.toolchain.parts import Bindgen, PassedOver, Version
from rkmbuild.toolchain.remembered import remembered
from rkmbuild.toolchain.unusable import UnusablePartError, unusable

# 0.60 is the first with --allowlist-* and --opaque-type as they are used here.
OLDEST = Version(0, 60, 0)


class Misfit(NamedTuple):
    """Releases of bindgen that do not go with releases of libclang.

    Attributes:
        bindgen: The first bindgen that is free of it.
        libclang: The first libclang that brings it on.
        why: What goes wrong.
    """

    bindgen: Version
    libclang: Version
    why: str


# What is known to fail; anything else is tried. A distribution may have mended the second one
# without a new version number (Debian has), so it is left to the trial.
MISFITS = (
    # rust-bindgen issues 2312 and 2488: libclang 16 gives anonymous types a name with spaces.
    Misfit(
        Version(0, 66, 0), Version(16), "it stops at anonymous unions with libclang 16 or newer"
    ),
)

# What the trial must find in the output, each with what its absence means. The joined name is
# lost by bindgen before 0.69.5 with libclang 19.1 (rust-bindgen pull request 2824), and so are
# attributes.
_TRIAL = """\
#pragma message("clang version " __clang_version__)
#define JOIN(a, b) a##b
struct rkmbuild_outer { union { int small; long large; }; int JOIN(rkmbuild, _joined); };
"""
_EXPECTED = {
    r"\bunion\s+rkmbuild_outer__bindgen": "it loses anonymous unions",
    r"\brkmbuild_joined\b": "it loses names made by ## (rust-bindgen pull request 2824)",
}


def choose() -> tuple[Bindgen, list[PassedOver]]:
    """Return the pair to generate bindings with, and what was passed over.

    That is the newest bindgen for which a libclang is there, with the newest libclang that goes
    with it. The pair has been tried on a small header; the result is remembered.

    Raises:
        ToolchainError: no bindgen, no libclang, or no two that work together.
    """
    passed_over: list[PassedOver] = []
    commands = _usable_commands(passed_over)
    libraries = sorted(
        bindgen_places.libclangs(),
        key=lambda library: bindgen_places.named_version(library) or Version(0),
        reverse=True,
    )
    chosen: Bindgen | None = None
    for command, version in commands:
        if chosen:
            why = f"{version} is not newer than {chosen.version}"
            passed_over.append(PassedOver(f"bindgen {command}", why))
            continue
        for library in libraries:
            if chosen:
                passed_over.append(PassedOver(f"libclang {library}", "a newer one was taken"))
                continue
            why = misfit(version, bindgen_places.named_version(library))
            if not why:
                chosen, why = _try(command, version, library)
            if not chosen:
                passed_over.append(PassedOver(f"bindgen {version} with {library}", why))
    if chosen:
        return chosen, passed_over
    raise _none_works(commands, libraries, passed_over)


def misfit(bindgen: Version, libclang: Version | None) -> str:
    """Return why these two are known not to work together, or nothing."""
    if libclang is None:
        return ""
    return next(
        (row.why for row in MISFITS if bindgen < row.bindgen and libclang >= row.libclang), ""
    )


def read_trial(said: str, generated: str) -> tuple[Version | None, str]:
    """Read what the trial gave: libclang's version, and what is wrong with the bindings.

    Args:
        said: bindgen's standard error, with the header's own message in it.
        generated: The bindings.
    """
    told = re.search(r"clang version (\S+)", said)
    why = next((why for text, why in _EXPECTED.items() if not re.search(text, generated)), "")
    return (versions.first(told[1]) if told else None), why


def _usable_commands(passed_over: list[PassedOver]) -> list[tuple[Path, Version]]:
    usable: list[tuple[Path, Version]] = []
    for command in bindgen_places.commands():
        try:
            version = _version(command)
        except (ToolchainError, OSError) as error:
            passed_over.append(PassedOver(f"bindgen {command}", str(error)))
            continue
        if version < OLDEST:
            why = f"it is {version}, and {OLDEST} is the oldest that can be used"
            passed_over.append(PassedOver(f"bindgen {command}", why))
        else:
            usable.append((command, version))
    return sorted(usable, key=lambda pair: pair[1], reverse=True)


def _version(command: Path) -> Version:
    def ask() -> dict[str, Any]:
        done = process.run(
            [command, "--version"],
            doing="asking bindgen for its version",
            timeout=60,
            failure=ToolchainError,
        )
        return {"text": done.stdout}

    text: str = remembered("bindgen --version", [command], ask)["text"]
    version = versions.first(text)
    if not version or not text.startswith("bindgen "):
        # 0.66.0 and 0.66.1 want a header even for --version (rust-bindgen issue 2567).
        raise ToolchainError("its output is not that of bindgen")
    return version


def _try(command: Path, version: Version, library: Path) -> tuple[Bindgen | None, str]:
    def ask() -> dict[str, Any]:
        with tempfile.TemporaryDirectory(prefix="rkmbuild-") as folder:
            header = Path(folder) / "trial.h"
            header.write_text(_TRIAL)
            done = process.run(
                [command, header],
                doing="trying bindgen",
                env=tool_environment({"LIBCLANG_PATH": str(library)}),
                timeout=60,
                failure=ToolchainError,
            )
        return {"said": done.stderr, "generated": done.stdout}

    try:
        answer = remembered(f"bindgen {_TRIAL}", [command, library], ask)
    except ToolchainError as error:
        return None, _last_words(error)
    except OSError as error:
        return None, str(error)
    told, why = read_trial(answer["said"], answer["generated"])
    libclang = told or bindgen_places.named_version(library)
    if why or not libclang:
        return None, why or "libclang does not say its version"
    pair = Bindgen(path=command, version=version, libclang=library, libclang_version=libclang)
    return pair, ""


def _last_words(error: ToolchainError) -> str:
    panic = re.search(r"panicked at (.*)", error.output)
    return f"it panics: {panic[1]}" if panic else error.message


def _none_works(
    commands: list[tuple[Path, Version]], libraries: list[Path], passed_over: list[PassedOver]
) -> UnusablePartError:
    wanted = WantedPart("bindgen")
    if commands and not libraries:
        message = "no libclang is there for bindgen to load"
        return UnusablePartError(message, wanted=wanted, passed_over=passed_over)
    unfit = "no bindgen works with a libclang of this machine" if commands else ""
    return unusable("bindgen", wanted, passed_over, unfit=unfit)

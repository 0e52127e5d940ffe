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
# attributes. A structure that is declared first is empty with libclang 22 before 0.72.1.
_TRIAL = """\
#pragma message("clang version " __clang_version__)
#define JOIN(a, b) a##b
struct rkmbuild_outer { union { int small; long large; }; int JOIN(rkmbuild, _joined); };
struct rkmbuild_later;
struct rkmbuild_earlier { struct rkmbuild_later *later; };
struct rkmbuild_later { int first; long second; };
struct rkmbuild_bits { short before; unsigned filling : 14; unsigned over : 3; unsigned last : 1; };
"""
_EXPECTED = {
    r"\bunion\s+rkmbuild_outer__bindgen": "it loses anonymous unions",
    r"\brkmbuild_joined\b": "it loses names made by ## (rust-bindgen pull request 2824)",
    r"\bstruct\s+rkmbuild_later\s*\{[^}]*\bsecond\b": (
        "it leaves structures empty that are declared before they are described (rust-bindgen "
        "issue 3264)"
    ),
    r"\bfn\s+set_last\b": "it loses bit-fields",
}
# `over` does not fit into what is left of the unit, so that it begins at the next one; before 0.73
# it does not, and setting `last` writes to it. The layout of each structure is compared with C's,
# and put right, so that such a bindgen can be used where there is no other.
_MISPLACED = r"\.\s*get(?:_const\s*::\s*<|\s*\()\s*14usize\s*,\s*3u8"
_FLAW = "it has bit-fields in the wrong place (rust-bindgen issue 3384), which have to be put right"


def choose() -> tuple[Bindgen, list[PassedOver]]:
    """Return the pair to generate bindings with, and what was passed over.

    That is the newest bindgen for which a libclang is there, with the newest libclang that goes
    with it; one that makes nothing wrong goes before one whose faults are put right. The pair has
    been tried on a small header; the result is remembered.

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
    second: tuple[Bindgen, PassedOver] | None = None
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
            flawed = ""
            if not why:
                chosen, why, flawed = _try(command, version, library)
            if not chosen or flawed:
                passed = PassedOver(f"bindgen {version} with {library}", why or flawed)
                passed_over.append(passed)
            if chosen and flawed:
                second = second or (chosen, passed)
                chosen = None
                break  # it is bindgen's own, whatever the library
    if chosen:
        return chosen, passed_over
    if second:
        passed_over.remove(second[1])
        return second[0], passed_over
    raise _none_works(commands, libraries, passed_over)


def misfit(bindgen: Version, libclang: Version | None) -> str:
    """Return why these two are known not to work together, or nothing."""
    if libclang is None:
        return ""
    return next(
        (row.why for row in MISFITS if bindgen < row.bindgen and libclang >= row.libclang), ""
    )


def read_trial(said: str, generated: str) -> tuple[Version | None, str, str]:
    """Read what the trial gave: libclang's version, what is wrong, and what is wrong and mended.

    Args:
        said: bindgen's standard error, with the header's own message in it.
        generated: The bindings.
    """
    told = re.search(r"clang version (\S+)", said)
    why = next((why for text, why in _EXPECTED.items() if not re.search(text, generated)), "")
    flaw = _FLAW if re.search(_MISPLACED, generated) else ""
    return (versions.first(told[1]) if told else None), why, flaw


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


def _try(command: Path, version: Version, library: Path) -> tuple[Bindgen | None, str, str]:
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
        return None, _last_words(error), ""
    except OSError as error:
        return None, str(error), ""
    told, why, flaw = read_trial(answer["said"], answer["generated"])
    libclang = told or bindgen_places.named_version(library)
    if why or not libclang:
        return None, why or "libclang does not say its version", ""
    pair = Bindgen(path=command, version=version, libclang=library, libclang_version=libclang)
    return pair, "", flaw


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

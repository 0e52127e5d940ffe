"""What a kernel's configuration would say of Rust, had it been built with this rustc.

Only kbuild and rustc read it: no C header asks for one of these options, but for CONFIG_RUST, which
a kernel with Rust says itself, so that not a structure changes by them.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from rkmbuild.toolchain.parts import Rust

# init/Kconfig, 6.12 to 7.3: `config RUSTC_HAS_…` followed by `def_bool RUSTC_VERSION >= 108800`.
_HAS = re.compile(
    r"^config (RUSTC_HAS_\w+)\n\s+def_bool (?:y if )?RUSTC_VERSION >= (\d+)$", re.MULTILINE
)
# What another compiler may have had, and this one has not.
_ABOUT = "RUSTC_HAS_"
_LLVM = re.compile(r"^LLVM version: (\d+)\.(\d+)\.(\d+)", re.MULTILINE)


def options(source: Path, rust: Rust, *, has_rust: bool) -> dict[str, str]:
    """Return the options, without `CONFIG_`, that are said anew.

    Where the kernel has no Rust the three choices of lib/Kconfig.debug are what its defaults are.

    Args:
        source: The kernel's source.
        rust: What compiles its crates.
        has_rust: Whether the kernel has Rust of its own, by which the choices are made.
    """
    # scripts/rustc-version.sh and rustc-llvm-version.sh
    number = rust.version.major * 100_000 + rust.version.minor * 100 + rust.version.patch
    found = _LLVM.search(rust.verbose)
    major, minor, patch = map(int, found.groups()) if found else (0, 0, 0)
    chosen = {"RUST": "y", "RUST_IS_AVAILABLE": "y", "RUST_OVERFLOW_CHECKS": "y"}
    said = ({} if has_rust else chosen) | {
        "RUSTC_VERSION": str(number),
        "RUSTC_LLVM_VERSION": str(major * 10_000 + minor * 100 + patch),
        "RUSTC_VERSION_TEXT": '"' + rust.verbose.partition("\n")[0] + '"',
    }
    kconfig = (source / "init/Kconfig").read_text()
    if "config RUSTC_LLVM_MAJOR_VERSION\n" in kconfig:
        said["RUSTC_LLVM_MAJOR_VERSION"] = str(major)
    return said | {name: "y" for name, since in _HAS.findall(kconfig) if number >= int(since)}


def auto_conf(text: str, said: Mapping[str, str]) -> str:
    """Return include/config/auto.conf with these options in it."""
    kept = _without(text, said, "CONFIG_")
    return "".join([*kept, *(f"CONFIG_{name}={value}\n" for name, value in said.items())])


def rustc_cfg(text: str, said: Mapping[str, str]) -> str:
    """Return include/generated/rustc_cfg with these options in it, as Kconfig writes them.

    That is `rustc_cfg_print_symbol` and what is beside it (scripts/kconfig/confdata.c).
    """
    lines = []
    for name, value in said.items():
        lines += [f"--cfg=CONFIG_{name}\n"] if value == "y" else []
        quoted = value if value.startswith('"') else f'"{value}"'
        lines.append(f"--cfg=CONFIG_{name}={quoted}\n")
    return "".join([*_without(text, said, "--cfg=CONFIG_"), *lines])


def _without(text: str, names: Mapping[str, str], prefix: str) -> Iterator[str]:
    for line in text.splitlines(keepends=True):
        name = line.removeprefix(prefix).split("=")[0].strip()
        said = name in names or name.startswith(_ABOUT)
        if not line.startswith(prefix) or not said:
            yield line

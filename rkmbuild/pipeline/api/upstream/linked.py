"""Links what a module uses of the upstream crate into its Rust object, for a kernel without Rust.

The sections that nothing of the module asks for go out again; what the crate has of C, its helpers
and our stand-ins for what such a kernel lacks, comes in where it is asked for. The object that is
left asks for symbols of the kernel alone, and kbuild's own rules make a module of it.
"""

import fnmatch
import json
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rkmbuild.base import paths, process
from rkmbuild.base.errors import BuildError
from rkmbuild.base.render import render
from rkmbuild.ko import elf
from rkmbuild.ko.elf import Elf, Section, Symbol
from rkmbuild.pipeline import undefined

CRATES = "crates.a"
"""The crates' objects, in `rust/` of a sidecar's objtree, and the stand-ins that call them."""
SANITIZED = ("asan_globals", ".init_array", ".init_array.*", ".fini_array", ".fini_array.*")
"""What tells KASAN of statics (LLVM, AddressSanitizer.cpp), and would keep each of them."""
PATCHABLE = "__patchable_function_entries"
"""Where functions can be patched: with CONFIG_FTRACE_MCOUNT_USE_PATCHABLE_FUNCTION_ENTRY ftrace
asks for it (include/linux/ftrace.h, FTRACE_CALLSITE_SECTION), and nobody else does."""
HELPERS = "helpers.a"
"""The C helpers, each file of them an object of its own."""
SECTIONS = "sections.json"
"""Names of sections: `kept`, of what is in `CRATES`, where one of the functions `of` which they
speak is in the module; `of_helpers`, kept of what comes in of these; and `left_out`, patterns."""
WRAPPED = ("_printk", "_dev_printk", "seq_printf")
"""What the Rust code hands `%pA` to: rust/kernel/{print,device,seq_file}.rs, 6.12 to 7.3."""
FLAGS = "-Zfunction-sections=y -Cforce-frame-pointers=y"
"""What rustc is told: each function in a section of its own can be left out, and where frame
pointers are kept, what unwinds (ORC) is a third shorter."""

# A symbol of Rust's that has no name of C's: nothing outside of the module looks for it.
_MANGLED = "_R"
# What `build_error!` calls where the compiler could not prove that it is never called
# (rust/build_error.rs). No kernel exports it (CONFIG_RUST_BUILD_ASSERT_ALLOW=n).
_NEVER = "rust_build_error"
# What the helpers in C are called (rust/helpers/, 6.12 to 7.3).
_HELPER = "rust_helper_"
# Comes with what kbuild adds to each module (.mod.c).
_OF_KBUILD = "__this_module"
# Section names of code and data that a linker may leave out where nothing refers to them. The
# others mean something to the kernel, or to objtool (`_FOR_OBJTOOL`), and stay.
_LEFT_OUT = (".text", ".rodata", ".data", ".bss", ".init.text", ".exit.text")
_FOR_OBJTOOL = ".discard."
_TEXT = ".text."


@dataclass(frozen=True)
class Object:
    """A relocatable object's symbols.

    Attributes:
        path: The file.
    """

    path: Path

    @cached_property
    def elf(self) -> Elf:
        """The file, read."""
        return Elf(self.path.read_bytes())

    @cached_property
    def _symbols(self) -> list[tuple[str, Symbol]]:
        for section in self.elf.sections:
            if section.type == elf.SHT_SYMTAB:
                names = self.elf.sections[section.link].offset
                return [
                    (self.elf.string(names + symbol.name).decode(errors="replace"), symbol)
                    for symbol in self.elf.symbols(section)
                ]
        return []

    @cached_property
    def defined(self) -> frozenset[str]:
        """The global symbols that it has."""
        return frozenset(
            name
            for name, symbol in self._symbols
            if name and symbol.binding != elf.STB_LOCAL and symbol.shndx != elf.SHN_UNDEF
        )

    @cached_property
    def everything(self) -> frozenset[str]:
        """All symbols that it has, those that nobody else sees included."""
        return frozenset(name for name, symbol in self._symbols if symbol.shndx != elf.SHN_UNDEF)

    @cached_property
    def undefined(self) -> frozenset[str]:
        """The symbols that it asks for."""
        return self._undefined() & self._referred

    @cached_property
    def dead(self) -> frozenset[str]:
        """Names that are left of code that went out: the linker keeps them, and nothing refers."""
        return self._undefined() - self._referred

    @property
    def kept(self) -> list[str]:
        """Names of the sections that mean something beside the code in them."""
        return sorted(
            {
                name
                for section, name in zip(self.elf.sections, self.elf.names, strict=True)
                if section.type in (elf.SHT_PROGBITS, elf.SHT_NOBITS) and _stays(section, name)
            }
        )

    def spoken_of(self, sections: Collection[str]) -> frozenset[str]:
        """Return the functions, each in a section of its own, that sections refer to."""
        names = self.elf.names
        found = {
            self._symbols[index][1].shndx
            for section in self.elf.sections
            if section.type == elf.SHT_RELA and names[section.info] in sections
            for index in self.elf.relocations(section).symbols
        }
        return frozenset(
            names[number].removeprefix(_TEXT)
            for number in found
            if number < len(names) and names[number].startswith(_TEXT)
        )

    def _undefined(self) -> frozenset[str]:
        return frozenset(
            name for name, symbol in self._symbols if name and symbol.shndx == elf.SHN_UNDEF
        )

    @cached_property
    def _referred(self) -> frozenset[str]:
        used: set[int] = set()
        for section in self.elf.sections:
            if section.type == elf.SHT_RELA:
                used.update(self.elf.relocations(section).symbols)
        return frozenset(self._symbols[index][0] for index in used if index < len(self._symbols))


def is_one(name: str, patterns: Iterable[str]) -> bool:
    """Tell whether a section's name is one of those that patterns are for."""
    return any(fnmatch.fnmatchcase(name, each) for each in patterns)


def _stays(section: Section, name: str) -> bool:
    if not section.allocated:
        return name.startswith(_FOR_OBJTOOL)
    left = any(name == each or name.startswith(f"{each}.") for each in _LEFT_OUT)
    return name != PATCHABLE and not left


def link(rust: Path, crates: Path, *, exported: Collection[str], alone: bool, release: str) -> None:
    """Link an object of Rust with what it uses of the crate; the file is replaced.

    Args:
        rust: The object, as rustc wrote it.
        crates: The folder with the sidecar's archives.
        exported: What the kernel exports.
        alone: Whether the module is this object and nothing else.
        release: The kernel's release, for messages.

    Raises:
        BuildError: it uses what this kernel does not export, and what nothing stands in for.
    """
    own = Object(rust)
    sections: dict[str, list[str]] = json.loads((crates / SECTIONS).read_text())
    with tempfile.TemporaryDirectory(prefix="rkmbuild-") as temporary:
        place = Path(temporary)
        first, done = place / "first.o", place / "done.o"
        script = place / "linked.lds"
        roots = sorted(name for name in own.defined if not name.startswith(_MANGLED))

        def linking(
            kept: Collection[str], made: Path, *inputs: str | Path, own_alone: bool = False
        ) -> None:
            values = {
                "kept": sorted(kept),
                "left_out": sections["left_out"],
                "crates": CRATES if own_alone else "",
            }
            script.write_text(render(paths.data("templates") / "upstream/linked.lds", values))
            _ld(
                "--gc-sections", f"--script={script}", *(f"--undefined={name}" for name in roots),
                *inputs, "-o", made,
            )  # fmt: skip

        wrapped = [f"--wrap={name}" for name in WRAPPED]
        # What is kept keeps what it speaks of: of the crates nothing is, unless that is in anyhow.
        kept = {name for name in own.kept if not is_one(name, sections["left_out"])}
        linking(kept, first, *wrapped, rust, crates / CRATES, own_alone=True)
        if Object(first).everything & set(sections["of"]):
            kept |= set(sections["kept"])
            linking(kept, first, *wrapped, rust, crates / CRATES)
        _strip(first, Object(first).dead, place)
        # Only now, so that no helper comes in for what has gone out.
        linking(kept | set(sections["of_helpers"]), done, first, crates / HELPERS)
        _strip(done, Object(done).dead, place)
        made = Object(done)
        # What the module's own code asks for may be another object's of the same module.
        others = frozenset() if alone else own.undefined
        # A kernel's own Rust, whose names may be the same, is none that this code was made for.
        elsewhere = {name for name in (*exported, *others) if not name.startswith(_MANGLED)}
        _check(made, made.undefined - elsewhere, release)
        # Every module has copies of its own, that no other is to find.
        keep = _list(place / "keep", roots)
        _objcopy(f"--keep-global-symbols={keep}", done, rust)


def _check(made: Object, missing: Collection[str], release: str) -> None:
    """Refuse a module that asks for symbols which the kernel does not export."""
    wanted = sorted(name for name in missing if name != _OF_KBUILD)
    if not wanted:
        return
    lines = [f"{name}: used by {_users(made, name) or 'the module'}" for name in wanted]
    if _NEVER in wanted:
        raise BuildError(
            "a `build_assert!` or `build_error!` may fail: the compiler could not prove that it"
            " never does",
            output="\n".join(lines),
            hint="the value that it looks at has to be known where it is compiled",
        )
    raise BuildError(
        f"{release} does not export what the module uses: {', '.join(wanted)}",
        output="\n".join(lines),
        hint="what is not exported is for code that is built into the kernel, as the `kernel` "
        "crate of a kernel with Rust is",
    )


def _users(made: Object, name: str) -> str:
    """Return in words what of the module asks for a symbol: behind a helper, who calls that."""
    found = undefined.items(made.path, [name])[name]
    behind = [item.name for item in found if item.name.startswith(_HELPER)]
    more = [f"{each}, by {users}" for each in behind if (users := _users(made, each))]
    return "; ".join(more) or ", ".join(item.text for item in found)


def _strip(made: Path, names: Iterable[str], place: Path) -> None:
    """Take names away; modpost would look for them in the kernel."""
    listed = sorted(names)
    if listed:  # objcopy fails for a list without a name
        _objcopy(f"--strip-symbols={_list(place / 'dead', listed)}", made)


def _list(file: Path, names: Iterable[str]) -> Path:
    file.write_text("".join(f"{name}\n" for name in names))
    return file


def _ld(*arguments: str | Path) -> None:
    # Labels of rustc's would be a tenth of a small module.
    process.run(["ld", "-r", "--discard-locals", *arguments], doing="linking with the crate")


def _objcopy(*arguments: str | Path) -> None:
    process.run(["objcopy", *arguments], doing="linking with the crate")

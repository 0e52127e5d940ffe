"""Makes a module by the commands that kbuild used the last time, without make.

make takes most of a second to read the kernel's makefiles, and arrives at the same commands as long
as what it reads is the same (`recipe`). What it would compile anew is compiled by its command, or
comes from the cache (`compiled`). Whatever is not as it was is left to make, which finds the folder
as it would have left it itself.
"""

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path

from rkmbuild.base import console, process
from rkmbuild.base.errors import RkmbuildError, StorageError
from rkmbuild.ko import elf
from rkmbuild.pipeline import helpers, kbuild, recipe
from rkmbuild.pipeline.compiled import Compiled
from rkmbuild.pipeline.kbuild import Kbuild
from rkmbuild.pipeline.recipe import COMMON, Recipe, Stamps

# Of a module's folder, what the Kbuild makes of the Rust object.
_LINES = f"{kbuild.EXPORTS}.h.lines"
_KFUNCS = f"{kbuild.EXPORTS}.h.kfuncs"
_EXPORTS_HEADER = f"{kbuild.EXPORTS}.h"
# What kbuild notes of the checksums of exports, beside the object's command.
_CHECKSUM = "#SYMVER"
_GENERATED = (helpers.WANTED_HEADER, _EXPORTS_HEADER)


class Replay:
    """One module that is made without make, as long as that goes well."""

    def __init__(self, plan: Kbuild, known: Recipe, stamps: Stamps, lock: int) -> None:
        """Take commands that are known; `lock` is a descriptor that they keep open."""
        self._plan = plan
        self._recipe = known
        self._lock = lock
        self._environment = recipe.environment(known)
        self._compiled = Compiled(plan.folder, known, stamps)
        self._said = ""

    def lay(self) -> bool:
        """Put in place what does not depend on the Rust code; false where make has to make it."""
        fixed = [f"{stem}.o" for stem in self._plan.c_stems]
        fixed += [COMMON] if COMMON in self._recipe.saved else []
        if not all(self._compiled.is_known(target) for target in fixed):
            return False
        for target in fixed:
            self._compiled.provide(target)
        for name, text in self._recipe.texts.items():
            _write(self._plan.folder / name, text)
        return True

    def run(self) -> str | None:
        """Make the module of the library, which is there.

        Returns:
            What the kernel's tools had to say, or None where make has to do it.
        """
        module = self._plan.module
        rust, joined, made = f"{kbuild.RUST}.o", f"{module}.o", f"{module}.ko"
        source = self._plan.folder / f"{module}.mod.c"
        done = (
            self._commands(rust)
            and self._generated((self._plan.folder / rust).read_bytes())
            and self._commands(joined, recipe.SYMVERS)
            and self._object(f"{module}.mod.o", source.read_text(errors="surrogateescape"))
            and self._commands(made)
        )
        return self._said if done else None

    def _commands(self, *targets: str) -> bool:
        """Run the commands that make files, one after another; a failure is make's to tell."""
        return self._shell(targets, [self._recipe.command(target) for target in targets])

    def _shell(self, targets: Sequence[str], commands: Sequence[str]) -> bool:
        for command in commands:
            console.detail(command)
        # Each as make has it run: by the same shell, which ends at the first failure.
        try:
            done = process.run(
                ["/bin/sh", "-e", "-c", "\n".join(commands)],
                doing="linking",
                env=self._environment,
                cwd=Path(self._recipe.folder),
                success=range(-64, 256),
                keep_open=[self._lock],
            )
        except RkmbuildError:
            return False
        self._said += done.stderr
        if done.returncode != 0:
            for target in targets:  # as make does, to which it would pass for a finished one
                (self._plan.folder / target).unlink(missing_ok=True)
        return done.returncode == 0

    def _generated(self, rust: bytes) -> bool:
        """Put in place what the Kbuild makes of the Rust object: C code of exports, and helpers.

        Exports and kfuncs have to be ones that were there before; helpers are compiled.
        """
        if not self._plan.with_c:
            return True
        sections = (kbuild.EXPORTED, kbuild.KFUNCS)
        exported = "".join(elf_section(rust, name).decode("latin-1") for name in sections)
        if not self._compiled.provide(f"{kbuild.EXPORTS}.o", exported):
            return False
        asked = undefined(rust, b"rust_helper_")
        text = "".join(f"#define {helpers.WANTED}{name}\n" for name in asked)
        _write(self._plan.folder / helpers.WANTED_HEADER, text)
        return self._object(f"{kbuild.HELPERS}.o", text)

    def _object(self, target: str, content: str) -> bool:
        """Put an object in place, compiled by kbuild's command where it is not known."""
        if self._compiled.provide(target, content):
            return True
        folder, began = self._plan.folder, time.time()
        note = folder / recipe.noted(target)
        named, saved, added = self._recipe.saved[target]
        if not self._plan.plain_rules or _CHECKSUM in added:
            return False
        listed = f".{target}.d"  # -Wp,-MMD,… of the command
        if not self._shell([target], [self._recipe.command(target)]):
            return False
        command = [
            str(self._plan.objtree / "scripts" / "basic" / "fixdep"),
            str(folder / listed), named, saved,
        ]  # fmt: skip
        try:
            done = process.run(
                command, doing="linking", env=self._environment, cwd=Path(self._recipe.folder)
            )
        except RkmbuildError:
            (folder / target).unlink()  # make would not look for what it was made of
            return False
        note.write_text(done.stdout + added, errors="surrogateescape")
        (folder / listed).unlink(missing_ok=True)
        with contextlib.suppress(OSError, StorageError):  # as in `note`
            # What was looked at before may have changed until the compiler read it.
            _keep(self._compiled, self._plan, target, content, began=began, stamps=Stamps())
        return True


def note(plan: Kbuild, began: float) -> None:
    """Keep what a make did that has just made the module, if there is room in the cache.

    The module is there without it, as in a cache that may only be read.

    Args:
        plan: What it was given.
        began: When it began: seconds since 1970.
    """
    with contextlib.suppress(OSError, StorageError):
        _note(plan, began)


def _note(plan: Kbuild, began: float) -> None:
    stamps = Stamps()
    known = recipe.note(plan, began, stamps)
    if not known:
        return
    compiled = Compiled(plan.folder, known, stamps)
    folder = plan.folder
    source = (folder / f"{plan.module}.mod.c").read_text(errors="surrogateescape")
    generated = {f"{plan.module}.mod.o": source}
    if plan.with_c:
        parts = [(folder / name).read_bytes().decode("latin-1") for name in (_LINES, _KFUNCS)]
        wanted = (folder / helpers.WANTED_HEADER).read_text(errors="surrogateescape")
        generated |= {f"{kbuild.EXPORTS}.o": "".join(parts), f"{kbuild.HELPERS}.o": wanted}
    targets = [target for target in (*recipe.objects(plan), COMMON) if target in known.saved]
    kept = [
        _keep(compiled, plan, target, generated.get(target, ""), began=began, stamps=stamps)
        for target in targets
    ]
    compiled.settle(complete=all(kept))


def _keep(
    compiled: Compiled, plan: Kbuild, target: str, content: str, *, began: float, stamps: Stamps
) -> bool:
    known = (*plan.files, *_GENERATED, f"{plan.module}.mod.c")
    beside = (_EXPORTS_HEADER, _LINES, _KFUNCS) if target == f"{kbuild.EXPORTS}.o" else ()
    return compiled.keep(target, content, began=began, known=known, beside=beside, stamps=stamps)


def _write(file: Path, text: str) -> None:
    """Write a file, unless it says the same already: others go by its time."""
    data = text.encode(errors="surrogateescape")
    if not file.is_file() or file.read_bytes() != data:
        file.write_bytes(data)


def elf_section(data: bytes, name: str) -> bytes:
    """Return the bytes of a section of an object, none where it has none of the name."""
    file = elf.Elf(data)
    number = file.find(name)
    return bytes(file.content(file.sections[number])) if number else b""


def undefined(data: bytes, beginning: bytes) -> list[str]:
    """Return the names that an object asks for and that begin so, as strings sort."""
    file = elf.Elf(data)
    found = set()
    for section in file.sections:
        if section.type != elf.SHT_SYMTAB or section.link >= len(file.sections):
            continue
        names = file.sections[section.link]
        for symbol in file.symbols(section):
            if symbol.shndx == elf.SHN_UNDEF and symbol.binding != elf.STB_WEAK and symbol.name:
                name = file.string(names.offset + symbol.name)
                if name.startswith(beginning):
                    found.add(name.decode())
    return sorted(found)

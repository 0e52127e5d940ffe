"""The modules in Rust of a kernel's source, unedited: built by one make, driven in one guest."""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.guest import boot, initramfs
from rkmbuild.guest.hardware import Hardware
from rkmbuild.guest.result import GuestResult, Outcome
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.ko import compression
from tests import aml, printing
from tests.cli import complaints, rkmbuild
from tests.tried import Tried

_PATIENCE = 180.0
_TABLE = aml.device("LNUXBEEF", (0xFED00000, 0x1000), {"compatible": "sample-debugfs"})
_MODULE = "loading out-of-tree module taints kernel"
_SIGNATURE = "module verification failed"
_FIRST = (
    "insmod /configfs.ko",
    "mount -t debugfs none /sys/kernel/debug",
    "mount -t configfs none /sys/kernel/config",
)


@dataclass(frozen=True, kw_only=True)
class Driven:
    """What came of all that was tried on a kernel.

    Attributes:
        tree: The kernel.
        source: Its source.
        result: The guest's, with those that could be had.
        steps: The commands of each, by their numbers.
        sizes: The bytes of each without debug information.
        refused: What rustc says of those that the configuration lacks something for.
    """

    tree: KernelTree
    source: Path
    result: GuestResult
    steps: dict[str, range]
    sizes: dict[str, int]
    refused: str


def drive(tree: KernelTree, source: Path, tried: Sequence[Tried], folder: Path) -> Driven:
    """Build what can be had, silently, and what cannot; load and use it in a guest."""
    assert tree.modules
    had, lacking = folder / "had", folder / "lacking"
    chosen = [each for each in tried if not each.without(tree.config)]
    built = _build(tree, source, chosen, had)
    refused = _refused(tree, source, [each for each in tried if each not in chosen], lacking)
    files: dict[str, initramfs.Content] = {f"{name}.ko": path for name, path in built.items()}
    files["misc"] = _program(source, folder)
    for name in {"configfs", *(words.split()[0] for each in chosen for words in each.modules)}:
        files[f"{name}.ko"] = compression.decompress(next(tree.modules.rglob(f"{name}.ko*")))
    script, steps = [*_FIRST], {}
    for each in chosen:
        before = [words.partition(" ") for words in each.modules]
        script += [f"insmod /{name}.ko {more}".rstrip() for name, _, more in before]
        begin = len(script)
        script.append(f"insmod /{each.name}.ko {_parameters(each, source)}".rstrip())
        script += [command for command, _ in each.drive]
        script.append(f"rmmod {each.name}")
        steps[each.name] = range(begin, len(script))
        script += [f"rmmod {name}" for name, _, _ in reversed(before)]
    hardware = Hardware(devices=("pci-testdev",), acpi_tables=(_TABLE,))
    result = boot.boot(tree, files=files, script=script, hardware=hardware, timeout=_PATIENCE)
    sizes = {name: _stripped(module, folder) for name, module in built.items()}
    return Driven(
        tree=tree, source=source, result=result, steps=steps, sizes=sizes, refused=refused
    )


def _parameters(each: Tried, source: Path) -> str:
    """Return what one is loaded with, of what it takes in this source."""
    text = (source / each.source).read_text()
    return " ".join(word for word in each.parameters.split() if word.partition("=")[0] in text)


def see_that_nothing_is_wrong(driven: Driven) -> None:
    """The guest came to its end, and its kernel found fault with nothing."""
    assert driven.result.outcome is Outcome.FINISHED
    assert not driven.result.troubles


def see(each: Tried, driven: Driven) -> list[str]:
    """See what came of one, that it is what was expected, and return its row of the table."""
    why = each.without(driven.tree.config)
    if why:
        _see_why_not(each, driven.refused)
        return each.row(why=why)
    _see_what_it_did(each, driven)
    return each.row(size=driven.sizes[each.name])


def _see_what_it_did(each: Tried, driven: Driven) -> None:
    """All its commands did what was expected, and it printed what is in its source, all of it."""
    numbers = driven.steps[each.name]
    done = [driven.result.steps[number] for number in numbers]
    assert [step.status for step in done] == [0] * len(done), done
    for step, (_, lines) in zip(done[1:-1], each.drive, strict=True):
        assert step.lines == lines, step.command
    said = [m.text for m in driven.result.printed(*numbers)]
    said = [text for text in said if _MODULE not in text and _SIGNATURE not in text]
    said = [text for text in said if not text.startswith(each.beside or ("\0",))]
    texts = [
        text
        for file in each.sources
        if file.endswith(".rs")
        for text in printing.texts((driven.source / file).read_text())
    ]
    patterns = {text: printing.pattern(text) for text in texts}
    strange = [line for line in said if not any(p.fullmatch(line) for p in patterns.values())]
    assert not strange
    missed = [
        text
        for text, p in patterns.items()
        if not any(map(p.fullmatch, said)) and not text.startswith(each.unreached or ("\0",))
    ]
    assert not missed


def _see_why_not(each: Tried, said: str) -> None:
    """Rustc named what is not in the crate, since the configuration lacks it."""
    own = [part for part in said.split("\n\n") if f"{each.name}/" in part]
    assert any(error in part for part in own for error in each.error), said


def _build(
    tree: KernelTree, source: Path, chosen: Sequence[Tried], folder: Path
) -> dict[str, Path]:
    """Build some of them, silently; return the modules by name."""
    _kbuild(folder, source, chosen)
    done = rkmbuild("build", folder, "--kernel", tree.release, "--json")
    assert done.returncode == 0, done.stderr
    assert not complaints(done.stderr)
    made = {each["name"]: Path(each["module"]) for each in json.loads(done.stdout)["modules"]}
    assert made.keys() == {each.name for each in chosen}
    return made


def _refused(tree: KernelTree, source: Path, chosen: Sequence[Tried], folder: Path) -> str:
    """Return what rustc says of those that the configuration lacks something for."""
    _kbuild(folder, source, chosen)
    (folder / "Makefile").write_text("all:\n\t$(MAKE) -C $(KDIR) M=$(CURDIR)\n")
    words = ("--kernel", tree.release, "--", "-j2", "--keep-going")
    done = rkmbuild("make", *words, cwd=folder)
    assert done.returncode == 2  # make's own
    return done.stderr


def _kbuild(folder: Path, source: Path, chosen: Sequence[Tried]) -> None:
    """Make a folder with a copy of each module's own folder, and a Kbuild that names it."""
    for each in chosen:
        place = folder / each.name
        home = (source / each.source).parent
        others = [source / file for file in each.more]
        for file in {*home.rglob("*.rs"), *home.glob("*.h"), *others}:
            (place / file.relative_to(home)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place / file.relative_to(home))
        objects = " ".join(Path(file).with_suffix(".o").name for file in _compiled(each))
        lines = [f"obj-m := {each.name}.o", "ccflags-y += -I$(src)"]
        if objects != f"{each.name}.o":
            lines.append(f"{each.name}-y := {objects}")
        (place / "Kbuild").write_text("\n".join(lines) + "\n")
    named = " ".join(f"{each.name}/" for each in chosen)
    (folder / "Kbuild").write_text(f"obj-m := {named}\n")


def _compiled(each: Tried) -> list[str]:
    """Return the files that are compiled: what is Rust beside the first is a module of it."""
    return [each.source, *(file for file in each.more if file.endswith(".c"))]


def _stripped(module: Path, folder: Path) -> int:
    stripped = folder / "stripped.ko"
    subprocess.run(["strip", "--strip-debug", "-o", stripped, module], check=True)
    return stripped.stat().st_size


def _program(source: Path, folder: Path) -> Path:
    """Compile the program that the misc device's sample has in its first lines."""
    text = (source / "samples/rust/rust_misc_device.rs").read_text()
    found = re.search(r"^//! ```c\n((?://!.*\n)+?)//! ```$", text, re.MULTILINE)
    assert found
    code = re.sub(r"^//! ?", "", found[1], flags=re.MULTILINE)
    (folder / "misc.c").write_text(code)
    flags = ["-static", "-Wall", "-Werror"]
    subprocess.run(["gcc", *flags, "-o", folder / "misc", folder / "misc.c"], check=True)
    return folder / "misc"

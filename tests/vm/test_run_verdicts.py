"""`rkmbuild run` on finished modules: each way it can go, in real kernels."""

import json
import re
import shutil
import time
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from tests.cli import rkmbuild
from tests.vm import c_modules, crate_guest

# Long enough on a busy machine, and not waited for where all goes well.
_TIME = "60"


@pytest.fixture
def modules(kernel: KernelTree) -> Path:
    """The modules for each kernel in turn; `run` finds the kernel by a module's own vermagic."""
    return c_modules.built(kernel)


def test_a_clean_module_is_loaded_with_its_parameters_and_unloaded(
    modules: Path, tmp_path: Path
) -> None:
    # qemu takes a comma in a path for the end of it, unless it is doubled.
    temporary = tmp_path / "my, tmp=ä"
    temporary.mkdir()
    ko = shutil.copy(modules / "clean.ko", temporary)
    words = ("--param", "word=two words", "--param", "number=-7", "--timeout", _TIME)
    done = rkmbuild("run", ko, *words, env={"TMPDIR": str(temporary)})
    assert done.returncode == 0, done.stderr
    said = [line.partition("] ")[2] for line in done.stdout.splitlines()]
    assert [text for text in said if not text.startswith(crate_guest.CLOCK)][-2:] == [
        "clean: word is <two words>, number is -7",
        "clean: bye",
    ]
    assert "loaded and unloaded cleanly" in done.stderr
    assert "Linux version" not in done.stdout


def test_an_init_that_fails_runs_once_and_its_error_is_named(modules: Path) -> None:
    done = rkmbuild("run", modules / "refuses.ko", "--json", "--timeout", _TIME)
    assert done.returncode == 21
    document = json.loads(done.stdout)
    assert document["verdict"] == "refused"
    assert "(ENODEV)" in document["error"]["message"]
    texts = [message["text"] for message in document["messages"]]
    assert texts.count("refuses: init runs") == 1


def test_a_module_without_exit_function_is_not_unloaded(modules: Path) -> None:
    done = rkmbuild("run", modules / "stays.ko", "--timeout", _TIME)
    assert done.returncode == 21
    assert "refused to unload `stays`" in done.stderr
    assert "(EBUSY)" in done.stderr


def test_a_missing_symbol_is_named(modules: Path, tmp_path: Path) -> None:
    alone = shutil.copy(modules / "imports.ko", tmp_path)
    done = rkmbuild("run", alone, "--timeout", _TIME)
    assert done.returncode == 21
    assert "it does not export the symbol `exports_greet` (ENOENT)" in done.stderr
    assert "found neither beside it nor with its kernel: exports" in done.stderr


def test_modules_that_it_needs_are_loaded_first(modules: Path) -> None:
    for name, said in (("imports", "exports: hello"), ("needs_crc", "needs_crc: ")):
        done = rkmbuild("run", modules / f"{name}.ko", "--timeout", _TIME)
        assert done.returncode == 0, done.stderr
        assert said in done.stdout


def test_what_softdeps_ask_for_is_loaded_too_and_may_fail(modules: Path) -> None:
    words = ("--param", "exports.greeting=good evening", "--timeout", _TIME, "--json")
    done = rkmbuild("run", modules / "wants.ko", *words)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    # `refuses` did not come in, and `imports` went out before what it uses.
    loaded = {each["name"]: (each["refcount"], each["used_by"]) for each in document["loaded"]}
    assert loaded.pop("exports") == (2, ["imports", "wants"])
    assert loaded == {"clean": (0, []), "wants": (0, []), "imports": (0, [])}
    assert "exports: good evening" in [message["text"] for message in document["messages"]]


def test_a_crash_while_loading_shows_its_trace(modules: Path) -> None:
    done = rkmbuild("run", modules / "bugs.ko", "--timeout", _TIME)
    assert done.returncode == 22
    assert "crashed loading `bugs`: kernel BUG at bugs.c:7!" in done.stderr
    assert "Call Trace:" in done.stdout


def test_a_crash_while_unloading_is_told_as_one(modules: Path) -> None:
    done = rkmbuild("run", modules / "writes_null.ko", "--json", "--timeout", _TIME)
    assert done.returncode == 22
    document = json.loads(done.stdout)
    assert "crashed unloading `writes_null`" in document["error"]["message"]
    (trouble,) = document["troubles"]
    assert trouble["kind"] == "oops"


def test_a_warning_is_reported_and_is_no_failure(modules: Path) -> None:
    done = rkmbuild("run", modules / "warns.ko", "--timeout", _TIME)
    assert done.returncode == 0, done.stderr
    # Up to 6.17 it begins with the processor, afterwards with the place (kernel/panic.c, __warn).
    start = "warning: the kernel warned: WARNING: "
    assert re.search(rf"{start}(CPU: 0 .*|\S*warns\.c:6) at ", done.stderr), done.stderr


@pytest.mark.parametrize(
    ("module", "function"), [("loops", "loops_for_ever"), ("sleeps", "sleeps_init")]
)
def test_a_hang_is_ended_and_its_place_is_named(
    modules: Path, module: str, function: str, tmp_path: Path
) -> None:
    started = time.monotonic()
    ko = modules / f"{module}.ko"
    done = rkmbuild("run", ko, "--timeout", "3", env={"TMPDIR": str(tmp_path)})
    assert done.returncode == 23
    assert f"did not come back from loading `{module}`" in done.stderr
    assert f"it was in {function}+0x" in done.stderr
    assert time.monotonic() - started < 60
    assert c_modules.machines(tmp_path) == []


def test_a_module_of_another_kernel_is_refused(
    kernel_6_1: KernelTree, kernel_6_12: KernelTree
) -> None:
    ko = c_modules.built(kernel_6_1) / "clean.ko"
    done = rkmbuild("run", ko, "--kernel", kernel_6_12.release, "--timeout", _TIME)
    assert done.returncode == 21
    assert "refused to load `clean`: the module does not match this kernel (ENOEXEC)" in done.stderr
    assert f"--kernel {kernel_6_1.release}" in done.stderr


def test_verbose_shows_the_boot_too(kernel_6_1: KernelTree) -> None:
    ko = c_modules.built(kernel_6_1) / "clean.ko"
    done = rkmbuild("run", ko, "-v", "--timeout", _TIME)
    assert "Linux version" in done.stdout

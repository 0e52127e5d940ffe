"""`rkmbuild decode` with a real module and real addr2line, on logs made for it."""

import json
import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.trace.debugfile import DebugFile, Function
from tests import projects
from tests.cli import rkmbuild

MARK = "// here"
BEFORE = """
#[inline(never)]
fn doubled(number: u32) -> u32 {
    core::hint::black_box(number) * 2 // here
}
"""
BODY = """
        if doubled(7) != 14 {
            return Err(EINVAL);
        }
"""


@pytest.fixture(scope="module")
def module(kernel_6_12: KernelTree, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module of which the profile says nothing of debug information."""
    root = tmp_path_factory.mktemp("decode") / "sample"
    projects.make(root, "sample", before=BEFORE, body=BODY)
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release, "--json")
    assert done.returncode == 0, done.stderr
    return Path(json.loads(done.stdout)["module"])


def function(module: Path) -> Function:
    debug = DebugFile(module.with_name("sample.ko.debug"))
    (found,) = (
        f for s in debug.sections.values() for f in s if "doubled" in f.name and "pfx" not in f.name
    )
    return found


def log(module: Path, suffix: str = "", more: int = 0) -> str:
    """A trace whose only frame of the module is in the middle of its function."""
    found = function(module)
    size = (found.room or found.size) + more
    place = f"{found.name}+{found.size // 2:#x}/{size:#x}"
    return (
        "BUG: kernel NULL pointer dereference, address: 0000000000000000\n"
        f"RIP: 0010:{place} [sample{suffix}]\n"
        "Call Trace:\n <TASK>\n do_one_initcall+0x5b/0x320\n </TASK>\n"
        "---[ end trace 0000000000000000 ]---\n"
    )


def decoded(folder: Path, text: str, *words: str | Path) -> dict[str, Any]:
    (folder / "log").write_text(text)
    done = rkmbuild("decode", "log", "--json", *words, cwd=folder)
    assert done.returncode == 0, done.stderr
    (report,) = json.loads(done.stdout)["reports"]
    assert isinstance(report, dict)
    return report


def line(module: Path) -> tuple[str, int]:
    source = module.parents[3] / "src" / "lib.rs"
    numbers = [n for n, text in enumerate(source.read_text().splitlines(), 1) if MARK in text]
    return str(source), numbers[0]


def test_names_and_lines_are_kept_though_the_profile_does_not_ask(
    module: Path, tmp_path: Path
) -> None:
    where = decoded(tmp_path, log(module), "--module", module)["where"]
    assert (where["file"], where["line"]) == line(module)
    assert where["function"] == "sample::doubled"


def test_the_project_around_is_searched_and_its_files_are_named_from_here(module: Path) -> None:
    root = module.parents[3]
    (root / "log").write_text(log(module))
    done = rkmbuild("decode", "log", cwd=root)
    assert f"at src/lib.rs:{line(module)[1]}\n" in done.stdout
    assert MARK in done.stdout


def test_a_build_id_in_the_log_is_matched(module: Path, tmp_path: Path) -> None:
    build_id = DebugFile(module.with_name("sample.ko.debug")).build_id
    assert len(build_id) == 40
    report = decoded(tmp_path, log(module, suffix=f" {build_id}"), "--module", module)
    assert report["modules"][0]["matched"] == "build-id"
    assert report["where"]
    other = decoded(tmp_path, log(module, suffix=f" {'0' * 40}"), "--module", module)
    assert "another build" in other["modules"][0]["problem"]
    assert other["where"] is None
    assert other["frames"][0]["name"].startswith("sample::doubled+0x")


def test_a_function_of_another_size_is_not_decoded(module: Path, tmp_path: Path) -> None:
    report = decoded(tmp_path, log(module, more=-16), "--module", module)
    assert "another build" in report["frames"][0]["problem"]


def test_of_builds_for_several_kernels_the_one_that_fits_is_taken(
    module: Path, tmp_path: Path
) -> None:
    built = tmp_path / "target" / "rkmbuild"
    debug = module.with_name("sample.ko.debug").read_bytes()
    found = function(module)
    for release, data in (("6.1.0-other", _without(debug, found)), ("6.12.0-other", debug)):
        (built / release).mkdir(parents=True)
        (built / release / "sample.ko.debug").write_bytes(data)
    report = decoded(tmp_path, log(module))
    assert report["modules"][0]["debug"].endswith("/6.12.0-other/sample.ko.debug")
    assert report["where"]


def _without(debug: bytes, found: Function) -> bytes:
    """Return the file with another name for a function, as of a build that has no such one."""
    assert debug.count(found.name.encode()) >= 1
    return debug.replace(found.name.encode(), found.name[::-1].encode())


def test_the_debug_file_itself_can_be_named(module: Path, tmp_path: Path) -> None:
    debug = module.with_name("sample.ko.debug")
    assert decoded(tmp_path, log(module), "--module", debug)["where"]


def test_a_module_without_debug_information_is_refused(module: Path, tmp_path: Path) -> None:
    alone = shutil.copy(module, tmp_path)
    done = rkmbuild("decode", "-", "--module", alone)
    assert done.returncode == 31
    assert "no debug information" in done.stderr


def test_a_module_built_without_debug_information_is_told_by_its_functions(
    kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    manifest = "[profile.release]\ndebug = false\n"
    root = projects.make(tmp_path / "sample", "sample", before=BEFORE, body=BODY, manifest=manifest)
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release, "--json")
    module = Path(json.loads(done.stdout)["module"])
    (frame, _) = decoded(tmp_path, log(module), "--module", module)["frames"]
    assert frame["name"].startswith("sample::doubled+0x")
    assert frame["problem"] == "no line is known for it"


def test_older_mangling_is_read_too(tmp_path: Path) -> None:
    name = "_ZN6sample7doubled17h0123456789abcdefE"
    text = f"Call Trace:\n {name}+0x1/0x2 [sample]\n"
    report = decoded(tmp_path, text)
    assert report["frames"][0]["name"] == "sample::doubled+0x1/0x2 [sample]"
    assert report["kind"] == "trace"


def test_a_source_file_that_is_newer_than_the_module_is_not_shown(
    module: Path, tmp_path: Path
) -> None:
    copied = tmp_path / module.name
    debug = tmp_path / "sample.ko.debug"
    shutil.copy2(module, copied)
    shutil.copy2(module.with_name(debug.name), debug)
    source = Path(line(module)[0])
    earlier = source.stat().st_mtime - 10
    os.utime(debug, (earlier, earlier))
    report = decoded(tmp_path, log(module), "--module", debug)
    own = [spot for spot in report["frames"][0]["source"] if spot["origin"] == "module"]
    assert [(spot["text"], spot["changed"]) for spot in own] == [(None, True)]


def test_a_damaged_debug_file_ends_neither_the_command_nor_its_time(
    module: Path, tmp_path: Path
) -> None:
    whole = module.with_name("sample.ko.debug").read_bytes()
    generator = random.Random(2)  # noqa: S311 - the same damage each time
    debug = tmp_path / "sample.ko.debug"
    for _ in range(6):
        data = bytearray(whole)
        start = len(data) // 8
        for _ in range(400):
            data[generator.randrange(start, len(data))] = generator.randrange(256)
        debug.write_bytes(data)
        (tmp_path / "log").write_text(log(module))
        done = rkmbuild("decode", "log", "--module", debug, cwd=tmp_path)
        assert done.returncode in (0, 5), done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout.startswith("BUG: kernel NULL")


def test_a_machine_without_addr2line_says_so_after_the_log(module: Path, tmp_path: Path) -> None:
    (tmp_path / "log").write_text(log(module))
    done = rkmbuild("decode", "log", "--module", module, cwd=tmp_path, env={"PATH": str(tmp_path)})
    assert done.returncode == 5
    assert "addr2line (binutils) was not found" in done.stderr
    assert "end trace" in done.stdout
    words = ("decode", "log", "--module", module, "--json")
    done = rkmbuild(*words, cwd=tmp_path, env={"PATH": str(tmp_path)})
    assert done.returncode == 5
    document = json.loads(done.stdout)
    assert document["error"]["kind"] == "toolchain"
    assert len(document["reports"]) == 1

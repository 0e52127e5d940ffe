"""The keys that docs/json.md and the pages of commands name are the ones that `--json` prints."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rkmbuild.host import procmodules
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.klog import kmsg
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar
from tests.cli import rkmbuild

_ROOT = Path(__file__).parents[2]
_DATA = _ROOT / "tests" / "data" / "proc"
_ROWS = r"^\| (?:`([^|]+)`)? *\| (each|`\w+`)? *\| (.*) \|$"


def _without_remarks(text: str) -> str:
    return re.sub(r"\([^)]*\)", "", text)


def _told(page: str) -> dict[tuple[str, str], set[str]]:
    """Return the keys of a page's table, by command and by where they are."""
    found: dict[tuple[str, str], set[str]] = {}
    command = ""
    for row in re.findall(_ROWS, (_ROOT / "docs" / page).read_text(), re.MULTILINE):
        command = row[0] or command
        found[command, row[1].strip("`")] = set(re.findall(r"`(\w+)`", _without_remarks(row[2])))
    return found


@pytest.fixture(scope="module")
def printed(
    kernel_6_12: KernelTree, upstream_6_12: Sidecar, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What the commands print of one project, by command."""
    root = tmp_path_factory.mktemp("json") / "some-module"
    ko = root / "target" / "rkmbuild" / kernel_6_12.release / "some_module.ko"
    kernel = ("--kernel", kernel_6_12.release)
    commands: dict[str, tuple[str | Path, ...]] = {
        "new": (root, "--author", ""),
        "build --plan": (root, *kernel),
        "build": (root, *kernel),
        "inspect": (ko,),
        "check": (ko, *kernel),
        "check --explain-relocations": (ko, *kernel),
        "kernel list": (),
        "kernel list --available": (),
        "kernel show": (kernel_6_12.release,),
        "kernel show --api": ("kern_path", kernel_6_12.release),
        "kernel prepare": (upstream_6_12.release,),
        "doctor": (),
        "ci": ("gitlab", root, "--from", "rkmbuild"),
        "clean": (root,),
        "clean --list": (),
    }
    found: dict[str, Any] = {}
    for command, words in commands.items():
        done = rkmbuild(*command.split(), *words, "--json")
        assert done.returncode == 0, done.stderr
        found[command] = json.loads(done.stdout)
        assert found[command].pop("schema") == 1, command
    archive = root.parent / "cache.tar.gz"
    bound = f"bindings/{found['build --plan']['bindings']['key']}"
    for command, words in {
        "cache export": (archive, "--what", bound),
        "cache import": (archive,),
    }.items():
        done = rkmbuild(*command.split(), *words, "--json")
        assert done.returncode == 0, done.stderr
        found[command] = json.loads(done.stdout)
        assert found[command].pop("schema") == 1, command
    # What loads modules runs in tests/vm; these are what its host printed.
    found["list"] = [each.document() for each in procmodules.loaded(_DATA / "modules-6.1")]
    record = kmsg.parse((_DATA / "kmsg-6.1").read_bytes().split(b"\n")[0])
    found["log"] = [record.document() | {"decoded": []}]
    return found


def test_the_table_has_the_keys_that_are_printed(printed: dict[str, Any]) -> None:
    told = _told("json.md")
    # The page refers to another row for these.
    shared = told["kernel list", "kernels"]
    told["kernel show", ""] = told["kernel show", ""] - {"kernels"} | shared
    assert {command for command, _ in told} == {
        name for name in printed if not name.startswith("check")
    }
    for (command, where), keys in told.items():
        document = printed[command]
        several = document if where == "each" else document[where] if where else [document]
        if (command, where) != ("kernel list", "passed_over"):
            assert several, (command, where)
        for each in several:
            assert set(each) == keys, (command, where)


def test_the_page_of_check_names_all_keys(printed: dict[str, Any]) -> None:
    document = printed["check"]
    (module,) = document["modules"]
    explained = printed["check --explain-relocations"]
    assert _told("check.md") == {
        ("check", ""): set(document),
        ("check", "modules"): set(module),
        ("check", "findings"): set(module["findings"][0]),
        ("check --explain-relocations", ""): set(explained),
        ("check --explain-relocations", "relocations"): set(explained["relocations"][0]),
    }

"""What the pages say of codes, keys, commands and files is what the code has."""

import inspect
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from rkmbuild.arch.x86_64 import X86_64
from rkmbuild.base import errors
from rkmbuild.cli import app
from rkmbuild.project import project

_ROOT = Path(__file__).parents[2]
_BLOCK = re.MULTILINE | re.DOTALL
_PAGES = sorted([*_ROOT.glob("*.md"), *(_ROOT / "docs").rglob("*.md")])
_IDS = [str(page.relative_to(_ROOT)) for page in _PAGES]
# A project has tests of its own, and the kernel's tree scripts.
_OURS = (
    r"(?:rkmbuild|crates|templates|targets|patches|examples|bench|docs|tests/[a-z]+)/|"
    r"scripts/\w+\.py"
)


def _subclasses(parent: type[errors.RkmbuildError]) -> Iterator[type[errors.RkmbuildError]]:
    for child in parent.__subclasses__():
        yield child
        yield from _subclasses(child)


def _rows(page: str, first: str) -> list[list[str]]:
    """Return the cells of the rows of the table in `page` whose first heading is `first`."""
    text = (_ROOT / "docs" / page).read_text()
    table = re.search(rf"^\| {first} .*\n\|[-:| ]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert table, f"{page} has no table of {first}"
    return [[c.strip().strip("`") for c in r.strip("|").split("|")] for r in table[1].splitlines()]


def test_the_table_of_exit_codes_is_that_of_the_errors() -> None:
    told = {(int(code), kind): meaning for code, kind, meaning in _rows("exit-codes.md", "Code")}
    assert told.pop((0, ""))
    assert told.pop((errors.RkmbuildError.code, errors.RkmbuildError.kind))
    # A class that tests or other rooms derive for themselves shares a code; the first has the word.
    real = {
        (each.code, each.kind): (inspect.getdoc(each) or "").splitlines()[0]
        for each in _subclasses(errors.RkmbuildError)
        if each.__module__ == errors.__name__
    }
    assert told == real


def test_no_two_failures_share_a_code_or_a_word() -> None:
    classes = [c for c in _subclasses(errors.RkmbuildError) if c.__module__ == errors.__name__]
    assert len({each.code for each in classes}) == len(classes)
    assert len({each.kind for each in classes}) == len(classes)


def test_the_table_of_metadata_keys_is_that_of_the_project_reader() -> None:
    assert {row[0] for row in _rows("metadata.md", "Key")} == set(project.KEYS)


def test_the_examples_of_metadata_are_read_without_a_complaint(tmp_path: Path) -> None:
    text = (_ROOT / "docs" / "metadata.md").read_text()
    blocks = re.findall(r"^```toml\n(.*?)^```", text, _BLOCK)
    blocks = [block for block in blocks if ".cargo/config.toml" not in block]
    assert len(blocks) == 2
    (tmp_path / "Cargo.toml").write_text("\n".join(blocks))
    (tmp_path / "src").mkdir()
    for name in ("shim.c", "shim.h"):
        (tmp_path / "src" / name).touch()
    read = project.load(tmp_path)
    assert read.module == "my_driver"
    assert read.metadata.headers == ("linux/pci.h", "src/shim.h")
    assert read.metadata.c_sources == (Path("src/shim.c"),)
    assert read.metadata.allow_fpu == ("my_driver::xor::blocks", "shim_xor")


def test_the_table_of_what_follows_the_configuration_is_that_of_the_flags() -> None:
    told = [name for name, _ in _rows("how-it-works.md", "Row")]
    assert told == [row.name for row in X86_64.rust_rows]


@pytest.mark.parametrize("page", _PAGES, ids=_IDS)
def test_every_link_inside_the_checkout_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), target


def _commands() -> dict[str, Any]:
    found: dict[str, Any] = {}

    def walk(words: str, command: Any) -> None:
        found[words] = command
        for name, child in getattr(command, "commands", {}).items():
            walk(f"{words} {name}".strip(), child)

    walk("", typer.main.get_command(app))
    return found


@pytest.mark.parametrize("page", _PAGES, ids=_IDS)
def test_every_command_and_option_that_a_page_names_exists(page: Path) -> None:
    known = _commands()
    for line in re.findall(r"`?rkmbuild ((?:[a-z]+|--)[^`\n#]*)", _code(page.read_text())):
        words = line.split()
        path = words[0] if " ".join(words[:2]) not in known else " ".join(words[:2])
        if words[0].startswith("-"):
            path = ""
        assert path in known, f"{page.name} names `rkmbuild {line}`"
        options = {name for p in known[path].params for name in (*p.opts, *p.secondary_opts)}
        for option in re.findall(r"(?<=\s)--[a-z][a-z0-9-]*", f" {line}"):
            assert option in options | {"--help", "--version"}, f"{page.name}: rkmbuild {line}"


@pytest.mark.parametrize("page", _PAGES, ids=_IDS)
def test_the_forms_of_a_command_at_the_head_of_its_page_have_all_its_options(page: Path) -> None:
    head = re.search(r"^# .*\n\n((?: {4}.*\n)+)", page.read_text())
    forms = re.findall(r"rkmbuild ([a-z]+)((?:.*\n {5,})*.*)", head[1] if head else "")
    for command in {name for name, _ in forms}:
        written = {word for name, rest in forms if name == command for word in _options(rest)}
        options = {p.opts[0] for p in _commands()[command].params if p.opts[0].startswith("--")}
        for option in options - {"--verbose", "--quiet", "--json", "--help"}:
            assert option in written, f"{page.name}: {command} {option}"


def _options(text: str) -> list[str]:
    long = {"-j": "--jobs"}
    return [long.get(word, word) for word in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text)]


def test_the_help_of_a_kernel_option_says_what_that_command_does_with_it() -> None:
    known = _commands()
    told = {
        name: next(p.help for p in known[name].params if "--kernel" in p.opts)
        for name in ("build", "check", "inspect", "run")
    }
    assert len(set(told.values())) == len(told)
    assert [name for name, text in told.items() if "to build for" in text] == ["build"]


def test_every_anchor_of_a_link_is_a_heading_of_its_page() -> None:
    for page in _PAGES:
        for name, anchor in re.findall(r"\]\(([^):#]*)#([^)]+)\)", page.read_text()):
            text = (page.parent / name).read_text() if name else page.read_text()
            headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", line).lower().replace(" ", "-") for line in headings}
            assert anchor in slugs, f"{page.name}: {name}#{anchor}"


def _code(text: str) -> str:
    """Return what is set as code: blocks, and words between backticks."""
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, _BLOCK)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=_BLOCK))
    return "\n".join([*blocks, *(f"`{word}`" for word in inline)])


@pytest.mark.parametrize("page", _PAGES, ids=_IDS)
def test_every_variable_of_ours_that_a_page_names_is_one_that_the_code_reads(page: Path) -> None:
    folders = (_ROOT / "rkmbuild", _ROOT / "tests")
    code = "".join(file.read_text() for folder in folders for file in folder.rglob("*.py"))
    for name in re.findall(r"RKMBUILD_[A-Z_]+", page.read_text()):
        assert f'"{name}"' in code


def test_the_templates_speak_of_keys_that_exist() -> None:
    text = (_ROOT / "templates" / "project" / "Cargo.toml.j2").read_text()
    table = re.search(r"# \[package\.metadata\.rkmbuild\]\n((?:# .*\n)+)", text)
    assert table
    assert set(tomllib.loads(table[1].replace("# ", "", 1).replace("\n# ", "\n"))) <= set(
        project.KEYS
    )


@pytest.mark.parametrize("page", _PAGES, ids=_IDS)
def test_every_path_of_the_checkout_that_a_page_names_is_there(page: Path) -> None:
    for path in re.findall(rf"`((?:{_OURS})[^`\s:]*)`", page.read_text()):
        known, _, _ = path.partition("<name>")  # which is to be made
        assert list(_ROOT.glob(known)), path


@pytest.mark.parametrize("page", _PAGES, ids=_IDS)
def test_every_job_of_bootstrap_that_a_page_names_exists(page: Path) -> None:
    jobs = re.findall(
        r"^#   ./bootstrap ([a-z]+) ", (_ROOT / "bootstrap").read_text(), re.MULTILINE
    )
    assert set(re.findall(r"\./bootstrap ([a-z]+)", page.read_text())) <= set(jobs)


def test_the_index_of_examples_names_each() -> None:
    index = (_ROOT / "examples" / "README.md").read_text()
    folders = [found.parent.name for found in (_ROOT / "examples").glob("*/Cargo.toml")]
    assert [name for name in folders if f"]({name}/" not in index] == []

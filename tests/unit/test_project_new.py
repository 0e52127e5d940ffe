"""`rkmbuild new`: what it makes, and that it makes all of it or nothing."""

import json
import os
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rkmbuild.base.errors import StorageError, UsageError
from rkmbuild.cli import app
from rkmbuild.kernel import find
from rkmbuild.project import new, project, templates
from rkmbuild.project.new import NewRequest, Vcs


@pytest.fixture(autouse=True)
def no_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "find_kernels", list)


def _request(path: Path, **said: Any) -> NewRequest:
    return replace(NewRequest(path=path, author="", vcs=Vcs.NONE), **said)


def _files(root: Path) -> set[str]:
    return {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}


def test_a_new_project_is_one_that_build_reads(tmp_path: Path) -> None:
    made = new.create(_request(tmp_path / "hello-world"))
    assert made.module == "hello_world"
    assert _files(made.root) == {
        ".gitignore",
        "Cargo.toml",
        "README.md",
        "src/lib.rs",
        "tests/says_hello.sh",
    }
    loaded = project.load(made.root)
    assert (loaded.package, loaded.module) == ("hello-world", "hello_world")
    manifest = tomllib.loads((made.root / "Cargo.toml").read_text())
    assert manifest["lib"]["crate-type"] == ["staticlib"]
    assert manifest["package"]["license"] == "GPL-2.0-only"
    assert "authors" not in manifest["package"]
    source = (made.root / "src/lib.rs").read_text()
    assert source.startswith("// SPDX-License-Identifier: GPL-2.0-only\n")
    assert 'name: "hello_world"' in source
    assert "struct HelloWorld" in source


def test_every_template_renders_without_a_leftover(tmp_path: Path) -> None:
    assert "hello" in {template.name for template in templates.templates()}
    for template in templates.templates():
        made = new.create(_request(tmp_path / f"x-{template.name}", template=template.name))
        for name in _files(made.root):
            assert "{{" not in (made.root / name).read_text().replace("{{}}", "")
            assert not name.endswith(".j2")


def test_quotes_and_backslashes_reach_toml_and_rust_unharmed(tmp_path: Path) -> None:
    said = 'a "quoted" \\ thing'
    author = 'Zoë "Z" <z@example.org>'
    made = new.create(_request(tmp_path / "q", description=said, author=author))
    package = tomllib.loads((made.root / "Cargo.toml").read_text())["package"]
    assert package["description"] == said
    assert package["authors"] == [author]
    assert r'description: "a \"quoted\" \\ thing"' in (made.root / "src/lib.rs").read_text()


@pytest.mark.parametrize("said", ["two\nlines", "tab\t", "\x7f", "\x1b[31m"])
def test_what_is_not_one_printable_line_is_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(UsageError, match="one line"):
        new.create(_request(tmp_path / "q", description=said))
    assert list(tmp_path.iterdir()) == []


def test_the_name_may_differ_from_the_folder(tmp_path: Path) -> None:
    made = new.create(_request(tmp_path / "Mein Ordner", name="hello"))
    assert made.root.name == "Mein Ordner"
    assert project.load(made.root).package == "hello"


@pytest.mark.parametrize("kind", ["folder", "file", "dangling link"])
def test_nothing_that_is_there_is_touched(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "hello"
    if kind == "folder":
        place.mkdir()
    elif kind == "file":
        place.write_text("mine")
    else:
        place.symlink_to("nowhere")
    with pytest.raises(UsageError, match="already exists"):
        new.create(_request(place))
    assert [p.name for p in tmp_path.iterdir()] == ["hello"]
    assert kind != "file" or place.read_text() == "mine"


def test_missing_folders_above_are_made(tmp_path: Path) -> None:
    made = new.create(_request(tmp_path / "a" / "b" / "hello"))
    assert made.root == tmp_path / "a" / "b" / "hello"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_failure_in_the_middle_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrote = Path.write_text

    def no_space(self: Path, text: str, **options: Any) -> int:
        if self.name == "lib.rs":
            raise OSError(28, "No space left on device", str(self))
        return wrote(self, text, **options)

    monkeypatch.setattr(Path, "write_text", no_space)
    with pytest.raises(StorageError, match="No space left"):
        new.create(_request(tmp_path / "a" / "hello"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_of_the_folder_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError, match="cannot write"):
        new.create(_request(tmp_path / "file" / "hello"))


def test_files_get_the_permissions_that_the_user_wants(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        made = new.create(_request(tmp_path / "hello"))
    finally:
        os.umask(before)
    assert made.root.stat().st_mode & 0o777 == 0o750
    assert (made.root / "Cargo.toml").stat().st_mode & 0o777 == 0o640


def test_a_stranger_inside_a_workspace_stands_alone(tmp_path: Path) -> None:
    (tmp_path / "Cargo.toml").write_text('[workspace]\nmembers = ["other/*"]\n')
    made = new.create(_request(tmp_path / "hello"))
    manifest = tomllib.loads((made.root / "Cargo.toml").read_text())
    assert manifest["workspace"] == {}
    assert "profile" in manifest


def test_a_member_of_a_workspace_leaves_profiles_to_it(tmp_path: Path) -> None:
    (tmp_path / "Cargo.toml").write_text('[workspace]\nmembers = ["modules/*"]\n')
    made = new.create(_request(tmp_path / "modules" / "hello"))
    manifest = tomllib.loads((made.root / "Cargo.toml").read_text())
    assert "workspace" not in manifest
    assert "profile" not in manifest
    assert project.load(made.root).workspace == tmp_path


def test_an_unknown_template_comes_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        new.create(_request(tmp_path / "x", template="helo"))
    assert caught.value.hint == "did you mean `hello`?"


def test_the_list_of_templates_is_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["new", "--list", "--json"])
    assert done.exit_code == 0
    assert "hello" in json.loads(done.stdout)


def test_the_command_makes_a_project_and_says_so_in_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["new", "my-mod", "--author", "", "--vcs", "none", "--license", "MIT OR GPL-2.0-only"]
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 0
    said = json.loads(done.stdout)
    assert said["root"] == str(tmp_path / "my-mod")
    assert said["module"] == "my_mod"
    assert 'license: "Dual MIT/GPL"' in (tmp_path / "my-mod/src/lib.rs").read_text()


@pytest.mark.parametrize("words", [[], ["x", "--vcs", "svn"], ["x", "--license", "MIT"]])
def test_words_that_do_not_fit_are_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["new", *words])
    assert isinstance(done.exception, UsageError)
    assert list(tmp_path.iterdir()) == []


def test_a_workspace_is_not_made_where_cargo_takes_none(tmp_path: Path) -> None:
    (tmp_path / "Cargo.toml").write_text('[workspace]\nmembers = ["*"]\n')
    with pytest.raises(UsageError, match="cannot have one inside another"):
        new.create(_request(tmp_path / "two", template="workspace"))
    assert [path.name for path in tmp_path.iterdir()] == ["Cargo.toml"]

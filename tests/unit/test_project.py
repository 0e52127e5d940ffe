"""What is read from a project's Cargo.toml, and what is said of a wrong one."""

from pathlib import Path

import pytest

from rkmbuild.base.errors import ProjectError
from rkmbuild.pipeline.api import kinds
from rkmbuild.project import workspace
from rkmbuild.project.project import APIS, load

GOOD = '[package]\nname = "my-driver"\n[lib]\ncrate-type = ["staticlib"]\n'


def make(root: Path, text: str = GOOD) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / "Cargo.toml").write_text(text)
    return root


def refused(root: Path) -> ProjectError:
    with pytest.raises(ProjectError) as caught:
        load(root)
    return caught.value


def test_dashes_become_underscores_in_the_module_name(tmp_path: Path) -> None:
    project = load(make(tmp_path))
    assert project.package == "my-driver"
    assert project.module == project.library == "my_driver"
    assert project.target == tmp_path / "target" / "rkmbuild"


def test_a_project_is_named_by_its_folder_or_by_its_cargo_toml(tmp_path: Path) -> None:
    make(tmp_path)
    assert load(tmp_path / "Cargo.toml") == load(tmp_path)


def test_a_folder_without_cargo_toml_is_no_project(tmp_path: Path) -> None:
    assert "no Cargo.toml" in refused(tmp_path).message


def test_a_library_that_is_not_static_is_refused_with_the_lines_to_add(tmp_path: Path) -> None:
    error = refused(make(tmp_path, '[package]\nname = "x"\n'))
    assert 'crate-type = ["staticlib"]' in (error.hint or "")


def test_a_workspace_names_its_members(tmp_path: Path) -> None:
    error = refused(make(tmp_path, '[workspace]\nmembers = ["a", "b"]\n'))
    assert "a, b" in (error.hint or "")


def test_a_name_that_kbuild_has_a_use_for_is_refused_with_the_reason(tmp_path: Path) -> None:
    error = refused(make(tmp_path, GOOD.replace("my-driver", "obj")))
    assert "no module can be called `obj`" in error.message
    assert "kbuild" in error.message


def test_broken_toml_is_said_with_its_place(tmp_path: Path) -> None:
    assert "line 1" in refused(make(tmp_path, "[package\n")).message


def test_an_unknown_key_is_named_with_the_nearest_known_one(tmp_path: Path) -> None:
    error = refused(make(tmp_path, GOOD + '[package.metadata.rkmbuild]\nheader = ["linux/pci.h"]'))
    assert "`header`" in error.message
    assert "`headers`" in (error.hint or "")


def with_api(root: Path, value: str) -> Path:
    return make(root, f"{GOOD}[package.metadata.rkmbuild]\napi = {value}\n")


def test_a_project_is_written_on_the_portable_api_unless_it_says_something_else(
    tmp_path: Path,
) -> None:
    assert load(make(tmp_path)).metadata.api == "portable"
    assert load(with_api(tmp_path, '"portable"')).metadata.api == "portable"


def test_an_unknown_api_is_refused_with_the_known_ones_and_the_nearest(tmp_path: Path) -> None:
    error = refused(with_api(tmp_path, '"protable"'))
    assert "no API `protable`" in error.message
    assert "`portable`" in error.message
    assert error.hint == "did you mean `portable`?"
    assert refused(with_api(tmp_path, '"std"')).hint is None


@pytest.mark.parametrize("value", ["[]", '["portable"]', "1"])
def test_an_api_that_is_no_string_is_refused(tmp_path: Path, value: str) -> None:
    assert "must be a string, one of: `portable`" in refused(with_api(tmp_path, value)).message


def test_the_apis_that_cargo_toml_may_name_are_those_that_a_build_knows() -> None:
    assert set(APIS) == set(kinds.KINDS)


@pytest.mark.parametrize("value", ['"shim.c"', "[1]", "true"])
def test_a_key_of_the_wrong_type_is_refused(tmp_path: Path, value: str) -> None:
    metadata = f"[package.metadata.rkmbuild]\nc-sources = {value}"
    assert "list of strings" in refused(make(tmp_path, GOOD + metadata)).message


@pytest.mark.parametrize("source", ["/etc/x.c", "../x.c", "shim.h"])
def test_a_c_source_outside_the_project_is_refused(tmp_path: Path, source: str) -> None:
    metadata = f'[package.metadata.rkmbuild]\nc-sources = ["{source}"]'
    assert "inside the project" in refused(make(tmp_path, GOOD + metadata)).message


def test_two_c_sources_may_not_make_the_same_object(tmp_path: Path) -> None:
    for name in ("a/shim.c", "b/shim.c"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    metadata = '[package.metadata.rkmbuild]\nc-sources = ["a/shim.c", "b/shim.c"]'
    assert "shim.o" in refused(make(tmp_path, GOOD + metadata)).message


def test_a_member_builds_into_the_target_of_its_workspace(tmp_path: Path) -> None:
    make(tmp_path, '[workspace]\nmembers = ["modules/*"]\n')
    project = load(make(tmp_path / "modules" / "one"))
    assert project.target == tmp_path / "target" / "rkmbuild"


def test_a_folder_that_a_workspace_leaves_out_is_its_own(tmp_path: Path) -> None:
    make(tmp_path, '[workspace]\nmembers = ["modules/*"]\nexclude = ["modules/one"]\n')
    project = load(make(tmp_path / "modules" / "one"))
    assert project.workspace == project.root


@pytest.mark.parametrize(
    "text",
    [
        "package = 3\n",
        'lib = 3\n[package]\nname = "x"\n',
        '[package]\nname = "x"\n[lib]\ncrate-type = 3\n',
        '[package]\nname = "x"\nmetadata = 3\n[lib]\ncrate-type = ["staticlib"]\n',
        "[workspace]\nmembers = 3\n",
        '[workspace]\nmembers = "driver"\n',
        "workspace = 3\n",
    ],
)
def test_a_cargo_toml_of_the_wrong_types_is_refused(tmp_path: Path, text: str) -> None:
    assert str(tmp_path / "Cargo.toml") in refused(make(tmp_path, text)).message


@pytest.mark.parametrize("line", ["members = 3", "members = [3]", 'members = ["*"]\nexclude = 3'])
def test_a_workspace_of_the_wrong_types_is_refused(tmp_path: Path, line: str) -> None:
    make(tmp_path, f"[workspace]\n{line}\n")
    assert str(tmp_path / "Cargo.toml") in refused(make(tmp_path / "driver")).message


def test_dependencies_that_are_no_table_are_left_for_cargo_to_say(tmp_path: Path) -> None:
    assert load(make(tmp_path, f"dependencies = 3\n{GOOD}")).packages() == (tmp_path,)


@pytest.mark.parametrize("pattern", [".", "", "../beside", "{root}/beside", "dri*", "nowhere"])
def test_members_are_named_as_cargo_takes_them(tmp_path: Path, pattern: str) -> None:
    root = make(tmp_path / "root", "")
    named = make(tmp_path / "beside", GOOD.replace("my-driver", "beside"))
    inside = make(root / "driver")
    (root / "Cargo.toml").write_text(
        f'[workspace]\nmembers = ["{pattern.format(root=tmp_path)}"]\n'
    )
    wanted = {".": root, "dri*": inside}.get(pattern, named if "beside" in pattern else None)
    assert [*workspace.members(root)] == ([wanted] if wanted else [])


def with_panic(root: Path, value: str) -> Path:
    return make(root, f"{GOOD}[package.metadata.rkmbuild]\npanic = {value}\n")


def test_a_panic_says_all_unless_a_project_wants_its_place_alone(tmp_path: Path) -> None:
    assert load(make(tmp_path)).metadata.panic == "full"
    assert load(with_panic(tmp_path, '"full"')).metadata.panic == "full"
    assert load(with_panic(tmp_path, '"short"')).metadata.panic == "short"


@pytest.mark.parametrize("value", ['"abort"', "true", '["short"]'])
def test_what_a_panic_cannot_say_is_refused_with_what_it_can(tmp_path: Path, value: str) -> None:
    error = refused(with_panic(tmp_path, value))
    assert '`panic` must be "full" or "short"' in error.message
    assert refused(with_panic(tmp_path, '"shirt"')).hint == "did you mean `short`?"

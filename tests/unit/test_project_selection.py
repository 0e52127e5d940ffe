"""Which modules of a workspace are meant, in which order, and with which features."""

from pathlib import Path

import pytest

from rkmbuild.base.errors import ProjectError, RkmbuildError, UsageError
from rkmbuild.project import selection
from rkmbuild.project.request import CargoOptions

LIBRARY = '[package]\nname = "shared"\n'


def workspace(root: Path, **modules: str) -> Path:
    """Write a workspace of modules, each with more lines for its Cargo.toml, and a library."""
    (root / "Cargo.toml").write_text('[workspace]\nmembers = ["*"]\nexclude = ["left"]\n')
    for name, more in {**modules, "left": ""}.items():
        (root / name).mkdir()
        head = f'[package]\nname = "{name}"\n[lib]\ncrate-type = ["staticlib"]\n'
        (root / name / "Cargo.toml").write_text(f"{head}{more}\n")
    (root / "shared").mkdir()
    (root / "shared" / "Cargo.toml").write_text(LIBRARY)
    (root / "notes").mkdir()
    return root


def uses(*names: str) -> str:
    return f"[package.metadata.rkmbuild]\ndepends = {list(names)}"


def names(path: Path, *packages: str) -> list[str]:
    return [module.package for module in selection.select(path, packages)]


def refused(path: Path, *packages: str) -> RkmbuildError:
    with pytest.raises((ProjectError, UsageError)) as caught:
        selection.select(path, packages)
    return caught.value


def test_each_module_comes_after_those_whose_symbols_it_uses(tmp_path: Path) -> None:
    root = workspace(tmp_path, a=uses("c"), b="", c=uses("d"), d="")
    assert names(root) == ["d", "c", "a", "b"]
    assert names(root, "b", "a") == ["a", "b"]
    assert names(root / "b", "a") == ["a"]
    assert names(root / "c") == ["c"]
    used = selection.used_by(selection.select(root, ["a"])[0])
    assert [module.package for module in used] == ["d", "c"]


def test_a_name_that_is_no_module_is_told_with_the_nearest(tmp_path: Path) -> None:
    root = workspace(tmp_path, counter="", reader=uses("countr"))
    assert "did you mean `counter`?" in (refused(root, "counter2").hint or "")
    assert "modules are: counter, reader" in (refused(root, "shared").hint or "")
    assert "`countr`, which is no module" in refused(root).message
    assert "modules are: " in (refused(root, "left").hint or "")


def test_a_circle_is_told_whole(tmp_path: Path) -> None:
    root = workspace(tmp_path, a=uses("b"), b=uses("c"), c=uses("b"))
    assert refused(root).message.endswith("in a circle: b -> c -> b")


def test_a_workspace_of_libraries_has_no_module(tmp_path: Path) -> None:
    assert "a workspace without a module" in refused(workspace(tmp_path)).message


def test_the_one_module_meant_is_the_one_that_no_other_uses(tmp_path: Path) -> None:
    root = workspace(tmp_path, counter="", reader=uses("counter"))
    assert selection.select_one(root).package == "reader"
    assert selection.select_one(root, "counter").package == "counter"
    assert selection.select_one(root / "counter").package == "counter"


def test_of_several_such_modules_one_has_to_be_named(tmp_path: Path) -> None:
    root = workspace(tmp_path, one="", two="")
    with pytest.raises(UsageError, match="several modules: one, two"):
        selection.select_one(root)


def test_features_go_to_the_modules_that_have_them(tmp_path: Path) -> None:
    root = workspace(tmp_path, one="[features]\nfast = []\nloud = []", two="[features]\nloud = []")
    modules = selection.select(root)
    given = selection.features(CargoOptions(features=("loud", "one/fast")), modules)
    assert given["one"].features == ("loud", "fast")
    assert given["two"].features == ("loud",)
    with pytest.raises(UsageError, match="quiet"):
        selection.features(CargoOptions(features=("quiet",)), modules)


def test_modules_of_a_workspace_share_headers_and_no_folder(tmp_path: Path) -> None:
    more = '[package.metadata.rkmbuild]\nheaders = ["one.h", "linux/pci.h"]'
    root = workspace(tmp_path, one=more, two="")
    (root / "one" / "one.h").touch()
    one, two = selection.select(root)
    assert one.bound == two.bound == (str(root / "one" / "one.h"), "linux/pci.h")
    assert one.folder("6.12.0") == two.folder("6.12.0")
    assert one.work("6.12.0", "release") != two.work("6.12.0", "release")

"""The name in `module!`: one that is not the package's is told, whatever stands around it."""

from pathlib import Path

import pytest

from rkmbuild.project import module_macro, project
from tests import projects


@pytest.mark.parametrize(
    "macro",
    [
        'module! {\n    type: Sample,\n    name: "other",',
        'kernel::module!(type: Sample, name: "other",',
        'module_platform_driver! { type: Sample, name:b"other",',
    ],
)
def test_another_name_than_the_packages_is_told_with_both(tmp_path: Path, macro: str) -> None:
    root = projects.make(tmp_path / "p", "my-driver")
    source = root / "src" / "inner.rs"
    source.write_text(macro)
    found = module_macro.remarks(project.load(root))
    # `module!` of lib.rs has the package's name as it is written, and the kernel's dash is `_`.
    (told,) = found
    assert told.startswith(f"{source} calls the module `other`, and the package makes it ")
    assert "my_driver.ko" in told


@pytest.mark.parametrize(
    "text",
    [
        '// module! { name: "other" }',
        '/* module! { type: A,\n name: "other" } */',
        '//! module! { name: "other" }',
        'my_module! { name: "other" }',
        'module! { type: Sample, name: "sample", params: { name: "other" } }',
        'module! { type: Sample, my_name: "other" }',
    ],
)
def test_what_is_not_the_modules_name_is_not_told(tmp_path: Path, text: str) -> None:
    root = projects.make(tmp_path / "p")
    (root / "src" / "inner.rs").write_text(text)
    assert module_macro.remarks(project.load(root)) == []

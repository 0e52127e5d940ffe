"""`rkmbuild new` with real kernels, git and cargo: what it makes builds as it is."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from rkmbuild.base import paths
from rkmbuild.base.errors import UsageError
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.project import naming, new, templates
from rkmbuild.project.new import NewRequest
from rkmbuild.toolchain import rust, rust_extras
from tests.cli import complaints, rkmbuild


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """The environment of a user with a name of her own, and with no way to any network."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / ".gitconfig").write_text(
        '[user]\nname = "Ada \\"A\\" Löv"\nemail = ada@example.org\n'
    )
    nowhere = "http://127.0.0.1:9"
    real = Path.home()
    return {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "CARGO_HOME": os.environ.get("CARGO_HOME", str(real / ".cargo")),
        "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(real / ".rustup")),
        "RKMBUILD_CACHE_DIR": str(paths.cache_dir()),
        "https_proxy": nowhere,
        "HTTPS_PROXY": nowhere,
        "http_proxy": nowhere,
        "CARGO_HTTP_PROXY": nowhere,
    }


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-C", folder, *words], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("template", [template.name for template in templates.templates()])
def test_a_new_project_builds_as_it_is_without_a_warning_and_without_a_network(
    kernel_6_12: KernelTree, tmp_path: Path, home: dict[str, str], template: str
) -> None:
    root = tmp_path / "my-module"
    made = rkmbuild("new", root, "--template", template, env=home)
    assert made.returncode == 0, made.stderr
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release, "--json", env=home)
    assert done.returncode == 0, done.stderr
    assert not complaints(made.stderr + done.stderr)
    said = json.loads(done.stdout)
    said = said.get("modules", [said])[-1]  # of a workspace, the one that uses the others
    assert Path(said["module"]).name == "my_module.ko"
    modinfo = Path(said["module"]).read_bytes()
    assert 'author=Ada "A" Löv <ada@example.org>\0'.encode() in modinfo
    assert b"license=GPL\0" in modinfo
    # The user's .gitignore covers all that a build leaves.
    left = _git(root, "status", "--porcelain", "--untracked-files=all").stdout.splitlines()
    assert {line[3:] for line in left} >= {".gitignore", "Cargo.toml", "README.md"}
    assert not [line for line in left if "target" in line]


def test_the_new_source_is_formatted_as_rustfmt_has_it(tmp_path: Path) -> None:
    rustfmt = rust_extras.beside(rust.choose()[0]).rustfmt
    for template in templates.templates():
        root = tmp_path / f"some_{template.name}"
        new.create(NewRequest(path=root, template=template.name, author="A <a@example.org>"))
        sources = list(root.rglob("*.rs"))
        command: list[str | Path] = [rustfmt, "--check", "--edition", "2021", *sources]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_repository_is_started_but_not_inside_another_one(
    tmp_path: Path, home: dict[str, str]
) -> None:
    outer = tmp_path / "outer"
    assert rkmbuild("new", outer, env=home).returncode == 0
    assert (outer / ".git").is_dir()
    assert rkmbuild("new", outer / "inner", env=home).returncode == 0
    assert not (outer / "inner" / ".git").exists()
    # What the outer repository ignores is none of its business.
    assert rkmbuild("new", outer / "target" / "apart", env=home).returncode == 0
    assert (outer / "target" / "apart" / ".git").is_dir()
    assert rkmbuild("new", tmp_path / "plain", "--vcs", "none", env=home).returncode == 0
    assert not (tmp_path / "plain" / ".git").exists()


def test_without_git_there_is_neither_author_nor_repository(
    tmp_path: Path, home: dict[str, str]
) -> None:
    root = tmp_path / "hello"
    done = rkmbuild("new", root, env=home | {"PATH": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert not (root / ".git").exists()
    assert "author" not in (root / "Cargo.toml").read_text()
    assert "authors" not in (root / "src" / "lib.rs").read_text()
    asked = rkmbuild("new", tmp_path / "x", "--vcs", "git", env=home | {"PATH": str(tmp_path)})
    assert asked.returncode == 5
    assert "git was not found" in asked.stderr
    assert not (tmp_path / "x").exists()


def test_a_git_that_fails_leaves_nothing(tmp_path: Path, home: dict[str, str]) -> None:
    (tmp_path / "home" / ".gitconfig").write_text("[broken\n")
    done = rkmbuild("new", tmp_path / "a" / "hello", "--vcs", "git", env=home)
    assert done.returncode == 6
    assert "bad config" in done.stderr
    assert "--vcs none" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["home"]


@pytest.mark.parametrize("members", ["modules/*", "others/*"])
def test_cargo_takes_a_new_project_inside_a_workspace(tmp_path: Path, members: str) -> None:
    (tmp_path / "others" / "first" / "src").mkdir(parents=True)
    (tmp_path / "others" / "first" / "src" / "lib.rs").touch()
    (tmp_path / "others" / "first" / "Cargo.toml").write_text('[package]\nname = "first"\n')
    both = ["others/*", members]
    (tmp_path / "Cargo.toml").write_text(f'[workspace]\nresolver = "2"\nmembers = {both}\n')
    root = tmp_path / "modules" / "hello"
    new.create(NewRequest(path=root, author=""))
    cargo = rust.choose()[0].cargo
    command: list[str | Path] = [cargo, "metadata", "--offline", "--no-deps", "--format-version=1"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warning: profiles" not in done.stderr
    top = Path(json.loads(done.stdout)["workspace_root"])
    assert top == (tmp_path if members == "modules/*" else root)


def test_names_are_compared_with_those_of_a_real_kernel(kernel_6_12: KernelTree) -> None:
    known = naming.in_tree(kernel_6_12)
    assert {"nvme", "tcp_cubic", "glob"} <= known.builtin
    assert {"vsock", "dummy"} <= known.loadable
    assert {"nvme", "printk"} <= known.with_parameters
    assert not known.builtin & known.loadable
    with pytest.raises(UsageError, match="refuses to load another one"):
        naming.check("nvme", [kernel_6_12])


def test_the_command_warns_of_a_name_that_the_kernel_uses(
    kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    done = rkmbuild("new", tmp_path / "vsock", "--author", "")
    assert done.returncode == 0
    assert f"warning: {kernel_6_12.release} has a module `vsock` of its own" in done.stderr

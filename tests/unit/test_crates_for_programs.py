"""What is told of crates that are made for programs, by what cargo said of them."""

from pathlib import Path

import pytest

from rkmbuild.pipeline import diagnose
from rkmbuild.project import crate_hints
from rkmbuild.project.dependencies import Graph, Package
from tests.unit.test_project_features import graph, package, use

_CARGO = Path(__file__).parents[1] / "data" / "cargo"


def _chain(*names: str, version: str = "1.2.3") -> Graph:
    """A module that uses the first crate, which uses the next one, and so on."""
    last = package(names[-1])
    packages = [Package(**{**vars(last), "version": version})]
    for name, used in zip(names[-2::-1], names[:0:-1], strict=True):
        packages.insert(0, package(name, uses=(use(used),)))
    return graph(package("mine", uses=(use(names[0]),)), *packages)


@pytest.mark.parametrize(
    ("recorded", "crates", "version", "message", "hint"),
    [
        ("uuid", ("uuid", "getrandom"), "0.4.3", "mine -> uuid -> getrandom", "from_random_bytes"),
        ("uuid", ("x", "getrandom"), "0.3.4", "getrandom says: target", 'getrandom = "0.3" in its'),
        ("getrandom2", ("getrandom",), "0.2.17", "getrandom says: ", "register_custom_getrandom!"),
        ("lz4sys", ("lz4-sys",), "1.11.1", "lz4-sys takes from libc what", "lz4_flex"),
        ("ring", ("ring", "getrandom"), "0.2.17", "mine -> ring -> getrandom", "RustCrypto"),
    ],
)
def test_a_crate_that_refuses_the_target_is_told_with_what_brings_it_and_a_way_out(
    recorded: str, crates: tuple[str, ...], version: str, message: str, hint: str
) -> None:
    said = (_CARGO / f"{recorded}.json").read_text()
    found = diagnose.made_for_programs(_chain(*crates, version=version), said, "")
    assert found
    assert message in found[0]
    assert hint in found[1]


def test_a_build_script_that_failed_is_told_though_nobody_knows_the_crate() -> None:
    said = "error: failed to run custom build command for `odd-sys v1.2.3`\n\nCaused by:\n  …"
    found = diagnose.made_for_programs(_chain("odd-sys"), "", said)
    assert found
    message, hint = found
    assert message == (
        "mine -> odd-sys cannot be had in a kernel: the build script of odd-sys failed"
    )
    assert hint == (
        "what it said stands above: odd-sys 1.2.3 may need a tool that is not here, "
        "or know other targets only"
    )


def test_an_ordinary_error_in_an_unknown_crate_is_left_to_rustc() -> None:
    said = (_CARGO / "lz4sys.json").read_text().replace("libc::", "other::")
    said = said.replace("lz4-sys", "odd-sys").replace("in crate `libc`", "")
    assert diagnose.made_for_programs(_chain("odd-sys"), said, "") is None


def test_of_a_chain_what_is_known_of_the_first_crate_is_told() -> None:
    ring = _chain("ring", "getrandom", version="0.2.17")
    told = crate_hints.of(ring.chain("registry+getrandom"))
    assert "RustCrypto" in told
    assert "register_custom_getrandom" not in told
    assert crate_hints.of(_chain("odd").chain("registry+odd")) == ""

"""What checks of the source need: the tools, which `rkmbuild doctor --develop` asks for."""

import shutil

import pytest

from rkmbuild.base.errors import RkmbuildError
from rkmbuild.toolchain import rust, rust_extras
from rkmbuild.toolchain.parts import Rust

_INSTALL = "`rkmbuild doctor --fix --develop` installs it"


@pytest.fixture(scope="session")
def toolchain(request: pytest.FixtureRequest) -> tuple[Rust, rust_extras.Extras]:
    """A Rust toolchain with rustfmt and clippy."""
    try:
        chosen, _ = rust.choose()
        return chosen, rust_extras.beside(chosen)
    except RkmbuildError as error:
        if not request.config.getoption("skip_missing_tools"):
            raise
        pytest.skip(f"not checked: {error}; {_INSTALL}")


@pytest.fixture(scope="session")
def shellcheck(request: pytest.FixtureRequest) -> str:
    """The program shellcheck."""
    found = shutil.which("shellcheck")
    if found is None and request.config.getoption("skip_missing_tools"):
        pytest.skip(f"not checked: there is no shellcheck; {_INSTALL}")
    assert found
    return found

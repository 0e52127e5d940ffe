"""What all tests share: markers by folder, a cache of one's own, and kernels to build for."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from rkmbuild.base import paths
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.api.upstream import making, sidecar
from rkmbuild.pipeline.api.upstream import source as sources
from rkmbuild.pipeline.api.upstream.making import Wanted
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar, Way
from tests import kernel_table, matrix
from tests.matrix import Tested

_HERE = Path(__file__).parent
_FOLDERS = ("lint", "unit", "build", "vm")
# What runs on all kernels of the matrix with --all-kernels.
_ON_EVERY_KERNEL = ("test_all_kernels", "test_check_corpus", "test_crate_", "test_replay")
# The one kernel that dear tests run on without it.
_OF_THE_DEAR = matrix.named("6.12")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--skip-missing-tools",
        action="store_true",
        help="skip the checks of the source whose tool is not installed",
    )
    parser.addoption(
        "--all-kernels",
        action="store_true",
        help="also run what tests/matrix.py has sometimes, and show the table of docs/kernels.md",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    all_kernels = bool(config.getoption("all_kernels"))
    items[:] = [item for item in items if _is_wanted(item, all_kernels)]
    for item in items:
        if _folder(item) in ("build", "vm"):
            item.add_marker(_folder(item))
        if item.get_closest_marker("together"):
            item.add_marker(pytest.mark.xdist_group(_group(item)))
        kernel_table.tell(item)
    # What fails soonest runs first.
    items.sort(key=lambda item: _FOLDERS.index(_folder(item)))


def _is_wanted(item: pytest.Item, all_kernels: bool) -> bool:
    """Tell whether a test runs: many can, but are not, on kernels that are tested sometimes."""
    if item.get_closest_marker("slow") and not all_kernels:
        return False
    tested = kernel_table.tested_by(item)
    if item.get_closest_marker("dear") and not all_kernels and tested != _OF_THE_DEAR:
        return False
    every = all_kernels and item.path.name.startswith(_ON_EVERY_KERNEL)
    return every or tested not in (
        *matrix.SOMETIMES,
        *matrix.OWN,
        *matrix.DEBUG,
    )


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(_HERE).parts[0]


def _group(item: pytest.Item) -> str:
    """Which tests one worker runs: those of a file on one kernel."""
    tested = kernel_table.tested_by(item)
    return item.path.stem + (f"-{tested.name}" if tested else "")


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for this test alone; without it a test uses the cache of all."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("RKMBUILD_CACHE_DIR", str(folder))
    return folder


@pytest.fixture(scope="module", params=matrix.EVERY, ids=[each.name for each in matrix.EVERY])
def kernel(request: pytest.FixtureRequest) -> KernelTree:
    """Each kernel of the matrix in turn; with --all-kernels all of them, for some tests."""
    return matrix.get(request.param)


def _fixture(tested: Tested) -> Callable[[], KernelTree]:
    @pytest.fixture(scope="session", name=tested.fixture)
    def one() -> KernelTree:
        return matrix.get(tested)

    return one


# kernel_6_1, kernel_6_12 and so on, for tests that need a certain one.
for _tested in (*matrix.ALWAYS, *matrix.SOMETIMES):
    globals()[_tested.fixture] = _fixture(_tested)


@pytest.fixture(scope="session")
def upstream_7_3() -> Sidecar:
    """The upstream crate for 7.3, made once into the cache: the first worker does, others wait."""
    return sidecar.get(matrix.get(matrix.named("7.3")), allow_expired=True, link=Way.OWN)


@pytest.fixture(scope="session")
def source_7_3(upstream_7_3: Sidecar) -> Path:
    """The source of 7.3 that it was made of, as much as is kept: rust/, samples/rust/, drivers."""
    tree = matrix.get(matrix.named("7.3"))
    assert upstream_7_3.release == tree.release
    return sources.packaged(tree, allow_expired=True)


@pytest.fixture(scope="session")
def linked_7_3(upstream_7_3: Sidecar) -> Sidecar:
    """The one for 7.3 that modules bring along, by the same rustc; builds do not take it."""
    tree = matrix.get(matrix.named("7.3"))
    made = making.make(tree, Wanted(link=Way.STATIC, allow_expired=True))
    assert sidecar.find(tree) == upstream_7_3
    return made


@pytest.fixture(scope="session")
def upstream_6_12() -> Sidecar:
    """The upstream crate for 6.12, which has no Rust: modules bring along what they use of it."""
    return sidecar.get(matrix.get(matrix.named("6.12")), allow_expired=True)


@pytest.fixture(scope="session")
def source_6_12(upstream_6_12: Sidecar) -> Path:
    """The source of 6.12 that it was made of."""
    tree = matrix.get(matrix.named("6.12"))
    assert upstream_6_12.release == tree.release
    return sources.packaged(tree, allow_expired=True)


class _Failures:
    """Names each failure when it happens: what it says comes an hour later, at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        terminal = self._config.pluginmanager.getplugin("terminalreporter")
        if report.failed and terminal:
            terminal.write_line(f"\nfailed: {report.nodeid}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    # A shell starts what it runs beside itself (`&`) without SIGINT, nohup without SIGHUP, and so
    # would all be that tests start: what some of them send would end nothing.
    for number, usual in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)
    config.pluginmanager.register(_Failures(config))
    if config.getoption("all_kernels"):
        config.pluginmanager.register(kernel_table.KernelTable())


def pytest_report_header() -> str:
    where = os.environ.get("RKMBUILD_CACHE_DIR") or paths.cache_dir()
    return f"rkmbuild cache: {where}"

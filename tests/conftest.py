"""What all tests share: markers by folder, a cache of one's own, and kernels to build for."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from rkmbuild.base import paths
from rkmbuild.kernel.tree import KernelTree
from tests import matrix
from tests.matrix import Tested

_HERE = Path(__file__).parent
_FOLDERS = ("lint", "unit", "build", "vm")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--skip-missing-tools",
        action="store_true",
        help="skip the checks of the source whose tool is not installed",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _folder(item) in ("build", "vm"):
            item.add_marker(_folder(item))
        if item.get_closest_marker("together"):
            item.add_marker(pytest.mark.xdist_group(_group(item)))
    # What fails soonest runs first.
    items.sort(key=lambda item: _FOLDERS.index(_folder(item)))


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(_HERE).parts[0]


def _group(item: pytest.Item) -> str:
    """Which tests one worker runs: those of a file on one kernel."""
    callspec = getattr(item, "callspec", None)
    tested = callspec.params.get("kernel") if callspec else None
    return item.path.stem + (f"-{tested.name}" if isinstance(tested, Tested) else "")


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for this test alone; without it a test uses the cache of all."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("RKMBUILD_CACHE_DIR", str(folder))
    return folder


@pytest.fixture(scope="module", params=matrix.ALWAYS, ids=matrix.NAMES)
def kernel(request: pytest.FixtureRequest) -> KernelTree:
    """Each kernel of the matrix in turn."""
    return matrix.get(request.param)


def _fixture(tested: Tested) -> Callable[[], KernelTree]:
    @pytest.fixture(scope="session", name=tested.fixture)
    def one() -> KernelTree:
        return matrix.get(tested)

    return one


# kernel_6_1, kernel_6_12 and so on, for tests that need a certain one.
for _tested in (*matrix.ALWAYS, *matrix.SOMETIMES):
    globals()[_tested.fixture] = _fixture(_tested)


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


def pytest_report_header() -> str:
    where = os.environ.get("RKMBUILD_CACHE_DIR") or paths.cache_dir()
    return f"rkmbuild cache: {where}"

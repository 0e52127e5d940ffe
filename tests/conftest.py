"""What all tests share: markers by folder, a cache of one's own, and kernels to build for."""

import os
import signal
from pathlib import Path

import pytest

from rkmbuild.base import paths
from rkmbuild.distro.debian import Debian
from rkmbuild.kernel import fetch, fetch_companions, find
from rkmbuild.kernel.tree import KernelTree

_HERE = Path(__file__).parent
_FOLDERS = ("lint", "unit", "build", "vm")
_FLAVOUR = "cloud"
BACKPORTS = "trixie-backports"


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
    # What fails soonest runs first.
    items.sort(key=lambda item: _FOLDERS.index(_folder(item)))


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(_HERE).parts[0]


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for this test alone; without it a test uses the cache of all."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("RKMBUILD_CACHE_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def kernel_6_1() -> KernelTree:
    """Debian's 6.1, cloud flavour, fetched once into the shared cache."""
    return _kernel("6.1")


@pytest.fixture(scope="session")
def kernel_6_12() -> KernelTree:
    """Debian's 6.12, cloud flavour, fetched once into the shared cache."""
    return _kernel("6.12")


@pytest.fixture(scope="session")
def kernel_backports() -> KernelTree:
    """The newest kernel for Debian 13, cloud flavour, fetched once into the shared cache."""
    for candidate in find.fetched():
        if candidate.manifest and candidate.manifest.suite == BACKPORTS:
            tree = candidate.read()
            # One that an older rkmbuild fetched may lack what its tools need here.
            if not fetch_companions.are_missing(tree, with_compiler=False):
                return tree
    # An archive may stand still for weeks, and what is tested is not that.
    return fetch.fetch(flavour=_FLAVOUR, source=Debian(BACKPORTS, allow_expired=True))


def _kernel(series: str) -> KernelTree:
    # What is in the cache serves; asking apt for a newer one would cost every worker a second.
    for candidate in find.fetched():
        if candidate.release.startswith(f"{series}.") and _FLAVOUR in candidate.release:
            return candidate.read()
    return fetch.fetch(series, _FLAVOUR)


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

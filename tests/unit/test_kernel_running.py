"""What is known of the running kernel where its headers are not installed."""

import gzip
import os
from pathlib import Path

import pytest

from rkmbuild.kernel import find, running
from rkmbuild.kernel.tree import Origin
from rkmbuild.verdict import target

_RELEASE = os.uname().release
_CONFIG = 'CONFIG_MODVERSIONS=y\nCONFIG_LSM="lockdown"\n# CONFIG_MODULES is not set\n'


@pytest.fixture(autouse=True)
def _none_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "fetched", list)


@pytest.mark.parametrize("place", [f"boot/config-{_RELEASE}", f"lib/modules/{_RELEASE}/config"])
def test_the_configuration_is_taken_from_the_copy_beside_the_image(
    place: str, tmp_path: Path
) -> None:
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_text(_CONFIG)
    tree = running.describe(tmp_path)
    assert (tree.release, tree.origin, tree.symvers) == (_RELEASE, Origin.RUNNING, None)
    assert dict(tree.config) == {"MODVERSIONS": "y", "LSM": "lockdown"}


def test_the_kernels_own_copy_of_its_configuration_comes_first(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/config.gz").write_bytes(gzip.compress(b"CONFIG_SMP=y\n"))
    (tmp_path / "boot").mkdir()
    (tmp_path / f"boot/config-{_RELEASE}").write_text(_CONFIG)
    assert dict(running.describe(tmp_path).config) == {"SMP": "y"}


def test_where_nothing_is_known_nothing_is_made_up(tmp_path: Path) -> None:
    tree = running.describe(tmp_path)
    assert (len(tree.config), tree.modules) == (0, None)
    if tree.arch == "x86_64":
        known = target.of(tree)
        assert (known.vermagic, known.knows_exports, known.struct_module) == ("", False, None)

"""A kernel's configuration, whole and damaged."""

from pathlib import Path

import pytest

from rkmbuild.base.errors import KernelError
from rkmbuild.kernel import kconfig
from tests import kernel_trees


def test_options_are_read_from_auto_conf(tmp_path: Path) -> None:
    config = kconfig.read(kernel_trees.debian(tmp_path, "6.12"))
    assert config.on("X86_KERNEL_IBT")
    assert config["CC_VERSION_TEXT"] == "x86_64-linux-gnu-gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0"
    assert config.number("FUNCTION_PADDING_BYTES") == 16
    assert config.number("PHYSICAL_START") == 0x1000000
    assert config["EXT4_FS"] in ("y", "m")
    assert config["LOCALVERSION"] == ""


def test_an_option_that_is_not_set_is_not_there(tmp_path: Path) -> None:
    config = kconfig.read(kernel_trees.debian(tmp_path, "6.1"))
    assert "X86_KERNEL_IBT" not in config
    assert not config.on("X86_KERNEL_IBT")
    assert config.number("FUNCTION_PADDING_BYTES") == 0


def test_a_renamed_option_is_found_under_either_name(tmp_path: Path) -> None:
    for series in kernel_trees.RELEASES:
        config = kconfig.read(kernel_trees.debian(tmp_path / series, series))
        assert config.on("MITIGATION_RETHUNK", "RETHUNK")


def test_strings_lose_their_quotes_and_escapes() -> None:
    # .config quotes strings; auto.conf does so up to 5.18 and has them bare from 5.19 on
    text = 'CONFIG_A="x \\"y\\" \\\\z"\nCONFIG_B=""\nCONFIG_C=bare words\n# CONFIG_D is not set\n'
    assert kconfig.parse(text) == {"A": 'x "y" \\z', "B": "", "C": "bare words"}


def test_a_tree_without_dot_config_is_read_all_the_same(tmp_path: Path) -> None:
    build = kernel_trees.debian(tmp_path)
    (build / ".config").unlink()
    assert kconfig.read(build).on("X86_64")


@pytest.mark.parametrize("name", [".config", "include/config/auto.conf"])
@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"\0\0\0\0CONFIG_X86_64=y\n", "is not text"),
        (b"# nothing but a remark\n", "sets no option"),
        (b"CONFIG_X86_64=y\nCONFIG_EXT4", "is truncated in line 2"),
    ],
)
def test_a_damaged_configuration_is_named(
    tmp_path: Path, name: str, content: bytes, what: str
) -> None:
    build = kernel_trees.debian(tmp_path)
    (build / name).write_bytes(content)
    with pytest.raises(KernelError) as failure:
        kconfig.read(build)
    assert str(build / name) in failure.value.message
    assert what in failure.value.message
    assert failure.value.hint is not None
    assert failure.value.code == 4


def test_a_configured_source_that_was_not_prepared_is_told_how(tmp_path: Path) -> None:
    build = kernel_trees.single(tmp_path / "linux")
    (build / "include/config/auto.conf").unlink()
    with pytest.raises(KernelError, match="not prepared for building modules") as failure:
        kconfig.read(build)
    assert failure.value.hint == f"run `make -C {build} modules_prepare`"


def test_a_folder_with_no_configuration_at_all_is_no_kernel(tmp_path: Path) -> None:
    with pytest.raises(KernelError, match="has no kernel configuration"):
        kconfig.read(tmp_path)


def test_a_configuration_that_may_not_be_read_is_said_so(tmp_path: Path) -> None:
    build = kernel_trees.debian(tmp_path)
    auto_conf = build / kconfig.AUTO_CONF
    auto_conf.unlink()
    auto_conf.mkdir()
    with pytest.raises(KernelError, match=r"cannot read .*auto\.conf: Is a directory"):
        kconfig.read(build)

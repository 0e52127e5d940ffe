"""What is told about a kernel: symbols, options, and how its distribution is asked for more."""

from pathlib import Path

import pytest

from rkmbuild.base.errors import FetchError, KernelError
from rkmbuild.distro import distribution, sources
from rkmbuild.kernel import facts, own_rust, symvers
from rkmbuild.kernel.detect import read_tree
from rkmbuild.kernel.tree import Origin
from tests import kernel_trees


def test_symbols_are_read_with_crc_license_and_namespace(tmp_path: Path) -> None:
    symbols = symvers.load(kernel_trees.debian(tmp_path, "6.12") / "Module.symvers")
    assert symbols["_printk"].module == "vmlinux"
    assert not symbols["_printk"].gpl
    assert symbols["_printk"].crc > 0
    assert symbols["crypto_register_shash"].gpl
    assert symbols["dma_buf_get"].namespace == "DMA_BUF"
    assert symbols["_printk"].namespace == ""


def test_a_kernel_without_modversions_has_crcs_of_zero(tmp_path: Path) -> None:
    symbols = symvers.load(kernel_trees.debian(tmp_path, "7.2") / "Module.symvers")
    assert {symbol.crc for symbol in symbols.values()} == {0}


def test_a_damaged_line_of_symvers_is_named(tmp_path: Path) -> None:
    path = tmp_path / "Module.symvers"
    path.write_text("0x1\ta\tvmlinux\tEXPORT_SYMBOL\t\nrubbish\n")
    with pytest.raises(KernelError, match=r"Module\.symvers, line 2"):
        symvers.load(path)
    with pytest.raises(KernelError, match="cannot read"):
        symvers.load(tmp_path / "nothing")


def test_a_renamed_option_has_one_key_and_the_kernels_own_name(tmp_path: Path) -> None:
    named = {}
    for series in ("6.1", "6.12"):
        tree = read_tree(kernel_trees.debian(tmp_path / series, series), Origin.PATH)
        named[series] = {fact.key: (fact.name, fact.value) for fact in facts.facts(tree)}
    assert named["6.1"]["MITIGATION_RETHUNK"] == ("RETHUNK", "y")
    assert named["6.12"]["MITIGATION_RETHUNK"] == ("MITIGATION_RETHUNK", "y")
    assert named["6.1"]["X86_KERNEL_IBT"] == ("X86_KERNEL_IBT", None)
    assert named["6.12"]["X86_KERNEL_IBT"] == ("X86_KERNEL_IBT", "y")
    assert named["6.1"].keys() == named["6.12"].keys()


def test_a_description_tells_all_that_is_known(tmp_path: Path) -> None:
    build = kernel_trees.debian(tmp_path, "7.2")
    image = kernel_trees.image(tmp_path, kernel_trees.RELEASES["7.2"])
    known = facts.description(read_tree(build, Origin.PATH))
    assert known["release"] == "7.2.13+deb14-cloud-amd64"
    assert known["config_rust"] is True
    assert known["bootable"] is True
    assert known["image"] == str(image)
    assert known["symvers"] == {"path": str(build / "Module.symvers"), "symbols": 7}
    assert known["config"]["MODVERSIONS"] is None
    assert known["config"]["RUSTC_VERSION_TEXT"].startswith("rustc 1.97.1")
    assert known["compiler"]["version"] == "16.2.0"


def test_a_kernel_with_rust_of_its_own_says_why_it_cannot_be_used(tmp_path: Path) -> None:
    build = kernel_trees.debian(tmp_path, "7.2")
    with (build / "Module.symvers").open("a") as file:
        file.write("0x00000000\t_RNvXs_NtCs1_6kernel5print\tvmlinux\tEXPORT_SYMBOL_GPL\t\n")
    tree = read_tree(build, Origin.PATH)
    own = own_rust.of(tree)
    assert own is not None
    assert (own.symbols, own.metadata) == (1, False)
    assert "no metadata of its crates (rust/libkernel.rmeta), which a sidecar has" in str(own)
    assert "modules on the portable API bring Rust of their own" in str(own)
    assert facts.description(tree)["rust_of_its_own"] == own.document()
    (build / "rust").mkdir()
    (build / "rust/libkernel.rmeta").touch()
    with_metadata = own_rust.of(tree)
    assert with_metadata is not None
    assert with_metadata.reason is None


def test_a_kernel_without_rust_has_none_of_its_own(tmp_path: Path) -> None:
    tree = read_tree(kernel_trees.debian(tmp_path, "6.12"), Origin.PATH)
    assert own_rust.of(tree) is None
    assert facts.description(tree)["rust_of_its_own"] is None


@pytest.mark.parametrize(
    ("os_release", "command"),
    [
        ("ID=debian\n", "apt-get install linux-headers-$(uname -r)"),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', "apt-get install linux-headers-$(uname -r)"),
        ("ID=fedora\n", "dnf install kernel-devel-$(uname -r)"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "dnf install kernel-devel-$(uname -r)"),
        ("ID=arch\n", "pacman -S linux-headers"),
        ('ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', "zypper install kernel-default-devel"),
        ("ID=nixos\n", None),
        ("", None),
    ],
)
def test_the_command_that_gets_headers_is_the_distributions(
    tmp_path: Path, os_release: str, command: str | None
) -> None:
    path = tmp_path / "os-release"
    path.write_text(os_release)
    assert distribution.headers_command(os_release=path) == command


def test_only_a_machine_with_apt_has_kernels_to_fetch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rkmbuild.base.search_path._ALWAYS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not distribution.has_apt()
    with pytest.raises(FetchError, match="with apt, which was not found"):
        sources.of_this_machine()
    (tmp_path / "dnf").touch(mode=0o755)
    assert not distribution.has_apt()
    (tmp_path / "apt-get").touch(mode=0o755)
    assert distribution.has_apt()
    assert sources.of_this_machine().name == "apt"

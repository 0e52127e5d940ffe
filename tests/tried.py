"""What was tried of the samples and drivers of a kernel's source that are written in Rust.

Each is said here by its place in that source, with what drives it in a guest; what it prints is
read from the source itself (`printing`). docs/upstream-mode.md has a row for each (`tried_tables`).
"""

import re
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.kernel.tree import Kconfig

# What is a module of its own: `module!`, `module_pci_driver!`, …
_IS_A_MODULE = re.compile(r"^(?:kernel::)?module(?:_\w+_driver)?! *\{", re.MULTILINE)
_CONFIG, _DEBUG, _PCI = "/sys/kernel/config", "/sys/kernel/debug", "/sys/bus/pci"


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A module that is tried.

    Attributes:
        source: Its file, or its first one, in the kernel's source.
        module: The name of the module; that of the file where empty.
        more: Other files of it, C or Rust.
        needs: The options of the configuration without which it cannot be had, built in.
        error: Parts of what rustc says of it then.
        modules: Modules of the kernel that are loaded before it, with their parameters.
        parameters: What it is loaded with.
        drive: Commands for the loaded module, and what each prints.
        driven: What they do, in words for the table.
        unreached: Beginnings of lines that it would print on another occasion.
        beside: Beginnings of lines that the kernel prints of those commands.
    """

    source: str
    module: str = ""
    more: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    error: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    parameters: str = ""
    drive: tuple[tuple[str, tuple[str, ...]], ...] = ()
    driven: str = ""
    unreached: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the module."""
        return self.module or Path(self.source).stem

    @property
    def sources(self) -> tuple[str, ...]:
        """All its files."""
        return (self.source, *self.more)

    def without(self, config: Kconfig) -> str:
        """Return which option a kernel lacks for it, in words, or nothing."""
        for option in self.needs:
            if not config.on(option) or config.get(option) == "m":
                return f"CONFIG_{option} is {'m' if config.get(option) == 'm' else 'off'}"
        return ""

    def row(self, size: int | None = None, why: str = "") -> list[str]:
        """Return its row of the table: as it was seen, with the size of the module where it was."""
        if size is None:
            return [f"`{self.source}`", f"no: {why}", "", "", ""]
        return [f"`{self.source}`", "yes", "yes", self.driven, f"{size:,}"]


def _quiet(command: str) -> tuple[str, tuple[str, ...]]:
    return command, ()


# An adapter without hardware, which has a chip at this address.
_I2C, _STUB = "/sys/bus/i2c/devices", ("i2c-smbus", "i2c-stub chip_addr=0x30")
_PHY = "/sys/bus/mdio_bus/drivers"
_SAMPLES = (
    Tried(
        source="samples/rust/rust_minimal.rs",
        parameters="test_parameter=7 test_bool_parameter=y",
        driven="parameters",
    ),
    Tried(
        source="samples/rust/rust_print_main.rs",
        module="rust_print",
        more=("samples/rust/rust_print_events.c",),
        drive=(
            _quiet("mount -t tracefs none /sys/kernel/tracing"),
            ("ls -d /sys/kernel/tracing/events/*/rust_sample_loaded",
             ("/sys/kernel/tracing/events/rust_sample/rust_sample_loaded",)),
        ),
        driven="its tracepoint is there",
    ),
    Tried(
        source="samples/rust/rust_misc_device.rs",
        drive=(
            ("/misc 2>/dev/null | tail -n 1", ("Success",)),
            ("exec 3<>/dev/rust-misc-device; echo back >&3; cat <&3", ("back",)),
        ),
        driven="its program: ioctl; read, write",
    ),
    Tried(
        source="samples/rust/rust_debugfs.rs",
        drive=(
            (f"cd {_DEBUG}/sample_debugfs; cat compatible counter array_blob",
             ('"sample-debugfs"', "91", "blob")),
            (f"cd {_DEBUG}/sample_debugfs; cat pair; echo 5 6 >pair; cat pair",
             ("Inner { x: 10, y: 42 }", "Inner { x: 5, y: 6 }")),
            (f"wc -c <{_DEBUG}/sample_debugfs/vector_blob", ("4096",)),
        ),
        driven="ACPI device; files read, written",
    ),
    Tried(
        source="samples/rust/rust_debugfs_scoped.rs",
        drive=(
            (f"cd {_DEBUG}/rust_scoped_debugfs; echo dev 1 2 >control/create; cat dynamic/dev/1",
             ("2",)),
            (f"cd {_DEBUG}/rust_scoped_debugfs/dynamic/dev; echo 9 >1; cat 1; wc -c <blob",
             ("9", "4096")),
            (f"cd {_DEBUG}/rust_scoped_debugfs; echo dev >control/remove; ls dynamic", ()),
        ),
        driven="files made, read, written, removed",
    ),
    Tried(
        source="samples/rust/rust_configfs.rs",
        drive=(
            (f"cd {_CONFIG}/rust_configfs; cat message; echo mine >bar; cat bar",
             ("Hello World", "mine")),
            (f"cd {_CONFIG}/rust_configfs; mkdir -p one/two; cat one/baz one/two/gc",
             ("Hello Baz", "Hello GC")),
            (f"cd {_CONFIG}/rust_configfs; rmdir one/two one", ()),
        ),
        driven="attributes, groups",
    ),
    Tried(
        source="samples/rust/rust_driver_faux.rs",
        drive=(("ls /sys/bus/faux/devices | grep -c rust-faux-sample-device", ("1",)),),
        driven="its device is there",
    ),
    Tried(
        source="samples/rust/rust_driver_platform.rs",
        drive=(("ls -d /sys/bus/platform/drivers/rust_driver_platform/LNUX*",
                ("/sys/bus/platform/drivers/rust_driver_platform/LNUXBEEF:00",)),),
        driven="ACPI device",
        # Of a device tree, which no x86 has.
        unreached=("matched compatible", "'"),
    ),
    Tried(
        source="samples/rust/rust_driver_pci.rs",
        drive=(
            (f"cd {_PCI}/drivers/rust_driver_pci; ls -d 0000:* >/d; cat /d >unbind", ()),
            (f"cat /d >{_PCI}/drivers/rust_driver_pci/bind", ()),
            (f"ls {_PCI}/drivers/rust_driver_pci | grep -c 0000:", ("1",)),
        ),
        driven="pci-testdev: bound, unbound",
    ),
    Tried(
        source="samples/rust/rust_dma.rs",
        drive=((f"ls {_PCI}/drivers/rust_dma | grep -c 0000:", ("1",)),),
        driven="pci-testdev: coherent and scattered memory",
    ),
    Tried(
        source="samples/rust/rust_driver_auxiliary.rs",
        drive=(
            ("ls -1 /sys/bus/auxiliary/devices",
             ("rust_driver_auxiliary.auxiliary.0", "rust_driver_auxiliary.auxiliary.1")),
        ),
        driven="pci-testdev and two devices on its bus",
    ),
    Tried(
        source="samples/rust/rust_driver_i2c.rs",
        needs=("I2C",),
        error=("kernel::i2c",),
        modules=_STUB,
        drive=(
            (f"echo rust_driver_i2c 0x30 >{_I2C}/i2c-0/new_device", ()),
            (f"ls -d {_I2C}/../drivers/rust_driver_i2c/0-*",
             (f"{_I2C}/../drivers/rust_driver_i2c/0-0030",)),
            (f"echo 0x30 >{_I2C}/i2c-0/delete_device", ()),
        ),
        driven="a device of i2c-stub",
        unreached=("Shutdown",),
        beside=("i2c i2c-0: ",),
    ),
    Tried(
        source="samples/rust/rust_i2c_client.rs",
        needs=("I2C",),
        error=("kernel::i2c",),
        modules=_STUB,
        drive=((f"cat {_I2C}/0-0030/name", ("rust_driver_i2c",)),),
        driven="ACPI device, which adds one to i2c-stub",
    ),
    Tried(source="samples/rust/rust_driver_usb.rs", needs=("USB",), error=("kernel::usb",)),
    Tried(
        source="samples/rust/rust_driver_serdev.rs",
        needs=("RUST_SERIAL_DEV_BUS_ABSTRACTIONS",),
        error=("kernel::serdev",),
    ),
    Tried(source="samples/rust/rust_soc.rs", needs=("SOC_BUS",), error=("kernel::soc",)),
)  # fmt: skip

_NULL = f"{_CONFIG}/rnull/disk0"
_DRIVERS = (
    Tried(
        source="drivers/block/rnull/rnull.rs",
        module="rnull_mod",
        more=("drivers/block/rnull/configfs.rs",),
        drive=(
            (f"mkdir {_NULL}; cat {_NULL}/../features", ("blocksize,size,rotational,irqmode",)),
            (f"cd {_NULL}; echo 1 >irqmode; echo 16 >size; echo 1 >power; cat power blocksize",
             ("1", "4096")),
            ("mdev -s; cat /sys/block/disk0/size", ("32768",)),
            ("dd if=/dev/zero of=/dev/disk0 bs=1M count=8 conv=fsync 2>&1 | head -n 2",
             ("8+0 records in", "8+0 records out")),
            ("dd if=/dev/disk0 bs=1M count=8 2>/dev/null | wc -c", ("8388608",)),
            (f"echo 0 >{_NULL}/power; rmdir {_NULL}; ls /sys/block | grep disk0 || echo gone",
             ("gone",)),
        ),
        driven="a disk: read, written, completed by soft interrupts",
    ),
    Tried(
        source="drivers/gpu/nova-core/nova_core.rs",
        drive=((f"ls -d {_PCI}/drivers/nova*", (f"{_PCI}/drivers/nova-core",)),),
        driven="registered; there is no such card",
    ),
    Tried(source="drivers/gpu/drm/nova/nova.rs", needs=("DRM",), error=("kernel::drm",)),
    Tried(source="drivers/gpu/drm/tyr/tyr.rs", needs=("DRM",), error=("kernel::drm",)),
    Tried(
        source="drivers/net/phy/ax88796b_rust.rs",
        needs=("RUST_PHYLIB_ABSTRACTIONS",),
        error=("`phy` in `net`",),
        drive=(
            (f"ls {_PHY} | grep Asix",
             ("Asix Electronics AX88772A", "Asix Electronics AX88772C",
              "Asix Electronics AX88796B")),
        ),
        driven="its three drivers are registered; there is no such chip",
    ),
    Tried(
        source="drivers/net/phy/qt2025.rs",
        needs=("RUST_PHYLIB_ABSTRACTIONS",),
        error=("`phy` in `net`",),
        drive=((f"ls {_PHY} | grep QT", ("QT2025 10Gpbs SFP+",)),),
        driven="registered; there is no such chip",
    ),
    Tried(
        source="drivers/cpufreq/rcpufreq_dt.rs",
        needs=("COMMON_CLK", "OF"),
        error=("kernel::clk::Clk", "from_of_cpumask"),
    ),
    Tried(
        source="drivers/pwm/pwm_th1520.rs",
        needs=("RUST_PWM_ABSTRACTIONS",),
        error=("kernel::pwm",),
    ),
    Tried(
        source="drivers/android/binder/rust_binder_main.rs",
        needs=("ANDROID_BINDER_IPC_RUST",),
        error=("kernel::bindings::rb_node_layout",),
    ),
    Tried(
        source="lib/find_bit_benchmark_rust.rs",
        needs=("FIND_BIT_BENCHMARK_RUST",),
        error=("`fill_random`",),
    ),
)  # fmt: skip

TRIED = (*_SAMPLES, *_DRIVERS)


def modules_in(source: Path) -> set[str]:
    """Return the files of a kernel's source that are modules in Rust, but those of tests of it."""
    found = [file for file in source.rglob("*.rs") if _IS_A_MODULE.search(file.read_text())]
    return {str(file.relative_to(source)) for file in found}

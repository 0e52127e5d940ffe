"""What was tried of the samples and drivers of a kernel's source that are written in Rust.

Each is said here by its place in that source, with what drives it in a guest; what it prints is
read from the source itself (`printing`). docs/upstream-mode.md has a row for each.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "upstream-mode.md"
HEADINGS = ("Source", "Built", "Loaded", "Driven", "Bytes")
_TABLE = re.compile(rf"^\| {HEADINGS[0]} .*\n\|[-| ]+\n((?:\|.*\n)*)", re.MULTILINE)

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
        lacks: The option of the configuration without which it cannot be had; empty where it can.
        error: A part of what rustc says of it then.
        parameters: What it is loaded with.
        drive: Commands for the loaded module, and what each prints.
        driven: What they do, in words for the table.
        unreached: Beginnings of lines that it would print on another occasion.
    """

    source: str
    module: str = ""
    more: tuple[str, ...] = ()
    lacks: str = ""
    error: str = ""
    parameters: str = ""
    drive: tuple[tuple[str, tuple[str, ...]], ...] = ()
    driven: str = ""
    unreached: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the module."""
        return self.module or Path(self.source).stem

    @property
    def sources(self) -> tuple[str, ...]:
        """All its files."""
        return (self.source, *self.more)

    def row(self, size: int | None = None) -> list[str]:
        """Return its row of the table: as it was seen, with the size of the module where it was."""
        if self.lacks:
            return [f"`{self.source}`", f"no: CONFIG_{self.lacks} is off", "", "", ""]
        return [f"`{self.source}`", "yes", "yes", self.driven, f"{size:,}"]


def _quiet(command: str) -> tuple[str, tuple[str, ...]]:
    return command, ()


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
        drive=(("ls /sys/bus/faux/devices", ("rust-faux-sample-device",)),),
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
    Tried(source="samples/rust/rust_driver_i2c.rs", lacks="I2C", error="kernel::i2c"),
    Tried(source="samples/rust/rust_i2c_client.rs", lacks="I2C", error="kernel::i2c"),
    Tried(source="samples/rust/rust_driver_usb.rs", lacks="USB", error="kernel::usb"),
    Tried(
        source="samples/rust/rust_driver_serdev.rs",
        lacks="RUST_SERIAL_DEV_BUS_ABSTRACTIONS",
        error="kernel::serdev",
    ),
    Tried(source="samples/rust/rust_soc.rs", lacks="SOC_BUS", error="kernel::soc"),
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
    Tried(source="drivers/gpu/drm/nova/nova.rs", lacks="DRM", error="kernel::drm"),
    Tried(source="drivers/gpu/drm/tyr/tyr.rs", lacks="DRM", error="kernel::drm"),
    Tried(source="drivers/net/phy/ax88796b_rust.rs", lacks="PHYLIB", error="`phy` in `net`"),
    Tried(source="drivers/net/phy/qt2025.rs", lacks="PHYLIB", error="`phy` in `net`"),
    Tried(source="drivers/cpufreq/rcpufreq_dt.rs", lacks="COMMON_CLK", error="kernel::clk::Clk"),
    Tried(source="drivers/pwm/pwm_th1520.rs", lacks="PWM", error="kernel::pwm"),
    Tried(
        source="drivers/android/binder/rust_binder_main.rs",
        lacks="ANDROID_BINDER_IPC_RUST",
        error="kernel::bindings::rb_node_layout",
    ),
    Tried(
        source="lib/find_bit_benchmark_rust.rs",
        lacks="FIND_BIT_BENCHMARK_RUST",
        error="`fill_random`",
    ),
)  # fmt: skip

TRIED = (*_SAMPLES, *_DRIVERS)


def modules_in(source: Path) -> set[str]:
    """Return the files of a kernel's source that are modules in Rust, but those of tests of it."""
    found = [file for file in source.rglob("*.rs") if _IS_A_MODULE.search(file.read_text())]
    return {str(file.relative_to(source)) for file in found}


def rows_of(page: str) -> dict[str, list[str]]:
    """Return the rows of the table in the page, by the source's place."""
    table = _TABLE.search(page)
    assert table, f"{PAGE.name} has no table headed by {HEADINGS}"
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table[1].splitlines()]
    return {row[0].strip("`"): row for row in rows}


def updated(page: str, rows: Mapping[str, Sequence[str]]) -> str:
    """Return the page with these rows in place of older ones; those of others stay."""
    there = {**rows_of(page), **rows}
    ruler = ["-" * len(heading) for heading in HEADINGS]
    lines = [HEADINGS, ruler, *(there[each.source] for each in TRIED if each.source in there)]
    text = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    return _TABLE.sub(lambda _: text, page)

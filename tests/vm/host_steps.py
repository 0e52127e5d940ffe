"""What is done on the host, in its order: one boot a kernel, since a boot costs more than a step.

Each step leaves the kernel as its neighbours need it. The last ones cannot be undone.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

_TOOL = "/py/bin/python3 -m rkmbuild"

# Overwrites the log between two reads of one reader.
_FLOOD = """
from rkmbuild.run import kmsg
with kmsg.Reader() as reader:
    records = reader.available()
    print(next(records).sequence)
    with open("/dev/kmsg", "w") as log:
        for number in range(6000):
            log.write("flood " + "x" * 100 + chr(10))
            log.flush()
    print(next(records).lost)
    print(sum(record.lost for record in records))
"""


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that is done in the guest: a command of the tool, or a shell's, or Python."""

    label: str
    tool: tuple[str, ...] = ()
    shell: str = ""
    python: str = ""
    user: str = "root"
    environment: dict[str, str] = field(default_factory=dict)
    interrupt_after: float = 0
    drop_capability: int = 0

    def document(self) -> dict[str, Any]:
        return asdict(self)


def tool(label: str, words: str, *more: str, **options: Any) -> Step:
    return Step(label=label, tool=(*words.split(), *more), **options)


def shell(label: str, command: str, **options: Any) -> Step:
    return Step(label=label, shell=command, **options)


STEPS = (
    tool("list: empty", "list --json"),
    # What the tool itself built.
    tool("rust: load", "load /hello"),
    tool("rust: list", "list --json"),
    tool("rust: unload", "unload hello-world"),
    # The whole tool, as a user starts it.
    shell(
        "load: parameters",
        f"{_TOOL} load /m/greeter.ko count=2 'whom=the wörld' loud sizes=1,0x2",
    ),
    shell("sys: parameters", "cd /sys/module/greeter/parameters; cat whom sizes count loud"),
    tool("load: twice", "load /m/greeter.ko"),
    tool("load: caller", "load --json /m/caller.ko"),
    tool("list: both", "list"),
    tool("list: both json", "list --json"),
    tool("list: ours", "list --ours --json"),
    tool("unload: used by a module", "unload greeter"),
    tool("replace: used by a module", "load --replace /m/v2/greeter.ko"),
    tool("unload: caller", "unload caller"),
    shell("hold", "sleep 1000 </dev/greeter >/dev/null 2>&1 & echo $! >/tmp/holder"),
    tool("unload: held open", "unload greeter"),
    shell("release", "kill $(cat /tmp/holder); sleep 0.2"),
    tool("replace: done", "load --replace /m/v2/greeter.ko whom=v2"),
    tool("list: replaced", "list --json"),
    tool("replace: refused", "load --replace /m/greeter.ko fail=1"),
    tool("list: put back", "list --json"),
    shell("sys: put back", "cat /sys/module/greeter/parameters/whom"),
    tool("log: module", "log --module greeter"),
    tool("log: since load", "log --since-load --module greeter"),
    tool("log: since load json", "log --since-load --json"),
    tool("log: never loaded", "log --since-load --module caller", user="user"),
    tool("unload: done", "unload greeter"),
    tool("unload: not loaded", "unload greeter"),
    tool("unload: with dashes", "unload no-such-module"),
    tool("unload: built in", "unload printk"),
    shell("insmod", "insmod /m/greeter.ko"),
    tool("replace: refused without a copy", "load --replace /m/v2/greeter.ko fail=1"),
    tool("list: gone", "list --json"),
    # What is no module for this kernel.
    tool("load: text", "load /etc/passwd"),
    tool("load: missing", "load /m/none.ko"),
    tool("load: object", "load /m/object.ko"),
    tool("load: cut off", "load /m/cut.ko"),
    tool("load: other kernel", "load /m/other.ko"),
    tool("load: other machine", "load /m/machine.ko"),
    tool("load: other options", "load /m/options.ko"),
    tool("load: other symbols", "load /m/symbols.ko"),
    tool("load: unknown parameter", "load /m/greeter.ko cuont=1"),
    tool("load: bad value", "load /m/greeter.ko count=many"),
    tool("load: too many values", "load /m/greeter.ko sizes=1,2,3,4"),
    tool("load: init fails", "load --json /m/greeter.ko fail=1"),
    tool("load: needs another", "load /m/caller.ko"),
    # What is packed.
    tool("load: xz", "load /m/greeter.ko.xz"),
    tool("unload: xz", "unload greeter"),
    tool("load: gz", "load /m/greeter.ko.gz"),
    tool("unload: gz", "unload greeter"),
    tool("load: zst", "load /m/greeter.ko.zst"),
    tool("unload: zst", "unload greeter"),
    # A project's folder.
    tool("load: project", "load /project count=3"),
    tool("unload: project", "unload greeter"),
    tool("load: unbuilt project", "load /unbuilt"),
    tool("load: no project", "load /etc"),
    # Without a way out.
    tool("load: stays", "load /m/stays.ko"),
    tool("unload: stays", "unload stays"),
    tool("log: stays", "log --module stays"),
    # Who may do it.
    tool("nobody: sudo refuses", "load /m/greeter.ko", user="nobody"),
    tool("nobody: no sudo", "load /m/greeter.ko", user="nobody", environment={"PATH": "/usr/sbin"}),
    tool("nobody: log", "log", user="nobody"),
    tool("root without the right", "load /m/greeter.ko", drop_capability=16),
    tool("user: load", "load /m/greeter.ko whom=user", user="user"),
    tool("user: list", "list --json", user="user"),
    tool("nobody: unload", "unload greeter", user="nobody"),
    tool("user: unload", "unload greeter", user="user"),
    tool("user: refused", "load /m/greeter.ko fail=1", user="user"),
    shell("allow the log", "sysctl -w kernel.dmesg_restrict=0"),
    tool("user: log", "log --module greeter", user="user"),
    # What comes while one waits.
    shell("later", "(sleep 1; insmod /m/greeter.ko; rmmod greeter) >/dev/null 2>&1 &"),
    tool("log: follow", "log --follow --module greeter", interrupt_after=3.0),
    tool("log: follow json", "log --follow --json", interrupt_after=1.5),
    Step(label="log: overwritten", python=_FLOOD),
    # From here on nothing can be undone.
    tool("load: crash", "load /m/greeter.ko crash=1"),
    tool("list: crashed", "list --json"),
    tool("unload: crashed", "unload greeter"),
    shell("lock down", "echo integrity >/sys/kernel/security/lockdown"),
    tool("load: locked down", "load /m/caller.ko"),
    shell("want signatures", "echo 1 >/sys/module/module/parameters/sig_enforce"),
    tool("load: unsigned", "load /m/caller.ko"),
    shell("end modules", "sysctl -w kernel.modules_disabled=1"),
    tool("load: disabled", "load /m/caller.ko"),
)

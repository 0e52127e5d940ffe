"""What is done on the host, in its order: one boot a kernel, since a boot costs more than a step.

Each step leaves the kernel as its neighbours need it. The last ones cannot be undone.
"""

from tests.vm.host_persist_steps import PERSIST
from tests.vm.host_step import Step, instead, path, shell, tool

# Nothing holds greeter but the modules that use it: what was held open is closed.
_RELEASED = (
    "cd /sys/module/greeter;"
    ' until [ "$(cat refcnt)" = "$(ls holders | wc -l)" ]; do sleep 0.1; done'
)
# A thread that the kernel ended has said all by then.
GONE = "while grep -qx left-behind /proc/[0-9]*/comm; do sleep 0.1; done"

_TOOL = "/py/bin/python3 -m rkmbuild"
_SYMBOLS = "--allow symbol-version --allow symbol-unknown"

# Overwrites the log between two reads of one reader.
_FLOOD = """
from rkmbuild.klog import kmsg
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


# Prints how all relocations of a loaded module are explained, with what the kernel has there.
_READ_BACK = """
import contextlib, io, json, os, struct, sys
import rkmbuild.cli
from rkmbuild.verdict import arithmetic

arithmetic.one_of_each = lambda every, settled: list(every)
sys.argv = "rkmbuild check --running --json --explain-relocations /alone/{module}.ko".split()
out = io.StringIO()
with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
    rkmbuild.cli.main()
document = json.loads(out.getvalue())
memory = os.open("/proc/kcore", os.O_RDONLY)
start, = struct.unpack_from("<Q", os.pread(memory, 64, 0), 32)
size, count = struct.unpack_from("<HH", os.pread(memory, 64, 0), 54)
table = struct.iter_unpack("<IIQQQQQQ", os.pread(memory, size * count, start))
parts = [(vaddr, offset, long) for _, _, offset, vaddr, _, _, long, _ in table]
for each in document["relocations"]:
    place = int(each["P"]["address"] or "0", 16)
    at = [offset + place - vaddr for vaddr, offset, long in parts if 0 <= place - vaddr < long]
    each["there"] = os.pread(memory, each["width"], at[0]).hex(" ") if at else None
print(json.dumps(document))
"""

_WHOLE = (
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
    tool("check: loaded", "check --running --json /m/greeter.ko"),
    tool("check: by a user", "check --running /m/greeter.ko", user="user"),
    tool("load: caller", "load --json /m/caller.ko"),
    tool("list: both", "list"),
    tool("list: both json", "list --json"),
    tool("list: ours", "list --ours --json"),
    tool("unload: used by a module", "unload greeter"),
    tool("replace: used by a module", "load --replace /m/v2/greeter.ko"),
    tool("unload: caller", "unload caller"),
    shell("hold", "sleep 1000 </dev/greeter >/dev/null 2>&1 & echo $! >/tmp/holder"),
    tool("unload: held open", "unload greeter"),
    shell("release", f"kill $(cat /tmp/holder); {_RELEASED}"),
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
    tool(
        "log: follow",
        "log --follow --module greeter",
        meanwhile="insmod /m/greeter.ko whom=follower; rmmod greeter",
        interrupt_when=r"Hello follower[^\n]*\n[^\n]*Goodbye[^\n]*\n",
    ),
    tool("log: follow json", "log --follow --json", interrupt_when=r"(?:[^\n]*\n){101}"),
    # A trace of a module that has its debug information beside it.
    tool("load: crashes", "load /c/crashes.ko"),
    shell("warn", "echo warn >/dev/crashes"),
    tool("log: trace", "log --since-load --module crashes"),
    tool("log: trace raw", "log --since-load --raw"),
    tool("log: trace json", "log --since-load --json"),
    tool(
        "log: trace followed",
        "log --follow --since-load --module crashes",
        meanwhile="echo warn >/dev/crashes",
        interrupt_when=r"(?:\n    \| decoded: [\s\S]*?){2}",
    ),
    tool("unload: crashes", "unload crashes"),
    Step(label="log: overwritten", python=_FLOOD),
)

# What goes with other modules, and what `check` says before.
_TOGETHER = (
    tool("needs: nowhere", "load /m/alone/caller.ko"),
    tool("needs: nowhere, allowed", "load --allow symbol-unknown /m/alone/caller.ko"),
    tool("needs: chain", "load --json /m/party.ko greeter.whom=all"),
    tool("needs: listed", "list --json"),
    shell("needs: parameter", "cat /sys/module/greeter/parameters/whom"),
    tool("users: stay", "unload greeter"),
    tool("users: held", "unload --with-users caller"),
    shell("hold greeter", "sleep 1000 </dev/greeter >/dev/null 2>&1 & echo $! >/tmp/holder"),
    tool("users: held open", "unload --with-users greeter"),
    shell("release greeter", "(sleep 2; kill $(cat /tmp/holder)) >/dev/null 2>&1 &"),
    tool("users: unloaded", "unload --with-users --wait 60 greeter"),
    tool("users: none left", "list --json"),
    # The first insmod loads the module twice, as if another tool had been faster.
    instead("insmod", "/races", 'insmod "$@"'),
    tool("needs: race", "load /m/caller.ko", environment=path("/races")),
    tool("needs: race out", "unload --with-users greeter"),
    tool("middle: fails", "load /m/party.ko relay.fail=1"),
    tool("middle: last fails", "load /m/party.ko fail=1"),
    # The third insmod presses Ctrl-C, and goes on.
    instead("insmod", "/interrupts-load", *[":"] * 2, "kill -INT $PPID; sleep 1"),
    tool("middle: interrupted", "load /m/party.ko", environment=path("/interrupts-load")),
    tool("middle: nothing left", "list --json"),
    tool("needs: unknown parameter", "load /m/party.ko greeter.cuont=1"),
    tool("needs: unknown module", "load /m/party.ko none.count=1"),
    tool("needs: workspace", "load --json /workspace/caller"),
    tool("needs: one there", "load --json /m/relay.ko"),
    tool("needs: workspace out", "unload --with-users greeter"),
    shell("a packed one with the kernel", "cp /m/greeter.ko.xz /lib/modules/$(uname -r)/kernel/"),
    tool("needs: packed", "load --json /m/alone/caller.ko"),
    tool("needs: packed out", "unload --with-users greeter"),
    shell("none with the kernel", "rm /lib/modules/$(uname -r)/kernel/greeter.ko.xz"),
    # The verdict.
    tool("rule: release", "load /m/release.ko"),
    tool("rule: release, allowed", "load --allow release-differs /m/release.ko"),
    tool("rule: release out", "unload greeter"),
    tool("rule: dangerous", "load /m/speculates.ko"),
    tool("rule: dangerous, allowed", "load --allow no-retpoline /m/speculates.ko"),
    tool("rule: dangerous out", "unload greeter"),
    tool("rule: refused, allowed", "load --allow vermagic /m/options.ko"),
    tool("rule: unknown", "load --allow no-retpolines /m/greeter.ko"),
    tool("check: without headers", "check --running --json /m/symbols.ko"),
    shell("headers", "mkdir -p /usr/src; mv /headers /usr/src/linux-headers-$(uname -r)"),
    tool("check: symbols", "load /m/symbols.ko"),
    # One of the rules is broken: which, depends on whether the kernel has checksums.
    tool("check: symbols, allowed", f"load {_SYMBOLS} /m/symbols.ko"),
    tool("check: needs nowhere", "load /m/alone/caller.ko"),
    tool("check: chain", "load --json -v /m/party.ko"),
    tool("check: chain out", "unload --with-users greeter"),
    tool("check: rust", "load --json -v /adder"),
    tool("check: rust out", "unload --with-users adder"),
    shell("check: insmod", "insmod /m/greeter.ko"),
    tool("check: exports of what is loaded", "load /m/alone/caller.ko"),
    tool("check: all out", "unload --with-users greeter"),
    # To judge symbols takes seconds in an emulator.
    shell("no headers", "mv /usr/src/linux-headers-$(uname -r) /headers"),
)

# Modules in Rust and in C that call each other, and what the kernel made of their symbols.
_ADDER = (
    tool("adder: missing", "load /alone/calls_from_rust.ko"),
    shell("adder: missing to the kernel", "insmod /alone/calls_from_c.ko; dmesg | tail -n 3"),
    tool("adder: load", "load --json /adder"),
    tool("adder: load C", "load /adder/calls_from_c.ko"),
    tool("adder: listed", "list --json"),
    tool("adder: listed as text", "list"),
    shell("adder: from Rust", "cat /proc/calls_from_rust"),
    shell("adder: from C", "cat /proc/calls_from_c"),
    Step(label="adder: read back in C", python=_READ_BACK.format(module="calls_from_c")),
    shell("adder: kallsyms", "grep 'add\t\\[adder]$' /proc/kallsyms"),
    tool("adder: in use", "unload adder"),
)
_ADDER_OUT = (
    tool("adder: one user less", "unload calls_from_rust"),
    tool("adder: still in use", "unload adder"),
    tool("adder: unload", "unload --with-users adder"),
)
# Fifteen times as many relocations, which take an emulator ten seconds.
_READ_BACK_RUST = Step(
    label="adder: read back in Rust", python=_READ_BACK.format(module="calls_from_rust")
)

# From here on nothing can be undone.
_LEAVES = (
    # A thread of it wakes up after it has gone.
    tool("load: leaves", "load /c/leaves.ko"),
    tool("unload: leaves", "unload leaves"),
    shell("wait for the thread", GONE),
    tool("log: unloaded", "log --since-load --module leaves"),
)
_CRASH = (
    tool("load: crash", "load /m/greeter.ko crash=1"),
    tool("list: crashed", "list --json"),
    tool("unload: crashed", "unload greeter"),
)
# Of a kernel that lets a module be loaded after a load that crashed; see `steps`.
_CRASH_AGAIN = (tool("load: crash decoded", "load /c/crashes.ko how=null"),)
_LOCKED = (
    shell("lock down", "echo integrity >/sys/kernel/security/lockdown"),
    tool("check: locked down", "load /m/sulks.ko"),
    tool("load: locked down", "load --allow lockdown /m/sulks.ko"),
    shell("want signatures", "echo 1 >/sys/module/module/parameters/sig_enforce"),
    tool("check: unsigned", "load --allow lockdown /m/sulks.ko"),
    tool("load: unsigned", "load --allow lockdown --allow signature-required /m/sulks.ko"),
    shell(
        "check: the kernel's own", f"{_TOOL} check --running --json /lib/modules/*/kernel/own.ko"
    ),
)
_END = (
    shell("end modules", "sysctl -w kernel.modules_disabled=1"),
    tool("load: disabled", "load --allow lockdown --allow signature-required /m/sulks.ko"),
)

# What is done with files does not depend on the kernel: one of them does it. Kernels that keep
# freed code in large pages (CONFIG_ARCH_HAS_EXECMEM_ROX) fill it with breakpoints, which end them.
# And from 6.5 on a load may crash after one that crashed: kernel/module/main.c, idempotent(), walks
# a list with an entry on the stack of the process that was killed.
_BEFORE_THE_CRASH = {"6.1": _LEAVES, "6.12": (*PERSIST, *_LEAVES)}
_AFTER_THE_CRASH = {"6.1": (*_CRASH_AGAIN, *_LOCKED)}


def steps(name: str) -> tuple[Step, ...]:
    """Return what is done under a kernel of the matrix, in its order."""
    before, after = _BEFORE_THE_CRASH.get(name, ()), _AFTER_THE_CRASH.get(name, ())
    adder = (*_ADDER, *([_READ_BACK_RUST] if name == "6.12" else []), *_ADDER_OUT)
    return (*_WHOLE, *_TOGETHER, *adder, *before, *_CRASH, *after, *_END)

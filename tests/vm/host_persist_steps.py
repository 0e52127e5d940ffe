"""What is done on the tests' host about modules that are loaded at every boot."""

from tests.vm.host_step import instead, path, shell, tool

# All files and folders, with what is in them; lists of depmod's and what we made included.
_SNAPSHOT = (
    "(cd /; find lib/modules etc | sort; find lib/modules etc -type f | sort | xargs sha256sum)"
)
_SAME = f"{_SNAPSHOT} | diff /tmp/before -"
_FIND = "find /lib/modules/*/updates /etc/modules-load.d /etc/modprobe.d -type f"
_FILES = f"{_FIND} | sort"
_UPDATES = "/lib/modules/$(uname -r)/updates"
_OWN = f"{_UPDATES}/rkmbuild"
_CLEAR = f"rm -r {_OWN}; rmdir {_UPDATES}; /usr/sbin/depmod"
# What Debian's init script and systemd-modules-load do at boot.
_BOOT = "/usr/sbin/modprobe -a $(grep -hv '^#' /etc/modules-load.d/*.conf)"


PERSIST = (
    shell(
        "persist: before",
        f"/usr/sbin/depmod; mkdir -p /etc/modprobe.d; {_SNAPSHOT} >/tmp/before",
    ),
    tool("persist: chain", "load --json --persist /m/party.ko", "greeter.whom=the wörld \\ it"),
    shell("persist: files", _FILES),
    shell("persist: conf", "cat /etc/modules-load.d/rkmbuild-party.conf"),
    tool("persist: unload", "unload --with-users greeter"),
    shell("persist: boot", f"{_BOOT}; cat /sys/module/greeter/parameters/whom"),
    shell("persist: booted", "cut -d' ' -f1 /proc/modules | sort"),
    tool("persist: booted out", "unload --with-users greeter"),
    # A second one that shares some files, of another version.
    tool("persist: shares", "load --persist /m/v2/caller.ko"),
    tool("persist: there already", "load --persist /m/v2/caller.ko"),
    tool("persist: remove one", "load --remove-persist party"),
    shell("persist: left", _FILES),
    tool("persist: remove other", "load --json --remove-persist /m/caller.ko"),
    shell("persist: same", _SAME),
    tool("persist: remove none", "load --remove-persist party"),
    tool("persist: remove and more", "load --remove-persist party --replace"),
    # What is not ours, and what goes wrong. Both modules are loaded by now.
    shell(
        "persist: not ours",
        "mkdir -p /etc/modules-load.d; echo x >/etc/modules-load.d/a.conf; "
        f"echo caller >/etc/modules-load.d/rkmbuild-caller.conf; {_SNAPSHOT} >/tmp/before",
    ),
    tool("persist: conf in the way", "load --persist /m/v2/caller.ko"),
    shell("persist: same 2", _SAME),
    shell(
        "persist: not ours 2",
        "rm /etc/modules-load.d/rkmbuild-caller.conf; "
        f"mkdir -p {_OWN}; echo x >{_OWN}/greeter.ko; {_SNAPSHOT} >/tmp/before",
    ),
    tool("persist: module in the way", "load --persist /m/v2/caller.ko"),
    shell("persist: same 3", _SAME),
    shell("persist: out of the way", f"{_CLEAR}; {_SNAPSHOT} >/tmp/before"),
    instead("depmod", "/interrupts", "kill -INT $PPID; sleep 60"),
    tool(
        "persist: interrupted",
        "load --persist /m/v2/caller.ko",
        environment=path("/interrupts"),
    ),
    shell("persist: same 4", _SAME),
    instead("depmod", "/fails", "echo depmod: no >&2; exit 1"),
    tool("persist: depmod fails", "load --persist /m/v2/caller.ko", environment=path("/fails")),
    shell("persist: same 5", _SAME),
    tool("persist: user", "load --persist /m/v2/caller.ko", user="user"),
    shell("persist: same 6", _SAME),
    # Killed while the lists are made, and before the first module has its name.
    instead("depmod", "/killed", "kill -KILL $PPID; sleep 1"),
    tool("persist: killed", "load --persist /m/v2/caller.ko", environment=path("/killed")),
    tool("persist: remove after the kill", "load --remove-persist caller"),
    shell("persist: same 7", _SAME),
    instead("mv", "/killed-early", 'exec /usr/bin/mv "$@"', "kill -KILL $PPID; exit 1"),
    tool(
        "persist: killed early", "load --persist /m/v2/caller.ko", environment=path("/killed-early")
    ),
    tool("persist: remove after the early kill", "load --remove-persist caller"),
    shell("persist: same 8", _SAME),
    tool("persist: all out", "unload --with-users greeter"),
    # Packed; and changed by somebody before it is removed.
    tool("persist: packed", "load --persist /m/greeter.ko.gz"),
    shell("persist: unpacked", f"cmp {_OWN}/greeter.ko /m/greeter.ko"),
    shell("persist: change", f"echo x >>{_OWN}/greeter.ko"),
    tool("persist: changed", "load --remove-persist greeter"),
    shell("persist: change stays", f"tail -c 2 {_OWN}/greeter.ko; {_CLEAR}; {_SAME}"),
    tool("persist: packed out", "unload greeter"),
    # By way of sudo.
    shell(
        "persist: a right to all",
        f"echo 'user ALL=(root) NOPASSWD: ALL' >>/etc/sudoers; {_SNAPSHOT} >/tmp/before",
    ),
    tool("persist: sudo", "load --persist /m/caller.ko greeter.count=0", user="user"),
    shell("persist: sudo files", f"{_FIND} -exec stat -c '%U %a %n' {{}} +"),
    tool("persist: sudo remove", "load --remove-persist caller", user="user"),
    shell("persist: same 9", _SAME),
    tool("persist: sudo out", "unload --with-users greeter"),
)

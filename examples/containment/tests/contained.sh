# Runs in a virtual machine, as root, with the module loaded: `rkmbuild test`.
test -e contained || {
	echo "it was not compiled: gcc -static -pthread -o tests/contained user/contained.c"
	exit 4
}
set -e
mkdir -p /jail /out
echo contents > /out/file
cp contained /jail/contained
chmod +x /jail/contained
/jail/contained

# What would switch the gates off is refused.
if echo 0 > /proc/sys/kernel/ftrace_enabled; then
	exit 1
fi

# The module stays while somebody has the device open, and while somebody is inside.
exec 3< /dev/containment
if rmmod "$RKMBUILD_MODULE"; then
	exit 1
fi
exec 3<&-
pid=$(/jail/contained stay)
if rmmod "$RKMBUILD_MODULE"; then
	exit 1
fi
cat /proc/containment
grep -q ' processes 1 .* /jail$' /proc/containment
kill "$pid"
until rmmod "$RKMBUILD_MODULE" 2> /dev/null; do :; done
test ! -e /dev/containment
test ! -e /proc/containment
cat /out/file

# Runs in a virtual machine, as root, with the module loaded: `rkmbuild test`.
set -e
device=/dev/$RKMBUILD_MODULE

exec 3<>"$device"
echo 'Hello device!' >&3
test "$(cat <&3)" = 'Hello device!'

# Whoever else opens it has a buffer of their own.
test -z "$(cat "$device")"

# More than the limit is refused.
if dd if=/dev/zero of="$device" bs=4097 count=1; then
    echo 'took too much'
    exit 1
fi

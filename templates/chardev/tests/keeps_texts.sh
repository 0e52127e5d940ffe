# Runs in a virtual machine, as root, with the module loaded: `rkmbuild test`.
# rkmbuild: params devices=3
set -e
device=/dev/$RKMBUILD_MODULE
grep " $RKMBUILD_MODULE$" /proc/devices

echo one > "${device}0"
echo two > "${device}2"
test "$(cat "${device}0")" = one
test -z "$(cat "${device}1")"
test "$(cat "${device}2")" = two
test ! -e "${device}3"

# An open device keeps the module loaded.
exec 3< "${device}0"
if rmmod "$RKMBUILD_MODULE"; then
    echo 'unloaded while it was in use'
    exit 1
fi

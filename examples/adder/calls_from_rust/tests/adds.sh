# Runs in a virtual machine, as root, with the module loaded: `rkmbuild test`.
set -e
cat "/proc/$RKMBUILD_MODULE"
said() {
    sed -n "s/^$1 //p" "/proc/$RKMBUILD_MODULE"
}
there=0x$(sed -n 's/^0*\([0-9a-f]*\) . add\t\[adder\]$/\1/p' /proc/kallsyms)
test "$(said by_name)" = "$there"
test "$(said by_pointer)" = "$there"
test "$(said in_table)" = "$there"
test "$(said sum_by_name) $(said sum_by_pointer)" = '5 50'
test "$(said counted)" -ge 2

# What the other one uses stays.
if rmmod adder; then
    echo 'unloaded while it was in use'
    exit 1
fi
test "$(ls /sys/module/adder/holders)" = "$RKMBUILD_MODULE"

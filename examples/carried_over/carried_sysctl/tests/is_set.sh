# Runs in a virtual machine, as root, with the module loaded: `rkmbuild test`.
set -e
a=/proc/sys/rust/example/a
test "$(stat -c %a $a)" = 644
test "$(cat $a)" = 0
echo 1 > $a
test "$(cat $a)" = 1
if echo perhaps > $a; then
    echo 'a word was taken'
    exit 1
fi
test "$(cat $a)" = 1
rmmod carried_sysctl
dmesg | grep 'carried_sysctl: Current sysctl value: true'
test ! -e /proc/sys/rust

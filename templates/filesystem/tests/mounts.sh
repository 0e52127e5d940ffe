# Runs in a virtual machine, as root, with the module loaded: `rkmbuild test`.
set -e
mkdir -p /mnt
mount -t "$RKMBUILD_MODULE" none /mnt

test "$(cat /mnt/hello.txt)" = 'Hello file system!'
test "$(ls /mnt/mount | tr '\n' ' ')" = 'greeting process '
test "$(cat /mnt/mount/greeting)" = 'Hello file system!'
grep '^[0-9]*$' /mnt/mount/process

if touch /mnt/new; then
    echo 'a file was made where nothing changes'
    exit 1
fi
if rmmod "$RKMBUILD_MODULE"; then
    echo 'unloaded while it was mounted'
    exit 1
fi
umount /mnt

# Runs in a virtual machine, as root, with the module loaded: `rkmbuild test`.
set -e
dmesg | grep 'carried_hello: Hello kernel module!'
rmmod carried_hello
dmesg | grep 'carried_hello: My message is on the heap!'
dmesg | grep 'carried_hello: Goodbye kernel module!'

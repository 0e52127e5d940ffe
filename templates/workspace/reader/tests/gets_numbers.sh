# Runs in a virtual machine, as root, with the module loaded: `rkmbuild test`.
set -e
grep "^${RKMBUILD_MODULE}_counter .* $RKMBUILD_MODULE,? Live" -E /proc/modules
dmesg | grep "$RKMBUILD_MODULE: got T-001 and T-002"

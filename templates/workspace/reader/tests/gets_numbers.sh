# Runs in a virtual machine, as root, with the module loaded: `rkmbuild test`.
set -e
grep -E "^${RKMBUILD_MODULE}_counter .* $RKMBUILD_MODULE,? Live" /proc/modules
# The other module may have given numbers to a test before.
dmesg | grep -E "$RKMBUILD_MODULE: got T-[0-9]{3,} and T-[0-9]{3,}"

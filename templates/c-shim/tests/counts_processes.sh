# Runs in a virtual machine, as root, with the module loaded: `rkmbuild test`.
set -e
said=$(dmesg | sed -n "s/.*$RKMBUILD_MODULE: \([0-9]*\) processes, the newest is [0-9]*\$/\1/p")
there=$(ls -d /proc/[0-9]* | wc -l)
echo "it counted $said, and now there are $there"
test "$said" -gt 1
test "$said" -gt $((there - 10))
test "$said" -lt $((there + 10))

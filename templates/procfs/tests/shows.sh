# Runs in a virtual machine, as root, with the module loaded: `rkmbuild test`.
# rkmbuild: params greeting="Good morning"
set -e
file=/proc/$RKMBUILD_MODULE

grep '^Good morning, process [0-9]*!$' "$file"
grep '^loaded for [0-9]* ms$' "$file"
grep '^shown 2 times before$' "$file"
test "$(stat -c %A "$file")" = -r--r--r--

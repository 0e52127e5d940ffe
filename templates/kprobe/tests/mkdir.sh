# Runs in a virtual machine, as root, with the module loaded: `rkmbuild test`.
# Makes directories, one of them twice, and looks at what the module counted.
set -eu

count() {
	sed -n "s/^$1: //p" "/proc/$RKMBUILD_MODULE"
}

folder=./made.$$
mkdir "$folder"
calls=$(count calls) failed=$(count failed)

mkdir "$folder/a" "$folder/b"
if mkdir "$folder/a" 2>/dev/null; then
	echo "a directory was made twice"
	exit 1
fi
rm -r "$folder"

calls=$(($(count calls) - calls)) failed=$(($(count failed) - failed))
echo "calls: $calls, of which failed: $failed"
[ "$calls" -eq 3 ]
[ "$failed" -eq 1 ]

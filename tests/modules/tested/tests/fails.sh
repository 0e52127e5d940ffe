echo "to standard output"
echo "to standard error" >&2
exit 3

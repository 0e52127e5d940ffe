echo "TAP version 13"
echo "1..2"
echo "ok 1 - the first"
echo "not ok 2 - the second"

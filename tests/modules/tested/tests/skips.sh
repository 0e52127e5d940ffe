echo "there is no card reader"
exit 4

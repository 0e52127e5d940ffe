# rkmbuild: params label="two words"
grep "^$RKMBUILD_MODULE " /proc/modules &&
    [ "$(id -u)" = 0 ] &&
    [ "$(cat "/sys/module/$RKMBUILD_MODULE/parameters/label")" = "two words" ]

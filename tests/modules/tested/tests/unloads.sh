# What is said when the module goes can be tested by taking it out.
rmmod "$RKMBUILD_MODULE" && [ ! -e "/sys/module/$RKMBUILD_MODULE" ]

#define UTS_RELEASE "6.12.117+deb12-cloud-amd64"

// SPDX-License-Identifier: GPL-2.0
/* Uses the device in every way; prints what failed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <unistd.h>

#define WHO _IO('r', 0)
#define GET _IOR('r', 1, uint64_t)
#define SET _IOW('r', 2, uint64_t)
#define FORGET _IO('r', 4)
#define FULL _IO('r', 5)
#define ADD _IOWR('r', 3, uint64_t)

static int failed;

#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			printf("line %d: %s (errno %d)\n", __LINE__, #condition, errno); \
			failed = 1; \
		} \
	} while (0)
#define FAILS(call, error) \
	do { \
		errno = 0; \
		CHECK((call) == -1 && errno == (error)); \
	} while (0)

static void *fill(void *fd)
{
	usleep(50000);
	CHECK(write(*(int *)fd, "woken", 5) == 5);
	return NULL;
}

/* Takes away what the others wait for, while they do. */
static void *forget(void *fd)
{
	usleep(50000);
	CHECK(!ioctl(*(int *)fd, FORGET));
	return NULL;
}

/* Waits until it can write, which somebody else's taking away what it waits for ends. */
static void wait_to_write(void)
{
	struct timeval limit = {20, 0};
	int fd = open("/dev/rkm-device", O_RDWR);
	pthread_t thread;
	fd_set files;

	FD_ZERO(&files);
	FD_SET(fd, &files);
	CHECK(!ioctl(fd, FULL));
	CHECK(!pthread_create(&thread, NULL, forget, &fd));
	CHECK(select(fd + 1, NULL, &files, NULL, &limit) == 1 && limit.tv_sec > 10);
	pthread_join(thread, NULL);
	CHECK(!close(fd));
}

int main(void)
{
	char buffer[64] = "", line[200];
	uint64_t value = 0;
	void *nowhere = (void *)0x10, *kernel = (void *)0xffffffff81000000;
	struct iovec parts[2] = {{"one ", 4}, {"two", 3}};
	struct pollfd ready;
	pthread_t thread;
	unsigned char *map;
	FILE *info;
	long compat = 54;
	int fd;

	FAILS(open("/dev/rkm-device", O_WRONLY), EACCES);
	fd = open("/dev/rkm-device", O_RDWR);
	CHECK(fd >= 0);

	ready = (struct pollfd){fd, POLLIN | POLLOUT, 0};
	CHECK(poll(&ready, 1, 0) == 1 && ready.revents == POLLOUT);
	ready.events = POLLIN;
	CHECK(poll(&ready, 1, 10) == 0);
	CHECK(!pthread_create(&thread, NULL, forget, &fd));
	CHECK(poll(&ready, 1, 200) == 0);
	pthread_join(thread, NULL);
	CHECK(!pthread_create(&thread, NULL, fill, &fd));
	CHECK(poll(&ready, 1, 5000) == 1 && ready.revents == POLLIN);
	pthread_join(thread, NULL);

	CHECK(read(fd, buffer, 3) == 3 && !memcmp(buffer, "wok", 3));
	CHECK(read(fd, buffer, 64) == 2 && !memcmp(buffer, "en", 2));
	CHECK(read(fd, buffer, 64) == 0);
	CHECK(lseek(fd, -2, SEEK_END) == 3);
	CHECK(read(fd, buffer, 64) == 2 && !memcmp(buffer, "en", 2));
	FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
	FAILS(lseek(fd, 0, SEEK_CUR), EINVAL);
	CHECK(pread(fd, buffer, 4, 1) == 4 && !memcmp(buffer, "oken", 4));
	CHECK(pread(fd, buffer, 4, 1000) == 0);
	CHECK(writev(fd, parts, 2) == 7);
	CHECK(read(fd, buffer, 64) == 7 && !memcmp(buffer, "one two", 7));
	FAILS(pread(fd, buffer, 4, 7777), EIO); /* the device says: later */
	FAILS(pwrite(fd, buffer, 4, 7777), EIO);
	FAILS(pread(fd, buffer, 4, 8888), EIO); /* and: more than that */
	FAILS(pwrite(fd, buffer, 4, 8888), EIO);
	FAILS(lseek(fd, -5, SEEK_HOLE), EINVAL);
	FAILS(pread(fd, nowhere, 5, 0), EFAULT);
	FAILS(write(fd, nowhere, 5), EFAULT);
	FAILS(write(fd, kernel, 5), EFAULT);

	CHECK(ioctl(fd, WHO) == getpid());
	CHECK(!ioctl(fd, GET, &value) && value == 1);
	value = 40;
	CHECK(!ioctl(fd, SET, &value));
	value = 2;
	CHECK(!ioctl(fd, ADD, &value) && value == 42);
	FAILS(ioctl(fd, GET, nowhere), EFAULT);
	FAILS(ioctl(fd, SET, nowhere), EFAULT);
	FAILS(ioctl(fd, GET, kernel), EFAULT);
	FAILS(ioctl(fd, SET, kernel), EFAULT);
	FAILS(ioctl(fd, _IO('r', 99)), ENOTTY);

	/* The call of a 32-bit process, which a 64-bit one can make too. */
	asm volatile("int $0x80" : "+a"(compat) : "b"((long)fd), "c"((long)WHO), "d"(0L)
		     : "memory", "r8", "r9", "r10", "r11");
	CHECK(compat == 32);

	map = mmap(NULL, 3 * 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED && map[0] == 1 && map[4096] == 2 && map[3 * 4096 - 1] == 3);
	FAILS(mprotect(map, 4096, PROT_READ | PROT_WRITE), EACCES);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	CHECK(mmap(NULL, 4 * 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 3 * 4096) == MAP_FAILED);

	snprintf(line, sizeof(line), "/proc/self/fdinfo/%d", fd);
	info = fopen(line, "r");
	CHECK(info != NULL);
	while (info && fgets(line, sizeof(line), info))
		if (!strncmp(line, "value:", 6))
			value = strtoul(line + 6, NULL, 10) + 1000;
	CHECK(value == 1042);

	wait_to_write();
	CHECK(!close(fd));
	CHECK(map[4096] == 2); /* mapped pages outlive the file's descriptor */
	CHECK(!munmap(map, 3 * 4096));
	puts(failed ? "failed" : "all well");
	return failed;
}

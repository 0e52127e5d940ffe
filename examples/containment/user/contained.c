// SPDX-License-Identifier: GPL-2.0
/*
 * Uses /dev/containment as a program in C would, and wrongly where it can: says what is not as it should
 * be, or "all well".
 *
 *     gcc -static -pthread -o tests/contained user/contained.c
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "containment.h"

static int failures;

#define is(what, expected)                                                                         \
	do {                                                                                       \
		long is_ = (what);                                                                 \
                                                                                                   \
		if (is_ != (expected)) {                                                           \
			printf("%d: %s is %ld, errno %d\n", __LINE__, #what, is_, errno);          \
			failures++;                                                                \
		}                                                                                  \
	} while (0)

/* 0, or the errno. */
static int call(int device, unsigned long command, unsigned long argument)
{
	return ioctl(device, command, argument) ? errno : 0;
}

static int opens(const char *path)
{
	int file = open(path, O_RDONLY);

	if (file < 0)
		return errno;
	close(file);
	return 0;
}

static int container(void)
{
	int device = open("/dev/containment", O_RDONLY | O_CLOEXEC);

	is(call(device, CONTAINMENT_CREATE, (unsigned long)"/jail"), 0);
	return device;
}

/* A child that waits for a byte, opens a file outside, and ends with the errno. */
struct child {
	pid_t pid;
	int go;
};

static struct child start(void)
{
	int ends[2];
	struct child child;

	if (pipe2(ends, O_CLOEXEC))
		exit(1);
	child.pid = fork();
	if (!child.pid) {
		char byte;

		close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 1 ? opens("/out/file") : 99);
	}
	close(ends[0]);
	child.go = ends[1];
	return child;
}

static int ends_with(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -status;
}

static int end(struct child child)
{
	if (write(child.go, "x", 1) != 1)
		return -1;
	close(child.go);
	return ends_with(child.pid);
}

static void bad_arguments(void)
{
	char *longest = malloc(PATH_MAX + 1);
	int device = open("/dev/containment", O_RDONLY);
	struct child child = start();
	char room[4096];

	memset(longest, 'x', PATH_MAX);
	longest[PATH_MAX] = 0;
	is(call(device, CONTAINMENT_ADD, child.pid), ENXIO);
	is(call(device, CONTAINMENT_REMOVE, child.pid), ENXIO);
	is(call(device, CONTAINMENT_DESTROY, 0), ENXIO);
	is(read(device, room, sizeof(room)), -1);
	is(errno, ENXIO);
	is(call(device, CONTAINMENT_CREATE, 0), EFAULT);
	is(call(device, CONTAINMENT_CREATE, ~0ul), EFAULT);
	is(call(device, CONTAINMENT_CREATE, 1ul << 63), EFAULT);
	is(call(device, CONTAINMENT_CREATE, (unsigned long)""), ENOENT);
	is(call(device, CONTAINMENT_CREATE, (unsigned long)"/nowhere"), ENOENT);
	is(call(device, CONTAINMENT_CREATE, (unsigned long)"/out/file"), ENOTDIR);
	is(call(device, CONTAINMENT_CREATE, (unsigned long)longest), ENAMETOOLONG);
	is(call(device, 0, 0), ENOTTY);
	is(call(device, ~0u, 0), ENOTTY);
	is(call(device, CONTAINMENT_CREATE, (unsigned long)"/jail"), 0);
	is(call(device, CONTAINMENT_CREATE, (unsigned long)"/jail"), EEXIST);

	is(call(device, CONTAINMENT_ADD, 0), EINVAL);
	is(call(device, CONTAINMENT_ADD, -1), EINVAL);
	/* Cut to 32 bits, as in the slides, it would be the child. */
	is(call(device, CONTAINMENT_ADD, 1ul << 32 | child.pid), EINVAL);
	is(call(device, CONTAINMENT_ADD, INT_MAX), ESRCH);
	is(call(device, CONTAINMENT_ADD, 1), EPERM);
	/* kthreadd */
	is(call(device, CONTAINMENT_ADD, 2), EPERM);
	is(call(device, CONTAINMENT_REMOVE, INT_MAX), ESRCH);
	is(call(device, CONTAINMENT_REMOVE, child.pid), ENOENT);
	is(call(device, CONTAINMENT_ADD, child.pid), 0);
	is(call(device, CONTAINMENT_ADD, child.pid), EEXIST);

	is(read(device, room, 16), -1);
	is(errno, EINVAL);
	is(end(child), EACCES);
	is(syscall(SYS_read, device, 8, 1 << 16), -1);
	is(errno, EFAULT);
	is(call(device, CONTAINMENT_REMOVE, child.pid), ESRCH);
	free(longest);
	close(device);
}

static void two_containers(void)
{
	int one = container(), other = container();
	struct child child = start();

	is(call(one, CONTAINMENT_ADD, child.pid), 0);
	is(call(other, CONTAINMENT_ADD, child.pid), EBUSY);
	is(call(other, CONTAINMENT_REMOVE, child.pid), ENOENT);
	is(call(one, CONTAINMENT_REMOVE, child.pid), 0);
	is(call(one, CONTAINMENT_REMOVE, child.pid), ENOENT);
	is(call(other, CONTAINMENT_ADD, child.pid), 0);
	close(other);
	is(end(child), EACCES);
	close(one);
}

/* One that ended and was not waited for is none any more, and its number's next owner is outside. */
static void pids_used_again(void)
{
	int device = container(), tries;
	struct child child = start();
	siginfo_t info;
	pid_t pid = child.pid;

	is(call(device, CONTAINMENT_ADD, pid), 0);
	is(write(child.go, "x", 1), 1);
	close(child.go);
	is(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
	is(call(device, CONTAINMENT_ADD, pid), ESRCH);
	is(call(device, CONTAINMENT_REMOVE, pid), ENOENT);
	is(ends_with(pid), EACCES);
	for (tries = 0; tries < 100; tries++) {
		FILE *last = fopen("/proc/sys/kernel/ns_last_pid", "w");

		fprintf(last, "%d", pid - 1);
		fclose(last);
		child = start();
		if (child.pid == pid)
			break;
		is(end(child), 0);
	}
	is(child.pid, pid);
	is(end(child), 0);
	close(device);
}

static void *in_a_thread(void *path)
{
	return (void *)(long)opens(path);
}

/* Tells its number, and takes the place of its process' first thread. */
static void *becomes_another(void *ends)
{
	pid_t tid = syscall(SYS_gettid);
	char byte;

	if (write(((int *)ends)[1], &tid, sizeof(tid)) == sizeof(tid) &&
	    read(((int *)ends)[0], &byte, 1) == 1)
		execl("/jail/contained", "contained", "open", (char *)0);
	return NULL;
}

/* A file that somebody outside has opened, and hands over. */
static void is_handed(int socket)
{
	char byte, room[CMSG_SPACE(sizeof(int))];
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = room,
				  .msg_controllen = sizeof(room) };

	is(recvmsg(socket, &message, 0), 1);
	is(message.msg_controllen, 0);
	is(message.msg_flags & MSG_CTRUNC, MSG_CTRUNC);
}

static void hand(int socket, int file)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec data = { "x", 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.header), &file, sizeof(file));
	is(sendmsg(socket, &message, 0), 1);
}

/* A mount of its own, which lies nowhere yet. */
static void mounts(void)
{
	int file_system = syscall(SYS_fsopen, "tmpfs", 0), mount;

	is(syscall(SYS_fsconfig, file_system, 6 /* FSCONFIG_CMD_CREATE */, NULL, NULL, 0), 0);
	mount = syscall(SYS_fsmount, file_system, 0, 0);
	is(mount >= 0, 1);
	is(openat(mount, "file", O_CREAT | O_RDWR, 0600), -1);
	is(errno, EACCES);
	is(syscall(SYS_move_mount, mount, "", AT_FDCWD, "/jail", 4 /* by its descriptor */), -1);
	is(errno, EPERM);
	close(mount);
	close(file_system);
}

static void inside(int device, int socket)
{
	static char module[4096];
	pthread_t thread;
	void *result;
	pid_t pid;

	/* Those that it has are its own; what it may not is to change who is inside. */
	is(call(device, CONTAINMENT_REMOVE, getpid()), EPERM);
	is(call(device, CONTAINMENT_DESTROY, 0), EPERM);
	is(opens("/dev/containment"), EACCES);
	is(opens("/jail/../out/file"), EACCES);
	is(opens("/jail/contained"), 0);
	is(pthread_create(&thread, NULL, in_a_thread, "/out/file"), 0);
	is(pthread_join(thread, &result), 0);
	is((long)result, EACCES);
	is(ptrace(PTRACE_ATTACH, 1, 0, 0), -1);
	is(errno, EPERM);
	is(syscall(SYS_openat2, AT_FDCWD, "/out/file", &(unsigned long[3]){ 0 }, 24), -1);
	is(errno, EACCES);
	is(syscall(SYS_init_module, module, sizeof(module), ""), -1);
	is(errno, EPERM);
	is(syscall(SYS_finit_module, open("/jail/contained", O_RDONLY), "", 0), -1);
	is(errno, EPERM);
	is(chown("/out/file", 0, 0), -1);
	is(errno, EACCES);
	is_handed(socket);
	mounts();
	is(chroot("/out"), -1);
	is(errno, EACCES);
	/* In another view of the mounts the folder is none of those. */
	is(unshare(CLONE_NEWNS), 0);
	is(opens("/out/file"), EACCES);
	is(opens("/jail/contained"), EACCES);
	pid = fork();
	if (!pid)
		_exit(opens("/out/file"));
	is(ends_with(pid), EACCES);
	exit(failures ? 1 : 0);
}

static void threads_and_programs(void)
{
	int device = container();
	struct child child;
	int ends[2], told[2], sockets[2], file;
	pid_t pid, tid;
	char byte;

	is(pipe2(ends, O_CLOEXEC), 0);
	is(pipe2(told, O_CLOEXEC), 0);
	is(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	pid = fork();
	if (!pid) {
		close(ends[1]);
		if (read(ends[0], &byte, 1) == 1)
			inside(device, sockets[1]);
		_exit(1);
	}
	is(call(device, CONTAINMENT_ADD, pid), 0);
	file = open("/out/file", O_RDONLY);
	hand(sockets[0], file);
	close(file);
	is(write(ends[1], "x", 1), 1);
	is(ends_with(pid), 0);
	close(sockets[0]);
	close(sockets[1]);

	/* By the number of another thread than the first it is still the process. */
	pid = fork();
	if (!pid) {
		pthread_t thread;

		pthread_create(&thread, NULL, becomes_another, (int[2]){ ends[0], told[1] });
		for (;;)
			pause();
	}
	is(read(told[0], &tid, sizeof(tid)), sizeof(tid));
	is(tid == pid, 0);
	is(call(device, CONTAINMENT_ADD, tid), 0);
	is(call(device, CONTAINMENT_ADD, pid), EEXIST);
	is(write(ends[1], "x", 1), 1);
	is(ends_with(pid), EACCES);
	close(ends[0]);
	close(ends[1]);
	close(told[0]);
	close(told[1]);

	/* All that are inside are outside again. */
	child = start();
	is(call(device, CONTAINMENT_ADD, child.pid), 0);
	is(call(device, CONTAINMENT_DESTROY, 0), 0);
	is(end(child), 0);
	close(device);
}

static void *waits_for_a_report(void *device)
{
	char room[4096];
	ssize_t count = read((long)device, room, sizeof(room));

	return (void *)(count < 0 ? (long)-errno : (long)count);
}

static void *waits_in_poll(void *device)
{
	struct pollfd file = { .fd = (long)device, .events = POLLIN };

	poll(&file, 1, -1);
	return (void *)(long)file.revents;
}

/* Who waits is woken: by a report, and by the end. */
static void waiting(void)
{
	long device = container();
	struct child child = start();
	pthread_t reader, poller;
	void *result;

	is(pthread_create(&poller, NULL, waits_in_poll, (void *)device), 0);
	is(call(device, CONTAINMENT_ADD, child.pid), 0);
	is(end(child), EACCES);
	is(pthread_join(poller, &result), 0);
	is((long)result, POLLIN);
	is((long)waits_for_a_report((void *)device) > 0, 1);

	is(pthread_create(&reader, NULL, waits_for_a_report, (void *)device), 0);
	is(pthread_create(&poller, NULL, waits_in_poll, (void *)device), 0);
	is(call(device, CONTAINMENT_DESTROY, 0), 0);
	is(pthread_join(reader, &result), 0);
	/* The end, or none there to begin with. */
	is(!result || (long)result == -ENXIO, 1);
	is(pthread_join(poller, &result), 0);
	is((long)result & POLLHUP, POLLHUP);
	close(device);
}

/* More than there is room for are counted. */
static void many_reports(void)
{
	int device = container(), i;
	static char room[1 << 20];
	ssize_t count;
	pid_t pid;
	int ends[2];
	char byte;

	is(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		if (read(ends[0], &byte, 1) != 1)
			_exit(1);
		for (i = 0; i < 300; i++)
			opens("/out/file");
		_exit(0);
	}
	is(call(device, CONTAINMENT_ADD, pid), 0);
	is(write(ends[1], "x", 1), 1);
	is(ends_with(pid), 0);
	close(ends[0]);
	close(ends[1]);
	count = read(device, room, sizeof(room) - 1);
	is(count > 0, 1);
	room[count < 0 ? 0 : count] = 0;
	/* 300 that it opened, and its end. */
	is(strstr(room, "\n- - lost 45\n") != NULL, 1);
	close(device);
}

/* Processes begin and end in several containers at a time while they are added, removed and watched. */
static void *crowd(void *unused)
{
	int i;

	(void)unused;
	/* Some are over by then, some are not, and some are just ending. */
	for (i = 0; i < 50; i++) {
		int device = container(), added;
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		added = call(device, CONTAINMENT_ADD, pid);
		is(added == 0 || added == ESRCH, 1);
		is(ends_with(pid), 0);
		close(device);
	}
	for (i = 0; i < 20; i++) {
		int device = container();
		struct child child = start();
		pid_t pid;

		is(call(device, CONTAINMENT_ADD, child.pid), 0);
		pid = fork();
		if (!pid)
			_exit(opens("/out/file"));
		if (i % 3 == 0)
			is(call(device, CONTAINMENT_REMOVE, child.pid), 0);
		else if (i % 3 == 1)
			close(device);
		else
			is(call(device, CONTAINMENT_DESTROY, 0), 0);
		is(end(child), i % 3 == 1 ? EACCES : 0);
		is(ends_with(pid), 0);
		if (i % 3 != 1)
			close(device);
	}
	return NULL;
}

static void several_at_a_time(void)
{
	pthread_t threads[4];
	int i;

	for (i = 0; i < 4; i++)
		is(pthread_create(&threads[i], NULL, crowd, NULL), 0);
	for (i = 0; i < 4; i++)
		is(pthread_join(threads[i], NULL), 0);
}

/* Stays inside, with no file of the device open, until somebody kills it. */
static void stay(void)
{
	int device = container();
	pid_t pid = fork();

	if (!pid) {
		close(device);
		close(STDOUT_FILENO);
		for (;;)
			pause();
	}
	is(call(device, CONTAINMENT_ADD, pid), 0);
	printf("%d\n", pid);
}

int main(int count, char **words)
{
	if (count > 1 && !strcmp(words[1], "open"))
		return opens("/out/file");
	if (count > 1 && !strcmp(words[1], "stay")) {
		stay();
		return failures != 0;
	}
	bad_arguments();
	two_containers();
	pids_used_again();
	threads_and_programs();
	waiting();
	many_reports();
	several_at_a_time();
	if (!failures)
		puts("all well");
	return failures != 0;
}

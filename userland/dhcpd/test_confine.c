// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which files the server can open once it is confined: with the kernel's own
 * Landlock, in a child, which cannot get out of it again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "confine.h"

static char top[] = "/tmp/test_confine.XXXXXX";
static const char *const made[] = { "conf/dhcpd.conf", "leases/dhcpd.leases",
				    "leases/dhcpd.leases~", "other" };

static void touch(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);

	assert_true(fd >= 0);
	close(fd);
}

static int setup(void **state)
{
	size_t i;

	(void)state;
	strcpy(top + strlen(top) - 6, "XXXXXX");
	assert_true(mkdtemp(top) && !chdir(top));
	assert_true(!mkdir("conf", 0755) && !mkdir("leases", 0755));
	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		touch(made[i]);
	return 0;
}

static int teardown(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		unlink(made[i]);
	unlink("conf/new");
	return rmdir("conf") || rmdir("leases") || chdir("/") || rmdir(top);
}

/* In the child: @call must end with @want, 0 or an error's number. */
#define ENDS(call, want)                                                                \
	do {                                                                            \
		int got_ = (call) < 0 ? errno : 0;                                      \
		if (got_ != (want)) {                                                   \
			fprintf(stderr, "# %s:%d: %s: %s\n", __FILE__, __LINE__, #call, \
				strerror(got_));                                        \
			_exit(1);                                                       \
		}                                                                       \
	} while (0)

static void as_server(void)
{
	ENDS(open("conf/dhcpd.conf", O_RDONLY), 0);
	ENDS(open("conf/dhcpd.conf", O_WRONLY), EACCES);
	ENDS(open("conf/new", O_WRONLY | O_CREAT, 0644), EACCES);
	ENDS(rename("leases/dhcpd.leases", "conf/dhcpd.conf"), EACCES);
	/* As it writes its file anew. */
	ENDS(open("leases/dhcpd.leases.new", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644), 0);
	ENDS(unlink("leases/dhcpd.leases~"), 0);
	ENDS(link("leases/dhcpd.leases", "leases/dhcpd.leases~"), 0);
	ENDS(rename("leases/dhcpd.leases.new", "leases/dhcpd.leases"), 0);
	ENDS(open("leases", O_RDONLY | O_DIRECTORY), 0);
	ENDS(mkdir("leases/dir", 0755), EACCES);
	ENDS(symlink("/etc/passwd", "leases/link"), EACCES);
	ENDS(open("other", O_RDONLY), EACCES);
	ENDS(open("/etc/passwd", O_RDONLY), EACCES);
	ENDS(execl("/bin/true", "true", (char *)NULL), EACCES);
}

static void as_user(void)
{
	ENDS(open("conf/new", O_WRONLY | O_CREAT, 0644), 0);
	ENDS(unlink("conf/new"), 0);
	ENDS(open("other", O_RDONLY), EACCES);
}

static void confined(void (*then)(void), bool changes)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		int err = confine_files("conf/dhcpd.conf", "leases/dhcpd.leases", changes);

		if (err)
			_exit(err == -EOPNOTSUPP ? 77 : 3);
		then();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void test_server(void **state)
{
	(void)state;
	confined(as_server, false);
}

static void test_user(void **state)
{
	(void)state;
	confined(as_user, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_server, setup, teardown),
		cmocka_unit_test_setup_teardown(test_user, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

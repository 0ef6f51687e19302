// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which files the NAT can open when it is in its sandbox: with the kernel's own
 * Landlock, in a child, which cannot get out of it again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "nat.h"

static char top[] = "/tmp/test_sandbox.XXXXXX";

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	return chdir("/") || nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* What a host has, in a directory of our own, where we are from now on. */
static int setup(void **state)
{
	static const char *const dirs[] = { "etc", "run", "run/stub", "nat", "leases", "secret" };
	size_t i;

	(void)state;
	strcpy(top + strlen(top) - 6, "XXXXXX");
	assert_non_null(mkdtemp(top));
	assert_int_equal(chdir(top), 0);
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		assert_int_equal(mkdir(dirs[i], 0755), 0);
	put("run/stub/resolv", "old");
	put("etc/hosts", "old");
	put("etc/other", "old");
	put("nat/nat.conf", "old");
	put("leases/leases", "old");
	put("secret/key", "old");
	assert_int_equal(symlink("../run/stub/resolv", "etc/resolv.conf"), 0);
	assert_int_equal(symlink("../secret/key", "etc/key"), 0);
	assert_int_equal(symlink("../run/late/resolv", "etc/late.conf"), 0);
	return 0;
}

/* What is in a file, 4 bytes of it at most; or why it is not read. */
static const char *content(const char *path)
{
	static char text[5];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return errno == EACCES ? "EACCES" : strerror(errno);
	n = read(fd, text, 4);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* Did a call succeed; or else why not? */
static const char *did(long ret)
{
	return ret >= 0 ? "done" : errno == EACCES ? "EACCES" : strerror(errno);
}

/* In the child: one line for what is not as it should be, and no more. */
#define SAME(got, want)                                                                         \
	do {                                                                                    \
		const char *got_ = (got);                                                       \
		if (strcmp(got_, want)) {                                                       \
			fprintf(stderr, "# %s:%d: %s is %s\n", __FILE__, __LINE__, #got, got_); \
			_exit(1);                                                               \
		}                                                                               \
	} while (0)

/* Wait until the other side, which has no sandbox, has done its part. */
static void turn(int to, int from)
{
	char c = 0;

	if (write(to, &c, 1) != 1 || read(from, &c, 1) != 1)
		_exit(2);
}

static void reading(void)
{
	SAME(content("etc/resolv.conf"), "old");
	SAME(content("etc/hosts"), "old");
	SAME(content("nat/nat.conf"), "old");
	SAME(content("leases/leases"), "old");
	SAME(content("secret/key"), "EACCES");
	SAME(content("etc/../secret/key"), "EACCES");
	SAME(content("etc/key"), "EACCES");
	SAME(content("/etc/passwd"), "EACCES");
	SAME(content("/proc/self/environ"), "EACCES");
	SAME(content("/dev/zero"), "EACCES");
	SAME(did(open("/", O_RDONLY | O_DIRECTORY)), "EACCES");
	SAME(did(open(".", O_RDONLY | O_DIRECTORY)), "EACCES");
	SAME(did(open("run", O_RDONLY | O_DIRECTORY)), "EACCES");
	SAME(did(open("secret", O_RDONLY | O_DIRECTORY)), "EACCES");
	SAME(did(execl("/bin/true", "true", (char *)NULL)), "EACCES");
}

static void changing(int open_file)
{
	SAME(did(open("etc/hosts", O_WRONLY)), "EACCES");
	SAME(did(open("etc/hosts", O_RDWR)), "EACCES");
	SAME(did(open("etc/new", O_WRONLY | O_CREAT, 0600)), "EACCES");
	SAME(did(open("/dev/null", O_WRONLY)), "EACCES");
	SAME(did(unlink("etc/other")), "EACCES");
	SAME(did(rename("etc/other", "etc/new")), "EACCES");
	SAME(did(mkdir("etc/dir", 0755)), "EACCES");
	SAME(did(rmdir("run/stub")), "EACCES");
	SAME(did(symlink("hosts", "etc/new")), "EACCES");
	SAME(did(mkfifo("etc/new", 0600)), "EACCES");
	/* A recording goes on, and can be cut. */
	SAME(did(write(open_file, "more", 4)), "done");
	SAME(did(ftruncate(open_file, 2)), "done");
}

static void replaced(void)
{
	SAME(content("etc/resolv.conf"), "new");
	SAME(content("etc/hosts"), "new");
	SAME(content("nat/nat.conf"), "new");
	SAME(content("leases/leases"), "new");
	SAME(content("secret/key"), "EACCES");
}

static void replace(const char *path)
{
	put("secret/new", "new");
	assert_int_equal(rename("secret/new", path), 0);
}

static struct nat *make_nat(void)
{
	static char conf[64], resolv[64], hosts[64], leases[64];
	struct nat *n = calloc(1, sizeof(*n));

	snprintf(conf, sizeof(conf), "%s/nat/nat.conf", top);
	snprintf(resolv, sizeof(resolv), "%s/etc/resolv.conf", top);
	snprintf(hosts, sizeof(hosts), "%s/etc/hosts", top);
	snprintf(leases, sizeof(leases), "%s/leases/leases", top);
	n->conf_path = conf;
	n->resolv_conf = resolv;
	n->hosts = hosts;
	n->leases = leases;
	return n;
}

/* A kernel without Landlock has nothing to be tested. */
static void restrict_or_skip(const struct nat *n, bool changes)
{
	int err = nat_restrict_files(n, changes);

	if (err)
		_exit(err == -EOPNOTSUPP ? 77 : 3);
}

static void ended_well(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void test_only_what_is_watched(void **state)
{
	int up[2], down[2], file = open("secret/recording", O_WRONLY | O_CREAT, 0600);
	struct nat *n = make_nat();
	pid_t pid;
	char c;

	(void)state;
	assert_true(file >= 0 && !pipe(up) && !pipe(down));
	pid = fork();
	if (!pid) {
		restrict_or_skip(n, false);
		reading();
		changing(file);
		turn(up[1], down[0]);
		replaced();
		_exit(0);
	}
	close(up[1]);
	if (read(up[0], &c, 1) == 1) {
		replace("run/stub/resolv");
		replace("etc/hosts");
		replace("nat/nat.conf");
		replace("leases/leases");
		assert_int_equal(write(down[1], &c, 1), 1);
	}
	ended_well(pid);
	close(up[0]);
	close(down[0]);
	close(down[1]);
	close(file);
	free(n);
}

/* Who is not root removes his own files, and reads no more than the other. */
static void test_changes(void **state)
{
	struct nat *n = make_nat();
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		restrict_or_skip(n, true);
		reading();
		SAME(did(open("etc/new", O_WRONLY | O_CREAT, 0600)), "done");
		SAME(did(unlink("etc/other")), "done");
		_exit(0);
	}
	ended_well(pid);
	free(n);
}

/* A link to what comes later, and a file whose directory does. */
static void test_late(void **state)
{
	char resolv[64], leases[64];
	struct nat *n = make_nat();
	int up[2], down[2];
	pid_t pid;
	char c;

	(void)state;
	assert_true(!pipe(up) && !pipe(down));
	snprintf(resolv, sizeof(resolv), "%s/etc/late.conf", top);
	snprintf(leases, sizeof(leases), "%s/leases/of/a/network", top);
	n->resolv_conf = resolv;
	n->leases = leases;
	pid = fork();
	if (!pid) {
		restrict_or_skip(n, false);
		SAME(content("secret/key"), "EACCES");
		turn(up[1], down[0]);
		SAME(content("etc/late.conf"), "new");
		SAME(content("leases/of/a/network"), "new");
		SAME(content("secret/key"), "EACCES");
		_exit(0);
	}
	close(up[1]);
	if (read(up[0], &c, 1) == 1) {
		assert_true(!mkdir("run/late", 0755) && !mkdir("leases/of", 0755) &&
			    !mkdir("leases/of/a", 0755));
		replace("run/late/resolv");
		replace("leases/of/a/network");
		assert_int_equal(write(down[1], &c, 1), 1);
	}
	ended_well(pid);
	close(up[0]);
	close(down[0]);
	close(down[1]);
	free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_only_what_is_watched, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_late, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

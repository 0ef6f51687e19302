// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "leasetext.h"

struct seen {
	unsigned int n;
	struct lease_record last;
};

static void note(const struct lease_record *r, void *arg)
{
	struct seen *s = arg;

	s->n++;
	s->last = *r;
}

static void test_text(void **state)
{
	struct lease_record l = {
		.addr = 0x0a610080,
		.key = { .len = 5, .data = "\1a\"\\\xfe" },
		.starts = 1700000000,
		.ends = 1700001800,
		.mac = { 0, 0x0c, 0x29, 1, 2, 3 },
		.hostname = "box",
	};
	char text[3 * LEASE_TEXT];
	struct seen s = { 0 };
	size_t one, two, cut;

	(void)state;
	one = lease_format(&l, text, LEASE_TEXT);
	assert_int_equal(lease_file_parse(text, one, note, &s), one);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.last.addr, l.addr);
	assert_int_equal(s.last.ends, l.ends);
	assert_int_equal(s.last.key.len, 5);
	assert_memory_equal(s.last.key.data, l.key.data, 5);
	assert_string_equal(s.last.hostname, "box");
	/* A crash may tear the last block anywhere: the first stays. */
	l.addr++;
	two = lease_format(&l, text + one, LEASE_TEXT);
	for (cut = one; cut < one + two - 2; cut++) {
		char *copy = malloc(cut);

		memcpy(copy, text, cut);
		s.n = 0;
		assert_int_equal(lease_file_parse(copy, cut, note, &s), one);
		assert_int_equal(s.n, 1);
		free(copy);
	}
	/* One in the middle is passed over. */
	memmove(text + one - 10, text + one, two);
	text[one - 11] = '\n';
	s.n = 0;
	lease_file_parse(text, one - 10 + two, note, &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.last.addr, l.addr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

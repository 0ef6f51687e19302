// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "limit.h"
#include "loop.h"

static struct limit l;

static unsigned int take(uint32_t client, uint64_t now, unsigned int n)
{
	const uint8_t mac[6] = { 2,
				 0,
				 (uint8_t)(client >> 24),
				 (uint8_t)(client >> 16),
				 (uint8_t)(client >> 8),
				 (uint8_t)client };
	unsigned int i, got = 0;

	for (i = 0; i < n; i++)
		got += limit_take(&l, mac, now);
	return got;
}

static void one(void **state)
{
	uint64_t now = 100 * SEC;
	unsigned int i, got = 0;

	(void)state;
	memset(&l, 0, sizeof(l));
	assert_int_equal(take(1, now, 1000), LIMIT_BURST);
	for (i = 0; i < 100; i++)
		got += take(1, now += SEC / 100, 5);
	assert_in_range(got, LIMIT_RATE - 1, LIMIT_RATE + 1);
	/* After a pause as at first, and no more. */
	assert_int_equal(take(1, now + 3600 * SEC, 1000), LIMIT_BURST);
}

/* More at once than there are places: none is counted for another. */
static void many(void **state)
{
	uint32_t i;

	(void)state;
	memset(&l, 0, sizeof(l));
	for (i = 0; i < 200000; i++)
		assert_int_equal(take(i, 100 * SEC + i * (SEC / 200000), 2), 2);
}

/* The clock of a machine that has just been started. */
static void young(void **state)
{
	(void)state;
	memset(&l, 0, sizeof(l));
	assert_int_equal(take(1, SEC, 1000), LIMIT_RATE);
	assert_int_equal(take(2, 3 * SEC, 1000), LIMIT_BURST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one),
		cmocka_unit_test(many),
		cmocka_unit_test(young),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

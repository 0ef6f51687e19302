// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "holders.h"
#include "loop.h"

static struct holders h;

/* No more than allowed, as many again when some are free, and others are others. */
static void limited(void **state)
{
	const uint8_t one[6] = { 2, 0, 0, 0, 0, 1 }, two[6] = { 2, 0, 0, 0, 0, 2 };
	struct lease leases[3] = { 0 }, *all[3] = { &leases[0], &leases[1], &leases[2] };
	struct lease_db db = { .all = all, .n = 3 };
	unsigned int i;

	(void)state;
	h.most = 3;
	for (i = 0; i < 3; i++) {
		assert_true(holders_take(&h, &db, one, SEC));
		memcpy(leases[i].mac, one, 6);
		leases[i].state = LEASE_ACTIVE;
	}
	assert_false(holders_take(&h, &db, one, SEC));
	assert_true(holders_take(&h, &db, two, SEC));
	leases[1].state = LEASE_FREE;
	assert_false(holders_take(&h, &db, one, SEC + 1));
	assert_true(holders_take(&h, &db, one, 2 * SEC));
	leases[1].state = LEASE_OFFERED;
	assert_false(holders_take(&h, &db, one, 4 * SEC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Statements that say one thing each: times, addresses, flags, who is served.
 */
#include <errno.h>
#include <string.h>
#include "conf_parse.h"

enum kind {
	TIME,
	ADDRESS,
	FLAG,
	SECONDS_IN_MS,
	MS,
	PERMIT, /* on or off, for a permission */
	TEXT_FILE,
	TEXT_SERVER,
	NOTHING /* of ISC; changes nothing here */
};

struct setting {
	const char *word;
	enum kind kind;
	enum dhcp_setting what;
};

static const struct setting settings[] = {
	{ "default-lease-time", TIME, DHCP_DEFAULT_LEASE },
	{ "max-lease-time", TIME, DHCP_MAX_LEASE },
	{ "min-lease-time", TIME, DHCP_MIN_LEASE },
	{ "next-server", ADDRESS, DHCP_NEXT_SERVER },
	{ "server-identifier", ADDRESS, DHCP_SERVER_ID },
	{ "filename", TEXT_FILE, 0 },
	{ "server-name", TEXT_SERVER, 0 },
	{ "ping-check", FLAG, DHCP_PING_CHECK },
	{ "ping-timeout", SECONDS_IN_MS, DHCP_PING_TIMEOUT },
	{ "ping-timeout-ms", MS, DHCP_PING_TIMEOUT },
	{ "one-lease-per-client", FLAG, DHCP_ONE_LEASE },
	{ "ignore-client-uids", FLAG, DHCP_IGNORE_IDS },
	{ "always-broadcast", FLAG, DHCP_ALWAYS_BROADCAST },
	{ "use-host-decl-names", FLAG, DHCP_HOST_NAMES },
	{ "rapid-commit", FLAG, DHCP_RAPID_COMMIT },
	{ "boot-unknown-clients", PERMIT, DHCP_UNKNOWN },
	{ "allow-bootp", PERMIT, DHCP_BOOTP },
	{ "dynamic-bootp", PERMIT, DHCP_BOOTP },
	{ "allow-booting", PERMIT, DHCP_BOOTING },
	{ "declines", PERMIT, DHCP_DECLINES },
	{ "duplicates", PERMIT, DHCP_DUPLICATES },
	{ "abandon-lease-time", NOTHING, 0 },
	{ "adaptive-lease-time-threshold", NOTHING, 0 },
	{ "always-reply-rfc1048", NOTHING, 0 },
	{ "check-secs-byte-order", NOTHING, 0 },
	{ "client-updates", NOTHING, 0 },
	{ "db-time-format", NOTHING, 0 },
	{ "delayed-ack", NOTHING, 0 },
	{ "dont-use-fsync", NOTHING, 0 },
	{ "echo-client-id", NOTHING, 0 },
	{ "get-lease-hostnames", NOTHING, 0 },
	{ "infinite-is-reserved", NOTHING, 0 },
	{ "lease-file-name", NOTHING, 0 },
	{ "leasequery", NOTHING, 0 },
	{ "limited-broadcast-address", NOTHING, 0 },
	{ "local-address", NOTHING, 0 },
	{ "local-port", NOTHING, 0 },
	{ "log-facility", NOTHING, 0 },
	{ "log-threshold-high", NOTHING, 0 },
	{ "log-threshold-low", NOTHING, 0 },
	{ "max-ack-delay", NOTHING, 0 },
	{ "pid-file-name", NOTHING, 0 },
	{ "ping-cltt-secs", NOTHING, 0 },
	{ "release-on-roam", NOTHING, 0 },
	{ "remote-port", NOTHING, 0 },
	{ "server-id-check", NOTHING, 0 },
	{ "site-option-space", NOTHING, 0 },
	{ "stash-agent-options", NOTHING, 0 },
	{ "update-conflict-detection", NOTHING, 0 },
	{ "update-optimization", NOTHING, 0 },
	{ "update-static-leases", NOTHING, 0 },
	{ "use-lease-addr-for-default-route", NOTHING, 0 },
};

static const struct setting *find(const struct parser *p)
{
	size_t i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (is(p, settings[i].word))
			return &settings[i];
	return NULL;
}

/* The word that is most like the current one, see is_near(). */
void nearest_setting(const struct parser *p, const char **best, unsigned int *distance)
{
	size_t i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (is_near(p->lex.text, settings[i].word, distance))
			*best = settings[i].word;
}

/* Seconds; -1 and "infinite" for ever (RFC 2131 3.3). */
static int read_time(struct parser *p, uint32_t *seconds)
{
	if (is(p, "infinite") || is(p, "-1")) {
		*seconds = UINT32_MAX;
		return 0;
	}
	return read_number(p, UINT32_MAX, seconds);
}

/* What is said further out, or built in. */
static uint32_t inherited(const struct dhcp_scope *s, enum dhcp_setting what)
{
	while (s->outer && !(s->has & 1U << what))
		s = s->outer;
	return s->value[what];
}

/* A lease cannot be at least longer than it is at most. */
static int check_times(struct parser *p, const struct dhcp_scope *s, const struct setting *what,
		       uint32_t value, struct lex_pos pos)
{
	uint32_t min = what->what == DHCP_MIN_LEASE ? value : inherited(s, DHCP_MIN_LEASE);
	uint32_t max = what->what == DHCP_MAX_LEASE ? value : inherited(s, DHCP_MAX_LEASE);

	if (what->what == DHCP_MIN_LEASE && min > max)
		return fail_at(p, pos, "min-lease-time is above max-lease-time, which is %u", max);
	if (what->what == DHCP_MAX_LEASE && max < min)
		return fail_at(p, pos, "max-lease-time is below min-lease-time, which is %u", min);
	return 0;
}

static int read_permit_flag(struct parser *p, uint32_t *permit)
{
	uint32_t on = 0;
	int err = 0;

	if (is(p, "ignore"))
		*permit = DHCP_IGNORE;
	else if (is(p, "allow") || is(p, "deny"))
		*permit = is(p, "allow") ? DHCP_ALLOW : DHCP_DENY;
	else if (!(err = read_flag(p, &on)))
		*permit = on ? DHCP_ALLOW : DHCP_DENY;
	return err;
}

static int read_value(struct parser *p, const struct setting *s, struct dhcp_scope *scope)
{
	struct lex_pos pos = p->lex.pos;
	uint32_t v = 0;
	int err = 0;

	switch (s->kind) {
	case TIME:
		err = read_time(p, &v);
		if (!err)
			err = check_times(p, scope, s, v, pos);
		break;
	case ADDRESS:
		err = read_address(p, &v);
		break;
	case FLAG:
		err = read_flag(p, &v);
		break;
	case SECONDS_IN_MS:
		err = read_number(p, 60, &v);
		v *= 1000;
		break;
	case MS:
		err = read_number(p, 60000, &v);
		break;
	case PERMIT:
		err = read_permit_flag(p, &v);
		break;
	case TEXT_FILE:
		return read_string(p, 127, &scope->filename);
	case TEXT_SERVER:
		return read_string(p, 63, &scope->server_name);
	case NOTHING:
		return 0;
	}
	if (!err)
		scope_set(scope, s->what, v);
	return err;
}

/* A statement that says one thing. 1: was one, 0: was none. */
int read_setting(struct parser *p, struct block *b)
{
	const struct setting *s = find(p);
	struct dhcp_scope *scope;
	int err;

	if (!s)
		return 0;
	scope = current_scope(p, b);
	if (!scope)
		return -ENOMEM;
	next(p);
	if (s->kind == NOTHING) {
		err = skip_statement(p);
		return err ? err : 1;
	}
	err = read_value(p, s, scope);
	if (err)
		return err;
	next(p);
	err = end_statement(p);
	return err ? err : 1;
}

static const char expected[] = "'unknown-clients', 'bootp', 'booting', 'declines', 'duplicates' or "
			       "'client-updates'";

/* allow, deny and ignore, outside of a pool */
static int permit_setting(struct parser *p, struct dhcp_scope *scope, enum dhcp_permit permit)
{
	static const struct {
		const char *word;
		enum dhcp_setting what;
	} words[] = {
		{ "unknown-clients", DHCP_UNKNOWN }, { "bootp", DHCP_BOOTP },
		{ "booting", DHCP_BOOTING },	     { "declines", DHCP_DECLINES },
		{ "duplicates", DHCP_DUPLICATES },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (is(p, words[i].word)) {
			scope_set(scope, words[i].what, permit);
			next(p);
			return end_statement(p);
		}
	}
	if (is(p, "known-clients") || is(p, "known") || is(p, "all") || is(p, "dynamic") ||
	    is(p, "members"))
		return fail_here(p, "'%s' can be allowed or denied only in a pool", p->lex.text);
	if (!is(p, "client-updates") && !is(p, "leasequery"))
		return fail_expected(p, expected);
	next(p);
	return end_statement(p);
}

static int permit_members(struct parser *p, struct block *b, enum dhcp_permit permit)
{
	struct dhcp_permit_class *more, *m;
	struct dhcp_pool *pool = b->pool;
	int err = expect(p, "of");

	if (err)
		return err;
	next(p);
	more = conf_grow(p->conf, pool->classes, pool->nclasses, sizeof(*more));
	if (!more)
		return -ENOMEM;
	pool->classes = more;
	m = &more[pool->nclasses];
	m->deny = permit != DHCP_ALLOW;
	if (p->lex.kind != LEX_STRING && p->lex.kind != LEX_WORD)
		return fail_expected(p, "the name of a class");
	m->class = conf_hash_find(&p->conf->classes_by_name, p->lex.text, p->lex.len);
	if (!m->class)
		return fail_here(p, "class '%s' is not declared before", p->lex.text);
	pool->nclasses++;
	next(p);
	return end_statement(p);
}

/* allow and deny in a pool: several words, or fewer with a hyphen */
static int permit_kind(struct parser *p, struct block *b, enum dhcp_permit permit)
{
	static const struct {
		const char *word;
		unsigned int kind;
		const char *second, *third;
	} words[] = {
		{ "known-clients", DHCP_FOR_KNOWN, NULL, NULL },
		{ "unknown-clients", DHCP_FOR_UNKNOWN, NULL, NULL },
		{ "known", DHCP_FOR_KNOWN, "clients", NULL },
		{ "unknown", DHCP_FOR_UNKNOWN, "clients", NULL },
		{ "all", DHCP_FOR_ALL, "clients", NULL },
		{ "dynamic", DHCP_FOR_BOOTP, "bootp", "clients" },
	};
	unsigned int i = 0, n = sizeof(words) / sizeof(words[0]);
	int err = 0;

	while (i < n && !is(p, words[i].word))
		i++;
	if (i == n)
		return fail_expected(p, "'known-clients', 'unknown-clients', 'all clients', "
					"'dynamic bootp clients' or 'members of'");
	if (words[i].second)
		err = expect(p, words[i].second);
	if (!err && words[i].third)
		err = expect(p, words[i].third);
	if (err)
		return err;
	if (permit == DHCP_ALLOW)
		b->pool->allow |= words[i].kind;
	else
		b->pool->deny |= words[i].kind;
	next(p);
	return end_statement(p);
}

/* allow, deny, ignore: the word itself has been read */
int read_permit(struct parser *p, struct block *b, enum dhcp_permit permit)
{
	struct dhcp_scope *scope;

	next(p);
	if (b->kind == IN_POOL)
		return is(p, "members") ? permit_members(p, b, permit) : permit_kind(p, b, permit);
	scope = current_scope(p, b);
	return scope ? permit_setting(p, scope, permit) : -ENOMEM;
}

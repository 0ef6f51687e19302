// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "dns_relay.h"
#include "dns_msg.h"
#include "log.h"

/* How long one server is waited for when resolv.conf does not say. */
#define DEFAULT_TIMEOUT 2

/**
 * struct dns_socket - a server that is being asked
 * @lfd: socket to it, fd -1 when there is none
 * @server: its index
 */
struct dns_socket {
	struct dns_query *query;
	struct loop_fd lfd;
	unsigned int server;
};

/**
 * struct dns_query - a query that waits for its answer
 * @client: who asked
 * @client_id: the id it asked under
 * @sockets: to the servers being asked, more than one in a burst
 * @first: index of the server asked first
 * @asked: how many times a server has been asked
 * @msg: the query, under our id
 */
struct dns_query {
	struct dns_relay *dns;
	struct dns_query *next;
	struct dns_client client;
	uint16_t client_id;
	struct dns_socket sockets[DNS_BURST];
	struct loop_timer timer;
	unsigned int first;
	unsigned int asked;
	size_t len;
	uint8_t msg[];
};

static struct dns_query **bucket(struct dns_relay *dns, const struct dns_client *c, uint16_t id)
{
	return &dns->buckets[(c->port ^ id ^ (id >> 8)) % DNS_BUCKETS];
}

static void close_socket(struct dns_socket *s)
{
	if (s->lfd.fd < 0)
		return;
	loop_fd_del(s->query->dns->loop, &s->lfd);
	close(s->lfd.fd);
	s->lfd.fd = -1;
}

static void close_all(struct dns_query *q)
{
	unsigned int i;

	loop_timer_cancel(q->dns->loop, &q->timer);
	for (i = 0; i < DNS_BURST; i++)
		close_socket(&q->sockets[i]);
}

/* How many servers may still answer. */
static unsigned int waiting(const struct dns_query *q)
{
	unsigned int i, n = 0;

	for (i = 0; i < DNS_BURST; i++)
		n += q->sockets[i].lfd.fd >= 0;
	return n;
}

static void query_end(struct dns_query *q)
{
	struct dns_query **p = bucket(q->dns, &q->client, q->client_id);

	close_all(q);
	while (*p != q)
		p = &(*p)->next;
	*p = q->next;
	q->dns->nqueries--;
	free(q);
}

/* Hand an answer back under the id that the guest knows. */
static void answer(struct dns_query *q, uint8_t *msg, size_t len)
{
	dns_set_id(msg, q->client_id);
	q->dns->stats.answers++;
	q->dns->reply(q->dns->reply_arg, &q->client, msg, len);
	query_end(q);
}

static void answer_error(struct dns_relay *dns, const struct dns_client *client, const uint8_t *msg,
			 size_t len, unsigned int rcode)
{
	uint8_t out[512];
	size_t n = dns_error(msg, len, rcode, out, sizeof(out));

	dns->stats.answers++;
	if (n)
		dns->reply(dns->reply_arg, client, out, n);
}

static int ask_server(struct dns_query *q, struct dns_socket *s)
{
	struct dns_relay *dns = q->dns;
	union sockaddr_any to;
	socklen_t len;
	int err;

	s->server = q->first + q->asked++;
	err = dns_servers_get(&dns->servers, s->server, dns->port, &to, &len);
	if (err)
		return err;
	s->lfd.fd = socket(to.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->lfd.fd < 0)
		return -errno;
	if (connect(s->lfd.fd, &to.sa, len) || send(s->lfd.fd, q->msg, q->len, 0) < 0)
		return -errno;
	return loop_fd_add(dns->loop, &s->lfd, EPOLLIN);
}

/* Ask one server, or in a burst several. Return: how many. */
static unsigned int ask_some(struct dns_query *q, unsigned int left)
{
	const struct resolv *conf = &q->dns->servers.conf;
	unsigned int timeout = conf->timeout ? conf->timeout : DEFAULT_TIMEOUT;
	unsigned int i, n = conf->burst ? DNS_BURST : 1;

	/* None twice at once. */
	if (n > conf->nservers)
		n = conf->nservers;
	for (i = 0; i < n && i < left; i++)
		if (ask_server(q, &q->sockets[i]))
			close_socket(&q->sockets[i]);
	n = waiting(q);
	if (n && loop_timer_set(q->dns->loop, &q->timer, timeout * SEC)) {
		close_all(q);
		return 0;
	}
	return n;
}

/* Ask the next server, or give up. */
static void ask_next(struct dns_query *q)
{
	const struct resolv *conf = &q->dns->servers.conf;
	unsigned int most = conf->nservers * conf->attempts;

	close_all(q);
	while (q->asked < most) {
		if (q->asked)
			q->dns->stats.failovers++;
		if (ask_some(q, most - q->asked))
			return;
	}
	q->dns->stats.failed++;
	dns_set_id(q->msg, q->client_id);
	answer_error(q->dns, &q->client, q->msg, q->len, DNS_RCODE_SERVFAIL);
	query_end(q);
}

static void on_timeout(struct loop *loop, struct loop_timer *t)
{
	(void)loop;
	ask_next((void *)((char *)t - offsetof(struct dns_query, timer)));
}

/* Is this the kind of answer after which another server may know better? */
static bool may_know_better(const struct dns_query *q, unsigned int rcode)
{
	if (q->asked >= q->dns->servers.conf.nservers && waiting(q) <= 1)
		return false;
	return rcode == DNS_RCODE_SERVFAIL || rcode == DNS_RCODE_NOTIMP ||
	       rcode == DNS_RCODE_REFUSED;
}

/* This server is of no use; wait for the others, or ask the next. */
static void no_use(struct dns_socket *s)
{
	close_socket(s);
	if (!waiting(s->query))
		ask_next(s->query);
}

static void on_answer(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct dns_socket *s = (void *)((char *)self - offsetof(struct dns_socket, lfd));
	struct dns_query *q = s->query;
	struct dns_relay *dns = q->dns;
	ssize_t n;

	(void)loop;
	(void)events;
	for (;;) {
		n = recv(self->fd, dns->answer, sizeof(dns->answer), 0);
		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				no_use(s);
			return;
		}
		if (dns_answers(q->msg, q->len, dns->answer, (size_t)n))
			break;
	}
	if (may_know_better(q, dns_rcode(dns->answer))) {
		no_use(s);
		return;
	}
	dns_servers_worked(&dns->servers, s->server);
	answer(q, dns->answer, (size_t)n);
}

/**
 * dns_relay_init - start relaying
 * @dns: filled
 * @loop: where its events come
 * @resolv_conf: file that names the servers
 * @policy: what nat.conf says; outlives @dns
 * @reply: called with each answer
 * @arg: for @reply
 *
 * Return: 0 or negative errno.
 */
int dns_relay_init(struct dns_relay *dns, struct loop *loop, const char *resolv_conf,
		   const struct resolv_policy *policy, dns_reply_fn reply, void *arg)
{
	memset(dns, 0, sizeof(*dns));
	dns->loop = loop;
	dns->port = DNS_PORT;
	dns->reply = reply;
	dns->reply_arg = arg;
	return dns_servers_init(&dns->servers, loop, resolv_conf, policy);
}

/* Give up all queries, unanswered. */
void dns_relay_done(struct dns_relay *dns)
{
	unsigned int i;

	for (i = 0; i < DNS_BUCKETS; i++)
		while (dns->buckets[i])
			query_end(dns->buckets[i]);
	dns_servers_done(&dns->servers);
}

static bool same_client(const struct dns_client *a, const struct dns_client *b)
{
	return a->port == b->port && ipaddr_equal(&a->addr, &b->addr);
}

/* A guest that asks again while we wait: ask again too, on its behalf. */
static bool ask_again(struct dns_relay *dns, const struct dns_client *client, const uint8_t *msg,
		      size_t len)
{
	struct dns_query *q = *bucket(dns, client, dns_id(msg));
	unsigned int i;

	for (; q; q = q->next) {
		if (q->client_id != dns_id(msg) || q->len != len ||
		    !same_client(&q->client, client) || memcmp(q->msg + 2, msg + 2, len - 2))
			continue;
		for (i = 0; i < DNS_BURST; i++)
			if (q->sockets[i].lfd.fd >= 0 &&
			    send(q->sockets[i].lfd.fd, q->msg, len, 0) < 0)
				log_debug("DNS: %s", strerror(errno));
		return true;
	}
	return false;
}

static unsigned int queries_of(const struct dns_relay *dns, const struct ipaddr *a)
{
	const struct dns_query *q;
	unsigned int i, n = 0;

	for (i = 0; i < DNS_BUCKETS; i++)
		for (q = dns->buckets[i]; q; q = q->next)
			n += ipaddr_equal(&q->client.addr, a);
	return n;
}

/**
 * dns_relay_ask - relay one query
 * @dns: the relay
 * @client: who asks
 * @msg: the query
 * @len: bytes
 *
 * Never blocks. The answer comes through the reply function, perhaps before
 * this returns.
 */
void dns_relay_ask(struct dns_relay *dns, const struct dns_client *client, const uint8_t *msg,
		   size_t len)
{
	struct dns_query *q, **b;
	unsigned int i;
	uint16_t id;
	int err = dns_query_check(msg, len);

	if (err) {
		dns->stats.refused++;
		if (err != -EBADMSG)
			answer_error(dns, client, msg, len, DNS_RCODE_FORMERR);
		return;
	}
	dns->stats.queries++;
	if (ask_again(dns, client, msg, len))
		return;
	/* Counting is dear, and needed only when there are many. */
	if (dns->nqueries >= DNS_MAX_QUERIES ||
	    (dns->nqueries >= DNS_MAX_PER_GUEST &&
	     queries_of(dns, &client->addr) >= DNS_MAX_PER_GUEST) ||
	    getrandom(&id, sizeof(id), GRND_NONBLOCK) != (ssize_t)sizeof(id) ||
	    !(q = calloc(1, sizeof(*q) + len))) {
		dns->stats.refused++;
		answer_error(dns, client, msg, len, DNS_RCODE_SERVFAIL);
		return;
	}
	q->dns = dns;
	q->client = *client;
	q->client_id = dns_id(msg);
	for (i = 0; i < DNS_BURST; i++) {
		q->sockets[i].query = q;
		q->sockets[i].lfd.fd = -1;
		q->sockets[i].lfd.fn = on_answer;
	}
	q->timer.fn = on_timeout;
	q->first = dns_servers_begin(&dns->servers);
	q->len = len;
	memcpy(q->msg, msg, len);
	dns_set_id(q->msg, id);
	b = bucket(dns, client, q->client_id);
	q->next = *b;
	*b = q;
	dns->nqueries++;
	ask_next(q);
}

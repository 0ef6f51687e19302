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
 * struct dns_query - a query that waits for its answer
 * @client: who asked
 * @client_id: the id it asked under
 * @lfd: socket to the server being asked, fd -1 between two servers
 * @first: index of the server asked first
 * @asked: how many times a server has been asked
 * @msg: the query, under our id
 */
struct dns_query {
	struct dns_relay *dns;
	struct dns_query *next;
	struct dns_client client;
	uint16_t client_id;
	struct loop_fd lfd;
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

static void close_socket(struct dns_query *q)
{
	loop_timer_cancel(q->dns->loop, &q->timer);
	if (q->lfd.fd < 0)
		return;
	loop_fd_del(q->dns->loop, &q->lfd);
	close(q->lfd.fd);
	q->lfd.fd = -1;
}

static void query_end(struct dns_query *q)
{
	struct dns_query **p = bucket(q->dns, &q->client, q->client_id);

	close_socket(q);
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

static int ask_server(struct dns_query *q, unsigned int n)
{
	struct dns_relay *dns = q->dns;
	struct sockaddr_storage ss;
	unsigned int timeout = dns->servers.conf.timeout;
	socklen_t len;
	int err;

	err = dns_servers_get(&dns->servers, n, dns->port, &ss, &len);
	if (err)
		return err;
	q->lfd.fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (q->lfd.fd < 0)
		return -errno;
	if (connect(q->lfd.fd, (struct sockaddr *)&ss, len) ||
	    send(q->lfd.fd, q->msg, q->len, 0) < 0)
		return -errno;
	err = loop_fd_add(dns->loop, &q->lfd, EPOLLIN);
	if (err)
		return err;
	return loop_timer_set(dns->loop, &q->timer, (timeout ? timeout : DEFAULT_TIMEOUT) * SEC);
}

/* Ask the next server, or give up. */
static void ask_next(struct dns_query *q)
{
	const struct resolv *conf = &q->dns->servers.conf;

	for (;;) {
		close_socket(q);
		if (q->asked >= conf->nservers * conf->attempts)
			break;
		if (q->asked)
			q->dns->stats.failovers++;
		if (!ask_server(q, q->first + q->asked++))
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
	if (q->asked >= q->dns->servers.conf.nservers)
		return false;
	return rcode == DNS_RCODE_SERVFAIL || rcode == DNS_RCODE_NOTIMP ||
	       rcode == DNS_RCODE_REFUSED;
}

static void on_answer(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct dns_query *q = (void *)((char *)self - offsetof(struct dns_query, lfd));
	struct dns_relay *dns = q->dns;
	ssize_t n;

	(void)loop;
	(void)events;
	for (;;) {
		n = recv(self->fd, dns->answer, sizeof(dns->answer), 0);
		if (n < 0) {
			if (errno == EAGAIN || errno == EINTR)
				return;
			ask_next(q);
			return;
		}
		if (dns_answers(q->msg, q->len, dns->answer, (size_t)n))
			break;
	}
	if (may_know_better(q, dns_rcode(dns->answer))) {
		ask_next(q);
		return;
	}
	dns_servers_worked(&dns->servers, q->first + q->asked - 1);
	answer(q, dns->answer, (size_t)n);
}

/**
 * dns_init - start relaying
 * @dns: filled
 * @loop: where its events come
 * @resolv_conf: file that names the servers
 * @reply: called with each answer
 * @arg: for @reply
 *
 * Return: 0 or negative errno.
 */
int dns_relay_init(struct dns_relay *dns, struct loop *loop, const char *resolv_conf,
		   dns_reply_fn reply, void *arg)
{
	memset(dns, 0, sizeof(*dns));
	dns->loop = loop;
	dns->port = DNS_PORT;
	dns->reply = reply;
	dns->reply_arg = arg;
	return dns_servers_init(&dns->servers, loop, resolv_conf);
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

	for (; q; q = q->next) {
		if (q->client_id != dns_id(msg) || q->len != len ||
		    !same_client(&q->client, client) || memcmp(q->msg + 2, msg + 2, len - 2))
			continue;
		if (q->lfd.fd >= 0 && send(q->lfd.fd, q->msg, len, 0) < 0)
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
 * dns_ask - relay one query
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
	q->lfd.fd = -1;
	q->lfd.fn = on_answer;
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the parts of the parser. Its functions return 0 or a negative errno:
 * -EINVAL when the reason has been noted in @err, -ENOMEM.
 */
#ifndef VMNET_DHCPD_CONF_PARSE_H
#define VMNET_DHCPD_CONF_PARSE_H

#include "conf_build.h"
#include "conf_opts.h"
#include "conf_value.h"
#include "lexer.h"

#define CONF_DEPTH 64 /* blocks within blocks, brackets within brackets */

/* Where a statement may stand. */
#define IN_GLOBAL 0x01U
#define IN_NETWORK 0x02U
#define IN_SUBNET 0x04U
#define IN_POOL 0x08U
#define IN_GROUP 0x10U
#define IN_HOST 0x20U
#define IN_CLASS 0x40U
#define IN_IF 0x80U
#define IN_ANY 0xffU

/**
 * struct block - what is between two braces
 * @kind: IN_*; of an if: IN_IF
 * @scope: what its statements are about
 * @outer: the block around it
 * @network: the network it is in, or NULL; likewise @subnet, @pool, @host, @class
 * @implied: pools of the ranges of a subnet: for all, and for BOOTP clients too
 * @open: where its brace is
 *
 * Lives on the stack while the block is read.
 */
struct block {
	unsigned int kind;
	struct dhcp_scope *scope;
	const struct block *outer;
	struct dhcp_network *network;
	struct dhcp_subnet *subnet;
	struct dhcp_pool *pool;
	struct dhcp_host *host;
	struct dhcp_class *class;
	struct dhcp_pool *implied[2];
	struct lex_pos open;
};

/* A fixed address, to be looked at when all subnets are known. */
struct fixed {
	const struct dhcp_host *host;
	uint32_t addr;
	struct lex_pos pos;
};

/**
 * struct parser - the state of dhcp_conf_parse()
 * @lex: the current token
 * @conf: what is being filled
 * @err: why not
 * @value: the option that is being read
 * @dict: DHCP's options
 * @spaces: those of other spaces by name, struct opt_dict; @dicts in order
 * @fixed: all fixed addresses, @nfixed of them
 * @depth: how deep blocks and brackets are
 */
struct parser {
	struct lexer lex;
	struct dhcp_conf *conf;
	struct conf_err *err;
	struct opt_value value;
	struct opt_dict dict;
	struct conf_hash spaces;
	struct opt_dict **dicts;
	unsigned int ndicts;
	struct fixed *fixed;
	unsigned int nfixed;
	unsigned int depth;
};

/* conf_read.c: tokens */
int fail_at(struct parser *p, struct lex_pos pos, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int fail_here(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int fail_expected(struct parser *p, const char *what);
int warn_at(struct parser *p, struct lex_pos pos, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
const char *quoted(struct parser *p, char buf[64]);
void next(struct parser *p);
bool is(const struct parser *p, const char *text);
bool is_any(const struct parser *p, const char *const *words);
int expect(struct parser *p, const char *mark);
int end_statement(struct parser *p);
int read_address(struct parser *p, uint32_t *addr);
int read_number(struct parser *p, uint32_t max, uint32_t *number);
int read_flag(struct parser *p, uint32_t *flag);
int read_string(struct parser *p, size_t max, char **text);
int read_name(struct parser *p, char name[CONF_NAME]);
int skip_statement(struct parser *p);
char *copy_text(struct parser *p, const char *text, size_t len);

/* conf_parse.c: blocks; the current token is the opening brace, then the closing one */
int read_block(struct parser *p, struct block *b);
struct dhcp_scope *current_scope(struct parser *p, struct block *b);

/* conf_set.c: settings. 1: was one, 0: was none. */
int read_setting(struct parser *p, struct block *b);
int read_permit(struct parser *p, struct block *b, enum dhcp_permit permit);
void nearest_setting(const struct parser *p, const char **best, unsigned int *distance);

/* conf_decl.c: what has addresses */
int read_subnet(struct parser *p, struct block *b);
int read_network(struct parser *p, struct block *b);
int read_pool(struct parser *p, struct block *b);
int read_range(struct parser *p, struct block *b);
int read_group(struct parser *p, struct block *b);

/* conf_host.c */
int read_host(struct parser *p, struct block *b);
int read_hardware(struct parser *p, struct block *b);
int read_fixed(struct parser *p, struct block *b);
int read_host_identifier(struct parser *p, struct block *b);
int set_host_id(struct parser *p, struct dhcp_host *h, const void *id, size_t len);

/* conf_option.c: options */
int read_option(struct parser *p, struct block *b);
int read_values(struct parser *p, const struct opt_def *def);
int read_vendor_space(struct parser *p, struct block *b);
int find_option(struct parser *p, struct opt_dict **dict, const struct opt_def **def);

/* conf_define.c: spaces and definitions of options */
int add_space(struct parser *p, const char *name, struct opt_dict **dict);
int read_space(struct parser *p);
int read_definition(struct parser *p, struct opt_dict *dict, const char *name);

/* conf_class.c: conditions */
int read_if(struct parser *p, struct block *b);
int read_class(struct parser *p, struct block *b);
int read_subclass(struct parser *p, struct block *b);
int read_match(struct parser *p, struct block *b);

/* conf_expr.c: expressions; the current token becomes the one behind it */
int read_bool(struct parser *p, const struct dhcp_expr **expr);
int read_data(struct parser *p, const struct dhcp_expr **expr);

/* conf_check.c: the whole */
int check_all(struct parser *p);

#endif

/* SPDX-License-Identifier: MIT */
/* DNS (RFC 1035), as much as it takes to ask one question and to know its answer. */

#ifndef MT_WIRE_DNS_H
#define MT_WIRE_DNS_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/bytes.h"

enum { MT_DNS_MAX_QUERY = 12 + 255 + 4 };

/*
 * Puts a recursive query: for the addresses (type A) of a name, or for the servers (NS) of the root,
 * whose name is "" or ".". False when it is no name.
 */
bool mt_dns_put_query(struct mt_writer *writer, uint16_t id, const char *name);

/*
 * Is this message an answer to the query, of any kind? It has to carry the same id and, if it
 * carries questions, ours alone; a server that refuses may leave that out.
 */
bool mt_dns_answers(struct mt_reader message, struct mt_reader query);

#endif

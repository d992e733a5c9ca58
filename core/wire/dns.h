/* SPDX-License-Identifier: MIT */
/* DNS (RFC 1035), as much as it takes to ask one question and to read its answer. */

#ifndef MT_WIRE_DNS_H
#define MT_WIRE_DNS_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/bytes.h"

enum { MT_DNS_MAX_QUERY = 12 + 255 + 4, MT_DNS_AAAA_SIZE = 16 };

enum mt_dns_type { MT_DNS_A = 1, MT_DNS_NS = 2, MT_DNS_AAAA = 28 };

/* Puts a recursive query; the name of the root is "" or ".". False when it is no name. */
bool mt_dns_put_query(struct mt_writer *writer, uint16_t id, const char *name,
                      enum mt_dns_type type);

/*
 * Is this message an answer to the query, of any kind? It has to carry the same id and, if it
 * carries questions, ours alone; a server that refuses may leave that out.
 */
bool mt_dns_answers(struct mt_reader message, struct mt_reader query);

/*
 * The addresses in the answers of such a message, 16 bytes each, up to `most`, whatever names they
 * belong to: an alias leads to another one. Returns how many; none of a message that is broken
 * before the first.
 */
size_t mt_dns_ipv6_addresses(struct mt_reader message, uint8_t (*addresses)[MT_DNS_AAAA_SIZE],
                             size_t most);

#endif

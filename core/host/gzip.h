/* SPDX-License-Identifier: MIT */
/* Compressed bytes as gzip has them (RFC 1952), piece by piece. */
#ifndef MT_HOST_GZIP_H
#define MT_HOST_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mt_gzip;

/* 0, or a negative errno; -ELIBACC and -ELIBBAD as mt_library_load(). mt_gzip_close() ends both. */
int mt_gzip_open(bool is_writer, struct mt_gzip **gzip);
void mt_gzip_close(struct mt_gzip *gzip);

/* What comes out is handed over in pieces; a negative result ends that, and is returned. */
typedef int mt_gzip_out(void *context, const uint8_t *bytes, size_t size);

/*
 * Compresses bytes, so that all up to here can be read again though nothing follows; `is_last` ends
 * the whole. Or takes them out again: 1 when that was the end, 0 when more is to come, -EBADMSG for
 * bytes that are damaged or no gzip.
 */
int mt_gzip_write(struct mt_gzip *gzip, const uint8_t *bytes, size_t size, bool is_last,
                  mt_gzip_out *out, void *context);
int mt_gzip_read(struct mt_gzip *gzip, const uint8_t *bytes, size_t size, mt_gzip_out *out,
                 void *context);

#endif

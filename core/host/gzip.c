/* SPDX-License-Identifier: MIT */
/* gzip by libz. */
#include "host/gzip.h"

#include <errno.h>
#include <stdlib.h>

#include "host/libz.h"

enum {
    WINDOW = 15,  /* its bits: 32 KiB */
    AS_GZIP = 16, /* added to them: with gzip's head and checksum */
    MEMORY = 8,   /* zlib's own default: 256 KiB in all */
    PIECE = 16384,
};

struct mt_gzip {
    struct mt_libz library;
    z_stream stream;
    bool is_writer;
};

static int status_of(int result)
{
    return result == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
}

int mt_gzip_open(bool is_writer, struct mt_gzip **made)
{
    struct mt_gzip *gzip = calloc(1, sizeof(*gzip));
    if (!gzip)
        return -ENOMEM;
    gzip->is_writer = is_writer;
    int status = mt_libz_load(&gzip->library);
    if (!status) {
        int size = (int)sizeof(z_stream);
        int result = is_writer ? gzip->library.deflateInit2_(&gzip->stream, Z_DEFAULT_COMPRESSION,
                                                             Z_DEFLATED, WINDOW + AS_GZIP, MEMORY,
                                                             Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
                               : gzip->library.inflateInit2_(&gzip->stream, WINDOW + AS_GZIP,
                                                             ZLIB_VERSION, size);
        status = result == Z_OK ? 0 : status_of(result);
    }
    if (status < 0) {
        free(gzip);
        return status;
    }
    *made = gzip;
    return 0;
}

void mt_gzip_close(struct mt_gzip *gzip)
{
    (gzip->is_writer ? gzip->library.deflateEnd : gzip->library.inflateEnd)(&gzip->stream);
    free(gzip);
}

static void take_in(struct mt_gzip *gzip, const uint8_t *bytes, size_t size)
{
    gzip->stream.next_in = (z_const Bytef *)(uintptr_t)bytes; /* of which libz writes nothing */
    gzip->stream.avail_in = (uInt)size;
}

int mt_gzip_write(struct mt_gzip *gzip, const uint8_t *bytes, size_t size, bool is_last,
                  mt_gzip_out *out, void *context)
{
    uint8_t piece[PIECE];
    int status = 0;
    if (size > UINT32_MAX)
        return -EMSGSIZE;
    take_in(gzip, bytes, size);
    do {
        gzip->stream.next_out = piece;
        gzip->stream.avail_out = sizeof(piece);
        int result = gzip->library.deflate(&gzip->stream, is_last ? Z_FINISH : Z_SYNC_FLUSH);
        if (result < 0 && result != Z_BUF_ERROR) /* which is: there is nothing to do */
            return status_of(result);
        status = out(context, piece, sizeof(piece) - gzip->stream.avail_out);
    } while (!status && gzip->stream.avail_out == 0);
    return status;
}

int mt_gzip_read(struct mt_gzip *gzip, const uint8_t *bytes, size_t size, mt_gzip_out *out,
                 void *context)
{
    uint8_t piece[PIECE];
    int status = 0, result;
    if (size > UINT32_MAX)
        return -EMSGSIZE;
    take_in(gzip, bytes, size);
    do {
        gzip->stream.next_out = piece;
        gzip->stream.avail_out = sizeof(piece);
        result = gzip->library.inflate(&gzip->stream, Z_NO_FLUSH);
        if ((result < 0 && result != Z_BUF_ERROR) || result == Z_NEED_DICT)
            return status_of(result);
        status = out(context, piece, sizeof(piece) - gzip->stream.avail_out);
    } while (!status && result == Z_OK && gzip->stream.avail_out == 0);
    return status < 0 ? status : result == Z_STREAM_END;
}

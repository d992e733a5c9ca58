/* SPDX-License-Identifier: MIT */
/* Takes a stream of bytes apart into frames, wherever it was cut on its way. */

#ifndef MT_WIRE_STREAM_H
#define MT_WIRE_STREAM_H

#include "wire/bytes.h"

#define MT_STREAM_FRAME_MAX 65536 /* the largest frame put together here */

/*
 * The received part of a frame that is not complete. The caller owns it (it is large: keep it on
 * the heap), sets `frame`, and leaves `used` at 0.
 */
struct mt_stream {
    /*
     * How long is the frame that begins here? 0 when more bytes are needed to tell; below zero when
     * none begins here.
     */
    int (*frame)(const uint8_t *bytes, size_t size);
    size_t used; /* set it to 0 to forget them */
    uint8_t bytes[MT_STREAM_FRAME_MAX];
};

/*
 * Takes the next frame out of `input`, and what of it is in the stream already. False when all
 * input is used up: an incomplete frame was kept. `taken` is a view, valid until the next call and
 * as long as the input. Where no frame begins, nothing shows where the next one does: all bytes up
 * to the end of the input are taken as one, for the protocol's parser to refuse.
 */
bool mt_stream_next(struct mt_stream *stream, struct mt_reader *input, struct mt_reader *taken);

#endif

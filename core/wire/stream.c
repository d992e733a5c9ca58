/* SPDX-License-Identifier: MIT */
/* Takes a stream of bytes apart into frames, wherever it was cut on its way. */

#include "wire/stream.h"

static bool take(struct mt_reader *input, size_t size, struct mt_reader *taken)
{
    mt_window(*input, 0, size, taken);
    return mt_skip(input, size);
}

static bool keep(struct mt_stream *stream, struct mt_reader *input, size_t size)
{
    const uint8_t *bytes;

    if (!mt_take(input, size, &bytes))
        return false;
    if (size != 0)
        memcpy(stream->bytes + stream->used, bytes, size);
    stream->used += size;
    return true;
}

/* No frame: where none begins, or where one would be too long. */
static bool is_garbage(int length, size_t size)
{
    return length < 0 || length > MT_STREAM_FRAME_MAX ||
           (length == 0 && size >= MT_STREAM_FRAME_MAX);
}

/* A frame that comes in one piece is not copied. */
static bool next_in_place(struct mt_stream *stream, struct mt_reader *input,
                          struct mt_reader *taken)
{
    int length = stream->frame(input->at, input->left);

    if (is_garbage(length, input->left))
        return take(input, input->left, taken);
    if (length > 0 && (size_t)length <= input->left)
        return take(input, (size_t)length, taken);
    keep(stream, input, input->left);
    return false;
}

bool mt_stream_next(struct mt_stream *stream, struct mt_reader *input, struct mt_reader *taken)
{
    int length = 0;

    while (stream->used != 0 && input->left != 0) {
        size_t missing = length > 0 ? (size_t)length - stream->used : 1;

        keep(stream, input, missing < input->left ? missing : input->left);
        length = stream->frame(stream->bytes, stream->used);
        if (is_garbage(length, stream->used) || (length > 0 && (size_t)length <= stream->used)) {
            *taken = mt_reader(stream->bytes, stream->used);
            stream->used = 0;
            return true;
        }
    }
    return input->left != 0 && next_in_place(stream, input, taken);
}

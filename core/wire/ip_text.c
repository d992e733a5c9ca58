/* SPDX-License-Identifier: MIT */
/* IP addresses as text: IPv4 with dots; IPv6 as RFC 5952 wants it, and as the C library does it. */

#include "wire/ip_text.h"

#include <stdbool.h>

#define WORDS 8 /* of 16 bits, in an IPv6 address */

static char *put_ipv4(char *end, const uint8_t bytes[4])
{
    for (int i = 0; i < 4; i++) {
        unsigned hundreds = (bytes[i] >= 100) + (bytes[i] >= 200);
        unsigned number = bytes[i] - 100 * hundreds, tens = number / 10;

        if (hundreds != 0)
            *end++ = (char)('0' + hundreds);
        if (hundreds + tens != 0)
            *end++ = (char)('0' + tens);
        *end++ = (char)('0' + number - 10 * tens);
        *end++ = '.';
    }
    return end - 1;
}

size_t mt_ip_format4(const uint8_t address[4], char text[MT_IP_TEXT_SIZE])
{
    return (size_t)(put_ipv4(text, address) - text);
}

/* Hexadecimal, without leading zeros. */
static char *put_word(char *end, unsigned word)
{
    static const char digits[] = "0123456789abcdef";

    if (word > 0xFFF)
        *end++ = digits[word >> 12];
    if (word > 0xFF)
        *end++ = digits[word >> 8 & 15];
    if (word > 0xF)
        *end++ = digits[word >> 4 & 15];
    *end++ = digits[word & 15];
    return end;
}

/* The longest row of zero words, of two at least, the first of several: "::" takes its place. */
static void find_zeros(const unsigned words[WORDS], int *start, int *length)
{
    *start = -1;
    *length = 1;
    for (int i = 0, row = 0; i < WORDS; i++) {
        row = words[i] == 0 ? row + 1 : 0;
        if (row > *length) {
            *length = row;
            *start = i + 1 - row;
        }
    }
}

size_t mt_ip_format6(const uint8_t address[16], char text[MT_IP_TEXT_SIZE])
{
    unsigned words[WORDS];
    char *end = text;
    int start, length;
    bool has_ipv4;

    for (int i = 0; i < WORDS; i++)
        words[i] = (unsigned)(address[2 * i] << 8 | address[2 * i + 1]);
    find_zeros(words, &start, &length);
    has_ipv4 = start == 0 && (length == 6 || (length == 5 && words[5] == 0xFFFF));
    for (int i = 0; i < WORDS; i++) {
        if (i == start) {
            *end++ = ':';
            i += length - 1;
            if (i == WORDS - 1)
                *end++ = ':';
            continue;
        }
        if (i > 0)
            *end++ = ':';
        if (i == WORDS - 2 && has_ipv4) {
            end = put_ipv4(end, address + 12);
            break;
        }
        end = put_word(end, words[i]);
    }
    return (size_t)(end - text);
}

/* SPDX-License-Identifier: MIT */
/* The sequential client: parts that its two protocols share. */

#ifndef SEQUENTIAL_H
#define SEQUENTIAL_H

#include <stddef.h>
#include <stdint.h>

#define MAX_MESSAGE 4096

/* A message under construction, little-endian; one that grows too long ends the program. */
struct message {
    uint8_t bytes[MAX_MESSAGE];
    size_t size;
};

void put(struct message *message, const void *bytes, size_t size);
void put8(struct message *message, uint8_t value);
void put16(struct message *message, uint16_t value);
void put32(struct message *message, uint32_t value);
uint16_t get16(const uint8_t *bytes);
uint32_t get32(const uint8_t *bytes);

/* The modem, and the interface and APN to connect. */
struct modem {
    int fd;
    const char *interface;
    const char *apn;
};

/* Host byte order is not needed: four bytes as they are written with dots. */
struct ipv4 {
    uint8_t address[4];
    uint8_t gateway[4];
    unsigned prefix;
};

void fail(const char *what);

/* Sends it, and waits for a message that is_answer() says is the answer; others are thrown away. */
void ask(const struct modem *modem, const struct message *request, struct message *answer,
         int (*is_answer)(const struct message *request, const struct message *answer));

/* Runs a command as quectel-CM does, with the interface's name for %s. */
void run(const struct modem *modem, const char *format);

/* Asks whether all is ready, connects, and says which address the host has. */
void connect_mbim(const struct modem *modem, struct ipv4 *result);
void connect_qmi(const struct modem *modem, struct ipv4 *result);

#endif

/* SPDX-License-Identifier: MIT */
/* One connection to an MQTT broker, by libmosquitto, that publishes. A new one is made once it is lost. */
#ifndef MT_HOST_MQTT_H
#define MT_HOST_MQTT_H

#include <stdbool.h>
#include <stddef.h>

#include "host/loop.h"

struct mt_mqtt;

struct mt_mqtt_options {
    const char *host;
    int port;
    const char *user, *password; /* or NULL */
    const char *ca;              /* a file of certificates (PEM), or NULL: no TLS */
    const char *will_topic,
        *will; /* what the broker publishes when we are gone; retained; or NULL */
    /* Each may be called once; after on_ended only mt_mqtt_close() is of use. */
    void (*on_connected)(void *context);
    void (*on_ended)(void *context);
    void (*on_published)(void *context); /* the broker has what mt_mqtt_publish() was given */
    void *context;
};

/*
 * Begins to connect; the strings are not needed afterwards. 0, or a negative errno: as
 * mt_library_load() too, and -EKEYREJECTED for a bad `ca`.
 */
int mt_mqtt_open(struct mt_loop *loop, const struct mt_mqtt_options *options,
                 struct mt_mqtt **mqtt);

/* Ends the connection as a client should: the will is not published. */
void mt_mqtt_close(struct mt_mqtt *mqtt);

/* Why it has ended. */
const char *mt_mqtt_problem(const struct mt_mqtt *mqtt);

/* Publishes with QoS 1; one at a time. -EINVAL for a bad topic, -EPIPE once it has ended. */
int mt_mqtt_publish(struct mt_mqtt *mqtt, const char *topic, const char *payload, size_t length,
                    bool is_retained);

#endif

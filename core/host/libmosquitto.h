/* SPDX-License-Identifier: MIT */
/* libmosquitto, which is loaded when a client is made. */
#ifndef MT_HOST_LIBMOSQUITTO_H
#define MT_HOST_LIBMOSQUITTO_H

#include <mosquitto.h>

#include "host/library.h"

#define MT_LIBMOSQUITTO_FUNCTIONS(X)  \
    X(mosquitto_connack_string)       \
    X(mosquitto_connect_async)        \
    X(mosquitto_connect_callback_set) \
    X(mosquitto_destroy)              \
    X(mosquitto_disconnect)           \
    X(mosquitto_lib_init)             \
    X(mosquitto_loop_misc)            \
    X(mosquitto_loop_read)            \
    X(mosquitto_loop_write)           \
    X(mosquitto_new)                  \
    X(mosquitto_publish)              \
    X(mosquitto_publish_callback_set) \
    X(mosquitto_socket)               \
    X(mosquitto_strerror)             \
    X(mosquitto_tls_set)              \
    X(mosquitto_username_pw_set)      \
    X(mosquitto_want_write)           \
    X(mosquitto_will_set)

struct mt_libmosquitto {
    MT_LIBMOSQUITTO_FUNCTIONS(MT_LIBRARY_POINTER)
};

/* As mt_library_load(). */
int mt_libmosquitto_load(struct mt_libmosquitto *library);

#endif

/* SPDX-License-Identifier: MIT */
/* libmicrohttpd, which is loaded when a server is opened. */
#ifndef MT_HOST_LIBMICROHTTPD_H
#define MT_HOST_LIBMICROHTTPD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/select.h>
#include <sys/socket.h>

/* clang-format off */
#include <microhttpd.h>
/* clang-format on */

#include "host/library.h"

#define MT_LIBMICROHTTPD_FUNCTIONS(X)    \
    X(MHD_add_response_header)           \
    X(MHD_create_response_from_buffer)   \
    X(MHD_create_response_from_callback) \
    X(MHD_destroy_response)              \
    X(MHD_get_connection_info)           \
    X(MHD_get_daemon_info)               \
    X(MHD_get_timeout)                   \
    X(MHD_lookup_connection_value)       \
    X(MHD_queue_response)                \
    X(MHD_resume_connection)             \
    X(MHD_run)                           \
    X(MHD_start_daemon)                  \
    X(MHD_stop_daemon)                   \
    X(MHD_suspend_connection)

struct mt_libmicrohttpd {
    MT_LIBMICROHTTPD_FUNCTIONS(MT_LIBRARY_POINTER)
};

/* As mt_library_load(). */
int mt_libmicrohttpd_load(struct mt_libmicrohttpd *library);

#endif

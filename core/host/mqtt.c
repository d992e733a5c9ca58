/* SPDX-License-Identifier: MIT */
/* One connection to an MQTT broker, by libmosquitto, that publishes. */
#include "host/mqtt.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/libmosquitto.h"

enum {
    KEEPALIVE = 60, /* seconds after which a silent connection is taken for lost */
    ROUNDS = 4,     /* of looking after the connection within that time */
};

struct mt_mqtt {
    uv_poll_t poll;
    uv_async_t *looked_up; /* NULL once it has been */
    pthread_mutex_t mutex; /* of the two below */
    bool has_looked_up, is_abandoned;
    struct mt_loop *loop;
    struct mt_timer round;
    struct mosquitto *mosquitto;
    struct mt_mqtt_options options; /* without its strings, but for the host's name */
    char *host;
    char problem[160];
    int result; /* of looking the host up */
    bool is_polling, has_ended;
};

static struct mt_libmosquitto library;

static void on_freed(uv_handle_t *handle)
{
    struct mt_mqtt *mqtt = mt_container_of(handle, struct mt_mqtt, poll);
    pthread_mutex_destroy(&mqtt->mutex);
    free(mqtt->host);
    free(mqtt);
}

/* When no thread needs it. */
static void destroy(struct mt_mqtt *mqtt)
{
    library.mosquitto_destroy(mqtt->mosquitto);
    mqtt->mosquitto = NULL;
    if (mqtt->is_polling)
        uv_close((uv_handle_t *)&mqtt->poll, on_freed);
    else
        on_freed((uv_handle_t *)&mqtt->poll);
}

static void end(struct mt_mqtt *mqtt, const char *why)
{
    if (mqtt->has_ended)
        return;
    mqtt->has_ended = true;
    snprintf(mqtt->problem, sizeof(mqtt->problem), "%s", why);
    mt_timer_stop(&mqtt->round);
    if (mqtt->is_polling)
        uv_poll_stop(&mqtt->poll);
    mqtt->options.on_ended(mqtt->options.context);
}

static void on_ready(uv_poll_t *poll, int status, int events);

/* The library has no words for a broker that answers neither CONNECT nor a ping in time. */
static const char *words_of(int result)
{
    if (result == MOSQ_ERR_ERRNO)
        return strerror(errno);
    return result == MOSQ_ERR_KEEPALIVE ? "no answer in time" : library.mosquitto_strerror(result);
}

/* After each call of the library: is it over, and what is it waiting for? */
static void go_on(struct mt_mqtt *mqtt, int result)
{
    if (mqtt->has_ended)
        return;
    if (result != MOSQ_ERR_SUCCESS) {
        end(mqtt, words_of(result));
        return;
    }
    int events = UV_READABLE;
    if (library.mosquitto_want_write(mqtt->mosquitto))
        events |= UV_WRITABLE;
    uv_poll_start(&mqtt->poll, events, on_ready);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct mt_mqtt *mqtt = mt_container_of(poll, struct mt_mqtt, poll);
    int result = MOSQ_ERR_SUCCESS;
    (void)status; /* the library finds the error itself */
    if (events & UV_WRITABLE)
        result = library.mosquitto_loop_write(mqtt->mosquitto, 1);
    if (result == MOSQ_ERR_SUCCESS && (events & UV_READABLE || status < 0))
        result = library.mosquitto_loop_read(mqtt->mosquitto, 1);
    go_on(mqtt, result);
}

static void start_round(struct mt_mqtt *mqtt);

static void on_round(struct mt_timer *timer)
{
    struct mt_mqtt *mqtt = mt_container_of(timer, struct mt_mqtt, round);
    go_on(mqtt, library.mosquitto_loop_misc(mqtt->mosquitto));
    if (!mqtt->has_ended)
        start_round(mqtt);
}

static void start_round(struct mt_mqtt *mqtt)
{
    mt_timer_start(mqtt->loop, &mqtt->round, (double)KEEPALIVE / ROUNDS, on_round);
}

static void on_connect(struct mosquitto *mosquitto, void *context, int code)
{
    struct mt_mqtt *mqtt = context;
    (void)mosquitto;
    if (code == 0)
        mqtt->options.on_connected(mqtt->options.context);
    else
        end(mqtt, library.mosquitto_connack_string(code));
}

static void on_publish(struct mosquitto *mosquitto, void *context, int message)
{
    struct mt_mqtt *mqtt = context;
    (void)mosquitto;
    (void)message;
    mqtt->options.on_published(mqtt->options.context);
}

/*
 * Looking the host up takes as long as the name server likes, half a minute for one that is silent.
 * A thread of the pool would hold back the end of the program, and other jobs: so it has its own.
 */
static void *look_up(void *context)
{
    struct mt_mqtt *mqtt = context;
    mqtt->result = library.mosquitto_connect_async(mqtt->mosquitto, mqtt->host, mqtt->options.port,
                                                   KEEPALIVE);
    if (mqtt->result == MOSQ_ERR_ERRNO)
        snprintf(mqtt->problem, sizeof(mqtt->problem), "%s", strerror(errno));
    pthread_mutex_lock(&mqtt->mutex);
    bool is_abandoned = mqtt->is_abandoned;
    mqtt->has_looked_up = true;
    if (!is_abandoned)
        uv_async_send(mqtt->looked_up);
    pthread_mutex_unlock(&mqtt->mutex);
    if (is_abandoned)
        destroy(mqtt);
    return NULL;
}

static void on_async_closed(uv_handle_t *handle)
{
    free(handle);
}

static void close_async(struct mt_mqtt *mqtt)
{
    uv_close((uv_handle_t *)mqtt->looked_up, on_async_closed);
    mqtt->looked_up = NULL;
}

/* Does the thread go on without us, and destroys it at its end? */
static bool abandon(struct mt_mqtt *mqtt)
{
    if (!mqtt->looked_up)
        return false;
    pthread_mutex_lock(&mqtt->mutex);
    bool is_abandoned = mqtt->is_abandoned = !mqtt->has_looked_up;
    close_async(mqtt);
    pthread_mutex_unlock(&mqtt->mutex);
    return is_abandoned;
}

static void on_looked_up(uv_async_t *async)
{
    struct mt_mqtt *mqtt = async->data;
    pthread_mutex_lock(&mqtt->mutex); /* the thread has left it */
    close_async(mqtt);
    pthread_mutex_unlock(&mqtt->mutex);
    if (mqtt->result != MOSQ_ERR_SUCCESS) {
        char why[sizeof(mqtt->problem)];
        snprintf(why, sizeof(why), "%s",
                 mqtt->problem[0] ? mqtt->problem : library.mosquitto_strerror(mqtt->result));
        end(mqtt, why);
        return;
    }
    int status = uv_poll_init(&mqtt->loop->uv, &mqtt->poll,
                              library.mosquitto_socket(mqtt->mosquitto));
    if (status < 0) {
        end(mqtt, uv_strerror(status));
        return;
    }
    mqtt->is_polling = true;
    start_round(mqtt);
    go_on(mqtt, MOSQ_ERR_SUCCESS);
}

/* Returns 0 or a negative errno. */
static int start_looking_up(struct mt_mqtt *mqtt)
{
    mqtt->looked_up = malloc(sizeof(*mqtt->looked_up));
    if (!mqtt->looked_up)
        return -ENOMEM;
    int status = uv_async_init(&mqtt->loop->uv, mqtt->looked_up, on_looked_up);
    if (status < 0) {
        free(mqtt->looked_up);
        mqtt->looked_up = NULL;
        return status;
    }
    mqtt->looked_up->data = mqtt;
    pthread_attr_t detached;
    pthread_t thread;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    status = -pthread_create(&thread, &detached, look_up, mqtt);
    pthread_attr_destroy(&detached);
    if (status < 0)
        close_async(mqtt);
    return status;
}

/* Returns 0 or a negative errno. */
static int configure(struct mosquitto *mosquitto, const struct mt_mqtt_options *options)
{
    int result = MOSQ_ERR_SUCCESS;
    if (options->will_topic)
        result = library.mosquitto_will_set(mosquitto, options->will_topic,
                                            (int)strlen(options->will), options->will, 1, true);
    if (result == MOSQ_ERR_SUCCESS && options->user)
        result = library.mosquitto_username_pw_set(mosquitto, options->user, options->password);
    if (result != MOSQ_ERR_SUCCESS)
        return result == MOSQ_ERR_NOMEM ? -ENOMEM : -EINVAL;
    if (options->ca && library.mosquitto_tls_set(mosquitto, options->ca, NULL, NULL, NULL, NULL) !=
                           MOSQ_ERR_SUCCESS)
        return -EKEYREJECTED;
    return 0;
}

static int begin(struct mt_mqtt *mqtt, const struct mt_mqtt_options *options)
{
    mqtt->mosquitto = library.mosquitto_new(NULL, true, mqtt); /* the broker names us */
    mqtt->host = strdup(options->host);
    if (!mqtt->mosquitto || !mqtt->host)
        return -ENOMEM;
    int status = configure(mqtt->mosquitto, options);
    if (status < 0)
        return status;
    library.mosquitto_connect_callback_set(mqtt->mosquitto, on_connect);
    library.mosquitto_publish_callback_set(mqtt->mosquitto, on_publish);
    return start_looking_up(mqtt);
}

static int load(void)
{
    int status = mt_libmosquitto_load(&library);
    if (status == 0)
        library.mosquitto_lib_init();
    return status;
}

int mt_mqtt_open(struct mt_loop *loop, const struct mt_mqtt_options *options, struct mt_mqtt **mqtt)
{
    int status = library.mosquitto_new ? 0 : load();
    if (status < 0)
        return status;
    struct mt_mqtt *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->loop = loop;
    made->options = *options;
    pthread_mutex_init(&made->mutex, NULL);
    status = begin(made, options);
    if (status == 0)
        *mqtt = made;
    else
        destroy(made);
    return status;
}

void mt_mqtt_close(struct mt_mqtt *mqtt)
{
    mqtt->has_ended = true;
    mt_timer_stop(&mqtt->round);
    if (abandon(mqtt))
        return;
    library.mosquitto_disconnect(mqtt->mosquitto);
    destroy(mqtt);
}

const char *mt_mqtt_problem(const struct mt_mqtt *mqtt)
{
    return mqtt->problem;
}

int mt_mqtt_publish(struct mt_mqtt *mqtt, const char *topic, const char *payload, size_t length,
                    bool is_retained)
{
    if (mqtt->has_ended)
        return -EPIPE;
    int result = library.mosquitto_publish(mqtt->mosquitto, NULL, topic, (int)length, payload, 1,
                                           is_retained);
    if (result == MOSQ_ERR_INVAL || result == MOSQ_ERR_PAYLOAD_SIZE ||
        result == MOSQ_ERR_MALFORMED_UTF8)
        return -EINVAL;
    go_on(mqtt, result);
    return mqtt->has_ended ? -EPIPE : 0;
}

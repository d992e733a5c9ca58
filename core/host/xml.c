/* SPDX-License-Identifier: MIT */
/*
 * An XML text, read event by event with libexpat.
 *
 * The parser is given the text in pieces. Its callbacks only write down what they are told; that is
 * handed out before the next piece, so a large text never makes a large tree.
 */
#include "host/xml.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/libexpat.h"

enum { PIECE = 4096, MAX_DEPTH = 64, MAX_RECORD = 64 << 10 };

/* Written down before each event's bytes: `length` of text, a null byte, `size` of attributes. */
struct record {
    enum mt_xml_kind kind;
    size_t at, length, attribute_count, size;
};

struct mt_xml {
    struct mt_libexpat expat;
    XML_Parser parser;
    const char *text;
    size_t size, done;
    char *records;
    size_t used, capacity, read;
    unsigned depth;
    bool is_over;        /* the parser has been given all */
    int status;          /* why it was stopped */
    const char *refusal; /* likewise, where that is the text's fault */
    char mistake[128];
};

static struct mt_libexpat loaded;
static bool is_loaded;

static void stop(struct mt_xml *xml, int status, const char *refusal)
{
    if (!xml->status) {
        xml->status = status;
        xml->refusal = refusal;
    }
    xml->expat.XML_StopParser(xml->parser, XML_FALSE);
}

static bool reserve(struct mt_xml *xml, size_t more)
{
    if (more > MAX_RECORD) {
        stop(xml, -EBADMSG, "a tag is too long");
        return false;
    }
    if (xml->capacity - xml->used >= more)
        return true;
    size_t capacity = 2 * xml->capacity + more;
    char *records = realloc(xml->records, capacity);
    if (!records) {
        stop(xml, -ENOMEM, NULL);
        return false;
    }
    xml->records = records;
    xml->capacity = capacity;
    return true;
}

static void put(struct mt_xml *xml, const void *bytes, size_t length)
{
    memcpy(xml->records + xml->used, bytes, length);
    xml->used += length;
}

static void write_down(struct mt_xml *xml, struct record record, const char *text,
                       const char **attributes)
{
    for (size_t i = 0; attributes && attributes[i]; i++) {
        record.size += strlen(attributes[i]) + 1;
        record.attribute_count += i % 2;
    }
    if (xml->status || !reserve(xml, sizeof(record) + record.length + 1 + record.size))
        return;
    put(xml, &record, sizeof(record));
    put(xml, text, record.length);
    put(xml, "", 1);
    for (size_t i = 0; attributes && attributes[i]; i++)
        put(xml, attributes[i], strlen(attributes[i]) + 1);
}

static size_t position(struct mt_xml *xml)
{
    return (size_t)xml->expat.XML_GetCurrentByteIndex(xml->parser);
}

static void XMLCALL on_start(void *context, const char *name, const char **attributes)
{
    struct mt_xml *xml = context;
    if (++xml->depth > MAX_DEPTH) {
        stop(xml, -EBADMSG, "elements are nested too deeply");
        return;
    }
    struct record record = { .kind = MT_XML_START, .at = position(xml), .length = strlen(name) };
    write_down(xml, record, name, attributes);
}

static void XMLCALL on_end(void *context, const char *name)
{
    struct mt_xml *xml = context;
    xml->depth--;
    size_t at = position(xml) + (size_t)xml->expat.XML_GetCurrentByteCount(xml->parser);
    struct record record = { .kind = MT_XML_END, .at = at, .length = strlen(name) };
    write_down(xml, record, name, NULL);
}

static void XMLCALL on_text(void *context, const char *text, int length)
{
    struct mt_xml *xml = context;
    struct record record = { .kind = MT_XML_TEXT, .at = position(xml), .length = (size_t)length };
    write_down(xml, record, text, NULL);
}

/* A few declared entities can stand for gigabytes. */
static void XMLCALL on_entity(void *context, const char *name, int is_parameter, const char *value,
                              int length, const char *base, const char *system, const char *public,
                              const char *notation)
{
    (void)name, (void)is_parameter, (void)value, (void)length;
    (void)base, (void)system, (void)public, (void)notation;
    stop(context, -EBADMSG, "it declares entities");
}

int mt_xml_open(const char *text, size_t size, struct mt_xml **made)
{
    if (!is_loaded) {
        int status = mt_libexpat_load(&loaded);
        if (status < 0)
            return status;
        is_loaded = true;
    }
    struct mt_xml *xml = calloc(1, sizeof(*xml));
    if (!xml)
        return -ENOMEM;
    xml->expat = loaded;
    xml->text = text;
    xml->size = size;
    xml->parser = loaded.XML_ParserCreate(NULL);
    if (!xml->parser) {
        free(xml);
        return -ENOMEM;
    }
    loaded.XML_SetUserData(xml->parser, xml);
    loaded.XML_SetElementHandler(xml->parser, on_start, on_end);
    loaded.XML_SetCharacterDataHandler(xml->parser, on_text);
    loaded.XML_SetEntityDeclHandler(xml->parser, on_entity);
    *made = xml;
    return 0;
}

static int parse_piece(struct mt_xml *xml)
{
    size_t left = xml->size - xml->done, piece = left < PIECE ? left : PIECE;
    xml->is_over = piece == left;
    enum XML_Status parsed = xml->expat.XML_Parse(xml->parser, xml->text + xml->done, (int)piece,
                                                  xml->is_over);
    xml->done += piece;
    if (xml->status == -ENOMEM)
        return xml->status;
    if (parsed == XML_STATUS_OK && !xml->status)
        return 0;
    enum XML_Error error = xml->expat.XML_GetErrorCode(xml->parser);
    snprintf(xml->mistake, sizeof(xml->mistake), "line %lu: %s",
             (unsigned long)xml->expat.XML_GetCurrentLineNumber(xml->parser),
             xml->refusal ? xml->refusal : xml->expat.XML_ErrorString(error));
    xml->status = error == XML_ERROR_NO_MEMORY ? -ENOMEM : -EBADMSG;
    return xml->status;
}

int mt_xml_next(struct mt_xml *xml, struct mt_xml_event *event)
{
    while (xml->read == xml->used) {
        xml->read = xml->used = 0;
        if (xml->status || xml->is_over)
            return xml->status;
        int status = parse_piece(xml);
        if (status < 0)
            return status;
    }
    struct record record;
    memcpy(&record, xml->records + xml->read, sizeof(record));
    const char *text = xml->records + xml->read + sizeof(record);
    *event = (struct mt_xml_event){
        .kind = record.kind,
        .at = record.at,
        .text = text,
        .length = record.length,
        .attributes = text + record.length + 1,
        .attribute_count = record.attribute_count,
    };
    xml->read += sizeof(record) + record.length + 1 + record.size;
    return 1;
}

const char *mt_xml_mistake(const struct mt_xml *xml)
{
    return xml->mistake;
}

void mt_xml_close(struct mt_xml *xml)
{
    xml->expat.XML_ParserFree(xml->parser);
    free(xml->records);
    free(xml);
}

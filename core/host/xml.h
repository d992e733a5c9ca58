/* SPDX-License-Identifier: MIT */
/* An XML text, read event by event with libexpat; none of it is kept. */
#ifndef MT_HOST_XML_H
#define MT_HOST_XML_H

#include <stddef.h>

struct mt_xml;

enum mt_xml_kind { MT_XML_START, MT_XML_END, MT_XML_TEXT };

/* What it points to holds until the next call. Strings are UTF-8. */
struct mt_xml_event {
    enum mt_xml_kind kind;
    size_t
        at; /* in bytes from the beginning: where its tag begins; of an end, what follows the tag */
    const char *
        text; /* the element's name; or characters, perhaps not all of those that follow each other */
    size_t length;
    const char *attributes; /* of a start: names and values in turn, each ended by a null byte */
    size_t attribute_count;
};

/*
 * The text has to stay where it is. 0, or what mt_library_load() fails with, or -ENOMEM. Entities may
 * not be declared in it, elements be no deeper than 64 and what one tag says no longer than 64 KiB.
 */
int mt_xml_open(const char *text, size_t size, struct mt_xml **xml);

/* 1: an event; 0: the end; -EBADMSG: mt_xml_mistake() tells what is wrong; -ENOMEM. */
int mt_xml_next(struct mt_xml *xml, struct mt_xml_event *event);

const char *mt_xml_mistake(const struct mt_xml *xml);

void mt_xml_close(struct mt_xml *xml);

#endif

/* SPDX-License-Identifier: MIT */
/* libexpat, which is loaded when an XML text is read. */
#ifndef MT_HOST_LIBEXPAT_H
#define MT_HOST_LIBEXPAT_H

#include <expat.h>

#include "host/library.h"

/*
 * Newer releases have some of them with 64 bits, under names that older ones lack, and call these
 * deprecated. What is read here is counted in 32.
 */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#define MT_LIBEXPAT_FUNCTIONS(X)   \
    X(XML_ErrorString)             \
    X(XML_GetCurrentByteCount)     \
    X(XML_GetCurrentByteIndex)     \
    X(XML_GetCurrentLineNumber)    \
    X(XML_GetErrorCode)            \
    X(XML_Parse)                   \
    X(XML_ParserCreate)            \
    X(XML_ParserFree)              \
    X(XML_SetCharacterDataHandler) \
    X(XML_SetElementHandler)       \
    X(XML_SetEntityDeclHandler)    \
    X(XML_SetUserData)             \
    X(XML_StopParser)

struct mt_libexpat {
    MT_LIBEXPAT_FUNCTIONS(MT_LIBRARY_POINTER)
};

/* As mt_library_load(). */
int mt_libexpat_load(struct mt_libexpat *library);

#endif

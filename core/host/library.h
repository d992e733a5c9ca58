/* SPDX-License-Identifier: MIT */
/* Shared libraries that most runs do not need: each is loaded when it is first used. */
#ifndef MT_HOST_LIBRARY_H
#define MT_HOST_LIBRARY_H

#include <stddef.h>

/*
 * The functions of a library are a list, #define LIST(X) X(el_init) X(el_end): a struct has a
 * pointer to each, by its own name, and these make that and the names.
 */
#define MT_LIBRARY_POINTER(name) __typeof__(name) *name;
#define MT_LIBRARY_NAME(name) #name,
#define MT_LIBRARY_LINKED(name) .name = name, /* in a static program */

/*
 * Finds functions in a library, into a struct that has nothing but pointers to them, in the same
 * order; it stays as it is after a failure. 0, -ELIBACC or -ELIBBAD: then mt_library_mistake() tells
 * what is wrong.
 */
int mt_library_load(const char *library, const char *const *names, size_t count, void *functions);

const char *mt_library_mistake(void);

#endif

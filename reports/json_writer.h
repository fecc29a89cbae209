/* json_writer: JSON to a stream, always the same bytes for the same values: keys in the order of
 * the calls, numbers in the shortest form that reads back as the same double, NaN and infinities
 * as null, text as valid UTF-8. Objects and arrays stand indented, one member a line; an
 * estimate on one line. */
#ifndef ARCHSIM_REPORTS_JSON_WRITER_H
#define ARCHSIM_REPORTS_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/kernel/interval.h"

enum { JSON_DEPTH_MAX = 16 };

struct json_writer {
    FILE *stream;
    bool compact; /* all in one line; may be set after json_init */
    uint32_t depth;
    char close[JSON_DEPTH_MAX]; /* what ends each open level */
    bool empty[JSON_DEPTH_MAX]; /* nothing written in it yet */
};

void json_init(struct json_writer *json, FILE *stream);

/* `key` is null inside arrays and for the one value outside of all. */
void json_open_object(struct json_writer *json, const char *key);
void json_open_array(struct json_writer *json, const char *key);
/* Ends the innermost object or array; the outermost with a newline. */
void json_close(struct json_writer *json);

void json_put_null(struct json_writer *json, const char *key);
void json_text(struct json_writer *json, const char *key, const char *text); /* null: null */
void json_number(struct json_writer *json, const char *key, double value);
void json_whole(struct json_writer *json, const char *key, uint64_t value);
/* A value that is JSON already, such as true. */
void json_literal(struct json_writer *json, const char *key, const char *text);
/* {"value": v, "low": l, "high": h}, or null where there is no value. */
void json_estimate(struct json_writer *json, const char *key, struct interval estimate);

#endif

/* json_writer: a stack of open brackets and a comma where one is due. */
#include "reports/json_writer.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "reports/number.h"
#include "sim/scenario/utf8.h"

void json_init(struct json_writer *json, FILE *stream)
{
    *json = (struct json_writer){.stream = stream};
}

static void json_put_text(struct json_writer *json, const char *text)
{
    const size_t length = strlen(text);
    fputc('"', json->stream);
    for (size_t at = 0; at < length;) {
        uint32_t code;
        const size_t size = utf8_decode(text + at, length - at, &code);
        if (size == 0)
            fputs("\\ufffd", json->stream);
        else if (code == '"' || code == '\\')
            fprintf(json->stream, "\\%c", (int)code);
        else if (code < 0x20 || code == 0x7f)
            fprintf(json->stream, "\\u%04x", code);
        else
            fwrite(text + at, 1, size, json->stream);
        at += size > 0 ? size : 1;
    }
    fputc('"', json->stream);
}

static void json_put_number(struct json_writer *json, double value)
{
    if (isfinite(value))
        number_write(value, json->stream);
    else
        fputs("null", json->stream);
}

/* The comma, the line and the key before a value. */
static void json_begin(struct json_writer *json, const char *key)
{
    if (json->depth > 0) {
        if (!json->empty[json->depth - 1])
            fputc(',', json->stream);
        json->empty[json->depth - 1] = false;
        if (!json->compact)
            fprintf(json->stream, "\n%*s", (int)(2 * json->depth), "");
    }
    assert((key != NULL) == (json->depth > 0 && json->close[json->depth - 1] == '}'));
    if (key) {
        json_put_text(json, key);
        fputs(json->compact ? ":" : ": ", json->stream);
    }
}

static void json_open(struct json_writer *json, const char *key, char open, char close)
{
    json_begin(json, key);
    assert(json->depth < JSON_DEPTH_MAX);
    json->close[json->depth] = close;
    json->empty[json->depth++] = true;
    fputc(open, json->stream);
}

void json_open_object(struct json_writer *json, const char *key)
{
    json_open(json, key, '{', '}');
}

void json_open_array(struct json_writer *json, const char *key)
{
    json_open(json, key, '[', ']');
}

void json_close(struct json_writer *json)
{
    assert(json->depth > 0);
    json->depth--;
    if (!json->empty[json->depth] && !json->compact)
        fprintf(json->stream, "\n%*s", (int)(2 * json->depth), "");
    fputc(json->close[json->depth], json->stream);
    if (json->depth == 0)
        fputc('\n', json->stream);
}

void json_put_null(struct json_writer *json, const char *key)
{
    json_begin(json, key);
    fputs("null", json->stream);
}

void json_text(struct json_writer *json, const char *key, const char *text)
{
    json_begin(json, key);
    if (text)
        json_put_text(json, text);
    else
        fputs("null", json->stream);
}

void json_number(struct json_writer *json, const char *key, double value)
{
    json_begin(json, key);
    json_put_number(json, value);
}

void json_whole(struct json_writer *json, const char *key, uint64_t value)
{
    json_begin(json, key);
    fprintf(json->stream, "%" PRIu64, value);
}

void json_literal(struct json_writer *json, const char *key, const char *text)
{
    json_begin(json, key);
    fputs(text, json->stream);
}

void json_estimate(struct json_writer *json, const char *key, struct interval estimate)
{
    if (!isfinite(estimate.value)) {
        json_put_null(json, key);
        return;
    }
    json_begin(json, key);
    fputs("{\"value\": ", json->stream);
    json_put_number(json, estimate.value);
    fputs(", \"low\": ", json->stream);
    json_put_number(json, estimate.low);
    fputs(", \"high\": ", json->stream);
    json_put_number(json, estimate.high);
    fputc('}', json->stream);
}

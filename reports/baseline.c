/* baseline: jansson reads; the place of a value, which it does not keep, is found again in the
 * text, which is known to be JSON by then. */
#include "reports/baseline.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/arena.h"
#include "sim/scenario/utf8.h"

enum {
    BASELINE_BYTES_MAX = 64 << 20,
    BASELINE_KEY_MAX = 256,
    BASELINE_RESULTS_VERSION = 1,
    BASELINE_REPLICATIONS_MAX = 1000000000,
};

struct baseline_entry {
    const json_t *object;
    const char *name, *file;
    uint32_t replications;
};

struct baseline {
    struct arena arena;
    const char *path, *text;
    size_t length;
    json_t *root;
    struct baseline_entry *entries;
    uint32_t count;
};

/* ---- places ---- */

/* Behind the string that begins there. */
static const char *baseline_skip_string(const char *at)
{
    for (at++; *at != '"'; at++)
        at += *at == '\\';
    return at + 1;
}

static const char *baseline_skip_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* Behind the value that begins there. */
static const char *baseline_skip_value(const char *at)
{
    uint32_t depth = 0;
    do {
        if (*at == '"') {
            at = baseline_skip_string(at);
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            depth--;
            at++;
        } else if (depth > 0) {
            at++;
        } else {
            at += strcspn(at, ",]} \t\r\n");
        }
    } while (depth > 0);
    return at;
}

/* The value of the first `length` characters of `key` in the object at `at`; the object itself
 * where there is none. */
static const char *baseline_locate_key(const char *object, const char *key, size_t length)
{
    const char *at = baseline_skip_blanks(object + 1);
    while (*at == '"') {
        const char *name = at + 1;
        at = baseline_skip_string(at);
        const bool same = (size_t)(at - 1 - name) == length && strncmp(name, key, length) == 0;
        at = baseline_skip_blanks(baseline_skip_blanks(at) + 1);
        if (same)
            return at;
        at = baseline_skip_blanks(baseline_skip_value(at));
        at = baseline_skip_blanks(at + (*at == ','));
    }
    return object;
}

/* Where the entry begins: the whole document, or an element of its array. */
static const char *baseline_locate_entry(const struct baseline *baseline, uint32_t entry)
{
    const char *at = baseline_skip_blanks(baseline->text);
    if (!json_is_array(baseline->root))
        return at;
    at = baseline_skip_blanks(at + 1);
    for (uint32_t i = 0; i < entry; i++)
        at = baseline_skip_blanks(baseline_skip_blanks(baseline_skip_value(at)) + 1);
    return at;
}

/* The place of a dotted path of the entry, or of what of it is there. */
static struct place baseline_place(const struct baseline *baseline, uint32_t entry,
                                   const char *path)
{
    const char *at = baseline_locate_entry(baseline, entry);
    while (*path && *at == '{') {
        const size_t length = strcspn(path, ".");
        const char *object = at;
        at = baseline_locate_key(object, path, length);
        path += length + (path[length] == '.');
        if (at == object)
            break;
    }
    struct place place = {.file = baseline->path, .line = 1};
    const char *line = baseline->text;
    for (const char *end = line; (end = memchr(end, '\n', (size_t)(at - end)));) {
        line = ++end;
        place.line++;
    }
    place.column = 1 + utf8_count(line, (size_t)(at - line));
    return place;
}

/* The text is made known once, with the first error. */
static void baseline_show(const struct baseline *baseline, struct diag *diag)
{
    if (diag->errors_count == 0)
        diag_add_source(diag, baseline->path, baseline->text, baseline->length);
}

static const char *baseline_kind(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a text",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a number",  [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",      [JSON_NULL] = "null",
    };
    return names[json_typeof(value)];
}

static bool baseline_fail(const struct baseline *baseline, uint32_t entry, const char *path,
                          const char *expected, const json_t *found, struct diag *diag)
{
    baseline_show(baseline, diag);
    diag_error(diag, baseline_place(baseline, entry, path), "expected %s, not %s%s%s%s", expected,
               found ? baseline_kind(found) : "nothing", *path ? " (" : "", path, *path ? ")" : "");
    return false;
}

/* ---- reading ---- */

/* The value at a dotted path; null where there is none, or only JSON's null. False, and told, where
 * the way leads through something else than objects. */
static bool baseline_get(const struct baseline *baseline, uint32_t entry, const char *path,
                         const json_t **value, struct diag *diag)
{
    char key[BASELINE_KEY_MAX];
    const json_t *at = baseline->entries[entry].object;
    for (const char *rest = path; *rest && at;) {
        const size_t length = strcspn(rest, ".");
        if (!json_is_object(at))
            return baseline_fail(baseline, entry, path, "an object on the way", at, diag);
        snprintf(key, sizeof(key), "%.*s", (int)(length < sizeof(key) ? length : 0), rest);
        at = json_object_get(at, key);
        at = json_is_null(at) ? NULL : at;
        rest += length + (rest[length] == '.');
    }
    *value = at;
    return true;
}

static bool baseline_get_text(const struct baseline *baseline, uint32_t entry, const char *path,
                              const char **text, struct diag *diag)
{
    const json_t *value;
    if (!baseline_get(baseline, entry, path, &value, diag))
        return false;
    *text = json_string_value(value);
    return *text || baseline_fail(baseline, entry, path, "a text", value, diag);
}

static bool baseline_get_object(const struct baseline *baseline, uint32_t entry, const char *path,
                                struct diag *diag)
{
    const json_t *value;
    if (!baseline_get(baseline, entry, path, &value, diag))
        return false;
    return json_is_object(value) || baseline_fail(baseline, entry, path, "an object", value, diag);
}

static bool baseline_check_version(const struct baseline *baseline, uint32_t entry,
                                   struct diag *diag)
{
    const json_t *value;
    if (!baseline_get(baseline, entry, "archsim.results", &value, diag))
        return false;
    if (!json_is_number(value))
        return baseline_fail(baseline, entry, "archsim.results",
                             "results of `archsim run FILE --format json`", value, diag);
    if (json_number_value(value) == BASELINE_RESULTS_VERSION)
        return true;
    baseline_show(baseline, diag);
    diag_error(diag, baseline_place(baseline, entry, "archsim.results"),
               "results of version %g, but this archsim reads those of version %d",
               json_number_value(value), BASELINE_RESULTS_VERSION);
    return false;
}

static bool baseline_check_replications(struct baseline *baseline, uint32_t entry,
                                        struct diag *diag)
{
    static const char path[] = "scenario.replications";
    const json_t *value;
    if (!baseline_get(baseline, entry, path, &value, diag))
        return false;
    const double count = json_number_value(value); /* 0 for what is none */
    if (!json_is_number(value) || count < 1 || count > BASELINE_REPLICATIONS_MAX ||
        count != floor(count))
        return baseline_fail(baseline, entry, path, "a whole number from 1 on", value, diag);
    baseline->entries[entry].replications = (uint32_t)count;
    return true;
}

static bool baseline_check_entry(struct baseline *baseline, uint32_t i, struct diag *diag)
{
    struct baseline_entry *entry = &baseline->entries[i];
    if (!json_is_object(entry->object))
        return baseline_fail(baseline, i, "", "the results of a scenario", entry->object, diag);
    return baseline_check_version(baseline, i, diag) &&
           baseline_get_text(baseline, i, "scenario.name", &entry->name, diag) &&
           baseline_get_text(baseline, i, "scenario.file", &entry->file, diag) &&
           baseline_check_replications(baseline, i, diag) &&
           baseline_get_object(baseline, i, "traffic", diag) &&
           baseline_get_object(baseline, i, "services", diag);
}

static bool baseline_check(struct baseline *baseline, struct diag *diag)
{
    const bool several = json_is_array(baseline->root);
    baseline->count = several ? (uint32_t)json_array_size(baseline->root) : 1;
    baseline->entries = arena_array(&baseline->arena, baseline->count, sizeof(*baseline->entries));
    for (uint32_t i = 0; i < baseline->count; i++)
        baseline->entries[i].object = several ? json_array_get(baseline->root, i) : baseline->root;
    for (uint32_t i = 0; i < baseline->count; i++)
        if (!baseline_check_entry(baseline, i, diag))
            return false;
    if (baseline->count > 0)
        return true;
    baseline_show(baseline, diag);
    diag_error(diag, (struct place){.file = baseline->path, .line = 1, .column = 1},
               "an empty array: these are the results of no scenario");
    return false;
}

static bool baseline_parse(struct baseline *baseline, struct diag *diag)
{
    /* all numbers as doubles: a seed may be beyond int64_t */
    json_error_t error;
    if (!*baseline_skip_blanks(baseline->text)) {
        diag_error(diag, (struct place){.file = baseline->path, .line = 1, .column = 1},
                   "the file is empty: expected what --format json wrote");
        return false;
    }
    baseline->root = json_loadb(baseline->text, baseline->length,
                                JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
    if (baseline->root)
        return true;
    if (json_error_code(&error) == json_error_out_of_memory)
        fatal("out of memory");
    baseline_show(baseline, diag);
    diag_error(diag,
               (struct place){
                   .file = baseline->path,
                   .line = error.line < 1 ? 1 : (uint32_t)error.line,
                   .column = error.column < 1 ? 1 : (uint32_t)error.column,
               },
               json_error_code(&error) == json_error_premature_end_of_input
                   ? "the file ends in the middle of its JSON: %s"
                   : "this is not JSON: %s",
               error.text);
    return false;
}

static struct baseline *baseline_new(const char *path)
{
    struct baseline *baseline = memory_resize(NULL, 1, sizeof(*baseline));
    *baseline = (struct baseline){.root = NULL};
    arena_init(&baseline->arena);
    baseline->path = arena_text(&baseline->arena, path, strlen(path));
    return baseline;
}

struct baseline *baseline_read_text(const char *name, const char *text, size_t length,
                                    struct diag *diag)
{
    struct baseline *baseline = baseline_new(name);
    baseline->text = arena_text(&baseline->arena, text, length);
    baseline->length = length;
    if (baseline_parse(baseline, diag) && baseline_check(baseline, diag))
        return baseline;
    baseline_free(baseline);
    return NULL;
}

/* To the end of the stream, or one byte more than allowed. The buffer is to be freed. */
static char *baseline_slurp(FILE *stream, size_t *length)
{
    char *buffer = NULL;
    size_t capacity = 0, got = 1;
    for (*length = 0; got > 0 && *length <= BASELINE_BYTES_MAX; *length += got) {
        if (*length == capacity) {
            capacity = capacity == 0 ? 64 << 10 : 2 * capacity;
            buffer = memory_resize(buffer, capacity, 1);
        }
        got = fread(buffer + *length, 1, capacity - *length, stream);
    }
    return buffer;
}

struct baseline *baseline_read(const char *path, struct diag *diag)
{
    const bool standard = strcmp(path, "-") == 0;
    FILE *stream = standard ? stdin : fopen(path, "rb");
    if (!stream) {
        diag_unreadable(diag, path, "cannot open the baseline: %s", strerror(errno));
        return NULL;
    }
    struct baseline *baseline = NULL;
    size_t length;
    errno = 0;
    char *buffer = baseline_slurp(stream, &length);
    if (ferror(stream))
        diag_unreadable(diag, path, "cannot read the baseline: %s", strerror(errno));
    else if (length > BASELINE_BYTES_MAX)
        diag_error(diag, (struct place){.file = path}, "a baseline has at most %d MiB",
                   BASELINE_BYTES_MAX >> 20);
    else
        baseline = baseline_read_text(path, buffer, length, diag);
    free(buffer);
    if (!standard)
        fclose(stream);
    return baseline;
}

void baseline_free(struct baseline *baseline)
{
    if (!baseline)
        return;
    json_decref(baseline->root);
    arena_done(&baseline->arena);
    free(baseline);
}

/* ---- asking ---- */

uint32_t baseline_count(const struct baseline *baseline)
{
    return baseline->count;
}

static const char *baseline_last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* How well an entry fits: 0 not at all. */
static uint32_t baseline_fit(const struct baseline_entry *entry, const char *name, const char *file)
{
    const bool same_name = strcmp(entry->name, name) == 0;
    const bool same_file = strcmp(entry->file, file) == 0;
    const bool same_last = strcmp(baseline_last_name(entry->file), baseline_last_name(file)) == 0;
    return same_name ? 2U + 2U * same_file + same_last : same_file;
}

bool baseline_find(const struct baseline *baseline, const char *name, const char *file,
                   uint32_t *entry, struct diag *diag)
{
    uint32_t best = 0;
    bool several = false;
    for (uint32_t i = 0; i < baseline->count; i++) {
        const uint32_t fit = baseline_fit(&baseline->entries[i], name, file);
        several = fit > best ? false : several || (fit == best && fit > 0);
        if (fit <= best && !(several && fit == best))
            continue;
        best = fit;
        *entry = i;
    }
    if (!several)
        return best > 0;
    baseline_show(baseline, diag);
    diag_error(diag, baseline_place(baseline, *entry, "scenario.name"),
               "a second entry that may be meant for '%s' (%s)", name, file);
    return false;
}

const char *baseline_name(const struct baseline *baseline, uint32_t entry)
{
    return baseline->entries[entry].name;
}

uint32_t baseline_replications(const struct baseline *baseline, uint32_t entry)
{
    return baseline->entries[entry].replications;
}

void baseline_refuse(const struct baseline *baseline, uint32_t entry, const char *text,
                     struct diag *diag)
{
    baseline_show(baseline, diag);
    diag_error(diag, baseline_place(baseline, entry, "scenario.replications"), "%s", text);
}

/* A number, or NaN for null. */
static bool baseline_bound(const json_t *estimate, const char *key, double *value)
{
    const json_t *number = json_object_get(estimate, key);
    *value = json_is_number(number) ? json_number_value(number) : NAN;
    return json_is_number(number) || json_is_null(number);
}

bool baseline_estimate(const struct baseline *baseline, uint32_t entry, const char *path,
                       struct interval *estimate, struct diag *diag)
{
    const json_t *value;
    *estimate = (struct interval){NAN, NAN, NAN};
    if (!baseline_get(baseline, entry, path, &value, diag))
        return false;
    if (!value)
        return true;
    struct interval found;
    const bool good = baseline_bound(value, "value", &found.value) && !isnan(found.value) &&
                      baseline_bound(value, "low", &found.low) &&
                      baseline_bound(value, "high", &found.high) &&
                      isnan(found.low) == isnan(found.high) &&
                      !(found.low > found.value || found.high < found.value);
    if (!good)
        return baseline_fail(baseline, entry, path,
                             "an estimate {value, low, high} with low <= value <= high", value,
                             diag);
    *estimate = found;
    return true;
}

/* diag: collects messages in its own arena. Places point into copies of the sources, so that
 * nothing here depends on how long a document or an argument lives. */
#include "sim/scenario/diag.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { DIAG_ERRORS_MAX = 100, DIAG_NAME_MAX = 128 };

void diag_init(struct diag *diag)
{
    *diag = (struct diag){.exit_code = DIAG_EXIT_INPUT};
    arena_init(&diag->arena);
}

void diag_done(struct diag *diag)
{
    free(diag->messages);
    free(diag->sources);
    arena_done(&diag->arena);
    *diag = (struct diag){0};
}

void diag_add_source(struct diag *diag, const char *file, const char *text, size_t length)
{
    diag->sources =
        memory_resize(diag->sources, diag->sources_count + 1, sizeof(struct diag_source));
    diag->sources[diag->sources_count++] = (struct diag_source){
        .given = file,
        .file = arena_text(&diag->arena, file, strlen(file)),
        .text = arena_text(&diag->arena, text, length),
        .length = length,
    };
}

/* The lasting name of a place's file: that of its source, else a copy. */
static const char *diag_file(struct diag *diag, const char *file)
{
    if (!file)
        return NULL;
    for (uint32_t i = diag->sources_count; i-- > 0;)
        if (diag->sources[i].given == file)
            return diag->sources[i].file;
    for (uint32_t i = diag->sources_count; i-- > 0;)
        if (strcmp(diag->sources[i].file, file) == 0)
            return diag->sources[i].file;
    return arena_text(&diag->arena, file, strlen(file));
}

static const char *diag_copy(struct diag *diag, const char *text)
{
    return text ? arena_text(&diag->arena, text, strlen(text)) : NULL;
}

static void __attribute__((format(printf, 3, 0)))
diag_add(struct diag *diag, const struct diag_message *message, const char *format,
         va_list arguments)
{
    if (message->level == DIAG_ERROR)
        diag->errors_count++;
    if (message->level != DIAG_WARNING && diag->errors_count > DIAG_ERRORS_MAX)
        return;
    assert(format);
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    assert(length >= 0);
    char *text = arena_alloc(&diag->arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    if (diag->messages_count == diag->messages_capacity) {
        diag->messages_capacity = diag->messages_capacity ? 2 * diag->messages_capacity : 16;
        diag->messages =
            memory_resize(diag->messages, diag->messages_capacity, sizeof(struct diag_message));
    }
    struct diag_message *kept = &diag->messages[diag->messages_count++];
    *kept = *message;
    kept->place.file = diag_file(diag, message->place.file);
    kept->text = text;
    kept->hint = diag_copy(diag, message->hint);
    kept->code = diag_copy(diag, message->code);
    kept->path = diag_copy(diag, message->path);
}

void diag_error(struct diag *diag, struct place place, const char *format, ...)
{
    struct diag_message message = {.level = DIAG_ERROR, .place = place};
    va_list arguments;
    va_start(arguments, format);
    diag_add(diag, &message, format, arguments);
    va_end(arguments);
}

void diag_error_hint(struct diag *diag, struct place place, const char *hint, const char *format,
                     ...)
{
    struct diag_message message = {.level = DIAG_ERROR, .place = place, .hint = hint};
    va_list arguments;
    va_start(arguments, format);
    diag_add(diag, &message, format, arguments);
    va_end(arguments);
}

void diag_warning(struct diag *diag, struct place place, const char *code, const char *path,
                  const char *format, ...)
{
    struct diag_message message = {
        .level = DIAG_WARNING, .place = place, .code = code, .path = path};
    va_list arguments;
    va_start(arguments, format);
    diag_add(diag, &message, format, arguments);
    va_end(arguments);
}

void diag_note(struct diag *diag, struct place place, const char *format, ...)
{
    struct diag_message message = {.level = DIAG_NOTE, .place = place};
    va_list arguments;
    va_start(arguments, format);
    diag_add(diag, &message, format, arguments);
    va_end(arguments);
}

void diag_unreadable(struct diag *diag, const char *file, const char *format, ...)
{
    struct diag_message message = {.level = DIAG_ERROR, .place = {.file = file}};
    va_list arguments;
    va_start(arguments, format);
    diag_add(diag, &message, format, arguments);
    va_end(arguments);
    diag->exit_code = DIAG_EXIT_WORK;
}

static size_t diag_smallest(size_t a, size_t b, size_t c)
{
    size_t smaller = a < b ? a : b;
    return smaller < c ? smaller : c;
}

/* Damerau-Levenshtein in its restricted form (optimal string alignment): three rows of the
 * table. */
static size_t diag_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][DIAG_NAME_MAX + 1];
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] =
                diag_smallest(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                above2[j - 2] + 1 < row[j])
                row[j] = above2[j - 2] + 1;
        }
    }
    return rows[a_length % 3][b_length];
}

const char *diag_nearest(const char *given, const char *const *names, size_t names_count)
{
    size_t length = strnlen(given, DIAG_NAME_MAX + 1);
    if (length < 2 || length > DIAG_NAME_MAX)
        return NULL;
    const char *nearest = NULL;
    size_t limit = length < 3 ? 1 : length / 3;
    for (size_t i = 0; i < names_count; i++) {
        size_t name_length = strnlen(names[i], DIAG_NAME_MAX + 1);
        if (name_length > DIAG_NAME_MAX || name_length > length + limit ||
            length > name_length + limit)
            continue;
        size_t distance = diag_distance(given, length, names[i], name_length);
        if (distance <= limit && !(nearest && distance == limit)) {
            nearest = names[i];
            limit = distance;
        }
    }
    return nearest;
}

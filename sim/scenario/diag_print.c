/* diag_print: messages as text. Whatever comes from the input goes through diag_put, which lets no
 * control character, terminal escape or change of writing direction through. */
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/diag.h"
#include "sim/scenario/utf8.h"

enum {
    DIAG_LINE_MAX = 100,   /* characters of a source line that are shown */
    DIAG_LINE_BEFORE = 60, /* of them before the caret, where a line is cut */
};

/* The order of messages: a group is an error or warning with the notes that follow it. */
struct diag_rank {
    uint32_t source, line, column, index;
};

static bool diag_is_plain(uint32_t code)
{
    bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    bool direction = code == 0x061C || code == 0x200E || code == 0x200F ||
                     (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    return !control && !direction && code != 0xFEFF;
}

/* One character from at most `length` bytes, made harmless; returns its bytes. */
static size_t diag_put_character(FILE *stream, const char *text, size_t length)
{
    uint32_t code;
    size_t size = utf8_decode(text, length, &code);
    if (size > 0 && diag_is_plain(code))
        fwrite(text, 1, size, stream);
    else
        fputc(size == 1 && code == '\t' ? ' ' : '?', stream);
    return size > 0 ? size : 1;
}

static void diag_put(FILE *stream, const char *text)
{
    for (size_t at = 0, length = strlen(text); at < length;)
        at += diag_put_character(stream, text + at, length - at);
}

/* Line `number` (from 1), without its end; false beyond the last. */
static bool diag_find_line(const struct diag_source *source, uint32_t number, const char **line,
                           size_t *line_length)
{
    const char *text = source->text;
    size_t at = 0, length = source->length;
    for (uint32_t n = 1;; n++) {
        size_t end = at;
        while (end < length && text[end] != '\n' && text[end] != '\r')
            end++;
        if (n == number) {
            *line = text + at;
            *line_length = end - at;
            return true;
        }
        if (end == length)
            return false;
        at = end + (text[end] == '\r' && end + 1 < length && text[end + 1] == '\n' ? 2 : 1);
    }
}

static void diag_repeat(FILE *stream, char c, uint32_t count)
{
    while (count-- > 0)
        fputc(c, stream);
}

/* The part of a line around the caret, then the caret line. */
static void diag_print_line(FILE *stream, const char *line, size_t length,
                            const struct diag_message *message, bool colour)
{
    uint32_t characters = utf8_count(line, length);
    uint32_t caret = message->place.column > 0 ? message->place.column - 1 : 0;
    caret = caret > characters ? characters : caret;
    uint32_t first = 0, last = characters;
    if (characters > DIAG_LINE_MAX) {
        first = caret > DIAG_LINE_BEFORE ? caret - DIAG_LINE_BEFORE : 0;
        first = first > characters - DIAG_LINE_MAX ? characters - DIAG_LINE_MAX : first;
        last = first + DIAG_LINE_MAX;
    }
    fprintf(stream, "%6u | %s", message->place.line, first > 0 ? "..." : "");
    uint32_t i = 0;
    for (size_t at = 0; at < length && i < last; i++) {
        uint32_t code;
        size_t size = utf8_decode(line + at, length - at, &code);
        if (i >= first)
            diag_put_character(stream, line + at, length - at);
        at += size > 0 ? size : 1;
    }
    fprintf(stream, "%s\n       | ", last < characters ? "..." : "");
    diag_repeat(stream, ' ', caret - first + (first > 0 ? 3 : 0));
    uint32_t width = message->place.width > last - caret ? last - caret : message->place.width;
    fprintf(stream, "%s^", colour ? "\033[1;32m" : "");
    diag_repeat(stream, '~', width > 1 ? width - 1 : 0);
    fputs(colour ? "\033[0m" : "", stream);
    if (message->hint) {
        fputc(' ', stream);
        diag_put(stream, message->hint);
    }
    fputc('\n', stream);
}

/* The source of a place (its file is the source's own name), sources_count if there is none. */
static uint32_t diag_source_index(const struct diag *diag, const char *file)
{
    uint32_t i = 0;
    while (i < diag->sources_count && diag->sources[i].file != file)
        i++;
    return i;
}

static void diag_print_message(const struct diag *diag, const struct diag_message *message,
                               FILE *stream, bool colour)
{
    static const char *const names[] = {"error", "warning", "note"};
    static const char *const colours[] = {"\033[1;31m", "\033[1;33m", "\033[1;36m"};
    const struct place *place = &message->place;
    if (place->file) {
        diag_put(stream, place->file);
        if (place->line > 0)
            fprintf(stream, ":%u:%u", place->line, place->column);
        fputs(": ", stream);
    }
    fprintf(stream, "%s%s:%s ", colour ? colours[message->level] : "", names[message->level],
            colour ? "\033[0m" : "");
    if (message->path) {
        diag_put(stream, message->path);
        fputs(": ", stream);
    }
    diag_put(stream, message->text);
    if (message->code) {
        fputs(" [", stream);
        diag_put(stream, message->code);
        fputc(']', stream);
    }
    fputc('\n', stream);
    uint32_t source = diag_source_index(diag, place->file);
    const char *line;
    size_t length;
    if (source < diag->sources_count && place->line > 0 &&
        diag_find_line(&diag->sources[source], place->line, &line, &length)) {
        diag_print_line(stream, line, length, message, colour);
    } else if (message->hint) {
        fputs("       = ", stream);
        diag_put(stream, message->hint);
        fputc('\n', stream);
    }
}

static int diag_rank_compare(const void *left, const void *right)
{
    const struct diag_rank *a = left, *b = right;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

void diag_print(const struct diag *diag, FILE *stream, bool colour)
{
    struct diag_rank *ranks = memory_resize(NULL, diag->messages_count, sizeof(struct diag_rank));
    uint32_t count = 0, errors = 0;
    for (uint32_t i = 0; i < diag->messages_count; i++) {
        const struct diag_message *message = &diag->messages[i];
        errors += message->level == DIAG_ERROR;
        if (message->level != DIAG_NOTE)
            ranks[count++] = (struct diag_rank){
                .source = diag_source_index(diag, message->place.file),
                .line = message->place.line,
                .column = message->place.column,
                .index = i,
            };
    }
    qsort(ranks, count, sizeof(struct diag_rank), diag_rank_compare);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t m = ranks[i].index;
        do
            diag_print_message(diag, &diag->messages[m], stream, colour);
        while (++m < diag->messages_count && diag->messages[m].level == DIAG_NOTE);
    }
    free(ranks);
    if (diag->errors_count > errors)
        fprintf(stream, "error: %u more errors are not shown\n", diag->errors_count - errors);
}

/* table: collects first, because a column's width is known when its last row is. */
#include "reports/table.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "sim/scenario/utf8.h"

enum { TABLE_NOTE_INDENT = 4, TABLE_BLANKS = 2 /* before each column */ };

static const char *const tint_escapes[] = {"",         "\033[32m", "\033[31m",
                                           "\033[33m", "\033[2m",  "\033[1m"};

const char *tint_begin(const struct text_style *style, enum tint tint)
{
    return style->colour ? tint_escapes[tint] : "";
}

const char *tint_end(const struct text_style *style, enum tint tint)
{
    return style->colour && tint != TINT_NONE ? "\033[0m" : "";
}

static bool text_is_plain(uint32_t code)
{
    const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    const bool direction = code == 0x61c || code == 0x200e || code == 0x200f ||
                           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    return !control && !direction && code != 0xfeff;
}

const char *text_clean(struct arena *arena, const char *text, uint32_t width_max)
{
    const size_t length = strlen(text);
    char *clean = arena_alloc(arena, length + 1);
    size_t used = 0;
    uint32_t width = 0;
    for (size_t at = 0; at < length && width < width_max; width++) {
        uint32_t code;
        const size_t size = utf8_decode(text + at, length - at, &code);
        if (size > 0 && text_is_plain(code)) {
            memcpy(clean + used, text + at, size);
            used += size;
        } else {
            clean[used++] = '?';
        }
        at += size > 0 ? size : 1;
    }
    return clean;
}

static uint32_t table_width(const char *text)
{
    return utf8_count(text, strlen(text));
}

uint32_t text_width(const struct text_style *style)
{
    if (style->width == 0 || style->width > TABLE_WIDTH)
        return TABLE_WIDTH;
    return style->width < TABLE_WIDTH_MIN ? TABLE_WIDTH_MIN : style->width;
}

const char *text_short(struct arena *arena, const char *text, uint32_t width_max)
{
    const char *clean = text_clean(arena, text, UINT32_MAX);
    const uint32_t width = table_width(clean);
    if (width <= width_max || width_max < 4)
        return text_clean(arena, clean, width_max);
    const uint32_t tail = (width_max - 2) / 2;
    const char *rest = clean;
    for (uint32_t i = 0; i < width - tail; i++) {
        uint32_t code;
        rest += utf8_decode(rest, strlen(rest), &code);
    }
    return arena_printf(arena, "%s..%s", text_clean(arena, clean, width_max - 2 - tail), rest);
}

void text_wrap(const struct text_style *style, const char *text, uint32_t indent, uint32_t hang,
               FILE *stream)
{
    const uint32_t width = text_width(style);
    uint32_t used = indent;
    bool first = true; /* of its line */
    fprintf(stream, "%*s", (int)indent, "");
    for (const char *word = text; *word;) {
        const size_t length = strcspn(word, " ");
        const uint32_t columns = utf8_count(word, length);
        if (!first && used + 1 + columns > width) {
            fprintf(stream, "\n%*s", (int)hang, "");
            used = hang;
        } else if (!first) {
            fputc(' ', stream);
            used++;
        }
        fwrite(word, 1, length, stream);
        first = false;
        used += columns;
        word += length;
        word += strspn(word, " ");
    }
    fputc('\n', stream);
}

void table_init(struct table *table, struct arena *arena, const char *align)
{
    *table = (struct table){.arena = arena, .align = align, .columns = (uint32_t)strlen(align)};
    assert(table->columns <= TABLE_COLUMNS_MAX);
}

void table_row(struct table *table)
{
    if (table->rows_count == table->rows_capacity) {
        const uint32_t capacity = table->rows_capacity > 0 ? 2 * table->rows_capacity : 16;
        void *rows = arena_array(table->arena, capacity, sizeof(*table->rows));
        if (table->rows_count > 0)
            memcpy(rows, table->rows, table->rows_count * sizeof(*table->rows));
        table->rows = rows;
        table->rows_capacity = capacity;
    }
    table->rows[table->rows_count++] = (struct table_line){.notes_count = 0};
    table->cells_count = 0;
}

void table_cell(struct table *table, enum tint tint, const char *format, ...)
{
    assert(table->rows_count > 0);
    assert(table->cells_count < table->columns);
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    struct table_line *row = &table->rows[table->rows_count - 1];
    row->cells[table->cells_count++] = (struct table_cell){
        .text = text_clean(table->arena, text, UINT32_MAX),
        .tint = tint,
    };
}

void table_note(struct table *table, const char *note)
{
    assert(table->rows_count > 0);
    struct table_line *row = &table->rows[table->rows_count - 1];
    assert(row->notes_count < TABLE_NOTES_MAX);
    row->notes[row->notes_count++] = note;
}

/* What is left of the last cell of a row. */
static const char *table_cut(const struct table *table, const char *text, uint32_t width)
{
    if (table_width(text) <= width)
        return text;
    if (width < 3)
        return "";
    return arena_printf(table->arena, "%s..", text_clean(table->arena, text, width - 2));
}

static void table_print_row(const struct table *table, const struct table_cell *cells,
                            const uint32_t *widths, const struct text_style *style, FILE *stream)
{
    uint32_t last = 0; /* nothing is printed after the last text */
    for (uint32_t i = 0; i < table->columns; i++)
        if (cells[i].text && cells[i].text[0])
            last = i;
    const uint32_t width = text_width(style);
    uint32_t used = 0;
    for (uint32_t i = 0; i <= last; i++) {
        const char *text = cells[i].text ? cells[i].text : "";
        used += TABLE_BLANKS;
        if (i == last)
            text = table_cut(table, text, used < width ? width - used : 0);
        const int blanks = (int)(widths[i] - table_width(text));
        const enum tint tint = text[0] ? cells[i].tint : TINT_NONE;
        fprintf(stream, "  %*s%s%s%s", table->align[i] == 'r' ? blanks : 0, "",
                tint_begin(style, tint), text, tint_end(style, tint));
        if (i < last && table->align[i] == 'l')
            fprintf(stream, "%*s", blanks, "");
        used += widths[i];
    }
    fputc('\n', stream);
}

static void table_measure(const struct table *table, uint32_t *widths)
{
    memset(widths, 0, TABLE_COLUMNS_MAX * sizeof(*widths));
    for (uint32_t i = 0; i < table->rows_count; i++)
        for (uint32_t j = 0; j < table->columns; j++) {
            const char *text = table->rows[i].cells[j].text;
            const uint32_t width = text ? table_width(text) : 0;
            widths[j] = width > widths[j] ? width : widths[j];
        }
}

bool table_fits(const struct table *table, const struct text_style *style)
{
    uint32_t widths[TABLE_COLUMNS_MAX], used = 0;
    table_measure(table, widths);
    for (uint32_t j = 0; j < table->columns; j++)
        used += TABLE_BLANKS + widths[j];
    return used <= text_width(style);
}

void table_print(const struct table *table, const struct text_style *style, FILE *stream)
{
    uint32_t widths[TABLE_COLUMNS_MAX];
    table_measure(table, widths);
    for (uint32_t i = 0; i < table->rows_count; i++) {
        table_print_row(table, table->rows[i].cells, widths, style, stream);
        for (uint32_t j = 0; j < table->rows[i].notes_count; j++)
            text_wrap(style, table->rows[i].notes[j], TABLE_NOTE_INDENT, TABLE_NOTE_INDENT, stream);
    }
}

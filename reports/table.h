/* table: rows of cells for a terminal, columns as wide as their widest cell and lines of at most
 * the terminal's width: the last cell of a row is cut to what is left, which shows as "..". Cells
 * may be coloured; colour takes no width. Text is made harmless on the way in: no control
 * characters or terminal escapes of the input. */
#ifndef ARCHSIM_REPORTS_TABLE_H
#define ARCHSIM_REPORTS_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/kernel/arena.h"

enum { TABLE_COLUMNS_MAX = 10, TABLE_WIDTH = 100, TABLE_WIDTH_MIN = 72, TABLE_NOTES_MAX = 2 };

/* How text may look: what the terminal can do and the user wants. */
struct text_style {
    bool colour, unicode;
    uint32_t width; /* of the terminal; 0: it is none */
};
/* Of a line: the terminal's, within TABLE_WIDTH_MIN..TABLE_WIDTH. */
uint32_t text_width(const struct text_style *style);

enum tint { TINT_NONE, TINT_GOOD, TINT_BAD, TINT_DOUBT, TINT_DIM, TINT_STRONG };
/* The escapes around tinted text; empty without colour. */
const char *tint_begin(const struct text_style *style, enum tint tint);
const char *tint_end(const struct text_style *style, enum tint tint);

/* A copy in the arena without control characters (also of Unicode) and what is not UTF-8, cut to
 * `width_max` characters. */
const char *text_clean(struct arena *arena, const char *text, uint32_t width_max);
/* The same, but the middle is cut away, since names differ at their ends: "long_na..me_7". */
const char *text_short(struct arena *arena, const char *text, uint32_t width_max);
/* Words up to the width, the first line after `indent` blanks, each further one after `hang`. */
void text_wrap(const struct text_style *style, const char *text, uint32_t indent, uint32_t hang,
               FILE *stream);

struct table_cell {
    const char *text;
    enum tint tint;
};

struct table_line {
    struct table_cell cells[TABLE_COLUMNS_MAX];
    const char *notes[TABLE_NOTES_MAX]; /* each on lines of its own below */
    uint32_t notes_count;
};

struct table {
    struct arena *arena;
    const char *align; /* per column 'l' or 'r' */
    uint32_t columns;
    struct table_line *rows;
    uint32_t rows_count, rows_capacity, cells_count; /* of the last row */
};

/* Memory of the arena; `align` such as "lrr". */
void table_init(struct table *table, struct arena *arena, const char *align);
void table_row(struct table *table);
void table_cell(struct table *table, enum tint tint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A remark below the last row; the text is borrowed. */
void table_note(struct table *table, const char *note);
/* Whether nothing would have to be cut. */
bool table_fits(const struct table *table, const struct text_style *style);
/* Each line begins with two blanks. */
void table_print(const struct table *table, const struct text_style *style, FILE *stream);

#endif

/* document_check: what YAML and libyaml let through and the language does not, and values that
 * YAML tore apart. Every check is linear or nearly so in the size of the text, whatever the
 * text. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/document_read.h"
#include "sim/scenario/utf8.h"

enum {
    DOCUMENT_PIECE_MAX = 256, /* bytes: longer ones belong to no distribution */
    DOCUMENT_PIECES_MAX = 16,
};

/* Line separators other than CR and LF are refused too: editors and YAML disagree on what a line
 * is. */
static bool document_check_character(uint32_t code, struct place place, struct diag *diag)
{
    bool control = (code < 0x20 && code != '\t' && code != '\n' && code != '\r') ||
                   (code >= 0x7F && code < 0xA0);
    if (!control && code != 0x2028 && code != 0x2029 && code != 0xFEFF && code != 0xFFFE &&
        code != 0xFFFF)
        return true;
    diag_error(diag, place, "the character U+%04X cannot stand in a scenario", code);
    return false;
}

bool document_check_text(const struct document_source *source, struct diag *diag)
{
    struct place place = {
        .file = source->file, .line = 1, .column = source->column + 1, .width = 1};
    const char *text = source->text;
    if (source->length >= 2 &&
        (memcmp(text, "\xFE\xFF", 2) == 0 || memcmp(text, "\xFF\xFE", 2) == 0)) {
        diag_error(diag, (struct place){.file = source->file},
                   "the file is in UTF-16: expected text in UTF-8");
        return false;
    }
    for (size_t at = 0; at < source->length;) {
        if (text[at] >= ' ' && text[at] <= '~') { /* nearly always: quick */
            place.column++;
            at++;
            continue;
        }
        uint32_t code;
        size_t size = utf8_decode(text + at, source->length - at, &code);
        if (size == 0) {
            diag_error(diag, place, "the byte 0x%02X is not UTF-8", (unsigned char)text[at]);
            return false;
        }
        if (!document_check_character(code, place, diag))
            return false;
        bool end =
            code == '\n' || (code == '\r' && (at + 1 == source->length || text[at + 1] != '\n'));
        place.line += end;
        place.column = end ? 1 : place.column + 1;
        at += size;
    }
    return true;
}

bool document_check_scalar(const char *text, size_t length, struct place place, struct diag *diag)
{
    if (length > DOCUMENT_SCALAR_MAX) {
        diag_error(diag, place, "a value has at most %d KiB", DOCUMENT_SCALAR_MAX >> 10);
        return false;
    }
    for (size_t at = 0; at < length;) {
        uint32_t code;
        size_t size = utf8_decode(text + at, length - at, &code);
        assert(size > 0);
        if (!document_check_character(code, place, diag))
            return false;
        at += size;
    }
    return true;
}

/* Parentheses left open by a text (negative: closed without being opened). */
static int document_open_parentheses(const char *text)
{
    int open = 0;
    for (; *text; text++)
        open += (*text == '(') - (*text == ')');
    return open;
}

/* The text of a piece that YAML cut off at a comma: a bare item of a list, or a key without a
 * value. */
static const char *document_piece(const struct node *map_or_list, const struct node *child)
{
    if (child->kind != NODE_SCALAR || child->quoted)
        return NULL;
    if (map_or_list->kind == NODE_MAP && child->text[0] != '\0')
        return NULL;
    const char *piece = map_or_list->kind == NODE_MAP ? child->key : child->text;
    return strnlen(piece, DOCUMENT_PIECE_MAX) < DOCUMENT_PIECE_MAX ? piece : NULL;
}

/* How many pieces after `child` complete its text, 0 if none do. */
static uint32_t document_pieces(const struct node *map_or_list, const struct node *child)
{
    if (child->kind != NODE_SCALAR || child->quoted ||
        strnlen(child->text, DOCUMENT_PIECE_MAX) == DOCUMENT_PIECE_MAX)
        return 0;
    int open = document_open_parentheses(child->text);
    uint32_t pieces = 0;
    while (open > 0 && child->next && pieces < DOCUMENT_PIECES_MAX) {
        child = child->next;
        const char *piece = document_piece(map_or_list, child);
        if (!piece)
            return 0;
        open += document_open_parentheses(piece);
        pieces++;
    }
    return open == 0 ? pieces : 0;
}

uint32_t document_mend(struct node *node, struct arena *arena, struct diag *diag)
{
    uint32_t mended = 0;
    for (struct node *child = node->first; child; child = child->next) {
        uint32_t pieces = document_pieces(node, child);
        if (pieces == 0)
            continue;
        node->count -= pieces;
        for (; pieces > 0; pieces--) {
            child->text =
                arena_printf(arena, "%s, %s", child->text, document_piece(node, child->next));
            child->next = child->next->next;
        }
        diag_error_hint(
            diag, child->place, arena_printf(arena, "write \"%s\"", child->text),
            "YAML tears this value apart at the comma: inside {} and [] it needs quotes");
        mended++;
    }
    return mended;
}

static int document_compare_keys(const void *left, const void *right)
{
    const struct node *a = *(const struct node *const *)left,
                      *b = *(const struct node *const *)right;
    int order = strcmp(a->key, b->key);
    if (order != 0)
        return order;
    if (a->key_place.line != b->key_place.line)
        return a->key_place.line < b->key_place.line ? -1 : 1;
    return a->key_place.column < b->key_place.column ? -1 : 1;
}

/* Drops the children whose key was taken away. */
static void document_drop_keyless(struct node *map)
{
    for (struct node **link = &map->first; *link;) {
        if ((*link)->key) {
            link = &(*link)->next;
        } else {
            *link = (*link)->next;
            map->count--;
        }
    }
}

uint32_t document_check_keys(struct node *map, struct diag *diag)
{
    struct node **sorted = memory_resize(NULL, map->count, sizeof(struct node *));
    uint32_t count = 0, duplicates = 0;
    for (struct node *child = map->first; child; child = child->next)
        sorted[count++] = child;
    assert(count == map->count);
    qsort(sorted, count, sizeof(struct node *), document_compare_keys);
    for (uint32_t i = 1, first = 0; i < count; i++) {
        if (strcmp(sorted[i]->key, sorted[first]->key) != 0) {
            first = i;
            continue;
        }
        diag_error(diag, sorted[i]->key_place, "duplicate key '%.100s'", sorted[i]->key);
        diag_note(diag, sorted[first]->key_place, "the first one is here");
        sorted[i]->key = NULL;
        duplicates++;
    }
    free(sorted);
    if (duplicates > 0)
        document_drop_keyless(map);
    return duplicates;
}

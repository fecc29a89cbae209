/* fuzz_document: any bytes as a scenario file and, behind the first NUL, as overrides (one up to
 * each NUL). Nothing may crash, hang or leak; a tree that is accepted is well formed and within
 * the limits. */
#include "sim/scenario/document.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Walks a tree; returns the number of its nodes. */
static uint32_t fuzz_walk(const struct node *node, uint32_t depth, bool in_map)
{
    assert(depth <= 2 * DOCUMENT_DEPTH_MAX);
    assert((node->key != NULL) == in_map);
    assert(node->place.line > 0);
    assert(node->place.column > 0);
    if (node->kind == NODE_SCALAR) {
        assert(strlen(node->text) <= DOCUMENT_SCALAR_MAX);
        return 1;
    }
    uint32_t nodes = 1, count = 0;
    for (const struct node *child = node->first; child; child = child->next, count++)
        nodes += fuzz_walk(child, depth + 1, node->kind == NODE_MAP);
    assert(count == node->count);
    return nodes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct diag diag;
    arena_init(&arena);
    diag_init(&diag);
    const char *text = (const char *)data;
    size_t length = size > 0 ? strnlen(text, size) : 0;
    struct node *root = document_read_text("fuzz", size > 0 ? text : "", length, &arena, &diag);
    assert(root != NULL || diag.errors_count > 0);
    while (root && length < size) {
        text += length + 1;
        size -= length + 1;
        length = size > 0 ? strnlen(text, size) : 0;
        uint32_t errors = diag.errors_count;
        const char *assignment = arena_text(&arena, text, length);
        assert(document_set(root, assignment, &arena, &diag) == (diag.errors_count == errors));
        fuzz_walk(root, 0, false);
    }
    if (root)
        assert(fuzz_walk(root, 0, false) > 0);
    FILE *stream = fopen("/dev/null", "w");
    diag_print(&diag, stream, true);
    fclose(stream);
    diag_done(&diag);
    arena_done(&arena);
    return 0;
}

/* arena: blocks of zeroed memory in a list, newest first; allocation moves a mark through the
 * newest. Blocks grow with the arena (16 KiB to 1 MiB); what is larger than a quarter of the
 * next block gets one of its own, behind the newest, so that the rest of the newest is not
 * wasted. */
#include "sim/kernel/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    ARENA_BLOCK_MIN = 16 << 10,
    ARENA_BLOCK_MAX = 1 << 20,
    ARENA_ALIGN = 16,
    ARENA_ALIGN_ARRAY = 64,
    ARENA_PAGE = 4096,
    ARENA_LARGE = 8 << 20,
};

struct arena_block {
    struct arena_block *next;
    size_t size_bytes; /* of data */
    _Alignas(16) unsigned char data[];
};

void arena_init(struct arena *arena)
{
    *arena = (struct arena){0};
}

void arena_done(struct arena *arena)
{
    for (struct arena_block *block = arena->head; block;) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    *arena = (struct arena){0};
}

static struct arena_block *arena_block_new(struct arena *arena, size_t size_bytes)
{
    /* calloc of a large block takes fresh pages: zeroed without being touched */
    struct arena_block *block = calloc(1, sizeof(struct arena_block) + size_bytes);
    if (!block)
        fatal("out of memory (%zu bytes)", size_bytes);
    if (size_bytes >= ARENA_LARGE) {
        /* a table that is read at random: large pages spare most page walks */
        const uintptr_t first = ((uintptr_t)block + ARENA_PAGE - 1) & ~(uintptr_t)(ARENA_PAGE - 1);
        madvise((void *)first, size_bytes & ~(size_t)(ARENA_PAGE - 1), MADV_HUGEPAGE);
    }
    block->size_bytes = size_bytes;
    arena->total_bytes += size_bytes;
    return block;
}

static size_t arena_padding(const struct arena_block *block, size_t used_bytes, size_t align)
{
    uintptr_t address = (uintptr_t)(block->data + used_bytes);
    return (size_t)(-address & (align - 1));
}

static void *arena_take(struct arena *arena, size_t size_bytes, size_t align)
{
    if (size_bytes > SIZE_MAX / 2)
        fatal("out of memory (%zu bytes)", size_bytes);
    struct arena_block *block = arena->head;
    if (block) {
        size_t start = arena->used_bytes + arena_padding(block, arena->used_bytes, align);
        if (start <= block->size_bytes && size_bytes <= block->size_bytes - start) {
            arena->used_bytes = start + size_bytes;
            return block->data + start;
        }
    }
    size_t next_bytes = arena->total_bytes < ARENA_BLOCK_MIN   ? ARENA_BLOCK_MIN
                        : arena->total_bytes > ARENA_BLOCK_MAX ? ARENA_BLOCK_MAX
                                                               : arena->total_bytes;
    bool own = size_bytes > next_bytes / 4;
    struct arena_block *fresh = arena_block_new(arena, own ? size_bytes + align : next_bytes);
    size_t start = arena_padding(fresh, 0, align);
    if (own && block) {
        fresh->next = block->next;
        block->next = fresh;
    } else {
        fresh->next = block;
        arena->head = fresh;
        arena->used_bytes = start + size_bytes;
    }
    return fresh->data + start;
}

void *arena_alloc(struct arena *arena, size_t size_bytes)
{
    return arena_take(arena, size_bytes, ARENA_ALIGN);
}

void *arena_array(struct arena *arena, size_t count, size_t size_bytes)
{
    size_t total_bytes;
    if (__builtin_mul_overflow(count, size_bytes, &total_bytes))
        fatal("out of memory (%zu times %zu bytes)", count, size_bytes);
    return arena_take(arena, total_bytes,
                      total_bytes >= ARENA_ALIGN_ARRAY ? ARENA_ALIGN_ARRAY : ARENA_ALIGN);
}

char *arena_text(struct arena *arena, const char *text, size_t length)
{
    if (length == SIZE_MAX)
        fatal("out of memory (%zu bytes)", length);
    char *copy = arena_take(arena, length + 1, 1);
    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    assert(format);
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    char *text = arena_take(arena, (size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void *memory_resize(void *old, size_t count, size_t size_bytes)
{
    size_t total_bytes;
    if (__builtin_mul_overflow(count, size_bytes, &total_bytes) || total_bytes > SIZE_MAX / 2)
        fatal("out of memory (%zu times %zu bytes)", count, size_bytes);
    void *memory = realloc(old, total_bytes > 0 ? total_bytes : 1);
    if (!memory)
        fatal("out of memory (%zu bytes)", total_bytes);
    return memory;
}

void fatal(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("archsim: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(4);
}

/* arena: memory that lives exactly as long as its owner (a scenario, a world).
 * Blocks are taken from the system, never given back one by one; arena_done frees them all.
 * Allocation failure ends the program through fatal(), so no caller checks for null. */
#ifndef ARCHSIM_KERNEL_ARENA_H
#define ARCHSIM_KERNEL_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
    struct arena_block *head; /* newest first */
    size_t used_bytes;        /* of the newest block */
    size_t total_bytes;       /* of all blocks */
};

void arena_init(struct arena *arena);
void arena_done(struct arena *arena);

/* Zeroed memory, aligned to 16 bytes; size 0 gives a valid pointer. Lives until arena_done. */
void *arena_alloc(struct arena *arena, size_t size_bytes);
/* count * size zeroed bytes, aligned to 64 from 64 bytes on; a product that overflows is fatal. */
void *arena_array(struct arena *arena, size_t count, size_t size_bytes);
/* A copy of `length` bytes of text, terminated. */
char *arena_text(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Growing arrays of the heap, for what outlives no arena (slabs, rings): realloc that never fails.
 * The result is to be freed with free(). */
void *memory_resize(void *old, size_t count, size_t size_bytes);

/* The machine failed: prints "archsim: " and the message on stderr and exits with 4. */
_Noreturn void fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

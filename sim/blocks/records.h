/* records: what a model keeps of a call beside the frame: records of one size, named by a number
 * that fits into the frame's note; 0 names none. The last given back is the first taken again, and
 * memory is taken only when all are in use.
 * Worked: take, take, give 1 back, take: the numbers are 1, 2, 1. */
#ifndef ARCHSIM_BLOCKS_RECORDS_H
#define ARCHSIM_BLOCKS_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/arena.h"

enum { RECORDS_NONE = 0, RECORDS_CHUNK = 256 };

struct records {
    struct arena *arena;
    size_t size_bytes;
    unsigned char **chunks;
    uint32_t chunks_room;
    uint32_t count; /* ever used */
    uint32_t free;  /* head of the free list, linked through the records */
};

/* size_bytes >= 4 */
void records_init(struct records *records, struct arena *arena, size_t size_bytes);
/* A zeroed record. */
uint32_t records_take(struct records *records);
void records_give(struct records *records, uint32_t record);

static inline void *records_at(const struct records *records, uint32_t record)
{
    const uint32_t index = record - 1;
    return records->chunks[index / RECORDS_CHUNK] + index % RECORDS_CHUNK * records->size_bytes;
}

#endif

/* records: chunks that never move, and a free list through them. */
#include "sim/blocks/records.h"

#include <assert.h>
#include <string.h>

void records_init(struct records *records, struct arena *arena, size_t size_bytes)
{
    assert(size_bytes >= sizeof(uint32_t));
    *records = (struct records){.arena = arena, .size_bytes = size_bytes};
}

static void records_grow(struct records *records)
{
    const uint32_t chunks = records->count / RECORDS_CHUNK;
    if (chunks == records->chunks_room) {
        const uint32_t room = chunks > 0 ? 2 * chunks : 1;
        unsigned char **moved = arena_array(records->arena, room, sizeof(*moved));
        for (uint32_t i = 0; i < chunks; i++) {
            moved[i] = records->chunks[i];
        }
        records->chunks = moved;
        records->chunks_room = room;
    }
    records->chunks[chunks] = arena_array(records->arena, RECORDS_CHUNK, records->size_bytes);
}

uint32_t records_take(struct records *records)
{
    const uint32_t record = records->free;
    if (record != RECORDS_NONE) {
        void *at = records_at(records, record);
        memcpy(&records->free, at, sizeof(records->free));
        memset(at, 0, records->size_bytes);
        return record;
    }
    if (records->count % RECORDS_CHUNK == 0) {
        records_grow(records);
    }
    return ++records->count;
}

void records_give(struct records *records, uint32_t record)
{
    memcpy(records_at(records, record), &records->free, sizeof(records->free));
    records->free = record;
}

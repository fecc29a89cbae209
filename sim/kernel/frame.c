#include "sim/kernel/frame.h"

#include <sys/mman.h>

#include "sim/kernel/arena.h"

/* The first pages are plain, so that a small world takes little; beyond them large pages spare the
 * processor most of its page walks. */
#define FRAME_PLAIN_BYTES ((size_t)2 << 20)

static void *frame_reserve(size_t size_bytes)
{
    void *base = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        fatal("cannot reserve %zu bytes of address space for calls in flight", size_bytes);
    }
    if (size_bytes > FRAME_PLAIN_BYTES) {
        madvise((char *)base + FRAME_PLAIN_BYTES, size_bytes - FRAME_PLAIN_BYTES, MADV_HUGEPAGE);
    }
    return base;
}

void frames_init(struct frames *frames, uint32_t limit)
{
    *frames = (struct frames){
        .base = frame_reserve((size_t)limit * sizeof(struct frame)),
        .more = frame_reserve((size_t)limit * sizeof(struct frame_more)),
        .free = FRAME_NONE,
        .limit = limit,
    };
}

void frames_done(struct frames *frames)
{
    munmap(frames->base, (size_t)frames->limit * sizeof(struct frame));
    munmap(frames->more, (size_t)frames->limit * sizeof(struct frame_more));
}

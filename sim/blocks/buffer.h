/* buffer: the page cache of a database: how many of the pages that a request touches are in memory.
 *
 * The fluid limit of LRU (Che, Tung and Wang, "Hierarchical Web caching systems", IEEE JSAC 20:7,
 * 2002), with its transients. Pages are asked for independently, page i with probability p_i by a
 * Zipf law. After T requests that nothing was evicted in, page i is here with probability
 * 1 - exp(-p_i T), so one number T, the requests that are remembered, is the whole state:
 *   size(T) = sum of 1 - exp(-p_i T)      pages that are here
 *   hit(T) = sum of p_i (1 - exp(-p_i T)) chance that the next request finds its page
 * Each request adds 1 to T until size(T) fills the room; a smaller room takes T back to where the
 * size fits (LRU keeps the latest), a larger one lets it grow again. Both sums are tabulated over
 * log T once; a request costs a few ns. Worked: 2 pages asked for alike, a room of 1: size = 2 -
 * 2 exp(-T / 2) = 1 at T = 2 ln 2, where hit = 1/2. */
#ifndef ARCHSIM_BLOCKS_BUFFER_H
#define ARCHSIM_BLOCKS_BUFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/random.h"

/* size and hit over T; shared by all buffers of the same pages. */
struct buffer_law {
    double pages_count;
    double *sizes, *hits; /* at T = 2^(i / BUFFER_OCTAVE) */
    uint32_t points_count;
};

struct buffer {
    const struct buffer_law *law;
    double requests;      /* T */
    double requests_full; /* T at which the room is full; INFINITY: everything fits */
    double requests_next; /* T from which `hit_ratio` is to be looked up anew */
    double hit_ratio, hit_log;
};

/* pages_count >= 1; zipf_s >= 0: 0 is all pages alike. */
void buffer_law_init(struct buffer_law *law, struct arena *arena, double pages_count,
                     double zipf_s);

/* A buffer for so many pages (the law is borrowed); empty, or as full as a long time makes it. */
void buffer_init(struct buffer *buffer, const struct buffer_law *law, double room_pages, bool warm);
/* So much room from now on; the pages used last stay. */
void buffer_resize(struct buffer *buffer, double room_pages);
/* A request touches so many pages, which are in the buffer afterwards. Returns how many were not
 * there. */
uint32_t buffer_read(struct buffer *buffer, struct random *random, uint32_t pages_count);

#endif

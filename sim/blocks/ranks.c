#include "sim/blocks/ranks.h"

void ranks_join(struct ranks *ranks, const struct core *core, struct frame *f, bool first)
{
    struct line *line = &ranks->lines[f->priority];
    if (first) {
        line_join_first(line, core, f);
    } else {
        line_join(line, core, f);
    }
    ranks->occupied[f->priority / RANKS_WORD_BITS] |= (uint64_t)1 << f->priority % RANKS_WORD_BITS;
}

void ranks_leave(struct ranks *ranks, const struct core *core, struct frame *f)
{
    struct line *line = &ranks->lines[f->priority];
    line_leave(line, core, f);
    if (line->count == 0) {
        ranks->occupied[f->priority / RANKS_WORD_BITS] &=
            ~((uint64_t)1 << f->priority % RANKS_WORD_BITS);
    }
}

struct frame *ranks_head(const struct ranks *ranks, const struct core *core)
{
    for (uint32_t word = 0; word < RANKS_COUNT / RANKS_WORD_BITS; word++) {
        if (ranks->occupied[word] != 0) {
            const uint32_t bit = (uint32_t)__builtin_ctzll(ranks->occupied[word]);
            return line_head(&ranks->lines[word * RANKS_WORD_BITS + bit], core);
        }
    }
    return NULL;
}

int ranks_last(const struct ranks *ranks, int low, int high)
{
    while (high >= low) {
        const int bit = high % RANKS_WORD_BITS;
        const uint64_t below = ranks->occupied[high / RANKS_WORD_BITS]
                               << (RANKS_WORD_BITS - 1 - bit);
        if (below != 0) {
            const int last = high - __builtin_clzll(below);
            return last >= low ? last : -1;
        }
        high -= bit + 1;
    }
    return -1;
}

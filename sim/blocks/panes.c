/* panes: a ring of counts by the number of the pane. */
#include "sim/blocks/panes.h"

#include <string.h>

enum { PANES_FIRST = 16 };

void panes_init(struct panes *panes, const struct panes_setup *setup)
{
    *panes = (struct panes){.setup = *setup};
}

static uint64_t *panes_at(const struct panes *panes, int64_t number)
{
    return &panes->counts[(uint64_t)number & (panes->capacity - 1)];
}

static int64_t panes_number(const struct panes *panes, int64_t at_ns)
{
    const int64_t slide_ns = panes->setup.slide_ns, past_ns = at_ns - panes->setup.origin_ns;
    return past_ns / slide_ns - (past_ns % slide_ns < 0);
}

/* That one is kept from now on, and all between it and the others. */
static void panes_reach(struct panes *panes, int64_t number)
{
    if (panes->low == panes->high) {
        panes->low = panes->high = number;
    }
    const int64_t low = number < panes->low ? number : panes->low;
    const int64_t high = number >= panes->high ? number + 1 : panes->high;
    if ((uint64_t)(high - low) > panes->capacity) {
        uint64_t capacity = panes->capacity > 0 ? panes->capacity : PANES_FIRST;
        while (capacity < (uint64_t)(high - low)) {
            capacity *= 2;
        }
        uint64_t *counts = arena_array(panes->setup.arena, capacity, sizeof(*counts));
        for (int64_t i = panes->low; i < panes->high; i++) {
            counts[(uint64_t)i & (capacity - 1)] = *panes_at(panes, i);
        }
        panes->counts = counts;
        panes->capacity = capacity;
    }
    for (int64_t i = low; i < panes->low; i++) {
        *panes_at(panes, i) = 0;
    }
    for (int64_t i = panes->high; i < high; i++) {
        *panes_at(panes, i) = 0;
    }
    panes->low = low;
    panes->high = high;
}

/* False: they are late. */
static bool panes_put(struct panes *panes, int64_t number, uint64_t count)
{
    const int64_t slides = panes->setup.slides;
    if (!panes->any || (!panes->closed && number < panes->closes)) {
        panes->any = true;
        panes->closes = number + 1;
    }
    if (number + slides < panes->closes) {
        return false;
    }
    panes_reach(panes, number);
    *panes_at(panes, number) += count;
    panes->records += count;
    return true;
}

uint64_t panes_add(struct panes *panes, int64_t first_ns, int64_t last_ns, uint64_t count)
{
    const int64_t from = panes_number(panes, first_ns), to = panes_number(panes, last_ns);
    const double span_ns = (double)(last_ns - first_ns) + 1;
    uint64_t late = 0, given = 0;
    for (int64_t i = from; i <= to; i++) {
        const int64_t end_ns = panes->setup.origin_ns + (i + 1) * panes->setup.slide_ns;
        const double until = (double)(end_ns - first_ns) / span_ns;
        const uint64_t upto = i == to ? count : (uint64_t)((double)count * until);
        if (upto > given && !panes_put(panes, i, upto - given)) {
            late += upto - given;
        }
        given = upto;
    }
    return late;
}

static void panes_drop(struct panes *panes)
{
    const int64_t needed = panes->closes - panes->setup.slides;
    while (panes->low < panes->high && panes->low < needed) {
        panes->records -= *panes_at(panes, panes->low++);
    }
}

bool panes_close(struct panes *panes, int64_t watermark_ns, int64_t *end_ns, uint64_t *count)
{
    const int64_t reached = panes_number(panes, watermark_ns); /* panes that are over: below it */
    while (panes->any && panes->closes <= reached) {
        panes->closed = true;
        if (panes->low == panes->high) {
            panes->closes = reached + 1;
            return false;
        }
        const int64_t from = panes->closes - (int64_t)panes->setup.slides;
        *count = 0;
        for (int64_t i = from > panes->low ? from : panes->low;
             i < panes->closes && i < panes->high; i++) {
            *count += *panes_at(panes, i);
        }
        *end_ns = panes->setup.origin_ns + panes->closes * panes->setup.slide_ns;
        panes->closes++;
        panes_drop(panes);
        if (*count > 0) {
            return true;
        }
    }
    return false;
}

void panes_copy(struct panes *into, const struct panes *from)
{
    uint64_t *counts = into->counts;
    uint64_t capacity = into->capacity;
    if (capacity < from->capacity) {
        capacity = from->capacity;
        counts = arena_array(into->setup.arena, capacity, sizeof(*counts));
    }
    *into = *from;
    into->counts = counts;
    into->capacity = capacity;
    for (int64_t i = from->low; i < from->high; i++) {
        *panes_at(into, i) = *panes_at(from, i);
    }
}

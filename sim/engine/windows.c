#include "sim/engine/windows.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

void windows_init(struct windows *windows, struct arena *arena, int64_t origin_ns,
                  int64_t duration_ns)
{
    const int64_t count = duration_ns / WINDOW_NS;
    *windows = (struct windows){.origin_ns = origin_ns, .arena = arena};
    if (count <= WINDOWS_MAX) {
        windows->count = (uint32_t)count;
        windows->items = arena_array(arena, windows->count, sizeof(*windows->items));
    }
}

void windows_done(struct windows *windows)
{
    for (uint32_t i = 0; i < windows->count; i++) {
        free((void *)windows->items[i].code.bytes);
    }
}

/* Null beyond the last whole window. */
struct window *windows_at(struct windows *windows, int64_t start_ns)
{
    const int64_t index = (start_ns - windows->origin_ns) / WINDOW_NS;
    return index < windows->count ? &windows->items[index] : NULL;
}

static void windows_forget_code(struct windows *windows, struct window *window)
{
    windows->codes_bytes -= window->code.size_bytes;
    free((void *)window->code.bytes);
    window->code = (struct histogram_code){0};
}

/* Lower availability first, then the higher p99; what is unknown is the least bad. */
static int windows_compare(const void *left, const void *right)
{
    const struct window *a = *(struct window *const *)left;
    const struct window *b = *(struct window *const *)right;
    const double bad_a = (double)(a->arrived - a->ok) / (double)a->arrived;
    const double bad_b = (double)(b->arrived - b->ok) / (double)b->arrived;
    if (bad_a != bad_b) {
        return bad_a > bad_b ? -1 : 1;
    }
    const double p99_a = isnan(a->latency_p99_ns) ? 0 : a->latency_p99_ns;
    const double p99_b = isnan(b->latency_p99_ns) ? 0 : b->latency_p99_ns;
    return p99_a > p99_b ? -1 : p99_a < p99_b;
}

/* Drops the codes of the better half. */
static void windows_trim(struct windows *windows)
{
    struct window **packed = memory_resize(NULL, windows->count, sizeof(*packed));
    uint32_t count = 0;
    for (uint32_t i = 0; i < windows->count; i++) {
        if (windows->items[i].code.bytes != NULL) {
            packed[count++] = &windows->items[i];
        }
    }
    qsort(packed, count, sizeof(*packed), windows_compare);
    for (uint32_t i = count / 2; i < count; i++) {
        windows_forget_code(windows, packed[i]);
        packed[i]->dropped = true;
    }
    free(packed);
}

static void windows_pack_one(struct windows *windows, struct window *window)
{
    if (!window->dropped) {
        const double beyond = 0.01 * (double)window->ok;
        window->latency_p99_ns = beyond < 10 ? NAN : histogram_quantile(window->latency, 0.99);
        window->code = histogram_encode(window->latency);
        windows->codes_bytes += window->code.size_bytes;
    }
    histogram_clear(window->latency);
    windows->spare[windows->spare_count++] = window->latency;
    window->latency = NULL;
    windows->open_count--;
    if (windows->codes_bytes > WINDOWS_CODES_BYTES) {
        windows_trim(windows);
    }
}

/* Gives a window its histogram: an empty one, or what was packed. When too many are in use, the
 * oldest is packed: some of its requests may never end. */
void windows_open(struct windows *windows, struct window *window)
{
    const uint32_t index = (uint32_t)(window - windows->items);
    while (windows->open_count == WINDOWS_OPEN_MAX) {
        while (windows->items[windows->open_oldest].latency == NULL) {
            windows->open_oldest++;
        }
        windows_pack_one(windows, &windows->items[windows->open_oldest]);
    }
    if (windows->spare_count > 0) {
        window->latency = windows->spare[--windows->spare_count];
    } else {
        window->latency = arena_alloc(windows->arena, sizeof(*window->latency));
        histogram_init(window->latency, windows->arena);
    }
    windows->open_count++;
    windows->open_oldest = index < windows->open_oldest ? index : windows->open_oldest;
    if (window->code.bytes != NULL) {
        const bool sound = histogram_decode(window->latency, window->code);
        assert(sound);
        (void)sound;
        windows_forget_code(windows, window);
    }
}

/* With the first arrival in a new window the last one may be complete. */
void windows_arrive_new(struct windows *windows, int64_t now_ns)
{
    struct window *window = windows_at(windows, now_ns);
    struct window *last = windows->last;
    if (window == NULL) {
        return;
    }
    if (last != NULL && last->latency != NULL && last->ended == last->arrived) {
        windows_pack_one(windows, last);
    }
    window->arrived++;
    windows->last = window;
    windows->last_start_ns = windows->origin_ns + (window - windows->items) * WINDOW_NS;
    windows->last_length_ns = WINDOW_NS;
}

/* All that have arrived so far have ended: if no more can come, the window is complete. */
void windows_finish_in(struct windows *windows, struct window *window, int64_t now_ns)
{
    const int64_t end_ns = windows->origin_ns + (window - windows->items + 1) * WINDOW_NS;
    if (now_ns >= end_ns && window->latency != NULL) {
        windows_pack_one(windows, window);
    }
}

void windows_pack(struct windows *windows)
{
    for (uint32_t i = 0; i < windows->count; i++) {
        if (windows->items[i].latency != NULL) {
            windows_pack_one(windows, &windows->items[i]);
        }
    }
}

/* ports: three rings of times. */
#include "sim/blocks/ports.h"

enum { PORTS_FIRST = 16 };

void ports_init(struct ports *ports, struct arena *arena, const struct ports_rules *rules)
{
    *ports = (struct ports){.rules = *rules, .arena = arena};
}

static int64_t *ports_at(const struct ports_times *times, uint32_t i)
{
    return &times->items[(times->first + i) & (times->capacity - 1)];
}

static void ports_add(struct ports *ports, struct ports_times *times, int64_t time_ns)
{
    if (times->count == times->capacity) {
        const uint32_t capacity = times->capacity > 0 ? 2 * times->capacity : PORTS_FIRST;
        int64_t *items = arena_array(ports->arena, capacity, sizeof(*items));
        for (uint32_t i = 0; i < times->count; i++) {
            items[i] = *ports_at(times, i);
        }
        *times = (struct ports_times){.items = items, .count = times->count, .capacity = capacity};
    }
    *ports_at(times, times->count++) = time_ns;
}

static void ports_drop(struct ports_times *times)
{
    times->first = (times->first + 1) & (times->capacity - 1);
    times->count--;
}

static void ports_clear(struct ports *ports, int64_t now_ns)
{
    const struct ports_rules *rules = &ports->rules;
    while (ports->idle.count > 0 && *ports_at(&ports->idle, 0) + rules->idle_ns <= now_ns) {
        ports_add(ports, &ports->expired, *ports_at(&ports->idle, 0) + rules->idle_ns);
        ports_drop(&ports->idle);
    }
    struct ports_times *over[] = {&ports->closed, &ports->expired};
    for (int i = 0; i < 2; i++) {
        while (over[i]->count > 0 && *ports_at(over[i], 0) + rules->closed_ns <= now_ns) {
            ports_drop(over[i]);
        }
    }
}

uint32_t ports_taken(struct ports *ports, int64_t now_ns)
{
    ports_clear(ports, now_ns);
    return ports->used + ports->idle.count + ports->closed.count + ports->expired.count;
}

bool ports_open(struct ports *ports, int64_t now_ns)
{
    const uint32_t taken = ports_taken(ports, now_ns);
    if (ports->idle.count > 0) {
        ports->idle.count--;
        ports->used++;
        return true;
    }
    if (taken >= ports->rules.count) {
        return false;
    }
    ports->used++;
    ports->opened++;
    return true;
}

void ports_cancel(struct ports *ports)
{
    ports->used--;
    ports->opened--;
}

void ports_close(struct ports *ports, int64_t now_ns)
{
    ports->used--;
    ports_add(ports, ports->rules.idle_ns > 0 ? &ports->idle : &ports->closed, now_ns);
}

void ports_end(struct ports *ports, int64_t now_ns)
{
    ports->used--;
    ports_add(ports, &ports->closed, now_ns);
}

#include "sim/blocks/replication.h"

#include <assert.h>

enum { REPLICATION_FIRST_CAPACITY = 64 };

static struct replication_batch *replication_at(const struct replication *replication,
                                                uint32_t number)
{
    return &replication->ring[number & (replication->capacity - 1)];
}

static int64_t replication_now(const struct replication *replication)
{
    return core_now(replication->setup.core);
}

void replication_init(struct replication *replication, const struct replication_setup *setup)
{
    assert(setup->slot_ns > 0);
    assert((setup->batches_max & (setup->batches_max - 1)) == 0);
    *replication = (struct replication){
        .setup = *setup,
        .capacity = REPLICATION_FIRST_CAPACITY,
        .slot_end_ns = INT64_MIN,
        .changed_ns = core_now(setup->core),
    };
    replication->ring =
        arena_array(setup->arena, replication->capacity, sizeof(*replication->ring));
}

int64_t replication_age_ns(const struct replication *replication)
{
    return replication->oldest == replication->next
               ? 0
               : replication_now(replication) -
                     replication_at(replication, replication->oldest)->first_ns;
}

/* Since the last change it has grown with time, or was 0. */
static double replication_grown(const struct replication *replication)
{
    const double age = (double)replication_age_ns(replication);
    const double length = (double)(replication_now(replication) - replication->changed_ns);
    return age > 0 ? length * (age - length / 2) : 0;
}

double replication_age_area(const struct replication *replication)
{
    return replication->age_area + replication_grown(replication);
}

int64_t replication_age_most_ns(const struct replication *replication)
{
    const int64_t age_ns = replication_age_ns(replication);
    return age_ns > replication->age_most_ns ? age_ns : replication->age_most_ns;
}

/* To be called before the oldest changes. */
static void replication_settle(struct replication *replication)
{
    replication->age_most_ns = replication_age_most_ns(replication);
    replication->age_area += replication_grown(replication);
    replication->changed_ns = replication_now(replication);
}

void replication_reset(struct replication *replication)
{
    replication_settle(replication);
    replication->age_most_ns = 0;
    gauge_reset(&replication->pending, replication_now(replication));
}

static void replication_double(struct replication *replication)
{
    const struct replication old = *replication;
    replication->capacity *= 2;
    assert(replication->capacity <= replication->setup.batches_max);
    replication->ring =
        arena_array(replication->setup.arena, replication->capacity, sizeof(*replication->ring));
    for (uint32_t number = old.oldest; number != old.next; number++) {
        *replication_at(replication, number) = *replication_at(&old, number);
    }
}

/* A slot begins, and with it a batch. Its lag is known at once. */
static void replication_begin(struct replication *replication)
{
    const struct replication_setup *setup = &replication->setup;
    const int64_t now_ns = replication_now(replication);
    if (replication->next - replication->oldest == replication->capacity) {
        replication_double(replication);
    }
    replication_settle(replication);
    const uint32_t number = replication->next++;
    *replication_at(replication, number) = (struct replication_batch){.first_ns = now_ns};
    replication->slot_end_ns = now_ns + setup->slot_ns;
    const int64_t lag_ns =
        setup->slot_ns / 2 + distribution_draw_int(setup->lag_ns_dist, &replication->setup.random);
    events_at(&setup->core->events, now_ns + (lag_ns > setup->slot_ns ? lag_ns : setup->slot_ns),
              EVENT_SERVICE, setup->service, setup->timer + (number & (setup->batches_max - 1)));
}

void replication_send(struct replication *replication, uint32_t writes, double bytes)
{
    const int64_t now_ns = replication_now(replication);
    assert(writes > 0);
    if (now_ns >= replication->slot_end_ns) {
        replication_begin(replication);
    }
    struct replication_batch *batch = replication_at(replication, replication->next - 1);
    batch->writes += writes;
    batch->bytes += bytes;
    replication->sent += writes;
    replication->pending_bytes += bytes;
    gauge_add(&replication->pending, writes, now_ns);
}

int64_t replication_due(struct replication *replication, uint32_t number)
{
    struct replication_batch *batch = replication_at(replication, number);
    const int64_t now_ns = replication_now(replication);
    const int64_t age_ns = now_ns - batch->first_ns - replication->setup.slot_ns / 2;
    replication_settle(replication);
    replication->pending_bytes -= batch->bytes;
    replication->arrived += batch->writes;
    gauge_add(&replication->pending, -(int64_t)batch->writes, now_ns);
    batch->writes = 0;
    while (replication->oldest != replication->next &&
           replication_at(replication, replication->oldest)->writes == 0) {
        replication->oldest++;
    }
    assert(replication->sent - replication->arrived == (uint64_t)replication->pending.value);
    return age_ns > 0 ? age_ns : 0;
}

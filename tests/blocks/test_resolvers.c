/* What resolvers know: the turns of the header's example at known instants; those that ignore the
 * TTL; and that at first what is left of the answers is uniform in the TTL. */
#include "sim/blocks/resolvers.h"

#include <stdbool.h>

#include "tests/blocks/estimate.h"

#define MS_NS INT64_C(1000000)
#define TTL_NS (10000 * MS_NS)

struct rig {
    struct arena arena;
    struct resolvers resolvers;
    struct random random;
};

static void rig_open(struct rig *rig, uint32_t count, int64_t ttl_ns, double ignore)
{
    arena_init(&rig->arena);
    random_seed(&rig->random, 1, 0, "resolvers", "test");
    resolvers_init(&rig->resolvers, &rig->arena, count, ttl_ns, ignore, &rig->random);
}

static enum resolvers_turn rig_ask(const struct rig *rig, int64_t now_ns, int64_t *wait_ns)
{
    return resolvers_ask(&rig->resolvers, &rig->resolvers.items[0], now_ns, wait_ns);
}

static void turns(void **state)
{
    (void)state;
    struct rig rig;
    int64_t wait_ns;
    rig_open(&rig, 1, TTL_NS, 0);
    rig.resolvers.items[0].expires_ns = 0;
    assert_int_equal(rig_ask(&rig, 0, &wait_ns), RESOLVERS_ASKS);
    resolvers_learn(&rig.resolvers, &rig.resolvers.items[0], 30 * MS_NS);
    assert_int_equal(rig_ask(&rig, 10 * MS_NS, &wait_ns), RESOLVERS_WAITS);
    assert_int_equal(wait_ns, 20 * MS_NS);
    assert_int_equal(rig_ask(&rig, 30 * MS_NS, &wait_ns), RESOLVERS_KNOWS);
    assert_int_equal(wait_ns, 0);
    assert_int_equal(rig_ask(&rig, 30 * MS_NS + TTL_NS - 1, &wait_ns), RESOLVERS_KNOWS);
    assert_int_equal(rig_ask(&rig, 30 * MS_NS + TTL_NS, &wait_ns), RESOLVERS_ASKS);
    arena_done(&rig.arena);
}

/* Without a TTL everybody asks, but for who comes while somebody does. */
static void no_time_to_live(void **state)
{
    (void)state;
    struct rig rig;
    int64_t wait_ns;
    rig_open(&rig, 1, 0, 0);
    assert_int_equal(rig_ask(&rig, 0, &wait_ns), RESOLVERS_ASKS);
    resolvers_learn(&rig.resolvers, &rig.resolvers.items[0], 30 * MS_NS);
    assert_int_equal(rig_ask(&rig, 30 * MS_NS - 1, &wait_ns), RESOLVERS_WAITS);
    assert_int_equal(rig_ask(&rig, 30 * MS_NS, &wait_ns), RESOLVERS_ASKS);
    arena_done(&rig.arena);
}

static void at_first(void **state)
{
    (void)state;
    enum { COUNT = 10000 };
    struct rig rig;
    int64_t wait_ns;
    double left_s = 0;
    rig_open(&rig, COUNT, TTL_NS, 0.2);
    for (uint32_t i = 0; i < COUNT; i++) {
        const struct resolver *resolver = &rig.resolvers.items[i];
        const bool ignores = i < COUNT / 5;
        assert_int_equal(resolver->expires_ns == INT64_MAX, ignores);
        assert_int_equal(resolvers_ask(&rig.resolvers, resolver, TTL_NS, &wait_ns),
                         ignores ? RESOLVERS_KNOWS : RESOLVERS_ASKS);
        left_s += ignores ? 0 : (double)resolver->expires_ns / 1e9 / (COUNT * 4 / 5);
    }
    sample_check_near(left_s, 5, 10 / sqrt(12.0 * COUNT * 4 / 5), "what is left");
    arena_done(&rig.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns),
        cmocka_unit_test(no_time_to_live),
        cmocka_unit_test(at_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

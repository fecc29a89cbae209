/* Known independently: every output that was put is in the buffer, out, or acknowledged, once;
 * after restarts the acknowledged ones that go out again are counted apart, so that acknowledged -
 * twice + buffered + out is what was put and is not lost. Requests are full batches of all lanes,
 * or what has waited its time, shared by the lanes. */
#include "sim/blocks/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/kernel/random.h"

enum { SENT_MAX = 100000 };

struct rig {
    struct core core;
    struct arena arena;
    struct outbox outbox;
    uint32_t sent[SENT_MAX]; /* names, in their order */
    uint32_t sent_count, ended;
};

static void rig_send(void *context, uint32_t request)
{
    struct rig *rig = context;
    rig->sent[rig->sent_count++ % SENT_MAX] = request;
}

static void rig_open(struct rig *rig, uint32_t lanes, uint32_t batch, uint64_t room,
                     uint32_t out_max)
{
    *rig = (struct rig){.sent_count = 0};
    core_init(&rig->core, 1);
    arena_init(&rig->arena);
    outbox_init(&rig->outbox, &(struct outbox_setup){
                                  .core = &rig->core,
                                  .arena = &rig->arena,
                                  .context = rig,
                                  .send = rig_send,
                                  .delay_ns = 1000,
                                  .lanes = lanes,
                                  .batch = batch,
                                  .room = room,
                                  .out_max = out_max,
                              });
}

static void rig_close(struct rig *rig)
{
    arena_done(&rig->arena);
    core_done(&rig->core);
}

static void put(struct rig *rig, uint64_t count, int64_t came_ns)
{
    outbox_put(&rig->outbox, &(struct outbox_load){count, came_ns, came_ns});
}

static uint64_t count_of(const struct rig *rig, uint32_t i)
{
    return outbox_request(&rig->outbox, rig->sent[i])->load.count;
}

static void test_worked(void **state)
{
    (void)state;
    static struct rig rig;
    rig_open(&rig, 1, 3, 5, 2);
    put(&rig, 8, 0);
    assert_int_equal(rig.sent_count, 2);
    assert_int_equal(rig.outbox.buffered, 2);
    outbox_end(&rig.outbox, rig.sent[0], true);
    assert_true(outbox_full(&rig.outbox));
    outbox_end(&rig.outbox, rig.sent[1], true);
    assert_false(outbox_full(&rig.outbox));
    assert_int_equal(rig.sent_count, 2); /* two are no batch */
    outbox_due(&rig.outbox);
    assert_int_equal(rig.sent_count, 3);
    assert_int_equal(count_of(&rig, 2), 2);
    rig_close(&rig);
}

/* Four lanes with a batch of 25 each: 99 outputs wait, and leave as 25, 25, 25, 24. */
static void test_lanes_share(void **state)
{
    (void)state;
    static struct rig rig;
    rig_open(&rig, 4, 25, 1000, 50);
    put(&rig, 99, 0);
    assert_int_equal(rig.sent_count, 0);
    outbox_due(&rig.outbox);
    assert_int_equal(rig.sent_count, 4);
    assert_int_equal(count_of(&rig, 0), 25);
    assert_int_equal(count_of(&rig, 3), 24);
    put(&rig, 100, 0);
    assert_int_equal(rig.sent_count, 5);
    assert_int_equal(rig.outbox.buffered, 75);
    rig_close(&rig);
}

/* A request that is made of several loads has the mean of their times. */
static void test_times_are_means(void **state)
{
    (void)state;
    static struct rig rig;
    rig_open(&rig, 1, 4, 100, 9);
    put(&rig, 3, 1000);
    put(&rig, 1, 2000);
    assert_int_equal(rig.sent_count, 1);
    assert_int_equal(outbox_request(&rig.outbox, rig.sent[0])->load.came_ns, 1250);
    rig_close(&rig);
}

/* What went out after the checkpoint began goes out twice; what was in the buffer is again. */
static void test_restart(void **state)
{
    (void)state;
    static struct rig rig;
    rig_open(&rig, 1, 2, 100, 9);
    put(&rig, 3, 0); /* one request out, one output in the buffer */
    outbox_begin(&rig.outbox);
    assert_false(outbox_through(&rig.outbox));
    outbox_end(&rig.outbox, rig.sent[0], true);
    assert_true(outbox_through(&rig.outbox));
    outbox_complete(&rig.outbox);
    put(&rig, 3, 0); /* with the one of before: two requests */
    outbox_end(&rig.outbox, rig.sent[1], true);
    outbox_restart(&rig.outbox);
    assert_int_equal(rig.outbox.twice, 2);
    assert_int_equal(rig.outbox.buffered, 1);
    assert_true(outbox_stale(&rig.outbox, rig.sent[2]));
    outbox_end(&rig.outbox, rig.sent[2], true);
    assert_int_equal(rig.outbox.twice, 4);
    assert_int_equal(rig.outbox.acknowledged, 6);
    rig_close(&rig);
}

/* Outputs are put as a job would: what a restart takes back is put once more. */
static void test_conservation(void **state)
{
    (void)state;
    static struct rig rig;
    struct random random;
    uint64_t made = 0, made_begun = 0, made_kept = 0, restarts = 0;
    bool marked = false;
    random_seed(&random, 11, 0, "test", "steps");
    rig_open(&rig, 3, 7, 1000, 4);
    for (int step = 0; step < 60000; step++) {
        const uint64_t what = random_below(&random, 100);
        struct outbox *outbox = &rig.outbox;
        if (what < 40) {
            const uint64_t count = random_below(&random, 9);
            put(&rig, count, step);
            made += count;
        } else if (what < 80 && rig.ended < rig.sent_count) {
            outbox_end(outbox, rig.sent[rig.ended++ % SENT_MAX], true);
        } else if (what < 85) {
            outbox_due(outbox);
        } else if (what < 90 && !marked) {
            outbox_begin(outbox);
            made_begun = made;
            marked = true;
        } else if (what < 98 && marked && outbox_through(outbox)) {
            outbox_complete(outbox);
            made_kept = made_begun;
            marked = false;
        } else if (what == 99 && random_below(&random, 20) == 0) {
            outbox_restart(outbox);
            made = made_kept;
            marked = false;
            restarts++;
        }
        assert_int_equal(outbox->acknowledged + outbox->buffered + outbox->loaded,
                         made + outbox->twice);
    }
    assert_true(restarts > 10 && rig.outbox.twice > 0);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked),          cmocka_unit_test(test_lanes_share),
        cmocka_unit_test(test_times_are_means), cmocka_unit_test(test_restart),
        cmocka_unit_test(test_conservation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

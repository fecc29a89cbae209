/* Known independently: the worked example of the header; nothing is lost or sent twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim/blocks/log_agent.h"

static void each_third_request_sends(void **state)
{
    (void)state;
    struct log_agent agent = {0};
    uint32_t calls = 0;
    for (int i = 1; i <= 8; i++) {
        if (!log_agent_add(&agent, 3, 2, 100)) {
            continue;
        }
        const struct log_agent sent = log_agent_send(&agent);
        assert_int_equal(i, 3 * ++calls);
        assert_int_equal(sent.requests, 3);
        assert_int_equal(sent.events, 6);
        assert_true(sent.bytes == 300);
    }
    assert_int_equal(calls, 2);
    assert_int_equal(agent.requests, 2); /* those are not sent */
    assert_int_equal(agent.events, 4);
}

/* A batch of one: no agent, each request calls. Requests may log nothing. */
static void a_batch_of_one_is_sent_at_once(void **state)
{
    (void)state;
    struct log_agent agent = {0};
    for (int events = 0; events < 5; events++) {
        assert_true(log_agent_add(&agent, 1, events, 0));
        assert_int_equal(log_agent_send(&agent).events, events);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_third_request_sends),
        cmocka_unit_test(a_batch_of_one_is_sent_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Documented rules of Cognito, its federation and STS. Sources: [Q] Cognito developer guide,
 * "Quotas in Amazon Cognito"; [T] "Understanding user pool JSON web tokens", "Refresh tokens"; [L]
 * "Customizing user pool workflows with Lambda triggers"; [S] STS API reference, AssumeRole; [F]
 * facts, identity_federation and iam_sts. Arrivals that begin at 1 s find full buckets. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/support/lab.h"

#define HEAD(duration)                                             \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 1s\n" \
    "replications: 2\nseed: 5\n"
/* Every latency is a constant, so that sums can be checked. */
#define PLAIN                                                                                \
    "refresh_before: {token: 0s, credentials: 5min}, keys: {fetch: 0s}, latency: {sign_in: " \
    "400ms, token: 120ms, federate: 100ms, "                                                 \
    "provider: 600ms, user: 80ms, validate: 1ms, assume_role: 40ms}"

/* [Q] The categories and their default rates; of 1,000/s for 10 s
 * after a pause, as many pass as a bucket of one second lets: (1 + 9.999) times the rate. */
static void each_category_has_its_quota(void **state)
{
    (void)state;
    static const struct {
        const char *operation;
        double rate;
    } cases[] = {
        {"sign_in", 120},     {"refresh", 120},         {"token", 150},
        {"federate", 25},     {"revoke", 120},          {"sign_up", 50},
        {"read_user", 120},   {"update_user", 25},      {"recover", 30},
        {"assume_role", 600}, {"get_credentials", 600}, {"assume_role_with_identity", 600},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_run(HEAD("11s") "services:\n  id: {type: identity}\n"
                                              "traffic:\n  t: {to: id.%s, arrivals: constant, "
                                              "rate: [[0s, 0/s], [1s, 1k/s]]}\n",
                                  cases[i].operation);
        lab_near(lab, "services.id.errors.throttled", 1 - cases[i].rate * 10.999 / 10000, 0.00021);
        lab_close(lab);
    }
}

/* [Q] Operation special handling, with its example: a quota of 80/s lets 240 answers to challenges
 * a second pass beside the sign-ins; with four rounds, 70 sign-ins a second have 280 of them, of
 * which 40 count as authentications: 110/s are too many. With three rounds all is well. */
static void challenges_have_three_times_the_quota(void **state)
{
    (void)state;
    static const struct {
        int requests;
        bool throttled;
    } cases[] = {{4, false}, {5, true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab =
            lab_run("archsim: 1\nname: test\nduration: 60s\nwarmup: 60s\nreplications: 2\nseed: 5\n"
                    "quotas: {identity: {user_authentication: 80/s}}\n"
                    "services:\n  id: {type: identity, sign_in_requests: %d}\n"
                    "traffic:\n  t: {to: id.sign_in, arrivals: constant, rate: 70/s}\n",
                    cases[i].requests);
        assert_int_equal(lab_value(lab, "services.id.throttle_count") > 0, cases[i].throttled);
        lab_close(lab);
    }
}

/* [T] Amplify and the mobile SDKs refresh a token 2 minutes before it expires: one of 5 minutes
 * every 3; and while they cannot, it is good for the rest of its time. */
static void token_is_refreshed_early(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: test\nduration: 1800s\nwarmup: 180s\nreplications: 2\nseed: 5\n"
                "services:\n  id: {type: identity, users: zipf(n=1 s=0), access_token: 5min}\n"
                "traffic:\n  t: {to: id.validate, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "services.id.token_refresh_successes", 10);
    lab_close(lab);
    lab = lab_run("archsim: 1\nname: test\nduration: 600s\nwarmup: 0s\nreplications: 2\nseed: 5\n"
                  "quotas: {identity: {user_authentication: 40/h}}\n" /* one token in 90 s */
                  "services:\n  id: {type: identity, users: zipf(n=1 s=0), access_token: 5min}\n"
                  "traffic:\n  t: {to: id.validate, arrivals: constant, rate: 1/s}\n"
                  "  other: {to: id.refresh, arrivals: constant, rate: [[0s, 0/s], [1s, 1/s], "
                  "[90s, 0/s]]}\n");
    lab_equal(lab, "traffic.t.errors.throttled", 0);
    lab_close(lab);
}

/* [Q] "against all of your user pools": two pools share each quota, and categories do not touch
 * each other. */
static void quotas_are_pooled_over_user_pools(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("11s") "quotas: {identity: {user_authentication: 60/s}}\n"
                    "services:\n  a: {type: identity}\n  b: {type: identity}\ntraffic:\n"
                    "  ta: {to: a.refresh, arrivals: constant, rate: [[0s, 0/s], [1s, 200/s]]}\n"
                    "  tb: {to: b.refresh, arrivals: constant, rate: [[0s, 0/s], [1s, 200/s]]}\n"
                    "  tm: {to: b.token, arrivals: constant, rate: [[0s, 0/s], [1s, 100/s]]}\n");
    const double both = lab_value(lab, "services.a.token_refresh_successes") +
                        lab_value(lab, "services.b.token_refresh_successes");
    const double throttles = lab_value(lab, "services.a.token_refresh_throttles") +
                             lab_value(lab, "services.b.token_refresh_throttles");
    assert_true(both > 600 && both <= 60 * 11); /* some answers come after the end */
    assert_true(fabs(throttles - (4000 - 60 * 10.995)) <= 2);
    lab_equal(lab, "traffic.tm.availability", 1);
    assert_string_equal(lab->experiment.replications[0].log->metric, "UserAuthentication");
    lab_close(lab);
}

/* [F] federated_login: "a shift start of 10,000 users takes at least 400 s" at 25/s. Here 1,000
 * users who ask again and again: of those that came within t seconds 25 + 25 t are in, all after
 * 39 s, and each signs in once. */
static void start_of_a_shift(void **state)
{
    (void)state;
    static const struct {
        const char *duration;
        double signed_in;
    } cases[] = {{"20s", 25 + 25 * 20}, {"60s", 1000}};
    for (int i = 0; i < 2; i++) {
        struct lab *lab = lab_run(
            "archsim: 1\nname: test\nduration: %s\nwarmup: 0s\nreplications: 2\nseed: 5\n"
            "services:\n  id: {type: identity, users: zipf(n=1000 s=0), signed_in: 0, provider: "
            "idp, " PLAIN "}\n  idp: {type: delay, work: 500ms}\n"
            "traffic:\n  t: {to: id.validate, rate: 2k/s}\n",
            cases[i].duration);
        lab_near(lab, "services.id.federation_successes", cases[i].signed_in, 1);
        lab_close(lab);
    }
}

/* [F] lifetime: "refresh load = active sessions / lifetime": 1,000 users who send a request every
 * 10 s, tokens of 5 minutes. With the wait for the next request it is 1,000 / (300 s + 10 s). */
static void refresh_load_is_sessions_over_lifetime(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nname: test\nduration: {3000s}\nwarmup: 300s\nreplications: 8\nseed: 5\n"
        "services:\n  id: {type: identity, users: zipf(n=1000 s=0), access_token: 5min, "
        "refresh_token: 3650d, latency: {token: 0s, validate: 0s}, keys: {fetch: 0s}, "
        "refresh_before: {token: 0s}}\n"
        "traffic:\n  t: {to: id.validate, rate: 100/s}\n");
    lab_expect(lab, "services.id.cached_ratio", 1 - 1 / (1 + 0.1 * 300), 0.01);
    const double refreshes = lab_value(lab, "services.id.token_refresh_successes");
    assert_true(fabs(refreshes / (3000 * lab_scale()) / (1000 / 310.0) - 1) < 0.03);
    assert_true(lab_value(lab, "services.id.sign_in_successes") < 0.001 * refreshes);
    lab_close(lab);
}

/* [T] One user, a request each second, a token of 5 minutes: a refresh every 300 s. The refresh
 * comes on top of the check, whose own time is 1 ms. [F] token_check: no request otherwise. */
static void expired_token_is_refreshed_first(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nname: test\nduration: 3000s\nwarmup: 300s\nreplications: 2\nseed: 5\n"
        "services:\n  id: {type: identity, users: zipf(n=1 s=0), access_token: 5min, " PLAIN "}\n"
        "traffic:\n  t: {to: id.validate, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "services.id.token_refresh_successes", 10);
    lab_equal(lab, "services.id.call_count", 10);
    lab_equal(lab, "services.id.latency.p50", 0.001);
    lab_equal(lab, "services.id.latency.max", 0.121);
    lab_close(lab);
}

/* [T] Once the refresh token is over the user signs in anew: with the first request after an hour
 * whose token is over too. With one request each second each token lasts 301 s: 12 in 3612 s. */
static void session_ends_with_the_refresh_token(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: test\nduration: 36120s\nwarmup: 2h\nreplications: 2\nseed: 5\n"
                "services:\n  id: {type: identity, users: zipf(n=1 s=0), access_token: 5min, "
                "refresh_token: 1h, " PLAIN "}\n"
                "traffic:\n  t: {to: id.validate, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "services.id.sign_in_successes", 10);
    lab_equal(lab, "services.id.token_refresh_successes", 110);
    lab_equal(lab, "services.id.call_count", 130);
    lab_equal(lab, "services.id.latency.max", 0.401);
    lab_close(lab);
}

/* [T] "You can use access tokens until they expire", also when the refresh token is over before:
 * of 45 minutes, refreshed at 2701 s, one lasts until 5402 s, beyond the hour of the sign-in. */
static void token_outlives_its_sign_in(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: test\nduration: 54020s\nwarmup: 3h\nreplications: 2\nseed: 5\n"
                "services:\n  id: {type: identity, users: zipf(n=1 s=0), access_token: 45min, "
                "refresh_token: 1h, " PLAIN "}\n"
                "traffic:\n  t: {to: id.validate, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "services.id.sign_in_successes", 10);
    lab_equal(lab, "services.id.token_refresh_successes", 10);
    lab_close(lab);
}

/* Who renews may be taken back by his caller: nothing has failed, and the next one renews. The
 * first gives up after 100 ms; one signs in then, for 401 ms, and the other checks its token. */
static void next_one_renews(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nname: test\nduration: 3s\nwarmup: 0s\nreplications: 2\nseed: 5\n"
        "services:\n  id: {type: identity, users: zipf(n=1 s=0), signed_in: 0, " PLAIN "}\n"
        "  app: {type: delay, calls: [{parallel: [{call: id.validate, timeout: 100ms, cancel: "
        "true, optional: true}, id.validate, id.validate]}]}\n"
        "traffic:\n  t: {to: app, arrivals: constant, rate: [[0s, 1/s], [1s, 0/s]]}\n");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_equal(lab, "traffic.t.latency.max", 0.502);
    lab_equal(lab, "services.id.sign_in_successes", 1);
    lab_equal(lab, "services.id.call_count", 4);
    lab_close(lab);
}

/* The same where the quota is used up by then: the next one is throttled, and all after it. */
static void next_one_may_be_throttled(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nname: test\nduration: 3s\nwarmup: 0s\nreplications: 2\nseed: 5\n"
        "quotas: {identity: {user_authentication: 1/h}}\n"
        "services:\n  id: {type: identity, users: zipf(n=1 s=0), signed_in: 0, sign_in_requests: "
        "1, " PLAIN "}\n"
        "  app: {type: delay, calls: [{parallel: [{call: id.validate, timeout: 100ms, cancel: "
        "true, optional: true}, id.validate]}]}\n"
        "traffic:\n  t: {to: app, arrivals: constant, rate: [[0s, 1/s], [1s, 0/s]]}\n");
    lab_equal(lab, "traffic.t.errors.throttled", 1);
    lab_equal(lab, "services.id.throttle_count", 1);
    assert_string_equal(lab->experiment.replications[0].log->metric, "UserAuthentication");
    lab_close(lab);
}

/* A request that was never sent is none: of three challenges the first is over its quota. */
static void requests_not_sent_are_not_counted(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("3s") "quotas: {identity: {user_authentication: 1/h, challenges_per_sign_in: 1}}\n"
                   "services:\n  id: {type: identity, sign_in_requests: 4}\n"
                   "traffic:\n  t: {to: id.sign_in, arrivals: constant, "
                   "rate: [[0s, 0/s], [1s, 1/s], [2s, 0/s]]}\n");
    /* one token each: the sign-in, its first challenge; the second challenge finds none */
    lab_equal(lab, "services.id.call_count", 3);
    lab_equal(lab, "services.id.throttle_count", 1);
    lab_close(lab);
}

/* Who is refused tries again with the next request, and holds no token meanwhile. */
static void refused_refresh_is_tried_again(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("10s") "quotas: {identity: {user_federation: 1/s}}\n"
                            "services:\n  id: {type: identity, users: zipf(n=1 s=0), signed_in: 0, "
                            "provider: down, " PLAIN "}\n"
                            "  down: {type: rate_limiter, rate: 1/day, burst: 1}\n"
                            "traffic:\n  t: {to: id.validate, arrivals: constant, rate: 10/s}\n"
                            "  first: {to: down, arrivals: constant, rate: 10/s}\n");
    assert_true(lab_value(lab, "services.id.federation_throttles") > 70);
    lab_equal(lab, "services.id.federation_successes", 0);
    lab_equal(lab, "traffic.t.errors.throttled", 1);
    lab_close(lab);
}

/* [F] External provider, then Cognito's part, then the trigger; without a provider in the scenario
 * its time is drawn. */
static void provider_and_trigger_are_called(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("20s") "services:\n  with: {type: identity, provider: idp, trigger: fn, " PLAIN "}\n"
                    "  without: {type: identity, " PLAIN "}\n"
                    "  idp: {type: delay, work: 500ms}\n  fn: {type: delay, work: 20ms}\n"
                    "traffic:\n  a: {to: with.federate, arrivals: constant, rate: 5/s}\n"
                    "  b: {to: without.federate, arrivals: constant, rate: 5/s}\n"
                    "  c: {to: with.sign_in, arrivals: constant, rate: 5/s}\n"
                    "  d: {to: with.read_user, arrivals: constant, rate: 5/s}\n");
    lab_equal(lab, "traffic.a.latency.mean", 0.62);
    lab_equal(lab, "traffic.b.latency.mean", 0.7);
    lab_equal(lab, "traffic.c.latency.mean", 0.42);
    lab_equal(lab, "traffic.d.latency.mean", 0.08);
    lab_equal(lab, "services.idp.throughput", 5);
    lab_equal(lab, "services.fn.throughput", 10);
    lab_close(lab);
}

/* [L] "must respond within 5 seconds". */
static void trigger_must_answer_in_time(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("60s") "services:\n  id: {type: identity, trigger: slow, " PLAIN "}\n"
                            "  slow: {type: delay, work: 6s}\n"
                            "traffic:\n  t: {to: id.refresh, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "traffic.t.errors.timeout", 1);
    lab_equal(lab, "services.id.token_refresh_successes", 0);
    lab_close(lab);
}

/* [F] assume_role: "load = principals / lifetime, not per request", refreshed 5 minutes before
 * expiry: 60 processes with sessions of an hour, one renewal each 55 minutes. */
static void credentials_are_cached(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: test\nduration: 11h\nwarmup: 1h\nreplications: 2\nseed: 5\n"
                "services:\n  sts: {type: identity, principals: 60, " PLAIN "}\n"
                "traffic:\n  t: {to: sts.get_credentials, arrivals: constant, rate: 10/s}\n");
    lab_near(lab, "services.sts.call_count", 60 * 12,
             60 * 12 * 0.02); /* 11 h / 55 min; 6 s apart */
    lab_equal(lab, "services.sts.errors.throttled", 0);
    lab_equal(lab, "services.sts.latency.p50", 0);
    lab_equal(lab, "services.sts.latency.max", 0.04);
    lab_close(lab);
}

/* [F] sts_throttle: "Mass restart of N tasks that each call STS at once: Throttling above 600/s".
 */
static void restart_of_many_is_throttled(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("3s") "services:\n  sts: {type: identity}\n"
                           "traffic:\n  t: {to: sts.assume_role, arrivals: constant, batch: 2000, "
                           "rate: [[0s, 0/s], [1s, 1/s], [2s, 0/s]]}\n");
    lab_equal(lab, "services.sts.call_count", 2000);
    lab_equal(lab, "services.sts.throttle_count", 1400);
    lab_close(lab);
}

/* One request of a process renews; those that come while STS answers use the old credentials, or
 * wait where there are none: of a crowd of 100 one calls, and all are answered with it. */
static void one_renews_for_all(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("3s") "services:\n  id: {type: identity, users: zipf(n=1 s=0), signed_in: 0, " PLAIN
                   "}\ntraffic:\n  t: {to: id.validate, arrivals: constant, batch: 100, "
                   "rate: [[0s, 0/s], [1s, 1/s], [2s, 0/s]]}\n");
    lab_equal(lab, "services.id.sign_in_successes", 1);
    lab_equal(lab, "services.id.call_count", 2);
    lab_equal(lab, "traffic.t.availability", 1);
    lab_equal(lab, "traffic.t.latency.max", 0.402); /* a check once the token is there */
    lab_equal(lab, "services.id.cached_ratio", 0);
    lab_close(lab);
}

/* While STS throttles, what is not yet over is used on: nothing is refused until it expires. */
static void old_credentials_are_used_on(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: test\nduration: 2h\nwarmup: 0s\nreplications: 2\nseed: 5\n"
                "quotas: {identity: {sts: 2/min}}\n"
                "services:\n  sts: {type: identity, principals: 50, refresh_before: {credentials: "
                "14min}, keys: {fetch: 0s}, "
                "latency: {assume_role: 40ms}}\n"
                "traffic:\n  t: {to: sts.get_credentials, arrivals: constant, rate: 10/s}\n");
    /* two a minute for one in 54 s: those that are due together wait, within their 14 minutes */
    assert_true(lab_value(lab, "services.sts.throttle_count") > 100);
    lab_equal(lab, "services.sts.errors.throttled", 0);
    lab_close(lab);
}

/* The same where the trigger fails: tokens of five minutes, two minutes before their end, are good
 * for two minutes more whatever it does. */
static void old_tokens_are_used_on(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: test\nduration: 114s\nwarmup: 0s\nreplications: 2\nseed: 5\n"
                "services:\n  id: {type: identity, users: zipf(n=20 s=0), access_token: 5min, "
                "refresh_before: {token: 2min}, keys: {fetch: 0s}, trigger: slow}\n"
                "  slow: {type: delay, work: 6s}\n"
                "traffic:\n  t: {to: id.validate, arrivals: constant, rate: 20/s}\n");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_equal(lab, "services.id.token_refresh_successes", 0);
    assert_true(lab_value(lab, "services.slow.throughput") > 0.5); /* one in 5 s for each in turn */
    lab_close(lab);
}

/* [F] jwt: the first request after the keys have expired waits for one fetch. */
static void keys_are_fetched_when_they_expire(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nname: test\nduration: 300s\nwarmup: 10s\nreplications: 2\nseed: 5\n"
        "services:\n  id: {type: identity, keys: {lifetime: 60s, fetch: 300ms}, latency: "
        "{validate: 1ms}}\ntraffic:\n  t: {to: id.validate, arrivals: constant, rate: 1/s}\n");
    /* 61 asks find the keys good once they are there: 300 asks, 4 or 5 of them wait */
    const double waits = (lab_value(lab, "services.id.latency.mean") - 0.001) / 0.3 * 300;
    assert_true(waits > 3.99 && waits < 5.01);
    lab_near(lab, "services.id.latency.max", 0.301, 1e-9);
    lab_close(lab);
}

/* Refused ones are over for whoever comes back: the metrics of Cognito count each once. */
static void metrics_agree(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("20s") "services:\n  id: {type: identity, sign_in_requests: 1, " PLAIN "}\n"
                    "traffic:\n  t: {to: id.sign_in, rate: 200/s}\n"
                    "  u: {to: id.federate, rate: 40/s}\n  v: {to: id.sign_up, rate: 80/s}\n");
    const double throttled = lab_value(lab, "services.id.sign_in_throttles") +
                             lab_value(lab, "services.id.federation_throttles") +
                             lab_value(lab, "services.id.sign_up_throttles");
    const double good = lab_value(lab, "services.id.sign_in_successes") +
                        lab_value(lab, "services.id.federation_successes") +
                        lab_value(lab, "services.id.sign_up_successes");
    lab_equal(lab, "services.id.throttle_count", throttled);
    lab_equal(lab, "services.id.call_count", throttled + good);
    assert_true(throttled > 0 && good > 0);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_category_has_its_quota),
        cmocka_unit_test(challenges_have_three_times_the_quota),
        cmocka_unit_test(token_is_refreshed_early),
        cmocka_unit_test(quotas_are_pooled_over_user_pools),
        cmocka_unit_test(start_of_a_shift),
        cmocka_unit_test(refresh_load_is_sessions_over_lifetime),
        cmocka_unit_test(expired_token_is_refreshed_first),
        cmocka_unit_test(session_ends_with_the_refresh_token),
        cmocka_unit_test(token_outlives_its_sign_in),
        cmocka_unit_test(next_one_renews),
        cmocka_unit_test(next_one_may_be_throttled),
        cmocka_unit_test(requests_not_sent_are_not_counted),
        cmocka_unit_test(refused_refresh_is_tried_again),
        cmocka_unit_test(provider_and_trigger_are_called),
        cmocka_unit_test(trigger_must_answer_in_time),
        cmocka_unit_test(credentials_are_cached),
        cmocka_unit_test(restart_of_many_is_throttled),
        cmocka_unit_test(one_renews_for_all),
        cmocka_unit_test(old_credentials_are_used_on),
        cmocka_unit_test(old_tokens_are_used_on),
        cmocka_unit_test(keys_are_fetched_when_they_expire),
        cmocka_unit_test(metrics_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* concurrency: sums of what is set aside. */
#include "sim/blocks/concurrency.h"

#include <assert.h>
#include <math.h>

#define CONCURRENCY_S 1e9 /* ns */

/* Of so many units; of none nobody asks. */
static void concurrency_rate(const struct concurrency_account *account, struct bucket *bucket,
                             int64_t units, int64_t now_ns)
{
    const struct concurrency_setup *setup = &account->setup;
    const double rate_per_s = fmin(CONCURRENCY_S, (double)units * setup->requests_per_unit_s);
    const double burst = rate_per_s * (double)setup->burst_ns / CONCURRENCY_S;
    const int64_t tokens = burst < 1 ? 1 : (int64_t)burst;
    if (units <= 0) {
        return;
    }
    if (bucket->period == 0) {
        bucket_init(bucket, rate_per_s, tokens);
    } else {
        bucket_change(bucket, now_ns, rate_per_s, tokens);
    }
}

void concurrency_account_init(struct concurrency_account *account,
                              const struct concurrency_setup *setup)
{
    *account = (struct concurrency_account){.setup = *setup, .most = setup->units};
    concurrency_rate(account, &account->requests, setup->units, 0);
}

void concurrency_init(struct concurrency *concurrency, struct concurrency_account *account,
                      int64_t reserved)
{
    *concurrency = (struct concurrency){.account = account, .reserved = reserved};
    if (reserved >= 0) {
        account->most -= reserved;
        account->reserved += reserved;
        concurrency_rate(account, &concurrency->reserved_requests, reserved, 0);
    }
}

bool concurrency_reserve(struct concurrency *concurrency, int64_t count, int64_t now_ns)
{
    struct concurrency_account *account = concurrency->account;
    const int64_t before = concurrency->reserved >= 0 ? concurrency->reserved : 0;
    if (account->reserved - before + count > account->setup.units - account->setup.unreserved ||
        count < concurrency->provisioned) {
        return false;
    }
    if (concurrency->reserved < 0) { /* what it uses, and has set aside, moves */
        gauge_add(&account->used, -concurrency->used.value, now_ns);
        account->most += concurrency->provisioned;
    }
    account->most -= count - before;
    account->reserved += count - before;
    concurrency->reserved = count;
    concurrency_rate(account, &concurrency->reserved_requests, count, now_ns);
    return true;
}

void concurrency_provision(struct concurrency *concurrency, int64_t count, int64_t now_ns)
{
    if (concurrency->reserved < 0) {
        concurrency->account->most -= count - concurrency->provisioned;
    }
    concurrency->provisioned = count;
    concurrency_rate(concurrency->account, &concurrency->provisioned_requests, count, now_ns);
}

bool concurrency_take_provisioned(struct concurrency *concurrency, int64_t now_ns)
{
    return concurrency->provisioned > 0 &&
           bucket_take(&concurrency->provisioned_requests, now_ns, 1);
}

enum concurrency_limit concurrency_enter(struct concurrency *concurrency, bool provisioned,
                                         bool counted, int64_t now_ns)
{
    struct concurrency_account *account = concurrency->account;
    const bool reserved = concurrency->reserved >= 0;
    const struct gauge *used = concurrency_used(concurrency);
    if (!provisioned && used->value >= concurrency_most(concurrency)) {
        return reserved ? CONCURRENCY_RESERVED : CONCURRENCY_ACCOUNT;
    }
    if (counted && reserved && !bucket_take(&concurrency->reserved_requests, now_ns, 1)) {
        return CONCURRENCY_RESERVED_REQUESTS;
    }
    if (counted && !bucket_take(&account->requests, now_ns, 1)) {
        return CONCURRENCY_ACCOUNT_REQUESTS;
    }
    account->requests_count += counted;
    if (!provisioned) {
        gauge_add(&concurrency->used, 1, now_ns);
        if (!reserved) {
            gauge_add(&account->used, 1, now_ns);
        }
    }
    return CONCURRENCY_FREE;
}

void concurrency_leave(struct concurrency *concurrency, int64_t now_ns)
{
    assert(concurrency->used.value > 0);
    gauge_add(&concurrency->used, -1, now_ns);
    if (concurrency->reserved < 0) {
        gauge_add(&concurrency->account->used, -1, now_ns);
    }
}

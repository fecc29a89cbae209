/* lambda_checks: what does not fit together in the parameters of a function, between those of
 * several, and with what feeds it; each as AWS refuses it. */
#ifndef ARCHSIM_MODELS_LAMBDA_CHECKS_H
#define ARCHSIM_MODELS_LAMBDA_CHECKS_H

#include "models/lambda_tables.h"

#define LAMBDA_STORAGE_LEAST_BYTES (INT64_C(512) << 20)

static inline int64_t lambda_provisioned_least(const struct lambda_params *p)
{
    return p->provisioned.min_count >= 0 ? p->provisioned.min_count
                                         : p->provisioned_concurrency_count;
}
static inline int64_t lambda_provisioned_most(const struct lambda_params *p)
{
    return p->provisioned.max_count >= 0 ? p->provisioned.max_count
                                         : p->provisioned_concurrency_count;
}

/* "SnapStart doesn't support provisioned concurrency, Amazon EFS, ephemeral storage greater than
 * 512 MB" nor container images (SNAP_PAGE). */
static inline const char *lambda_check_snap(const struct lambda_params *p)
{
    if (!lambda_runtimes[p->runtime].snap) {
        return "snap_start: only of java11 and later, python3.12 and later, dotnet8 and later";
    }
    if (p->provisioned_concurrency_count > 0 || p->provisioned.max_count > 0) {
        return "snap_start: not together with `provisioned_concurrency`";
    }
    if (p->package != 0) {
        return "snap_start: not of container images";
    }
    if (p->ephemeral_storage_bytes > LAMBDA_STORAGE_LEAST_BYTES) {
        return "snap_start: not with more `ephemeral_storage` than 512 MiB";
    }
    return NULL;
}

static inline const char *lambda_check_provisioned(const struct lambda_params *p)
{
    if (p->reserved_concurrency_count >= 0 &&
        p->provisioned_concurrency_count > p->reserved_concurrency_count) {
        return "provisioned_concurrency: more than `reserved_concurrency`";
    }
    if (p->provisioned.at_ns >= 0 && p->provisioned_concurrency_count == 0) {
        return "provisioned: there is no `provisioned_concurrency`";
    }
    if (!isnan(p->provisioned.target_ratio) &&
        (p->provisioned.min_count < 0 || p->provisioned.max_count < 0)) {
        return "provisioned.target: say within which `provisioned.min` and `provisioned.max`";
    }
    if (lambda_provisioned_least(p) > lambda_provisioned_most(p)) {
        return "provisioned.min: more than the most";
    }
    if (p->reserved_concurrency_count >= 0 &&
        lambda_provisioned_most(p) > p->reserved_concurrency_count) {
        return "provisioned.max: more than `reserved_concurrency`";
    }
    return scaling_check(NULL, &p->schedule_list, NULL, NULL, lambda_provisioned_least(p),
                         lambda_provisioned_most(p));
}

static inline const char *lambda_check(const void *params)
{
    const struct lambda_params *p = params;
    const char *wrong = p->snap_start ? lambda_check_snap(p) : NULL;
    if (wrong == NULL) {
        wrong = lambda_check_provisioned(p);
    }
    return wrong != NULL ? wrong : trigger_check(&p->trigger);
}

/* PutFunctionConcurrency and PutProvisionedConcurrencyConfig refuse what the account has not. */
static inline const char *lambda_check_together(const void *quotas, const void *const *params,
                                                uint32_t count)
{
    const struct lambda_quotas *q = quotas;
    int64_t reserved = 0, provisioned = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct lambda_params *p = params[i];
        if (p->reserved_concurrency_count >= 0) {
            reserved += p->reserved_concurrency_count;
        } else {
            provisioned += p->provisioned_concurrency_count;
        }
    }
    const struct lambda_params *last = params[count - 1];
    if (last->reserved_concurrency_count >= 0 &&
        reserved > q->concurrency_count - q->unreserved_count) {
        return "reserved_concurrency: with the other functions' it is more than the account's "
               "`quotas: {lambda: {concurrency}}` less the 100 that stay unreserved";
    }
    if (provisioned > q->concurrency_count - reserved) {
        return "provisioned_concurrency: with the other functions' it is more than the account's "
               "`quotas: {lambda: {concurrency}}`";
    }
    return NULL;
}

/* "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds" is what
 * CreateEventSourceMapping answers. */
static inline const char *lambda_check_source(const void *params, const struct source_terms *terms)
{
    const struct lambda_params *p = params;
    const char *wrong = trigger_check_source(&p->trigger, terms);
    if (wrong == NULL && !terms->parted && terms->hold_ns < p->timeout_ns) {
        return "timeout: longer than the visibility_timeout of the queue, which AWS refuses: it "
               "should be a sixth of it";
    }
    return wrong;
}

#endif

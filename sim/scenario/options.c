/* options: what a call carries beyond its target: timeout, retry, size, ...; of steps and of
 * traffic. */
#include "sim/scenario/loader.h"

#include <math.h>
#include <string.h>

const char *const outcome_names[OUTCOME_COUNT] = {
    "ok", "throttled", "timeout", "rejected", "unavailable", "failed",
};

/* What is tried again unless `for` says otherwise. */
enum {
    OPTIONS_RETRIED = 1u << OUTCOME_THROTTLED | 1u << OUTCOME_TIMEOUT | 1u << OUTCOME_REJECTED |
                      1u << OUTCOME_UNAVAILABLE,
    OPTIONS_ATTEMPTS_MAX = 1000000,
};

static bool options_attempts(struct loader *loader, struct node *node, struct retry *retry)
{
    static const char expected[] = "a count such as 3 (the first included), or unlimited";
    struct quantity_error error;
    int64_t count = 0;
    if (!bind_kind(&loader->binder, node, NODE_SCALAR, "'attempts'", expected))
        return false;
    if (strcmp(node->text, "unlimited") == 0) {
        retry->attempts_max = UINT32_MAX;
        return true;
    }
    if (!quantity_parse_whole(node->text, &count, &error) || count < 1 ||
        count > OPTIONS_ATTEMPTS_MAX) {
        diag_error(loader->binder.diag, node->place, "'attempts' is %s, not '%s'", expected,
                   bind_quote(&loader->binder, node->text));
        return false;
    }
    retry->attempts_max = (uint32_t)count;
    return true;
}

static bool options_backoff(struct loader *loader, struct node *node, const char *path,
                            struct retry *retry)
{
    static const struct room *const rooms[] = {&backoff_room};
    const struct binder *binder = &loader->binder;
    struct backoff_keys keys;
    if (node->kind == NODE_SCALAR) {
        const struct distribution_request request = {.kind = QUANTITY_TIME,
                                                     .directory = binder->directory};
        struct distribution *dist = arena_alloc(binder->arena, sizeof(*dist));
        struct quantity_error error;
        bool heavy_tail = false;
        if (!quantity_parse_distribution(node->text, &request, binder->arena, dist, &heavy_tail,
                                         &error)) {
            bind_mistake(binder, node, 0, "'backoff': ", &error);
            return false;
        }
        retry->backoff_dist = dist;
        return true;
    }
    if (!bind_kind(binder, node, NODE_MAP, "'backoff'",
                   "a time, a distribution, or a map such as {first: 50ms, factor: 2, cap: 1s}"))
        return false;
    path = arena_printf(binder->arena, "%s.backoff", path);
    bool good = bind_rows(binder, &backoff_room, node, path, &keys);
    good = bind_keys(binder, node, path, rooms, 1) && good;
    if (!good)
        return false;
    if (keys.cap_ns >= 0 && keys.cap_ns < keys.first_ns) {
        diag_error(binder->diag, bind_find(node, "cap")->place, "'cap' is below 'first'");
        return false;
    }
    retry->first_ns = keys.first_ns;
    retry->cap_ns = keys.cap_ns >= 0 ? keys.cap_ns : TIME_NONE;
    retry->factor = keys.factor;
    retry->jitter = (enum jitter)keys.jitter;
    return true;
}

static bool options_classes(struct loader *loader, struct node *node, struct retry *retry)
{
    const struct binder *binder = &loader->binder;
    static const char expected[] = "a list of outcomes such as [throttled, timeout]";
    bool good = true;
    if (!bind_kind(binder, node, NODE_LIST, "'for'", expected))
        return false;
    retry->classes = 0;
    for (struct node *item = node->first; item != NULL; item = item->next) {
        uint32_t i = OUTCOME_THROTTLED;
        if (!bind_kind(binder, item, NODE_SCALAR, "an outcome", "a word such as timeout")) {
            good = false;
            continue;
        }
        while (i < OUTCOME_COUNT && strcmp(outcome_names[i], item->text) != 0)
            i++;
        if (i == OUTCOME_COUNT) {
            const char *hint = bind_hint_list(binder, item->text, "they are", outcome_names + 1,
                                              OUTCOME_COUNT - 1);
            diag_error_hint(binder->diag, item->place, hint, "'%s' is not an outcome to try again",
                            bind_quote(binder, item->text));
            good = false;
            continue;
        }
        retry->classes |= 1u << i;
    }
    if (good && node->count == 0) {
        diag_error(binder->diag, node->place, "'for' is empty: it is %s", expected);
        good = false;
    }
    return good;
}

static bool options_retry(struct loader *loader, struct node *node, const char *path,
                          struct retry *retry)
{
    static const struct room *const rooms[] = {&retry_room};
    const struct binder *binder = &loader->binder;
    struct retry_keys keys;
    if (!bind_kind(binder, node, NODE_MAP, "'retry'", "a map such as {attempts: 3, backoff: 50ms}"))
        return false;
    path = arena_printf(binder->arena, "%s.retry", path);
    bool good = bind_rows(binder, &retry_room, node, path, &keys);
    good = bind_keys(binder, node, path, rooms, 1) && good;
    if (keys.attempts_node != NULL)
        good = options_attempts(loader, keys.attempts_node, retry) && good;
    if (keys.backoff_node != NULL)
        good = options_backoff(loader, keys.backoff_node, path, retry) && good;
    if (keys.for_node != NULL)
        good = options_classes(loader, keys.for_node, retry) && good;
    retry->budget_ratio = isnan(keys.budget_ratio) ? 0 : keys.budget_ratio;
    const bool waits =
        retry->first_ns > 0 || (retry->backoff_dist != NULL && retry->backoff_dist->mean > 0);
    if (good && retry->attempts_max == UINT32_MAX && !waits) {
        diag_error(binder->diag, keys.attempts_node->place,
                   "unlimited attempts need a 'backoff', such as backoff: exponential(1s): "
                   "without one, time may never pass");
        good = false;
    }
    return good;
}

bool options_read(struct loader *loader, struct node *map, const char *path,
                  const struct room *const *rooms, uint32_t rooms_count,
                  struct call_options *options)
{
    static const struct room *const all[] = {&carry_room, &patience_room, &often_room,
                                             &optional_room};
    struct node nothing = {.kind = NODE_MAP};
    struct option_keys keys = {0};
    bool good = true;
    for (uint32_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) /* the defaults */
        bind_rows(&loader->binder, all[i], &nothing, path, &keys);
    for (uint32_t i = 0; i < rooms_count; i++)
        good = bind_rows(&loader->binder, rooms[i], map, path, &keys) && good;
    if (keys.timeout_ns > loader->timeout_ns_longest)
        loader->timeout_ns_longest = keys.timeout_ns;
    *options = (struct call_options){
        .timeout_ns = keys.timeout_ns >= 0 ? keys.timeout_ns : TIME_NONE,
        .connect_timeout_ns = keys.connect_timeout_ns,
        .size_dist = keys.size_bytes_dist,
        .has_priority = keys.priority_count >= 0,
        .priority = keys.priority_count >= 0 ? (int32_t)keys.priority_count : 0,
        .cancel = keys.cancel,
        .pass_deadline = keys.deadline == 0,
        .optional = keys.optional,
        .probability = keys.probability_ratio,
        .repeat = (uint32_t)keys.repeat_count,
        .retry = {.attempts_max = 1, .cap_ns = TIME_NONE, .factor = 1, .classes = OPTIONS_RETRIED},
    };
    if (keys.retry_node != NULL)
        good = options_retry(loader, keys.retry_node, path, &options->retry) && good;
    return good;
}

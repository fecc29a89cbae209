/* param: values of table rows: parsed, bounded and stored in the field that the row names. */
#include "sim/scenario/param.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PARAM_WORD_MAX = 64, PARAM_BOUND_MAX = 32 };

bool param_quantity(const struct param *param, enum quantity *quantity)
{
    switch (param->kind) {
    case PARAM_TIME:
    case PARAM_TIME_DIST:
        *quantity = QUANTITY_TIME;
        return true;
    case PARAM_RATE:
        *quantity = QUANTITY_RATE;
        return true;
    case PARAM_SIZE:
    case PARAM_SIZE_DIST:
        *quantity = QUANTITY_SIZE;
        return true;
    case PARAM_THROUGHPUT:
        *quantity = QUANTITY_THROUGHPUT;
        return true;
    case PARAM_RATIO:
        *quantity = QUANTITY_RATIO;
        return true;
    case PARAM_NUMBER:
        *quantity = param->unit != NULL ? QUANTITY_CAPACITY : QUANTITY_COUNT;
        return true;
    case PARAM_COUNT:
    case PARAM_COUNT_DIST:
        *quantity = QUANTITY_COUNT;
        return true;
    case PARAM_FLAG:
    case PARAM_CHOICE:
    case PARAM_SERVICE:
    case PARAM_SOURCE:
    case PARAM_SERVICES:
    case PARAM_POPULARITY:
    case PARAM_AMOUNT:
    case PARAM_TEXT:
    case PARAM_LIST:
    case PARAM_WATCH:
    case PARAM_WATCHES:
    case PARAM_READING:
    case PARAM_NODE:
        break;
    }
    return false;
}

const char *param_kind_name(enum param_kind kind)
{
    static const char *const names[] = {
        [PARAM_TIME] = "time",
        [PARAM_RATE] = "rate",
        [PARAM_SIZE] = "size",
        [PARAM_THROUGHPUT] = "throughput",
        [PARAM_RATIO] = "ratio",
        [PARAM_NUMBER] = "number",
        [PARAM_COUNT] = "count",
        [PARAM_FLAG] = "flag",
        [PARAM_CHOICE] = "choice",
        [PARAM_TIME_DIST] = "time distribution",
        [PARAM_SIZE_DIST] = "size distribution",
        [PARAM_COUNT_DIST] = "count distribution",
        [PARAM_SERVICE] = "service",
        [PARAM_SOURCE] = "source",
        [PARAM_SERVICES] = "services",
        [PARAM_POPULARITY] = "popularity",
        [PARAM_AMOUNT] = "amount",
        [PARAM_TEXT] = "text",
        [PARAM_LIST] = "list",
        [PARAM_WATCH] = "service",
        [PARAM_WATCHES] = "services",
        [PARAM_READING] = "metric",
        [PARAM_NODE] = "structure",
    };
    return names[kind];
}

bool param_word(const struct param *param, uint32_t i, char *word, size_t size)
{
    assert(param->kind == PARAM_CHOICE);
    const char *text = param->range;
    for (;; i--) {
        text += strspn(text, " ");
        const size_t length = strcspn(text, " ");
        if (length == 0)
            return false;
        if (i == 0) {
            assert(length < size);
            memcpy(word, text, length);
            word[length] = '\0';
            return true;
        }
        text += length;
    }
}

static const char *param_words(const struct param *param, struct arena *arena)
{
    const char *list = "";
    char word[PARAM_WORD_MAX];
    for (uint32_t i = 0; param_word(param, i, word, sizeof(word)); i++)
        list = arena_printf(arena, "%s%s%s", list, i == 0 ? "" : ", ", word);
    return list;
}

/* "a list of maps such as {to: .., weight: ..}": with the keys that must be given, or the first. */
static const char *param_list_expectation(const struct param *param, struct arena *arena)
{
    const struct list_item *item = param->item;
    const char *keys = "";
    for (uint32_t i = 0; i < item->rows_count; i++) {
        const bool required =
            item->rows[i].fallback != NONE && strcmp(item->rows[i].fallback, REQUIRED) == 0;
        if (required && strchr(item->rows[i].key, '.') == NULL)
            keys = arena_printf(arena, "%s%s%s: ..", keys, keys[0] == '\0' ? "" : ", ",
                                item->rows[i].key);
    }
    if (keys[0] == '\0')
        keys = arena_printf(arena, "%s: ..", item->rows[0].key);
    return arena_printf(arena, "a list of %ss such as [{%s}]", item->noun, keys);
}

bool param_refers(enum param_kind kind)
{
    return kind == PARAM_SERVICE || kind == PARAM_SERVICES || kind == PARAM_SOURCE ||
           kind == PARAM_WATCH || kind == PARAM_WATCHES || kind == PARAM_READING;
}

const char *param_expectation(const struct param *param, struct arena *arena)
{
    enum quantity quantity = QUANTITY_COUNT;
    switch (param->kind) {
    case PARAM_FLAG:
        return "true or false";
    case PARAM_CHOICE:
        return arena_printf(arena, strchr(param->range, ' ') != NULL ? "one of %s" : "%s",
                            param_words(param, arena));
    case PARAM_POPULARITY:
        return "a popularity law such as zipf(n=1000 s=0.8)";
    case PARAM_SERVICE:
        return "SERVICE or SERVICE.OPERATION";
    case PARAM_SOURCE:
        return "the name of a queue or a stream";
    case PARAM_SERVICES:
        return "a list of services such as [a, b], or {service: app, copies: 4}";
    case PARAM_AMOUNT:
        return "a count such as 1000, or a size such as 10 GiB";
    case PARAM_TEXT:
        return "a text";
    case PARAM_LIST:
        return param_list_expectation(param, arena);
    case PARAM_WATCH:
        return "the name of a service";
    case PARAM_WATCHES:
        return "a list of services such as [a, b]";
    case PARAM_READING:
        return "SERVICE.METRIC such as orders.errors";
    case PARAM_TIME_DIST:
        return "a time such as 20ms, or a distribution such as exponential(20ms)";
    case PARAM_SIZE_DIST:
        return "a size such as 4 KiB, or a distribution such as exponential(4 KiB)";
    case PARAM_COUNT_DIST:
        return "a count such as 3, or a distribution such as geometric(mean=5)";
    case PARAM_NODE:
        return param->range;
    case PARAM_NUMBER:
        if (param->unit != NULL)
            return arena_printf(arena, "a number of %s such as 2 %s", param->unit, param->unit);
        return "a number such as 1.5";
    case PARAM_COUNT:
        return param_range(param).infinite ? "a count such as 50 or 10k, or inf"
                                           : quantity_expectation(QUANTITY_COUNT);
    default:
        break;
    }
    const bool known = param_quantity(param, &quantity);
    assert(known);
    return quantity_expectation(quantity);
}

/* One bound, in the kind's own notation: a mistake here is one in the table. */
static double param_bound(const struct param *param, const char *text, size_t length, double open)
{
    char bound[PARAM_BOUND_MAX];
    struct quantity_error error;
    enum quantity quantity = QUANTITY_COUNT;
    double value = 0;
    if (length == 0)
        return open;
    const bool known = param_quantity(param, &quantity);
    assert(known);
    assert(length < sizeof(bound));
    memcpy(bound, text, length);
    bound[length] = '\0';
    if (strcmp(bound, "inf") == 0)
        return open;
    const bool parsed = quantity_parse(bound, quantity, param->unit, &value, &error);
    assert(parsed);
    return value;
}

struct param_range param_range(const struct param *param)
{
    struct param_range range = {-INFINITY, INFINITY, false};
    const char *dots = param->range == NULL ? NULL : strstr(param->range, "..");
    if (dots == NULL || param->kind == PARAM_CHOICE)
        return range;
    range.low = param_bound(param, param->range, (size_t)(dots - param->range), -INFINITY);
    range.high = param_bound(param, dots + 2, strlen(dots + 2), INFINITY);
    range.infinite = param->kind == PARAM_COUNT && strcmp(dots + 2, "inf") == 0;
    return range;
}

bool param_loosens(const struct param *param, const char *text)
{
    enum quantity quantity = QUANTITY_COUNT;
    struct quantity_error error;
    double value = 0, usual = 0;
    if (!param_quantity(param, &quantity) ||
        !quantity_parse(param->fallback, quantity, param->unit, &usual, &error))
        return strcmp(text, param->fallback) != 0;
    if (!quantity_parse(text, quantity, param->unit, &value, &error))
        value = INFINITY; /* inf */
    return param->larger_is_stricter ? value < usual : value > usual;
}

static bool param_within(const struct param *param, double value, struct quantity_error *error)
{
    const struct param_range range = param_range(param);
    const char *dots = strstr(param->range, "..");
    if (value >= range.low && value <= range.high)
        return true;
    *error = (struct quantity_error){.offset = 0};
    const bool mean = param->kind == PARAM_TIME_DIST || param->kind == PARAM_SIZE_DIST ||
                      param->kind == PARAM_COUNT_DIST;
    const char *what = mean ? "its mean must be" : "must be";
    if (range.high == INFINITY)
        snprintf(error->text, sizeof(error->text), "%s at least %.*s", what,
                 (int)(dots - param->range), param->range);
    else if (range.low == -INFINITY)
        snprintf(error->text, sizeof(error->text), "%s at most %s", what, dots + 2);
    else
        snprintf(error->text, sizeof(error->text), "%s within %s", what, param->range);
    return false;
}

static bool param_parse_dist(const struct param *param, const char *text,
                             struct param_context *context, const struct distribution **out,
                             struct quantity_error *error)
{
    struct distribution_request request = {.unit = param->unit, .directory = context->directory};
    struct distribution *dist = arena_alloc(context->arena, sizeof(*dist));
    bool heavy_tail = false;
    param_quantity(param, &request.kind);
    if (!quantity_parse_distribution(text, &request, context->arena, dist, &heavy_tail, error))
        return false;
    if (!param_within(param, dist->mean, error))
        return false;
    context->heavy_tail = heavy_tail;
    *out = dist;
    return true;
}

static bool param_parse_double(const struct param *param, const char *text, double *out,
                               struct quantity_error *error)
{
    enum quantity quantity = QUANTITY_COUNT;
    double value = 0;
    param_quantity(param, &quantity);
    if (!quantity_parse(text, quantity, param->unit, &value, error))
        return false;
    if (!param_within(param, value, error)) {
        const size_t length = strlen(error->text);
        if (param->kind == PARAM_RATIO && value > 1 && value <= 100 && strchr(text, '%') == NULL)
            snprintf(error->text + length, sizeof(error->text) - length,
                     ": did you mean '%.16s%%'?", text);
        return false;
    }
    *out = value;
    return true;
}

static bool param_parse_int(const struct param *param, const char *text, int64_t *out,
                            struct quantity_error *error)
{
    int64_t value = 0;
    if (param->kind == PARAM_TIME) {
        if (!quantity_parse_time(text, &value, error))
            return false;
    } else if (param->kind == PARAM_COUNT) {
        if (strcmp(text, "inf") == 0 && param_range(param).infinite) {
            *out = PARAM_INFINITE;
            return true;
        }
        if (!quantity_parse_whole(text, &value, error))
            return false;
    } else {
        double bytes = 0;
        if (!quantity_parse(text, QUANTITY_SIZE, NULL, &bytes, error))
            return false;
        if (bytes >= 0x1p62) {
            *error = (struct quantity_error){.text = "a size must be below 4 EiB"};
            return false;
        }
        value = llround(bytes);
    }
    if (!param_within(param, (double)value, error))
        return false;
    *out = value;
    return true;
}

static bool param_parse_choice(const struct param *param, const char *text, int *out,
                               struct param_context *context, struct quantity_error *error)
{
    char word[PARAM_WORD_MAX];
    for (uint32_t i = 0; param_word(param, i, word, sizeof(word)); i++) {
        if (strcmp(word, text) == 0) {
            *out = (int)i;
            return true;
        }
    }
    *error = (struct quantity_error){.offset = 0};
    snprintf(error->text, sizeof(error->text), "expected %s",
             param_expectation(param, context->arena));
    return false;
}

static bool param_parse_flag(const char *text, bool *out, struct quantity_error *error)
{
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
        *error = (struct quantity_error){.text = "expected true or false"};
        return false;
    }
    *out = text[0] == 't';
    return true;
}

/* One `name=value` of zipf(...). */
static bool param_parse_law(const char *name, const char *value, struct popularity *law)
{
    struct quantity_error error;
    int64_t n = 0;
    if (strcmp(name, "n") == 0) {
        if (!quantity_parse_whole(value, &n, &error) || n < 1 || n > UINT32_MAX || law->n != 0)
            return false;
        law->n = (uint32_t)n;
        return true;
    }
    if (strcmp(name, "s") != 0 || !isnan(law->s))
        return false;
    return quantity_parse(value, QUANTITY_COUNT, NULL, &law->s, &error) && law->s >= 0 &&
           law->s <= 20;
}

static bool param_parse_popularity(const char *text, struct popularity *out,
                                   struct quantity_error *error)
{
    struct popularity law = {0, NAN};
    char name[PARAM_BOUND_MAX], value[PARAM_BOUND_MAX];
    int used = 0;
    const char *rest = text;
    *error = (struct quantity_error){
        .text = "expected zipf(n=.. s=..) with n objects (1 or more) and an exponent s of 0 to 20"};
    if (sscanf(rest, " zipf ( %n", &used) < 0 || used == 0)
        return false;
    for (int i = 0; i < 2; i++) {
        rest += used;
        used = 0;
        if (sscanf(rest, "%31[a-z] = %31[0-9.eEkM+-] %n", name, value, &used) != 2 || used == 0)
            return false;
        if (!param_parse_law(name, value, &law))
            return false;
        if (rest[used] == ',')
            used += 1 + (int)strspn(rest + used + 1, " ");
    }
    rest += used;
    if (strcmp(rest, ")") != 0 || law.n == 0 || isnan(law.s))
        return false;
    *out = law;
    return true;
}

/* A number alone counts things; one with a unit is a size. */
static bool param_parse_amount(const char *text, struct amount *out, struct quantity_error *error)
{
    struct amount amount = {-1, -1};
    double bytes = 0;
    if (!quantity_parse_whole(text, &amount.count, error)) {
        amount.count = -1;
        if (strchr(text, 'B') == NULL)
            return false;
        if (!quantity_parse(text, QUANTITY_SIZE, NULL, &bytes, error))
            return false;
        amount.bytes = llround(bytes);
    }
    if (amount.count < 1 && amount.bytes < 1) {
        *error = (struct quantity_error){.text = "must be at least 1, or 1 B"};
        return false;
    }
    *out = amount;
    return true;
}

bool param_parse(const struct param *param, const char *text, struct param_context *context,
                 void *params, struct quantity_error *error)
{
    void *field = (char *)params + param->offset;
    switch (param->kind) {
    case PARAM_TIME:
    case PARAM_SIZE:
    case PARAM_COUNT:
        return param_parse_int(param, text, field, error);
    case PARAM_RATE:
    case PARAM_THROUGHPUT:
    case PARAM_RATIO:
    case PARAM_NUMBER:
        return param_parse_double(param, text, field, error);
    case PARAM_FLAG:
        return param_parse_flag(text, field, error);
    case PARAM_CHOICE:
        return param_parse_choice(param, text, field, context, error);
    case PARAM_TIME_DIST:
    case PARAM_SIZE_DIST:
    case PARAM_COUNT_DIST:
        return param_parse_dist(param, text, context, field, error);
    case PARAM_POPULARITY:
        return param_parse_popularity(text, field, error);
    case PARAM_AMOUNT:
        return param_parse_amount(text, field, error);
    case PARAM_TEXT:
        *(const char **)field = text;
        return true;
    case PARAM_SERVICE:
    case PARAM_SOURCE:
    case PARAM_SERVICES:
    case PARAM_LIST:
    case PARAM_WATCH:
    case PARAM_WATCHES:
    case PARAM_READING:
    case PARAM_NODE:
        break;
    }
    assert(false && "a scalar cannot hold this kind");
    return false;
}

void param_clear(const struct param *param, void *params)
{
    void *field = (char *)params + param->offset;
    switch (param->kind) {
    case PARAM_TIME:
    case PARAM_SIZE:
    case PARAM_COUNT:
        *(int64_t *)field = -1;
        return;
    case PARAM_RATE:
    case PARAM_THROUGHPUT:
    case PARAM_RATIO:
    case PARAM_NUMBER:
        *(double *)field = NAN;
        return;
    case PARAM_FLAG:
        *(bool *)field = false;
        return;
    case PARAM_CHOICE:
        *(int *)field = -1;
        return;
    case PARAM_TIME_DIST:
    case PARAM_SIZE_DIST:
    case PARAM_COUNT_DIST:
        *(const struct distribution **)field = NULL;
        return;
    case PARAM_SERVICE:
    case PARAM_SOURCE:
        *(struct call_target *)field = (struct call_target){SERVICE_NONE, 0, 0};
        return;
    case PARAM_SERVICES:
        *(struct call_targets *)field = (struct call_targets){NULL, 0, 0};
        return;
    case PARAM_POPULARITY:
        *(struct popularity *)field = (struct popularity){0, 0};
        return;
    case PARAM_AMOUNT:
        *(struct amount *)field = (struct amount){-1, -1};
        return;
    case PARAM_TEXT:
        *(const char **)field = NULL;
        return;
    case PARAM_LIST:
        *(struct list *)field = (struct list){NULL, 0};
        return;
    case PARAM_WATCH:
        *(uint16_t *)field = SERVICE_NONE;
        return;
    case PARAM_WATCHES:
        *(struct watches *)field = (struct watches){NULL, 0};
        return;
    case PARAM_READING:
        *(struct reading *)field = (struct reading){SERVICE_NONE, 0};
        return;
    case PARAM_NODE:
        *(struct node **)field = NULL;
        return;
    }
}

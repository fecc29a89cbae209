/* distribution_text: the parser of distributions. Each form is a row: its arguments with their
 * ranges, and what it becomes. The ranges keep moments finite and draws meaningful. */
#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/scenario/diag.h"
#include "sim/scenario/empirical.h"
#include "sim/scenario/quantity.h"
#include "sim/scenario/utf8.h"

enum { DISTRIBUTION_ARGUMENTS_MAX = 32, DISTRIBUTION_KEYS = 3 };
#define DISTRIBUTION_SPREAD_MAX 1e5 /* p99 / p50 of a lognormal: a sigma of 5 */
#define DISTRIBUTION_HEAVY_CV 5.0
#define DISTRIBUTION_HEAVY_SHAPE 2.0

enum distribution_argument_kind {
    ARGUMENT_VALUE,    /* of the requested kind, at least 0 */
    ARGUMENT_POSITIVE, /* the same, above 0 */
    ARGUMENT_CV,
    ARGUMENT_SHAPE,
    ARGUMENT_RATIO,
    ARGUMENT_STAGES,
};

/* The ranges of the plain numbers. */
static const struct distribution_range {
    double low, high;
    const char *text;
} distribution_ranges[] = {
    [ARGUMENT_CV] = {0, 100, "0 to 100"},
    [ARGUMENT_SHAPE] = {0.1, 1000, "0.1 to 1000"},
    [ARGUMENT_RATIO] = {0, 1, "0 to 1"},
    [ARGUMENT_STAGES] = {1, 1000, "1 to 1000"},
};

struct distribution_form {
    const char *name;
    enum distribution_kind kind;
    bool positional; /* arguments may stand without keys, in this order */
    struct {
        const char *key; /* null: none */
        enum distribution_argument_kind kind;
    } arguments[DISTRIBUTION_KEYS];
    const char *usage;
};

/* Two forms of one name differ in all keys. QUANTILES and EMPIRICAL read their arguments
 * themselves. */
static const struct distribution_form distribution_forms[] = {
    {"exponential",
     DISTRIBUTION_EXPONENTIAL,
     true,
     {{"mean", ARGUMENT_VALUE}},
     "exponential(MEAN)"},
    {"lognormal",
     DISTRIBUTION_LOGNORMAL,
     false,
     {{"mean", ARGUMENT_VALUE}, {"cv", ARGUMENT_CV}},
     "lognormal(mean=.. cv=..) or lognormal(p50=.. p99=..)"},
    {"lognormal",
     DISTRIBUTION_LOGNORMAL,
     false,
     {{"p50", ARGUMENT_POSITIVE}, {"p99", ARGUMENT_POSITIVE}},
     "lognormal(mean=.. cv=..) or lognormal(p50=.. p99=..)"},
    {"gamma",
     DISTRIBUTION_GAMMA,
     false,
     {{"mean", ARGUMENT_VALUE}, {"cv", ARGUMENT_CV}},
     "gamma(mean=.. cv=..)"},
    {"erlang",
     DISTRIBUTION_ERLANG,
     false,
     {{"k", ARGUMENT_STAGES}, {"mean", ARGUMENT_VALUE}},
     "erlang(k=.. mean=..)"},
    {"hyperexponential",
     DISTRIBUTION_HYPEREXPONENTIAL,
     false,
     {{"p", ARGUMENT_RATIO}, {"mean1", ARGUMENT_VALUE}, {"mean2", ARGUMENT_VALUE}},
     "hyperexponential(p=.. mean1=.. mean2=..)"},
    {"weibull",
     DISTRIBUTION_WEIBULL,
     false,
     {{"mean", ARGUMENT_VALUE}, {"shape", ARGUMENT_SHAPE}},
     "weibull(mean=.. shape=..)"},
    {"pareto",
     DISTRIBUTION_PARETO,
     false,
     {{"min", ARGUMENT_POSITIVE}, {"shape", ARGUMENT_SHAPE}},
     "pareto(min=.. shape=..)"},
    {"uniform",
     DISTRIBUTION_UNIFORM,
     true,
     {{"low", ARGUMENT_VALUE}, {"high", ARGUMENT_VALUE}},
     "uniform(LOW HIGH)"},
    {"normal",
     DISTRIBUTION_NORMAL,
     false,
     {{"mean", ARGUMENT_VALUE}, {"sd", ARGUMENT_VALUE}},
     "normal(mean=.. sd=..)"},
    {"triangular",
     DISTRIBUTION_TRIANGULAR,
     false,
     {{"min", ARGUMENT_VALUE}, {"mode", ARGUMENT_VALUE}, {"max", ARGUMENT_VALUE}},
     "triangular(min=.. mode=.. max=..)"},
    {"geometric",
     DISTRIBUTION_GEOMETRIC,
     false,
     {{"mean", ARGUMENT_POSITIVE}},
     "geometric(mean=..)"},
    {"quantiles",
     DISTRIBUTION_QUANTILES,
     false,
     {{NULL, ARGUMENT_POSITIVE}},
     "quantiles(p50=.. p99=.. max=..)"},
    {"empirical", DISTRIBUTION_EMPIRICAL, false, {{NULL, ARGUMENT_VALUE}}, "empirical(FILE)"},
};
enum { DISTRIBUTION_FORMS = sizeof(distribution_forms) / sizeof(distribution_forms[0]) };

struct distribution_argument {
    const char *start, *key; /* in the text; key null: none */
    int key_length;
    const char *value, *value_start; /* a copy, and where it stands in the text */
};

struct distribution_parser {
    const char *text;
    const struct distribution_request *request;
    struct arena *arena;
    struct quantity_error *error;
    const struct distribution_form *form;
    const char *inside, *end; /* what stands between the parentheses */
    struct distribution_argument arguments[DISTRIBUTION_ARGUMENTS_MAX];
    uint32_t count;
};

static bool __attribute__((format(printf, 3, 4)))
distribution_fail(struct distribution_parser *parser, const char *at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(parser->error->text, sizeof(parser->error->text), format, arguments);
    va_end(arguments);
    parser->error->offset = utf8_count(parser->text, (size_t)(at - parser->text));
    return false;
}

static bool distribution_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static bool distribution_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static const char *distribution_skip_blanks(const char *at)
{
    while (distribution_is_blank(*at))
        at++;
    return at;
}

/* The end of a name such as `p99.9`, if one begins here. */
static const char *distribution_skip_name(const char *at)
{
    if (distribution_is_letter(*at))
        while (distribution_is_letter(*at) || (*at >= '0' && *at <= '9') || *at == '.')
            at++;
    return at;
}

/* Does an argument with a key begin here? Then *equals is its sign. */
static bool distribution_is_key(const char *at, const char **equals)
{
    const char *end = distribution_skip_name(at);
    *equals = distribution_skip_blanks(end);
    return end > at && **equals == '=';
}

/* The end of a value: a comma, the end of all, or a blank that no unit follows but the next
 * argument. */
static const char *distribution_value_end(const struct distribution_parser *parser, const char *at)
{
    const char *equals;
    for (; at < parser->end && *at != ','; at++) {
        if (!distribution_is_blank(*at))
            continue;
        const char *next = distribution_skip_blanks(at);
        if (strchr("+-.0123456789", *next) || distribution_is_key(next, &equals))
            break;
    }
    return at;
}

static bool distribution_split(struct distribution_parser *parser)
{
    const char *at = distribution_skip_blanks(parser->inside);
    while (at < parser->end) {
        if (parser->count == DISTRIBUTION_ARGUMENTS_MAX)
            return distribution_fail(parser, at, "a distribution has at most %d arguments",
                                     DISTRIBUTION_ARGUMENTS_MAX);
        struct distribution_argument *argument = &parser->arguments[parser->count++];
        *argument = (struct distribution_argument){.start = at};
        const char *equals;
        if (distribution_is_key(at, &equals) && equals < parser->end) {
            argument->key = at;
            argument->key_length = (int)(distribution_skip_name(at) - at);
            at = distribution_skip_blanks(equals + 1);
        }
        argument->value_start = at;
        at = distribution_value_end(parser, at);
        argument->value =
            arena_text(parser->arena, argument->value_start, (size_t)(at - argument->value_start));
        at = distribution_skip_blanks(at);
        if (*at == ',' && at < parser->end) {
            at = distribution_skip_blanks(at + 1);
            if (at == parser->end)
                return distribution_fail(parser, at, "expected one more argument after the comma");
        }
    }
    return true;
}

/* Passes on what quantity_parse said about a value, with its place in the whole text. */
static bool distribution_fail_value(struct distribution_parser *parser,
                                    const struct distribution_argument *argument,
                                    const struct quantity_error *error)
{
    distribution_fail(parser, argument->value_start, "%s", error->text);
    parser->error->offset += error->offset;
    return false;
}

static bool distribution_value(struct distribution_parser *parser,
                               const struct distribution_argument *argument, const char *name,
                               bool positive, double *value)
{
    const struct distribution_request *request = parser->request;
    struct quantity_error error;
    if (!quantity_parse(argument->value, request->kind, request->unit, value, &error))
        return distribution_fail_value(parser, argument, &error);
    if (*value < 0 || (positive && *value == 0))
        return distribution_fail(parser, argument->value_start, "%s must be %s 0", name,
                                 positive ? "above" : "at least");
    return true;
}

static bool distribution_number(struct distribution_parser *parser,
                                const struct distribution_argument *argument, const char *name,
                                enum distribution_argument_kind kind, double *value)
{
    const struct distribution_range *range = &distribution_ranges[kind];
    struct quantity_error error;
    bool whole = kind == ARGUMENT_STAGES;
    if (!quantity_parse(argument->value, whole ? QUANTITY_COUNT : QUANTITY_RATIO, NULL, value,
                        &error))
        return distribution_fail_value(parser, argument, &error);
    if (*value < range->low || *value > range->high || (whole && *value != floor(*value)))
        return distribution_fail(parser, argument->value_start, "%s is a %snumber from %s", name,
                                 whole ? "whole " : "", range->text);
    return true;
}

static bool distribution_key_is(const struct distribution_argument *argument, const char *key)
{
    return strlen(key) == (size_t)argument->key_length &&
           memcmp(argument->key, key, (size_t)argument->key_length) == 0;
}

/* The place of an argument in a form, -1 if the form has none such. */
static int distribution_slot(const struct distribution_form *form,
                             const struct distribution_argument *argument, uint32_t position)
{
    if (!argument->key)
        return form->positional && position < DISTRIBUTION_KEYS && form->arguments[position].key
                   ? (int)position
                   : -1;
    for (int i = 0; i < DISTRIBUTION_KEYS && form->arguments[i].key; i++)
        if (distribution_key_is(argument, form->arguments[i].key))
            return i;
    return -1;
}

/* Of the forms of one name, the one that has the first argument. */
static void distribution_choose(struct distribution_parser *parser)
{
    const struct distribution_form *form = parser->form;
    for (; form < distribution_forms + DISTRIBUTION_FORMS; form++) {
        if (strcmp(form->name, parser->form->name) == 0 && parser->count > 0 &&
            distribution_slot(form, &parser->arguments[0], 0) >= 0) {
            parser->form = form;
            return;
        }
    }
}

/* Fills v with the values of the form's arguments; in a shape a mean (or min) left out stays
 * NAN. */
static bool distribution_bind(struct distribution_parser *parser, double v[DISTRIBUTION_KEYS])
{
    distribution_choose(parser);
    const struct distribution_form *form = parser->form;
    for (int i = 0; i < DISTRIBUTION_KEYS; i++)
        v[i] = NAN;
    for (uint32_t i = 0; i < parser->count; i++) {
        const struct distribution_argument *argument = &parser->arguments[i];
        int slot = distribution_slot(form, argument, i);
        if (slot < 0)
            return distribution_fail(parser, argument->start, "expected %s", form->usage);
        const char *key = form->arguments[slot].key;
        if (!isnan(v[slot]))
            return distribution_fail(parser, argument->start, "%s is given twice", key);
        enum distribution_argument_kind kind = form->arguments[slot].kind;
        bool value = kind == ARGUMENT_VALUE || kind == ARGUMENT_POSITIVE;
        if (value &&
            !distribution_value(parser, argument, key, kind == ARGUMENT_POSITIVE, &v[slot]))
            return false;
        if (!value && !distribution_number(parser, argument, key, kind, &v[slot]))
            return false;
    }
    for (int i = 0; i < DISTRIBUTION_KEYS && form->arguments[i].key; i++) {
        const char *key = form->arguments[i].key;
        bool optional = parser->request->shape_only &&
                        (strcmp(key, "mean") == 0 || form->kind == DISTRIBUTION_PARETO) &&
                        form->kind != DISTRIBUTION_NORMAL && form->kind != DISTRIBUTION_GEOMETRIC &&
                        form->arguments[i].kind <= ARGUMENT_POSITIVE;
        if (isnan(v[i]) && !optional)
            return distribution_fail(parser, parser->end, "%s is missing: expected %s", key,
                                     form->usage);
    }
    return true;
}

/* Rules between arguments. */
static bool distribution_check(struct distribution_parser *parser, const double *v)
{
    const char *at = parser->inside;
    switch (parser->form->kind) {
    case DISTRIBUTION_LOGNORMAL:
        if (strcmp(parser->form->arguments[0].key, "p50") != 0)
            return true;
        if (v[1] < v[0])
            return distribution_fail(parser, at, "p99 must be at least p50");
        return v[1] <= DISTRIBUTION_SPREAD_MAX * v[0] ||
               distribution_fail(parser, at, "p99 can be at most %.0f times p50",
                                 DISTRIBUTION_SPREAD_MAX);
    case DISTRIBUTION_PARETO:
        return v[1] > 1 ||
               distribution_fail(parser, at, "pareto has a mean only for a shape above 1");
    case DISTRIBUTION_UNIFORM:
        return v[0] <= v[1] ||
               distribution_fail(parser, at, "the low end must not be above the high end");
    case DISTRIBUTION_TRIANGULAR:
        return (v[0] <= v[1] && v[1] <= v[2]) ||
               distribution_fail(parser, at, "expected min <= mode <= max");
    case DISTRIBUTION_GEOMETRIC:
        return (v[0] >= 1 && v[0] <= 1e9) ||
               distribution_fail(parser, at, "mean is a number from 1 to 1e9");
    default:
        return true;
    }
}

static struct distribution distribution_make(const struct distribution_form *form, const double *v)
{
    switch (form->kind) {
    case DISTRIBUTION_EXPONENTIAL:
        return distribution_exponential(isnan(v[0]) ? 1 : v[0]);
    case DISTRIBUTION_LOGNORMAL:
        return form->arguments[1].kind == ARGUMENT_CV
                   ? distribution_lognormal(isnan(v[0]) ? 1 : v[0], v[1])
                   : distribution_lognormal_quantiles(v[0], v[1]);
    case DISTRIBUTION_GAMMA:
        return distribution_gamma(isnan(v[0]) ? 1 : v[0], v[1]);
    case DISTRIBUTION_ERLANG:
        return distribution_erlang((uint32_t)v[0], isnan(v[1]) ? 1 : v[1]);
    case DISTRIBUTION_HYPEREXPONENTIAL:
        return distribution_hyperexponential(v[0], v[1], v[2]);
    case DISTRIBUTION_WEIBULL:
        return distribution_weibull(isnan(v[0]) ? 1 : v[0], v[1]);
    case DISTRIBUTION_PARETO:
        return distribution_pareto(isnan(v[0]) ? (v[1] - 1) / v[1] : v[0], v[1]);
    case DISTRIBUTION_UNIFORM:
        return distribution_uniform(v[0], v[1]);
    case DISTRIBUTION_NORMAL:
        return distribution_normal(v[0], v[1]);
    case DISTRIBUTION_TRIANGULAR:
        return distribution_triangular(v[0], v[1], v[2]);
    case DISTRIBUTION_GEOMETRIC:
        return distribution_geometric(v[0]);
    default:
        break;
    }
    assert(false);
    return distribution_constant(0);
}

/* `p99.9` -> 0.999, `max` -> 1; a key that is neither: false. */
static bool distribution_probability(const struct distribution_argument *argument,
                                     double *probability)
{
    char percent[32];
    struct quantity_error ignored;
    *probability = 1;
    if (!argument->key)
        return false;
    if (distribution_key_is(argument, "max"))
        return true;
    if (argument->key[0] != 'p' || argument->key_length > 20)
        return false;
    snprintf(percent, sizeof(percent), "%.*s%%", argument->key_length - 1, argument->key + 1);
    return quantity_parse(percent, QUANTITY_RATIO, NULL, probability, &ignored) &&
           *probability > 0 && *probability < 1;
}

static bool distribution_parse_quantiles(struct distribution_parser *parser,
                                         struct distribution *distribution)
{
    double *x = arena_array(parser->arena, parser->count + 1, sizeof(double));
    double *y = arena_array(parser->arena, parser->count + 1, sizeof(double));
    for (uint32_t i = 0; i < parser->count; i++) {
        const struct distribution_argument *argument = &parser->arguments[i];
        char name[32];
        snprintf(name, sizeof(name), "%.*s", argument->key_length,
                 argument->key ? argument->key : "");
        if (!distribution_probability(argument, &x[i]))
            return distribution_fail(parser, argument->start,
                                     "expected pN with N between 0 and 100, or max: %s",
                                     parser->form->usage);
        if (!distribution_value(parser, argument, name, true, &y[i]))
            return false;
        if (i > 0 && (x[i] <= x[i - 1] || y[i] < y[i - 1]))
            return distribution_fail(parser, argument->start,
                                     "quantiles and their values go from small to large");
    }
    if (parser->count < 2 || x[parser->count - 1] < 1)
        return distribution_fail(parser, parser->end, "expected at least one quantile, and max: %s",
                                 parser->form->usage);
    *distribution = distribution_quantiles(x, y, parser->count);
    return true;
}

static bool distribution_parse_empirical(struct distribution_parser *parser,
                                         struct distribution *distribution)
{
    const char *start = distribution_skip_blanks(parser->inside), *end = parser->end;
    while (end > start && distribution_is_blank(end[-1]))
        end--;
    if (start == end)
        return distribution_fail(parser, start, "expected %s", parser->form->usage);
    const char *file = arena_text(parser->arena, start, (size_t)(end - start));
    uint32_t count;
    const double *samples =
        empirical_read(file, parser->request, parser->arena, &count, parser->error);
    if (!samples) {
        parser->error->offset = utf8_count(parser->text, (size_t)(start - parser->text));
        return false;
    }
    *distribution = distribution_empirical(samples, count);
    return true;
}

/* With the nearest name, or all of them. */
static bool distribution_unknown(struct distribution_parser *parser, const char *at,
                                 const char *given, const char *const *names)
{
    const char *nearest = diag_nearest(given, names, DISTRIBUTION_FORMS);
    if (nearest)
        return distribution_fail(parser, at, "unknown distribution '%s': did you mean '%s'?", given,
                                 nearest);
    char all[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < DISTRIBUTION_FORMS; i++) {
        if (i > 0 && strcmp(names[i], names[i - 1]) == 0)
            continue; /* one with two forms */
        used +=
            (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", i == 0 ? "" : ", ", names[i]);
        assert(used < sizeof(all));
    }
    return distribution_fail(parser, at, "unknown distribution '%s': they are %s", given, all);
}

/* Finds the form and what stands between its parentheses. */
static bool distribution_parse_call(struct distribution_parser *parser, const char *name)
{
    const char *name_end = distribution_skip_name(name), *open = distribution_skip_blanks(name_end);
    const char *names[DISTRIBUTION_FORMS];
    for (size_t i = DISTRIBUTION_FORMS; i-- > 0;) {
        names[i] = distribution_forms[i].name;
        if (strlen(names[i]) == (size_t)(name_end - name) &&
            memcmp(names[i], name, (size_t)(name_end - name)) == 0)
            parser->form = &distribution_forms[i];
    }
    if (!parser->form) {
        char given[41];
        snprintf(given, sizeof(given), "%.*s", (int)(name_end - name), name);
        return distribution_unknown(parser, name, given, names);
    }
    if (*open != '(')
        return distribution_fail(parser, name, "%s needs its arguments: %s", parser->form->name,
                                 parser->form->usage);
    const char *end = open + strlen(open);
    while (distribution_is_blank(end[-1]))
        end--;
    if (end[-1] != ')') {
        const char *close = strrchr(open, ')');
        return close ? distribution_fail(parser, distribution_skip_blanks(close + 1),
                                         "unexpected text after the ')'")
                     : distribution_fail(parser, end, "the ')' is missing");
    }
    parser->inside = open + 1;
    parser->end = end - 1;
    return true;
}

static bool distribution_parse_constant(struct distribution_parser *parser, const char *text,
                                        struct distribution *distribution)
{
    const struct distribution_request *request = parser->request;
    double value;
    int64_t ns;
    if (!quantity_parse(text, request->kind, request->unit, &value, parser->error)) {
        const char *start = distribution_skip_blanks(text);
        return distribution_is_letter(*start) &&
               distribution_fail(parser, start, "expected %s, or a distribution such as %s",
                                 quantity_expectation(request->kind), distribution_forms[0].usage);
    }
    if (value < 0)
        return distribution_fail(parser, text, "it cannot be negative");
    if (request->kind == QUANTITY_TIME && !quantity_parse_time(text, &ns, parser->error))
        return false;
    *distribution = distribution_constant(value);
    return true;
}

static bool distribution_parse(struct distribution_parser *parser,
                               struct distribution *distribution)
{
    double v[DISTRIBUTION_KEYS];
    const char *start = distribution_skip_blanks(parser->text);
    const char *name_end = distribution_skip_name(start);
    bool call = *distribution_skip_blanks(name_end) == '(' && name_end > start;
    for (size_t i = 0; i < DISTRIBUTION_FORMS && !call; i++)
        call = strcmp(start, distribution_forms[i].name) == 0;
    if (!call)
        return distribution_parse_constant(parser, parser->text, distribution);
    if (!distribution_parse_call(parser, start))
        return false;
    if (parser->form->kind == DISTRIBUTION_EMPIRICAL)
        return distribution_parse_empirical(parser, distribution);
    enum quantity kind = parser->request->kind;
    if (parser->form->kind == DISTRIBUTION_GEOMETRIC && kind != QUANTITY_COUNT &&
        kind != QUANTITY_CAPACITY)
        return distribution_fail(parser, start, "geometric draws counts 1, 2, ...: expected %s",
                                 quantity_expectation(kind));
    if (!distribution_split(parser))
        return false;
    if (parser->form->kind == DISTRIBUTION_QUANTILES)
        return distribution_parse_quantiles(parser, distribution);
    if (!distribution_bind(parser, v) || !distribution_check(parser, v))
        return false;
    *distribution = distribution_make(parser->form, v);
    return true;
}

bool quantity_parse_distribution(const char *text, const struct distribution_request *request,
                                 struct arena *arena, struct distribution *distribution,
                                 bool *heavy_tail, struct quantity_error *error)
{
    struct distribution_parser parser = {
        .text = text, .request = request, .arena = arena, .error = error};
    *heavy_tail = false;
    error->unreadable = false;
    if (!distribution_parse(&parser, distribution))
        return false;
    if (request->shape_only && !(distribution->mean > 0))
        return distribution_fail(&parser, text, "the mean must be above 0");
    *heavy_tail = (distribution->kind == DISTRIBUTION_PARETO &&
                   distribution->a <= DISTRIBUTION_HEAVY_SHAPE) ||
                  (distribution->kind == DISTRIBUTION_LOGNORMAL &&
                   distribution->sd > DISTRIBUTION_HEAVY_CV * distribution->mean);
    return true;
}

const char *quantity_distribution_name(uint32_t i, const char **usage)
{
    if (i >= DISTRIBUTION_FORMS)
        return NULL;
    *usage = distribution_forms[i].usage;
    return distribution_forms[i].name;
}

#include "tests/support/lab.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/list.h"
#include "models/model.h"
#include "sim/engine/estimate.h"
#include "sim/scenario/metrics.h"

#define LAB_DECLARE(name) extern const struct model name##_model;
MODELS(LAB_DECLARE)
#define LAB_MODEL(name) &name##_model,
static const struct model *const lab_models[] = {MODELS(LAB_MODEL)};

enum { LAB_LISTED = sizeof(lab_models) / sizeof(lab_models[0]), LAB_MODELS_MAX = 64 };

enum { LAB_NUMBER_MAX = 32 };

double lab_scale(void)
{
    const char *scale = getenv("ARCHSIM_TEST_SCALE");
    return scale != NULL ? atof(scale) : 1;
}

/* "{10h}" -> "36000s" at scale 1: durations that shrink with the scale. */
__attribute__((format(printf, 1, 0))) static char *lab_text(const char *format, va_list arguments)
{
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0) {
        abort();
    }
    char *out = malloc(strlen(text) * LAB_NUMBER_MAX + LAB_NUMBER_MAX);
    char *to = out;
    for (const char *from = text; *from != '\0'; from++) {
        double number;
        char unit;
        int length = 0;
        if (*from == '{' && sscanf(from, "{%lf%c}%n", &number, &unit, &length) == 2 && length > 0) {
            const double seconds = unit == 'd' ? 86400 : unit == 'h' ? 3600 : unit == 'm' ? 60 : 1;
            to += snprintf(to, LAB_NUMBER_MAX, "%.3fs", number * seconds * lab_scale());
            from += length - 1;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    free(text);
    return out;
}

static struct lab *lab_run_text(const struct model *const *models, uint32_t count, double load,
                                const char *text)
{
    const struct model_info *types[LAB_MODELS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        types[i] = &models[i]->info;
    }
    struct lab *lab = calloc(1, sizeof(*lab));
    diag_init(&lab->diag);
    const struct load_request request = {
        .path = "lab.yaml",
        .types = types,
        .types_count = count,
    };
    lab->scenario = scenario_load_text(&request, text, strlen(text), &lab->diag);
    if (lab->scenario == NULL) {
        diag_print(&lab->diag, stderr, false);
        fail_msg("the scenario does not load");
    }
    const struct experiment_setup setup = {
        .scenario = lab->scenario,
        .models = models,
        .load = load,
        .jobs = 1,
    };
    const enum world_end end = experiment_run(&setup, &lab->experiment);
    assert_int_equal(end, WORLD_DONE);
    return lab;
}

struct lab *lab_run(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = lab_text(format, arguments);
    va_end(arguments);
    struct lab *lab = lab_run_text(lab_models, LAB_LISTED, 1, text);
    free(text);
    return lab;
}

struct lab *lab_run_at(double load, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = lab_text(format, arguments);
    va_end(arguments);
    struct lab *lab = lab_run_text(lab_models, LAB_LISTED, load, text);
    free(text);
    return lab;
}

struct lab *lab_run_with(const struct model *const *own, uint32_t own_count, const char *format,
                         ...)
{
    const struct model *models[LAB_MODELS_MAX];
    va_list arguments;
    assert_true(LAB_LISTED + own_count <= LAB_MODELS_MAX);
    memcpy(models, lab_models, sizeof(lab_models));
    memcpy(models + LAB_LISTED, own, own_count * sizeof(*own));
    va_start(arguments, format);
    char *text = lab_text(format, arguments);
    va_end(arguments);
    struct lab *lab = lab_run_text(models, LAB_LISTED + own_count, 1, text);
    free(text);
    return lab;
}

void lab_close(struct lab *lab)
{
    experiment_done(&lab->experiment);
    scenario_free(lab->scenario);
    diag_done(&lab->diag);
    free(lab);
}

struct interval lab_interval(const struct lab *lab, const char *path)
{
    const int64_t metric = metrics_find(lab->scenario->metrics, path);
    if (metric < 0) {
        fail_msg("no metric '%s'", path);
    }
    return estimate_metric(lab->scenario->metrics, (uint32_t)metric, lab->experiment.replications,
                           lab->experiment.count, LAB_CONFIDENCE);
}

double lab_value(const struct lab *lab, const char *path)
{
    return lab_interval(lab, path).value;
}

void lab_expect_at(const struct lab *lab, const char *path, double exact, double precision,
                   const char *file, int line)
{
    const struct interval i = lab_interval(lab, path);
    const double half = (i.high - i.low) / 2;
    if (!(i.low <= exact && exact <= i.high)) {
        print_error("%s: exact %.6g, simulated %.6g in %.6g .. %.6g\n", path, exact, i.value, i.low,
                    i.high);
        _fail(file, line);
    }
    if (!(half <= precision * fabs(exact) / sqrt(fmin(1, lab_scale())))) {
        print_error("%s: the interval %.6g .. %.6g is too wide to tell (%.3g of %.6g)\n", path,
                    i.low, i.high, half / fabs(exact), exact);
        _fail(file, line);
    }
}

void lab_near_at(const struct lab *lab, const char *path, double exact, double within,
                 const char *file, int line)
{
    const double value = lab_value(lab, path);
    if (!(fabs(value - exact) <= within)) {
        print_error("%s: expected %.12g, got %.12g\n", path, exact, value);
        _fail(file, line);
    }
}

void lab_equal_at(const struct lab *lab, const char *path, double exact, const char *file, int line)
{
    lab_near_at(lab, path, exact, 1e-9 * fmax(1, fabs(exact)), file, line);
}

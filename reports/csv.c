#include "reports/csv.h"

#include <math.h>
#include <string.h>

#include "reports/number.h"

/* A cell of text: in quotes where it must be, quotes doubled. */
static void csv_text(const char *text, FILE *stream)
{
    const bool formula = text[0] != '\0' && strchr("=+-@\t\r", text[0]) && strcmp(text, "-") != 0;
    const bool quoted = strpbrk(text, ",\"\r\n\t");
    if (quoted)
        fputc('"', stream);
    if (formula)
        fputc('\'', stream);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', stream);
        fputc(*text, stream);
    }
    if (quoted)
        fputc('"', stream);
}

static void csv_number(double value, FILE *stream)
{
    fputc(',', stream);
    if (isfinite(value))
        number_write(value, stream);
}

static void csv_rows(const struct results *results, bool has_scenario, FILE *stream)
{
    struct arena arena;
    arena_init(&arena);
    for (uint32_t i = 0; i < number_count(results); i++) {
        const struct number number = number_at(results, i, &arena);
        if (has_scenario) {
            csv_text(results->scenario->file, stream);
            fputc(',', stream);
        }
        csv_text(number.path, stream);
        fputc(',', stream);
        csv_text(number_unit(number.unit), stream);
        const bool known = isfinite(number.estimate.value);
        csv_number(number.estimate.value, stream);
        csv_number(known ? number.estimate.low : NAN, stream);
        csv_number(known ? number.estimate.high : NAN, stream);
        fputc('\n', stream);
    }
    arena_done(&arena);
}

void csv_report(const struct results *results, FILE *stream)
{
    fputs("path,unit,value,low,high\n", stream);
    csv_rows(results, false, stream);
}

void csv_report_all(const struct results *const *results, uint32_t count, FILE *stream)
{
    fputs("scenario,path,unit,value,low,high\n", stream);
    for (uint32_t i = 0; i < count; i++)
        csv_rows(results[i], true, stream);
}

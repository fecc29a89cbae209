/* explain: the tables of a service type, as text, Markdown or JSON. */
#include "reports/explain.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "reports/json_writer.h"
#include "reports/number.h"
#include "sim/kernel/arena.h"
#include "sim/scenario/diag.h"
#include "sim/scenario/language.h"

enum { EXPLAIN_WIDTH = 100, EXPLAIN_ROWS_MAX = 256, EXPLAIN_BLANKS = 4 /* around a name */ };

struct explain {
    FILE *stream;
    struct arena arena;
};

/* The rows of a service of that type: its own, what every service has, then the account's quotas.
 */
struct explain_rows {
    const struct param *rows[EXPLAIN_ROWS_MAX];
    uint32_t count, own_count, quotas_first;
};

static void explain_add(struct explain_rows *rows, const struct param *row)
{
    assert(rows->count < EXPLAIN_ROWS_MAX);
    rows->rows[rows->count++] = row;
}

/* The rows of a list's items follow it, as "records[].weight". */
static void explain_add_items(struct explain_rows *rows, const struct param *list,
                              struct arena *arena)
{
    struct param *items = arena_array(arena, list->item->rows_count, sizeof(*items));
    for (uint32_t i = 0; i < list->item->rows_count; i++) {
        items[i] = list->item->rows[i];
        items[i].key = arena_printf(arena, "%s[].%s", list->key, items[i].key);
        explain_add(rows, &items[i]);
    }
}

static struct explain_rows explain_rows_of(const struct model_info *type, struct arena *arena)
{
    struct explain_rows rows = {.count = 0};
    for (uint32_t i = 0; i < type->params_count; i++) {
        explain_add(&rows, &type->params[i]);
        if (type->params[i].kind == PARAM_LIST)
            explain_add_items(&rows, &type->params[i], arena);
    }
    rows.own_count = rows.count;
    for (uint32_t i = 0; i < service_room.count; i++) {
        const struct param *row = &service_room.rows[i];
        if (strcmp(row->key, "type") != 0 && service_row_applies(row, type))
            explain_add(&rows, row);
    }
    rows.quotas_first = rows.count;
    for (uint32_t i = 0; i < type->quotas_count; i++)
        explain_add(&rows, &type->quotas[i]);
    return rows;
}

/* "records[].weight", "records.weight" and, as --set says it, "records.0.weight" are the same. */
static bool explain_is(const char *name, const char *key)
{
    const char *brackets = strstr(name, "[]");
    if (brackets == NULL || strcmp(name, key) == 0)
        return strcmp(name, key) == 0;
    const size_t length = (size_t)(brackets - name);
    if (strncmp(name, key, length) != 0)
        return false;
    key += length;
    const size_t digits = key[0] == '.' ? strspn(key + 1, "0123456789") : 0;
    return strcmp(brackets + 2, key + (digits > 0 ? 1 + digits : 0)) == 0;
}

const struct param *explain_find(const struct model_info *type, const char *key,
                                 struct arena *arena, const char **nearest)
{
    const struct explain_rows rows = explain_rows_of(type, arena);
    const char *names[EXPLAIN_ROWS_MAX];
    for (uint32_t i = 0; i < rows.count; i++) {
        names[i] = rows.rows[i]->key;
        if (explain_is(names[i], key))
            return rows.rows[i];
    }
    if (nearest != NULL)
        *nearest = diag_nearest(key, names, rows.count);
    return NULL;
}

static bool explain_is_required(const struct param *row)
{
    return row->fallback != NONE && strcmp(row->fallback, REQUIRED) == 0;
}

static const char *explain_kind(const struct param *row)
{
    static const struct {
        const char *shape, *kind;
    } shapes[] = {{"steps", "list of steps"},
                  {"operations", "map of operations"},
                  {"zone_list", "list of zones"}};
    for (uint32_t i = 0; row->kind == PARAM_NODE && i < sizeof(shapes) / sizeof(shapes[0]); i++)
        if (strcmp(row->range, shapes[i].shape) == 0)
            return shapes[i].kind;
    return param_kind_name(row->kind);
}

/* What `work` means is the type's to say. */
static const char *explain_help(const struct model_info *type, const struct param *row)
{
    const bool work = row->kind == PARAM_TIME_DIST && strcmp(row->key, "work") == 0;
    return work && type->work_help != NULL ? type->work_help : row->help;
}

static const char *explain_confidence(enum confidence confidence)
{
    static const char *const names[] = {
        [CONFIDENCE_DOCUMENTED] = "documented", [CONFIDENCE_MEASURED] = "measured",
        [CONFIDENCE_RECALLED] = "recalled",     [CONFIDENCE_ESTIMATED] = "estimated",
        [CONFIDENCE_ASSUMED] = "assumed",       [CONFIDENCE_DEFINED] = "defined",
    };
    return names[confidence];
}

static const char *explain_default(struct explain *explain, const struct param *row)
{
    if (explain_is_required(row))
        return strchr(row->key, '.') == NULL     ? "required"
               : strstr(row->key, "[].") == NULL ? "required in its group"
                                                 : "required in each";
    return row->fallback == NONE ? "optional"
                                 : arena_printf(&explain->arena, "default %s", row->fallback);
}

/* The range as one reads it; "" if there is none. */
static const char *explain_range(struct explain *explain, const struct param *row)
{
    if (row->kind == PARAM_CHOICE)
        return param_expectation(row, &explain->arena);
    const char *dots = row->kind == PARAM_NODE ? NULL : strstr(row->range, "..");
    if (dots == NULL)
        return "";
    const int low = (int)(dots - row->range);
    if (dots[2] == '\0')
        return arena_printf(&explain->arena, "at least %.*s", low, row->range);
    if (low == 0)
        return arena_printf(&explain->arena, "at most %s", dots + 2);
    return arena_printf(&explain->arena, "%.*s to %s", low, row->range, dots + 2);
}

/* ---- text ---- */

/* Words of a text in lines of at most 100 columns, each after `indent` blanks; `column` of the
 * first line are written already. */
static void explain_wrap(FILE *stream, const char *text, int indent, int column)
{
    bool first = true;
    for (const char *word = text; *word != '\0';) {
        const int length = (int)strcspn(word, " ");
        if (!first && column + 1 + length > EXPLAIN_WIDTH) {
            fputc('\n', stream);
            column = 0;
            first = true;
        }
        const int blanks = !first ? 1 : indent > column ? indent - column : 0;
        column += fprintf(stream, "%*s%.*s", blanks, "", length, word);
        first = false;
        word += length;
        word += strspn(word, " ");
    }
    fputc('\n', stream);
}

static const char *explain_source(struct explain *explain, const struct param *row)
{
    return arena_printf(&explain->arena, "%s: %s", explain_confidence(row->confidence),
                        row->source);
}

static void explain_row_text(struct explain *explain, const struct model_info *type,
                             const struct param *row, int width, bool with_source)
{
    const char *range = explain_range(explain, row);
    const char *text =
        arena_printf(&explain->arena, "%s%s%s, %s%s%s", explain_kind(row),
                     row->unit == NULL ? "" : " of ", row->unit == NULL ? "" : row->unit,
                     explain_default(explain, row), range[0] == '\0' ? "" : ", ", range);
    const int column = fprintf(explain->stream, "  %-*s", width, row->key);
    explain_wrap(explain->stream, text, width + EXPLAIN_BLANKS, column);
    explain_wrap(explain->stream, explain_help(type, row), width + EXPLAIN_BLANKS, 0);
    if (with_source)
        explain_wrap(explain->stream, explain_source(explain, row), width + EXPLAIN_BLANKS, 0);
}

/* Rows under a title; a source that all of them have is said there. */
static void explain_rows_text(struct explain *explain, const struct model_info *type,
                              const char *title, const struct param *const *rows, uint32_t count,
                              int width)
{
    bool same = true;
    if (count == 0)
        return;
    const char *source = explain_source(explain, rows[0]);
    for (uint32_t i = 1; i < count; i++)
        same = same && strcmp(explain_source(explain, rows[i]), source) == 0;
    same = same && strlen(title) + strlen(source) + 3 <= EXPLAIN_WIDTH;
    if (same)
        fprintf(explain->stream, "\n%s (%s)\n", title, source);
    else
        fprintf(explain->stream, "\n%s\n", title);
    for (uint32_t i = 0; i < count; i++)
        explain_row_text(explain, type, rows[i], width, !same);
}

static int explain_width(const struct explain_rows *rows)
{
    size_t width = 0;
    for (uint32_t i = 0; i < rows->count; i++)
        width = strlen(rows->rows[i]->key) > width ? strlen(rows->rows[i]->key) : width;
    return (int)width;
}

static void explain_named_text(FILE *stream, const char *title, const char *name, int width,
                               const char *note, const char *help)
{
    if (title != NULL)
        fprintf(stream, "\n%s\n", title);
    const int column =
        fprintf(stream, "  %-*s  %s%s", width, name, note, note[0] == '\0' ? "" : ", ");
    explain_wrap(stream, help, width + EXPLAIN_BLANKS, column);
}

static void explain_metric_text(FILE *stream, const char *title, const struct metric *metric,
                                int width)
{
    const char *unit = number_unit(metric->unit);
    explain_named_text(stream, title, metric->name, width, strcmp(unit, "1") == 0 ? "" : unit,
                       metric->help);
}

static int explain_longer(int width, const char *name)
{
    const int length = (int)strlen(name);
    return length > width ? length : width;
}

/* What a type has beside rows: all in one column's width. */
static void explain_named_all_text(FILE *stream, const struct model_info *type)
{
    int width = 0;
    for (uint32_t i = 0; i < type->operations_count; i++)
        width = explain_longer(width, type->operations[i].name);
    for (uint32_t i = 0; i < type->metrics_count; i++)
        width = explain_longer(width, type->metrics[i].name);
    for (uint32_t i = 0; i < type->prices_count; i++)
        width = explain_longer(width, type->prices[i].item);
    for (uint32_t i = 0; i < type->operations_count; i++)
        explain_named_text(stream, i == 0 ? "Operations" : NULL, type->operations[i].name, width,
                           "", type->operations[i].help);
    for (uint32_t i = 0; i < type->metrics_count; i++)
        explain_metric_text(stream, i == 0 ? "Metrics of its own" : NULL, &type->metrics[i], width);
    for (uint32_t i = 0; i < type->prices_count; i++)
        explain_named_text(stream, i == 0 ? "Prices" : NULL, type->prices[i].item, width,
                           type->prices[i].unit, type->prices[i].help);
}

static void explain_type_text(struct explain *explain, const struct model_info *type)
{
    const struct explain_rows rows = explain_rows_of(type, &explain->arena);
    const int width = explain_width(&rows);
    fprintf(explain->stream, "%s: %s\n\n", type->name, type->title);
    explain_wrap(explain->stream, type->text, 2, 0);
    explain_rows_text(explain, type, "Parameters", rows.rows, rows.own_count, width);
    explain_rows_text(explain, type, "As every service", rows.rows + rows.own_count,
                      rows.quotas_first - rows.own_count, width);
    explain_rows_text(explain, type,
                      arena_printf(&explain->arena,
                                   "Quotas of the account, under `quotas: {%s: {..}}`", type->name),
                      rows.rows + rows.quotas_first, type->quotas_count, width);
    explain_named_all_text(explain->stream, type);
}

/* ---- Markdown ---- */

/* A cell: without what would end it. */
static const char *explain_cell(struct explain *explain, const char *text)
{
    char *copy = arena_text(&explain->arena, text, strlen(text));
    for (char *c = copy; *c != '\0'; c++)
        *c = *c == '|' || *c == '\n' ? '/' : *c;
    return copy;
}

static void explain_rows_markdown(struct explain *explain, const struct model_info *type,
                                  const struct param *const *rows, uint32_t count)
{
    fputs(
        "\n| parameter | kind | default | range | meaning | source |\n|---|---|---|---|---|---|\n",
        explain->stream);
    for (uint32_t i = 0; i < count; i++) {
        const struct param *row = rows[i];
        const char *fallback = explain_is_required(row) ? "required"
                               : row->fallback == NONE
                                   ? ""
                                   : arena_printf(&explain->arena, "`%s`", row->fallback);
        fprintf(explain->stream, "| `%s` | %s | %s | %s | %s | %s |\n", row->key, explain_kind(row),
                fallback, explain_cell(explain, explain_range(explain, row)),
                explain_cell(explain, explain_help(type, row)),
                explain_cell(explain, explain_source(explain, row)));
    }
}

static void explain_metrics_markdown(struct explain *explain, const struct metric *metrics,
                                     uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        fprintf(explain->stream, "%s| `%s` | %s | %s |\n",
                i == 0 ? "\n| metric | unit | meaning |\n|---|---|---|\n" : "", metrics[i].name,
                number_unit(metrics[i].unit), explain_cell(explain, metrics[i].help));
}

static void explain_type_markdown(struct explain *explain, const struct model_info *type)
{
    const struct explain_rows rows = explain_rows_of(type, &explain->arena);
    fprintf(explain->stream, "# %s\n\n%s.\n\n%s\n", type->name, type->title, type->text);
    explain_rows_markdown(explain, type, rows.rows, rows.quotas_first);
    if (type->quotas_count > 0) {
        fprintf(explain->stream, "\nQuotas of the account, under `quotas: {%s: {..}}`:\n",
                type->name);
        explain_rows_markdown(explain, type, rows.rows + rows.quotas_first, type->quotas_count);
    }
    for (uint32_t i = 0; i < type->operations_count; i++)
        fprintf(explain->stream, "%s| `%s` | %s |\n",
                i == 0 ? "\n| operation | meaning |\n|---|---|\n" : "", type->operations[i].name,
                explain_cell(explain, type->operations[i].help));
    explain_metrics_markdown(explain, type->metrics, type->metrics_count);
    for (uint32_t i = 0; i < type->prices_count; i++)
        fprintf(explain->stream, "%s| %s | %s | %s |\n",
                i == 0 ? "\n| price | unit | meaning |\n|---|---|---|\n" : "",
                explain_cell(explain, type->prices[i].item), type->prices[i].unit,
                explain_cell(explain, type->prices[i].help));
}

/* ---- JSON ---- */

static const char *explain_unit(const struct param *row)
{
    enum quantity quantity;
    if (row->unit != NULL)
        return row->unit;
    return param_quantity(row, &quantity) ? number_unit(quantity) : NULL;
}

/* Inside unit to base unit of the results. */
static double explain_base(const struct param *row, double value)
{
    enum quantity quantity;
    return param_quantity(row, &quantity) && quantity == QUANTITY_TIME ? value / 1e9 : value;
}

static void explain_default_json(struct json_writer *json, const struct param *row)
{
    struct quantity_error error;
    enum quantity quantity;
    double value = 0;
    if (explain_is_required(row))
        json_literal(json, "required", "true");
    else if (row->fallback == NONE)
        json_put_null(json, "default");
    else if (row->kind == PARAM_FLAG)
        json_literal(json, "default", row->fallback);
    else if (row->kind != PARAM_NODE && param_quantity(row, &quantity) &&
             quantity_parse(row->fallback, quantity, row->unit, &value, &error))
        json_number(json, "default", explain_base(row, value));
    else
        json_text(json, "default", row->fallback);
}

static void explain_row_json(struct json_writer *json, const struct model_info *type,
                             const struct param *row)
{
    const struct param_range range = param_range(row);
    char word[64];
    json_open_object(json, NULL);
    json_text(json, "name", row->key);
    json_text(json, "kind", explain_kind(row));
    json_text(json, "unit", explain_unit(row));
    explain_default_json(json, row);
    json_number(json, "min", explain_base(row, range.low));
    json_number(json, "max", explain_base(row, range.high));
    if (row->kind == PARAM_CHOICE) {
        json_open_array(json, "choices");
        for (uint32_t i = 0; param_word(row, i, word, sizeof(word)); i++)
            json_text(json, NULL, word);
        json_close(json);
    }
    json_text(json, "help", explain_help(type, row));
    json_text(json, "source", row->source);
    json_text(json, "confidence", explain_confidence(row->confidence));
    json_close(json);
}

static void explain_metric_json(struct json_writer *json, const struct metric *metric)
{
    json_open_object(json, NULL);
    json_text(json, "name", metric->name);
    json_text(json, "unit", number_unit(metric->unit));
    json_text(json, "help", metric->help);
    json_close(json);
}

static void explain_type_json(struct json_writer *json, const struct model_info *type)
{
    struct arena arena;
    arena_init(&arena);
    const struct explain_rows rows = explain_rows_of(type, &arena);
    json_open_object(json, NULL);
    json_text(json, "type", type->name);
    json_text(json, "title", type->title);
    json_open_array(json, "parameters");
    for (uint32_t i = 0; i < rows.quotas_first; i++)
        explain_row_json(json, type, rows.rows[i]);
    json_close(json);
    json_open_array(json, "metrics");
    for (uint32_t i = 0; i < type->metrics_count; i++)
        explain_metric_json(json, &type->metrics[i]);
    json_close(json);
    json_open_array(json, "operations");
    for (uint32_t i = 0; i < type->operations_count; i++) {
        json_open_object(json, NULL);
        json_text(json, "name", type->operations[i].name);
        json_text(json, "help", type->operations[i].help);
        json_close(json);
    }
    json_close(json);
    json_open_array(json, "prices");
    for (uint32_t i = 0; i < type->prices_count; i++) {
        json_open_object(json, NULL);
        json_text(json, "item", type->prices[i].item);
        json_text(json, "unit", type->prices[i].unit);
        json_text(json, "help", type->prices[i].help);
        json_close(json);
    }
    json_close(json);
    json_open_array(json, "quotas");
    for (uint32_t i = rows.quotas_first; i < rows.count; i++)
        explain_row_json(json, type, rows.rows[i]);
    json_close(json);
    json_close(json);
    arena_done(&arena);
}

/* ---- what the command calls ---- */

/* A block of the language itself: nobody's documents say how it is. */
static bool explain_is_generic(const struct model_info *type)
{
    for (uint32_t i = 0; i < type->params_count; i++)
        if (type->params[i].confidence != CONFIDENCE_DEFINED)
            return false;
    return true;
}

static void explain_group(FILE *stream, const struct model_info *const *types, uint32_t types_count,
                          bool generic, const char *title)
{
    int width = 0;
    for (uint32_t i = 0; i < types_count; i++)
        width = explain_longer(width, types[i]->name);
    for (uint32_t i = 0; i < types_count; i++) {
        if (explain_is_generic(types[i]) != generic)
            continue;
        if (title != NULL)
            fprintf(stream, "%s\n", title);
        title = NULL;
        explain_named_text(stream, NULL, types[i]->name, width, "", types[i]->title);
    }
}

void explain_list(FILE *stream, const struct model_info *const *types, uint32_t types_count,
                  enum explain_format format)
{
    struct json_writer json;
    switch (format) {
    case EXPLAIN_TEXT:
        explain_group(stream, types, types_count, true, "Generic building blocks");
        explain_group(stream, types, types_count, false, "\nServices of AWS");
        fputs("\n`archsim explain TYPE` shows what one does, its parameters, quotas and metrics.\n",
              stream);
        break;
    case EXPLAIN_MARKDOWN:
        for (uint32_t i = 0; i < types_count; i++) {
            if (i > 0)
                fputc('\n', stream);
            explain_type(stream, types[i], format);
        }
        break;
    case EXPLAIN_JSON:
        json_init(&json, stream);
        json_open_array(&json, NULL);
        for (uint32_t i = 0; i < types_count; i++)
            explain_type_json(&json, types[i]);
        json_close(&json);
        break;
    }
}

void explain_type(FILE *stream, const struct model_info *type, enum explain_format format)
{
    struct explain explain = {.stream = stream};
    struct json_writer json;
    arena_init(&explain.arena);
    if (format == EXPLAIN_TEXT) {
        explain_type_text(&explain, type);
    } else if (format == EXPLAIN_MARKDOWN) {
        explain_type_markdown(&explain, type);
    } else {
        json_init(&json, stream);
        explain_type_json(&json, type);
    }
    arena_done(&explain.arena);
}

void explain_param(FILE *stream, const struct model_info *type, const struct param *row,
                   enum explain_format format)
{
    struct explain explain = {.stream = stream};
    struct explain_rows rows = {.count = 0};
    struct json_writer json;
    arena_init(&explain.arena);
    explain_add(&rows, row);
    if (row->kind == PARAM_LIST)
        explain_add_items(&rows, row, &explain.arena);
    if (format == EXPLAIN_TEXT) {
        for (uint32_t i = 0; i < rows.count; i++)
            explain_row_text(&explain, type, rows.rows[i], explain_width(&rows), true);
    } else if (format == EXPLAIN_MARKDOWN) {
        explain_rows_markdown(&explain, type, rows.rows, rows.count);
    } else {
        json_init(&json, stream);
        explain_row_json(&json, type, row);
    }
    arena_done(&explain.arena);
}

bool explain_metric(FILE *stream, const struct model_info *type, const char *name,
                    enum explain_format format)
{
    struct explain explain = {.stream = stream};
    struct json_writer json;
    const struct metric *metric = NULL;
    for (uint32_t i = 0; i < type->metrics_count; i++)
        if (strcmp(type->metrics[i].name, name) == 0)
            metric = &type->metrics[i];
    if (metric == NULL)
        return false;
    arena_init(&explain.arena);
    if (format == EXPLAIN_TEXT) {
        explain_metric_text(stream, NULL, metric, (int)strlen(name));
    } else if (format == EXPLAIN_MARKDOWN) {
        explain_metrics_markdown(&explain, metric, 1);
    } else {
        json_init(&json, stream);
        explain_metric_json(&json, metric);
    }
    arena_done(&explain.arena);
    return true;
}

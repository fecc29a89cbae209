/* options: the shared option table and its parser. */
#include "sim/commands/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sim/scenario/quantity.h"

enum {
    OPTION_SET = 256,
    OPTION_SEED,
    OPTION_REPLICATIONS,
    OPTION_DURATION,
    OPTION_FORMAT,
    OPTION_COLOR,
    OPTIONS_JOBS_MAX = 1024,
};

static const struct argp_option options_table[] = {
    {"set", OPTION_SET, "PATH=VALUE", 0, "override any value of the scenario (repeatable)", 0},
    {"duration", OPTION_DURATION, "TIME", 0, "simulated time that is measured, such as 10m", 0},
    {"seed", OPTION_SEED, "N", 0, "seed of all random numbers", 0},
    {"replications", OPTION_REPLICATIONS, "N|auto", 0, "how many independent runs", 0},
    {"jobs", 'j', "N", 0, "threads (default: the processors that are online)", 0},
    {"format", OPTION_FORMAT, "FORMAT", 0, "text (default), json, csv or markdown", 0},
    {"color", OPTION_COLOR, "WHEN", 0, "auto (default), always or never", 0},
    {"quiet", 'q', NULL, 0, "no progress and no warnings on standard error", 0},
    {0},
};

void options_init(struct options *options, int argc)
{
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    *options = (struct options){
        .jobs = online < 1                  ? 1
                : online > OPTIONS_JOBS_MAX ? OPTIONS_JOBS_MAX
                                            : (uint32_t)online,
    };
    arena_init(&options->arena);
    options->overrides = arena_array(&options->arena, (size_t)argc, sizeof(*options->overrides));
}

void options_done(struct options *options)
{
    arena_done(&options->arena);
}

int options_fail(const char *option, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "archsim: %s: ", option);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return EINVAL;
}

static int options_override(struct options *options, const char *path, const char *value)
{
    options->overrides[options->overrides_count++] =
        arena_printf(&options->arena, "%s=%s", path, value);
    return 0;
}

static int options_set(struct options *options, const char *text)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return options_fail("--set", "expected PATH=VALUE, such as services.db.servers=8, not '%s'",
                            text);
    options->overrides[options->overrides_count++] = text;
    return 0;
}

static int options_duration(struct options *options, const char *text)
{
    struct quantity_error error;
    int64_t duration_ns;
    if (!quantity_parse_time(text, &duration_ns, &error))
        return options_fail("--duration", "%s", error.text);
    if (duration_ns == 0)
        return options_fail("--duration", "nothing can be measured in no time");
    return options_override(options, "duration", text);
}

/* A whole number within bounds. */
static bool options_whole(const char *option, const char *text, int64_t min, int64_t max,
                          int64_t *value)
{
    struct quantity_error error;
    if (!quantity_parse_whole(text, value, &error)) {
        options_fail(option, "%s", error.text);
        return false;
    }
    if (*value < min || *value > max) {
        options_fail(option, "expected a whole number of %lld to %lld, not %s", (long long)min,
                     (long long)max, text);
        return false;
    }
    return true;
}

/* The index of a word in a list that ends with null, or -1 when it was reported. */
static int options_word(const char *option, const char *text, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(text, words[i]) == 0)
            return i;
    fprintf(stderr, "archsim: %s: expected ", option);
    for (int i = 0; words[i]; i++)
        fprintf(stderr, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
    fprintf(stderr, ", not '%s'\n", text);
    return -1;
}

static int options_format(struct options *options, const char *text)
{
    static const char *const words[] = {"text", "json", "csv", "markdown", NULL};
    const int word = options_word("--format", text, words);
    options->format = (enum options_format)word;
    return word < 0 ? EINVAL : 0;
}

static int options_color(struct options *options, const char *text)
{
    static const char *const words[] = {"auto", "always", "never", NULL};
    const int word = options_word("--color", text, words);
    options->color = (enum options_color)word;
    return word < 0 ? EINVAL : 0;
}

static error_t options_parse(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    int64_t number;
    switch (key) {
    case OPTION_SET:
        return options_set(options, text);
    case OPTION_DURATION:
        return options_duration(options, text);
    case OPTION_SEED:
        return options_whole("--seed", text, 0, INT64_MAX, &number)
                   ? options_override(options, "seed", text)
                   : EINVAL;
    case OPTION_REPLICATIONS:
        return strcmp(text, "auto") == 0 ||
                       options_whole("--replications", text, 1, INT32_MAX, &number)
                   ? options_override(options, "replications", text)
                   : EINVAL;
    case 'j':
        if (!options_whole("--jobs", text, 1, OPTIONS_JOBS_MAX, &number))
            return EINVAL;
        options->jobs = (uint32_t)number;
        return 0;
    case OPTION_FORMAT:
        return options_format(options, text);
    case OPTION_COLOR:
        return options_color(options, text);
    case 'q':
        options->quiet = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp options_argp = {.options = options_table, .parser = options_parse};

static bool options_is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value && value[0];
}

static bool options_is_dumb(void)
{
    const char *terminal = getenv("TERM");
    return terminal && strcmp(terminal, "dumb") == 0;
}

static bool options_colour(const struct options *options, FILE *stream)
{
    if (options->color != OPTIONS_COLOR_AUTO)
        return options->color == OPTIONS_COLOR_ALWAYS;
    if (options_is_set("NO_COLOR"))
        return false;
    if (options_is_set("CLICOLOR_FORCE") && strcmp(getenv("CLICOLOR_FORCE"), "0") != 0)
        return true;
    return !options_is_dumb() && isatty(fileno(stream));
}

/* The charset that the environment names; numbers are in the C locale whatever it says. */
static bool options_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
        if (options_is_set(variables[i]))
            return strcasestr(getenv(variables[i]), "utf-8") ||
                   strcasestr(getenv(variables[i]), "utf8");
    return false;
}

/* The width of the terminal; 0 where the stream is none. */
static uint32_t options_columns(FILE *stream)
{
    struct winsize size;
    return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

struct text_style options_style(const struct options *options, FILE *stream)
{
    return (struct text_style){
        .colour = options_colour(options, stream),
        .unicode = options_utf8() && !options_is_dumb(),
        .width = options_columns(stream),
    };
}

/* lambda_runtimes: the runtimes of Lambda, and how long their environments take to be there, as
 * measured for a hello world (lambda_init.h). */
#ifndef ARCHSIM_MODELS_LAMBDA_RUNTIMES_H
#define ARCHSIM_MODELS_LAMBDA_RUNTIMES_H

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "models/lambda_init.h"
#include "sim/kernel/distribution.h"

#define LAMBDA_PERF "maxday/lambda-perf, 2024 to 2026: hello world, up to 10 cold starts a day"
#define LAMBDA_MS 1e6 /* ns */

/* As AWS names them, or the language where it is provided.al2023. Like: the one in lambda_init.h
 * that stands for it; another name is an estimate, the nearest of its family. Factor: how many
 * times longer the handler's own work takes in the first run of an environment: the lower ends of
 * what the facts say, and little for compiled code. Snap: SnapStart restores it, "Java 11 and
 * later, Python 3.12 and later, .NET 8 and later" (Lambda Developer Guide, SnapStart). */
#define LAMBDA_RUNTIMES(X)                              \
    X("nodejs24.x", "nodejs22.x", 3, false, false)      \
    X("nodejs22.x", "nodejs22.x", 3, false, false)      \
    X("nodejs20.x", "nodejs22.x", 3, false, false)      \
    X("nodejs18.x", "nodejs18.x", 3, false, false)      \
    X("nodejs16.x", "nodejs16.x", 3, false, false)      \
    X("python3.14", "python3.14", 2, true, false)       \
    X("python3.13", "python3.12", 2, true, false)       \
    X("python3.12", "python3.12", 2, true, false)       \
    X("python3.11", "python3.12", 2, false, false)      \
    X("python3.10", "python3.9", 2, false, false)       \
    X("python3.9", "python3.9", 2, false, false)        \
    X("python3.8", "python3.8", 2, false, false)        \
    X("java25", "java21", 10, true, true)               \
    X("java21", "java21", 10, true, true)               \
    X("java17", "java21", 10, true, true)               \
    X("java11", "java11", 10, true, true)               \
    X("java8.al2", "java11", 10, false, true)           \
    X("dotnet10", "dotnet10", 10, true, false)          \
    X("dotnet8", "dotnet8", 10, true, false)            \
    X("dotnet6", "dotnet6", 10, false, false)           \
    X("ruby3.4", "ruby3.4", 3, false, false)            \
    X("ruby3.3", "ruby3.3", 3, false, false)            \
    X("ruby3.2", "ruby3.3", 3, false, false)            \
    X("provided.al2023", "go", 1.5, false, false)       \
    X("provided.al2", "go", 1.5, false, false)          \
    X("rust", "rust", 1.5, false, false)                \
    X("go", "go", 1.5, false, false)                    \
    X("cpp", "cpp", 1.5, false, false)                  \
    X("swift", "swift", 1.5, false, false)              \
    X("dotnet10_aot", "dotnet8_aot", 1.5, false, false) \
    X("dotnet8_aot", "dotnet8_aot", 1.5, false, false)  \
    X("dotnet7_aot", "dotnet7_aot", 1.5, false, false)  \
    X("graalvm", "graalvm", 1.5, false, false)          \
    X("quarkus", "quarkus", 1.5, false, false)          \
    X("bun", "bun", 3, false, false)                    \
    X("shell", "shell", 1.5, false, false)
#define LAMBDA_WORD(word, like, factor, snap, java) " " word
#define LAMBDA_RUNTIME(word, like, factor, snap, java) {like, factor, snap, java},
static const struct lambda_runtime {
    const char *like;
    double first_run_factor;
    bool snap, java;
} lambda_runtimes[] = {LAMBDA_RUNTIMES(LAMBDA_RUNTIME)};
static const char *const lambda_packages[] = {"zip", "image"};
static const char *const lambda_architectures[] = {"x86_64", "arm64"};

/* Of which environments the measurement is taken. */
struct lambda_deployment {
    int runtime, package, architecture; /* as the words are numbered */
};

/* Another architecture stands in where one was not measured (quarkus on arm64). */
static inline const struct lambda_init *lambda_find(const struct lambda_deployment *deployment)
{
    const struct lambda_init *found = NULL;
    for (size_t i = 0; i < sizeof(lambda_inits) / sizeof(lambda_inits[0]); i++) {
        const struct lambda_init *init = &lambda_inits[i];
        if (strcmp(init->runtime, lambda_runtimes[deployment->runtime].like) == 0 &&
            strcmp(init->package, lambda_packages[deployment->package]) == 0 &&
            (found == NULL ||
             strcmp(init->architecture, lambda_architectures[deployment->architecture]) == 0)) {
            found = init;
        }
    }
    return found;
}

/* Of java21, zip, x86_64, for all: no other was measured. */
static inline const struct lambda_init *lambda_find_restore(void)
{
    const struct lambda_init *init = lambda_inits;
    while (strcmp(init->runtime, "java21_snapstart") != 0) {
        init++;
    }
    return init;
}

/* The init, or the restore, hardly depends on the memory, so that the nearest size that was
 * measured stands for it; the first run does, and goes with a power of it, up to the largest. */
static inline void lambda_measure(const struct lambda_init *init, int64_t memory_bytes,
                                  struct distribution *init_ns, struct distribution *first_ns)
{
    const double memory_mib =
        fmin(init->sizes[LAMBDA_INIT_SIZES - 1].memory_mib, (double)memory_bytes / (1 << 20));
    uint32_t high = 1;
    while (memory_mib > init->sizes[high].memory_mib) {
        high++;
    }
    const double low_mib = init->sizes[high - 1].memory_mib;
    const double share = log(memory_mib / low_mib) / log(init->sizes[high].memory_mib / low_mib);
    const double low_ms = init->sizes[high - 1].first_ms;
    const struct distribution init_ms = distribution_quantiles(
        lambda_init_points, init->sizes[share > 0.5 ? high : high - 1].init_ms, LAMBDA_INIT_POINTS);
    *init_ns = distribution_scale(&init_ms, LAMBDA_MS);
    *first_ns =
        distribution_constant(LAMBDA_MS * low_ms * pow(init->sizes[high].first_ms / low_ms, share));
}

#endif

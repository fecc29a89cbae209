/* output: temporary file, fsync, rename. */
#include "sim/commands/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/kernel/arena.h"

static bool output_fail(const char *path)
{
    fprintf(stderr, "archsim: cannot write '%s': %s\n", path, strerror(errno));
    return false;
}

/* Something to write into as it is: /dev/null, a named pipe. */
static bool output_is_special(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

bool output_check(const char *path)
{
    struct stat status;
    if (strcmp(path, "-") == 0)
        return true;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return output_fail(path);
    }
    if (output_is_special(path))
        return access(path, W_OK) == 0 || output_fail(path);
    struct arena arena;
    arena_init(&arena);
    const char *folder = dirname(arena_text(&arena, path, strlen(path)));
    const bool possible = access(folder, W_OK | X_OK) == 0 || output_fail(path);
    arena_done(&arena);
    return possible;
}

static bool output_put(int file, const char *data, size_t size)
{
    while (size > 0) {
        const ssize_t written = write(file, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        data += written;
        size -= (size_t)written;
    }
    return true;
}

static bool output_special(const char *path, const char *data, size_t size)
{
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return output_fail(path);
    const bool good = output_put(file, data, size) || output_fail(path);
    return close(file) == 0 ? good : output_fail(path);
}

/* The permissions of a new file, or those of the one that is replaced. */
static mode_t output_mode(const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0)
        return status.st_mode & 07777;
    const mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/* `path` is no symbolic link; `temporary` ends in XXXXXX and is in the same folder. */
static bool output_replace(const char *path, char *temporary, const char *data, size_t size)
{
    const int file = mkstemp(temporary);
    if (file < 0)
        return output_fail(path);
    bool good =
        output_put(file, data, size) && fchmod(file, output_mode(path)) == 0 && fsync(file) == 0;
    const int reason = errno;
    if (close(file) != 0)
        good = false;
    else
        errno = reason;
    if (good && rename(temporary, path) == 0)
        return true;
    output_fail(path);
    unlink(temporary);
    return false;
}

bool output_write(const char *path, const char *data, size_t size)
{
    if (strcmp(path, "-") == 0) {
        fwrite(data, 1, size, stdout);
        fflush(stdout);
        return true;
    }
    if (output_is_special(path))
        return output_special(path, data, size);
    struct arena arena;
    arena_init(&arena);
    char *real = realpath(path, NULL); /* through a link, to replace the file and not the link */
    const char *target = real ? real : path;
    const bool good = output_replace(target, arena_printf(&arena, "%s.XXXXXX", target), data, size);
    free(real);
    arena_done(&arena);
    return good;
}

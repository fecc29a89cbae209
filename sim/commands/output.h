/* output: results that appear whole or not at all. A file is written beside its place under another
 * name, forced to the disk and renamed; devices and pipes are written as they are. */
#ifndef ARCHSIM_COMMANDS_OUTPUT_H
#define ARCHSIM_COMMANDS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/* Before a long run: false, and told, if a file could not be made there. "-" is always possible. */
bool output_check(const char *path);

/* "-": standard output, whose failures main() reports. False, and told, if it could not be
 * written. */
bool output_write(const char *path, const char *data, size_t size);

#endif

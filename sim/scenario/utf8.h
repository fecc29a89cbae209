/* utf8: strict decoding of UTF-8, for the document's check, for columns and for printing. */
#ifndef ARCHSIM_SCENARIO_UTF8_H
#define ARCHSIM_SCENARIO_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The first character of a text of at least one byte: its length in bytes (1 to 4) and *code, or
 * 0 for what is not UTF-8 (overlong forms, surrogates, beyond U+10FFFF, cut). */
size_t utf8_decode(const char *text, size_t length, uint32_t *code);

/* Characters in `length` bytes; each byte that is not UTF-8 counts as one. */
uint32_t utf8_count(const char *text, size_t length);

#endif

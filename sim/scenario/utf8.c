/* utf8: the table of well-formed byte sequences of the Unicode standard (3.9, table 3-7), as
 * ranges of the second byte; all further bytes are 80..BF. */
#include "sim/scenario/utf8.h"

size_t utf8_decode(const char *text, size_t length, uint32_t *code)
{
    const unsigned char *bytes = (const unsigned char *)text;
    unsigned char first = bytes[0];
    if (first < 0x80) {
        *code = first;
        return 1;
    }
    size_t size = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (size == 0 || size > length)
        return 0;
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    uint32_t value = first & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        if (bytes[i] < (i == 1 ? low : 0x80) || bytes[i] > (i == 1 ? high : 0xBF))
            return 0;
        value = value << 6 | (bytes[i] & 0x3Fu);
    }
    *code = value;
    return size;
}

uint32_t utf8_count(const char *text, size_t length)
{
    uint32_t count = 0;
    for (size_t at = 0; at < length; count++) {
        uint32_t code;
        size_t size = utf8_decode(text + at, length - at, &code);
        at += size ? size : 1;
    }
    return count;
}

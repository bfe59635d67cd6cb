/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/locale_c.h"
#include "base/text.h"

/* Room for `more` bytes and the end mark. */
static bool reserve(struct strbuf *b, size_t more) {
    if (b->failed) return false;
    if (more >= SIZE_MAX / 2 - b->size) {
        b->failed = true;
        return false;
    }
    size_t need = b->size + more + 1;
    if (need <= b->room) return true;
    size_t room = b->room ? b->room : 64;
    while (room < need) room *= 2;
    char *data = realloc(b->data, room);
    if (!data) {
        b->failed = true;
        return false;
    }
    b->data = data;
    b->room = room;
    return true;
}

void strbuf_add(struct strbuf *b, const void *data, size_t size) {
    if (!reserve(b, size)) return;
    if (size) memcpy(b->data + b->size, data, size);
    b->size += size;
    b->data[b->size] = '\0';
}

void strbuf_puts(struct strbuf *b, const char *text) { strbuf_add(b, text, strlen(text)); }

void strbuf_printf(struct strbuf *b, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) {
        b->failed = true;
    } else if (reserve(b, (size_t)n)) {
        vsnprintf(b->data + b->size, (size_t)n + 1, format, again);
        b->size += (size_t)n;
    }
    va_end(again);
}

void strbuf_real(struct strbuf *b, double x) {
    if (!isfinite(x)) { /* JSON has no other word for it */
        strbuf_puts(b, "null");
        return;
    }
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = c ? uselocale(c) : (locale_t)0;
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x) break;
    }
    if (c) {
        uselocale(before);
        freelocale(c);
    }
    strbuf_puts(b, text);
}

size_t text_utf8_length(const char *text) {
    const unsigned char *s = (const unsigned char *)text;
    unsigned char c = s[0], low = 0x80, high = 0xbf;
    size_t n;
    if (c < 0x80) return 1;
    if (c >= 0xc2 && c <= 0xdf)
        n = 2;
    else if (c >= 0xe0 && c <= 0xef)
        n = 3;
    else if (c >= 0xf0 && c <= 0xf4)
        n = 4;
    else
        return 0;
    if (c == 0xe0) low = 0xa0;  /* overlong */
    if (c == 0xed) high = 0x9f; /* surrogates */
    if (c == 0xf0) low = 0x90;
    if (c == 0xf4) high = 0x8f; /* past U+10FFFF */
    if (s[1] < low || s[1] > high) return 0;
    for (size_t i = 2; i < n; i++)
        if (s[i] < 0x80 || s[i] > 0xbf) return 0;
    return n;
}

void strbuf_json_string(struct strbuf *b, const char *text) {
    strbuf_puts(b, "\"");
    const unsigned char *s = (const unsigned char *)text;
    while (*s) {
        size_t n = text_utf8_length((const char *)s);
        if (n == 0) {
            strbuf_puts(b, "\\ufffd"); /* file names may hold any bytes; JSON may not */
            s++;
        } else if (*s == '"' || *s == '\\') {
            strbuf_printf(b, "\\%c", *s++);
        } else if (*s == '\n') {
            strbuf_puts(b, "\\n");
            s++;
        } else if (*s < 0x20 || *s == 0x7f) {
            strbuf_printf(b, "\\u%04x", *s++);
        } else {
            strbuf_add(b, s, n);
            s += n;
        }
    }
    strbuf_puts(b, "\"");
}

bool text_is_utf8(const char *text) {
    for (size_t n; *text; text += n)
        if ((n = text_utf8_length(text)) == 0) return false;
    return true;
}

void strbuf_line(struct strbuf *b, const char *text) {
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        size_t n = text_utf8_length((const char *)s);
        bool control = *s < 0x20 || *s == 0x7f || (*s == 0xc2 && s[1] < 0xa0); /* U+0080 to U+009F: 8-bit controls */
        if (n > 0 && !control) {
            strbuf_add(b, s, n);
            s += n;
            continue;
        }
        if (*s == '\n' || *s == '\t' || *s == '\r')
            strbuf_puts(b, *s == '\n' ? "\\n" : *s == '\t' ? "\\t" : "\\r");
        else
            strbuf_printf(b, "\\x%02x", *s);
        s++;
    }
}

void strbuf_free(struct strbuf *b) {
    free(b->data);
    *b = (struct strbuf){0};
}

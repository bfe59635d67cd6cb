/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/elf_check.h"

#include <elf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* What a policy may ask of the outside.  No clock, no I/O, no allocation, no
 * locale, no thread-local storage. */
static const char *const allowed[] = {
    "memcpy", "memset", "memmove", "memcmp", "strlen", "strcmp", "strncmp", "bcmp",
    /* arithmetic */
    "sqrt", "cbrt", "hypot", "log", "log2", "log10", "log1p", "exp", "exp2", "expm1", "pow", "ceil", "floor", "trunc",
    "round", "rint", "nearbyint", "lround", "llround", "lrint", "llrint", "fabs", "fmod", "fmin", "fmax", "fma",
    "copysign", "ldexp", "frexp", "sin", "cos", "tan", "atan", "atan2", "tgamma", "lgamma", "erf", "erfc", "isnan",
    "isinf", "finite", "__isnan", "__isinf", "__finite", "__signbit", "__fpclassify",
    /* what compilers put in */
    "__stack_chk_fail", "__memcpy_chk", "__memset_chk", "__memmove_chk", "__udivti3", "__umodti3", "__divti3",
    "__modti3", "__udivmodti4", "__multi3", "__ashlti3", "__lshrti3", "__popcountdi2", "__floattidf", "__floatuntidf",
    "__fixdfti", "__fixunsdfti", "_GLOBAL_OFFSET_TABLE_", "_ITM_deregisterTMCloneTable", "_ITM_registerTMCloneTable",
    "__gmon_start__", "__cxa_finalize", NULL};

/* Variables of the start-up code that every shared object carries. */
static const char *const startup[] = {"completed.", "__dso_handle", "__TMC_END__", "_DYNAMIC", NULL};

struct elf {
    const char *data;
    size_t size;
    const Elf64_Ehdr *head;
    const Elf64_Shdr *sections;
    const char *section_names;
    size_t section_names_size;
};

static bool inside(const struct elf *f, uint64_t offset, uint64_t size) {
    return offset <= f->size && size <= f->size - offset;
}

/* The file's bytes come aligned from malloc; a table at an odd offset is
 * refused rather than read askew. */
static const void *table(const struct elf *f, uint64_t offset, uint64_t size) {
    return inside(f, offset, size) && offset % 8 == 0 ? f->data + offset : NULL;
}

/* Text at `offset` of a string section, "" when it does not end inside. */
static const char *string_at(const char *strings, size_t size, uint32_t offset) {
    if (offset >= size || !memchr(strings + offset, '\0', size - offset)) return "";
    return strings + offset;
}

static bool open_elf(struct elf *f) {
    f->head = table(f, 0, sizeof *f->head);
    if (!f->head || memcmp(f->head->e_ident, ELFMAG, SELFMAG) != 0) return false;
    if (f->head->e_ident[EI_CLASS] != ELFCLASS64 || f->head->e_shentsize != sizeof(Elf64_Shdr)) return false;
    f->sections = table(f, f->head->e_shoff, (uint64_t)f->head->e_shnum * sizeof(Elf64_Shdr));
    if (!f->sections || f->head->e_shstrndx >= f->head->e_shnum) return false;
    const Elf64_Shdr *names = &f->sections[f->head->e_shstrndx];
    if (!inside(f, names->sh_offset, names->sh_size)) return false;
    f->section_names = f->data + names->sh_offset;
    f->section_names_size = names->sh_size;
    return true;
}

static bool starts_with_any(const char *name, const char *const *starts) {
    for (; starts && *starts; starts++)
        if (strncmp(name, *starts, strlen(*starts)) == 0) return true;
    return false;
}

static bool is_allowed(const char *name) {
    for (const char *const *a = allowed; *a; a++)
        if (strcmp(name, *a) == 0) return true;
    return false;
}

/* A section whose content can change at run time; constants that hold
 * addresses lie in .data.rel.ro, which is sealed after loading. */
static bool is_mutable(const struct elf *f, uint16_t index) {
    if (index == SHN_COMMON) return true;
    if (index >= f->head->e_shnum) return false;
    const Elf64_Shdr *s = &f->sections[index];
    const char *name = string_at(f->section_names, f->section_names_size, s->sh_name);
    return (s->sh_flags & SHF_WRITE) && strncmp(name, ".data.rel.ro", 12) != 0;
}

static enum error_code check_symbol(const struct elf *f, const Elf64_Sym *s, const char *name, const char *path,
                                    const char *const *also, struct error *e) {
    if (*name == '\0' || starts_with_any(name, also)) return OK;
    if (s->st_shndx == SHN_UNDEF)
        return is_allowed(name) ? OK
                                : error_set(e, ERR_INPUT, path,
                                            "uses '%s'; a policy may use only memory and arithmetic functions "
                                            "(no clock, input, output or allocation)",
                                            name);
    int type = ELF64_ST_TYPE(s->st_info);
    if ((type != STT_OBJECT && type != STT_TLS) || s->st_size == 0) return OK;
    if (!is_mutable(f, s->st_shndx) || starts_with_any(name, startup)) return OK;
    return error_set(e, ERR_INPUT, path,
                     "has the variable '%s', which can change; expected const data only (a policy keeps its state in "
                     "the memory that it is given)",
                     name);
}

static enum error_code check_symbols(const struct elf *f, const Elf64_Shdr *section, const char *path,
                                     const char *const *also, struct error *e) {
    const Elf64_Sym *symbols = table(f, section->sh_offset, section->sh_size);
    if (!symbols || section->sh_link >= f->head->e_shnum)
        return error_set(e, ERR_INPUT, path, "is a damaged ELF file: bad symbol table");
    const Elf64_Shdr *strings = &f->sections[section->sh_link];
    if (!inside(f, strings->sh_offset, strings->sh_size))
        return error_set(e, ERR_INPUT, path, "is a damaged ELF file: bad string table");
    for (uint64_t i = 1; i < section->sh_size / sizeof *symbols; i++) {
        const char *name = string_at(f->data + strings->sh_offset, strings->sh_size, symbols[i].st_name);
        /* "sqrt@GLIBC_2.2.5" stands so in the full table of a shared object */
        char plain[256];
        snprintf(plain, sizeof plain, "%.*s", (int)strcspn(name, "@"), name);
        TRY(check_symbol(f, &symbols[i], plain, path, also, e));
    }
    return OK;
}

static enum error_code check_elf(const struct elf *f, const char *path, const char *const *also, struct error *e) {
    bool any = false;
    for (uint32_t i = 0; i < f->head->e_shnum; i++) {
        const Elf64_Shdr *section = &f->sections[i];
        if (section->sh_type != SHT_DYNSYM && section->sh_type != SHT_SYMTAB) continue;
        any = true;
        TRY(check_symbols(f, section, path, also, e));
    }
    return any ? OK : error_set(e, ERR_INPUT, path, "has no symbol table");
}

enum error_code elf_check_pure(const char *path, const char *const *also, struct error *e) {
    char *data = NULL;
    struct elf f = {0};
    TRY(file_read(path, &data, &f.size, e));
    f.data = data;
    enum error_code rc =
        open_elf(&f) ? check_elf(&f, path, also, e) : error_set(e, ERR_INPUT, path, "is not a 64-bit ELF object");
    free(data);
    return rc;
}

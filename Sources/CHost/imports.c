#define _GNU_SOURCE

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CHost.h"

#if defined(__x86_64__)
enum { JUMP_SLOT = R_X86_64_JUMP_SLOT, DATA_SLOT = R_X86_64_GLOB_DAT, ADDRESS = R_X86_64_64 };
#elif defined(__aarch64__)
enum { JUMP_SLOT = R_AARCH64_JUMP_SLOT, DATA_SLOT = R_AARCH64_GLOB_DAT, ADDRESS = R_AARCH64_ABS64 };
#else
#error "the relocations of this processor are not known here"
#endif

#define BIT(call) (UINT32_C(1) << (call))

long host_call_number(host_call call);

// Set before the first library is guarded, and the same ever after.
static uint32_t denied_calls;

// In place of functions that make one call: fail as the kernel does that only refuses.
static int refuse(void) {
    errno = EPERM;
    return -1;
}

// The same for those of threads, which return what is wrong.
static int refuse_thread(void) { return EPERM; }

// Where a runtime learns that it may use the matrix unit of x86-64 (AMX), ONNX Runtime tries whether the unit
// keeps its state when a thread changes its processor, by an instruction of its own that cannot be caught.
static bool leads_to_affinity(long number, long option) {
#if defined(SYS_arch_prctl)
    const long ask_for_state = 0x1023;  // ARCH_REQ_XCOMP_PERM
    return denied_calls & BIT(HOST_SCHED_SETAFFINITY) && number == SYS_arch_prctl && option == ask_for_state;
#else
    (void)number;
    (void)option;
    return false;
#endif
}

// In place of `syscall`: lets through what is not denied. Registers and stack are the same for both.
static long filtered_syscall(long number, long a, long b, long c, long d, long e, long f) {
    if (leads_to_affinity(number, a)) return refuse();
    for (int call = 0; call < HOST_CALL_COUNT; call++) {
        if (denied_calls >> call & 1 && host_call_number(call) == number) return refuse();
    }
    return syscall(number, a, b, c, d, e, f);
}

// A name and what comes in its place, for imports if one of the calls is denied that they make.
typedef struct exchange {
    const char *name;
    void *replacement;
    uint32_t calls;
} exchange;

static const exchange imports[] = {
    {"syscall", (void *)filtered_syscall, UINT32_MAX},
    {"setpriority", (void *)refuse, BIT(HOST_SETPRIORITY)},
    {"nice", (void *)refuse, BIT(HOST_SETPRIORITY)},
    {"sched_setaffinity", (void *)refuse, BIT(HOST_SCHED_SETAFFINITY)},
    {"pthread_setaffinity_np", (void *)refuse_thread, BIT(HOST_SCHED_SETAFFINITY)},
    // A thread that is to begin on certain processors is put there by the same call.
    {"pthread_attr_setaffinity_np", (void *)refuse_thread, BIT(HOST_SCHED_SETAFFINITY)},
    {"sched_setscheduler", (void *)refuse, BIT(HOST_SCHED_SETSCHEDULER)},
    {"pthread_setschedparam", (void *)refuse_thread, BIT(HOST_SCHED_SETSCHEDULER)},
    {"sched_setparam", (void *)refuse, BIT(HOST_SCHED_SETPARAM)},
    {"pthread_setschedprio", (void *)refuse_thread, BIT(HOST_SCHED_SETPARAM)},
    {"fchown", (void *)refuse, BIT(HOST_FCHOWN)},
    {"fchownat", (void *)refuse, BIT(HOST_FCHOWNAT)},
    // These make the call that takes a folder, or one that is denied with it.
    {"chown", (void *)refuse, BIT(HOST_FCHOWNAT)},
    {"lchown", (void *)refuse, BIT(HOST_FCHOWNAT)},
};

// What the loader knows of a library, and what to do with it.
typedef struct library {
    // Null: what is denied. Else it alone, also where the library itself has what the name stands for.
    const exchange *only;
    size_t count;
    ElfW(Addr) base;
    const char *names;
    const ElfW(Sym) *symbols;
    // Pages that the loader made unwritable when it had filled them.
    uintptr_t sealed_from, sealed_to;
} library;

static void *replacement(const library *library, const char *name, bool is_import) {
    if (library->only) return strcmp(name, library->only->name) == 0 ? library->only->replacement : NULL;
    if (!is_import) return NULL;
    for (size_t index = 0; index < sizeof imports / sizeof *imports; index++) {
        if (imports[index].calls & denied_calls && strcmp(name, imports[index].name) == 0) {
            return imports[index].replacement;
        }
    }
    return NULL;
}

// Writes into a table of the loader. It is data before and after, so no page becomes code.
static void write_slot(library *library, void **slot, void *value) {
    uintptr_t place = (uintptr_t)slot;
    bool is_sealed = place >= library->sealed_from && place < library->sealed_to;
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *page = (void *)(place & ~(size - 1));
    if (is_sealed && mprotect(page, size, PROT_READ | PROT_WRITE) != 0) return;
    __atomic_store_n(slot, value, __ATOMIC_RELEASE);
    if (is_sealed) mprotect(page, size, PROT_READ);
    library->count++;
}

static void guard_table(library *library, const ElfW(Rela) *entries, size_t count) {
    for (size_t index = 0; index < count; index++) {
        uint32_t kind = (uint32_t)ELF64_R_TYPE(entries[index].r_info);
        if (kind != JUMP_SLOT && kind != DATA_SLOT && kind != ADDRESS) continue;
        const ElfW(Sym) *symbol = &library->symbols[ELF64_R_SYM(entries[index].r_info)];
        bool is_import = symbol->st_shndx == SHN_UNDEF;
        void *value = replacement(library, library->names + symbol->st_name, is_import);
        if (value) write_slot(library, (void **)(library->base + entries[index].r_offset), value);
    }
}

// Returns how many places were changed.
static size_t guard(const struct dl_phdr_info *information, const exchange *only) {
    library library = {.base = information->dlpi_addr, .only = only};
    const ElfW(Dyn) *dynamic = NULL;
    for (int index = 0; index < information->dlpi_phnum; index++) {
        const ElfW(Phdr) *part = &information->dlpi_phdr[index];
        if (part->p_type == PT_DYNAMIC) dynamic = (void *)(library.base + part->p_vaddr);
        if (part->p_type != PT_GNU_RELRO) continue;
        library.sealed_from = library.base + part->p_vaddr;
        library.sealed_to = library.sealed_from + part->p_memsz;
    }
    const ElfW(Rela) *data = NULL, *functions = NULL;
    size_t data_size = 0, functions_size = 0, relative_count = 0;
    for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++) {
        uintptr_t value = dynamic->d_un.d_val;
        // The loader has turned places in the file into addresses, if it may write there.
        void *place = (void *)(value < library.base ? library.base + value : value);
        switch (dynamic->d_tag) {
        case DT_STRTAB: library.names = place; break;
        case DT_SYMTAB: library.symbols = place; break;
        case DT_RELA: data = place; break;
        case DT_RELASZ: data_size = value; break;
        case DT_RELACOUNT: relative_count = value; break;
        case DT_JMPREL: functions = place; break;
        case DT_PLTRELSZ: functions_size = value; break;
        }
    }
    if (!library.names || !library.symbols) return 0;
    size_t data_count = data_size / sizeof *data;
    // Those that name nothing come first, and are most of a large library.
    if (data && relative_count < data_count) {
        guard_table(&library, data + relative_count, data_count - relative_count);
    }
    if (functions) guard_table(&library, functions, functions_size / sizeof *functions);
    return library.count;
}

typedef struct search {
    ElfW(Addr) first;
    // The first library's file.
    const char *path;
    bool has_begun, is_for_one, is_for_folder;
    const exchange *only;
    size_t count;
} search;

// How long the part of a path is that names the folder.
static size_t folder_length(const char *path) {
    const char *end = strrchr(path, '/');
    while (end && end > path && end[-1] == '/') end--;
    return end ? (size_t)(end - path) : 0;
}

static bool is_beside(const char *path, const char *other) {
    size_t length = folder_length(path);
    return length == folder_length(other) && memcmp(path, other, length) == 0;
}

static int visit(struct dl_phdr_info *information, size_t size, void *argument) {
    (void)size;
    search *search = argument;
    search->has_begun = search->has_begun || information->dlpi_addr == search->first;
    if (!search->has_begun) return 0;
    if (search->is_for_folder && !is_beside(information->dlpi_name, search->path)) return 0;
    search->count += guard(information, search->only);
    return search->is_for_one;
}

static size_t visit_from(void *handle, search search) {
    struct link_map *map = NULL;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0 || !map) return 0;
    search.first = map->l_addr;
    search.path = map->l_name;
    // The loader lists libraries in the order in which they came.
    dl_iterate_phdr(visit, &search);
    return search.count;
}

void host_guard_library(void *handle, uint32_t denied) {
    if (denied == 0) return;
    denied_calls = denied;
    visit_from(handle, (search){0});
}

size_t host_exchange(void *handle, enum host_scope scope, const char *name, void *replacement) {
    exchange only = {.name = name, .replacement = replacement};
    bool is_for_one = scope == HOST_LIBRARY;
    search search = {.is_for_one = is_for_one, .is_for_folder = !is_for_one, .only = &only};
    return visit_from(handle, search);
}

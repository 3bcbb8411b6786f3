#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "CMessages.h"

// Since Linux 5.1; the C library's headers may be older.
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

// Since Linux 6.3, where systems can insist on it.
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

static const int fixed_size = F_SEAL_SHRINK | F_SEAL_GROW;

// Mappings that are there stay writable under the last seal.
static int seal(int descriptor) {
    int seals = fixed_size | F_SEAL_SEAL;
    if (fcntl(descriptor, F_ADD_SEALS, seals | F_SEAL_FUTURE_WRITE) == 0) return 0;
    return fcntl(descriptor, F_ADD_SEALS, seals) == 0 ? 0 : errno;
}

static int create_file(void) {
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int descriptor = memfd_create("flows", flags | MFD_NOEXEC_SEAL);
    return descriptor >= 0 || errno != EINVAL ? descriptor : memfd_create("flows", flags);
}

static int allocate_pages(int descriptor, size_t byte_count) {
    int result;
    do {
        result = fallocate(descriptor, 0, 0, (off_t)byte_count);
    } while (result < 0 && errno == EINTR);
    return result == 0 ? 0 : errno;
}

int messages_make_memory(size_t byte_count, void **start) {
    int descriptor = create_file();
    if (descriptor < 0) return -errno;
    void *memory = MAP_FAILED;
    int failure = allocate_pages(descriptor, byte_count);
    if (failure == 0) {
        memory = mmap(NULL, byte_count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
        failure = memory == MAP_FAILED ? errno : seal(descriptor);
    }
    if (failure != 0) {
        if (memory != MAP_FAILED) munmap(memory, byte_count);
        close(descriptor);
        return -failure;
    }
    *start = memory;
    return descriptor;
}

// Whether the system has the seal without which pages can be taken out of a file.
static bool keeps_pages(void) {
    static int known = -1;
    if (known < 0) {
        int descriptor = create_file();
        if (descriptor < 0) return true;
        known = fcntl(descriptor, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0;
        close(descriptor);
    }
    return known;
}

bool messages_is_fixed_memory(int descriptor) {
    // Only files in memory have seals. Those of huge pages do too, but may lack them when they are read.
    int seals = fcntl(descriptor, F_GET_SEALS);
    int wanted = fixed_size | (keeps_pages() ? F_SEAL_FUTURE_WRITE : 0);
    struct statfs system;
    struct stat status;
    // A page that is not there is made when it is read, which fails if there is no memory left.
    return seals >= 0 && (seals & wanted) == wanted && fstatfs(descriptor, &system) == 0 &&
           system.f_type == TMPFS_MAGIC && fstat(descriptor, &status) == 0 &&
           status.st_blocks * 512 >= status.st_size;
}

int64_t messages_byte_count(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 ? (int64_t)status.st_size : -(int64_t)errno;
}

int messages_map(int descriptor, size_t byte_count, const void **start) {
    void *memory = mmap(NULL, byte_count, PROT_READ, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED) return errno;
    *start = memory;
    return 0;
}

void messages_unmap(const void *start, size_t byte_count) { munmap((void *)start, byte_count); }

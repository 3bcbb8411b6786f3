// Which files a child may open: landlock, in the words of its kernel interface, as headers may be older.

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CGuests.h"
#include "guests.h"

// The same numbers on every processor.
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 };
enum { ASK_VERSION = 1, PATH_BENEATH = 1 };

#define RIGHT(number) (UINT64_C(1) << (number))
#define WRITE_FILE RIGHT(1)
#define READ_FILE RIGHT(2)
#define READ_FOLDER RIGHT(3)
#define REMOVE_FOLDER RIGHT(4)
#define REMOVE_FILE RIGHT(5)
#define MAKE_DEVICE (RIGHT(6) | RIGHT(11))
#define MAKE_FOLDER RIGHT(7)
#define MAKE_FILE RIGHT(8)
#define MAKE_SOCKET RIGHT(9)
#define MAKE_PIPE RIGHT(10)
#define MAKE_LINK RIGHT(12)
// From versions 2 and 3 on.
#define MOVE RIGHT(13)
#define TRUNCATE RIGHT(14)

#define CHANGE                                                                                          \
    (WRITE_FILE | REMOVE_FOLDER | REMOVE_FILE | MAKE_FOLDER | MAKE_FILE | MAKE_SOCKET | MAKE_PIPE |     \
     MAKE_LINK | MOVE | TRUNCATE)
// Execution is left to the filter of calls: the right would be needed for the loader of each program.
#define ALL (READ_FILE | READ_FOLDER | CHANGE | MAKE_DEVICE)
#define FOR_FILES (READ_FILE | WRITE_FILE | TRUNCATE)

struct ruleset {
    uint64_t rights;
};

struct beneath {
    uint64_t rights;
    int32_t place;
} __attribute__((packed));

// The rights that the kernel knows, 0 if it has no such lists; or a negative errno.
static int64_t known_rights(void) {
    long version = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
    if (version < 0) return -errno;
    uint64_t rights = ALL;
    if (version < 2) rights &= ~MOVE;
    if (version < 3) rights &= ~TRUNCATE;
    return (int64_t)rights;
}

int guests_make_rules(void) {
    int64_t rights = known_rights();
    if (rights < 0) return (int)rights;
    struct ruleset all = {(uint64_t)rights};
    long rules = syscall(CREATE_RULESET, &all, sizeof all, 0);
    return rules < 0 ? -errno : (int)rules;
}

// On any thread, and in a child.
static void allow(int rules, int place, uint64_t rights) {
    int64_t known = known_rights();
    struct stat about;
    if (known < 0 || fstat(place, &about) != 0) return;
    struct beneath rule = {rights & (uint64_t)known, place};
    if (!S_ISDIR(about.st_mode)) rule.rights &= FOR_FILES;
    syscall(ADD_RULE, rules, PATH_BENEATH, &rule, 0);
}

void guests_allow(int rules, const char *path, guests_access access) {
    static const uint64_t rights[] = {
        [GUESTS_READ] = READ_FILE | READ_FOLDER,
        [GUESTS_USE_DEVICE] = READ_FILE | WRITE_FILE | TRUNCATE,
        [GUESTS_OWN] = READ_FILE | READ_FOLDER | CHANGE,
    };
    int place = open(path, O_PATH | O_CLOEXEC);
    if (place < 0) return;
    allow(rules, place, rights[access]);
    close(place);
}

int guests_apply_rules(int rules) {
    int own = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (own >= 0) {
        allow(rules, own, READ_FILE | READ_FOLDER);
        close(own);
    }
    return syscall(RESTRICT_SELF, rules, 0) == 0 ? 0 : errno;
}

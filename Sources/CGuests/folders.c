#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "CGuests.h"

// The folder, taken: the lock is the kernel's, so it ends with the process. -1 if another process has it.
static int take(const char *path) {
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0) return -1;
    struct stat about, now;
    // Whoever had it before may have removed it.
    if (fstat(folder, &about) == 0 && about.st_uid == geteuid() && flock(folder, LOCK_EX | LOCK_NB) == 0 &&
        lstat(path, &now) == 0 && now.st_dev == about.st_dev && now.st_ino == about.st_ino) {
        return folder;
    }
    int error = errno;
    close(folder);
    errno = error;
    return -1;
}

int guests_make_folder(char *path) {
    enum { MOST_TRIES = 8, CHOSEN = 6 };
    char *chosen = path + strlen(path) - CHOSEN;
    for (int i = 0; i < MOST_TRIES; i++) {
        memset(chosen, 'X', CHOSEN);
        if (!mkdtemp(path)) return -1;
        int folder = take(path);
        // Another server may have taken it for one that was left, just before it was ours.
        if (folder >= 0) return folder;
        rmdir(path);
    }
    return -1;
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *place) {
    (void)about;
    (void)kind;
    (void)place;
    remove(path);
    return 0;
}

void guests_remove_folder(const char *path) {
    enum { MOST_OPEN = 16 };
    nftw(path, remove_entry, MOST_OPEN, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void guests_remove_left_folders(const char *parent, const char *beginning) {
    DIR *entries = opendir(parent);
    if (!entries) return;
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (strncmp(entry->d_name, beginning, strlen(beginning)) != 0) continue;
        char path[PATH_MAX];
        int length = snprintf(path, sizeof path, "%s/%s", parent, entry->d_name);
        if (length < 0 || (size_t)length >= sizeof path) continue;
        int folder = take(path);
        if (folder < 0) continue;
        guests_remove_folder(path);
        close(folder);
    }
    closedir(entries);
}

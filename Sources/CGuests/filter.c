// Which calls a child may make: a program for the kernel's filter (seccomp), made in the child as it has the
// child's number in it.

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guests.h"

#if defined(__x86_64__)
#define PROCESSOR AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define PROCESSOR AUDIT_ARCH_AARCH64
#endif

#ifdef PROCESSOR

// Calls from 424 on have the same number everywhere; headers may be older than they are.
enum {
    PIDFD_SEND_SIGNAL = 424,
    IO_URING_SETUP = 425,
    IO_URING_ENTER = 426,
    IO_URING_REGISTER = 427,
    OPEN_TREE = 428,
    MOVE_MOUNT = 429,
    FSOPEN = 430,
    FSCONFIG = 431,
    FSMOUNT = 432,
    FSPICK = 433,
    CLONE3 = 435,
    PIDFD_GETFD = 438,
    PROCESS_MADVISE = 440,
    MOUNT_SETATTR = 442,
    QUOTACTL_FD = 443,
    PROCESS_MRELEASE = 448,
    FCHMODAT2 = 452,
    // What comes after these calls is not known here, so it is not there.
    LAST_CALL = 462,
    // On x86-64, other numbers for the same calls.
    OTHER_NUMBERS = 0x40000000,
};

// Refused whatever they are asked. Who may change modes and times of files by their names could do so where
// landlock keeps from opening them.
static const int refused[] = {
#ifdef SYS_fork
    SYS_fork, SYS_vfork,
#endif
    SYS_execve,
    // Other processes.
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, PROCESS_MADVISE, PROCESS_MRELEASE,
    PIDFD_SEND_SIGNAL, PIDFD_GETFD, SYS_rt_sigqueueinfo, SYS_tkill, SYS_ioprio_set, SYS_perf_event_open,
    SYS_shmget, SYS_shmat, SYS_shmctl, SYS_msgget, SYS_msgsnd, SYS_msgrcv, SYS_msgctl, SYS_semget, SYS_semop,
    SYS_semctl, SYS_semtimedop, SYS_mq_open, SYS_mq_unlink, SYS_keyctl, SYS_add_key, SYS_request_key,
    // Files.
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, OPEN_TREE, MOVE_MOUNT, FSOPEN, FSCONFIG, FSMOUNT,
    FSPICK, MOUNT_SETATTR, SYS_quotactl, QUOTACTL_FD, SYS_name_to_handle_at, SYS_open_by_handle_at,
    SYS_fanotify_init, SYS_inotify_init1, SYS_truncate, SYS_fchmodat, FCHMODAT2, SYS_fchownat, SYS_setxattr,
    SYS_lsetxattr, SYS_removexattr, SYS_lremovexattr,
#ifdef SYS_chmod
    SYS_inotify_init, SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat,
#endif
    // Ways around this filter, and into the kernel.
    IO_URING_SETUP, IO_URING_ENTER, IO_URING_REGISTER, SYS_bpf, SYS_userfaultfd, SYS_unshare, SYS_setns,
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_swapoff,
    SYS_acct, SYS_syslog, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex,
    SYS_sethostname, SYS_setdomainname, SYS_vhangup, SYS_personality,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef SYS_iopl
    SYS_iopl, SYS_ioperm, SYS_modify_ldt,
#endif
};

// Refused without a network. Sockets of a pair are connected already.
static const int refused_without_network[] = {
    SYS_socket, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4,
};

// Their first argument is a process, which must be the calling one: 0 or its number. sched_setaffinity is not
// among them, since threads move each other and have numbers of their own.
static const int for_itself[] = {
    SYS_kill, SYS_tgkill, SYS_rt_tgsigqueueinfo, SYS_prlimit64, SYS_setpgid, SYS_sched_setscheduler,
    SYS_sched_setparam, SYS_sched_setattr, SYS_migrate_pages, SYS_move_pages,
};

#define COUNT(list) (sizeof(list) / sizeof *(list))

enum { MOST_STEPS = 512 };

struct filter {
    struct sock_filter steps[MOST_STEPS];
    unsigned short count;
};

static void add(struct filter *filter, uint16_t code, uint32_t operand, uint8_t if_true, uint8_t if_false) {
    if (filter->count == MOST_STEPS) return;
    filter->steps[filter->count++] = (struct sock_filter){code, if_true, if_false, operand};
}

static void answer(struct filter *filter, uint32_t value) { add(filter, BPF_RET | BPF_K, value, 0, 0); }

static void refuse(struct filter *filter, uint32_t error) { answer(filter, SECCOMP_RET_ERRNO | error); }

static void allow(struct filter *filter) { answer(filter, SECCOMP_RET_ALLOW); }

// Goes on behind the next `length` steps if it is another call.
static void begin(struct filter *filter, int call, uint8_t length) {
    add(filter, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, length);
}

// The lower half; the kernel's own types of what is looked at are no larger. Both processors put it first.
static void load_argument(struct filter *filter, unsigned number) {
    uint32_t place = (uint32_t)(offsetof(struct seccomp_data, args) + number * sizeof(uint64_t));
    add(filter, BPF_LD | BPF_W | BPF_ABS, place, 0, 0);
}

static void skip_if(struct filter *filter, uint32_t value, uint8_t length) {
    add(filter, BPF_JMP | BPF_JEQ | BPF_K, value, length, 0);
}

static void skip_unless(struct filter *filter, uint32_t value, uint8_t length) {
    add(filter, BPF_JMP | BPF_JEQ | BPF_K, value, 0, length);
}

static void skip_if_bit(struct filter *filter, uint32_t bit, uint8_t length) {
    add(filter, BPF_JMP | BPF_JSET | BPF_K, bit, length, 0);
}

static void add_beginning(struct filter *filter) {
    add(filter, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
    skip_if(filter, PROCESSOR, 1);
    refuse(filter, ENOSYS);
    add(filter, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
    // Those of OTHER_NUMBERS are above as well.
    add(filter, BPF_JMP | BPF_JGT | BPF_K, LAST_CALL, 0, 1);
    refuse(filter, ENOSYS);
}

static void add_refused(struct filter *filter, const int *calls, size_t count) {
    for (size_t i = 0; i < count; i++) {
        begin(filter, calls[i], 1);
        refuse(filter, EPERM);
    }
}

static void add_for_itself(struct filter *filter, uint32_t pid) {
    for (size_t i = 0; i < COUNT(for_itself); i++) {
        begin(filter, for_itself[i], 5);
        load_argument(filter, 0);
        skip_if(filter, 0, 2);
        skip_if(filter, pid, 1);
        refuse(filter, EPERM);
        allow(filter);
    }
}

// Threads are made, processes are not. What clone3 is asked lies in memory, so glibc shall use clone.
static void add_threads(struct filter *filter) {
    begin(filter, CLONE3, 1);
    refuse(filter, ENOSYS);
    begin(filter, SYS_clone, 4);
    load_argument(filter, 0);
    skip_if_bit(filter, CLONE_THREAD, 1);
    refuse(filter, EPERM);
    allow(filter);
}

// The child's own start goes through a descriptor that no limit lets it have again. Who makes this call by
// hand, with a path, becomes another program: under the same filter, which is no more than code of its own.
static void add_program(struct filter *filter, int program) {
    begin(filter, SYS_execveat, 6);
    load_argument(filter, 0);
    skip_unless(filter, (uint32_t)program, 3);
    load_argument(filter, 4);
    skip_unless(filter, AT_EMPTY_PATH, 1);
    allow(filter);
    refuse(filter, EPERM);
}

// Signals that the kernel sends when a descriptor becomes ready may have any number and go to anybody.
static void add_signals_of_descriptors(struct filter *filter) {
    static const uint32_t commands[] = {F_SETOWN, F_SETSIG, F_SETOWN_EX};
    begin(filter, SYS_fcntl, 6);
    load_argument(filter, 1);
    for (uint8_t i = 0; i < 3; i++) skip_if(filter, commands[i], (uint8_t)(3 - i));
    allow(filter);
    refuse(filter, EPERM);
    static const uint32_t requests[] = {FIOSETOWN, SIOCSPGRP, TIOCSTI};
    begin(filter, SYS_ioctl, 6);
    load_argument(filter, 1);
    for (uint8_t i = 0; i < 3; i++) skip_if(filter, requests[i], (uint8_t)(3 - i));
    allow(filter);
    refuse(filter, EPERM);
}

static void add_other_conditions(struct filter *filter) {
    // It shall end with the server.
    begin(filter, SYS_prctl, 4);
    load_argument(filter, 0);
    skip_unless(filter, PR_SET_PDEATHSIG, 1);
    refuse(filter, EPERM);
    allow(filter);
    // Only its own priority.
    begin(filter, SYS_setpriority, 6);
    load_argument(filter, 0);
    skip_unless(filter, PRIO_PROCESS, 3);
    load_argument(filter, 1);
    skip_unless(filter, 0, 1);
    allow(filter);
    refuse(filter, EPERM);
    // Times of open files only, so without a name.
    begin(filter, SYS_utimensat, 6);
    load_argument(filter, 1);
    skip_unless(filter, 0, 3);
    add(filter, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 12, 0, 0);
    skip_unless(filter, 0, 1);
    allow(filter);
    refuse(filter, EPERM);
}

static void add_sockets(struct filter *filter, bool has_network) {
    if (has_network) {
        static const uint32_t families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK};
        begin(filter, SYS_socket, 7);
        load_argument(filter, 0);
        for (uint8_t i = 0; i < 4; i++) skip_if(filter, families[i], (uint8_t)(4 - i));
        refuse(filter, EPERM);
        allow(filter);
    } else {
        add_refused(filter, refused_without_network, COUNT(refused_without_network));
    }
    // Of others than these, one could be connected to somebody else.
    enum { KINDS = 0xf };
    begin(filter, SYS_socketpair, 8);
    load_argument(filter, 0);
    skip_unless(filter, AF_UNIX, 5);
    load_argument(filter, 1);
    add(filter, BPF_ALU | BPF_AND | BPF_K, KINDS, 0, 0);
    skip_if(filter, SOCK_STREAM, 1);
    skip_unless(filter, SOCK_SEQPACKET, 1);
    allow(filter);
    refuse(filter, EPERM);
}

int guests_apply_filter(bool has_network, int program) {
    struct filter filter = {.count = 0};
    add_beginning(&filter);
    add_refused(&filter, refused, COUNT(refused));
    add_for_itself(&filter, (uint32_t)getpid());
    add_threads(&filter);
    add_program(&filter, program);
    add_signals_of_descriptors(&filter);
    add_other_conditions(&filter);
    add_sockets(&filter, has_network);
    allow(&filter);
    if (filter.count == MOST_STEPS) return E2BIG;
    struct sock_fprog whole = {.len = filter.count, .filter = filter.steps};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole, 0, 0) == 0) return 0;
    return errno == EINVAL ? ENOSYS : errno;
}

#else

int guests_apply_filter(bool has_network, int program) {
    (void)has_network;
    (void)program;
    return ENOSYS;
}

#endif

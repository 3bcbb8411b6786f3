#!/usr/bin/env python3
"""Runs a program under restrictions that service managers put on servers: sandbox.py [OPTIONS] -- PROGRAM ...

Each restriction stands for one line of Debian's redis-server.service, and is made as systemd makes it: calls
by a filter of the kernel (seccomp), code at run time by a filter or by PR_SET_MDWE, places by a mount
namespace of the program's own. Standard library only, x86-64 only; the program takes the place of this one.
"""

import argparse
import ctypes
import errno
import glob
import os
import pathlib
import pwd
import re
import struct

HERE = pathlib.Path(__file__).resolve().parent
SERVICE_CALLS = HERE / "service_calls.txt"
# The group @resources of systemd, which the service denies.
RESOURCE_CALLS = [
    "ioprio_set", "mbind", "migrate_pages", "move_pages", "sched_setaffinity", "sched_setattr",
    "sched_setparam", "sched_setscheduler", "set_mempolicy", "set_mempolicy_home_node", "setpriority",
    "setrlimit"]

# seccomp: what a filter answers, and its instructions.
KILL, FAIL, ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
LOAD, MASK, IF_EQUAL, IF_ABOVE, IF_BITS, ANSWER = 0x20, 0x54, 0x15, 0x25, 0x45, 0x06
NUMBER, THIRD_ARGUMENT = 0, 32

PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PR_SET_NO_NEW_PRIVS, PR_SET_MDWE = 22, 2, 38, 65
PROT_WRITE, PROT_EXEC, SHM_EXEC = 2, 4, 0o100000

CLONE_NEWNS = 0x00020000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE = 442, -100, 0x8000
READ_ONLY, NO_EXEC = 0x1, 0x8

libc = ctypes.CDLL(None, use_errno=True)


def check(status, what):
    if status != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def call_numbers():
    """The kernel's calls by name, as its headers list them."""
    header, = glob.glob("/usr/include/*/asm/unistd_64.h")
    found = re.findall(r"#define __NR_(\w+) (\d+)", pathlib.Path(header).read_text())
    return {name: int(number) for name, number in found}


# Filters


def step(code, operand, if_true=0, if_false=0):
    return struct.pack("HBBI", code, if_true, if_false, operand)


def denying(names):
    """A filter that ends the process at any of the calls."""
    numbers = call_numbers()
    steps = [step(IF_EQUAL, numbers[name], 0, 1) + step(ANSWER, KILL) for name in names]
    return step(LOAD, NUMBER) + b"".join(steps) + step(ANSWER, ALLOW)


def allowing(names):
    """A filter that ends the process at any other call; those that are newer than the list do not exist."""
    numbers = call_numbers()
    # systemd names calls of all processors.
    listed = [numbers[name] for name in names if name in numbers]
    steps = [step(IF_EQUAL, number, 0, 1) + step(ANSWER, ALLOW) for number in listed]
    newer = step(IF_ABOVE, max(listed), 0, 1) + step(ANSWER, FAIL | errno.ENOSYS)
    return step(LOAD, NUMBER) + b"".join(steps) + newer + step(ANSWER, KILL)


def without_new_code():
    """A filter under which no memory that can be written becomes code."""
    numbers = call_numbers()
    both = PROT_WRITE | PROT_EXEC
    refused = step(ANSWER, FAIL | errno.EPERM)
    steps = [
        step(LOAD, NUMBER), step(IF_EQUAL, numbers["mmap"], 0, 4), step(LOAD, THIRD_ARGUMENT),
        step(MASK, both), step(IF_EQUAL, both, 0, 1), refused]
    for name, bits in (("mprotect", PROT_EXEC), ("pkey_mprotect", PROT_EXEC), ("shmat", SHM_EXEC)):
        steps += [
            step(LOAD, NUMBER), step(IF_EQUAL, numbers[name], 0, 3), step(LOAD, THIRD_ARGUMENT),
            step(IF_BITS, bits, 0, 1), refused]
    return b"".join(steps) + step(ANSWER, ALLOW)


def install(program):
    """Puts a filter on this process, for good."""
    held = ctypes.create_string_buffer(program, len(program))
    pointer = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(held))
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS")
    check(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, pointer, 0, 0), "PR_SET_SECCOMP")


def has_mdwe():
    """Whether the kernel can be told to keep memory either writable or executable (6.3 and newer)."""
    PR_GET_MDWE = 66
    return libc.prctl(PR_GET_MDWE, 0, 0, 0, 0) >= 0


# Places


def set_mount(path, add=0, remove=0, flags=0):
    attributes = struct.pack("QQQQ", add, remove, 0, 0)
    check(libc.syscall(MOUNT_SETATTR, AT_FDCWD, os.fsencode(path), flags, attributes, len(attributes)), path)


def mount(source, target, kind, flags, options=None):
    words = [text and os.fsencode(text) for text in (source, target, kind)]
    check(libc.mount(*words, flags, options), target)


def restrict_places(programs, writable, hidden):
    """Programs run from the given places only, and only some can be written to; needs root."""
    check(libc.unshare(CLONE_NEWNS), "a mount namespace")
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    for places, removed in ((programs, NO_EXEC), (writable, READ_ONLY)):
        for place in map(os.path.realpath, places):
            mount(place, place, None, MS_BIND | MS_REC)
    set_mount("/", add=READ_ONLY | NO_EXEC, flags=AT_RECURSIVE)
    for places, removed in ((programs, NO_EXEC), (writable, READ_ONLY)):
        for place in map(os.path.realpath, places):
            set_mount(place, remove=removed, flags=AT_RECURSIVE)
    for place in hidden:
        mount("tmpfs", place, "tmpfs", 0, b"mode=0")


def become(name):
    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deny", default="", help="names of calls, with commas; `resources` for a group")
    parser.add_argument("--service-calls", action="store_true", help="only the calls on the service's list")
    parser.add_argument("--no-new-code", choices=("filter", "mdwe"), help="no code is made at run time")
    parser.add_argument("--programs", nargs="*", metavar="PATH", help="programs run from these only")
    parser.add_argument("--writable", nargs="*", default=[], metavar="PATH", help="with --programs")
    parser.add_argument("--hidden", nargs="*", default=[], metavar="PATH", help="with --programs")
    parser.add_argument("--user", help="whose rights the program has")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    if options.programs is not None:
        restrict_places(options.programs, options.writable, options.hidden)
    if options.user:
        become(options.user)
    denied = RESOURCE_CALLS if options.deny == "resources" else options.deny.split(",")
    if options.deny:
        install(denying(denied))
    if options.no_new_code == "filter":
        install(without_new_code())
    if options.no_new_code == "mdwe":
        check(libc.prctl(PR_SET_MDWE, 1, 0, 0, 0), "PR_SET_MDWE")
    if options.service_calls:
        lines = SERVICE_CALLS.read_text().splitlines()
        install(allowing([name for line in lines if line[:1] != "#" for name in line.split()]))
    os.execv(options.command[0], options.command)


if __name__ == "__main__":
    main()

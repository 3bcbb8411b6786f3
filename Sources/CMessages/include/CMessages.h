/*
 * Memory that two processes share, and the messages that carry its descriptors: what Swift cannot call.
 *
 * Nothing here waits. Functions that return a descriptor or a number of bytes return -errno if they fail,
 * those without a result return 0 or errno. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/*
 * Makes memory of a fixed size that only the caller can write, and maps it at *start.
 *
 * All of its pages are allocated, so that writing cannot fail later. Who gets the descriptor can map it for
 * reading only (before Linux 5.1, for writing too).
 */
int messages_make_memory(size_t byte_count, void *_Nullable *_Nonnull start);

/*
 * Whether a descriptor is memory that nobody can make shorter or longer, all of whose pages are there to stay
 * (before Linux 5.1, as long as nobody takes them out), and no file of another kind. One thread at a time.
 */
bool messages_is_fixed_memory(int descriptor);

/* The number of bytes behind a descriptor. */
int64_t messages_byte_count(int descriptor);

/* Maps memory of another process for reading at *start. */
int messages_map(int descriptor, size_t byte_count, const void *_Nullable *_Nonnull start);

void messages_unmap(const void *start, size_t byte_count);

/* Sends one message with a descriptor over a socket of whole messages. */
int messages_send_descriptor(int socket, const void *bytes, size_t byte_count, int descriptor);

/*
 * Receives one message of at most byte_count bytes and the descriptor that came with it, -1 if none or more
 * than one did; of those all are closed. A longer message is EMSGSIZE, and its descriptors are closed too.
 */
ssize_t messages_receive_descriptor(int socket, void *bytes, size_t byte_count, int *descriptor);

#pragma clang assume_nonnull end

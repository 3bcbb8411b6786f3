/* Sends one request over and over and times each reply.

     load SOCKET CONNECTIONS SECONDS REQUEST REPLY [poll]

   SOCKET is the server's unix socket; the files REQUEST and REPLY hold the exact bytes of one request and of
   its reply. Each connection has one request under way at a time. Every reply is compared with REPLY: the
   first byte that differs ends the program with an error, so a figure never stands for wrong answers.
   It ends after SECONDS, when the last reply has come, and prints one JSON object.

   With `poll` it never sleeps, for a client with a core of its own: on a virtual machine the server would
   else pay for waking it up, which costs more than many a request.

   redis-benchmark is not used for this since its histogram rounds latencies to steps of 8 microseconds. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "samples.h"

enum { MAXIMUM_CONNECTIONS = 1000, READ_SIZE = 1 << 18, SILENCE_LIMIT_MILLISECONDS = 60000 };

typedef struct {
    char *bytes;
    size_t size;
} Message;

typedef struct {
    int descriptor;
    size_t sent, received;
    uint64_t began;
    int waits_to_write;
} Connection;

static Message request, reply;
static Connection connections[MAXIMUM_CONNECTIONS];
static int poller;
static Samples samples;
static char read_buffer[READ_SIZE];
static int polls;

static void fail(const char *what) {
    fprintf(stderr, "load: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

static Message read_message(const char *path) {
    struct stat status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || fstat(descriptor, &status) != 0) fail(path);
    Message message = {malloc((size_t)status.st_size + 1), (size_t)status.st_size};
    if (message.bytes == NULL) fail("no memory for a message");
    if (read(descriptor, message.bytes, message.size) != (ssize_t)message.size) fail(path);
    if (message.size == 0) fail("an empty file");
    close(descriptor);
    return message;
}

static void wait_for(Connection *connection, uint32_t events, int operation) {
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(poller, operation, connection->descriptor, &event) != 0) fail("epoll_ctl");
}

static void send_rest(Connection *connection) {
    while (connection->sent < request.size) {
        ssize_t count = send(connection->descriptor, request.bytes + connection->sent,
                             request.size - connection->sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EAGAIN) {
            if (!connection->waits_to_write) wait_for(connection, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
            connection->waits_to_write = 1;
            return;
        }
        if (count < 0) fail("send");
        connection->sent += (size_t)count;
    }
    if (connection->waits_to_write) wait_for(connection, EPOLLIN, EPOLL_CTL_MOD);
    connection->waits_to_write = 0;
}

static void begin(Connection *connection, uint64_t now) {
    connection->sent = connection->received = 0;
    connection->began = now;
    send_rest(connection);
}

/* Says what came instead of the expected bytes, as text if it is text. */
static void fail_by_difference(size_t count) {
    size_t shown = count < 200 ? count : 200;
    fputs("load: a reply differs from what was expected; it has: ", stderr);
    for (size_t index = 0; index < shown; index++) {
        unsigned char byte = (unsigned char)read_buffer[index];
        fputc(byte >= 32 && byte < 127 ? byte : '.', stderr);
    }
    fputc('\n', stderr);
    exit(1);
}

/* Returns 1 when the connection's reply is complete. */
static int receive(Connection *connection) {
    size_t missing = reply.size - connection->received;
    /* One byte more than is missing, so that a longer reply is noticed. */
    size_t limit = missing + 1 < READ_SIZE ? missing + 1 : READ_SIZE;
    ssize_t count = read(connection->descriptor, read_buffer, limit);
    if (count < 0 && errno == EAGAIN) return 0;
    if (count < 0) fail("read");
    errno = 0;
    if (count == 0) fail("the server closed the connection");
    const char *expected = reply.bytes + connection->received;
    if ((size_t)count > missing || memcmp(read_buffer, expected, (size_t)count) != 0) {
        fail_by_difference((size_t)count);
    }
    connection->received += (size_t)count;
    return connection->received == reply.size;
}

static void connect_all(const char *path, int count) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path)) fail("the socket's path is too long");
    strcpy(address.sun_path, path);
    for (int index = 0; index < count; index++) {
        int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (descriptor < 0) fail("socket");
        if (connect(descriptor, (struct sockaddr *)&address, sizeof(address)) != 0) fail(path);
        if (fcntl(descriptor, F_SETFL, O_NONBLOCK) != 0) fail("fcntl");
        connections[index] = (Connection){.descriptor = descriptor};
        wait_for(&connections[index], EPOLLIN, EPOLL_CTL_ADD);
    }
}

/* Returns the time of the last reply. */
static uint64_t drive(int count, uint64_t start, uint64_t deadline) {
    struct epoll_event events[64];
    uint64_t now = start, heard = start;
    int busy = count;
    for (int index = 0; index < count; index++) begin(&connections[index], now);
    while (busy > 0) {
        int ready = epoll_wait(poller, events, 64, polls ? 0 : SILENCE_LIMIT_MILLISECONDS);
        if (ready < 0 && errno == EINTR) continue;
        errno = 0;
        if (ready == 0 && polls) now = nanoseconds_now();
        if (ready > 0) heard = now;
        if (ready < 0 || (ready == 0 && (!polls || now - heard > SILENCE_LIMIT_MILLISECONDS * 1000000ull))) {
            fail("the server has been silent for a minute");
        }
        for (int index = 0; index < ready; index++) {
            Connection *connection = events[index].data.ptr;
            if (connection->waits_to_write) send_rest(connection);
            if (!(events[index].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) || !receive(connection)) continue;
            now = nanoseconds_now();
            samples_add(&samples, now - connection->began);
            if (now < deadline) begin(connection, now);
            else busy -= 1;
        }
    }
    return now;
}

int main(int argumentCount, char **arguments) {
    if (argumentCount < 6 || argumentCount > 7) {
        fputs("usage: load SOCKET CONNECTIONS SECONDS REQUEST REPLY [poll]\n", stderr);
        return 2;
    }
    int count = atoi(arguments[2]);
    double seconds = atof(arguments[3]);
    if (count < 1 || count > MAXIMUM_CONNECTIONS || seconds <= 0) {
        fputs("load: CONNECTIONS must be 1 to 1000 and SECONDS above 0\n", stderr);
        return 2;
    }
    request = read_message(arguments[4]);
    reply = read_message(arguments[5]);
    polls = argumentCount == 7;
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) fail("epoll_create1");
    connect_all(arguments[1], count);
    uint64_t start = nanoseconds_now();
    uint64_t end = drive(count, start, start + (uint64_t)(seconds * 1e9));
    samples_print(&samples, (double)(end - start) / 1e9, "");
    return 0;
}

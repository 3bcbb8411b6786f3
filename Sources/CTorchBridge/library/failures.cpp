// The border: exceptions become failures, and recursion gets room.
#include <pthread.h>
#include <sys/mman.h>

#include <new>

#include "bridge.h"

namespace bridge {

namespace {

// Enough for the recursion of libtorch's compiler on what `check_nesting` lets through.
constexpr size_t large_stack = size_t(512) << 20;
// Where the system does not give that much.
constexpr size_t small_stack = size_t(64) << 20;
// What a thread takes with its first allocation, with what it then needs at once: jemalloc gives each thread
// blocks of megabytes, and ends the process if it cannot.
constexpr size_t first_allocation = size_t(16) << 20;

torch_failure *make_failure(int32_t kind, std::string text) noexcept {
    // Without memory for its words there is no failure to report; the process is at its end then.
    return new torch_failure{kind, std::move(text)};
}

// Whether libtorch's words say that an allocation failed; it has no type for that.
bool tells_of_memory(const std::string &text) {
    return text.find("DefaultCPUAllocator: can't allocate memory") != std::string::npos ||
        text.find("DefaultCPUAllocator: not enough memory") != std::string::npos;
}

struct Task {
    const std::function<void()> &body;
    std::exception_ptr thrown;
};

void *run_task(void *argument) {
    auto task = static_cast<Task *>(argument);
    try {
        task->body();
    } catch (...) {
        task->thrown = std::current_exception();
    }
    return nullptr;
}

bool has_room(size_t bytes) {
    void *probe = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (probe == MAP_FAILED) return false;
    munmap(probe, bytes);
    return true;
}

bool start(pthread_t &thread, size_t stack, Task &task) {
    if (!has_room(stack + first_allocation)) return false;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return false;
    bool has_started = pthread_attr_setstacksize(&attributes, stack) == 0 &&
        pthread_create(&thread, &attributes, run_task, &task) == 0;
    pthread_attr_destroy(&attributes);
    return has_started;
}

}  // namespace

torch_failure *guarded(const std::function<void()> &body) noexcept {
    try {
        body();
        return nullptr;
    } catch (const Failure &failure) {
        return make_failure(failure.kind, failure.text);
    } catch (const std::bad_alloc &) {
        return make_failure(TORCH_OUT_OF_MEMORY, "out of memory");
    } catch (const c10::Error &error) {
        // Without the places in libtorch's own code.
        std::string text = error.what_without_backtrace();
        return make_failure(tells_of_memory(text) ? TORCH_OUT_OF_MEMORY : TORCH_FAILED, text);
    } catch (const std::exception &error) {
        std::string text = error.what();
        return make_failure(tells_of_memory(text) ? TORCH_OUT_OF_MEMORY : TORCH_FAILED, text);
    } catch (...) {
        return make_failure(TORCH_FAILED, "an unknown failure of libtorch");
    }
}

void on_large_stack(const std::function<void()> &body) {
    Task task{body, nullptr};
    pthread_t thread;
    if (!start(thread, large_stack, task) && !start(thread, small_stack, task)) {
        throw Failure(TORCH_OUT_OF_MEMORY, "a thread to build on could not be started");
    }
    pthread_join(thread, nullptr);
    if (task.thrown) std::rethrow_exception(task.thrown);
}

}  // namespace bridge

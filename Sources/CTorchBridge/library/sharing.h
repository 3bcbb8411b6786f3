// Whether runs of a model share the work of an operator among threads.
#pragma once

#include <atomic>
#include <mutex>

#include "bridge.h"

namespace bridge {

// Tells from how long runs of one model take whether their work is worth sharing. Any thread.
//
// Whoever shares waits for all who have a share, also for those whom the system lets wait: on a busy machine
// that makes a hundred milliseconds of one. Runs on the server's thread are short, so they are those that do
// not share; and what they take is foretold by runs that did not either.
class Sharing {
public:
    explicit Sharing(size_t weight_bytes) : is_large_(weight_bytes >= large_weights) {}

    // Whether a run with so many bytes of inputs shares.
    bool is_worth(size_t input_bytes) const {
        return is_large_ || input_bytes >= least_.load(std::memory_order_relaxed);
    }

    // A run with so many bytes of inputs that did not share has taken so long, whether it failed or not.
    void ran_alone(size_t input_bytes, int64_t nanoseconds);

private:
    static constexpr size_t large_weights = 64 << 20;
    static constexpr size_t large_inputs = 1 << 20;
    // What takes less is not worth it.
    static constexpr int64_t slow = 500'000;
    // Else it takes some slow runs in a row: a first run, or one that was interrupted, is slow for other
    // reasons.
    static constexpr int64_t long_alone = 50'000'000;
    static constexpr int slow_in_a_row = 3;

    const bool is_large_;
    std::atomic<size_t> least_{large_inputs};
    std::mutex slow_runs_;
    std::atomic<int> count_{0};
    // Of the slow runs counted.
    size_t smallest_ = large_inputs;
};

// While there is one, the calling thread has no helpers.
class OneThread {
public:
    OneThread();
    ~OneThread();
    OneThread(const OneThread &) = delete;
    OneThread &operator=(const OneThread &) = delete;

private:
    int count_;
    int count_of_mkl_ = 0;
};

}  // namespace bridge

#include "sharing.h"

#include <ATen/Parallel.h>

#include <algorithm>

// Of the libraries that libtorch brings, not all on every machine. libtorch's own function for this would
// change the number for threads to come as well.
extern "C" __attribute__((weak)) void omp_set_num_threads(int count);
extern "C" __attribute__((weak)) int MKL_Set_Num_Threads_Local(int count);

namespace bridge {

void Sharing::ran_alone(size_t input_bytes, int64_t nanoseconds) {
    if (nanoseconds < slow) {
        if (count_.load(std::memory_order_relaxed) == 0) return;
        std::lock_guard<std::mutex> lock(slow_runs_);
        // As large as those, and quick.
        if (input_bytes >= smallest_) count_.store(0, std::memory_order_relaxed);
        return;
    }
    std::lock_guard<std::mutex> lock(slow_runs_);
    int count = count_.load(std::memory_order_relaxed);
    smallest_ = count == 0 ? input_bytes : std::min(smallest_, input_bytes);
    count_.store(count + 1, std::memory_order_relaxed);
    if (count + 1 < slow_in_a_row && nanoseconds < long_alone) return;
    count_.store(0, std::memory_order_relaxed);
    auto least = std::min(smallest_, least_.load(std::memory_order_relaxed));
    least_.store(least, std::memory_order_relaxed);
}

// The number is the thread's own, once libtorch has set it.
OneThread::OneThread() : count_(at::get_num_threads()) {
    if (omp_set_num_threads) omp_set_num_threads(1);
    if (MKL_Set_Num_Threads_Local) count_of_mkl_ = MKL_Set_Num_Threads_Local(1);
}

OneThread::~OneThread() {
    if (MKL_Set_Num_Threads_Local) MKL_Set_Num_Threads_Local(count_of_mkl_);
    if (omp_set_num_threads) omp_set_num_threads(count_);
}

}  // namespace bridge

// Memory of libtorch's tensors.
#pragma once

#include "bridge.h"

namespace bridge {

// Has libtorch allocate cleared memory from now on.
void clear_new_memory();

// Lets operators that overwrite all that they allocate do without.
void mark_overwriting_steps(Graph &graph);

// While it lives, the thread's tensors begin cleared, whatever an earlier run that failed left behind.
class ClearedMemory {
public:
    ClearedMemory();
    ~ClearedMemory();
};

// Has a tensor's memory copied before libtorch writes to it for the first time.
void copy_on_write(const at::Tensor &tensor);

}  // namespace bridge

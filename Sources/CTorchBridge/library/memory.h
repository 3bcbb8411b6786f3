// Memory of libtorch's tensors.
#pragma once

#include "bridge.h"

namespace bridge {

// Has libtorch allocate cleared memory from now on.
void clear_new_memory();

// Lets operators that overwrite all that they allocate do without. Whether the graph is to begin with
// clearing; how it ends is not said.
bool mark_overwriting_steps(Graph &graph);

// For a run of a graph that is marked, on this thread; behind it, all memory is cleared.
class ClearedMemory {
public:
    explicit ClearedMemory(bool begins_cleared);
    ~ClearedMemory();
};

// Has a tensor's memory copied before libtorch writes to it for the first time.
void copy_on_write(const at::Tensor &tensor);

}  // namespace bridge

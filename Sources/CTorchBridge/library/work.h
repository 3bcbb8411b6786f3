// What runs of a graph depend on.
#pragma once

#include "bridge.h"

namespace bridge {

// Whether the shapes and types of its inputs, of which the first is the module, say how long a run takes and
// how large its outputs are. False also if nobody knows. What the graph calls must be part of it.
bool has_bounded_work(const std::shared_ptr<Graph> &graph);

}  // namespace bridge

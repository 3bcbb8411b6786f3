// Arguments that libtorch takes for granted.
#pragma once

#include "bridge.h"

namespace bridge {

// Throws if an operator of a graph has a constant argument that libtorch would believe unseen: a number that
// stands for an element type, a layout, a device or one of a few ways to compute. What only a run can tell is
// checked there, by a node of ours that this puts before the operator.
void check_arguments(Graph &graph, torch::jit::Node *node);

// The element type that a number stands for; throws if it stands for none.
at::ScalarType element_type_of(int64_t number);

// The same for what the arguments of one call are to each other.
void check_call(Graph &graph, torch::jit::Node *node);

// Has a function that makes nested tensors give them to nothing but the layers that they are made for. After
// all that it calls has become part of it.
void keep_nested_away(Graph &graph);

}  // namespace bridge

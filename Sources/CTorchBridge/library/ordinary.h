// Operators of which somebody has looked what decides about the time that they take.
#pragma once

#include <string_view>
#include <unordered_set>

#include "bridge.h"

namespace bridge {

// Names without their namespace, each for all overloads or, with a point and its name, for one.
using OperatorNames = std::unordered_set<std::string_view>;

// Whether a node's operator is one of these, or writes in place what one of these gives.
bool is_among(const OperatorNames &names, const torch::jit::Node *node);

// Whether all operators of a block, and of those within it, follow shapes and types of tensors, and numbers
// and lists of numbers that are not read from tensors.
bool has_ordinary_ones_only(const torch::jit::Block *block);

}  // namespace bridge

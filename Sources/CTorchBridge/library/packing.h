// Weights of quantized modules.
#pragma once

#include "bridge.h"

namespace bridge {

// Throws unless the arguments of an operator that packs weights fit each other; libtorch packs them unseen.
void check_packing(const std::vector<c10::IValue> &arguments);
// The same for the state that an object of libtorch's own class is to be restored from.
void check_packed_state(const std::string &class_name, const c10::IValue &state);

}  // namespace bridge

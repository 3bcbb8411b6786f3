// Operators that libtorch's compiler evaluates itself.
#pragma once

namespace bridge {

// Gives libtorch operators of ours for those whose arguments end the process. Once, before anything is
// compiled: the compiler evaluates them as soon as it sees constants, before anybody can look at the code.
void replace_operators();

}  // namespace bridge

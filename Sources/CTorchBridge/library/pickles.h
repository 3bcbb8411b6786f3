// Looks at pickled values before libtorch reads them.
#pragma once

#include <cstddef>

namespace bridge {

// Throws if a pickle says lengths, or places in its reader's memory, for which it has not the bytes:
// libtorch allocates what it says first, up to 64 GiB for a place. Costs a step for each value.
void check_pickle(const char *bytes, size_t byte_count);

}  // namespace bridge

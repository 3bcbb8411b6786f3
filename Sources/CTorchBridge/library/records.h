// Archives: zip files with records, in memory.
#pragma once

#include <caffe2/serialize/inline_container.h>

#include "bridge.h"

namespace bridge {

using ArchiveReader = caffe2::serialize::PyTorchStreamReader;

// Opens an archive, whose bytes stay where they are as long as the reader. Throws if they are none, or if
// they would grow beyond all measure when they are unpacked.
std::unique_ptr<ArchiveReader> open_archive(torch_text bytes);

// archive.cpp

// Reads a TorchScript archive; runs nothing of it that `check_operators` has not seen.
torch::jit::Module read_archive(ArchiveReader &reader, bool allows_all_operators);

}  // namespace bridge

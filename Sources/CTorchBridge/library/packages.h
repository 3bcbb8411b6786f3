// Packages of AOTInductor: models that libtorch's compiler has turned into a library of native code.
#pragma once

#include "models.h"
#include "records.h"

namespace bridge {

// Whether the archive is such a package. Throws if it is a program that was exported and not compiled.
bool is_package(ArchiveReader &archive);
// Makes its model ready, which runs code of the package; throws if options do not allow that.
std::unique_ptr<torch_model> load_package(ArchiveReader &archive, const torch_load_options &options);

}  // namespace bridge

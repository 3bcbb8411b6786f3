// Between our tensors and libtorch's.
#include "bridge.h"
#include "memory.h"

#include <dlfcn.h>

namespace bridge {

namespace {

struct TypePair {
    int32_t ours;
    at::ScalarType theirs;
};

constexpr TypePair types[] = {
    {TORCH_FLOAT32, at::kFloat},   {TORCH_FLOAT64, at::kDouble}, {TORCH_FLOAT16, at::kHalf},
    {TORCH_BFLOAT16, at::kBFloat16}, {TORCH_INT8, at::kChar},    {TORCH_INT16, at::kShort},
    {TORCH_INT32, at::kInt},       {TORCH_INT64, at::kLong},     {TORCH_UINT8, at::kByte},
    {TORCH_UINT16, at::kUInt16},   {TORCH_UINT32, at::kUInt32},  {TORCH_UINT64, at::kUInt64},
    {TORCH_BOOL, at::kBool},
};

at::ScalarType scalar_type(int32_t type) {
    for (const auto &pair : types) {
        if (pair.ours == type) return pair.theirs;
    }
    throw Failure("tensors of this type cannot be given to TORCH");
}

int32_t type_number(at::ScalarType type) {
    for (const auto &pair : types) {
        if (pair.theirs == type) return pair.ours;
    }
    throw Failure(std::string("tensors of type ") + c10::toString(type) + " are not supported");
}

}  // namespace

at::Tensor tensor_of(const torch_view &view, bool copies, at::Device device) {
    auto type = scalar_type(view.type);
    at::IntArrayRef dimensions(view.dimensions, size_t(view.rank));
    auto options = at::TensorOptions().dtype(type);
    // A view without elements may have no address, which libtorch would take for a tensor without memory.
    if (view.byte_count == 0) return at::empty(dimensions, options.device(device));
    auto tensor = at::from_blob(const_cast<void *>(view.elements), dimensions, options);
    if (device.type() != at::kCPU) return tensor.to(device);
    if (copies) return tensor.clone();
    copy_on_write(tensor);
    return tensor;
}

torch_view view_of(const at::Tensor &tensor) {
    return {
        tensor.numel() == 0 ? nullptr : tensor.const_data_ptr(),
        size_t(tensor.numel()) * tensor.itemsize(),
        tensor.sizes().data(),
        int32_t(tensor.dim()),
        type_number(tensor.scalar_type()),
    };
}

at::Tensor presentable(const at::Tensor &tensor) {
    if (!tensor.defined()) throw Failure("a tensor without a value was returned");
    if (tensor.layout() != at::kStrided && tensor.layout() != at::kMkldnn) {
        throw Failure("tensors that are not dense are not supported");
    }
    type_number(tensor.scalar_type());
    auto dense = tensor.is_mkldnn() ? tensor.to_dense() : tensor;
    return dense.resolve_neg().to(at::kCPU).contiguous();
}

std::unique_ptr<torch_outputs> outputs_of(
    const c10::IValue &value, size_t count, const std::string &function) {
    std::vector<c10::IValue> parts;
    if (value.isTuple()) parts = value.toTupleRef().elements().vec();
    else if (value.isList()) parts = value.toListRef().vec();
    else parts.push_back(value);
    for (const auto &part : parts) {
        if (!part.isTensor()) throw Failure("Function returned non-tensor values" + function);
    }
    if (parts.size() != count) throw Failure("Function returned unexpected number of outputs - " + function);
    auto outputs = std::make_unique<torch_outputs>();
    outputs->tensors.reserve(count);
    for (const auto &part : parts) outputs->tensors.push_back(presentable(part.toTensor()));
    return outputs;
}

// libtorch's part for GPUs announces itself when it is opened. It is there only where somebody has laid it,
// and CUDA's own libraries, beside the bridge.
static bool has_gpus() {
    static const void *const part = dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_LOCAL);
    return part != nullptr && at::globalContext().hasCUDA();
}

at::Device device_of(const torch_load_options &options) {
    if (options.gpu < 0) return at::kCPU;
    if (!has_gpus() || options.gpu >= int32_t(at::detail::getCUDAHooks().deviceCount())) {
        throw Failure(TORCH_NO_GPU, "GPU requested but Torch couldn't find CUDA");
    }
    return at::Device(at::kCUDA, c10::DeviceIndex(options.gpu));
}

}  // namespace bridge

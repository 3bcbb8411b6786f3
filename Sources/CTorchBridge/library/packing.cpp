// The classes that hold packed weights believe what they are made of: a convolution in no groups divides by
// zero, weights of another rank are read as if they had the right one.
#include "packing.h"

namespace bridge {

namespace {

void demand(bool holds) {
    if (!holds) throw Failure("ERR weights of a quantized module do not fit each other");
}

struct Packing {
    std::optional<at::Tensor> weights;
    std::optional<at::Tensor> bias;
    // Of a convolution: strides, paddings and so on, as many numbers each as it has dimensions.
    std::vector<std::vector<int64_t>> lists;
    std::optional<int64_t> groups;

    void check() const {
        demand(weights && weights->defined() && weights->numel() > 0);
        bool is_convolution = !lists.empty();
        demand(weights->dim() == (is_convolution ? int64_t(lists[0].size()) + 2 : 2));
        if (bias && bias->defined()) demand(bias->dim() == 1);
        for (size_t index = 0; index < lists.size(); ++index) check_list(index);
        if (is_convolution) {
            demand(groups && *groups > 0);
            demand(weights->size(0) % *groups == 0);
        }
    }

private:
    // Strides stand first and dilations last; paddings between them may be none.
    void check_list(size_t index) const {
        bool may_be_zero = index > 0 && index + 1 < lists.size();
        demand(lists[index].size() == lists[0].size());
        for (auto number : lists[index]) demand(number >= (may_be_zero ? 0 : 1) && number < INT32_MAX);
    }
};

std::optional<at::Tensor> tensor_in(const c10::IValue &value) {
    return value.isTensor() ? std::optional(value.toTensor()) : std::nullopt;
}

// A convolution's numbers: how many dimensions, then that many strides, paddings, dilations and output
// paddings, groups and whether it is transposed.
Packing convolution_of(const std::vector<int64_t> &numbers) {
    demand(!numbers.empty() && numbers[0] >= 1 && numbers[0] <= 3);
    auto count = size_t(numbers[0]);
    demand(numbers.size() == 4 * count + 3);
    auto list = [&](size_t index) {
        auto begin = numbers.begin() + ptrdiff_t(1 + index * count);
        return std::vector<int64_t>(begin, begin + ptrdiff_t(count));
    };
    Packing packing;
    packing.lists = {list(0), list(1), list(3), list(2)};
    packing.groups = numbers[4 * count + 1];
    return packing;
}

void check_convolution(const c10::IValue &state) {
    const auto &parts = state.toTupleRef().elements();
    demand(parts.size() == 3);
    std::vector<int64_t> numbers;
    std::vector<c10::IValue> tensors;
    if (parts[1].isIntList()) {
        numbers = parts[1].toIntVector();
        for (const auto &value : parts[2].toListRef()) tensors.push_back(value);
        demand(tensors.size() == 3);
        tensors.erase(tensors.begin());
    } else {
        const auto &given = parts[1].toListRef();
        demand(given.size() == 2 && given[0].isTensor());
        auto config = given[0].toTensor().to(at::kLong).contiguous();
        numbers.assign(config.const_data_ptr<int64_t>(), config.const_data_ptr<int64_t>() + config.numel());
        tensors.push_back(given[1]);
        for (const auto &value : parts[2].toListRef()) tensors.push_back(value);
        demand(tensors.size() == 2);
    }
    auto packing = convolution_of(numbers);
    packing.weights = tensor_in(tensors[0]);
    packing.bias = tensor_in(tensors[1]);
    packing.check();
}

void check_linear(const c10::IValue &state) {
    const auto &parts = state.toTupleRef().elements();
    demand(parts.size() == 2);
    Packing packing;
    packing.weights = tensor_in(parts[0]);
    packing.bias = tensor_in(parts[1]);
    packing.check();
}

}  // namespace

void check_packing(const std::vector<c10::IValue> &arguments) {
    Packing packing;
    bool has_weights = false;
    for (const auto &argument : arguments) {
        if (argument.isTensor()) (has_weights ? packing.bias : packing.weights) = argument.toTensor();
        has_weights = has_weights || argument.isTensor();
        if (argument.isIntList()) packing.lists.push_back(argument.toIntVector());
        if (argument.isInt()) packing.groups = argument.toInt();
    }
    packing.check();
}

void check_packed_state(const std::string &class_name, const c10::IValue &state) {
    auto is = [&](const char *word) { return class_name.find(word) != std::string::npos; };
    if (is("Conv")) check_convolution(state);
    if (is("Linear")) check_linear(state);
}

}  // namespace bridge

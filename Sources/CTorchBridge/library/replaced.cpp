#include "replaced.h"

#include <c10/core/ScalarType.h>
#include <torch/csrc/jit/runtime/custom_operator.h>
#include <torch/csrc/jit/runtime/operator.h>

#include "arguments.h"
#include "bridge.h"

namespace bridge {

namespace {

using torch::jit::Stack;

struct Pair {
    int64_t first, second;

    explicit Pair(Stack &stack) : first(0), second(0) { torch::jit::pop(stack, first, second); }
};

Pair divided(Stack &stack) {
    Pair numbers(stack);
    if (numbers.second == 0) throw Failure("ZeroDivisionError: integer division or modulo by zero");
    return numbers;
}

// As Python has it: of the divisor's sign. Nothing is left of a division by -1, which the processor refuses
// for the lowest number.
void remainder(Stack &stack) {
    auto [number, divisor] = divided(stack);
    int64_t left = divisor == -1 ? 0 : number % divisor;
    bool turns = left != 0 && (left < 0) != (divisor < 0);
    torch::jit::push(stack, turns ? left + divisor : left);
}

void quotient(Stack &stack) {
    auto [number, divisor] = divided(stack);
    torch::jit::push(stack, divisor == -1 ? int64_t(0 - uint64_t(number)) : number / divisor);
}

std::pair<at::ScalarType, at::ScalarType> element_types(Stack &stack) {
    Pair numbers(stack);
    return {element_type_of(numbers.first), element_type_of(numbers.second)};
}

void promote_types(Stack &stack) {
    auto [first, second] = element_types(stack);
    torch::jit::push(stack, int64_t(c10::promoteTypes(first, second)));
}

void can_cast(Stack &stack) {
    auto [from, to] = element_types(stack);
    torch::jit::push(stack, c10::canCast(from, to));
}

struct Replacement {
    const char *schema;
    void (*function)(Stack &);
};

constexpr Replacement replacements[] = {
    {"aten::remainder.int(int a, int b) -> int", remainder},
    {"aten::__round_to_zero_floordiv.int(int a, int b) -> int", quotient},
    {"aten::promote_types(ScalarType type1, ScalarType type2) -> ScalarType", promote_types},
    {"aten::can_cast(ScalarType from_, ScalarType to) -> bool", can_cast},
};

// In the order in which they stand, since the compiler takes the first that fits.
void replace(const Replacement &replacement) {
    auto schema = torch::jit::parseSchema(replacement.schema);
    auto overloads = torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString(schema.name()));
    for (const auto &overload : overloads) torch::jit::deregisterOperator(overload->schema());
    for (const auto &overload : overloads) {
        if (overload->schema().overload_name() != schema.overload_name()) {
            torch::jit::registerOperator(torch::jit::Operator(*overload));
            continue;
        }
        torch::jit::registerOperator(torch::jit::Operator(
            replacement.schema, torch::jit::Operation(replacement.function),
            c10::AliasAnalysisKind::FROM_SCHEMA));
    }
}

}  // namespace

void replace_operators() {
    for (const auto &replacement : replacements) replace(replacement);
}

}  // namespace bridge

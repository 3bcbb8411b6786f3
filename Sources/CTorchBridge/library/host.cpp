// The operators of `redis` and `redisAI`: what scripts may ask of the host, and its answers as values.
#include <torch/csrc/jit/runtime/custom_operator.h>

#include "bridge.h"
#include "host.h"

namespace bridge {

namespace {

using torch::jit::Stack;

// Asks the host once, while the run lasts; what it answers with an error is thrown, after `prefix`.
c10::IValue ask(
    const std::string &name, const std::string &prefix,
    const std::function<void(const torch_host &, torch_answer *)> &question) {
    auto context = RunContext::current();
    if (!context || !context->host) throw Failure(name + " is not possible here");
    torch_answer answer;
    {
        std::lock_guard<std::mutex> lock(context->host_calls);
        if (context->must_stop()) throw Failure(TORCH_STOPPED, "the run was stopped");
        question(*context->host, &answer);
    }
    if (answer.error) throw Failure(prefix + *answer.error);
    if (!answer.value || !answer.lists.empty()) throw Failure("Unexpected internal error");
    return std::move(*answer.value);
}

c10::IValue execute(const std::string &command, const std::vector<std::string> &arguments) {
    std::vector<torch_text> words = {text_of(command)};
    for (const auto &argument : arguments) words.push_back(text_of(argument));
    return ask("redis.execute", "Redis command returned an error: ", [&](const auto &host, auto answer) {
        host.execute(host.context, words.data(), words.size(), answer);
    });
}

void execute_with_arguments(Stack &stack) {
    auto list = torch::jit::pop(stack).toList();
    auto command = torch::jit::pop(stack).toStringRef();
    std::vector<std::string> arguments;
    for (const auto &argument : list) arguments.push_back(c10::IValue(argument).toStringRef());
    torch::jit::push(stack, execute(command, arguments));
}

void execute_alone(Stack &stack) {
    auto command = torch::jit::pop(stack).toStringRef();
    torch::jit::push(stack, execute(command, {}));
}

void as_list(Stack &stack) {
    if (!stack.back().isList()) throw Failure("redis.asList was given something that is not a list");
}

void execute_model(Stack &stack) {
    auto output_count = torch::jit::pop(stack).toInt();
    auto given = torch::jit::pop(stack).toTensorVector();
    auto key = torch::jit::pop(stack).toStringRef();
    std::vector<at::Tensor> tensors;
    std::vector<torch_view> views;
    for (const auto &tensor : given) tensors.push_back(presentable(tensor));
    for (const auto &tensor : tensors) views.push_back(view_of(tensor));
    auto value = ask("redisAI.model_execute", "", [&](const auto &host, auto answer) {
        host.execute_model(host.context, text_of(key), views.data(), views.size(), output_count, answer);
    });
    if (!value.isList()) throw Failure("Unexpected internal error");
    c10::List<at::Tensor> outputs;
    for (const auto &part : value.toListRef()) outputs.push_back(part.toTensor());
    torch::jit::push(stack, std::move(outputs));
}

torch::jit::Operator operator_of(const char *schema, void (*function)(Stack &)) {
    // Conservative, so that no optimizer removes one, moves one or joins two of them.
    return torch::jit::Operator(
        schema, torch::jit::Operation(function), c10::AliasAnalysisKind::CONSERVATIVE);
}

const torch::jit::RegisterOperators host_operators({
    operator_of("redis::execute(str fn_name, str[] args) -> Any", execute_with_arguments),
    operator_of("redis::execute.alone(str fn_name) -> Any", execute_alone),
    operator_of("redis::asList(Any v) -> Any[]", as_list),
    operator_of("redisAI::model_execute(str model_key, Tensor[] inputs, int num_outputs) -> Tensor[]",
        execute_model),
});

}  // namespace

void give(torch_answer &answer, c10::IValue value) {
    while (!answer.lists.empty()) {
        auto &list = answer.lists.back();
        list.elements.push_back(std::move(value));
        if (--list.missing > 0) return;
        value = list.elements;
        answer.lists.pop_back();
    }
    answer.value = std::move(value);
}

void give_list(torch_answer &answer, size_t count) {
    c10::impl::GenericList elements(c10::AnyType::get());
    if (count == 0) return give(answer, elements);
    answer.lists.push_back({std::move(elements), count});
}

}  // namespace bridge

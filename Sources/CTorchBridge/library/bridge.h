// What the parts of the bridge share. All of it may throw; `guarded` turns that into failures at the border.
#pragma once

#include <torch/script.h>

#include <torch/csrc/jit/runtime/interpreter.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "torch_bridge.h"

struct torch_failure {
    int32_t kind;
    std::string text;
};

struct torch_outputs {
    // Contiguous, of a type of ours, on the processor.
    std::vector<at::Tensor> tensors;
};

struct torch_run {
    // Shared with what a run leaves behind on other threads.
    std::shared_ptr<std::atomic<bool>> is_stopped = std::make_shared<std::atomic<bool>>(false);
};

namespace bridge {

using Graph = torch::jit::Graph;

// A failure that the bridge itself finds.
struct Failure : std::exception {
    Failure(int32_t kind, std::string text) : kind(kind), text(std::move(text)) {}
    explicit Failure(std::string text) : Failure(TORCH_FAILED, std::move(text)) {}
    const char *what() const noexcept override { return text.c_str(); }

    int32_t kind;
    std::string text;
};

// failures.cpp

// Runs `body`; what it throws becomes a failure.
torch_failure *guarded(const std::function<void()> &body) noexcept;
// Runs `body` on a thread with a stack for deeply nested code, and throws what it throws.
void on_large_stack(const std::function<void()> &body);

inline std::string string_of(torch_text text) { return std::string(text.bytes, text.byte_count); }
inline torch_text text_of(const std::string &text) { return {text.data(), text.size()}; }

// tensors.cpp

// A tensor that refers to the memory of a view until somebody writes to it, or a copy from the start.
at::Tensor tensor_of(const torch_view &view, bool copies, at::Device device);
// The view of a tensor that `presentable` made; valid as long as the tensor.
torch_view view_of(const at::Tensor &tensor);
// The tensor as it can be read from outside; throws if it cannot.
at::Tensor presentable(const at::Tensor &tensor);
// The tensors in what the function returned; throws if there are others than `count`, or something else.
std::unique_ptr<torch_outputs> outputs_of(
    const c10::IValue &value, size_t count, const std::string &function);
// The device that options name; throws if libtorch does not have it.
at::Device device_of(const torch_load_options &options);

// operators.cpp

// Throws if a graph, or one within it, has an operator that code of a client may not use.
// What only a run can tell is checked there.
void check_operators(Graph &graph);
// The same for a class of libtorch's own, by its qualified name.
void check_class(const std::string &name);

// sources.cpp

// Throws if the text is nested so deeply that libtorch's compiler would run out of stack.
void check_nesting(const std::string &source);

// runs.cpp

// What code that runs can find out about its run.
struct RunContext : c10::DebugInfoBase {
    // Never null.
    std::shared_ptr<std::atomic<bool>> is_stopped;
    std::atomic<bool> has_ended{false};
    // Loops and steps that are still allowed; negative = any number.
    std::atomic<int64_t> steps{-1};
    // Held during a call of the host, and to end the run.
    std::mutex host_calls;
    const torch_host *host;

    RunContext(const torch_run *run, const torch_host *host);

    // The one of the calling thread's run, or null.
    static RunContext *current();
    bool must_stop();
};

// Functions without content that lend their names to messages.
using FunctionNames = std::map<std::string, std::shared_ptr<torch::jit::Function>>;

// A function made ready: everything that it calls is part of it, and it can be stopped.
class Program {
public:
    Program(const std::shared_ptr<Graph> &graph, const std::string &name);

    // Runs on the calling thread; the values come off the stack.
    c10::IValue run(std::vector<c10::IValue> stack, const std::shared_ptr<RunContext> &context) const;

    // Whether it keeps something from run to run, so that runs must not overlap.
    bool keeps_state = false;
    // Whether the shapes of its inputs say how long a run takes.
    bool has_bounded_work = false;

private:
    FunctionNames functions_;
    torch::jit::Code code_;
    bool begins_cleared_ = true;
};

// Makes loops of a function, and calls that could be endless, heed `RunContext`. Once for each graph.
void make_ready(Graph &graph);
// Throws if functions become too large when all that each calls is put into it.
void check_size(const std::vector<torch::jit::Function *> &functions);

}  // namespace bridge

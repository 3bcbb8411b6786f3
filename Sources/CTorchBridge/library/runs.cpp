// Functions made ready, and how their runs are stopped.
//
// libtorch's interpreter cannot be told to stop. So every function gets an operator of ours, in each loop and
// between steps, that looks at a flag and throws. libtorch's own executor is not used: it would compile at
// the first runs, on the stack of whoever runs, and specialise for what it saw there.
#include <ATen/Parallel.h>
#include <pthread.h>
#include <signal.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/canonicalize_graph_fuser_ops.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/passes/remove_expands.h>
#include <torch/csrc/jit/runtime/custom_operator.h>
#include <torch/csrc/jit/runtime/operator.h>

#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "arguments.h"
#include "bridge.h"
#include "memory.h"
#include "work.h"

namespace bridge {

namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

// A step is a node that computes; one look at the flag costs about a hundredth of a small one.
constexpr int steps_between_checkpoints = 8;
// Nodes of functions with all that they call, which can grow with a power of two; the largest models have
// some ten thousand.
constexpr size_t largest_size = 100000;

constexpr std::string_view slot_name = "redisai run";
constexpr c10::DebugInfoKind slot(&slot_name);

c10::Symbol checkpoint_symbol() {
    static const auto symbol = c10::Symbol::fromQualString("redisai::checkpoint");
    return symbol;
}

void pass_checkpoint(torch::jit::Stack &) {
    auto context = RunContext::current();
    if (context && context->must_stop()) throw Failure(TORCH_STOPPED, "the run was stopped");
}

// Conservative, so that no optimizer removes it, joins two of them or moves one out of a loop.
const torch::jit::RegisterOperators checkpoint_operator({torch::jit::Operator(
    "redisai::checkpoint() -> ()", torch::jit::Operation(pass_checkpoint),
    c10::AliasAnalysisKind::CONSERVATIVE)});

Node *new_checkpoint(Graph &graph) { return graph.create(checkpoint_symbol(), 0); }

void at_beginning(Graph &graph, Block *block) { block->prependNode(new_checkpoint(graph)); }

void in_loops(Graph &graph, Block *block) {
    for (auto node : block->nodes()) {
        for (auto inner : node->blocks()) {
            in_loops(graph, inner);
            if (node->kind() == torch::jit::prim::Loop) at_beginning(graph, inner);
        }
        if (node->hasAttribute(torch::jit::attr::Subgraph)) {
            make_ready(*node->g(torch::jit::attr::Subgraph));
        }
    }
}

// The parts of a tensor that these give are the tensor's memory, which only their twins say. Whoever believes
// otherwise takes what is written to parts of constants for constant still.
const std::unordered_map<c10::Symbol, c10::Symbol> honest_twins = {
    {c10::aten::unsafe_chunk, c10::aten::chunk},
    {c10::aten::unsafe_split, c10::aten::split},
    {c10::aten::unsafe_split_with_sizes, c10::aten::split_with_sizes},
};

void replace_with_twins(Block *block) {
    for (auto place = block->nodes().begin(); place != block->nodes().end();) {
        auto node = *place++;
        for (auto inner : node->blocks()) replace_with_twins(inner);
        auto twin = honest_twins.find(node->kind());
        if (twin == honest_twins.end()) continue;
        node->replaceWithNewSymbol(twin->second);
        node->destroy();
    }
}

bool calls_an_interface(const Block *block) {
    for (auto node : block->nodes()) {
        bool is_call = node->kind() == torch::jit::prim::CallMethod;
        if (is_call && node->input(0)->type()->cast<c10::InterfaceType>()) return true;
        for (auto inner : node->blocks()) {
            if (calls_an_interface(inner)) return true;
        }
    }
    return false;
}

void between_steps(Graph &graph, Block *block) {
    int steps = 0;
    for (auto node : block->nodes()) {
        for (auto inner : node->blocks()) between_steps(graph, inner);
        auto kind = node->kind();
        if (kind == checkpoint_symbol()) steps = 0;
        if (kind == torch::jit::prim::Constant || kind == checkpoint_symbol()) continue;
        if (++steps < steps_between_checkpoints) continue;
        new_checkpoint(graph)->insertBefore(node);
        steps = 1;
    }
}

// What a graph does beside computing, so that a run does not disturb another.
struct Effects {
    bool writes_tensors = false;
    // To tensors that the operator's schema does not say it writes to.
    bool writes_unseen = false;
    bool writes_containers = false;
    bool sets_attributes = false;
    bool reads_attributes = false;
    bool calls_others = false;

    explicit Effects(const Block *block) { look_at(block); }

private:
    void look_at(const Block *block) {
        for (auto node : block->nodes()) {
            look_at(node);
            for (auto inner : node->blocks()) look_at(inner);
            if (node->hasAttribute(torch::jit::attr::Subgraph)) {
                look_at(node->g(torch::jit::attr::Subgraph)->block());
            }
        }
    }

    void look_at(const Node *node) {
        switch (node->kind()) {
            case torch::jit::prim::SetAttr: sets_attributes = true; return;
            case torch::jit::prim::GetAttr:
                reads_attributes = reads_attributes || is_mutable(node->output()->type());
                return;
            case torch::jit::prim::CallMethod:
            case torch::jit::prim::CallFunction: calls_others = true; return;
            default: break;
        }
        auto schema = node->maybeSchema();
        if (!schema) return;
        writes_unseen = writes_unseen || follows_its_inputs(node, *schema);
        size_t count = std::min(schema->arguments().size(), node->inputs().size());
        for (size_t index = 0; index < count; ++index) {
            auto alias = schema->arguments()[index].alias_info();
            if (!alias || !alias->isWrite()) continue;
            auto type = node->input(index)->type();
            auto list = type->cast<c10::ListType>();
            bool is_foreach = std::string(node->kind().toUnqualString()).find("foreach") != std::string::npos;
            bool has_tensors = type->isSubtypeOf(*c10::TensorType::get()) || (list && is_foreach);
            (has_tensors ? writes_tensors : writes_containers) = true;
        }
    }

    // Norms keep the statistics of what they are given while they are trained.
    static bool follows_its_inputs(const Node *node, const c10::FunctionSchema &schema) {
        auto place = schema.argumentIndexWithName("training");
        if (!place) place = schema.argumentIndexWithName("use_input_stats");
        auto statistics = schema.argumentIndexWithName("running_mean");
        if (!place || !statistics || size_t(*place) >= node->inputs().size()) return false;
        if (node->input(size_t(*statistics))->mustBeNone()) return false;
        auto value = torch::jit::toIValue(node->input(size_t(*place)));
        return !value || !value->isBool() || value->toBool();
    }

    static bool is_mutable(const c10::TypePtr &type) {
        switch (type->kind()) {
            case c10::TypeKind::IntType:
            case c10::TypeKind::FloatType:
            case c10::TypeKind::BoolType:
            case c10::TypeKind::StringType:
            case c10::TypeKind::NoneType:
            case c10::TypeKind::DeviceObjType: return false;
            default: return true;
        }
    }
};

// Stand for functions that may be gone: libtorch's messages name those that it has inlined, by pointers to
// them, and it frees them when it freezes a module (2.15).
class Placeholders {
public:
    explicit Placeholders(FunctionNames &functions) : functions_(functions) {}

    void replace(Block *block) {
        for (auto node : block->nodes()) {
            if (auto calls = node->callstack()) node->setCallStack(replaced(*calls));
            for (auto inner : node->blocks()) replace(inner);
            if (node->hasAttribute(torch::jit::attr::Subgraph)) {
                replace(node->g(torch::jit::attr::Subgraph)->block());
            }
        }
    }

private:
    using Calls = torch::jit::InlinedCallStackPtr;

    Calls replaced(const Calls &calls) {
        auto &known = known_[calls.get()];
        if (known) return known;
        auto function = function_for(calls->function_name());
        auto range = calls->source_range();
        known = calls->callee()
            ? c10::make_intrusive<torch::jit::InlinedCallStack>(replaced(*calls->callee()), function, range)
            : c10::make_intrusive<torch::jit::InlinedCallStack>(function, range);
        return known;
    }

    torch::jit::Function *function_for(const std::string &name) {
        auto &function = functions_[name];
        if (!function) {
            function = std::make_shared<torch::jit::GraphFunction>(
                c10::QualifiedName(name.empty() ? "function" : name), std::make_shared<Graph>(), nullptr);
        }
        return function.get();
    }

    FunctionNames &functions_;
    std::map<const torch::jit::InlinedCallStack *, Calls> known_;
};

using Sizes = std::unordered_map<torch::jit::Function *, size_t>;

size_t size_of(torch::jit::Function &function, Sizes &known);

size_t size_of(const Block *block, Sizes &known) {
    size_t size = 0;
    for (auto node : block->nodes()) {
        ++size;
        for (auto inner : node->blocks()) size += size_of(inner, known);
        auto called = torch::jit::tryToGraphFunction(const_cast<Node *>(node));
        if (called) size += size_of(*called, known);
        if (size > largest_size) throw Failure("ERR the code is too large");
    }
    return size;
}

size_t size_of(torch::jit::Function &function, Sizes &known) {
    auto place = known.find(&function);
    if (place != known.end()) return place->second;
    auto graph = torch::jit::tryToGraphFunction(function);
    size_t size = graph ? size_of(graph->graph()->block(), known) : 1;
    known[&function] = size;
    return size;
}

// The first parallel operator of a thread starts its helpers, which inherit what signals it takes.
void start_helpers() {
    thread_local bool have_started = false;
    if (have_started) return;
    int count = at::get_num_threads();
    if (count < 2) return;
    have_started = true;
    sigset_t all, before;
    sigfillset(&all);
    // Those that the processor raises end in the server's crash report.
    for (int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) sigdelset(&all, number);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    at::parallel_for(0, count, 1, [](int64_t, int64_t) {});
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

// What code forks is done before it goes on: on a thread of libtorch's it could outlive the run, and with it
// the inputs, which are not ours.
void run_at_once(const std::function<void()> &task) { task(); }

// Whatever way a run ends, nothing of it goes on or asks the host.
struct RunEnd {
    RunContext &context;
    ~RunEnd() {
        std::lock_guard<std::mutex> lock(context.host_calls);
        context.has_ended = true;
    }
};

}  // namespace

RunContext::RunContext(const torch_run *run, const torch_host *host)
    : is_stopped(run ? run->is_stopped : std::make_shared<std::atomic<bool>>(false)), host(host) {}

RunContext *RunContext::current() {
    return static_cast<RunContext *>(c10::ThreadLocalDebugInfo::get(slot));
}

bool RunContext::must_stop() {
    if (has_ended.load(std::memory_order_relaxed) || is_stopped->load(std::memory_order_relaxed)) return true;
    if (steps.load(std::memory_order_relaxed) < 0) return false;
    if (steps.fetch_sub(1, std::memory_order_relaxed) > 0) return false;
    is_stopped->store(true);
    return true;
}

void make_ready(Graph &graph) {
    replace_with_twins(graph.block());
    in_loops(graph, graph.block());
    if (calls_an_interface(graph.block())) at_beginning(graph, graph.block());
}

void check_size(const std::vector<torch::jit::Function *> &functions) {
    Sizes known;
    size_t size = 0;
    for (auto function : functions) size += size_of(*function, known);
    if (size > largest_size) throw Failure("ERR the code is too large");
}

Program::Program(const std::shared_ptr<Graph> &source, const std::string &name) {
    auto graph = source->copy();
    torch::jit::Inline(*graph);
    torch::jit::RemoveExpands(graph);
    torch::jit::CanonicalizeOps(graph);
    torch::jit::EliminateDeadCode(graph);
    has_bounded_work = bridge::has_bounded_work(graph);
    keep_nested_away(*graph);
    Effects effects(graph->block());
    bool writes = effects.writes_tensors || effects.writes_containers;
    keeps_state = effects.sets_attributes || effects.calls_others || effects.writes_unseen ||
        (effects.reads_attributes && writes);
    between_steps(*graph, graph->block());
    begins_cleared_ = mark_overwriting_steps(*graph);
    Placeholders(functions_).replace(graph->block());
    code_ = torch::jit::Code(graph, name);
}

c10::IValue Program::run(std::vector<c10::IValue> stack, const std::shared_ptr<RunContext> &context) const {
    start_helpers();
    c10::InferenceMode inference;
    c10::DebugInfoGuard guard(slot, context);
    RunEnd end{*context};
    ClearedMemory memory(begins_cleared_);
    try {
        torch::jit::InterpreterState(code_, run_at_once).run(stack);
    } catch (...) {
        if (!context->is_stopped->load()) throw;
        throw Failure(TORCH_STOPPED, "the run was stopped");
    }
    return std::move(stack.front());
}

}  // namespace bridge

// Makes the TorchScript models that the tests use: `make_models FOLDER`. make_torch_models.py compiles and
// runs it.
//
// Models are made from source text, as Python's torch.jit.script would make them, so that nothing but
// libtorch is needed.
#include <torch/csrc/jit/frontend/resolver.h>
#include <torch/csrc/jit/frontend/sugared_value.h>
#include <torch/script.h>

#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

using torch::jit::Module;

std::string folder;

// Python's compiler knows more names than that of C++.
struct Names : torch::jit::NativeResolver {
    std::shared_ptr<torch::jit::SugaredValue> resolveValue(
        const std::string &name, torch::jit::GraphFunction &function,
        const torch::jit::SourceRange &range) override {
        if (name == "fork") return torch::jit::SpecialFormValue::create(torch::jit::prim::fork);
        if (name == "Exception") return std::make_shared<torch::jit::ExceptionValue>(name);
        return NativeResolver::resolveValue(name, function, range);
    }
};

// A module with the attribute that those made by Python have.
Module new_module(const std::string &name) {
    Module module("__torch__." + name);
    module.register_attribute("training", c10::BoolType::get(), true);
    return module;
}

void save(const Module &module, const std::string &name) { module.save(folder + "/" + name + ".pt"); }

// A model of nothing but a method.
void make(const std::string &name, const std::string &source) {
    auto module = new_module(name);
    module.define(source, std::make_shared<Names>());
    save(module, name);
}

void make_identities() {
    const std::vector<std::pair<std::string, at::ScalarType>> types = {
        {"float", at::kFloat}, {"double", at::kDouble}, {"float16", at::kHalf}, {"bfloat16", at::kBFloat16},
        {"int8", at::kChar}, {"int16", at::kShort}, {"int32", at::kInt}, {"int64", at::kLong},
        {"uint8", at::kByte}, {"uint16", at::kUInt16}, {"uint32", at::kUInt32}, {"uint64", at::kUInt64},
        {"bool", at::kBool},
    };
    for (const auto &[name, type] : types) {
        auto number = std::to_string(int(type));
        make("identity_" + name, "def forward(self, x: Tensor) -> Tensor:\n    if x.dtype != " + number +
            ":\n        raise Exception(\"x is of another type\")\n    return x\n");
    }
}

void make_arithmetic() {
    make("mul_2x2", "def forward(self, a: Tensor, b: Tensor) -> Tensor:\n    return a * b\n");
    // Broadcasting would let other shapes through.
    make("sum_difference", R"(
def forward(self, a: Tensor, b: Tensor) -> Tuple[Tensor, Tensor]:
    if a.dim() != 2 or b.dim() != 2 or a.size(1) != 2 or b.size(1) != 2 or a.size(0) != b.size(0):
        raise Exception("a and b must have the shape [rows, 2]")
    return a + b, a - b
)");
    make("scalar_double", R"(
def forward(self, x: Tensor) -> Tensor:
    if x.dtype != 6:
        raise Exception("x must be of type FLOAT")
    return x * 2
)");
    auto layer = new_module("linear");
    layer.register_parameter("weight", torch::arange(6, torch::kFloat).reshape({2, 3}), false);
    layer.register_parameter("bias", torch::tensor({0.5f, -0.5f}), false);
    layer.define("def forward(self, x: Tensor) -> Tensor:\n"
                 "    return torch.linear(x, self.weight, self.bias)\n");
    save(layer, "linear");
    make("rows_only", "def forward(self, x: Tensor) -> Tensor:\n    return x[0:1]\n");
}

void make_times() {
    make("spin", R"(
def forward(self, x: Tensor) -> Tensor:
    limit = int(x)
    count = 0
    while count < limit:
        count += 1
    return torch.tensor([count])
)");
    // One operator that adds up x as often as count * 2^20 says, and looks at nothing meanwhile.
    make("long_operator", R"(
def forward(self, x: Tensor, count: Tensor) -> Tensor:
    return x.reshape([1]).expand([int(count), 1048576]).sum()
)");
    make("spin_forked", R"(
def spin(self, limit: int) -> int:
    count = 0
    while count < limit:
        count += 1
    return count

def forward(self, x: Tensor) -> Tensor:
    future = fork(self.spin, int(x))
    return torch.tensor([future.wait()])
)");
}

void make_outputs() {
    make("list_output", "def forward(self, x: Tensor) -> List[Tensor]:\n    return [x, x]\n");
    make("number_output", "def forward(self, x: Tensor) -> int:\n    return x.size(0)\n");
    make("mixed_output", "def forward(self, x: Tensor) -> Tuple[Tensor, int]:\n    return x, x.size(0)\n");
    make("complex_output", "def forward(self, x: Tensor) -> Tensor:\n    return torch.complex(x, x)\n");
    make("strided_output", "def forward(self, x: Tensor) -> Tensor:\n    return x.t()\n");
    make("none_output", "def forward(self, x: Tensor) -> None:\n    pass\n");
}

void make_states() {
    make("writes_its_input", "def forward(self, x: Tensor) -> Tensor:\n    return x.add_(1)\n");
    make("writes_a_copy", "def forward(self, x: Tensor) -> Tensor:\n    y = x + 0\n    return y.add_(1)\n");
    auto counter = new_module("counts_runs");
    counter.register_buffer("count", torch::zeros({1}, torch::kLong));
    counter.define("def forward(self, x: Tensor) -> Tensor:\n"
                   "    self.count += 1\n"
                   "    return self.count + x\n");
    save(counter, "counts_runs");
    // The same as `long_operator`, beside something that keeps its runs apart.
    auto adder = new_module("counts_long_runs");
    adder.register_buffer("count", torch::zeros({1}, torch::kLong));
    adder.define("def forward(self, x: Tensor, count: Tensor) -> Tensor:\n"
                 "    self.count += 1\n"
                 "    return x.reshape([1]).expand([int(count), 1048576]).sum()\n");
    save(adder, "counts_long_runs");
    auto setter = new_module("keeps_its_input");
    setter.register_attribute("last", c10::TensorType::get(), torch::zeros({1}));
    setter.define("def forward(self, x: Tensor) -> Tensor:\n"
                  "    last = self.last\n"
                  "    self.last = x + 0\n"
                  "    return last\n");
    save(setter, "keeps_its_input");
}

void make_others() {
    make("optional_input", R"(
def forward(self, x: Tensor, scale: Optional[Tensor]=None) -> Tensor:
    if scale is not None:
        return x * scale
    return x
)");
    make("list_input", "def forward(self, xs: List[Tensor]) -> Tensor:\n    return xs[0]\n");
    make("noisy", "def forward(self, x: Tensor) -> Tensor:\n    print(\"noise on standard output\")\n"
                  "    torch.warn(\"noise on standard error\")\n    return x\n");
    make("without_forward", "def other(self, x: Tensor) -> Tensor:\n    return x\n");
    make("raises", "def forward(self, x: Tensor) -> Tensor:\n    raise Exception(\"two\\nlines\")\n");
}

// Models of which the values of x, or only its shape, decide how much work there is.
void make_work() {
    const std::vector<std::pair<std::string, std::string>> by_values = {
        {"item", "return torch.zeros([int(x.sum())])"},
        {"branch", "if bool(x.sum() > 0):\n        return x\n    return x + 1"},
        {"loop", "for i in range(int(x.sum())):\n        x = x + 1\n    return x"},
        {"nonzero", "return torch.nonzero(x)"},
        {"where", "return torch.where(x > 0)[0]"},
        {"masked_select", "return torch.masked_select(x, x > 0)"},
        {"mask", "return x[x > 0]"},
        {"mask_write", "y = x + 0\n    y[x > 0] = 1.0\n    return y"},
        {"unique", "return torch.unique_consecutive(x)[0]"},
        {"repeat_interleave", "return torch.repeat_interleave(x, x.to(4))"},
        {"equal", "if torch.equal(x, x + 1):\n        return x\n    return x + 1"},
        {"list", "n: List[float] = x.flatten().tolist()\n    return torch.zeros([int(n[0])])"},
        {"remainder", "return torch.fmod(x, 0.001)"},
        {"random", "return torch.zeros([int(torch.rand([1]) * 9)]) + x.sum()"},
        {"dropout", "n = torch.dropout(torch.ones([x.size(0)]), 0.5, True)\n"
                    "    return torch.zeros([int(n.sum())])"},
        // Shapes, until somebody writes to them.
        {"overwritten", "n = torch.tensor([x.size(0)])\n    n.copy_(x[0:1])\n"
                        "    return torch.zeros([int(n)])"},
        {"overwritten_part", "n = torch.tensor([x.size(0)])\n    part = n.view([1])\n"
                             "    part[0:1].copy_(x[0:1])\n    return torch.zeros([int(n)])"},
        {"overwritten_in_list", "n = torch.tensor([x.size(0)])\n    all = [n]\n    all[0].copy_(x[0:1])\n"
                                "    return torch.zeros([int(n)])"},
        {"overwritten_in_branch", "n = torch.tensor([x.size(0)])\n    m = x\n    if x.dim() > 0:\n"
                                  "        m = n\n    m.copy_(x[0:1])\n    return torch.zeros([int(n)])"},
    };
    for (const auto &[name, body] : by_values) {
        make("by_values_" + name, "def forward(self, x: Tensor) -> Tensor:\n    " + body + "\n");
    }
    // What shapes decide, but nobody counts.
    make("rounds_of_a_size", R"(
def forward(self, x: Tensor) -> Tensor:
    n = x.size(0)
    while n > 0:
        x = x + 1
        n -= 1
    return x
)");
    make("by_values_number", "def forward(self, x: int) -> Tensor:\n    return torch.zeros([x])\n");
    const std::vector<std::pair<std::string, std::string>> by_shapes = {
        {"zeros", "return torch.zeros([x.size(0) * 2])"},
        {"item", "return torch.zeros([int(torch.tensor([x.size(0)]) + 1)])"},
        {"branch", "if x.dim() > 3:\n        return x\n    return torch.relu(x)"},
        {"rounds", "for i in range(3):\n        x = x + i\n    return x"},
        {"appended", "all = [x]\n    all.append(x + 1)\n    return torch.cat(all)"},
        {"places", "return x[torch.arange(x.size(0))]"},
        {"where", "return torch.where(x > 0, x, x * 2)"},
        {"repeat_interleave", "return torch.repeat_interleave(x, 2)"},
        {"remainder", "n = torch.tensor([x.size(0)])\n    return torch.zeros([int(torch.remainder(n, 3))])"},
        {"in_place", "y = x + 1\n    y.relu_().mul_(2)\n"
                     "    return torch.zeros([int(torch.tensor([y.size(0)]))])"},
    };
    for (const auto &[name, body] : by_shapes) {
        make("by_shapes_" + name, "def forward(self, x: Tensor) -> Tensor:\n    " + body + "\n");
    }
    auto layers = new_module("by_shapes_layers");
    for (int number = 0; number < 3; ++number) {
        auto suffix = std::to_string(number);
        layers.register_parameter("weight" + suffix, torch::ones({4, 4}) * (number + 1) / 8, false);
        layers.register_parameter("bias" + suffix, torch::arange(4, torch::kFloat), false);
    }
    layers.define("def forward(self, x: Tensor) -> Tensor:\n"
                  "    x = torch.relu(torch.linear(x, self.weight0, self.bias0))\n"
                  "    x = torch.relu(torch.linear(x, self.weight1, self.bias1))\n"
                  "    return torch.softmax(torch.linear(x, self.weight2, self.bias2), -1)\n");
    save(layers, "by_shapes_layers");
    // Its memory is the same from run to run.
    auto keeper = new_module("by_values_kept");
    keeper.register_buffer("count", torch::zeros({1}, torch::kLong));
    keeper.define("def forward(self, x: Tensor) -> Tensor:\n"
                  "    self.count.add_(1)\n"
                  "    return torch.zeros([int(self.count)])\n");
    save(keeper, "by_values_kept");
}

void make_refused() {
    make("reads_a_file", "def forward(self, x: Tensor) -> Tensor:\n"
                         "    return torch.from_file(\"/etc/hostname\", False, 4, dtype=0)\n");
    make("writes_a_file", "def forward(self, x: Tensor) -> Tensor:\n"
                          "    torch.save(x, \"/tmp/redisai_must_not_be_there\")\n    return x\n");
    make("reads_a_file_elsewhere", "def helper(self, name: str) -> Tensor:\n"
                                   "    return torch.from_file(name, False, 4, dtype=0)\n\n"
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "    return x\n");
    make("reads_a_file_in_a_fork", R"(
def helper(self, name: str) -> Tensor:
    if len(name) > 3:
        return torch.from_file(name, False, 4, dtype=0)
    return torch.zeros([1])

def forward(self, x: Tensor) -> Tensor:
    return fork(self.helper, "/etc/hostname").wait()
)");
    auto loader = new_module("reads_a_file_when_loaded");
    loader.register_attribute("state", c10::TensorType::get(), torch::zeros({1}));
    loader.define(R"(
def __getstate__(self) -> Tensor:
    return self.state

def __setstate__(self, state: Tensor) -> None:
    self.training = False
    self.state = torch.from_file("/etc/hostname", False, 4, dtype=0)

def forward(self, x: Tensor) -> Tensor:
    return self.state
)");
    save(loader, "reads_a_file_when_loaded");
    auto spinner = new_module("spins_when_loaded");
    spinner.register_attribute("state", c10::TensorType::get(), torch::zeros({1}));
    spinner.define(R"(
def __getstate__(self) -> Tensor:
    return self.state

def __setstate__(self, state: Tensor) -> None:
    self.training = False
    count = 0
    while count >= 0:
        count += 0
    self.state = state + count

def forward(self, x: Tensor) -> Tensor:
    return self.state
)");
    save(spinner, "spins_when_loaded");
}

}  // namespace

int main(int count, char **arguments) {
    if (count != 2) {
        std::cerr << "usage: make_models FOLDER\n";
        return 2;
    }
    folder = arguments[1];
    try {
        make_identities();
        make_arithmetic();
        make_times();
        make_outputs();
        make_states();
        make_others();
        make_work();
        make_refused();
    } catch (const std::exception &error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
    return 0;
}

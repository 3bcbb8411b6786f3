// Prints the declarations of all operators that libtorch registers, in order.
#include <torch/csrc/jit/runtime/operator.h>
#include <torch/script.h>

#include <iostream>
#include <set>
#include <sstream>
#include <string>

int main() {
    std::set<std::string> declarations;
    for (const auto &known : torch::jit::getAllOperators()) {
        std::ostringstream text;
        text << known->schema();
        declarations.insert(text.str());
    }
    for (const auto &declaration : declarations) std::cout << declaration << "\n";
}

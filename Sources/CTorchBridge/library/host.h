// What a host has answered so far.
#pragma once

#include "bridge.h"

struct torch_answer {
    // A list that is not complete yet, and how many elements it lacks.
    struct List {
        c10::impl::GenericList elements;
        size_t missing;
    };

    std::optional<c10::IValue> value;
    std::optional<std::string> error;
    // The outermost first.
    std::vector<List> lists;
};

namespace bridge {

// The answer, or the next element of the innermost list.
void give(torch_answer &answer, c10::IValue value);
void give_list(torch_answer &answer, size_t count);

}  // namespace bridge

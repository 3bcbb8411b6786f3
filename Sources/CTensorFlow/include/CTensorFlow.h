/*
 * What is called of TensorFlow: our own declarations, nothing linked.
 *
 * The library exports its C interface as ordinary functions, whose names and types stay the same from one
 * version to the next. Each list below names some of them; `tensorflow_functions` has a pointer for each
 * name, and `tensorflow_find_functions` fills it.
 *
 * What a function creates belongs to the caller, unless its remark says otherwise. A function that can fail
 * writes into the status that it is given.
 */
#pragma once

#include "tensorflow_base.h"
#include "tensorflow_graph.h"
#include "tensorflow_session.h"
#include "tensorflow_tensor.h"

#define TENSORFLOW_FUNCTIONS(FUNCTION)  \
    TENSORFLOW_BASE_FUNCTIONS(FUNCTION) \
    TENSORFLOW_GRAPH_FUNCTIONS(FUNCTION) \
    TENSORFLOW_SESSION_FUNCTIONS(FUNCTION) \
    TENSORFLOW_TENSOR_FUNCTIONS(FUNCTION)

#pragma clang assume_nonnull begin

/* A pointer for each function, under the name that the library exports. */
#define TENSORFLOW_MEMBER(result, name, parameters) result(*_Nonnull name) parameters;
typedef struct tensorflow_functions {
    TENSORFLOW_FUNCTIONS(TENSORFLOW_MEMBER)
} tensorflow_functions;
#undef TENSORFLOW_MEMBER

/*
 * Has an open library clear the memory of tensors before anything is computed into it. Once, before the
 * library is used. Returns false if it takes its memory in a way that is not known.
 */
bool tensorflow_clear_memory(void *library);

/* Finds every function in a library that dlopen has opened; returns the first name that it lacks, or NULL. */
static inline const char *_Nullable tensorflow_find_functions(
    void *library, tensorflow_functions *functions) {
#define TENSORFLOW_FIND(result, name, parameters)                            \
    {                                                                        \
        void *_Nullable found = dlsym(library, #name);                               \
        if (found == NULL) return #name;                                     \
        memcpy(&functions->name, &found, sizeof found);                      \
    }
    TENSORFLOW_FUNCTIONS(TENSORFLOW_FIND)
#undef TENSORFLOW_FIND
    return NULL;
}

#pragma clang assume_nonnull end

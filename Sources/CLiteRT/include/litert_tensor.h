/* Shapes of tensors, as the library passes them. */
#pragma once

#include "litert_base.h"

#pragma clang assume_nonnull begin

/* The most dimensions that a shape can have. */
enum { LITERT_MAXIMUM_RANK = 8 };

/* The rank is in the lower seven bits; the one above says whether there are strides. */
typedef struct litert_layout {
    uint32_t rank_and_flag;
    /* -1 for one that is not known. */
    int32_t dimensions[LITERT_MAXIMUM_RANK];
    uint32_t strides[LITERT_MAXIMUM_RANK];
} litert_layout;

typedef struct litert_tensor_type {
    int32_t element;
    litert_layout layout;
} litert_tensor_type;

static inline size_t litert_layout_rank(const litert_layout *layout) { return layout->rank_and_flag & 0x7F; }

/* The axis must be below the rank, and the rank not above the maximum. */
static inline int64_t litert_layout_dimension(const litert_layout *layout, size_t axis) {
    return layout->dimensions[axis];
}

/* The type of a tensor with up to the maximum of dimensions, each of which must fit. */
static inline litert_tensor_type litert_tensor_type_make(
    int32_t element, const int64_t *_Nullable dimensions, size_t rank) {
    litert_tensor_type type = {.element = element, .layout = {.rank_and_flag = (uint32_t)rank}};
    for (size_t axis = 0; axis < rank; axis++) type.layout.dimensions[axis] = (int32_t)dimensions[axis];
    return type;
}

#pragma clang assume_nonnull end

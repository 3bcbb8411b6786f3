/* Tensors: their types, and values that hold them. */
#pragma once

#include "onnx_allocator.h"

#pragma clang assume_nonnull begin

/* ---- Types ---- */

ONNX_INLINE void onnx_type_info_release(const onnx_table *table, onnx_type_info *info) {
    ONNX_CALL(ReleaseTypeInfo, void, onnx_type_info *)(info);
}

/* NULL if it is not the type of a tensor; belongs to the type. */
ONNX_INLINE onnx_status *_Nullable onnx_type_info_tensor(
    const onnx_table *table, const onnx_type_info *info, const onnx_tensor_info *_Nullable *_Nonnull tensor) {
    return ONNX_STATUS(CastTypeInfoToTensorInfo, const onnx_type_info *, const onnx_tensor_info **)(
        info, tensor);
}

ONNX_INLINE onnx_status *_Nullable onnx_tensor_info_element_type(
    const onnx_table *table, const onnx_tensor_info *info, int *type) {
    return ONNX_STATUS(GetTensorElementType, const onnx_tensor_info *, int *)(info, type);
}

ONNX_INLINE onnx_status *_Nullable onnx_tensor_info_rank(
    const onnx_table *table, const onnx_tensor_info *info, size_t *rank) {
    return ONNX_STATUS(GetDimensionsCount, const onnx_tensor_info *, size_t *)(info, rank);
}

/* A dimension that is not known is -1. */
ONNX_INLINE onnx_status *_Nullable onnx_tensor_info_dimensions(
    const onnx_table *table, const onnx_tensor_info *info, int64_t *_Nullable dimensions, size_t rank) {
    return ONNX_STATUS(GetDimensions, const onnx_tensor_info *, int64_t *, size_t)(info, dimensions, rank);
}

/* The names of dimensions that are not known, or empty texts; they belong to the type. */
ONNX_INLINE onnx_status *_Nullable onnx_tensor_info_symbols(
    const onnx_table *table, const onnx_tensor_info *info, const char *_Nullable *_Nullable symbols,
    size_t rank) {
    return ONNX_STATUS(GetSymbolicDimensions, const onnx_tensor_info *, const char **, size_t)(
        info, symbols, rank);
}

ONNX_INLINE void onnx_tensor_info_release(const onnx_table *table, onnx_tensor_info *info) {
    ONNX_CALL(ReleaseTensorTypeAndShapeInfo, void, onnx_tensor_info *)(info);
}

/* ---- Values ---- */

ONNX_INLINE void onnx_value_release(const onnx_table *table, onnx_value *value) {
    ONNX_CALL(ReleaseValue, void, onnx_value *)(value);
}

/* A tensor whose elements the library allocates. */
ONNX_INLINE onnx_status *_Nullable onnx_value_create(
    const onnx_table *table, onnx_allocator *allocator, const int64_t *_Nullable dimensions, size_t rank,
    int type, onnx_value *_Nullable *_Nonnull value) {
    return ONNX_STATUS(
        CreateTensorAsOrtValue, onnx_allocator *, const int64_t *, size_t, int, onnx_value **)(
        allocator, dimensions, rank, type, value);
}

/* A tensor whose elements lie at the given place, which must outlive it. */
ONNX_INLINE onnx_status *_Nullable onnx_value_wrap(
    const onnx_table *table, const onnx_memory_info *info, void *elements, size_t byte_count,
    const int64_t *_Nullable dimensions, size_t rank, int type, onnx_value *_Nullable *_Nonnull value) {
    return ONNX_STATUS(
        CreateTensorWithDataAsOrtValue, const onnx_memory_info *, void *, size_t, const int64_t *, size_t,
        int, onnx_value **)(
        info, elements, byte_count, dimensions, rank, type, value);
}

/* Whether there is anything in the value: an optional output may have nothing. */
ONNX_INLINE onnx_status *_Nullable onnx_value_is_present(
    const onnx_table *table, const onnx_value *value, int *is_present) {
    return ONNX_STATUS(HasValue, const onnx_value *, int *)(value, is_present);
}

/* Whether what is in the value is a tensor, or would be if there was something. */
ONNX_INLINE onnx_status *_Nullable onnx_value_is_tensor(
    const onnx_table *table, const onnx_value *value, int *is_tensor) {
    return ONNX_STATUS(IsTensor, const onnx_value *, int *)(value, is_tensor);
}

/* Valid as long as the value. */
ONNX_INLINE onnx_status *_Nullable onnx_value_elements(
    const onnx_table *table, onnx_value *value, void *_Nullable *_Nonnull elements) {
    return ONNX_STATUS(GetTensorMutableData, onnx_value *, void **)(value, elements);
}

/* Belongs to the caller. */
ONNX_INLINE onnx_status *_Nullable onnx_value_tensor_info(
    const onnx_table *table, const onnx_value *value, onnx_tensor_info *_Nullable *_Nonnull info) {
    return ONNX_STATUS(GetTensorTypeAndShape, const onnx_value *, onnx_tensor_info **)(value, info);
}

/* Copies texts that end with a NUL each. */
ONNX_INLINE onnx_status *_Nullable onnx_value_fill_strings(
    const onnx_table *table, onnx_value *value, const char *_Nonnull const *_Nonnull strings,
    size_t count) {
    return ONNX_STATUS(FillStringTensor, onnx_value *, const char *const *, size_t)(value, strings, count);
}

/* Bytes of all strings together, without ends. */
ONNX_INLINE onnx_status *_Nullable onnx_value_strings_byte_count(
    const onnx_table *table, const onnx_value *value, size_t *byte_count) {
    return ONNX_STATUS(GetStringTensorDataLength, const onnx_value *, size_t *)(value, byte_count);
}

/* Copies all strings back to back, without ends, and tells where each begins. */
ONNX_INLINE onnx_status *_Nullable onnx_value_copy_strings(
    const onnx_table *table, const onnx_value *value, void *bytes, size_t byte_count, size_t *offsets,
    size_t count) {
    return ONNX_STATUS(GetStringTensorContent, const onnx_value *, void *, size_t, size_t *, size_t)(
        value, bytes, byte_count, offsets, count);
}

#pragma clang assume_nonnull end

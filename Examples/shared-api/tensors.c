/* Tensors: made, filled, read, joined and cut. */
#include <string.h>

#include "server.h"

outcome check_created(void) {
    long long shape[] = {2, 3};
    CHECK(RedisAI_TensorCreate("INVALID", shape, 2) == NULL);
    long long negative[] = {2, -3};
    CHECK(RedisAI_TensorCreate("INT8", negative, 2) == NULL);

    RAI_Tensor *t = RedisAI_TensorCreate("INT8", shape, 2);
    CHECK(t && RedisAI_TensorLength(t) == 6 && RedisAI_TensorByteSize(t) == 6);
    CHECK(RedisAI_TensorDataSize(t) == 1 && RedisAI_TensorNumDims(t) == 2);
    CHECK(RedisAI_TensorDim(t, 0) == 2 && RedisAI_TensorDim(t, 1) == 3 && RedisAI_TensorDim(t, 2) == -1);
    long long value = 1;
    for (int index = 0; index < 6; index++) {
        CHECK(RedisAI_TensorGetValueAsLongLong(t, index, &value) == 1 && value == 0);
    }
    CHECK(RedisAI_TensorSetValueFromLongLong(t, 5, -7) == 1 && RedisAI_TensorData(t)[5] == -7);
    CHECK(RedisAI_TensorSetValueFromLongLong(t, 6, 1) == 0);
    CHECK(RedisAI_TensorSetValueFromLongLong(t, 0, 128) == 0);
    double real = 0;
    CHECK(RedisAI_TensorGetValueAsDouble(t, 0, &real) == 0 && RedisAI_TensorSetValueFromDouble(t, 0, 1) == 0);
    RedisAI_TensorFree(t);

    t = RedisAI_TensorCreate("DOUBLE", shape, 2);
    CHECK(RedisAI_TensorSetValueFromDouble(t, 1, 0.5) == 1);
    CHECK(RedisAI_TensorGetValueAsDouble(t, 1, &real) == 1 && real == 0.5);
    CHECK(RedisAI_TensorGetValueAsLongLong(t, 1, &value) == 0);
    RAI_Tensor *same = RedisAI_TensorGetShallowCopy(t);
    CHECK(same == t);
    RedisAI_TensorFree(t);
    CHECK(RedisAI_TensorLength(same) == 6);
    RedisAI_TensorFree(same);

    t = RedisAI_TensorCreate("FLOAT16", shape, 2);
    CHECK(RedisAI_TensorSetValueFromDouble(t, 1, 0.5) == 1 && RedisAI_TensorData(t)[3] == 0x38);
    CHECK(RedisAI_TensorGetValueAsDouble(t, 1, &real) == 1 && real == 0.5);
    RedisAI_TensorFree(t);

    const char bools[] = {1, 0, 1, 0, 1, 2};
    t = RedisAI_TensorCreate("BOOL", shape, 2);
    CHECK(RedisAI_TensorSetData(t, bools, 6) == 0 && RedisAI_TensorSetData(t, bools, 5) == 0);
    RedisAI_TensorFree(t);

    long long three[] = {3};
    t = RedisAI_TensorCreate("STRING", three, 1);
    CHECK(RedisAI_TensorByteSize(t) == 3 && RedisAI_TensorData(t)[0] == 0);
    CHECK(RedisAI_TensorSetData(t, "one\0two", 8) == 0);
    CHECK(RedisAI_TensorSetData(t, "one\0two\0three", 14) == 1 && RedisAI_TensorByteSize(t) == 14);
    CHECK(strcmp(RedisAI_TensorData(t) + 8, "three") == 0);
    /* Somebody else may be reading it. */
    same = RedisAI_TensorGetShallowCopy(t);
    CHECK(RedisAI_TensorSetData(t, "1\0002\0003", 6) == 0);
    RedisAI_TensorFree(same);
    CHECK(RedisAI_TensorSetData(t, "1\0002\0003", 6) == 1);
    RedisAI_TensorFree(t);
    CHECK(RedisAI_TensorRedisType() != NULL && RedisAI_ModelRedisType() != NULL);
    CHECK(RedisAI_ScriptRedisType() != NULL);
    return NULL;
}

static RAI_Tensor *make_strings(long long rows, const char *data, size_t length) {
    long long shape[] = {rows, 4};
    RAI_Tensor *tensor = RedisAI_TensorCreate("STRING", shape, 2);
    RedisAI_TensorSetData(tensor, data, length);
    return tensor;
}

static const char first_row[] = "this\0is\0the\0first";
static const char other_rows[] = "and\0this\0is\0a\0longer\0one\0of\0two";

outcome check_joined(void) {
    RAI_Tensor *parts[] = {
        make_strings(1, first_row, sizeof first_row), make_strings(2, other_rows, sizeof other_rows)};
    RAI_Tensor *all = RedisAI_TensorCreateByConcatenatingTensors(parts, 2);
    CHECK(all && RedisAI_TensorDim(all, 0) == 3 && RedisAI_TensorDim(all, 1) == 4);
    CHECK(RedisAI_TensorByteSize(all) == sizeof first_row + sizeof other_rows);
    CHECK(memcmp(RedisAI_TensorData(all), first_row, sizeof first_row) == 0);
    CHECK(memcmp(RedisAI_TensorData(all) + sizeof first_row, other_rows, sizeof other_rows) == 0);
    RAI_Tensor *number = make_input();
    RAI_Tensor *unlike[] = {parts[0], number};
    CHECK(RedisAI_TensorCreateByConcatenatingTensors(unlike, 2) == NULL);
    CHECK(RedisAI_TensorCreateByConcatenatingTensors(parts, 0) == NULL);
    RedisAI_TensorFree(number);
    RedisAI_TensorFree(all);
    RedisAI_TensorFree(parts[0]);
    RedisAI_TensorFree(parts[1]);
    return NULL;
}

outcome check_sliced(void) {
    RAI_Tensor *parts[] = {
        make_strings(1, first_row, sizeof first_row), make_strings(2, other_rows, sizeof other_rows)};
    RAI_Tensor *all = RedisAI_TensorCreateByConcatenatingTensors(parts, 2);
    RAI_Tensor *one = RedisAI_TensorCreateBySlicingTensor(all, 0, 1);
    RAI_Tensor *two = RedisAI_TensorCreateBySlicingTensor(all, 1, 2);
    CHECK(one && RedisAI_TensorDim(one, 0) == 1 && two && RedisAI_TensorDim(two, 0) == 2);
    CHECK(RedisAI_TensorByteSize(one) == sizeof first_row);
    CHECK(memcmp(RedisAI_TensorData(one), first_row, sizeof first_row) == 0);
    CHECK(memcmp(RedisAI_TensorData(two), other_rows, sizeof other_rows) == 0);
    CHECK(RedisAI_TensorCreateBySlicingTensor(all, 2, 2) == NULL);
    CHECK(RedisAI_TensorCreateBySlicingTensor(all, -1, 1) == NULL);
    CHECK(RedisAI_TensorCreateBySlicingTensor(all, 0, -1) == NULL);
    RAI_Tensor *made[] = {parts[0], parts[1], all, one, two};
    for (size_t index = 0; index < sizeof made / sizeof *made; index++) RedisAI_TensorFree(made[index]);
    return NULL;
}

/* Times in nanoseconds, each kept, so that every percentile is exact.

   A histogram would be smaller, but the times that matter here are a few microseconds, and the steps of the
   usual histograms are as large as that. A run of seconds gives a few million samples at most. */
#ifndef BENCHMARKS_SAMPLES_H
#define BENCHMARKS_SAMPLES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct {
    uint64_t *values;
    size_t count;
    size_t capacity;
} Samples;

static inline uint64_t nanoseconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void samples_grow(Samples *samples) {
    samples->capacity = samples->capacity == 0 ? 1u << 16 : samples->capacity * 2;
    samples->values = realloc(samples->values, samples->capacity * sizeof(uint64_t));
    if (samples->values == NULL) {
        fputs("no memory left for the samples\n", stderr);
        exit(1);
    }
}

static inline void samples_add(Samples *samples, uint64_t value) {
    if (samples->count == samples->capacity) samples_grow(samples);
    samples->values[samples->count++] = value;
}

static inline int samples_order(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* Prints one JSON object. `seconds` is the time in which the samples were taken, for the rate. */
static inline void samples_print(Samples *samples, double seconds, const char *more) {
    if (samples->count == 0) {
        fputs("not a single sample was taken\n", stderr);
        exit(1);
    }
    qsort(samples->values, samples->count, sizeof(uint64_t), samples_order);
    double sum = 0;
    for (size_t index = 0; index < samples->count; index++) sum += (double)samples->values[index];
    printf("{\"count\": %zu, \"seconds\": %.6f, \"per_second\": %.1f, \"mean_ns\": %.1f, \"p50_ns\": %llu, "
           "\"p99_ns\": %llu, \"max_ns\": %llu%s}\n",
           samples->count, seconds, (double)samples->count / seconds, sum / (double)samples->count,
           (unsigned long long)samples->values[samples->count / 2],
           (unsigned long long)samples->values[samples->count - 1 - (samples->count - 1) / 100],
           (unsigned long long)samples->values[samples->count - 1], more);
}

#endif

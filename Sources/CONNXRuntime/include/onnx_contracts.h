/* Conditions of the library's own code that do not hold: an error of the run instead of the process's end. */
#pragma once

#include "onnx_base.h"

#pragma clang assume_nonnull begin

/*
 * The library looks before it takes an element of a list (the spans of its GSL), and ends the process if
 * there is none, though its operators take dimensions and axes for granted that inputs need not have (seen
 * with 1.32: DFT, GridSample, MaxRoiPool, Multinomial, ReverseSequence and STFT of too few dimensions). It
 * does so through a function that it imports. Ours throws in its place what the library makes a status of.
 *
 * Where a compiler knows that nothing is thrown, it notes nothing of what is to be tidied up, and the C++
 * runtime ends the process over an exception that comes by. So the function that it asks about each frame of
 * the library is ours, too, and passes such frames by. What they held is lost.
 */

/* Names of what the library imports. */
#define ONNX_TERMINATE_SYMBOL "_ZSt9terminatev"
#define ONNX_PERSONALITY_SYMBOL "__gxx_personality_v0"
/* Which exception the thread is at. */
#define ONNX_CURRENT_EXCEPTION_SYMBOL "__cxa_current_exception_type"

/* What a run or build fails with. */
#define ONNX_CONTRACT_TEXT \
    "the operator takes for granted what its inputs or attributes do not have, such as a dimension"

/* The functions that come in the place of those. */
typedef struct onnx_contracts {
    void *terminate;
    void *personality;
} onnx_contracts;

/*
 * Takes the addresses of the true functions, and of the one that throws a text, which is that of
 * ONNX_THROW_TEXT_SYMBOL.
 */
onnx_contracts onnx_contracts_prepare(
    void *terminate, void *personality, void *current_exception, void *throw_text);

#pragma clang assume_nonnull end

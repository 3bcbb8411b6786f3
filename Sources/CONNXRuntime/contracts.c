#include <stdbool.h>
#include <string.h>
#include <unwind.h>

#include "onnx_contracts.h"

typedef _Unwind_Reason_Code (*personality)(
    int version, _Unwind_Action actions, _Unwind_Exception_Class kind, struct _Unwind_Exception *exception,
    struct _Unwind_Context *context);

static struct {
    void (*terminate)(void);
    personality personality;
    void *(*current_exception)(void);
    void (*throw_text)(const char *text);
} truly;

/* On a thread of the library's own nobody catches, and what is thrown ends the process as before. */
static void break_contract(void) {
    /* Over an exception, what ends is no condition but what the exception must not leave. */
    if (truly.current_exception()) truly.terminate();
    truly.throw_text(ONNX_CONTRACT_TEXT);
}

/* What the C++ runtime keeps of an exception it has found a place for; it lies before the exception. */
enum { KEPT_WORDS = 5, LANDING_WORD = -2 };

/* Whether the runtime would end the process, since its notes do not have the place in the frame. */
static bool is_unexpected(
    int version, _Unwind_Exception_Class kind, struct _Unwind_Exception *exception,
    struct _Unwind_Context *context) {
    uintptr_t *words = (uintptr_t *)exception, kept[KEPT_WORDS];
    memcpy(kept, words - KEPT_WORDS, sizeof kept);
    bool is_caught =
        truly.personality(version, _UA_SEARCH_PHASE, kind, exception, context) == _URC_HANDLER_FOUND;
    bool is_unexpected = is_caught && words[LANDING_WORD] == 0;
    memcpy(words - KEPT_WORDS, kept, sizeof kept);
    return is_unexpected;
}

static _Unwind_Reason_Code judge_frame(
    int version, _Unwind_Action actions, _Unwind_Exception_Class kind, struct _Unwind_Exception *exception,
    struct _Unwind_Context *context) {
    /* "GNUCC++", a zero at its end: those that are thrown, not thrown again elsewhere, not of others. */
    const _Unwind_Exception_Class thrown = 0x474e5543432b2b00;
    bool is_ours = kind == thrown && !(actions & (_UA_FORCE_UNWIND | _UA_HANDLER_FRAME));
    if (is_ours && is_unexpected(version, kind, exception, context)) return _URC_CONTINUE_UNWIND;
    return truly.personality(version, actions, kind, exception, context);
}

onnx_contracts onnx_contracts_prepare(
    void *terminate, void *personality_function, void *current_exception, void *throw_text) {
    truly.terminate = (void (*)(void))terminate;
    truly.personality = (personality)personality_function;
    truly.current_exception = (void *(*)(void))current_exception;
    truly.throw_text = (void (*)(const char *))throw_text;
    return (onnx_contracts){(void *)break_contract, (void *)judge_frame};
}

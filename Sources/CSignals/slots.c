#define _GNU_SOURCE  // gettid
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CSignals.h"
#include "signals.h"

signals_slots signals_first_slots;

static signals_label *free_labels;
static atomic_flag labels_are_used = ATOMIC_FLAG_INIT;

signals_label *signals_take_label(void) {
    while (atomic_flag_test_and_set_explicit(&labels_are_used, memory_order_acquire)) {}
    signals_label *label = free_labels;
    if (label) free_labels = label->next;
    atomic_flag_clear_explicit(&labels_are_used, memory_order_release);
    return label ? label : calloc(1, sizeof *label);
}

void signals_give_back_label(signals_label *label) {
    memset(label->text, 0, sizeof label->text);
    while (atomic_flag_test_and_set_explicit(&labels_are_used, memory_order_acquire)) {}
    label->next = free_labels;
    free_labels = label;
    atomic_flag_clear_explicit(&labels_are_used, memory_order_release);
}

void signals_set_label(signals_label *label, const uint8_t *text, size_t length) {
    size_t longest = sizeof label->text - 1;
    if (length > longest) length = longest;
    // A reader meanwhile finds an end at the latest at the last byte, which stays zero.
    if (length) memcpy(label->text, text, length);
    memset(label->text + length, 0, sizeof label->text - length);
}

static signals_slot *take_from(signals_slots *part) {
    for (int i = 0; i < SIGNALS_SLOT_COUNT; i++) {
        bool is_taken = false;
        if (atomic_compare_exchange_strong(&part->slots[i].is_taken, &is_taken, true)) return &part->slots[i];
    }
    return NULL;
}

// What follows the part; made if nothing does.
static signals_slots *following(signals_slots *part) {
    signals_slots *next = atomic_load(&part->next);
    if (next) return next;
    signals_slots *fresh = calloc(1, sizeof *fresh);
    // A run that no division could be told to would answer with wrong numbers.
    if (!fresh) abort();
    if (atomic_compare_exchange_strong(&part->next, &next, fresh)) return fresh;
    free(fresh);
    return next;
}

signals_slot *signals_take_slot(void) {
    for (signals_slots *part = &signals_first_slots;; part = following(part)) {
        signals_slot *slot = take_from(part);
        if (slot) return slot;
    }
}

void signals_give_back_slot(signals_slot *slot) {
    atomic_store(&slot->label, NULL);
    atomic_store(&slot->has_divided_by_zero, false);
    atomic_store(&slot->is_taken, false);
}

int signals_thread(void) {
    static _Thread_local int number;
    if (!number) number = (int)syscall(SYS_gettid);
    return number;
}

// Appends to a text that has room for `size` bytes.
static void append(char *text, size_t size, const char *more) {
    size_t length = strnlen(text, size - 1);
    while (*more && length < size - 1) text[length++] = *more++;
    text[length] = 0;
}

static void append_number(char *text, size_t size, unsigned number) {
    char digits[12];
    char *at = digits + sizeof digits - 1;
    *at = 0;
    do { *--at = (char)('0' + number % 10); } while (number /= 10);
    append(text, size, at);
}

void signals_each(void (*tell)(void *context, const char *name, const char *text), void *context) {
    int self = (int)syscall(SYS_gettid);
    signals_slots *part = NULL;
    for (signals_slot *slot = NULL; (slot = signals_next_slot(&part, slot));) {
        const signals_label *label = atomic_load(&slot->label);
        if (!label) continue;
        char name[32] = "thread_", text[SIGNALS_LABEL_SIZE + 64] = "";
        append_number(name, sizeof name, (unsigned)slot->thread);
        append(text, sizeof text, slot->is_build ? "does=build" : "does=run");
        if (slot->thread == self) append(text, sizeof text, ",reports=yes");
        append(text, sizeof text, ",");
        append(text, sizeof text, label->text);
        tell(context, name, text);
    }
}

#define _GNU_SOURCE  // gettid
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CSignals.h"
#include "signals.h"

signals_slot signals_slots[SIGNALS_SLOT_COUNT];
static signals_slot unseen;

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

signals_slot *signals_take_slot(void) {
    for (int i = 0; i < SIGNALS_SLOT_COUNT; i++) {
        bool is_taken = false;
        if (atomic_compare_exchange_strong(&signals_slots[i].is_taken, &is_taken, true)) {
            return &signals_slots[i];
        }
    }
    return &unseen;
}

void signals_give_back_slot(signals_slot *slot) {
    if (slot == &unseen) return;
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
    for (int i = 0; i < SIGNALS_SLOT_COUNT; i++) {
        signals_slot *slot = &signals_slots[i];
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

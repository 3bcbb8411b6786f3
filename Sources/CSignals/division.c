#define _GNU_SOURCE  // REG_RAX and its kin
#include <string.h>

#include "signals.h"

#if defined(__x86_64__)

typedef unsigned __int128 wide;

// The registers by their numbers in instructions.
static const int registers[16] = {
    REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
    REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

struct instruction {
    const uint8_t *next;
    uint8_t rex;
    bool has_short_operands, has_short_addresses, has_segment;
};

static uint64_t value_of(const greg_t *gregs, int number) { return (uint64_t)gregs[registers[number]]; }

static void read_prefixes(struct instruction *code) {
    for (;; code->next++) {
        switch (*code->next) {
        case 0x66: code->has_short_operands = true; continue;
        case 0x67: code->has_short_addresses = true; continue;
        case 0x64: case 0x65: code->has_segment = true; continue;
        case 0x26: case 0x2e: case 0x36: case 0x3e: case 0xf2: case 0xf3: continue;
        }
        break;
    }
    if ((*code->next & 0xf0) == 0x40) code->rex = *code->next++;
}

static int64_t displacement(struct instruction *code, int width) {
    int8_t byte;
    int32_t word;
    if (width == 1) {
        memcpy(&byte, code->next, 1);
        code->next += 1;
        return byte;
    }
    memcpy(&word, code->next, 4);
    code->next += 4;
    return word;
}

// The address that a ModRM byte with its followers means; `code` is behind all of them then.
static uint64_t address(struct instruction *code, const greg_t *gregs, uint8_t modrm) {
    int mod = modrm >> 6, base = modrm & 7;
    uint64_t sum = 0;
    if (base == 4) {
        uint8_t sib = *code->next++;
        int index = ((sib >> 3) & 7) | (code->rex & 2) << 2;
        if (index != 4) sum += value_of(gregs, index) << (sib >> 6);
        base = sib & 7;
        if (base == 5 && mod == 0) return sum + (uint64_t)displacement(code, 4);
    } else if (base == 5 && mod == 0) {
        sum = (uint64_t)displacement(code, 4);
        return sum + (uint64_t)code->next;
    }
    sum += value_of(gregs, base | (code->rex & 1) << 3);
    if (mod == 1) sum += (uint64_t)displacement(code, 1);
    if (mod == 2) sum += (uint64_t)displacement(code, 4);
    return sum;
}

static uint64_t low_bits(uint64_t value, int bytes) {
    return bytes == 8 ? value : value & ((1ull << (8 * bytes)) - 1);
}

// The operand, of so many bytes.
static uint64_t divisor(struct instruction *code, const greg_t *gregs, uint8_t modrm, int bytes) {
    int number = (modrm & 7) | (code->rex & 1) << 3;
    if (modrm >> 6 == 3) {
        // Without a REX prefix the numbers 4 to 7 mean the second bytes of the first four registers.
        if (bytes == 1 && !code->rex && number >= 4) return low_bits(value_of(gregs, number - 4) >> 8, 1);
        return low_bits(value_of(gregs, number), bytes);
    }
    uint64_t place = address(code, gregs, modrm), value = 0;
    if (code->has_short_addresses) place = (uint32_t)place;
    // The processor has just read it.
    memcpy(&value, (const void *)place, (size_t)bytes);
    return value;
}

static wide dividend(const greg_t *gregs, int bytes) {
    uint64_t low = (uint64_t)gregs[REG_RAX], high = (uint64_t)gregs[REG_RDX];
    if (bytes == 1) return low_bits(low, 2);
    return (wide)low_bits(high, bytes) << (8 * bytes) | low_bits(low, bytes);
}

static void store(greg_t *gregs, int bytes, uint64_t quotient, uint64_t remainder) {
    uint64_t low = (uint64_t)gregs[REG_RAX], high = (uint64_t)gregs[REG_RDX];
    switch (bytes) {
    case 1:
        low = (low & ~0xffffull) | low_bits(remainder, 1) << 8 | low_bits(quotient, 1);
        break;
    case 2:
        low = (low & ~0xffffull) | low_bits(quotient, 2);
        high = (high & ~0xffffull) | low_bits(remainder, 2);
        break;
    default:
        // Writing four bytes clears the others.
        low = low_bits(quotient, bytes);
        high = low_bits(remainder, bytes);
    }
    gregs[REG_RAX] = (greg_t)low;
    gregs[REG_RDX] = (greg_t)high;
}

// Truncates towards zero, as the processor does; the remainder has the dividend's sign.
static void divide(greg_t *gregs, int bytes, wide above, uint64_t below, bool is_signed) {
    int bits = 8 * bytes;
    wide negative = (wide)1 << (2 * bits - 1);
    bool above_sign = is_signed && (above & negative), below_sign = is_signed && (below >> (bits - 1));
    if (above_sign) above = bits == 64 ? -above : (((wide)1 << (2 * bits)) - above);
    if (below_sign) below = low_bits(-below, bytes);
    wide quotient = above / below, remainder = above % below;
    if (above_sign != below_sign) quotient = -quotient;
    if (above_sign) remainder = -remainder;
    store(gregs, bytes, (uint64_t)quotient, (uint64_t)remainder);
}

enum division signals_finish_division(ucontext_t *context) {
    greg_t *gregs = context->uc_mcontext.gregs;
    struct instruction code = {.next = (const uint8_t *)gregs[REG_RIP]};
    read_prefixes(&code);
    uint8_t opcode = *code.next++, modrm = *code.next++;
    int operation = (modrm >> 3) & 7;
    // DIV is number 6 of its group, IDIV number 7. Operands beside thread-local memory are not understood.
    if ((opcode != 0xf6 && opcode != 0xf7) || operation < 6) return DIVISION_OTHER;
    if (code.has_segment && modrm >> 6 != 3) return DIVISION_OTHER;
    int bytes = opcode == 0xf6 ? 1 : code.rex & 8 ? 8 : code.has_short_operands ? 2 : 4;
    uint64_t below = divisor(&code, gregs, modrm, bytes);
    if (below) {
        divide(gregs, bytes, dividend(gregs, bytes), below, operation == 7);
    } else {
        store(gregs, bytes, 0, 0);
    }
    gregs[REG_RIP] = (greg_t)code.next;
    return below ? DIVISION_OVERFLOW : DIVISION_BY_ZERO;
}

#else

// Elsewhere a division always has a result.
enum division signals_finish_division(ucontext_t *context) {
    (void)context;
    return DIVISION_OTHER;
}

#endif

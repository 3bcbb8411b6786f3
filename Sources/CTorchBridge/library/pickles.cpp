// Walks through the codes of a pickle.
#include "pickles.h"

#include <cstdint>

#include "bridge.h"

namespace bridge {

namespace {

// How long what follows a code is.
enum class Rest {
    none, one, two, four, eight, counted1, counted4, counted8, place1, place4, line, two_lines
};

// Those that libtorch knows, and their neighbours in the same protocols.
std::optional<Rest> rest_of(uint8_t code) {
    switch (code) {
        case 'J': case 'j': case 0x84: return Rest::four;
        case 'K': case 'h': case 0x80: case 0x82: return Rest::one;
        case 'M': case 0x83: return Rest::two;
        case 'G': case 0x95: return Rest::eight;
        case 'U': case 'C': case 0x8a: case 0x8c: return Rest::counted1;
        case 'T': case 'B': case 'X': case 0x8b: return Rest::counted4;
        case 0x8d: case 0x8e: return Rest::counted8;
        case 'q': return Rest::place1;
        case 'r': return Rest::place4;
        case 'F': case 'I': case 'L': case 'P': case 'S': case 'V': case 'g': case 'p': return Rest::line;
        case 'c': case 'i': return Rest::two_lines;
        case '(': case '.': case '0': case '1': case '2': case 'N': case 'Q': case 'R': case 'a': case 'b':
        case 'd': case '}': case 'e': case 'l': case ']': case 'o': case 's': case 't': case ')': case 'u':
            return Rest::none;
        default: return code >= 0x81 && code <= 0x94 ? std::optional(Rest::none) : std::nullopt;
    }
}

class PickleWalk {
public:
    PickleWalk(const char *bytes, size_t count) : bytes_(bytes), count_(count) {}

    void walk() {
        while (place_ < count_) {
            auto code = static_cast<uint8_t>(bytes_[place_++]);
            auto rest = rest_of(code);
            if (!rest) throw Failure("ERR values of the model are written in an unknown way");
            if (code == '.') return;
            skip(*rest);
        }
    }

private:
    void skip(Rest rest) {
        switch (rest) {
            case Rest::none: return;
            case Rest::one: return advance(1);
            case Rest::two: return advance(2);
            case Rest::four: return advance(4);
            case Rest::eight: return advance(8);
            case Rest::counted1: return advance(number(1));
            case Rest::counted4: return advance(number(4));
            case Rest::counted8: return advance(number(8));
            case Rest::place1: return check_place(number(1));
            case Rest::place4: return check_place(number(4));
            case Rest::line: return skip_line();
            case Rest::two_lines:
                skip_line();
                return skip_line();
        }
    }

    // Writers count places up, one for each value that they keep; a value has a byte at least.
    void check_place(uint64_t place) {
        if (place > count_) throw Failure("ERR values of the model are kept where no values can be");
    }

    void advance(uint64_t count) {
        if (count > count_ - place_) throw Failure("ERR a value of the model is longer than its data");
        place_ += size_t(count);
    }

    uint64_t number(size_t width) {
        size_t start = place_;
        advance(width);
        uint64_t value = 0;
        for (size_t index = width; index > 0; --index) {
            value = value << 8 | static_cast<uint8_t>(bytes_[start + index - 1]);
        }
        return value;
    }

    void skip_line() {
        while (place_ < count_) {
            if (bytes_[place_++] == '\n') return;
        }
    }

    const char *bytes_;
    size_t count_;
    size_t place_ = 0;
};

}  // namespace

void check_pickle(const char *bytes, size_t byte_count) { PickleWalk(bytes, byte_count).walk(); }

}  // namespace bridge

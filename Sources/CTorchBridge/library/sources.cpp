// libtorch's compiler calls itself for everything that stands within something else.
#include "bridge.h"

namespace bridge {

namespace {

constexpr int deepest_bracket = 500;
constexpr int deepest_indentation = 400;
constexpr int longest_expression = 5000;
constexpr int longest_else_chain = 5000;

[[noreturn]] void refuse() { throw Failure("ERR the source is nested too deeply"); }

bool is_letter(char byte) { return isalnum(static_cast<unsigned char>(byte)) || byte == '_'; }

// Walks over a text and counts what the compiler would recurse over.
class Nesting {
public:
    explicit Nesting(const std::string &text) : text_(text) {}

    void check() {
        while (place_ < text_.size()) step();
    }

private:
    void step() {
        char byte = text_[place_];
        if (byte == '#') return skip_comment();
        if (byte == '"' || byte == '\'') return skip_literal(byte);
        if (byte == '\n') return end_line();
        if (is_letter(byte)) return read_word();
        if (byte == '(' || byte == '[' || byte == '{') count(++brackets_, deepest_bracket);
        if ((byte == ')' || byte == ']' || byte == '}') && brackets_ > 0) --brackets_;
        if (byte == ',' || byte == ';') operators_ = 0;
        else if (!isspace(static_cast<unsigned char>(byte))) count(++operators_, longest_expression);
        ++place_;
    }

    void skip_comment() {
        while (place_ < text_.size() && text_[place_] != '\n') ++place_;
    }

    void skip_literal(char quote) {
        bool is_long = text_.compare(place_, 3, std::string(3, quote)) == 0;
        std::string end(is_long ? 3 : 1, quote);
        place_ += end.size();
        while (place_ < text_.size() && text_.compare(place_, end.size(), end) != 0) {
            // A short literal ends with its line at the latest, as it does for the compiler.
            if (!is_long && text_[place_] == '\n') return;
            place_ += text_[place_] == '\\' ? 2 : 1;
        }
        place_ += end.size();
        // Literals that follow each other are joined.
        count(++operators_, longest_expression);
    }

    void end_line() {
        ++place_;
        if (brackets_ == 0) operators_ = 0;
        int indentation = 0;
        while (place_ < text_.size() && (text_[place_] == ' ' || text_[place_] == '\t')) {
            ++indentation;
            ++place_;
        }
        // Lines within brackets may be indented as they like.
        if (brackets_ == 0 && place_ < text_.size() && text_[place_] != '\n' && text_[place_] != '#') {
            count(indentation, deepest_indentation);
        }
    }

    void read_word() {
        auto begin = place_;
        while (place_ < text_.size() && is_letter(text_[place_])) ++place_;
        if (text_.compare(begin, place_ - begin, "elif") == 0) count(++else_chain_, longest_else_chain);
        // Words may be operators: `not`, `and`, `if`.
        count(++operators_, longest_expression);
    }

    void count(int number, int limit) {
        if (number > limit) refuse();
    }

    const std::string &text_;
    size_t place_ = 0;
    int brackets_ = 0;
    int operators_ = 0;
    int else_chain_ = 0;
};

}  // namespace

void check_nesting(const std::string &source) { Nesting(source).check(); }

}  // namespace bridge

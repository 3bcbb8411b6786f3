// Reads JSON.
#include "json.h"

#include <cctype>
#include <cstdlib>

#include "bridge.h"

namespace bridge {

namespace {

constexpr size_t deepest_nesting = 200;

[[noreturn]] void refuse_json() { throw Failure("ERR the archive's model.json cannot be read"); }

}  // namespace

class JsonReader {
public:
    explicit JsonReader(std::string_view text) : text_(text) {}

    Json read_all() {
        auto value = read_value(0);
        if (next() != 0) refuse_json();
        return value;
    }

private:
    // The next character that is no blank; 0 at the end.
    char next() {
        while (place_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[place_]))) ++place_;
        return place_ < text_.size() ? text_[place_] : 0;
    }

    bool take(char expected) {
        if (next() != expected) return false;
        ++place_;
        return true;
    }

    Json read_value(size_t depth) {
        if (depth > deepest_nesting) refuse_json();
        Json value;
        if (take('{')) {
            read_items('}', [&] {
                auto name = read_text();
                if (!take(':')) refuse_json();
                value.fields_.emplace_back(std::move(name), read_value(depth + 1));
            });
        } else if (take('[')) {
            read_items(']', [&] { value.list_.push_back(read_value(depth + 1)); });
        } else if (next() == '"') {
            value.text_ = read_text();
        } else {
            value.text_ = read_word();
        }
        return value;
    }

    template <typename Item>
    void read_items(char end, Item read_item) {
        if (take(end)) return;
        do read_item();
        while (take(','));
        if (!take(end)) refuse_json();
    }

    static bool is_of_word(char letter) {
        return std::isalnum(static_cast<unsigned char>(letter)) || letter == '+' || letter == '-' ||
            letter == '.';
    }

    // A number, true, false or null.
    std::string read_word() {
        next();
        std::string word;
        while (place_ < text_.size() && is_of_word(text_[place_])) word.push_back(text_[place_++]);
        if (word.empty()) refuse_json();
        return word == "null" ? "" : word;
    }

    std::string read_text() {
        if (!take('"')) refuse_json();
        std::string text;
        while (place_ < text_.size() && text_[place_] != '"') {
            char letter = text_[place_++];
            text.push_back(letter == '\\' ? read_escape() : letter);
        }
        if (place_ == text_.size()) refuse_json();
        ++place_;
        return text;
    }

    // Names and types are in ASCII.
    char read_escape() {
        if (place_ == text_.size()) refuse_json();
        char letter = text_[place_++];
        switch (letter) {
        case '"': case '\\': case '/': return letter;
        case 'n': return '\n';
        case 't': return '\t';
        case 'r': return '\r';
        case 'u': {
            if (text_.size() - place_ < 4) refuse_json();
            auto code = std::strtoul(std::string(text_.substr(place_, 4)).c_str(), nullptr, 16);
            if (code == 0 || code > 127) refuse_json();
            place_ += 4;
            return char(code);
        }
        default: refuse_json();
        }
    }

    std::string_view text_;
    size_t place_ = 0;
};

Json Json::parse(std::string_view text) { return JsonReader(text).read_all(); }

const Json &Json::operator[](std::string_view name) const {
    static const Json none;
    for (const auto &field : fields_) {
        if (field.first == name) return field.second;
    }
    return none;
}

int64_t Json::number(int64_t otherwise) const {
    if (text_.empty()) return otherwise;
    char *end = nullptr;
    auto value = std::strtoll(text_.c_str(), &end, 10);
    if (*end != 0) refuse_json();
    return value;
}

}  // namespace bridge

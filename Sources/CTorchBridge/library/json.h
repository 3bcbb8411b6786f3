// Text in JSON, as archives older than PyTorch 1.4 have it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bridge {

// A value: an object, a list, or what is written as one word or text, which numbers and truth values are too.
class Json {
public:
    // Throws if the text is no JSON, or nested too deeply.
    static Json parse(std::string_view text);

    // The value of a name; an empty one if there is none.
    const Json &operator[](std::string_view name) const;
    const std::vector<Json> &list() const { return list_; }
    const std::string &text() const { return text_; }
    bool is_true() const { return text_ == "true"; }
    // `otherwise` if there is none; throws if it is something else.
    int64_t number(int64_t otherwise) const;

private:
    friend class JsonReader;

    std::string text_;
    std::vector<Json> list_;
    std::vector<std::pair<std::string, Json>> fields_;
};

}  // namespace bridge

#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <caf/error.hpp>

#include "actors/gateway/wire/fields.hpp"
#include "actors/gateway/wire/wire.hpp"

namespace telltale {

/// Reads values of a query and remembers the first that is wrong. An empty
/// value counts as absent, as forms send it.
class query_reader {
public:
  explicit query_reader(const query_map& from) : from_(from) {}

  std::optional<std::string> text(const char* name) {
    const auto at = from_.find(name);
    if (at == from_.end() || at->second.empty())
      return std::nullopt;
    return at->second;
  }

  std::optional<std::string> id(const char* name) {
    auto value = text(name);
    if (value && !is_opaque_id(*value))
      fail(name, "must have 1 to 128 characters");
    return value;
  }

  template <class Parse>
  auto word(const char* name, Parse parse, std::string_view expected)
      -> decltype(parse(std::string_view{})) {
    const auto value = text(name);
    if (!value)
      return std::nullopt;
    auto known = parse(std::string_view{*value});
    if (!known)
      fail(name, expected);
    return known;
  }

  std::optional<std::int64_t> integer(const char* name, std::int64_t least,
                                      std::int64_t most) {
    const auto value = text(name);
    if (!value)
      return std::nullopt;
    std::int64_t number = 0;
    const auto* end = value->data() + value->size();
    const auto [stop, error] = std::from_chars(value->data(), end, number);
    if (error == std::errc{} && stop == end && number >= least
        && number <= most)
      return number;
    fail(name, "must be an integer from " + std::to_string(least) + " to "
                   + std::to_string(most));
    return std::nullopt;
  }

  void fail(const char* name, std::string_view explanation) {
    if (!error_)
      error_ = make_error(ec::invalid_field,
                          std::string{name} + " " + std::string{explanation});
  }

  [[nodiscard]] const caf::error& error() const noexcept { return error_; }

private:
  const query_map& from_;
  caf::error error_;
};

} // namespace telltale

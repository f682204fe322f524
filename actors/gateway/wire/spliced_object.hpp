#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "text/json_members.hpp"

namespace telltale {

/// Members of an object, those that are given first; the input's own bytes
/// stay as they are.
class spliced_object {
public:
  void put(std::string_view name, std::string_view text) {
    put_raw(name, boost::json::serialize(boost::json::value(text)));
  }

  void put(std::string_view name, std::uint32_t number) {
    put_raw(name, std::to_string(number));
  }

  void put(std::string_view name, const boost::json::object& object) {
    put_raw(name, boost::json::serialize(object));
  }

  void put_raw(std::string_view name, std::string_view raw) {
    text_ += text_.empty() ? '{' : ',';
    text_ += boost::json::serialize(boost::json::value(name));
    text_ += ':';
    text_ += raw;
    names_.emplace_back(name);
  }

  /// All members but those that are there already.
  void put_rest(std::string_view object) {
    for (const auto& member : text::members_of(object))
      if (std::ranges::count(names_, member.name) == 0)
        put_raw(member.name, member.value);
  }

  [[nodiscard]] std::string done() && {
    return text_.empty() ? "{}" : std::move(text_) + "}";
  }

private:
  std::string text_;
  std::vector<std::string> names_;
};

} // namespace telltale

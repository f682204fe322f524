#include "text/json_members.hpp"

#include <boost/json/parse.hpp>

namespace telltale::text {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at]))
    ++at;
  return at;
}

/// Past the string that begins at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\')
      ++at;
  return at < text.size() ? at + 1 : text.size();
}

/// Past the value that begins at `at`.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      if (depth == 0)
        return at;
      continue;
    }
    if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0)
        return at; // of the object around a number or a word
      if (--depth == 0)
        return at + 1;
    } else if (depth == 0 && (c == ',' || is_blank(c))) {
      return at;
    }
    ++at;
  }
  return at;
}

std::string decoded(std::string_view quoted) {
  boost::json::error_code error;
  const auto value = boost::json::parse({quoted.data(), quoted.size()}, error);
  if (error || !value.is_string())
    return {};
  const auto& text = value.get_string();
  return {text.data(), text.size()};
}

} // namespace

std::vector<json_member> members_of(std::string_view object) {
  std::vector<json_member> members;
  auto at = skip_blanks(object, 0);
  if (at == object.size() || object[at] != '{')
    return members;
  at = skip_blanks(object, at + 1);
  while (at < object.size() && object[at] == '"') {
    const auto name_end = end_of_string(object, at);
    const auto name = object.substr(at, name_end - at);
    at = skip_blanks(object, name_end);
    if (at == object.size() || object[at] != ':')
      break;
    at = skip_blanks(object, at + 1);
    const auto end = end_of_value(object, at);
    members.push_back({decoded(name), object.substr(at, end - at)});
    at = skip_blanks(object, end);
    if (at == object.size() || object[at] != ',')
      break;
    at = skip_blanks(object, at + 1);
  }
  return members;
}

std::vector<std::string_view> elements_of(std::string_view array) {
  std::vector<std::string_view> elements;
  auto at = skip_blanks(array, 0);
  if (at == array.size() || array[at] != '[')
    return elements;
  at = skip_blanks(array, at + 1);
  while (at < array.size() && array[at] != ']') {
    const auto end = end_of_value(array, at);
    elements.push_back(array.substr(at, end - at));
    at = skip_blanks(array, end);
    if (at == array.size() || array[at] != ',')
      break;
    at = skip_blanks(array, at + 1);
  }
  return elements;
}

std::string_view member_of(std::string_view object, std::string_view name) {
  std::string_view found;
  for (const auto& member : members_of(object))
    if (member.name == name)
      found = member.value;
  return found;
}

} // namespace telltale::text

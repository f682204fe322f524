#include "config/tree.hpp"

#include <algorithm>

#include <toml++/toml.h>

namespace telltale::config {

namespace {

origin origin_of(const toml::source_region& region, const std::string& source) {
  return {source, static_cast<std::uint32_t>(region.begin.line),
          static_cast<std::uint32_t>(region.begin.column)};
}

node from_toml(const toml::node& raw, const std::string& source) {
  node result;
  result.where = origin_of(raw.source(), source);
  if (const auto* table = raw.as_table()) {
    for (const auto& [key, value] : *table)
      result.members.push_back({std::string{key.str()},
                                origin_of(key.source(), source),
                                from_toml(value, source)});
    // The library sorts keys; people read errors from top to bottom.
    std::stable_sort(result.members.begin(), result.members.end(),
                     [](const member& a, const member& b) {
                       return std::pair{a.where.line, a.where.column}
                              < std::pair{b.where.line, b.where.column};
                     });
  } else if (const auto* list = raw.as_array()) {
    result.what = node::form::list;
    for (const auto& value : *list)
      result.items.push_back(from_toml(value, source));
  } else if (const auto* text = raw.as_string()) {
    result.what = node::form::quoted;
    result.text = text->get();
  } else if (const auto* integer = raw.as_integer()) {
    result.what = node::form::whole;
    result.whole = integer->get();
  } else if (const auto* number = raw.as_floating_point()) {
    result.what = node::form::real;
    result.real = number->get();
  } else if (const auto* flag = raw.as_boolean()) {
    result.what = node::form::truth;
    result.truth = flag->get();
  } else {
    result.what = node::form::other;
  }
  return result;
}

/// The library's sentence up to the first quotation of what it read: a value
/// written without its quotes may be a secret.
std::string without_quotations(std::string_view text) {
  std::size_t end = text.size();
  for (auto at = text.find('\''); at != text.npos; at = text.find('\'', at)) {
    const auto close = text.find('\'', at + 1);
    if (close == text.npos || close - at > 2) {
      end = at;
      break;
    }
    at = close + 1;
  }
  if (end == text.size())
    return std::string{text};
  auto cut = text.substr(0, end);
  if (const auto comma = cut.find_last_of(";,:"); comma != cut.npos)
    cut = cut.substr(0, comma);
  return std::string{cut};
}

} // namespace

const node* node::find(std::string_view key) const {
  for (const auto& entry : members)
    if (entry.key == key)
      return &entry.value;
  return nullptr;
}

parsed parse_toml(std::string_view text, const std::string& source) {
  parsed result;
  try {
    result.root =
        from_toml(toml::parse(text, std::string_view{source}), source);
  } catch (const toml::parse_error& e) {
    result.errors.push_back(
        {origin_of(e.source(), source), "",
         "expected TOML: " + without_quotations(e.description())});
  }
  return result;
}

bool parse_value(std::string_view text, const origin& where, node& result) {
  auto whole = parse_toml("value = " + std::string{text}, where.source);
  if (!whole.errors.empty() || whole.root.members.size() != 1)
    return false;
  result = std::move(whole.root.members.front().value);
  // Lines and columns of this little text would only mislead.
  const auto relocate = [&where](auto&& self, node& x) -> void {
    x.where = where;
    for (auto& item : x.items)
      self(self, item);
    for (auto& entry : x.members) {
      entry.where = where;
      self(self, entry.value);
    }
  };
  relocate(relocate, result);
  return true;
}

void put(node& root, const std::vector<std::string>& path, node value) {
  node* at = &root;
  const auto where = value.where;
  for (const auto& key : path) {
    if (at->what != node::form::table) {
      *at = node{};
      at->where = where;
    }
    auto& members = at->members;
    auto found = std::find_if(members.begin(), members.end(),
                              [&](const member& x) { return x.key == key; });
    if (found == members.end()) {
      members.push_back({key, where, node{}});
      found = members.end() - 1;
      found->value.where = where;
    }
    at = &found->value;
  }
  if (at->what == node::form::table && value.what == node::form::table) {
    for (auto& entry : value.members)
      put(*at, {entry.key}, std::move(entry.value));
    return;
  }
  *at = std::move(value);
}

} // namespace telltale::config

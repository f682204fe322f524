#include "config/printed.hpp"

#include <cmath>
#include <type_traits>

#include "text/duration.hpp"

namespace telltale::config {

namespace {

template <class T> struct plain_of { using type = T; };
template <class T> struct plain_of<std::optional<T>*> { using type = T; };
template <class T> struct plain_of<T*> { using type = T; };

template <class T> std::string print(const T& x) {
  if constexpr (std::is_same_v<T, text>)
    return '"' + x + '"';
  else if constexpr (std::is_same_v<T, flag>)
    return x ? "true" : "false";
  else if constexpr (std::is_same_v<T, integer>)
    return std::to_string(x);
  else if constexpr (std::is_same_v<T, number>) {
    const auto plain = printed_number(x);
    return plain.find('.') == plain.npos ? plain + ".0" : plain;
  } else if constexpr (std::is_same_v<T, duration>)
    return '"' + telltale::text::print_duration(x) + '"';
  else if constexpr (std::is_same_v<T, text_list>) {
    std::string items;
    for (const auto& item : x)
      items += (items.empty() ? "" : ", ") + print(item);
    return '[' + items + ']';
  } else if constexpr (std::is_same_v<T, text_table>) {
    std::string items;
    for (const auto& [name, value] : x)
      items +=
          (items.empty() ? " " : ", ") + print(name) + " = " + print(value);
    return items.empty() ? "{}" : '{' + items + " }";
  } else if constexpr (std::is_same_v<T, secret_list>)
    return "[]";
  else
    return {};
}

template <class T> std::string print(const std::optional<T>& x) {
  return x ? print(*x) : std::string{};
}

} // namespace

std::string printed_number(double x) {
  auto result = std::to_string(x);
  result.erase(result.find_last_not_of('0') + 1);
  if (result.back() == '.')
    result.pop_back();
  return result;
}

std::string printed_value(const field& row) {
  return std::visit(
      [](const auto& x) -> std::string {
        if constexpr (std::is_pointer_v<std::decay_t<decltype(x)>>)
          return print(*x);
        else
          return {};
      },
      row.value);
}

std::string type_name(const field& row) {
  return std::visit(
      [](const auto& x) -> std::string {
        using type = typename plain_of<std::decay_t<decltype(x)>>::type;
        if constexpr (std::is_same_v<type, text>)
          return "text";
        else if constexpr (std::is_same_v<type, flag>)
          return "true or false";
        else if constexpr (std::is_same_v<type, integer>)
          return "whole number";
        else if constexpr (std::is_same_v<type, number>)
          return "number";
        else if constexpr (std::is_same_v<type, duration>)
          return "duration";
        else if constexpr (std::is_same_v<type, secret>)
          return "secret";
        else if constexpr (std::is_same_v<type, text_list>)
          return "list of texts";
        else if constexpr (std::is_same_v<type, secret_list>)
          return "list of secrets";
        else if constexpr (std::is_same_v<type, text_table>)
          return "texts by name";
        else if constexpr (std::is_same_v<type, entry_list>)
          return "list of tables";
        else if constexpr (std::is_same_v<type, entry_object>)
          return "table";
        else
          return "tables by name";
      },
      row.value);
}

std::string printed_bounds(const field& row) {
  const auto& limits = row.limits;
  if (!limits.choices.empty()) {
    std::string result;
    for (const auto& choice : limits.choices)
      result += (result.empty() ? "" : ", ") + ('"' + choice + '"');
    return result;
  }
  if (!std::isfinite(limits.low))
    return {};
  const bool timed = type_name(row) == "duration";
  const auto print_one = [timed](double x) {
    return timed ? telltale::text::print_duration(
               duration{static_cast<std::int64_t>(x)})
                 : printed_number(x);
  };
  return print_one(limits.low) + " to " + print_one(limits.high);
}

std::vector<field> entry_rows(const field& row) {
  if (const auto* list = std::get_if<entry_list>(&row.value))
    return list->add();
  if (const auto* table = std::get_if<entry_table>(&row.value))
    return table->at("name");
  if (const auto* table = std::get_if<entry_object>(&row.value))
    return table->rows();
  return {};
}

} // namespace telltale::config

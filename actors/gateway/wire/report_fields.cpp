#include "actors/gateway/wire/report_fields.hpp"

#include <utility>

#include "actors/gateway/wire/bounded_object.hpp"

namespace telltale {

said_reason read_reason_word(std::string_view word) {
  said_reason said;
  if (is_blank_text(word))
    return said;
  if (const auto* alias = find_alias(word))
    said.failure_reason = alias->means;
  else if (is_valid_reason(word))
    said.failure_reason = failure_reason{std::string{word}};
  if (!said.failure_reason || said.failure_reason->wire != word)
    said.reported = cut_text(word, longest_word);
  return said;
}

/// Values to mask, as many as a runner has in its environment.
std::vector<raw_text> read_mask(field_reader& fields, const char* name) {
  constexpr std::size_t max_values = 200;
  constexpr std::size_t max_bytes = 32U << 10U;
  std::vector<raw_text> values;
  const auto* value = fields.find(name);
  if (value == nullptr)
    return values;
  const auto* list = value->if_array();
  std::size_t bytes = 0;
  bool good = list != nullptr && list->size() <= max_values;
  for (std::size_t i = 0; good && i < list->size(); ++i) {
    const auto* text = (*list)[i].if_string();
    good = text != nullptr && (bytes += text->size()) <= max_bytes;
    if (good)
      values.emplace_back(std::string{std::string_view{*text}});
  }
  if (!good)
    fields.fail(name, "must be a list of at most 200 strings, of at most "
                      "32 KiB together");
  return values;
}

} // namespace telltale

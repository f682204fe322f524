#include "actors/relay/text/catalog.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <stdexcept>
#include <vector>

#include <toml++/toml.h>

#include "actors/relay/text/locales.hpp"
#include "messages/failure_reason.hpp"

namespace telltale {

struct catalog::contents {
  std::string locale;
  std::map<std::string, std::string, std::less<>> words;
  std::map<std::string, std::string, std::less<>> reasons;
  std::map<std::string, std::string, std::less<>> briefs;
  std::map<std::string, std::string, std::less<>> circumstances;
  std::string fallback;
  std::string recovered;
};

namespace {

[[noreturn]] void complain(std::string_view locale, std::string_view key) {
  throw std::runtime_error("the catalogue " + std::string{locale}
                           + " has no text for " + std::string{key});
}

std::string text_of(const toml::table& table, std::string_view key,
                    std::string_view locale) {
  const auto value = table[key].value<std::string>();
  if (!value)
    complain(locale, key);
  return *value;
}

/// Both sentences of one entry, as they are read.
std::string sentences(const toml::table* entry, std::string_view key,
                      const std::string& join, std::string_view locale) {
  if (entry == nullptr)
    complain(locale, key);
  auto what = text_of(*entry, "what", locale);
  auto next = text_of(*entry, "next", locale);
  if (what.empty() || next.empty())
    complain(locale, key);
  return what + join + next;
}

catalog::contents read(std::string_view locale, std::string_view source) {
  const auto file = toml::parse(source);
  catalog::contents all;
  all.locale = locale;
  const auto* words = file["words"].as_table();
  const auto* messages = file["message"].as_table();
  const auto* reasons = file["reason"].as_table();
  const auto* more = file["circumstance"].as_table();
  if (words == nullptr || messages == nullptr || reasons == nullptr
      || more == nullptr)
    complain(locale, "words, message, reason or circumstance");
  for (const auto& [key, value] : *words)
    if (const auto word = value.value<std::string>())
      all.words.emplace(std::string{key.str()}, *word);
  const auto join = text_of(*words, "join", locale);
  const auto entry = [&](const toml::table& of, std::string_view key) {
    return sentences(of[key].as_table(), key, join, locale);
  };
  all.fallback = entry(*messages, "default");
  all.recovered = entry(*messages, "recovered");
  for (const auto key : catalog::circumstances())
    all.circumstances.emplace(key, entry(*more, key));
  for (const auto& row : failure_reasons()) {
    all.reasons.emplace(row.wire, entry(*reasons, row.wire));
    all.briefs.emplace(
        row.wire, text_of(*(*reasons)[row.wire].as_table(), "short", locale));
  }
  // A text that no reason has is a misspelled one.
  for (const auto& [key, value] : *reasons)
    if (find_reason(key.str()) == nullptr)
      throw std::runtime_error("the catalogue " + all.locale
                               + " has a text for the unknown reason "
                               + std::string{key.str()});
  return all;
}

const std::vector<catalog>& catalogs() {
  static const std::vector<catalog::contents> contents = [] {
    std::vector<catalog::contents> result;
    for (const auto& [name, text] : locale_sources())
      result.push_back(read(name, text));
    return result;
  }();
  static const std::vector<catalog> all(contents.begin(), contents.end());
  return all;
}

/// `zh_CN`, `zh-Hans-CN` and `ZH` all mean the language `zh`.
std::string language_of(std::string_view locale) {
  std::string language{locale.substr(0, locale.find_first_of("-_."))};
  std::ranges::transform(language, language.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return language;
}

/// The locale itself, else the first of its language.
std::optional<std::size_t> index_of(std::string_view locale) {
  const auto known = catalog::locales();
  if (const auto exact = std::ranges::find(known, locale); exact != known.end())
    return static_cast<std::size_t>(exact - known.begin());
  if (locale.empty())
    return std::nullopt;
  for (std::size_t i = 0; i < known.size(); ++i)
    if (language_of(known[i]) == language_of(locale))
      return i;
  return std::nullopt;
}

} // namespace

const catalog& catalog::of(std::string_view locale, std::string_view fallback) {
  if (const auto exact = index_of(locale))
    return catalogs().at(*exact);
  return catalogs().at(index_of(fallback).value_or(0));
}

std::span<const std::string_view> catalog::locales() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> result;
    for (const auto& source : locale_sources())
      result.push_back(source.name);
    return result;
  }();
  return names;
}

const std::string& catalog::copy(std::string_view reason) const {
  const auto found = all_.reasons.find(reason);
  return found == all_.reasons.end() ? all_.fallback : found->second;
}

const std::string& catalog::brief(std::string_view reason) const {
  const auto found = all_.briefs.find(reason);
  return found == all_.briefs.end() ? phrase("other_reason") : found->second;
}

const std::string& catalog::default_copy() const noexcept {
  return all_.fallback;
}

const std::string& catalog::recovered() const noexcept {
  return all_.recovered;
}

const std::string& catalog::circumstance(std::string_view key) const {
  const auto found = all_.circumstances.find(key);
  if (found == all_.circumstances.end())
    throw std::out_of_range("no text for " + std::string{key});
  return found->second;
}

std::span<const std::string_view> catalog::circumstances() {
  static constexpr std::array<std::string_view, 6> all{
      "exit_137", "exit_143", "exit_124",
      "exit_126", "exit_127", "retry_not_picked_up"};
  return all;
}

const std::string& catalog::phrase(std::string_view key) const {
  const auto found = all_.words.find(key);
  if (found == all_.words.end())
    throw std::out_of_range("the catalogue " + all_.locale + " has no word for "
                            + std::string{key});
  return found->second;
}

std::string_view catalog::locale() const noexcept {
  return all_.locale;
}

std::string fill(std::string pattern, std::string_view name,
                 std::string_view value) {
  const auto slot = "{" + std::string{name} + "}";
  if (const auto at = pattern.find(slot); at != std::string::npos)
    pattern.replace(at, slot.size(), value);
  return pattern;
}

} // namespace telltale

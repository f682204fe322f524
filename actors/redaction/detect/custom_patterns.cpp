#include "actors/redaction/detect/custom_patterns.hpp"

#include <algorithm>
#include <stdexcept>

#include <re2/re2.h>

#include "actors/redaction/text/characters.hpp"

namespace telltale::redact {

namespace {

constexpr std::size_t before_keyword = 512;
constexpr std::size_t after_keyword = 2048;

RE2::Options quiet() {
  RE2::Options out;
  out.set_log_errors(false);
  out.set_max_mem(8 << 20);
  return out;
}

} // namespace

struct custom_patterns::expressions {
  std::vector<std::unique_ptr<RE2>> patterns;
  std::vector<std::unique_ptr<RE2>> allowed;
};

custom_patterns::custom_patterns(const config::redaction_config& options) {
  if (const auto wrong = complaints(options); !wrong.empty())
    throw std::invalid_argument(wrong.front());
  auto made = std::make_unique<expressions>();
  for (const auto& pattern : options.patterns) {
    for (auto word : pattern.keywords) {
      std::transform(word.begin(), word.end(), word.begin(), lowered);
      keywords_.push_back({std::move(word), made->patterns.size()});
    }
    made->patterns.push_back(std::make_unique<RE2>(pattern.regex, quiet()));
  }
  for (const auto& pattern : options.allow)
    made->allowed.push_back(std::make_unique<RE2>(pattern, quiet()));
  expressions_ = std::move(made);
}

custom_patterns::~custom_patterns() = default;

void custom_patterns::confirm(search& s, std::size_t pattern, std::size_t at,
                              std::size_t& from) const {
  const auto text = s.text;
  const auto& expression = *expressions_->patterns[pattern];
  auto begin = std::max(from, at > before_keyword ? at - before_keyword : 0);
  const auto end = std::min(text.size(), at + after_keyword);
  if (at < from || begin >= end)
    return;
  // Each look costs the window; it moves on so that windows hardly overlap.
  s.spend((end - begin) / 4);
  re2::StringPiece match;
  const re2::StringPiece whole{text.data(), text.size()};
  while (begin < end
         && expression.Match(whole, begin, end, RE2::UNANCHORED, &match, 1)) {
    const auto found = static_cast<std::size_t>(match.data() - text.data());
    s.add(found, found + match.size(), secret_class::custom);
    begin = found + std::max<std::size_t>(match.size(), 1);
    from = begin;
  }
}

bool custom_patterns::allows(std::string_view value) const {
  return std::any_of(
      expressions_->allowed.begin(), expressions_->allowed.end(),
      [&](const auto& expression) {
        return RE2::FullMatch({value.data(), value.size()}, *expression);
      });
}

bool custom_patterns::any_allowed() const noexcept {
  return !expressions_->allowed.empty();
}

std::vector<std::string>
custom_patterns::complaints(const config::redaction_config& options) {
  std::vector<std::string> out;
  const auto check = [&](const std::string& text, const std::string& what) {
    const RE2 expression{text, quiet()};
    if (!expression.ok())
      out.push_back(what + ": " + expression.error());
    else if (RE2::FullMatch("", expression))
      out.push_back(what + " matches the empty text");
  };
  for (const auto& pattern : options.patterns) {
    const auto what = "redaction pattern '" + pattern.name + "'";
    check(pattern.regex, what);
    if (pattern.keywords.empty())
      out.push_back(what + " needs a keyword, a literal that is always near");
    for (const auto& word : pattern.keywords)
      if (word.size() < 2)
        out.push_back(what + " has a keyword of less than two characters");
  }
  for (const auto& text : options.allow)
    check(text, "redaction.allow '" + text + "'");
  return out;
}

} // namespace telltale::redact

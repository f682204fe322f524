#include "actors/status_intake/classify/telling_line.hpp"

#include <algorithm>

#include "text/ascii.hpp"

namespace telltale {

namespace {

using text::trimmed;

using namespace std::string_view_literals;

constexpr auto ellipsis = "\xe2\x80\xa6"sv;

/// What stands before a structure, at most.
constexpr std::size_t longest_head = 160;

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
}

/// The offset of a character's begin at or before `at`.
std::size_t back_to_character(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && !begins_character(text[at]))
    --at;
  return at;
}

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), begins_character));
}

/// Up to `most` characters from the begin.
std::string_view first_characters(std::string_view text, std::size_t most) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (begins_character(text[i]) && ++seen > most)
      return text.substr(0, i);
  return text;
}

/// The part of a long text that holds what stands at `at`.
std::string cut_around(std::string_view text, std::size_t at) {
  if (characters_in(text) <= longest_telling_line)
    return std::string{text};
  // Two characters are kept for the marks of what is missing.
  constexpr auto room = longest_telling_line - 2;
  const auto before = room / 4;
  const auto from = at <= before ? 0 : back_to_character(text, at - before);
  const auto part = first_characters(text.substr(from), room);
  std::string out;
  if (from > 0)
    out.append(ellipsis);
  out.append(part);
  if (from + part.size() < text.size())
    out.append(ellipsis);
  return out;
}

/// A message as it was before it was quoted.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out.push_back(text[i]);
      continue;
    }
    while (i + 1 < text.size() && text[i + 1] == '\\')
      ++i;
    if (i + 1 < text.size() && (text[i + 1] == 'n' || text[i + 1] == 't')) {
      out.push_back(' ');
      ++i;
    }
  }
  return out;
}

/// The messages of a structure, each once.
std::string join_messages(const structured_error& structure) {
  std::string out;
  for (const auto message : structure.messages) {
    const auto text = unescaped(message);
    if (out.find(text) != std::string::npos)
      continue;
    if (!out.empty())
      out.append(": ");
    out.append(text);
  }
  return out;
}

} // namespace

std::string quote_line(const text_line& line, const structured_error& structure,
                       std::size_t at) {
  const auto speech = line.text.substr(std::min(line.speech, line.text.size()));
  const auto open = speech.find('{');
  auto messages = structure.speaks ? join_messages(structure) : std::string{};
  if (open == speech.npos || messages.size() < 4)
    return cut_around(speech, at - std::min(at, line.speech));
  auto head = trimmed(speech.substr(0, open), " \t-:([=\"'\\");
  if (head.size() > longest_head)
    head = first_characters(head, longest_head);
  std::string out{head};
  if (!head.empty())
    out.append(head.back() >= '0' && head.back() <= '9' ? " " : ": ");
  return cut_around(out + messages, 0);
}

} // namespace telltale

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actors/relay/text/catalog.hpp"
#include "messages/event_payload.hpp"
#include "messages/time.hpp"

namespace telltale {

/// What a message leads with.
enum class detail_style : std::uint8_t {
  error_first,  ///< the detail, else the copy of the reason
  reason_first, ///< the copy of the reason; the detail is left out
  both,         ///< the copy as headline, the detail on its own line
};

/// `both` for a text that names none.
[[nodiscard]] detail_style parse_detail_style(std::string_view text) noexcept;

/// What a message says of an event. Texts are as the chat may see them.
struct message_facts {
  std::string detail; ///< the runner's own text; empty: there is none
  /// The line of the detail that says what went wrong; empty: nobody knows.
  std::string telling_line;
  std::string reason; ///< wire value
  std::string title;
  std::string run_url;
  std::int64_t attempt = 0;
  std::int64_t max_attempts = 0;
  timestamp happened_at{}; ///< the epoch: unknown
  bool recovered = false;  ///< else it is a failure
  bool corrects = false;   ///< another reason was told before
  bool repeats = false;    ///< it may have been told before
};

/// A platform's sentence is no detail: the copy of its reason says it better.
[[nodiscard]] message_facts message_facts_of(const event_payload& payload);

/// A message in parts; each channel puts them together in its own way. Nothing
/// in it is escaped.
struct rendered {
  std::string message;  ///< with its mark (`⚠️ `, `✅ `); never empty
  std::string copy;     ///< with its mark, without anything a runner wrote
  std::string detail;   ///< to be shown as code; empty unless style `both`
  std::string title;    ///< may be empty
  std::string attempt;  ///< `Attempt 2 of 3`; empty for the only one
  std::string when;     ///< `2026-06-23 10:49 UTC`; empty if unknown
  std::string doubt;    ///< that it may be a repeat; mostly empty
  std::string link;     ///< of the run page; empty if there is none
  std::string open_run; ///< words for the link
  std::string untitled; ///< words in the place of a missing title
  std::string separator;
  bool good_news = false;

  bool operator==(const rendered&) const = default;
};

/// The words for one event; the detail is bounded to `detail_characters` here.
[[nodiscard]] rendered render(const message_facts& what, const catalog& words,
                              detail_style style,
                              std::size_t detail_characters = 800);

/// The line that names the run: title, attempt and time.
[[nodiscard]] std::string run_line(const rendered& what);

/// The same where the title stands elsewhere.
[[nodiscard]] std::string attempt_line(const rendered& what);

/// All of it as plain text, a part per line.
[[nodiscard]] std::string as_text(const rendered& what);

} // namespace telltale

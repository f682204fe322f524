#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace telltale {

class redaction_seal;
class stored_text;

/// For whom a text is prepared: each profile masks what the one before it
/// masks, and more.
///
/// - `store`: secrets; at most `redaction.store_bytes`; placeholders carry
/// tags.
/// - `event`: also home paths; at most `redaction.event_bytes`.
/// - `chat`: everything; at most `redaction.chat_characters`; no tags.
enum class redaction_profile : std::uint8_t { store, event, chat };

[[nodiscard]] inline std::string to_string(redaction_profile profile) {
  switch (profile) {
  case redaction_profile::store:
    return "store";
  case redaction_profile::event:
    return "event";
  case redaction_profile::chat:
    return "chat";
  }
  return "store";
}

/// Text as somebody sent it. It has no way into a stream, a log or the store:
/// only redaction opens it.
class raw_text {
public:
  raw_text() = default;
  explicit raw_text(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return text_.size(); }

  bool operator==(const raw_text&) const = default;

private:
  friend class redaction_seal;
  std::string text_;
};

/// Text without secrets: valid UTF-8, no NUL, bounded. A non-empty one comes
/// from redaction alone (through `redaction_seal`), or from where such
/// a text was stored before (through persistence's `stored_text`), or is one of
/// the platform's own sentences (`from_platform`, literals only).
class redacted_text {
public:
  redacted_text() = default;

  /// A sentence that the platform itself says, known at compile time.
  template <std::size_t N>
  [[nodiscard]] static redacted_text from_platform(const char (&literal)[N]) {
    return redacted_text{std::string{literal, N - 1}};
  }

  /// A part of this text, or the same said in fewer words: what a pure function
  /// of it makes, adding nothing that it did not hold.
  template <class F> [[nodiscard]] redacted_text derived(F&& make) const {
    return redacted_text{make(text_)};
  }

  [[nodiscard]] const std::string& view() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

  bool operator==(const redacted_text&) const = default;

private:
  friend class redaction_seal;
  friend class stored_text;
  explicit redacted_text(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

[[nodiscard]] inline std::string to_string(const redacted_text& text) {
  return text.view();
}

/// How often a class of secret was masked in one text.
struct redaction_finding {
  std::string kind; ///< the class's name, as in `[REDACTED:class]`
  std::uint32_t count = 0;

  bool operator==(const redaction_finding&) const = default;
};

using redaction_findings = std::vector<redaction_finding>;

/// Values that a runner wants masked in its task's texts. Sealed by redaction:
/// what stands in here is of no use to anybody else.
struct sealed_masks {
  std::string bytes;

  [[nodiscard]] bool empty() const noexcept { return bytes.empty(); }

  bool operator==(const sealed_masks&) const = default;
};

/// Asks redaction to seal a runner's values. Answered by `masks_sealed`.
struct seal_masks {
  std::vector<raw_text> values;

  bool operator==(const seal_masks&) const = default;
};

struct masks_sealed {
  sealed_masks sealed; ///< empty: none of the values can be masked

  bool operator==(const masks_sealed&) const = default;
};

/// Asks redaction to open raw texts. Answered by `texts_redacted`, same order.
struct redact_texts {
  std::vector<raw_text> texts;
  redaction_profile profile = redaction_profile::store;

  bool operator==(const redact_texts&) const = default;
};

/// A text that is safe to store, and for whom it is wanted.
struct text_to_narrow {
  redacted_text text;
  redaction_profile profile = redaction_profile::event;

  bool operator==(const text_to_narrow&) const = default;
};

/// Asks redaction to prepare texts for narrower audiences. Answered by
/// `texts_redacted`, same order.
struct narrow_texts {
  std::vector<text_to_narrow> texts;

  bool operator==(const narrow_texts&) const = default;
};

struct texts_redacted {
  std::vector<redacted_text> texts;
  std::vector<redaction_findings> findings; ///< one element per text

  bool operator==(const texts_redacted&) const = default;
};

} // namespace telltale

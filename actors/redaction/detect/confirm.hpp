#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actors/redaction/detect/classes.hpp"
#include "actors/redaction/rewrite/placeholder.hpp"
#include "actors/redaction/text/characters.hpp"

namespace telltale::redact {

/// Something to mask, in the shadow's coordinates.
struct find {
  std::size_t begin = 0;
  std::size_t end = 0;
  secret_class kind{};

  bool operator==(const find&) const = default;
};

/// What the confirmers of stage 2 share while one text is looked at.
class search {
public:
  search(std::string_view shadow_text, const std::vector<stretch>& placeholders,
         class_set wanted)
      : text(shadow_text), placeholders_(placeholders), wanted_(wanted),
        budget_(shadow_text.size() * steps_a_byte + steps_beside) {}

  /// Honest work never takes so much: the budget is the last line of defence
  /// behind confirmers that are linear by themselves.
  static constexpr std::size_t steps_a_byte = 64;
  static constexpr std::size_t steps_beside = 65'536;

  std::string_view text;

  [[nodiscard]] bool wants(secret_class kind) const noexcept {
    return wanted_.test(index_of(kind));
  }

  /// Notes a find, unless its class is off, it is empty or the last one says
  /// as much.
  void add(std::size_t begin, std::size_t end, secret_class kind) {
    if (begin >= end || !wants(kind))
      return;
    if (!finds_.empty() && finds_.back().kind == kind
        && finds_.back().begin <= begin && end <= finds_.back().end)
      return;
    finds_.push_back({begin, end, kind});
  }

  /// Is `at` inside a placeholder that was there before? Positions must be
  /// asked for in nearly ascending order to be cheap.
  [[nodiscard]] bool in_placeholder(std::size_t at) noexcept;

  /// Does a placeholder begin exactly here?
  [[nodiscard]] std::size_t placeholder_at(std::size_t at) const noexcept {
    return placeholder_length(text, at);
  }

  /// Notes a stretch that looks random and is public: a certificate.
  void add_harmless(std::size_t begin, std::size_t end) {
    harmless_.push_back({begin, end});
  }
  [[nodiscard]] bool in_harmless(std::size_t at) const noexcept;

  /// Takes steps from the work budget; false once it has run out.
  bool spend(std::size_t steps) noexcept {
    budget_ = budget_ > steps ? budget_ - steps : 0;
    return budget_ != 0;
  }
  [[nodiscard]] std::size_t spent() const noexcept {
    return text.size() * steps_a_byte + steps_beside - budget_;
  }

  [[nodiscard]] std::vector<find>& finds() noexcept { return finds_; }

  /// Makes of all finds one that ends with the text. It begins half way to the
  /// first of them, or with the text.
  void mask_rest(bool keep_half);

  /// Where the run of a set's characters that holds `from` ends. Remembers the
  /// last run of each set, so that asking from many places of it stays linear.
  [[nodiscard]] std::size_t run_end(std::size_t from, std::uint16_t set);

  /// The run of a set's characters around `at`, empty if there is none. It is
  /// remembered like the other.
  [[nodiscard]] stretch run_around(std::size_t at, std::uint16_t set);

  /// Where the run that ends at `at` begins, `most` before it at the earliest.
  [[nodiscard]] std::size_t run_begin(std::size_t at, std::uint16_t set,
                                      std::size_t most) {
    if (at == 0 || !is(text[at - 1], set))
      return at;
    return std::max(run_around(at - 1, set).begin, at - std::min(at, most));
  }

  /// First `wanted` at or after `from` and before `limit`, else `limit`.
  /// Remembers where there is none.
  [[nodiscard]] std::size_t find_char(std::size_t from, std::size_t limit,
                                      char wanted);

  /// The same for a literal, which must outlive the search; it ends before
  /// `limit` too.
  [[nodiscard]] std::size_t find_literal(std::size_t from, std::size_t limit,
                                         std::string_view literal);

  /// The same for a character of a set.
  [[nodiscard]] std::size_t find_any(std::size_t from, std::size_t limit,
                                     std::uint16_t set);

  /// The same for the beginning of a run of at least `least` letters and
  /// digits, which ends before `limit` too.
  [[nodiscard]] std::size_t find_word(std::size_t from, std::size_t limit,
                                      std::size_t least);

  /// The last bare value that was read, so that values in it are not read
  /// again.
  struct bare_value {
    std::size_t begin = 0;
    std::size_t end = 0;
    int depth = 0;      ///< brackets that open less those that close
    bool ended = false; ///< its end is one for whatever begins in it
    bool parameter = false;
  } bare;

  /// The same of quoted values: where no quote closes what opens before it.
  struct quoted_value {
    std::size_t begin = 0;
    std::size_t end = 0;
    char quote = 0;
    std::size_t escapes = 0;
  } quoted;

  /// The last value that names of secrets had: several words of one name ask
  /// about the same.
  struct judged_value {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool stand_in = false;
    bool studied = false;
    makeup first; ///< of its first 256 characters, if it is studied
    makeup all;
  } judged;

  /// What a confirmer has dealt with already: triggers before it are skipped.
  struct {
    std::size_t private_key = 0;
    std::size_t jwt = 0;
    std::size_t header = 0;
    std::size_t cookie = 0;
    std::size_t keyed = 0;
    std::size_t key_value = 0;   ///< of the last name
    std::uint32_t key_names = 0; ///< more of them that have it
    std::size_t key_end = 0;     ///< of the values so far
    std::uint32_t key_depth = 0; ///< how many of them lie in each other
    std::size_t prefix = 0;
    std::size_t azure = 0;
    std::size_t hash = 0;       ///< what looks like a hash reaches so far
    std::size_t url_looked = 0; ///< for an @ that a slash precedes
    std::size_t url_at = 0;     ///< the last one before that, behind it
    bool no_key_end = false;    ///< no `-----END` is left
    bool keys = false;          ///< some word that names secrets was there
  } seen;

private:
  struct known_run {
    std::uint16_t set = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  /// Nothing begins in [begin, end) of what was looked for.
  struct known_gap {
    std::uintptr_t what = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  /// What is known of the last few kinds that were asked for stands where its
  /// hint says; a wrong hint costs a look at all.
  template <class Known> struct remembered {
    static constexpr std::size_t hints = 64;

    template <class Key> Known& of(Key key, Key Known::*member) {
      auto& hint = hint_[hash(key)];
      if (hint < all.size() && all[hint].*member == key)
        return all[hint];
      hint = static_cast<std::uint8_t>(
          std::find_if(all.begin(), all.end(),
                       [&](const Known& one) { return one.*member == key; })
          - all.begin());
      if (hint == all.size()) {
        all.emplace_back();
        all.back().*member = key;
      }
      return all[hint];
    }

    static std::size_t hash(std::uint64_t key) noexcept {
      return (key * 0x9e3779b97f4a7c15ULL) >> 58U;
    }

    std::vector<Known> all; ///< less than 256 kinds
    std::array<std::uint8_t, hints> hint_{};
  };

  known_gap& gap_for(std::uintptr_t what, std::size_t from);
  std::vector<stretch> harmless_; ///< ascending, apart
  remembered<known_run> runs_;
  remembered<known_run> whole_runs_; ///< from their true beginning
  remembered<known_gap> gaps_;
  const std::vector<stretch>& placeholders_;
  std::size_t cursor_ = 0;
  class_set wanted_;
  std::size_t budget_;
  std::vector<find> finds_;
};

// Each looks at the text around one trigger, in time bounded by what it finds
// or by a small constant, and adds what is a secret there. `at` is where the
// trigger begins, `end` where it ends.

/// A row of prefixes.def.
void confirm_prefix(search& s, std::size_t row, std::size_t at);
/// One of infix_literals().
void confirm_infix(search& s, std::size_t which, std::size_t at);
/// `-----BEGIN`, `-----END`, `PuTTY-User-Key-File`.
void confirm_private_key(search& s, std::size_t at);
/// `eyJ`.
void confirm_jwt(search& s, std::size_t at);
/// `://`, also with escaped slashes.
void confirm_url(search& s, std::size_t at, std::size_t end);
/// The part of a chat's hook address before the secret.
void confirm_webhook(search& s, std::size_t at, std::size_t end);
/// `Authorization`, `Bearer `.
void confirm_header(search& s, std::size_t at, std::size_t end);
/// `Cookie`, `Set-Cookie`.
void confirm_cookie(search& s, std::size_t at, std::size_t end);
/// `$2b$` and kin.
void confirm_password_hash(search& s, std::size_t at, std::size_t end);
/// A word that names secrets; a row of key_words.def.
void confirm_keyed(search& s, std::size_t word, std::size_t at);
/// `-u`, `--user`; `identified by`; `ConvertTo-SecureString`.
void confirm_command_line(search& s, std::size_t at, std::size_t end);
/// A home directory's parent.
void confirm_home_path(search& s, std::size_t at, std::size_t end);

// These look at the whole text, once.

/// Long random strings.
void find_opaque(search& s);
/// Three lines of `NAME=value` or more.
void find_env_dump(search& s);
/// Addresses, hosts, mail addresses, phone numbers.
void find_places(search& s, std::span<const std::string> internal_suffixes);

} // namespace telltale::redact

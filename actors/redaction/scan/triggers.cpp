#include "actors/redaction/scan/triggers.hpp"

#include <algorithm>

#include "actors/redaction/detect/keyed.hpp"
#include "actors/redaction/detect/prefixes.hpp"
#include "actors/redaction/text/characters.hpp"

namespace telltale::redact {

namespace {

/// What stays of a text that took too much work.
constexpr std::size_t most_after_overrun = 512;

/// Bytes that are scanned at once, so that few triggers wait to be confirmed.
constexpr std::size_t scanned_at_once = 128U << 10U;

} // namespace

trigger_table::trigger_table(const custom_patterns& custom,
                             std::string_view scanner)
    : custom_(custom) {
  for (std::size_t i = 0; i < prefix_rows().size(); ++i)
    add(prefix_rows()[i].literal, confirmer::prefix, i);
  for (std::size_t i = 0; i < infix_literals().size(); ++i)
    add(infix_literals()[i], confirmer::infix, i);
  for (const std::string_view text :
       {"-----begin", "-----end", "putty-user-key-file"})
    add(text, confirmer::private_key);
  add("eyj", confirmer::jwt);
  for (const std::string_view text : {"://", ":\\/\\/"})
    add(text, confirmer::url);
  for (const std::string_view text :
       {"hooks.slack.com/services/", "hooks.slack.com/workflows/",
        "hooks.slack.com/triggers/", "/webhook/", "/webhooks/", "/webhookb2/",
        "/hooks/", "/hooks/catch/", "/bot/v2/hook/", "/hook/", "/with/key/"})
    add(text, confirmer::webhook);
  for (const std::string_view text : {"authorization", "bearer ", "bearer%20"})
    add(text, confirmer::header);
  for (const std::string_view text : {"cookie"})
    add(text, confirmer::cookie);
  for (const std::string_view text :
       {"$1$",          "$2a$",          "$2b$",    "$2x$",
        "$2y$",         "$5$",           "$6$",     "$y$",
        "$7$",          "$apr1$",        "$argon2", "$krb5",
        "$pbkdf2",      "$scrypt$",      "$md5$",   "$sha1$",
        "$p$",          "$h$",           "{ssha}",  "{ssha256}",
        "{ssha512}",    "{sha}",         "{smd5}",  "pbkdf2_sha256$",
        "pbkdf2_sha1$", "bcrypt_sha256$"})
    add(text, confirmer::password_hash);
  for (std::size_t i = 0; i < key_words().size(); ++i)
    add(key_words()[i].word, confirmer::keyed, i);
  for (const std::string_view text :
       {"-u ", "--user ", "--user=", "--proxy-user ", "identified by",
        "securestring"})
    add(text, confirmer::command_line);
  for (const std::string_view text :
       {"/home/", "/users/", ":\\users\\", ":\\\\users\\\\",
        ":\\\\\\\\users\\\\\\\\", "\xc2\xa5users\xc2\xa5", ":/users/"})
    add(text, confirmer::home_path);
  for (std::size_t i = 0; i < custom.keywords().size(); ++i)
    add(custom.keywords()[i].text, confirmer::custom,
        custom.keywords()[i].pattern);
  scanner_ = make_scanner(scanner, literals_);
}

void trigger_table::add(std::string_view literal, confirmer who,
                        std::size_t row) {
  std::string text{literal};
  std::transform(text.begin(), text.end(), text.begin(), lowered);
  duties_.push_back({who, static_cast<std::uint16_t>(row),
                     static_cast<std::uint16_t>(text.size()),
                     who == confirmer::prefix ? literal.front() : '\0'});
  longest_ = std::max(longest_, text.size());
  literals_.push_back(std::move(text));
}

void trigger_table::confirm_all(search& s) const {
  thread_local std::vector<trigger> triggers;
  std::vector<std::size_t> custom_from(custom_.keywords().size());
  for (std::size_t from = 0; from < s.text.size(); from += scanned_at_once) {
    // A literal may have begun before.
    const auto before = from - std::min(from, longest_);
    triggers.clear();
    scanner_->scan(s.text.substr(before, from + scanned_at_once - before),
                   triggers);
    for (auto& t : triggers) {
      t.begin += static_cast<std::uint32_t>(before);
      const auto& d = duties_[t.literal];
      if (t.begin + d.length <= from
          || (d.first != 0 && s.text[t.begin] != d.first))
        continue;
      if (!confirm(s, t, custom_from))
        return;
    }
  }
  if (triggers.capacity() > (1U << 16U))
    std::vector<trigger>{}.swap(
        triggers); // no thread keeps what an attack made
}

bool trigger_table::confirm(search& s, const trigger& t,
                            std::vector<std::size_t>& custom_from) const {
  const std::size_t at = t.begin;
  if (s.in_placeholder(at))
    return true;
  const auto& d = duties_[t.literal];
  const auto end = at + d.length;
  switch (d.who) {
  case confirmer::prefix:
    confirm_prefix(s, d.row, at);
    break;
  case confirmer::infix:
    confirm_infix(s, d.row, at);
    break;
  case confirmer::private_key:
    confirm_private_key(s, at);
    break;
  case confirmer::jwt:
    confirm_jwt(s, at);
    break;
  case confirmer::url:
    confirm_url(s, at, end);
    break;
  case confirmer::webhook:
    confirm_webhook(s, at, end);
    break;
  case confirmer::header:
    confirm_header(s, at, end);
    break;
  case confirmer::cookie:
    confirm_cookie(s, at, end);
    break;
  case confirmer::password_hash:
    confirm_password_hash(s, at, end);
    break;
  case confirmer::keyed:
    confirm_keyed(s, d.row, at);
    break;
  case confirmer::command_line:
    confirm_command_line(s, at, end);
    break;
  case confirmer::home_path:
    if (s.wants(secret_class::home_path))
      confirm_home_path(s, at, end);
    break;
  case confirmer::custom:
    custom_.confirm(s, d.row, at, custom_from[d.row]);
    break;
  }
  if (s.spend(2))
    return true;
  // Little enough stays that the next look at it does not run out again.
  s.add(std::min(at, most_after_overrun), s.text.size(),
        secret_class::work_budget);
  return false;
}

} // namespace telltale::redact

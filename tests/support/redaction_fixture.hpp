#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "actors/redaction/engine.hpp"
#include "actors/redaction/text/characters.hpp"

#include <caf/test/unit_test.hpp>

namespace telltale::test {

inline constexpr auto store = redaction_profile::store;
inline constexpr auto event = redaction_profile::event;
inline constexpr auto chat = redaction_profile::chat;

/// Random-looking letters and digits; made here so that no scanner takes this
/// file for a leak.
inline std::string noise(std::size_t n,
                         std::uint16_t set = redact::glyph::alnum) {
  std::string out;
  std::uint64_t x = 0x2545f4914f6cdd1dULL + n;
  while (out.size() < n) {
    x ^= x << 13U;
    x ^= x >> 7U;
    x ^= x << 17U;
    const char c = static_cast<char>('0' + (x >> 40U) % 75);
    const bool hex_only = set == redact::glyph::hex;
    if (redact::is(c, set) && (!hex_only || c != ':'))
      out.push_back(c);
  }
  return out;
}

inline std::string hex(std::size_t n) {
  std::string out = noise(n, redact::glyph::hex);
  std::transform(out.begin(), out.end(), out.begin(), redact::lowered);
  return out;
}

/// An engine and what is asked of it again and again.
struct redaction_fixture {
  config::redaction_config options;

  std::string redacted(const std::string& text,
                       redaction_profile profile = store,
                       std::string_view key = {}) const {
    return redaction_engine{options, key}.redact(text, profile).text;
  }

  /// `before` + secret + `after` comes back with the secret masked as `kind`
  /// and the rest as it was.
  void masks(const std::string& before, const std::string& secret,
             const std::string& after, const std::string& kind,
             redaction_profile profile = store) const {
    CAF_CHECK_EQUAL(redacted(before + secret + after, profile),
                    before + "[REDACTED:" + kind + "]" + after);
  }

  void keeps(const std::string& text, redaction_profile profile = store) const {
    CAF_CHECK_EQUAL(redacted(text, profile), text);
  }
};

inline std::string pem(const std::string& kind, const std::string& body) {
  const std::string dashes(5, '-');
  return dashes + "BEGIN " + kind + dashes + "\n" + body + dashes + "END "
         + kind + dashes;
}

inline std::string key_body() {
  return noise(64) + "\n" + noise(63) + "+\n" + noise(22) + "==\n";
}

} // namespace telltale::test

// libs: telltale_redaction
#define CAF_SUITE unit.redaction_masks

#include <string>
#include <vector>

#include "actors/redaction/masks/masks.hpp"
#include "tests/support/redaction_fixture.hpp"

#include "tests/support/checks.hpp"

// Values that runners register: sealed, opened, found.

using namespace telltale;
using namespace telltale::test;
using redact::mask_cache;
using redact::mask_sealer;
using strings = std::vector<std::string>;

namespace {

task_masks masks_of(const task_id& task, const mask_sealer& sealer,
                    const std::vector<strings>& sets) {
  task_masks out{task, static_cast<std::uint32_t>(sets.size()), {}};
  for (const auto& set : sets)
    out.sealed.push_back(sealer.seal(set));
  return out;
}

std::string hidden(const strings& values, const std::string& text,
                   redaction_profile profile = store) {
  redact::value_finder finder;
  for (const auto& value : redact::values_to_mask(values))
    redact::add_spellings(finder, value, 0);
  return redaction_engine{config::redaction_config{}}
      .redact(text, profile, &finder)
      .text;
}

} // namespace

CAF_TEST(what is sealed opens under the same key alone) {
  const mask_sealer sealer{"one key"};
  const strings values{"correct horse", "battery\nstaple",
                       std::string(9000, 'z')};
  const auto sealed = sealer.seal(values);
  CAF_CHECK(sealed.bytes.find("horse") == std::string::npos);
  CAF_CHECK(sealer.seal(values).bytes != sealed.bytes);
  const auto opened = sealer.open(sealed);
  CAF_REQUIRE(opened);
  CAF_CHECK(*opened == values);
  CAF_CHECK(!mask_sealer{"another key"}.open(sealed));
  auto changed = sealed;
  changed.bytes[20] = changed.bytes[20] == 'A' ? 'B' : 'A';
  CAF_CHECK(!sealer.open(changed));
  for (const auto* broken : {"", "A", "AAAA", "no base64 at all"})
    CAF_CHECK(!sealer.open({broken}));
}

CAF_TEST(values that would mask half of every text are left out) {
  CAF_CHECK(redact::values_to_mask({"", "short", "password", "--------",
                                    "  hunter-22  ", "hunter-22"})
            == strings{"hunter-22"});
  // Each line of a long value, and none of a key's dashes.
  const auto lines =
      redact::values_to_mask({pem("RSA PRIVATE KEY", key_body())});
  CAF_CHECK(lines.size() >= 4);
  for (const auto& line : lines)
    CAF_CHECK(line.find("-----") == std::string::npos
              || line.find('\n') != std::string::npos);
}

CAF_TEST(values of a runner are masked in every spelling and beside others) {
  const std::string secret = "it's a/b+c?\"d\" \\e";
  for (const auto& spelling : redact::spellings(secret))
    CAF_CHECK_EQUAL(hidden({secret}, "at " + spelling + " end").find(spelling),
                    std::string::npos);
  CAF_CHECK_EQUAL(hidden({"ci-worker-7"}, "on ci-worker-7: no disk"),
                  "on [REDACTED:known-value]: no disk");
  // Values that overlap: no rest of the longer one stays.
  CAF_CHECK_EQUAL(hidden({"abcdefgh1234", "1234xyzw9876"},
                         "see abcdefgh1234xyzw9876 there"),
                  "see [REDACTED:known-value] there");
  CAF_CHECK_EQUAL(hidden({"the-long-value", "long-value-goes-on"},
                         "the-long-value-goes-on"),
                  "[REDACTED:known-value]");
  // Full-width characters and invisible ones are the same value.
  CAF_CHECK_EQUAL(hidden({"ci-worker-7"}, "on ci\xe2\x80\x8b-worker-7"),
                  "on [REDACTED:known-value]");
  CAF_CHECK_EQUAL(hidden({"ci\xe2\x80\x8b-worker-7"}, "on ci-worker-7"),
                  "on [REDACTED:known-value]");
}

CAF_TEST(a value that is cut by the bound is masked before the cut) {
  const auto secret = noise(30);
  const std::string filler(1500, '.');
  for (std::size_t shift = 0; shift < 40; ++shift) {
    const auto text = filler.substr(shift) + secret + filler;
    const auto out = hidden({secret}, text, chat);
    CAF_CHECK(out.find(secret.substr(0, 8)) == std::string::npos);
    CAF_CHECK(out.find(secret.substr(22)) == std::string::npos);
  }
}

CAF_TEST(values that repeat themselves cost no more than the text is long) {
  std::string value;
  while (value.size() < 4000)
    value += "ab";
  std::string text;
  while (text.size() < 400'000)
    text += "ab";
  redact::value_finder finder;
  finder.add(value + "c", 0);
  std::vector<redact::value_finder::hit> hits;
  finder.find(text, hits);
  // The work ran out, so the rest counts as found.
  CAF_REQUIRE(!hits.empty());
  CAF_CHECK_EQUAL(hits.back().end, text.size());
}

CAF_TEST(a book forgets the tasks that were not spoken of for longest) {
  const mask_sealer sealer{"key"};
  mask_cache book;
  std::vector<task_id> tasks;
  for (int i = 0; i < 12; ++i) {
    tasks.push_back(task_id{make_uuid_v7()});
    const std::string value = noise(20) + std::to_string(i);
    std::string large;
    while (large.size() < 30'000)
      large += value;
    book.learn(masks_of(tasks.back(), sealer, {{large}}), sealer);
    CAF_REQUIRE(book.find(tasks.front()) != nullptr); // spoken of each time
  }
  CAF_CHECK(book.find(tasks[1]) == nullptr);
  CAF_CHECK(book.find(tasks[11]) != nullptr);
  book.forget(tasks.front());
  CAF_CHECK(book.find(tasks.front()) == nullptr);
}

CAF_TEST(a book says what it could not open) {
  const mask_sealer sealer{"key"};
  mask_cache book;
  const task_id task{make_uuid_v7()};
  book.learn(masks_of(task, sealer, {{"first-value"}, {"other-value"}}),
             sealer);
  CAF_REQUIRE(book.find(task) != nullptr);
  CAF_CHECK_EQUAL(book.find(task)->count, 2u);
  CAF_CHECK(!book.find(task)->unreadable);
  CAF_CHECK((book.find(task)->values == strings{"first-value", "other-value"}));
  auto some = masks_of(task, sealer, {{"first-value"}});
  some.count = 2; // a row is gone
  book.learn(some, sealer);
  CAF_CHECK(book.find(task)->unreadable);
  book.learn(masks_of(task, mask_sealer{"other"}, {{"first-value"}}), sealer);
  CAF_CHECK(book.find(task)->unreadable);
}

CAF_TEST(a book keeps no more tasks than it may though they mask nothing) {
  const mask_sealer sealer{"key"};
  mask_cache book;
  std::vector<task_id> tasks;
  for (int i = 0; i < 10'000; ++i) {
    tasks.push_back({make_uuid_v7()});
    book.learn(masks_of(tasks.back(), sealer, {}), sealer);
  }
  CAF_CHECK(book.find(tasks.back()) != nullptr);
  CAF_CHECK(book.find(tasks.front()) == nullptr);
}

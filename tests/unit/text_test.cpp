// libs: telltale_text
#define CAF_SUITE unit.text

#include "text/base64.hpp"
#include "text/duration.hpp"
#include "text/hex.hpp"
#include "text/json_fields.hpp"
#include "text/percent.hpp"
#include "text/utf8.hpp"

#include <string>
#include <utility>
#include <vector>

#include <boost/json/parse.hpp>

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;
using namespace std::string_literals;

CAF_TEST(each well formed sequence is one character) {
  struct row {
    std::string bytes;
    char32_t code;
  };
  const std::vector<row> rows{
      {"\0"s, 0},
      {"a", U'a'},
      {"\x7f", 0x7f},
      {"\xc2\x80", 0x80},
      {"\xdf\xbf", 0x7ff},
      {"\xe0\xa0\x80", 0x800},
      {"\xe6\xbc\xa2", U'漢'},
      {"\xed\x9f\xbf", 0xd7ff}, // before the surrogates
      {"\xee\x80\x80", 0xe000}, // behind them
      {"\xef\xbf\xbf", 0xffff},
      {"\xf0\x90\x80\x80", 0x10000},
      {"\xf4\x8f\xbf\xbf", 0x10ffff},
  };
  for (const auto& [bytes, code] : rows) {
    const auto found = text::decode("x" + bytes + "y", 1);
    CAF_REQUIRE(found.has_value());
    CAF_CHECK(found->code == code);
    CAF_CHECK_EQUAL(found->size, bytes.size());
    CAF_CHECK(text::is_valid(bytes));
    CAF_CHECK_EQUAL(text::count_characters(bytes), 1u);
    CAF_CHECK_EQUAL(text::utf16_units(bytes), code > 0xffff ? 2u : 1u);
    CAF_CHECK_EQUAL(text::replace_invalid(bytes), bytes);
  }
}

CAF_TEST(bytes that are no sequence are no character and count as one each) {
  const std::vector<std::string> rows{
      "\x80", // goes on with nothing
      "\xbf",
      "\xc0\xaf", // overlong
      "\xc1\xbf",
      "\xe0\x9f\xbf",
      "\xf0\x8f\xbf\xbf",
      "\xed\xa0\x80", // surrogates
      "\xed\xbf\xbf",
      "\xf4\x90\x80\x80", // beyond U+10FFFF
      "\xf5\x80\x80\x80",
      "\xff",
      "\xc3", // cut short
      "\xe6\xbc",
      "\xf0\x9f\x98",
      "\xe6"
      "a\xa2", // broken in the middle
  };
  for (const auto& bytes : rows) {
    CAF_CHECK(!text::decode(bytes).has_value());
    const auto byte = text::decode_or_byte(bytes, 0);
    CAF_CHECK(byte.code == static_cast<unsigned char>(bytes[0]));
    CAF_CHECK_EQUAL(byte.size, 1u);
    CAF_CHECK(!text::is_valid(bytes));
    CAF_CHECK_EQUAL(text::count_characters("漢" + bytes), 1 + bytes.size());
    CAF_CHECK(text::is_valid(text::replace_invalid(bytes)));
  }
  CAF_CHECK_EQUAL(text::replace_invalid("a\xff"
                                        "b\xe6\xbc"),
                  "a\ufffdb\ufffd\ufffd");
  CAF_CHECK(text::is_valid(""));
  CAF_CHECK_EQUAL(text::count_characters(""), 0u);
}

CAF_TEST(a text is cut between characters alone) {
  const std::string_view all = "a漢é😀";
  const std::vector<std::pair<std::string_view, std::string_view>> rows{
      {"", ""},         {"a", "😀"}, {"a漢", "é😀"},
      {"a漢é", "漢é😀"}, {all, all}, {all, all}};
  for (std::size_t count = 0; count < rows.size(); ++count) {
    CAF_CHECK_EQUAL(text::first_characters(all, count), rows[count].first);
    CAF_CHECK_EQUAL(text::last_characters(all, count), rows[count].second);
  }
}

CAF_TEST(a control character of ASCII is seen wherever it stands) {
  for (const auto& with : {"\0"s, "a\n"s, "\x1f"s, "a\x7fz"s})
    CAF_CHECK(text::has_ascii_control(with));
  for (const auto& without : {""s, "a b~"s, "\u0085"s, "漢"s})
    CAF_CHECK(!text::has_ascii_control(without));
}

CAF_TEST(a line for display holds nothing that acts on the display) {
  // CSI as C1, an escape sequence, a right-to-left override, isolates.
  CAF_CHECK_EQUAL(text::display_line("a\xc2\x9b"
                                     "2Jb\x1b[1mc\x7f"),
                  "a2Jb[1mc");
  CAF_CHECK_EQUAL(text::display_line("evil\xe2\x80\xae"
                                     "gpj.exe"),
                  "evilgpj.exe");
  CAF_CHECK_EQUAL(text::display_line("x\xe2\x81\xa6y\xe2\x81\xa9\xd8\x9cz"),
                  "xyz");
  CAF_CHECK_EQUAL(text::display_line("a\nb\tc\xe2\x80\xa8"
                                     "d\xc2\x85"
                                     "e"),
                  "a b c d e");
  // What belongs to words stays: joiners, marks, wide characters, bad bytes.
  for (const auto* kept :
       {"\xe6\xa3\x80\xe6\x9f\xa5 \xe2\x9c\x93 e\xcc\x81",
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb", "\x9b bad \xff"})
    CAF_CHECK_EQUAL(text::display_line(kept), kept);
}

CAF_TEST(base64 is what RFC 4648 says) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xff\xfe\xfd\xfb\0"s, "//79+wA="}};
  for (const auto& [bytes, encoded] : rows) {
    CAF_CHECK_EQUAL(text::encode_base64(bytes), encoded);
    const auto decoded = text::decode_base64(encoded);
    CAF_REQUIRE(decoded.has_value());
    CAF_CHECK_EQUAL(*decoded, bytes);
    // Without its padding, too.
    const auto bare = encoded.substr(0, encoded.find('='));
    CAF_CHECK_EQUAL(text::decode_base64(bare).value_or("none"), bytes);
  }
  for (const auto& wrong :
       {"Z"s, "Zm9vY"s, "Zg==="s, "="s, "===="s, "Zg==Zg=="s, "Zm9v\n"s,
        " Zm9v"s, "Zm9v "s, "_-79"s, "Zm9\0"s, "Zm-"s})
    CAF_CHECK(!text::decode_base64(wrong).has_value());
}

CAF_TEST(base64 for urls is exact) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", ""},
      {"a", "YQ"},
      {"ab", "YWI"},
      {"abc", "YWJj"},
      {"\xff\xfe\xfd\xfb", "__79-w"}};
  for (const auto& [bytes, encoded] : rows) {
    CAF_CHECK_EQUAL(text::encode_base64url(bytes), encoded);
    CAF_CHECK_EQUAL(text::decode_base64url(encoded).value_or("none"), bytes);
  }
  // Padded, of the other alphabet, cut short, with bits that nothing sets.
  for (const auto* wrong : {"YQ==", "//79+w", "__79+w", "a", "YR", "YWJ", "."})
    CAF_CHECK(!text::decode_base64url(wrong).has_value());
}

CAF_TEST(hexadecimal digits are written in the case that is asked for) {
  CAF_CHECK_EQUAL(text::to_hex("\x00\x0f\xa5\xff"s), "000fa5ff");
  CAF_CHECK_EQUAL(text::to_hex(""), "");
  std::string to = "%";
  text::append_hex(to, 0xaf, text::hex_case::upper);
  CAF_CHECK_EQUAL(to, "%AF");
  const std::vector<std::pair<char, int>> rows{
      {'0', 0},  {'9', 9},  {'a', 10}, {'f', 15}, {'A', 10},  {'F', 15},
      {'g', -1}, {'G', -1}, {'/', -1}, {':', -1}, {'\0', -1}, {'\xff', -1}};
  for (const auto& [digit, value] : rows)
    CAF_CHECK_EQUAL(text::hex_value(digit), value);
}

CAF_TEST(all but unreserved characters is percent encoded) {
  CAF_CHECK_EQUAL(text::percent_encode(""), "");
  CAF_CHECK_EQUAL(text::percent_encode("aZ09-._~"), "aZ09-._~");
  CAF_CHECK_EQUAL(text::percent_encode("a b/\u00e9%\0"s),
                  "a%20b%2F%C3%A9%25%00");
}

CAF_TEST(percent encoding is decoded) {
  const auto decoded = [](std::string_view encoded, bool plus = false) {
    return text::percent_decode(encoded, plus).value_or("(nothing)");
  };
  CAF_CHECK_EQUAL(decoded(""), "");
  CAF_CHECK_EQUAL(decoded("a%20b%2Fc%c3%A9"), "a b/c\u00e9");
  CAF_CHECK_EQUAL(decoded("a+b"), "a+b");
  CAF_CHECK_EQUAL(decoded("a+b%2B", true), "a b+");
  CAF_CHECK_EQUAL(decoded("%E2%82%AC%F0%9F%98%80"), "\u20ac\U0001F600");
}

CAF_TEST(what is no valid encoding decodes to nothing) {
  for (const auto* encoded :
       {"%", "%2", "a%2", "%zz", "%2x", "%-1", "%00", "%ff", "%c3", "%c3x",
        "%C0%80", "%e0%80%80", "%ED%A0%80", "%f4%90%80%80", "%f5%80%80%80",
        "%80", "%e2%82", "\xff"})
    CAF_CHECK(!text::percent_decode(encoded, true));
}

CAF_TEST(a duration is a number with one unit) {
  constexpr text::duration_syntax all{
      .fractions = true, .milliseconds = true, .days = true, .loose = false};
  const std::vector<std::pair<std::string, std::chrono::milliseconds>> rows{
      {"250ms", 250ms}, {"5s", 5s},          {"1.5s", 1500ms}, {"90m", 90min},
      {"1h", 1h},       {"30d", 720h},       {"0s", 0ms},      {"0.5h", 30min},
      {"007s", 7s},     {"36500d", 876'000h}};
  for (const auto& [written, value] : rows)
    CAF_CHECK(text::parse_duration(written, all) == value);
  for (const auto* wrong :
       {"", "5", "s", "-5s", "+5s", "5 s", "5sec", "5min", "1h30m", "0.5ms",
        ".5s", "5.s", "1.2.3s", "1e3s", "99999999999999999999d", "3700000000d",
        "5S", "5s "})
    if (const auto read = text::parse_duration(wrong, all))
      CAF_ERROR("read " << wrong << " as " << read->count() << " ms");
  for (auto value : {0ms, 1ms, 1500ms, 5000ms, 9'000'000ms, 86'400'000ms})
    CAF_CHECK(text::parse_duration(text::print_duration(value), all) == value);
  CAF_CHECK_EQUAL(text::print_duration(90min), "90m");
  CAF_CHECK_EQUAL(text::print_duration(48h), "2d");
}

CAF_TEST(a duration has the syntax that its reader allows) {
  struct row {
    std::string written;
    bool text::duration_syntax::*needs;
    std::chrono::milliseconds value;
  };
  using syntax = text::duration_syntax;
  const std::vector<row> rows{{"1.5s", &syntax::fractions, 1500ms},
                              {"250ms", &syntax::milliseconds, 250ms},
                              {"2d", &syntax::days, 48h},
                              {"90", &syntax::loose, 90s},
                              {"5min", &syntax::loose, 5min}};
  for (const auto& [written, needs, value] : rows) {
    syntax allowed;
    CAF_CHECK(!text::parse_duration(written, allowed));
    allowed.*needs = true;
    CAF_CHECK(text::parse_duration(written, allowed) == value);
  }
  CAF_CHECK(text::parse_duration("15m", {}) == 15min);
}

CAF_TEST(a field of another type reads as one that is absent) {
  const auto value = boost::json::parse(
      R"({"text":"a\u0000b","number":-7,"large":18446744073709551615,
          "real":1.0,"yes":true,"no":false,"null":null,
          "object":{"inner":1},"array":[1,2]})");
  const auto& object = value.get_object();
  CAF_CHECK_EQUAL(text::text_at(value, "text"), "a\0b"s);
  CAF_CHECK_EQUAL(text::text_at(object, "text"), "a\0b"s);
  CAF_CHECK(text::number_at(object, "number") == -7);
  CAF_CHECK_EQUAL(text::number_or_zero(object, "number"), -7);
  CAF_CHECK_EQUAL(text::number_or_zero(object, "text"), 0);
  CAF_CHECK(text::real_at(object, "real") == 1.0);
  CAF_CHECK(text::real_at(object, "number") == -7.0);
  CAF_CHECK(!text::real_at(object, "text").has_value());
  CAF_CHECK(text::flag_at(object, "yes"));
  CAF_CHECK_EQUAL(text::object_at(value, "object").size(), 1u);
  CAF_CHECK_EQUAL(text::array_at(value, "array").size(), 2u);
  CAF_CHECK(text::field_at(value, "null") != nullptr);
  CAF_CHECK(text::field_at(value, "absent") == nullptr);
  for (const auto* other : {"number", "null", "object", "absent"})
    CAF_CHECK_EQUAL(text::text_at(object, other), "");
  for (const auto* other : {"text", "large", "real", "null", "absent"})
    CAF_CHECK(!text::number_at(object, other).has_value());
  for (const auto* other : {"no", "text", "number", "null", "absent"})
    CAF_CHECK(!text::flag_at(object, other));
  for (const auto* other : {"text", "array", "null", "absent"})
    CAF_CHECK(text::object_at(object, other).empty());
  for (const auto* other : {"text", "object", "null", "absent"})
    CAF_CHECK(text::array_at(object, other).empty());
  const boost::json::value no_object = 1;
  CAF_CHECK(text::field_at(no_object, "text") == nullptr);
  CAF_CHECK_EQUAL(text::text_at(no_object, "text"), "");
}

CAF_TEST(only a whole text that is an object is read as one) {
  const auto read = text::parse_object(R"( {"a":1} )");
  CAF_REQUIRE(read.has_value());
  CAF_CHECK(text::number_at(*read, "a") == 1);
  for (const auto* wrong : {"", "1", "[]", "null", "{", "{} {}", "{'a':1}"})
    CAF_CHECK(!text::parse_object(wrong).has_value());
}

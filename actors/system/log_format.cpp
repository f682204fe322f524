#include "actors/system/log_format.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

#include <spdlog/details/log_msg.h>

#include "text/utf8.hpp"

namespace telltale {

namespace {

bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0)
         || (code >= 0x200e && code <= 0x200f)  // marks of direction
         || (code >= 0x2028 && code <= 0x202e)  // separators, embeddings
         || (code >= 0x2066 && code <= 0x2069); // isolates
}

void put_escaped(std::string& out, char32_t code, bool quotes) {
  // In text a person reads `\n`; in JSON a program reads it back as the byte.
  if (code == '\n')
    out += "\\n";
  else if (code == '\t')
    out += "\\t";
  else if (code == '\r')
    out += "\\r";
  else {
    std::array<char, 12> buffer{};
    std::snprintf(buffer.data(), buffer.size(),
                  quotes || code > 0xff ? "\\u%04x" : "\\x%02x",
                  static_cast<unsigned>(code));
    out += buffer.data();
  }
}

std::string time_of(const spdlog::details::log_msg& record) {
  using namespace std::chrono;
  const auto since = record.time.time_since_epoch();
  const std::time_t second = duration_cast<seconds>(since).count();
  const auto rest = duration_cast<milliseconds>(since).count() % 1000;
  std::tm parts{};
  ::gmtime_r(&second, &parts);
  std::array<char, 80> buffer{};
  std::snprintf(buffer.data(), buffer.size(),
                "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                parts.tm_sec, static_cast<int>(rest));
  return buffer.data();
}

std::string_view view(spdlog::string_view_t x) {
  return {x.data(), x.size()};
}

std::string_view level_of(const spdlog::details::log_msg& record) {
  const auto name = view(spdlog::level::to_string_view(record.level));
  // The configuration's word for it.
  return name == "warning" ? "warn" : name;
}

void put(spdlog::memory_buf_t& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

class text_format : public spdlog::formatter {
public:
  void format(const spdlog::details::log_msg& record,
              spdlog::memory_buf_t& out) override {
    put(out, time_of(record));
    put(out, " ");
    const auto level = level_of(record);
    // The sink colours what stands between these, if it writes to a terminal.
    record.color_range_start = out.size();
    put(out, level);
    record.color_range_end = out.size();
    constexpr std::size_t width = 6;
    put(out, std::string(level.size() < width ? width - level.size() : 1, ' '));
    if (record.logger_name.size() != 0)
      put(out, "[" + one_line(view(record.logger_name), false) + "] ");
    put(out, one_line(view(record.payload), false));
    put(out, "\n");
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return make_text_format();
  }
};

class json_format : public spdlog::formatter {
public:
  void format(const spdlog::details::log_msg& record,
              spdlog::memory_buf_t& out) override {
    put(out, "{\"time\":\"" + time_of(record) + "\",\"level\":\"");
    put(out, level_of(record));
    put(out, "\",\"logger\":\"" + one_line(view(record.logger_name), true));
    put(out, "\",\"message\":\"" + one_line(view(record.payload), true));
    put(out, "\"}\n");
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return make_json_format();
  }
};

} // namespace

std::string one_line(std::string_view text, bool quotes) {
  std::string result;
  result.reserve(text.size() + 16);
  while (!text.empty()) {
    const auto next = text::decode(text);
    if (!next) {
      result += text::replacement;
      text.remove_prefix(1);
      continue;
    }
    const auto [code, length] = *next;
    if (is_control(code))
      put_escaped(result, code, quotes);
    else if (quotes && (code == '"' || code == '\\'))
      result.append({'\\', static_cast<char>(code)});
    else
      result += text.substr(0, length);
    text.remove_prefix(length);
  }
  return result;
}

std::unique_ptr<spdlog::formatter> make_text_format() {
  return std::make_unique<text_format>();
}

std::unique_ptr<spdlog::formatter> make_json_format() {
  return std::make_unique<json_format>();
}

} // namespace telltale

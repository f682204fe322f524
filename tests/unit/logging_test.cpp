// libs: telltale_logging Boost::json
#define CAF_SUITE unit.logging

#include <algorithm>
#include <sstream>

#include <boost/json.hpp>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "actors/system/log_format.hpp"
#include "actors/system/logging.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;

namespace {

/// What somebody who wants a line of his own would send.
const std::string forged = std::string{"a\r\n2026-01-01T00:00:00.000Z info  "
                                       "[gateway] b\x1b[31m\xc2\x9b"
                                       "31m\xe2\x80\xa8\xe2\x80\xae\x7f\xff"}
                           + '\0' + "\xed\xa0\x80 \"q\" \\ 失败";

struct fixture {
  std::ostringstream written;
  std::shared_ptr<spdlog::sinks::sink> sink =
      std::make_shared<spdlog::sinks::ostream_sink_mt>(written);
  spdlog::logger logger{"reaper", sink};

  ~fixture() { spdlog::drop_all(); }
};

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

bool has_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f;
  });
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(logging_tests, fixture)

CAF_TEST(a message cannot start a record of its own in text) {
  sink->set_formatter(make_text_format());
  logger.warn("{}", forged);
  const auto line = written.str();
  CAF_CHECK_EQUAL(lines_in(line), 1u);
  CAF_CHECK(!has_control(line));
  CAF_CHECK(line.find("\xc2\x9b") == std::string::npos);
  CAF_CHECK(line.find("\xe2\x80\xae") == std::string::npos);
  CAF_CHECK_EQUAL(line.substr(23, 20), "Z warn  [reaper] a\\r");
  CAF_CHECK(line.find("b\\x1b[31m\\x9b31m\\u2028\\u202e\\x7f")
            != std::string::npos);
  CAF_CHECK(line.ends_with("\"q\" \\ 失败\n"));
}

CAF_TEST(a record in JSON is one line that gives the message back) {
  sink->set_formatter(make_json_format());
  logger.error("{}", forged);
  const auto line = written.str();
  CAF_CHECK_EQUAL(lines_in(line), 1u);
  CAF_CHECK(!has_control(line));
  const auto record = boost::json::parse(line).as_object();
  CAF_CHECK_EQUAL(record.size(), 4u);
  CAF_CHECK(record.at("level") == "error");
  CAF_CHECK(record.at("logger") == "reaper");
  CAF_CHECK_EQUAL(record.at("time").as_string().size(), 24u);
  const std::string message{record.at("message").as_string()};
  CAF_CHECK_EQUAL(message.substr(0, 3), "a\r\n");
  CAF_CHECK(message.ends_with("\"q\" \\ 失败"));
  CAF_CHECK(message.find('\0') != message.npos);
}

CAF_TEST(the name of a logger is escaped as well) {
  spdlog::logger odd{"a\n\"b", sink};
  sink->set_formatter(make_json_format());
  odd.info("x");
  CAF_CHECK_EQUAL(lines_in(written.str()), 1u);
  CAF_CHECK(boost::json::parse(written.str()).at("logger") == "a\n\"b");
}

CAF_TEST(levels change while the service runs) {
  config::log_config options;
  options.level = "warn";
  options.actors = {"reaper=debug"};
  start_logging(options);
  const auto reaper = logger_of("reaper");
  const auto relay = logger_of("relay");
  CAF_CHECK(reaper->should_log(spdlog::level::debug));
  CAF_CHECK(!relay->should_log(spdlog::level::info));
  CAF_CHECK(!spdlog::default_logger()->should_log(spdlog::level::info));
  CAF_CHECK(logger_of("relay") == relay);
  options.level = "info";
  options.actors = {"relay=off"};
  change_levels(options);
  CAF_CHECK(!reaper->should_log(spdlog::level::debug));
  CAF_CHECK(reaper->should_log(spdlog::level::info));
  CAF_CHECK(!relay->should_log(spdlog::level::critical));
  CAF_CHECK(spdlog::default_logger()->should_log(spdlog::level::info));
}

CAF_TEST_FIXTURE_SCOPE_END()

// libs: telltale_logging
#define CAF_SUITE unit.log_queue

#include <array>
#include <sstream>
#include <string>

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include "actors/system/log_queue.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

/// A real pipe. Its reader looks when it is told to.
struct fixture {
  std::array<int, 2> ends{};

  fixture() { CAF_REQUIRE_EQUAL(::pipe2(ends.data(), O_CLOEXEC), 0); }
  ~fixture() {
    ::close(ends[0]);
    close_writer();
  }

  void close_writer() {
    if (ends[1] >= 0)
      ::close(ends[1]);
    ends[1] = -1;
  }

  /// Until it has no room; of line feeds, which say nothing.
  void fill() const {
    const std::string some(4096, '\n');
    ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
    while (::write(ends[1], some.data(), some.size()) > 0)
      continue;
    ::fcntl(ends[1], F_SETFL, 0);
  }

  [[nodiscard]] std::string read_to_end() const {
    std::string text;
    std::array<char, 65'536> some{};
    for (;;) {
      const auto got = ::read(ends[0], some.data(), some.size());
      if (got <= 0)
        return text;
      text.append(some.data(), static_cast<std::size_t>(got));
    }
  }

  /// Reads until `line` has come.
  [[nodiscard]] std::string read_until(const std::string& line) const {
    std::string text;
    std::array<char, 4096> some{};
    while (text.find(line) == text.npos) {
      const auto got = ::read(ends[0], some.data(), some.size());
      if (got <= 0)
        return text;
      text.append(some.data(), static_cast<std::size_t>(got));
    }
    return text;
  }
};

log_queue_options few(std::size_t lines) {
  log_queue_options options;
  options.most_lines = lines;
  options.gap_line = [](std::uint64_t missing) {
    return "missing " + std::to_string(missing) + "\n";
  };
  return options;
}

/// More than the queue holds.
constexpr int many = 2'000;

std::string line(int number) {
  return "line " + std::to_string(number) + "\n";
}

/// The lines that came, and whether those that did not are told where they are
/// missing.
struct reading {
  int came = 0;
  int told_missing = 0;
  bool in_order = true;
};

reading judge(const std::string& text) {
  reading found;
  std::istringstream in{text};
  int next = 0;
  std::string word;
  int number = 0;
  while (in >> word >> number) {
    if (word == "missing") {
      found.told_missing += number;
      next += number;
      continue;
    }
    found.in_order = found.in_order && number == next;
    next = number + 1;
    ++found.came;
  }
  return found;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(log_queue_tests, fixture)

CAF_TEST(whoever logs never waits for a pipe that nobody reads) {
  fill();
  log_queue queue{ends[1], few(100)};
  for (int i = 0; i < many; ++i)
    queue.push(line(i));
  CAF_CHECK(queue.dropped() > 0u);
  CAF_CHECK(!queue.flush(0ms));
}

CAF_TEST(the process ends although nobody reads the pipe) {
  fill();
  {
    log_queue queue{ends[1], few(100)};
    for (int i = 0; i < many; ++i)
      queue.push(line(i));
    queue.close(1ms);
    queue.push("too late\n");
  }
  close_writer();
  CAF_CHECK(read_to_end().find("too late") == std::string::npos);
}

CAF_TEST(one line stands where others are missing) {
  fill();
  log_queue queue{ends[1], few(100)};
  for (int i = 0; i < many; ++i)
    queue.push(line(i));
  const auto text = read_until(line(many - 1));
  const auto found = judge(text);
  CAF_CHECK(found.in_order);
  CAF_CHECK_EQUAL(found.came + found.told_missing, many);
  CAF_CHECK_EQUAL(static_cast<std::uint64_t>(found.told_missing),
                  queue.dropped());
}

CAF_TEST(the last lines of a process are written at its end) {
  log_queue queue{ends[1], few(100)};
  for (int i = 0; i < 50; ++i)
    queue.push(line(i));
  queue.close(10s);
  close_writer();
  const auto found = judge(read_to_end());
  CAF_CHECK_EQUAL(found.came, 50);
  CAF_CHECK(found.in_order);
  CAF_CHECK_EQUAL(queue.dropped(), 0u);
}

CAF_TEST(long lines are bounded by their bytes) {
  fill();
  auto options = few(1'000'000);
  options.most_bytes = 100'000;
  log_queue queue{ends[1], options};
  const std::string big(9'000, 'x');
  for (int i = 0; i < 100; ++i)
    queue.push(big + "\n");
  // But for what the thread has taken, and the bytes that may wait.
  CAF_CHECK(queue.dropped() >= 80u);
}

CAF_TEST(a reader who has gone takes the log with him and nothing else) {
  ::close(ends[0]);
  ::signal(SIGPIPE, SIG_IGN);
  log_queue queue{ends[1], few(10)};
  for (int i = 0; i < 100; ++i)
    queue.push(line(i));
  queue.close(10s);
  CAF_CHECK(queue.flush(0ms));
  ends[0] = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

CAF_TEST_FIXTURE_SCOPE_END()

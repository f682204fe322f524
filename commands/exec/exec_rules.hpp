#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/client/runner_client.hpp"

namespace telltale::commands {

/// Why `exec` put an end to a command before its time.
enum class cut_short : std::uint8_t { no, timed_out, stopped };

/// How a command ended.
struct command_end {
  int exit_code = 0;   ///< if it exited by itself
  int signal = 0;      ///< if a signal killed it; else 0
  int spawn_error = 0; ///< errno if it never started; else 0
  cut_short cut = cut_short::no;
};

/// What is known of a run when it is over.
struct run_facts {
  command_end end;
  std::string program; ///< as named on the command line
  std::chrono::milliseconds timeout{};
  std::string error_tail;  ///< last bytes of the command's stderr, redacted
  std::string output_tail; ///< last bytes of its stdout, redacted
  std::size_t tail_bytes = 16'384;
  std::optional<std::int64_t> posted; ///< absent: nobody said
};

/// The exit code that passes a command's end on: its own, 128 + signal, 124 for
/// a timeout, 127 for a missing program, 126 for one that cannot be run.
[[nodiscard]] int exit_code_of(const command_end& end);

/// The final report. A reason is left out where the text may know better: the
/// service classifies it.
[[nodiscard]] wire_report final_report(const run_facts& facts);

/// `SIGTERM` and so on; `signal 77` for one without a name.
[[nodiscard]] std::string signal_name(int number);

/// `90`, `90s`, `15m`, `2h`, `500ms`; nothing on anything else.
[[nodiscard]] std::optional<std::chrono::milliseconds>
parse_duration(std::string_view text);

/// `1m30s` and the like, for people.
[[nodiscard]] std::string duration_text(std::chrono::milliseconds span);

/// `16384`, `16k`, `1m` (powers of 1024); nothing on anything else.
[[nodiscard]] std::optional<std::size_t> parse_bytes(std::string_view text);

/// The last `limit` bytes at most, beginning with a whole line if there is
/// one, else on a UTF-8 border.
[[nodiscard]] std::string_view last_lines(std::string_view text,
                                          std::size_t limit);

/// Both tails in at most `limit` bytes, stderr first. A long stderr leaves
/// stdout at least a quarter.
[[nodiscard]] std::string join_tails(std::string_view error_tail,
                                     std::string_view output_tail,
                                     std::size_t limit);

/// The title of a run nobody named: the command line, at most 300 characters.
[[nodiscard]] std::string
title_of(const std::vector<std::string>& command_line);

/// Waits between tries of a report: doubling from 250 ms, at most 8 s.
[[nodiscard]] std::chrono::milliseconds backoff(unsigned tries_made);

/// Keeps the end of a stream of bytes.
class tail_buffer {
public:
  explicit tail_buffer(std::size_t limit) : limit_(limit) {}

  void append(std::string_view bytes);
  /// The last `limit` bytes.
  [[nodiscard]] std::string_view view() const noexcept;

private:
  std::size_t limit_;
  std::string kept_;
};

} // namespace telltale::commands

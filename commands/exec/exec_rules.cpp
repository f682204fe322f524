#include "commands/exec/exec_rules.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>

#include "messages/exponential_backoff.hpp"
#include "text/duration.hpp"
#include "text/utf8.hpp"

namespace telltale::commands {

namespace {

constexpr std::size_t most_title_characters = 300;

std::string_view trim_end(std::string_view text) {
  auto last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// The sentence that ends the detail: what the operating system knows.
std::string verdict(const run_facts& facts) {
  const auto& end = facts.end;
  if (end.spawn_error == ENOENT)
    return "executable file not found: " + facts.program;
  if (end.spawn_error == ENOEXEC)
    return "exec format error: " + facts.program;
  if (end.spawn_error != 0) {
    std::string why = std::strerror(end.spawn_error);
    return "cannot run " + facts.program + ": " + why;
  }
  if (end.cut == cut_short::timed_out)
    return "timed out after " + duration_text(facts.timeout);
  if (end.cut == cut_short::stopped)
    return "stopped: the task is no longer this run's";
  if (end.signal != 0)
    return "killed by signal " + std::to_string(end.signal) + " ("
           + signal_name(end.signal) + ")";
  return "exit status " + std::to_string(end.exit_code);
}

std::string failure_detail(const run_facts& facts) {
  auto last = verdict(facts);
  auto room = facts.tail_bytes > last.size() + 1
                  ? facts.tail_bytes - last.size() - 1
                  : 0;
  auto out = join_tails(facts.error_tail, facts.output_tail, room);
  if (!out.empty())
    out += '\n';
  return out + last;
}

/// A reason where the operating system leaves no doubt.
std::string reason_of(const command_end& end) {
  if (end.spawn_error == ENOENT || end.spawn_error == ENOEXEC)
    return "agent_error.runtime_missing_executable";
  if (end.spawn_error != 0)
    return {};
  if (end.cut == cut_short::timed_out)
    return "timeout";
  if (end.signal != 0)
    return "agent_error.process_failure";
  return {};
}

/// A number without sign and what follows it.
std::optional<std::pair<std::int64_t, std::string_view>>
split_number(std::string_view text) {
  std::int64_t number = 0;
  auto end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc{} || number < 0)
    return std::nullopt;
  return std::pair{
      number, text.substr(static_cast<std::size_t>(read.ptr - text.data()))};
}

} // namespace

int exit_code_of(const command_end& end) {
  if (end.spawn_error == ENOENT)
    return 127;
  if (end.spawn_error != 0)
    return 126;
  if (end.cut == cut_short::timed_out)
    return 124;
  return end.signal != 0 ? 128 + end.signal : end.exit_code;
}

wire_report final_report(const run_facts& facts) {
  wire_report out;
  const auto& end = facts.end;
  auto succeeded = end.spawn_error == 0 && end.cut == cut_short::no
                   && end.signal == 0 && end.exit_code == 0;
  if (succeeded) {
    out.status = "succeeded";
    out.posted = facts.posted;
    // Whoever asks why nothing was posted wants the last words. Without a word
    // on `posted` a detail would itself read as "posted nothing".
    if (facts.posted == 0)
      out.detail =
          join_tails(facts.error_tail, facts.output_tail, facts.tail_bytes);
    return out;
  }
  if (end.cut == cut_short::timed_out)
    out.status = "timed_out";
  else if (end.cut == cut_short::stopped)
    out.status = "cancelled";
  else
    out.status = "failed";
  out.detail = failure_detail(facts);
  if (end.cut != cut_short::stopped)
    out.failure_reason = reason_of(end);
  return out;
}

std::string signal_name(int number) {
  if (const auto* name = sigabbrev_np(number))
    return "SIG" + std::string{name};
  return "signal " + std::to_string(number);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  return text::parse_duration(text, {.milliseconds = true, .loose = true});
}

std::string duration_text(std::chrono::milliseconds span) {
  if (span.count() % 1'000 != 0)
    return std::to_string(span.count()) + "ms";
  auto seconds = span.count() / 1'000;
  std::string out;
  if (seconds >= 3'600)
    out += std::to_string(seconds / 3'600) + "h";
  if (seconds % 3'600 >= 60)
    out += std::to_string(seconds % 3'600 / 60) + "m";
  if (seconds % 60 != 0 || out.empty())
    out += std::to_string(seconds % 60) + "s";
  return out;
}

std::optional<std::size_t> parse_bytes(std::string_view text) {
  auto parts = split_number(text);
  if (!parts || parts->first > 1'048'576)
    return std::nullopt;
  auto number = static_cast<std::size_t>(parts->first);
  if (parts->second.empty())
    return number;
  if (parts->second == "k" || parts->second == "KiB")
    return number * 1'024;
  if (parts->second == "m" || parts->second == "MiB")
    return number > 64 ? std::nullopt : std::optional{number * 1'048'576};
  return std::nullopt;
}

std::string_view last_lines(std::string_view text, std::size_t limit) {
  if (text.size() <= limit)
    return text;
  auto cut = text.size() - limit;
  auto out = text.substr(cut);
  if (text[cut - 1] == '\n')
    return out;
  auto line_end = out.find('\n');
  if (line_end != std::string_view::npos && line_end + 1 < out.size())
    return out.substr(line_end + 1);
  while (!out.empty() && text::is_continuation(out.front()))
    out.remove_prefix(1);
  return out;
}

std::string join_tails(std::string_view error_tail,
                       std::string_view output_tail, std::size_t limit) {
  auto errors = trim_end(error_tail);
  auto output = trim_end(output_tail);
  if (errors.empty())
    return std::string{last_lines(output, limit)};
  if (output.empty() || limit < 2)
    return std::string{last_lines(errors, limit)};
  auto for_output = std::min(output.size(), (limit - 1) / 4);
  auto for_errors = std::min(errors.size(), limit - 1 - for_output);
  for_output = limit - 1 - for_errors;
  std::string out{last_lines(errors, for_errors)};
  out += '\n';
  out += last_lines(output, for_output);
  return out;
}

std::string title_of(const std::vector<std::string>& command_line) {
  std::string line;
  for (const auto& word : command_line) {
    if (!line.empty())
      line += ' ';
    line += word;
  }
  for (auto& c : line)
    if (static_cast<unsigned char>(c) < 0x20)
      c = ' ';
  line = clean_utf8(line);
  if (text::count_characters(line) > most_title_characters) {
    line.resize(text::first_characters(line, most_title_characters - 1).size());
    line += "…";
  }
  return line;
}

std::chrono::milliseconds backoff(unsigned tries_made) {
  using namespace std::chrono_literals;
  return exponential_backoff::wait_after(250ms, 8s, tries_made);
}

void tail_buffer::append(std::string_view bytes) {
  if (bytes.size() >= limit_) {
    kept_ = bytes.substr(bytes.size() - limit_);
    return;
  }
  kept_ += bytes;
  // Cut seldom, so that a flood of short lines is not moved over and over.
  if (kept_.size() > 2 * limit_) {
    kept_.erase(0, kept_.size() - limit_);
  }
}

std::string_view tail_buffer::view() const noexcept {
  std::string_view all{kept_};
  return all.size() > limit_ ? all.substr(all.size() - limit_) : all;
}

} // namespace telltale::commands

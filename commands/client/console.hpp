#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "commands/client/runner_client.hpp"
#include "commands/client/terminal.hpp"

namespace CLI {
class App;
}

namespace telltale::commands {

/// What every operator's command asks for.
struct console_options {
  std::string server = "http://127.0.0.1:8080";
  std::string token_variable = "TELLTALE_OPERATOR_TOKEN";
  std::string token_file;
  std::string ca_file; ///< PEM, trusted beside the system's
  bool json = false;   ///< print what programs read
};

/// Adds `--server`, `--token-env`, `--token-file`, `--ca-file` and, for
/// commands that print something, `--json`.
void add_console_options(CLI::App& command, console_options& to,
                         bool with_json = true);

/// What stopped a command: one line for a person and the exit code (sysexits).
class console_error : public std::runtime_error {
public:
  console_error(int exit_code, const std::string& text)
      : std::runtime_error(text), exit_code_(exit_code) {}
  [[nodiscard]] int exit_code() const noexcept { return exit_code_; }

private:
  int exit_code_;
};

/// `?a=b&c=d` of the pairs that have a value, percent-encoded; empty if none
/// has.
[[nodiscard]] std::string
query_of(const std::vector<std::pair<std::string, std::string>>& pairs);

/// Seconds or words such as `90s`, `15m`, `2h`, `1d`; nothing on anything else.
[[nodiscard]] std::optional<std::chrono::seconds>
read_span(std::string_view text);

/// The same JSON, fit for a terminal: C1 controls, line separators and marks of
/// direction in its texts are written as escapes.
[[nodiscard]] std::string display_json(std::string_view serialized);

/// The service seen from an operator's terminal. Each call waits for its answer
/// and throws `console_error` unless it is a success.
class operator_console {
public:
  explicit operator_console(const console_options& options);

  [[nodiscard]] boost::json::value get(const std::string& path);
  boost::json::value post(const std::string& path,
                          std::optional<boost::json::object> body = {});
  boost::json::value put(const std::string& path, boost::json::object body);
  void remove(const std::string& path);

  [[nodiscard]] const terminal& screen() const noexcept { return screen_; }
  [[nodiscard]] bool wants_json() const noexcept { return json_; }
  [[nodiscard]] const service_address& where() const noexcept {
    return client_.where();
  }

  /// Prints one JSON value and a line end.
  static void print_json(const boost::json::value& what);

private:
  boost::json::value call(service_call what);

  runner_client client_;
  terminal screen_;
  bool json_;
};

/// Runs a command's work and turns what it throws into a line on standard error
/// and an exit code.
[[nodiscard]] int
run_console(const console_options& options,
            const std::function<int(operator_console&)>& work);

} // namespace telltale::commands

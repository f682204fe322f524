#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "actors/status_intake/classify.hpp"
#include "commands/command.hpp"

namespace telltale::commands {

namespace {

constexpr int exit_ok = 0;
constexpr int exit_io_error = 74;

/// One reason a line, in the order of the lines; the text itself is not
/// repeated.
int classify_lines(std::istream& in, std::ostream& out, bool json) {
  std::string line;
  while (std::getline(in, line)) {
    const failure_reason why{classify(line)};
    // A reason of the taxonomy needs no escaping.
    if (json)
      out << "{\"failure_reason\":\"" << why.wire << "\",\"failure_side\":\""
          << to_string(side_of(why)) << "\"}\n";
    else
      out << why.wire << '\n';
  }
  out.flush();
  return in.bad() || !out ? exit_io_error : exit_ok;
}

} // namespace

void add_classify(CLI::App& program, chosen& run) {
  auto* command = program.add_subcommand(
      "classify", "Tell the failure reason of each line of standard input");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "One JSON object a line");
  command->callback([&run, json] {
    run = [json] { return classify_lines(std::cin, std::cout, *json); };
  });
}

} // namespace telltale::commands

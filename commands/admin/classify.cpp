#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "actors/status_intake/classify/classify.hpp"
#include "commands/command.hpp"

namespace telltale::commands {

namespace {

constexpr int exit_ok = 0;
constexpr int exit_io_error = 74;

struct classify_options {
  bool json = false;
  bool null_separated =
      false; ///< texts of many lines, each with a NUL at its end
};

/// One reason a line, in the order of the texts; the text itself is not
/// repeated.
int classify_texts(std::istream& in, std::ostream& out,
                   const classify_options& options) {
  std::string text;
  while (std::getline(in, text, options.null_separated ? '\0' : '\n')) {
    const failure_reason why{classify(text)};
    // A reason of the taxonomy needs no escaping.
    if (options.json)
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
  auto options = std::make_shared<classify_options>();
  command->add_flag("--json", options->json, "One JSON object a line");
  command->add_flag("--null", options->null_separated,
                    "Texts end with a NUL instead of a line's end");
  command->callback([&run, options] {
    run = [options] { return classify_texts(std::cin, std::cout, *options); };
  });
}

} // namespace telltale::commands

#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include <CLI/CLI.hpp>

#include "actors/status_intake/classify/classify.hpp"
#include "commands/command.hpp"
#include "messages/fingerprint.hpp"

namespace telltale::commands {

namespace {

constexpr int exit_ok = 0;
constexpr int exit_no_input = 66;
constexpr int exit_io_error = 74;

struct classify_options {
  bool json = false;
  bool null_ended = false; ///< texts of many lines, each with a NUL at its end
  std::vector<std::string> files; ///< empty: standard input
};

/// `reason TAB cause TAB telling line`, or an object.
void write_finding(std::ostream& out, const text_finding& found, bool as_json) {
  const auto cause = fingerprint(found.failure_reason.wire, found.telling_line);
  if (as_json) {
    out << boost::json::serialize(boost::json::object{
        {"failure_reason", found.failure_reason.wire},
        {"failure_side", to_string(side_of(found.failure_reason))},
        {"cause", cause},
        {"telling_line", found.telling_line}})
        << '\n';
    return;
  }
  auto line = found.telling_line;
  for (auto& c : line)
    if (c == '\t' || c == '\n')
      c = ' ';
  out << found.failure_reason.wire << '\t' << cause << '\t' << line << '\n';
}

/// One line out for every text in, in their order.
int classify_texts(std::istream& in, std::ostream& out,
                   const classify_options& options) {
  std::string text;
  while (std::getline(in, text, options.null_ended ? '\0' : '\n'))
    write_finding(out, read_failure(text), options.json);
  out.flush();
  return in.bad() || !out ? exit_io_error : exit_ok;
}

int classify_files(const classify_options& options) {
  if (options.files.empty())
    return classify_texts(std::cin, std::cout, options);
  for (const auto& path : options.files) {
    std::ifstream in{path, std::ios::binary};
    if (!in) {
      std::cerr << "telltale classify: cannot read " << path << '\n';
      return exit_no_input;
    }
    if (const int code = classify_texts(in, std::cout, options);
        code != exit_ok)
      return code;
  }
  return exit_ok;
}

} // namespace

void add_classify(CLI::App& program, chosen& run) {
  auto* command = program.add_subcommand(
      "classify", "Tell reason, cause and telling line of each line of text");
  auto options = std::make_shared<classify_options>();
  command->add_flag("--json", options->json, "One JSON object a line");
  command->add_flag("--null", options->null_ended,
                    "Texts end with a NUL instead of a line's end");
  command->add_option("FILE", options->files,
                      "Where the texts are; without one: standard input");
  command->callback([&run, options] {
    run = [options] { return classify_files(*options); };
  });
}

} // namespace telltale::commands

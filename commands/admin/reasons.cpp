#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "actors/relay/text/catalog.hpp"
#include "commands/command.hpp"
#include "messages/failure_reason.hpp"

// `telltale reasons`: the taxonomy with what people read and what is retried.

namespace telltale::commands {

namespace {

struct reasons_choices {
  std::string locale = "en";
  bool json = false;
};

std::string retries_of(const reason_row& row) {
  if (!row.retried)
    return "not retried";
  return "retried: at most " + std::to_string(row.attempts)
         + " attempts, first wait " + std::to_string(row.base.count()) + " s";
}

boost::json::object object_of(const reason_row& row, const catalog& words) {
  return {{"reason", row.wire},
          {"side", to_string(row.side)},
          {"short", words.brief(row.wire)},
          {"copy", words.copy(row.wire)},
          {"meaning", row.meaning},
          {"retried", row.retried},
          {"attempts", row.attempts},
          {"base_seconds", row.base.count()}};
}

int run_reasons(const reasons_choices& choices) {
  const auto& words = catalog::of(choices.locale);
  if (choices.json) {
    boost::json::array list;
    for (const auto& row : failure_reasons())
      list.push_back(object_of(row, words));
    std::cout << boost::json::serialize(list) << "\n";
    return 0;
  }
  for (const auto& row : failure_reasons())
    std::cout << row.wire << "  (" << to_string(row.side) << ", "
              << retries_of(row) << ")\n  " << words.brief(row.wire) << "\n  "
              << words.copy(row.wire) << "\n\n";
  std::cout << "any other reason\n  " << words.default_copy() << "\n";
  return 0;
}

} // namespace

void add_reasons(CLI::App& program, chosen& run) {
  auto choices = std::make_shared<reasons_choices>();
  auto* command = program.add_subcommand(
      "reasons", "The failure reasons: what people read, and what is retried");
  const auto known = catalog::locales();
  command
      ->add_option("--locale", choices->locale, "Language of what people read")
      ->check(
          CLI::IsMember(std::vector<std::string>(known.begin(), known.end())))
      ->capture_default_str();
  command->add_flag("--json", choices->json, "One JSON array");
  command->callback(
      [choices, &run] { run = [choices] { return run_reasons(*choices); }; });
}

} // namespace telltale::commands

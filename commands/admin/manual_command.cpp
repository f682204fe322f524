#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <sysexits.h>

#include "commands/admin/manual.hpp"
#include "commands/command.hpp"

namespace telltale::commands {

void add_manual(CLI::App& program, chosen& run, std::string version) {
  auto shell = std::make_shared<std::string>();
  auto* completion = program.add_subcommand(
      "completion", "Print completions for a shell: bash, zsh or fish");
  completion->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->callback([&program, &run, shell] {
    run = [&program, shell] {
      std::cout << completion_for(program, *shell) << std::flush;
      return std::cout ? EX_OK : EX_IOERR;
    };
  });
  auto* manual = program.add_subcommand("manual", "Print the manual page");
  manual->footer("Read it with: telltale manual | man -l -");
  manual->callback([&program, &run, version = std::move(version)] {
    run = [&program, version] {
      std::cout << manual_page(program, version) << std::flush;
      return std::cout ? EX_OK : EX_IOERR;
    };
  });
}

} // namespace telltale::commands

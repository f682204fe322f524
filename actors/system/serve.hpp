#pragma once

#include "commands/command.hpp"

namespace telltale {

/// `telltale serve`: the service, until a signal ends it.
void add_serve(CLI::App& program, commands::chosen& run);

/// `telltale migrate`: applies or shows migrations.
void add_migrate(CLI::App& program, commands::chosen& run);

} // namespace telltale

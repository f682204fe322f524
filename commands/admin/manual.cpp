#include "commands/admin/manual.hpp"

#include <algorithm>
#include <sstream>
#include <vector>

#include <CLI/App.hpp>
#include <CLI/Option.hpp>

namespace telltale::commands {

namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& program) {
  return program.get_subcommands([](const CLI::App*) { return true; });
}

/// `routes test`: a command that stands alone or under another.
struct leaf {
  std::string name;
  const CLI::App* command;
};

std::vector<leaf> leaves_of(const CLI::App& program) {
  std::vector<leaf> out;
  for (const auto* each : commands_of(program)) {
    const auto inner = commands_of(*each);
    if (inner.empty())
      out.push_back({each->get_name(), each});
    for (const auto* one : inner)
      out.push_back({each->get_name() + ' ' + one->get_name(), one});
  }
  return out;
}

/// Of the command and of those under it, each once.
std::vector<const CLI::Option*> options_of(const CLI::App& command) {
  const auto own = [](const CLI::App& of) {
    return of.get_options(
        [](const CLI::Option* each) { return each->nonpositional(); });
  };
  auto all = own(command);
  for (const auto* inner : commands_of(command))
    for (const auto* option : own(*inner))
      if (std::ranges::none_of(all, [&](const CLI::Option* known) {
            return known->get_name() == option->get_name();
          }))
        all.push_back(option);
  return all;
}

/// `--json`, `-q`: with their dashes.
std::vector<std::string> spellings_of(const CLI::Option& option) {
  std::vector<std::string> out;
  for (const auto& name : option.get_snames())
    out.push_back("-" + name);
  for (const auto& name : option.get_lnames())
    out.push_back("--" + name);
  return out;
}

std::string names_of(const CLI::App& program) {
  std::string out;
  for (const auto* each : commands_of(program))
    out += (out.empty() ? "" : " ") + each->get_name();
  return out;
}

std::string words_of(const CLI::App& command) {
  auto out = names_of(command);
  for (const auto* option : options_of(command))
    for (const auto& each : spellings_of(*option))
      out += (out.empty() ? "" : " ") + each;
  return out;
}

/// Inside single quotes of a POSIX shell.
std::string shell_word(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += c == '\''   ? std::string{"'\\''"}
           : c == '\n' ? std::string{" "}
                       : std::string{c};
  return "'" + out + "'";
}

/// For zsh's `name[description]` and `name:description`.
std::string without_marks(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':')
      out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string bash(const CLI::App& program) {
  std::ostringstream out;
  out << "# bash completion for telltale; load it with:\n"
         "#   source <(telltale completion bash)\n"
         "_telltale() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} "
         "words\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
         "    words="
      << shell_word(names_of(program) + " --help --version")
      << "\n"
         "  else\n"
         "    case $command in\n";
  for (const auto* each : commands_of(program))
    out << "      " << each->get_name()
        << ") words=" << shell_word(words_of(*each)) << " ;;\n";
  out << "    esac\n"
         "  fi\n"
         "  case $word in\n"
         "    -*|'') COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
         "    *) if [ \"$COMP_CWORD\" -eq 1 ]; then COMPREPLY=($(compgen -W "
         "\"$words\" -- \"$word\"));\n"
         "       else COMPREPLY=($(compgen -f -- \"$word\")); fi ;;\n"
         "  esac\n"
         "}\n"
         "complete -F _telltale telltale\n";
  return out.str();
}

std::string zsh(const CLI::App& program) {
  std::ostringstream out;
  out << "#compdef telltale\n"
         "# zsh completion for telltale; load it with:\n"
         "#   source <(telltale completion zsh)\n"
         "_telltale() {\n"
         "  local -a commands\n"
         "  commands=(\n";
  for (const auto* each : commands_of(program))
    out << "    "
        << shell_word(each->get_name() + ":"
                      + without_marks(each->get_description()))
        << "\n";
  out << "  )\n"
         "  if (( CURRENT == 2 )); then\n"
         "    _describe command commands\n"
         "    return\n"
         "  fi\n"
         "  case $words[2] in\n";
  for (const auto* each : commands_of(program)) {
    out << "    " << each->get_name() << ") _arguments";
    for (const auto* option : options_of(*each))
      for (const auto& spelling : spellings_of(*option))
        out << " "
            << shell_word(
                   spelling + "[" + without_marks(option->get_description())
                   + "]"
                   + (option->get_expected_min() > 0 ? ":value:_files" : ""));
    out << " '*:file:_files' ;;\n";
  }
  out << "  esac\n"
         "}\n"
         "if [ \"$funcstack[1]\" = _telltale ]; then _telltale \"$@\"; else "
         "compdef _telltale telltale; fi\n";
  return out.str();
}

std::string fish(const CLI::App& program) {
  std::ostringstream out;
  out << "# fish completion for telltale; load it with:\n"
         "#   telltale completion fish | source\n"
         "complete -c telltale -n __fish_use_subcommand -f\n";
  for (const auto* each : commands_of(program)) {
    const auto& name = each->get_name();
    out << "complete -c telltale -n __fish_use_subcommand -a " << name << " -d "
        << shell_word(each->get_description()) << "\n";
    for (const auto* option : options_of(*each)) {
      out << "complete -c telltale -n '__fish_seen_subcommand_from " << name
          << "'";
      for (const auto& spelling : option->get_snames())
        out << " -s " << spelling;
      for (const auto& spelling : option->get_lnames())
        out << " -l " << spelling;
      out << (option->get_expected_min() > 0 ? " -r" : "") << " -d "
          << shell_word(option->get_description()) << "\n";
    }
  }
  return out.str();
}

/// Text for troff: nothing in it is a request or an escape.
std::string troff(std::string_view text) {
  std::string out;
  bool begins_line = true;
  for (const char c : text) {
    if (begins_line && (c == '.' || c == '\''))
      out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    begins_line = c == '\n';
  }
  return out;
}

std::string usage_of(const CLI::Option& option) {
  std::string out;
  for (const auto& each : spellings_of(option))
    out += (out.empty() ? "" : ", ") + each;
  if (option.get_expected_min() > 0)
    out += " " + option.get_type_name();
  return out;
}

} // namespace

std::string completion_for(const CLI::App& program, std::string_view shell) {
  if (shell == "bash")
    return bash(program);
  if (shell == "zsh")
    return zsh(program);
  if (shell == "fish")
    return fish(program);
  return {};
}

std::string manual_page(const CLI::App& program, std::string_view version) {
  std::ostringstream out;
  out << ".TH TELLTALE 1 \"\" \"telltale " << version
      << "\" \"User Commands\"\n"
         ".SH NAME\n"
         "telltale \\- carries the reason a run failed to the people who wait "
         "for it\n"
         ".SH SYNOPSIS\n"
         ".B telltale\n.I COMMAND\n[\\fIOPTION\\fR]...\n"
         ".SH DESCRIPTION\n"
      << troff(program.get_description()) << "\n.SH COMMANDS\n";
  for (const auto& [name, each] : leaves_of(program)) {
    out << ".SS \"telltale " << troff(name) << "\"\n"
        << troff(each->get_description()) << ".\n";
    for (const auto* option : each->get_options()) {
      if (option == each->get_help_ptr())
        continue;
      out << ".TP\n.B "
          << troff(option->nonpositional() ? usage_of(*option)
                                           : option->get_name(true))
          << "\n"
          << troff(option->get_description());
      if (!option->get_default_str().empty())
        out << " (default: " << troff(option->get_default_str()) << ")";
      if (!option->get_envname().empty())
        out << " [" << troff(option->get_envname()) << "]";
      out << "\n";
    }
    if (const auto footer = each->get_footer(); !footer.empty())
      out << ".PP\n" << troff(footer) << "\n";
  }
  out << ".SH ENVIRONMENT\n"
         ".TP\n.B TELLTALE_SERVER\nURL of the service, for every command that "
         "calls one\n"
         ".TP\n.B TELLTALE_OPERATOR_TOKEN\nOperators' token\n"
         ".TP\n.B TELLTALE_RUNNER_TOKEN\nRunners' token\n"
         ".TP\n.B TELLTALE_SECTION__KEY\nAn option of the configuration, over "
         "the file's\n"
         ".TP\n.B NO_COLOR\nNo colours\n"
         ".SH EXIT STATUS\n"
         "0 on success, else a value of \\fBsysexits.h\\fR(3head): 64 a wrong "
         "command line, 65 refused in the task's state, 66 no such task, 69 "
         "no service there, 75 try again later, 77 no right, 78 a wrong "
         "configuration. \\fBtelltale exec\\fR exits as its command did.\n";
  return out.str();
}

} // namespace telltale::commands

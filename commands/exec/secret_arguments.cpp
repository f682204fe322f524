#include "commands/exec/secret_arguments.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace telltale::commands {

namespace {

constexpr std::string_view hidden = "[REDACTED:keyed-secret]";

enum class takes : std::uint8_t {
  next,     ///< the secret is the next word
  attached, ///< the secret follows in the same word
  after,    ///< what stands after a mark in the next or the same word
};

struct secret_option {
  std::string_view program; ///< its name without a folder
  std::string_view option;
  takes how{};
  char mark = '\0'; ///< of `after`: what stands before it is shown
};

/// What programs say in their own manuals. One with both ways has two rows.
constexpr std::array secret_options{
    secret_option{"mysql", "-p", takes::attached},
    secret_option{"mysqldump", "-p", takes::attached},
    secret_option{"mysqladmin", "-p", takes::attached},
    secret_option{"mysqlimport", "-p", takes::attached},
    secret_option{"mariadb", "-p", takes::attached},
    secret_option{"mariadb-dump", "-p", takes::attached},
    secret_option{"mongo", "-p", takes::next},
    secret_option{"mongosh", "-p", takes::next},
    secret_option{"mongodump", "-p", takes::next},
    secret_option{"sshpass", "-p", takes::attached},
    secret_option{"sshpass", "-p", takes::next},
    secret_option{"docker", "-p", takes::attached},
    secret_option{"docker", "-p", takes::next},
    secret_option{"podman", "-p", takes::next},
    secret_option{"buildah", "-p", takes::next},
    secret_option{"helm", "-p", takes::next},
    secret_option{"az", "-p", takes::next},
    secret_option{"redis-cli", "-a", takes::next},
    secret_option{"ldapsearch", "-w", takes::next},
    secret_option{"ldapmodify", "-w", takes::next},
    secret_option{"ldapadd", "-w", takes::next},
    secret_option{"sqlcmd", "-P", takes::next},
    secret_option{"sqlcmd", "-P", takes::attached},
    secret_option{"bcp", "-P", takes::next},
    secret_option{"ipmitool", "-P", takes::next},
    secret_option{"mosquitto_pub", "-P", takes::next},
    secret_option{"mosquitto_sub", "-P", takes::next},
    secret_option{"zip", "-P", takes::next},
    secret_option{"unzip", "-P", takes::next},
    secret_option{"unzip", "-P", takes::attached},
    secret_option{"7z", "-p", takes::attached},
    secret_option{"unrar", "-p", takes::attached},
    secret_option{"curl", "-u", takes::after, ':'},
    secret_option{"curl", "--user", takes::after, ':'},
    secret_option{"curl", "-U", takes::after, ':'},
    secret_option{"curl", "--proxy-user", takes::after, ':'},
    secret_option{"http", "-a", takes::after, ':'},
    secret_option{"ab", "-A", takes::after, ':'},
    secret_option{"smbclient", "-U", takes::after, '%'},
    secret_option{"rpcclient", "-U", takes::after, '%'},
    secret_option{"openssl", "-passin", takes::after, ':'},
    secret_option{"openssl", "-passout", takes::after, ':'},
    secret_option{"openssl", "-k", takes::next},
    secret_option{"openssl", "-K", takes::next},
    secret_option{"gpg", "--passphrase", takes::next},
    secret_option{"xfreerdp", "/p:", takes::attached},
    secret_option{"net", "-U", takes::after, '%'},
};

/// Long options whose value is a secret whatever the program.
constexpr std::array<std::string_view, 10> secret_long_options{
    "--password",      "--passwd",    "--pass",   "--token",
    "--api-key",       "--apikey",    "--secret", "--secret-key",
    "--client-secret", "--passphrase"};

bool is_long_secret(std::string_view word) {
  return std::ranges::find(secret_long_options, word)
         != secret_long_options.end();
}

/// Without its folder and what a shell's text may have around it: `$(mysql`,
/// `x=$(mysql`, `"mysql"`.
std::string_view program_name(std::string_view word) {
  const auto last = word.find_last_not_of("()}`'\";&|");
  if (last == std::string_view::npos)
    return {};
  word = word.substr(0, last + 1);
  word = word.substr(word.find_last_of("$({`'\";&|=") + 1);
  return word.substr(word.rfind('/') + 1);
}

bool is_known(std::string_view program) {
  return std::ranges::any_of(
      secret_options, [&](const auto& row) { return row.program == program; });
}

/// Reads words one after the other and says what each shows.
class argument_reader {
public:
  [[nodiscard]] bool waits() const { return next_ != waits_for::nothing; }

  [[nodiscard]] std::string show(std::string_view word) {
    if (next_ != waits_for::nothing)
      return show_value(word);
    if (const auto name = program_name(word); is_known(name)) {
      program_ = name;
      return std::string{word};
    }
    // `docker run -p 80:80` publishes a port.
    if (word == "login")
      logs_in_ = true;
    if (ends_a_command(word)) {
      program_ = {};
      logs_in_ = false;
      return std::string{word};
    }
    return show_option(word);
  }

private:
  enum class waits_for : std::uint8_t { nothing, secret, secret_after };

  static bool ends_a_command(std::string_view word) {
    return word == ";" || word == "&&" || word == "||" || word == "|";
  }

  [[nodiscard]] bool applies(const secret_option& row) const {
    const bool only_login = row.program == "docker" || row.program == "podman"
                            || row.program == "buildah" || row.program == "helm"
                            || row.program == "az";
    return row.program == program_ && (!only_login || logs_in_);
  }

  std::string show_value(std::string_view word) {
    const auto how = std::exchange(next_, waits_for::nothing);
    if (how == waits_for::secret) {
      leave_wrapper();
      return std::string{hidden};
    }
    return after(word, mark_);
  }

  /// What follows is another program's command line.
  void leave_wrapper() {
    if (program_ == "sshpass")
      program_ = {};
  }

  static std::string after(std::string_view word, char mark) {
    const auto at = word.find(mark);
    if (at == std::string_view::npos)
      return std::string{word};
    return std::string{word.substr(0, at + 1)}.append(hidden);
  }

  std::string show_option(std::string_view word) {
    const auto equals = word.find('=');
    if (is_long_secret(word.substr(0, equals))) {
      if (equals != std::string_view::npos)
        return std::string{word.substr(0, equals + 1)}.append(hidden);
      next_ = waits_for::secret;
      return std::string{word};
    }
    for (const auto& row : secret_options) {
      if (!applies(row))
        continue;
      if (word == row.option && row.how != takes::attached) {
        next_ = row.how == takes::next ? waits_for::secret
                                       : waits_for::secret_after;
        mark_ = row.mark;
        return std::string{word};
      }
      if (word.size() <= row.option.size() || !word.starts_with(row.option))
        continue;
      if (row.how == takes::attached) {
        leave_wrapper();
        return std::string{row.option}.append(hidden);
      }
      if (row.how == takes::after)
        return std::string{row.option}.append(
            after(word.substr(row.option.size()), row.mark));
    }
    return std::string{word};
  }

  std::string_view program_;
  bool logs_in_ = false;
  waits_for next_ = waits_for::nothing;
  char mark_ = '\0';
};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// The end of the word that begins there; blanks in quotes do not end it.
std::size_t end_of_word(std::string_view text, std::size_t at) {
  char quote = '\0';
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != '\0')
      quote = c == quote ? '\0' : quote;
    else if (is_blank(c))
      break;
    else if ((c == '\'' || c == '"')
             && text.find(c, at + 1) != std::string_view::npos)
      quote = c;
  }
  return at;
}

std::string show_words(argument_reader& reader, std::string_view text) {
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    if (is_blank(text[at])) {
      shown += text[at++];
      continue;
    }
    const auto end = end_of_word(text, at);
    shown += reader.show(text.substr(at, end - at));
    at = end;
  }
  return shown;
}

} // namespace

std::vector<std::string>
hide_secret_arguments(const std::vector<std::string>& command_line) {
  argument_reader reader;
  std::vector<std::string> result;
  for (const auto& argument : command_line) {
    const bool is_one_word = reader.waits() || argument.starts_with('-')
                             || std::ranges::none_of(argument, is_blank);
    // Anything else may be a shell's text.
    result.push_back(is_one_word ? reader.show(argument)
                                 : show_words(reader, argument));
  }
  return result;
}

} // namespace telltale::commands

#include <array>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "commands/command.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"

// `telltale token new`: a token, and the line that makes a service know it.

namespace telltale::commands {

namespace {

struct token_choices {
  std::string name = "ops";
  std::vector<std::string> scopes;
  bool runner = false;
};

/// 256 bits: nobody guesses it.
std::string make_token() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error{"OpenSSL has no random bytes"};
  return "tt_"
         + text::encode_base64url(
             {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), bytes.data(), &size, EVP_sha256(),
                 nullptr)
      != 1)
    throw std::runtime_error{"OpenSSL cannot compute SHA-256"};
  return text::to_hex({reinterpret_cast<const char*>(bytes.data()), size});
}

int make_one(const token_choices& choices) {
  const auto token = make_token();
  std::string scopes;
  for (const auto& word : choices.scopes)
    scopes += (scopes.empty() ? "\"" : ", \"") + word + "\"";
  std::cout << token << "\n\n"
            << "It is shown this once. What the service is to know of it, in "
               "[auth]:\n\n"
            << (choices.runner ? "runner_tokens" : "operator_tokens")
            << " = [ { name = \"" << choices.name << "\", "
            << (scopes.empty() ? "" : "scopes = [" + scopes + "], ")
            << "sha256 = \"" << sha256(token) << "\" } ]\n";
  return 0;
}

} // namespace

void add_token(CLI::App& program, chosen& run) {
  auto* group = program.add_subcommand("token", "Make tokens");
  group->require_subcommand(1);
  auto* command = group->add_subcommand(
      "new", "Print a new token, and the line that makes a service know it");
  const auto choices = std::make_shared<token_choices>();
  command->add_option("--name", choices->name, "Who holds it")
      ->check([](const std::string& name) {
        return name.empty() || name.find_first_of("\"\\\n") != name.npos
                   ? std::string{"wants a name without quotes"}
                   : std::string{};
      })
      ->capture_default_str();
  auto* runner = command->add_flag("--runner", choices->runner,
                                   "For runners, not for operators");
  command
      ->add_option("--scopes", choices->scopes,
                   "What an operator's token allows (default: read, write)")
      ->delimiter(',')
      ->check(CLI::IsMember({"read", "write", "create", "dispatch", "admin"}))
      ->excludes(runner);
  command->callback(
      [&run, choices] { run = [choices] { return make_one(*choices); }; });
}

} // namespace telltale::commands

#include "messages/error.hpp"

#include <array>

#include <caf/make_message.hpp>
#include <caf/message.hpp>

namespace telltale {

namespace {

struct row {
  std::string_view name;
  unsigned status;
  std::string_view text;
};

constexpr std::array rows{
    row{"none", 200, "no error"},
#define TELLTALE_ERROR(name, http_status, text) row{#name, http_status, text},
#include "messages/error.def"
#undef TELLTALE_ERROR
};

const row& row_of(ec code) noexcept {
  const auto at = static_cast<std::size_t>(code);
  return at < rows.size() ? rows[at]
                          : rows[static_cast<std::size_t>(ec::internal_error)];
}

} // namespace

std::string to_string(ec code) {
  return std::string{row_of(code).name};
}

std::string_view describe(ec code) noexcept {
  return row_of(code).text;
}

unsigned http_status(ec code) noexcept {
  return row_of(code).status;
}

bool is_of_database(ec code) noexcept {
  return code == ec::database_unavailable || code == ec::database_full;
}

caf::error make_error(ec code) {
  return {static_cast<std::uint8_t>(code), ec_category};
}

caf::error make_error(ec code, std::string circumstances) {
  return {static_cast<std::uint8_t>(code), ec_category,
          caf::make_message(std::move(circumstances))};
}

ec code_of(const caf::error& error) noexcept {
  if (!error)
    return ec::none;
  if (error.category() != ec_category || error.code() >= rows.size())
    return ec::internal_error;
  return static_cast<ec>(error.code());
}

std::string explain(const caf::error& error) {
  const auto code = code_of(error);
  if (error && error.category() == ec_category
      && error.context().match_elements<std::string>())
    return error.context().get_as<std::string>(0);
  return std::string{describe(code)};
}

} // namespace telltale

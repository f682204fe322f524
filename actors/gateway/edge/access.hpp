#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/gateway/edge/page_session.hpp"
#include "config/config.hpp"
#include "http/types.hpp"
#include "messages/principal.hpp"
#include "messages/uuid.hpp"

namespace telltale {

/// What an operation asks of its caller.
enum class scope : std::uint8_t {
  open,
  runner,
  read,
  write,
  create,
  dispatch, ///< or create, for tasks that the caller made
};

[[nodiscard]] std::string_view to_string(scope what) noexcept;

[[nodiscard]] bool may(const principal& who, scope what) noexcept;

/// The token for one attempt of one runner (empty: it is not known yet). `key`
/// is the deployment's secret behind these tokens, the same that `access_rules`
/// knows. Pure.
[[nodiscard]] std::string attempt_token(std::string_view key,
                                        const task_id& task,
                                        std::uint32_t attempt,
                                        const runner_id& runner);

/// The same token as daemons want to have it.
[[nodiscard]] std::string daemon_token(std::string_view key,
                                       const task_id& task,
                                       std::uint32_t attempt,
                                       const runner_id& runner);

/// Knows the tokens, as digests only. Immutable, so any thread may ask it.
class access_rules {
public:
  /// `attempt_key` is the deployment's secret behind claims' tokens; it must
  /// not be empty. Throws `std::invalid_argument` on a digest that is no
  /// SHA-256 in hex.
  access_rules(const config::auth_config& auth, std::string attempt_key);

  /// No token is configured: everything is open.
  [[nodiscard]] bool open() const noexcept { return tokens_.empty(); }

  /// Whose token this is. Every known digest is compared, each in constant
  /// time.
  [[nodiscard]] std::optional<principal> identify(std::string_view token) const;

  /// Who sent a request: by `Authorization: Bearer`, else by the page's cookie,
  /// of whom no more is known than the session (`principal::session`). On an
  /// open service everybody may do everything.
  [[nodiscard]] std::optional<principal>
  caller(const http::request& what) const;

  /// Whose token it is of which `principal::token` is known; nothing: it is
  /// none any more.
  [[nodiscard]] std::optional<principal> holder(std::uint64_t token) const;

private:
  using digest = std::array<unsigned char, 32>;
  struct entry {
    digest hash{};
    principal who;
  };

  void add(const config::token_config& token, bool runner);

  std::vector<entry> tokens_;
  std::string attempt_key_;
};

/// Does the request bring something that is to be a token?
[[nodiscard]] bool has_token(const http::request& what);

/// The value of a cookie of the request.
[[nodiscard]] std::optional<std::string> find_cookie(const http::request& what,
                                                     std::string_view name);

/// May a browser's page send this changing request? True if it says that it
/// comes from this very origin, or if no browser sent it (neither Origin nor
/// Sec-Fetch-Site). With `by_cookie` it must say so.
[[nodiscard]] bool is_same_origin(const http::request& what, bool by_cookie);

} // namespace telltale

#include "actors/relay/delivery/policy.hpp"

#include <algorithm>
#include <array>

#include <openssl/sha.h>

#include "text/hex.hpp"

namespace telltale {

namespace {

constexpr std::chrono::milliseconds shortest_wait{50};

/// Throttled without a word on how long: about what most windows last.
constexpr std::uint32_t tries_when_throttled = 0;

delivery_result base(const started_try& started) {
  delivery_result result;
  result.id = started.id;
  return result;
}

delivery_tried settle_sent(const started_try& started,
                           const message_sent& sent) {
  auto result = base(started);
  result.state = delivery_state::sent;
  result.message_id = sent.message_id;
  result.text = started.text;
  return {.result = std::move(result)};
}

delivery_tried settle_later(const started_try& started,
                            const try_again& later) {
  auto result = base(started);
  result.error = later.why;
  result.counts = !later.throttled && !(started.probe && later.transport);
  const bool spent = result.counts && started.tries + 1 >= started.most_tries;
  result.state = spent ? delivery_state::dead : delivery_state::pending;
  if (!spent) {
    const auto tries =
        later.throttled ? tries_when_throttled : started.tries + 1;
    result.retry_in = std::max(
        shortest_wait, later.after.value_or(backoff(tries, started.random)));
  }
  return {.result = std::move(result), .transport_failed = later.transport};
}

delivery_tried settle_never(const started_try& started, const given_up& never) {
  auto result = base(started);
  result.state = delivery_state::dead;
  result.error = never.why;
  return {.result = std::move(result),
          .transport_failed = false,
          .binding_broken = never.binding_broken,
          .target_gone = never.target_gone};
}

} // namespace

std::chrono::milliseconds backoff(std::uint32_t tries, double random) noexcept {
  const auto doublings = std::min<std::uint32_t>(tries, 16) + 1;
  const auto average =
      std::min(first_backoff * (std::int64_t{1} << doublings), longest_backoff);
  const auto share = std::clamp(random, 0.0, 1.0);
  const auto wait = std::chrono::milliseconds{static_cast<std::int64_t>(
      static_cast<double>(average.count()) * 2 * share)};
  return std::max(wait, shortest_wait);
}

std::chrono::milliseconds wait_for_due(std::chrono::milliseconds in,
                                       std::uint32_t withheld) noexcept {
  constexpr std::chrono::milliseconds shortest{5};
  return std::max(in, shortest * (1 << std::min<std::uint32_t>(withheld, 10)));
}

std::chrono::milliseconds
delivery_lease(const config::relay_config& options) noexcept {
  constexpr std::chrono::milliseconds usual_lease{60'000};
  return std::max<std::chrono::milliseconds>(
      usual_lease, longest_held + 3 * options.request_timeout);
}

std::string target_digest(const config::relay_config& options) {
  if (options.type != "webhook")
    return {};
  std::string text = options.url;
  for (const auto& secret : options.secrets)
    text += '\n' + secret.reveal();
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  SHA256(bytes, text.size(), hash.data());
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes
  return text::to_hex(
      {reinterpret_cast<const char*>(hash.data()), hash.size()});
}

delivery_tried settle(const started_try& started, const send_result& result) {
  if (const auto* sent = std::get_if<message_sent>(&result))
    return settle_sent(started, *sent);
  if (const auto* later = std::get_if<try_again>(&result))
    return settle_later(started, *later);
  return settle_never(started, std::get<given_up>(result));
}

} // namespace telltale

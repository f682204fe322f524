#include "actors/relay/delivery/policy.hpp"

#include <algorithm>
#include <array>

#include <openssl/sha.h>

#include "messages/exponential_backoff.hpp"
#include "text/hex.hpp"

namespace telltale {

namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t usual_tries = 10;
constexpr milliseconds shortest_wait{50};
constexpr milliseconds first_backoff{4'000}; ///< on average
constexpr milliseconds longest_backoff{300'000};

/// After a throttle without a word on how long: about what most windows last.
constexpr milliseconds throttled_backoff{2'000};

/// What the Standard Webhooks libraries propose, and receivers count on.
constexpr std::array<std::chrono::seconds, 9> hook_waits{
    std::chrono::seconds{5}, std::chrono::minutes{5}, std::chrono::minutes{30},
    std::chrono::hours{2},   std::chrono::hours{5},   std::chrono::hours{10},
    std::chrono::hours{14},  std::chrono::hours{20},  std::chrono::hours{24}};

/// From 0 to 1, the same for the same delivery and try.
double share_of(const delivery_id& id, std::uint32_t tries) noexcept {
  std::uint64_t mixed = 0x9E3779B97F4A7C15ULL * (tries + 1);
  for (const auto byte : id.value.bytes) {
    mixed ^= static_cast<std::uint64_t>(byte);
    mixed *= 0x100000001B3ULL;
  }
  mixed ^= mixed >> 33U;
  mixed *= 0xFF51AFD7ED558CCDULL;
  mixed ^= mixed >> 33U;
  constexpr double steps = 1ULL << 53U;
  return static_cast<double>(mixed >> 11U) / steps;
}

milliseconds times(milliseconds wait, double factor) {
  return milliseconds{
      static_cast<std::int64_t>(static_cast<double>(wait.count()) * factor)};
}

delivery_result base(const tried_message& what) {
  delivery_result result;
  result.id = what.id;
  return result;
}

settled_send settle_sent(const tried_message& what, const message_sent& sent) {
  auto result = base(what);
  result.state = delivery_state::sent;
  result.message_id = sent.message_id;
  result.text = what.text;
  return {.result = std::move(result)};
}

/// It was answered by a success twice, and no answer could be read: a third
/// message would be worse than the doubt.
settled_send settle_doubtful(const tried_message& what,
                             const try_again& later) {
  auto settled = settle_sent(what, {});
  settled.result.error =
      "doubtful, it may have been told twice or never: " + later.explanation;
  settled.transport_failed = true;
  return settled;
}

settled_send settle_later(const tried_message& what,
                          const retry_schedule& schedule,
                          const try_again& later) {
  const auto tries = what.tries + 1;
  if (later.unreadable && tries > 1)
    return settle_doubtful(what, later);
  auto result = base(what);
  result.error = later.explanation;
  result.counts = !later.throttled && !(what.probe && later.transport);
  result.doubtful = later.may_be_sent && !later.throttled;
  const bool over = result.counts && schedule.is_over(what.id, tries);
  result.state = over ? delivery_state::dead : delivery_state::pending;
  if (!over) {
    auto wait = later.throttled
                    ? times(throttled_backoff, 2 * share_of(what.id, tries))
                    : schedule.wait_after(what.id, tries);
    if (later.unreadable)
      wait = std::max<milliseconds>(wait, doubtful_wait);
    result.retry_in = std::max(shortest_wait, later.after.value_or(wait));
  }
  return {.result = std::move(result),
          .transport_failed = later.transport,
          .throttled = later.throttled};
}

settled_send settle_never(const tried_message& what, const given_up& never) {
  auto result = base(what);
  result.state = delivery_state::dead;
  result.error = never.explanation;
  return {.result = std::move(result),
          .binding_broken = never.binding_broken,
          .target_gone = never.target_gone};
}

settled_send settle_refused(const tried_message& what,
                            const credential_refused& refused) {
  auto result = base(what);
  result.error = refused.explanation;
  result.counts = false;
  return {.result = std::move(result), .credential_refused = true};
}

} // namespace

retry_schedule::retry_schedule(const config::relay_config& options) noexcept
    : hook_(options.type == "webhook"),
      most_tries_(static_cast<std::uint32_t>(options.tries)) {}

milliseconds retry_schedule::wait_after(const delivery_id& id,
                                        std::uint32_t tries) const noexcept {
  const auto nth = std::max<std::uint32_t>(tries, 1);
  if (hook_) {
    const auto place = std::min<std::size_t>(nth, hook_waits.size()) - 1;
    return times(hook_waits.at(place), 1 + 0.1 * share_of(id, nth));
  }
  const auto average =
      exponential_backoff::wait_after(first_backoff, longest_backoff, nth - 1);
  return std::max(times(average, 2 * share_of(id, nth)), shortest_wait);
}

bool retry_schedule::is_over(const delivery_id& id,
                             std::uint32_t tries) const noexcept {
  if (tries < most_tries_)
    return false;
  if (most_tries_ < usual_tries)
    return true;
  milliseconds waited{0};
  for (std::uint32_t n = 1; n < tries && waited < least_patience; ++n)
    waited += wait_after(id, n);
  return waited >= least_patience;
}

milliseconds wait_for_due(milliseconds in, std::uint32_t withheld) noexcept {
  constexpr milliseconds shortest{5};
  return std::max(in, shortest * (1 << std::min<std::uint32_t>(withheld, 10)));
}

milliseconds delivery_lease(const config::relay_config& options) noexcept {
  constexpr milliseconds usual_lease{60'000};
  return std::max<milliseconds>(usual_lease,
                                longest_held + 3 * options.request_timeout);
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

settled_send settle(const tried_message& what, const retry_schedule& schedule,
                    const send_outcome& outcome) {
  if (const auto* sent = std::get_if<message_sent>(&outcome))
    return settle_sent(what, *sent);
  if (const auto* later = std::get_if<try_again>(&outcome))
    return settle_later(what, schedule, *later);
  if (const auto* refused = std::get_if<credential_refused>(&outcome))
    return settle_refused(what, *refused);
  return settle_never(what, std::get<given_up>(outcome));
}

} // namespace telltale

#include "commands/sink/sink_faults.hpp"

#include <limits>

#include "commands/sink/sink_wire.hpp"

namespace telltale::commands {

namespace json = boost::json;

namespace {

constexpr std::size_t most_faults = 1'000;

constexpr const char* gateway_page =
    "<html><head><title>502 Bad Gateway</title></head>\n"
    "<body><center><h1>502 Bad Gateway</h1></center></body></html>\n";

sink_fault read_fault(const json::object& wanted) {
  sink_fault fault;
  fault.next = number_or_zero(wanted, "next");
  fault.status = static_cast<unsigned>(number_or_zero(wanted, "status"));
  fault.code = number_or_zero(wanted, "code");
  fault.stored = flag_at(wanted, "stored");
  fault.hang = flag_at(wanted, "hang");
  fault.of_token = text_at(wanted, "of") == "token";
  fault.of_credential = text_at(wanted, "of") == "credential";
  fault.gzip = flag_at(wanted, "gzip");
  fault.chat = text_at(wanted, "chat");
  fault.header = text_at(wanted, "header");
  fault.relay = text_at(wanted, "relay");
  fault.error = text_at(wanted, "error");
  fault.body = text_at(wanted, "body");
  fault.cut = flag_at(wanted, "cut");
  fault.half = flag_at(wanted, "half");
  fault.parameters = object_at(wanted, "parameters");
  // As a proxy answers while what stands behind it is gone.
  if (flag_at(wanted, "away")) {
    fault.status = 502;
    fault.body = gateway_page;
  }
  return fault;
}

} // namespace

void sink_faults::add(const json::object& wanted, moment now) {
  if (flag_at(wanted, "clear"))
    waiting_.clear();
  entry fresh{read_fault(wanted), std::nullopt};
  if (const auto ms = number_or_zero(wanted, "for_ms"); ms > 0) {
    fresh.until = now + std::chrono::milliseconds{ms};
    if (fresh.fault.next <= 0)
      fresh.fault.next = std::numeric_limits<std::int64_t>::max();
  }
  if (fresh.fault.next <= 0)
    return;
  if (waiting_.size() >= most_faults)
    waiting_.pop_front();
  waiting_.push_back(std::move(fresh));
}

template <class Fits>
std::optional<sink_fault> sink_faults::meet_first(moment now, Fits fits) {
  std::erase_if(waiting_, [now](const entry& one) {
    return one.fault.next <= 0 || (one.until && *one.until <= now);
  });
  for (auto& one : waiting_)
    if (fits(one.fault)) {
      --one.fault.next;
      return one.fault;
    }
  return std::nullopt;
}

std::optional<sink_fault> sink_faults::meet(const std::string& relay,
                                            const std::string& chat,
                                            moment now) {
  return meet_first(now, [&](const sink_fault& fault) {
    return !fault.of_token && (fault.chat.empty() || fault.chat == chat)
           && (fault.relay.empty() || fault.relay == relay);
  });
}

std::optional<sink_fault> sink_faults::meet_token(moment now) {
  return meet_first(now, [](const sink_fault& fault) {
    return fault.of_token
           || (fault.of_credential
               && (fault.relay.empty() || fault.relay == "lark"));
  });
}

std::optional<sink_fault> sink_faults::meet_probe(std::string_view relay,
                                                  moment now) {
  return meet_first(now, [&](const sink_fault& fault) {
    return fault.of_credential && (fault.relay.empty() || fault.relay == relay);
  });
}

} // namespace telltale::commands

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <caf/send.hpp>

#include "actors/gateway/edge/edge.hpp"
#include "actors/gateway/gateway.hpp"
#include "actors/gateway/options.hpp"
#include "actors/relay/text/catalog.hpp"
#include "actors/system/logging.hpp"
#include "actors/system/metrics.hpp"
#include "actors/system/wiring.hpp"
#include "messages/failure_reason.hpp"
#include "web/assets.hpp"

// How a service starts its gateway, and what the gateway is given of the rest.

namespace telltale {

namespace {

page_assets read_page() {
  page_assets all;
  for (const auto& [path, file] : web::assets())
    all[path] = {.content_type = std::string{file.content_type},
                 .body = std::string{file.content},
                 .etag = file.etag,
                 .immutable = false};
  return all;
}

/// The tallies of the whole process.
class process_metrics final : public metrics_exporter {
public:
  explicit process_metrics(counter_board_ptr counters)
      : counters_(std::move(counters)) {}

  [[nodiscard]] std::string text() override {
    counters_->set(counter::log_lines_dropped_total, {},
                   static_cast<double>(log_lines_dropped()));
    return export_metrics(*counters_);
  }

private:
  counter_board_ptr counters_;
};

/// What the relays' catalogue says about each reason, for the API.
reason_catalog read_reason_texts() {
  reason_catalog all;
  for (const auto locale : catalog::locales()) {
    const auto& texts = catalog::of(locale);
    reason_locale one;
    one.locale = locale;
    for (const auto& row : failure_reasons())
      one.reasons[std::string{row.wire}] = {texts.copy(row.wire),
                                            texts.brief(row.wire)};
    one.unknown = {texts.default_copy(), texts.phrase("other_reason")};
    all.push_back(std::move(one));
  }
  return all;
}

} // namespace

void service::wiring::spawn_gateway(http::listener bound) {
  const auto link = std::make_shared<edge_link>();
  const gateway_peers peers{.commands = commands_,
                            .claims = claims_,
                            .queries = queries_,
                            .readiness = readiness_,
                            .statistics = statistics_,
                            .chats = chats_,
                            .deliveries = redeliveries_,
                            .mutes = mutes_,
                            .page_sessions = page_sessions_,
                            .redaction = redactions_.front(),
                            .reaper = reaper_,
                            .events = stream_,
                            .intake = intake_,
                            .beats = beats_,
                            .relays = replicas_};
  gateway_setup setup;
  setup.tasks = settings_.tasks;
  setup.events = settings_.events;
  setup.reasons = read_reason_texts();
  setup.attempt_key = attempt_key();
  setup.behind_https = settings_.http.public_url.starts_with("https://");
  gateway_ = spawn_cooperative<gateway_actor, gateway_state>(
      "gateway",
      [this, peers, setup, link](auto* self) {
        return gateway(self, peers, setup, link, counters_);
      },
      {keeps<options_changed<gateway_options>>(),
       keeps<options_changed<access_rules_ptr>>()});
  tell_gateway_options(settings_);
  const auto access = make_access_rules(settings_);
  caf::anon_send(gateway_, options_changed<access_rules_ptr>{access});
  edge_ = std::make_unique<edge>(
      settings_.http, std::move(bound), access, gateway_, intake_,
      edge_content{.page = read_page(),
                   .metrics = std::make_shared<process_metrics>(counters_)},
      counters_, link);
}

access_rules_ptr
service::wiring::make_access_rules(const config::settings& from) const {
  return std::make_shared<const access_rules>(from.auth, attempt_key());
}

void service::wiring::tell_gateway_options(const config::settings& now) {
  caf::anon_send(gateway_,
                 options_changed<gateway_options>{make_gateway_options(now)});
}

} // namespace telltale

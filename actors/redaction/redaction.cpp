#include "actors/redaction/redaction.hpp"

#include <map>

#include "messages/blank.hpp"

namespace telltale {

/// Opens raw text and makes redacted text: the only one who may, and only here.
class redaction_seal {
public:
  static redacted_text seal(std::string text) {
    return redacted_text{std::move(text)};
  }
  static const std::string& open(const raw_text& text) { return text.text_; }
};

namespace {

/// What one message added to the counters.
struct tallies {
  std::map<std::string, double, std::less<>> found;
  double bytes = 0;
};

void count(tallies& sum, std::size_t bytes, const redaction_findings& found) {
  sum.bytes += static_cast<double>(bytes);
  for (const auto& one : found)
    sum.found[one.kind] += one.count;
}

void publish(counter_board& board, const tallies& sum) {
  if (sum.bytes > 0)
    board.add(counter::redacted_bytes_total, {}, sum.bytes);
  for (const auto& [kind, n] : sum.found)
    board.add(counter::redactions_total, kind, n);
}

/// A blank text says nothing, so it becomes none.
redacted_text clean(const redaction_engine& engine, const std::string& text,
                    redaction_profile profile, redaction_findings& found,
                    tallies& sum) {
  if (is_blank(text))
    return {};
  auto result = engine.redact(text, profile);
  count(sum, text.size(), result.findings);
  found = std::move(result.findings);
  return redaction_seal::seal(std::move(result.text));
}

void open_report(const redaction_engine& engine, report_flight& flight,
                 tallies& sum) {
  constexpr auto profile = redaction_profile::store;
  flight.ready.findings.clear();
  flight.ready.detail = clean(engine, redaction_seal::open(flight.raw.detail),
                              profile, flight.ready.findings, sum);
  redaction_findings in_url;
  flight.ready.result_url =
      clean(engine, redaction_seal::open(flight.raw.result_url), profile,
            in_url, sum);
  flight.raw.detail = {};
  flight.raw.result_url = {};
}

void on_redact_reports(redaction_actor::stateful_pointer<redaction_state> self,
                       redact_reports& request) {
  const auto engine = self->state.engine->get();
  tallies sum;
  for (auto& flight : *request.batch)
    open_report(*engine, flight, sum);
  publish(*self->state.counters, sum);
  self->send(request.back_to,
             reports_redacted{std::move(request.batch),
                              std::move(request.waiter), request.lane});
}

texts_redacted on_redact_texts(redaction_state& state,
                               const redact_texts& request) {
  const auto engine = state.engine->get();
  tallies sum;
  texts_redacted out;
  for (const auto& text : request.texts)
    out.texts.push_back(clean(*engine, redaction_seal::open(text),
                              request.profile, out.findings.emplace_back(),
                              sum));
  publish(*state.counters, sum);
  return out;
}

texts_redacted on_narrow_texts(redaction_state& state,
                               const narrow_texts& request) {
  const auto engine = state.engine->get();
  tallies sum;
  texts_redacted out;
  for (const auto& text : request.texts)
    out.texts.push_back(clean(*engine, text.view(), request.profile,
                              out.findings.emplace_back(), sum));
  publish(*state.counters, sum);
  return out;
}

} // namespace

redaction_actor::behavior_type
redaction(redaction_actor::stateful_pointer<redaction_state> self,
          live_engine_ptr engine, counter_board_ptr counters) {
  self->state.engine = std::move(engine);
  self->state.counters = std::move(counters);
  return {
      [self](redact_reports& request) { on_redact_reports(self, request); },
      [self](const redact_texts& request) {
        return on_redact_texts(self->state, request);
      },
      [self](const narrow_texts& request) {
        return on_narrow_texts(self->state, request);
      },
  };
}

} // namespace telltale

#include "actors/redaction/redaction.hpp"

#include <algorithm>
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
                    tallies& sum, const redact::value_finder* more = nullptr) {
  if (is_blank(text))
    return {};
  auto result = engine.redact(text, profile, more);
  count(sum, text.size(), result.findings);
  found = std::move(result.findings);
  return redaction_seal::seal(std::move(result.text));
}

std::vector<std::string> open_all(const std::vector<raw_text>& texts) {
  std::vector<std::string> out;
  for (const auto& text : texts)
    out.push_back(redaction_seal::open(text));
  return redact::values_to_mask(out);
}

/// What is masked in one report beside what the engine finds.
struct own_values {
  const redact::value_finder* finder = nullptr; ///< null: nothing
  bool unreadable = false; ///< there is more that cannot be opened
  redact::value_finder made;
};

/// What the task registered before, and what the report brings; that is sealed
/// for the store if it is news.
void gather(redaction_state& state, pending_report& pending, own_values& own) {
  pending.ready.mask = {};
  const auto* known = state.masks.find(pending.raw.task);
  pending.masks_known = known != nullptr ? known->count : 0;
  if (known != nullptr) {
    own.finder = &known->finder;
    own.unreadable = known->unreadable;
  }
  if (pending.raw.mask.empty())
    return;
  auto values = open_all(pending.raw.mask);
  const auto is_known = [&](const std::string& value) {
    return known != nullptr
           && std::binary_search(known->values.begin(), known->values.end(),
                                 value);
  };
  std::erase_if(values, is_known);
  if (values.empty())
    return;
  pending.ready.mask = state.sealer->seal(values);
  if (known != nullptr)
    values.insert(values.end(), known->values.begin(), known->values.end());
  for (const auto& value : values)
    redact::add_spellings(own.made, value, 0);
  own.finder = &own.made;
}

/// The text of a report whose task's values cannot be opened: it may hold any
/// of them.
redacted_text withheld(const raw_text& text, redaction_findings& found) {
  if (is_blank(redaction_seal::open(text)))
    return {};
  found = {{"unreadable-masks", 1}};
  return redacted_text::from_platform("[REDACTED:unreadable-masks]");
}

template <class Open> void open_remarks(pending_report& pending, Open open) {
  const auto& raw = pending.raw.remarks;
  auto& ready = pending.ready.remarks;
  ready.reported_reason = open(raw.reported_reason);
  ready.note = open(raw.note);
  ready.branch_name = open(raw.branch_name);
}

void open_report(redaction_state& state, const redaction_engine& engine,
                 pending_report& pending, tallies& sum) {
  constexpr auto profile = redaction_profile::store;
  auto& ready = pending.ready;
  own_values own;
  gather(state, pending, own);
  ready.findings.clear();
  redaction_findings in_url;
  if (own.unreadable) {
    ready.detail = withheld(pending.raw.detail, ready.findings);
    ready.result_url = withheld(pending.raw.result_url, in_url);
    open_remarks(pending, [](const raw_text& text) {
      redaction_findings in_remark;
      return withheld(text, in_remark);
    });
    return;
  }
  ready.detail = clean(engine, redaction_seal::open(pending.raw.detail),
                       profile, ready.findings, sum, own.finder);
  ready.result_url = clean(engine, redaction_seal::open(pending.raw.result_url),
                           profile, in_url, sum, own.finder);
  open_remarks(pending, [&](const raw_text& text) {
    redaction_findings in_remark;
    return clean(engine, redaction_seal::open(text), profile, in_remark, sum,
                 own.finder);
  });
  // Nothing more is expected, and what comes nevertheless finds the store's.
  if (pending.raw.kind == report_kind::status
      && is_terminal(pending.raw.status))
    state.masks.forget(pending.raw.task);
}

void on_redact_reports(redaction_actor::stateful_pointer<redaction_state> self,
                       redact_reports& request) {
  auto& state = self->state;
  const auto& engine = state.engine;
  for (const auto& masks : request.masks)
    state.masks.learn(masks, *state.sealer);
  tallies sum;
  for (auto& pending : *request.batch)
    open_report(state, *engine, pending, sum);
  publish(*state.counters, sum);
  self->send(request.back_to,
             reports_redacted{std::move(request.batch),
                              std::move(request.waiter), request.writer});
}

masks_sealed on_seal_masks(const redaction_state& state,
                           const seal_masks& request) {
  const auto values = open_all(request.values);
  if (values.empty())
    return {};
  return {state.sealer->seal(values)};
}

texts_redacted on_redact_texts(redaction_state& state,
                               const redact_texts& request) {
  const auto& engine = state.engine;
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
  const auto& engine = state.engine;
  tallies sum;
  texts_redacted out;
  for (const auto& [text, profile] : request.texts)
    out.texts.push_back(
        clean(*engine, text.view(), profile, out.findings.emplace_back(), sum));
  publish(*state.counters, sum);
  return out;
}

} // namespace

redaction_actor::behavior_type
redaction(redaction_actor::stateful_pointer<redaction_state> self,
          redaction_engine_ptr engine, counter_board_ptr counters,
          mask_sealer_ptr sealer) {
  self->state.engine = std::move(engine);
  self->state.counters = std::move(counters);
  self->state.sealer = std::move(sealer);
  return {
      [self](redact_reports& request) { on_redact_reports(self, request); },
      [self](const redact_texts& request) {
        return on_redact_texts(self->state, request);
      },
      [self](const narrow_texts& request) {
        return on_narrow_texts(self->state, request);
      },
      [self](const seal_masks& request) {
        return on_seal_masks(self->state, request);
      },
      [self](const options_changed<redaction_engine_ptr>& fresh) {
        self->state.engine = fresh.options;
      },
  };
}

} // namespace telltale
